/*
 * modules/dirsearch/directory.c - see directory.h.
 */
#include "config.h"
#include "modules/dirsearch/directory.h"
#include "modules/dirsearch/filter.h"

#include <errno.h>

#ifdef HAVE_LIBLDAP

#include <ldap.h>
#include <stdio.h>

#define PAGE_MAX 200
#define SCAN_MAX 5000u			/* entries that are looked at for one answer */

struct session {
	struct directory_query *q;
	LDAP                   *ld;
	const char             *filter;
	msec_t                  end;	/* by clock_mono() */
	char                   *asker;	/* his DN, from libldap */
};

/* ---- failing ---- */

static const struct { int ldap, err; } verdicts[] = {
	{ LDAP_SERVER_DOWN, -EHOSTUNREACH }, { LDAP_CONNECT_ERROR, -EHOSTUNREACH },
	{ LDAP_UNAVAILABLE, -EHOSTUNREACH }, { LDAP_BUSY, -EHOSTUNREACH },
	{ LDAP_INVALID_CREDENTIALS, -EACCES }, { LDAP_INSUFFICIENT_ACCESS, -EACCES },
	{ LDAP_INAPPROPRIATE_AUTH, -EACCES }, { LDAP_CONFIDENTIALITY_REQUIRED, -EACCES },
	{ LDAP_STRONG_AUTH_REQUIRED, -EACCES }, { LDAP_PROXIED_AUTHORIZATION_DENIED, -EACCES },
	{ LDAP_TIMEOUT, -ETIME }, { LDAP_TIMELIMIT_EXCEEDED, -ETIME }, { LDAP_NO_MEMORY, -ENOMEM },
};

static int failed(struct session *s, const char *step, int code)
{
	char *more = NULL;
	int err = -EIO;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (verdicts[i].ldap == code)
			err = verdicts[i].err;
	if (s->ld)
		ldap_get_option(s->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
	snprintf(s->q->why, sizeof(s->q->why), "%s: %s%s%s", step, ldap_err2string(code),
	    more && *more ? ": " : "", more ? more : "");
	ldap_memfree(more);
	return err;
}

/* What is left of the time, at least a hundredth of a second: zero would mean for ever. */
static struct timeval time_left(const struct session *s)
{
	msec_t left = s->end - clock_mono();

	if (left < 10)
		left = 10;
	return (struct timeval){ .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };
}

/* ---- the connection ---- */

static bool set_options(struct session *s)
{
	const int version = LDAP_VERSION3, never = LDAP_DEREF_NEVER, demand = LDAP_OPT_X_TLS_DEMAND;
	const int client = 0;
	const struct timeval tv = time_left(s);
	LDAP *ld = s->ld;
	int bad = ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);

	/* A referral would take our password to wherever it points. */
	bad |= ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	bad |= ldap_set_option(ld, LDAP_OPT_DEREF, &never);
	bad |= ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &tv);
	bad |= ldap_set_option(ld, LDAP_OPT_TIMEOUT, &tv);
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	if (s->q->ca_file)
		bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, s->q->ca_file);
	bad |= ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
	return bad == LDAP_OPT_SUCCESS;
}

static int sign_in(struct session *s)
{
	const char *password = s->q->password ? s->q->password : "";
	struct berval cred = { .bv_len = strlen(password), .bv_val = (char *)(uintptr_t)password };
	int code = ldap_sasl_bind_s(s->ld, s->q->bind_dn ? s->q->bind_dn : "", LDAP_SASL_SIMPLE,
	    &cred, NULL, NULL, NULL);

	return code ? failed(s, "bind", code) : 0;
}

static int connect_to(struct session *s)
{
	int code = ldap_initialize(&s->ld, s->q->uri);

	if (code)
		return failed(s, "uri", code);
	if (!set_options(s))
		return failed(s, "options", LDAP_LOCAL_ERROR);
	if (s->q->tls && !slice_starts_nocase(slice_str(s->q->uri), SLICE("ldaps:"))) {
		code = ldap_start_tls_s(s->ld, NULL, NULL);
		/* Whatever is wrong with TLS: without it we do not go on. */
		if (code)
			return failed(s, "starttls", code == LDAP_TIMEOUT ? code : LDAP_CONNECT_ERROR);
	}
	return sign_in(s);
}

/* ---- whose rights ---- */

static int find_asker(struct session *s)
{
	const char *filter = filter_of_user(s->q->arena, s->q->as_user);
	char *attrs[] = { (char *)(uintptr_t)LDAP_NO_ATTRS, NULL };
	struct timeval tv = time_left(s);
	LDAPMessage *res = NULL;
	int code = !filter ? LDAP_NO_MEMORY : ldap_search_ext_s(s->ld, s->q->base,
	    LDAP_SCOPE_SUBTREE, filter, attrs, 1, NULL, NULL, &tv, 2, &res);

	/* Two of one address are nobody. */
	if (code == LDAP_SUCCESS && ldap_count_entries(s->ld, res) == 1)
		s->asker = ldap_get_dn(s->ld, ldap_first_entry(s->ld, res));
	ldap_msgfree(res);
	if (code && code != LDAP_SIZELIMIT_EXCEEDED)
		return failed(s, "asker", code);
	return s->asker ? 0 : -ENOENT;
}

/* RFC 4370: this search with the rights of another. */
static int asker_control(struct session *s, LDAPControl **out)
{
	struct slice id = arena_printf(s->q->arena, "dn:%s", s->asker);
	struct berval value = { .bv_len = id.len, .bv_val = (char *)(uintptr_t)id.p };
	int code = id.p ? ldap_control_create(LDAP_CONTROL_PROXY_AUTHZ, 1, &value, 1, out) :
	    LDAP_NO_MEMORY;

	return code ? failed(s, "control", code) : 0;
}

/* ---- entries ---- */

static struct slice first_value(struct session *s, LDAPMessage *entry, const char *attr)
{
	struct berval **values = ldap_get_values_len(s->ld, entry, attr);
	struct slice text = SLICE("");

	if (values && values[0])
		text = arena_dup(s->q->arena, slice_of(values[0]->bv_val, values[0]->bv_len));
	ldap_value_free_len(values);
	return text;
}

/* CN=x,OU=North,OU=Sales,DC=... is in the unit "Sales/North", as rules name it. */
static struct slice unit_of(struct session *s, LDAPMessage *entry)
{
	char *text = ldap_get_dn(s->ld, entry);
	struct slice ou = SLICE("");
	LDAPDN dn = NULL;

	if (text && ldap_str2dn(text, &dn, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS)
		for (int i = 0; dn && dn[i]; i++) {
			const LDAPAVA *ava = dn[i][0];
			struct slice value = slice_of(ava->la_value.bv_val, ava->la_value.bv_len);

			if (slice_eq_nocase(slice_of(ava->la_attr.bv_val, ava->la_attr.bv_len),
			    SLICE("ou")))
				ou = arena_printf(s->q->arena, ou.len ? "%.*s/%.*s" : "%.*s%.*s",
				    SLICE_ARG(value), SLICE_ARG(ou));
		}
	ldap_dnfree(dn);
	ldap_memfree(text);
	return ou;
}

static void take_entry(struct session *s, LDAPMessage *entry)
{
	struct directory_query *q = s->q;
	struct person_view p = { .field[PERSON_OU] = unit_of(s, entry) };

	for (int i = 0; i < PERSON_OU; i++)
		p.field[i] = first_value(s, entry, person_field_ldap((enum person_field)i));
	if (slice_starts_nocase(p.field[PERSON_AOR], SLICE("sip:")))
		p.field[PERSON_AOR] = slice_skip(p.field[PERSON_AOR], 4);
	if (p.field[PERSON_AOR].len && (!q->takes || q->takes(q->arg, &p)))
		found_keep(&q->found, &p);
}

/* ---- pages ---- */

/* The cookie of the next page; empty: there is none. */
static int read_cookie(struct session *s, LDAPMessage *res, struct berval *cookie)
{
	LDAPControl **controls = NULL, *page;
	ber_int_t estimate;
	int code = ldap_parse_result(s->ld, res, NULL, NULL, NULL, NULL, &controls, 0);

	ber_memfree(cookie->bv_val);
	*cookie = (struct berval){ 0 };
	page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
	if (code == LDAP_SUCCESS && page)
		code = ldap_parse_pageresponse_control(s->ld, page, &estimate, cookie);
	ldap_controls_free(controls);
	return code ? failed(s, "page", code) : 0;
}

static int ask_page(struct session *s, LDAPControl *page, LDAPControl *asker, LDAPMessage **res)
{
	static const char *const attrs[PERSON_COUNT] = {	/* all but the unit, which is in the DN */
#define F(id, ldap, attr, admin) [PERSON_##id] = (ldap)[0] ? (ldap) : NULL,
		PERSON_FIELDS(F)
#undef F
	};
	LDAPControl *controls[] = { page, asker, NULL };
	struct timeval tv = time_left(s);
	int code = ldap_search_ext_s(s->ld, s->q->base, LDAP_SCOPE_SUBTREE, s->filter,
	    (char **)(uintptr_t)attrs, 0, controls, NULL, &tv, (int)SCAN_MAX, res);

	if (code == LDAP_SIZELIMIT_EXCEEDED || code == LDAP_ADMINLIMIT_EXCEEDED) {
		s->q->found.more = true;	/* what came so far counts */
		return 0;
	}
	/* The base is not for this asker: nobody is found. */
	if (code == LDAP_NO_SUCH_OBJECT && asker)
		return 0;
	return code ? failed(s, "search", code) : 0;
}

static int run_page(struct session *s, LDAPControl *asker, struct berval *cookie, unsigned *scanned)
{
	LDAPControl *page = NULL;
	LDAPMessage *res = NULL;
	/* Where all of them will do, no more than are wanted and one. */
	int size = s->q->takes ? PAGE_MAX : (int)s->q->found.limit + 1, err;
	int code = ldap_create_page_control(s->ld, size > PAGE_MAX ? PAGE_MAX : size, cookie, 0, &page);

	if (code)
		return failed(s, "control", code);
	err = ask_page(s, page, asker, &res);
	for (LDAPMessage *e = res ? ldap_first_entry(s->ld, res) : NULL; e && !err;
	    e = ldap_next_entry(s->ld, e)) {
		take_entry(s, e);
		++*scanned;
	}
	if (!err && res)
		err = read_cookie(s, res, cookie);
	ldap_msgfree(res);
	ldap_control_free(page);
	return err;
}

static int run_pages(struct session *s, LDAPControl *asker)
{
	struct found *found = &s->q->found;
	struct berval cookie = { 0 };
	unsigned scanned = 0;
	int err;

	do {
		err = run_page(s, asker, &cookie, &scanned);
		if (!err && clock_mono() >= s->end)
			err = failed(s, "search", LDAP_TIMEOUT);
		found->more |= cookie.bv_len && scanned >= SCAN_MAX;
	} while (!err && cookie.bv_len && !found->more);
	ber_memfree(cookie.bv_val);
	return err;
}

bool directory_is_built(void) { return true; }

int directory_search(struct directory_query *q)
{
	struct session s = { .q = q, .end = clock_mono() + q->timeout };
	LDAPControl *asker = NULL;
	int err;

	s.filter = filter_of_search(q->arena, q->search, q->extra);
	err = s.filter ? connect_to(&s) : -ENOMEM;
	if (!err && q->as_user.len)
		err = find_asker(&s);
	if (!err && s.asker)
		err = asker_control(&s, &asker);
	if (!err)
		err = run_pages(&s, asker);
	ldap_control_free(asker);
	ldap_memfree(s.asker);
	if (s.ld)
		ldap_unbind_ext_s(s.ld, NULL, NULL);
	return err;
}

#else

bool directory_is_built(void) { return false; }

int directory_search(struct directory_query *q)
{
	(void)q;
	return -EIO;
}

#endif
