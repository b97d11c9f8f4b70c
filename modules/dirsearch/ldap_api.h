/*
 * modules/dirsearch/ldap_api.h - a connection to a directory server by libldap.
 *
 * For every module that talks to one; only where libldap is (HAVE_LIBLDAP). It blocks: never on a
 * worker. All in this header, as modules see no more than that of each other.
 */
#ifndef MODULES_DIRSEARCH_LDAP_API_H
#define MODULES_DIRSEARCH_LDAP_API_H

#include "core/lcs.h"

struct ldap;				/* libldap's LDAP */

struct ldap_place {			/* where and as whom; NULL: not set */
	const char *uri, *bind_dn, *password, *ca_file;
	bool        tls;		/* never without */
	/* Sign in otherwise than by password; a code of libldap. */
	int       (*sign_in)(struct ldap *ld, const struct ldap_place *place);
	const char *keytab, *principal;	/* for that */
};

#if __has_include(<ldap.h>)

#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>

static inline int ldap_verdict(int code)
{
	static const struct { int ldap, err; } verdicts[] = {
		{ LDAP_SERVER_DOWN, -EHOSTUNREACH }, { LDAP_CONNECT_ERROR, -EHOSTUNREACH },
		{ LDAP_UNAVAILABLE, -EHOSTUNREACH }, { LDAP_BUSY, -EHOSTUNREACH },
		{ LDAP_X_CONNECTING, -EHOSTUNREACH },
		{ LDAP_INVALID_CREDENTIALS, -EACCES }, { LDAP_INSUFFICIENT_ACCESS, -EACCES },
		{ LDAP_INAPPROPRIATE_AUTH, -EACCES }, { LDAP_CONFIDENTIALITY_REQUIRED, -EACCES },
		{ LDAP_STRONG_AUTH_REQUIRED, -EACCES }, { LDAP_PROXIED_AUTHORIZATION_DENIED, -EACCES },
		{ LDAP_TIMEOUT, -ETIME }, { LDAP_TIMELIMIT_EXCEEDED, -ETIME }, { LDAP_NO_MEMORY, -ENOMEM },
	};

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (verdicts[i].ldap == code)
			return verdicts[i].err;
	return -EIO;
}

/** What failed and how, for the log and into why; ld may be NULL.
 *  @return -EHOSTUNREACH, -EACCES, -ETIME, -ENOMEM or -EIO */
static inline int ldap_note(LDAP *ld, const char *step, int code, char *why, size_t size)
{
	char *more = NULL;

	if (ld)
		ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
	snprintf(why, size, "%s: %s%s%s", step, ldap_err2string(code), more && *more ? ": " : "",
	    more ? more : "");
	ldap_memfree(more);
	return ldap_verdict(code);
}

/* Without CONNECT_ASYNC no timeout holds for the handshake of TLS, and a server that stands still
 * keeps the thread for ever. With it libldap tries but the first address of a name, and for ldap:
 * may wait for ever when that refuses. So it is switched on between the two. */
static inline int ldap_place_connected(LDAP *ld, Sockbuf *sb, LDAPURLDesc *url, struct sockaddr *addr,
    struct ldap_conncb *ctx)
{
	(void)url;
	(void)addr;
	(void)ctx;
	ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_NONBLOCK, sb);
	return ldap_set_option(ld, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_ON);
}

static inline void ldap_place_closed(LDAP *ld, Sockbuf *sb, struct ldap_conncb *ctx)
{
	(void)ld;
	(void)sb;
	(void)ctx;
}

static inline bool ldap_place_options(LDAP *ld, const struct ldap_place *place, struct timeval tv)
{
	const int version = LDAP_VERSION3, never = LDAP_DEREF_NEVER, demand = LDAP_OPT_X_TLS_DEMAND;
	static struct ldap_conncb connecting = { .lc_add = ldap_place_connected,
	    .lc_del = ldap_place_closed };
	const int client = 0;
	int bad = ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);

	/* A referral would take our password to wherever it points. */
	bad |= ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	bad |= ldap_set_option(ld, LDAP_OPT_DEREF, &never);
	bad |= ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &tv);
	bad |= ldap_set_option(ld, LDAP_OPT_CONNECT_CB, &connecting);
	bad |= ldap_set_option(ld, LDAP_OPT_TIMEOUT, &tv);
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	if (place->ca_file)
		bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, place->ca_file);
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
	return bad == LDAP_OPT_SUCCESS;
}

static inline int ldap_place_sign_in(LDAP *ld, const struct ldap_place *place)
{
	const char *password = place->password ? place->password : "";
	struct berval cred = { .bv_len = strlen(password), .bv_val = (char *)(uintptr_t)password };

	return ldap_sasl_bind_s(ld, place->bind_dn ? place->bind_dn : "", LDAP_SASL_SIMPLE, &cred,
	    NULL, NULL, NULL);
}

/**
 * Connect, with TLS if that is wanted, and sign in.
 *
 * @param tv    for each step
 * @param out   to be closed by ldap_unbind_ext_s(); may be set when it fails, too
 * @param step  which one failed
 * @return a code of libldap
 */
static inline int ldap_place_open(const struct ldap_place *place, struct timeval tv, LDAP **out,
    const char **step)
{
	int code = ldap_initialize(out, place->uri);

	*step = "uri";
	if (code)
		return code;
	*step = "options";
	if (!ldap_place_options(*out, place, tv))
		return LDAP_LOCAL_ERROR;
	*step = "starttls";
	if (place->tls && !slice_starts_nocase(slice_str(place->uri), SLICE("ldaps:"))) {
		code = ldap_start_tls_s(*out, NULL, NULL);
		/* Whatever is wrong with TLS: without it we do not go on. */
		if (code)
			return code == LDAP_TIMEOUT ? code : LDAP_CONNECT_ERROR;
	}
	*step = "bind";
	return place->sign_in ? place->sign_in(*out, place) : ldap_place_sign_in(*out, place);
}

/** Who has this address, whatever is written in it: (&FILTER(|(attr=sip:AOR)(attr=AOR))), to be
 *  freed; filter may be NULL. NULL if memory is short. */
static inline char *ldap_address_filter(const char *filter, const char *attr, struct slice aor)
{
	struct berval in = { .bv_len = aor.len, .bv_val = (char *)(uintptr_t)aor.p }, out = { 0 };
	size_t size;
	char *text;

	if (ldap_bv2escaped_filter_value(&in, &out) != 0)
		return NULL;
	size = 2 * (strlen(attr) + out.bv_len) + (filter ? strlen(filter) : 0) + 32;
	text = malloc(size);
	if (text)
		snprintf(text, size, "(&%s(|(%s=sip:%s)(%s=%s)))", filter ? filter : "", attr, out.bv_val,
		    attr, out.bv_val);
	ber_memfree(out.bv_val);
	return text;
}

/** After a page of a search: the cookie of the next one, empty if there is none. The one before
 *  is freed; the last one is the caller's. @return a code of libldap */
static inline int ldap_page_cookie(LDAP *ld, LDAPMessage *res, struct berval *cookie)
{
	LDAPControl **controls = NULL, *page;
	ber_int_t estimate;
	int code = ldap_parse_result(ld, res, NULL, NULL, NULL, NULL, &controls, 0);

	ber_memfree(cookie->bv_val);
	*cookie = (struct berval){ 0 };
	page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	if (code == LDAP_SUCCESS && page)
		code = ldap_parse_pageresponse_control(ld, page, &estimate, cookie);
	ldap_controls_free(controls);
	return code;
}

#endif
#endif
