/*
 * modules/dirsync/kerberos.c - sign in to the directory by Kerberos: SASL's GSSAPI (RFC 4752) with a
 * key from a keytab. It blocks.
 *
 * TLS guards the connection, so no layer of SASL's is asked for: Active Directory refuses the two
 * together.
 */
#include "config.h"
#include "modules/dirsync/dirsync.h"

#if defined(HAVE_LIBLDAP) && defined(HAVE_GSSAPI)

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>

#define LEGS_MAX  8
#define NO_LAYER  1			/* RFC 4752 3.3: no security layer */

struct sasl {
	LDAP         *ld;
	gss_name_t    account, server;
	gss_cred_id_t cred;
	gss_ctx_id_t  context;
	gss_buffer_desc token;		/* for the server */
	struct berval *said;		/* by the server */
	bool          is_whole;
};

bool kerberos_is_built(void) { return true; }

static int failed(struct sasl *s, const char *what, OM_uint32 major, OM_uint32 minor)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 ignored, more = 0;
	char why[200];
	bool general = GSS_ROUTINE_ERROR(major) != GSS_S_FAILURE || !minor;

	gss_display_status(&ignored, general ? major : minor, general ? GSS_C_GSS_CODE :
	    GSS_C_MECH_CODE, GSS_C_NO_OID, &more, &text);
	snprintf(why, sizeof(why), "%s: %.*s", what, (int)text.length, (const char *)text.value);
	gss_release_buffer(&ignored, &text);
	ldap_set_option(s->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, why);
	return LDAP_LOCAL_ERROR;
}

static int import(struct sasl *s, const char *text, gss_OID kind, gss_name_t *out)
{
	gss_buffer_desc name = { strlen(text), (void *)(uintptr_t)text };
	OM_uint32 minor, major = gss_import_name(&minor, &name, kind, out);

	return GSS_ERROR(major) ? failed(s, text, major, minor) : LDAP_SUCCESS;
}

/* The ticket is in memory alone, and is used until it is old. */
static int get_ticket(struct sasl *s, const struct ldap_place *place)
{
	char cache[300];
	gss_key_value_element_desc from[] = { { "client_keytab", place->keytab }, { "ccache", cache } };
	gss_key_value_set_desc store = { 2, from };
	OM_uint32 minor, major;

	snprintf(cache, sizeof(cache), "MEMORY:lcs-%s", place->principal);
	major = gss_acquire_cred_from(&minor, s->account, GSS_C_INDEFINITE, GSS_C_NO_OID_SET,
	    GSS_C_INITIATE, &store, &s->cred, NULL, NULL);
	return GSS_ERROR(major) ? failed(s, place->principal, major, minor) : LDAP_SUCCESS;
}

static int name_server(struct sasl *s, const char *uri)
{
	LDAPURLDesc *url = NULL;
	char service[300];

	if (ldap_url_parse(uri, &url) != LDAP_URL_SUCCESS)
		return LDAP_PARAM_ERROR;
	snprintf(service, sizeof(service), "ldap@%s", url->lud_host ? url->lud_host : "");
	ldap_free_urldesc(url);
	return import(s, service, GSS_C_NT_HOSTBASED_SERVICE, &s->server);
}

/* The next token is made of what the server said. */
static int step(struct sasl *s)
{
	gss_buffer_desc in = { s->said ? s->said->bv_len : 0, s->said ? s->said->bv_val : NULL };
	OM_uint32 minor, major;

	major = gss_init_sec_context(&minor, s->cred, &s->context, s->server,
	    (gss_OID)(uintptr_t)gss_mech_krb5, GSS_C_MUTUAL_FLAG | GSS_C_SEQUENCE_FLAG |
	    GSS_C_INTEG_FLAG, 0, GSS_C_NO_CHANNEL_BINDINGS, &in, NULL, &s->token, NULL, NULL);
	s->is_whole = major == GSS_S_COMPLETE;
	return GSS_ERROR(major) ? failed(s, "ticket for the directory", major, minor) : LDAP_SUCCESS;
}

/* Which layers it offers, and that we want none. */
static int choose_layer(struct sasl *s)
{
	gss_buffer_desc in = { s->said ? s->said->bv_len : 0, s->said ? s->said->bv_val : NULL };
	gss_buffer_desc offer = GSS_C_EMPTY_BUFFER, answer;
	char none[4] = { NO_LAYER, 0, 0, 0 };
	OM_uint32 minor, major = gss_unwrap(&minor, s->context, &in, &offer, NULL, NULL);
	bool has_none = !GSS_ERROR(major) && offer.length == 4 &&
	    (*(const unsigned char *)offer.value & NO_LAYER);

	if (GSS_ERROR(major))
		return failed(s, "what the directory offers", major, minor);
	gss_release_buffer(&minor, &offer);
	if (!has_none)
		return LDAP_STRONG_AUTH_REQUIRED;
	answer = (gss_buffer_desc){ sizeof(none), none };
	major = gss_wrap(&minor, s->context, 0, GSS_C_QOP_DEFAULT, &answer, NULL, &s->token);
	return GSS_ERROR(major) ? failed(s, "our choice", major, minor) : LDAP_SUCCESS;
}

static int say(struct sasl *s)
{
	struct berval token = { .bv_len = s->token.length, .bv_val = s->token.value };
	OM_uint32 minor;
	int code;

	ber_bvfree(s->said);
	s->said = NULL;
	code = ldap_sasl_bind_s(s->ld, "", "GSSAPI", &token, NULL, NULL, &s->said);
	gss_release_buffer(&minor, &s->token);
	return code;
}

/* Tokens to and fro until the context stands, then the layer (RFC 4752 3.1). */
static int talk(struct sasl *s)
{
	int code = LDAP_SASL_BIND_IN_PROGRESS;

	for (int leg = 0; leg < LEGS_MAX && code == LDAP_SASL_BIND_IN_PROGRESS; leg++) {
		bool stands = s->is_whole;
		int err = stands ? choose_layer(s) : step(s);

		if (err)
			return err;
		code = say(s);
		/* It must not be content before it has proved who it is. */
		if (code == LDAP_SUCCESS && !stands)
			return LDAP_PROTOCOL_ERROR;
	}
	return code == LDAP_SASL_BIND_IN_PROGRESS ? LDAP_PROTOCOL_ERROR : code;
}

int kerberos_sign_in(LDAP *ld, const struct ldap_place *place)
{
	struct sasl s = { .ld = ld, .context = GSS_C_NO_CONTEXT, .cred = GSS_C_NO_CREDENTIAL };
	OM_uint32 minor;
	int code = import(&s, place->principal, (gss_OID)(uintptr_t)GSS_KRB5_NT_PRINCIPAL_NAME,
	    &s.account);

	if (!code)
		code = get_ticket(&s, place);
	if (!code)
		code = name_server(&s, place->uri);
	if (!code)
		code = talk(&s);
	ber_bvfree(s.said);
	gss_release_buffer(&minor, &s.token);
	gss_delete_sec_context(&minor, &s.context, GSS_C_NO_BUFFER);
	gss_release_cred(&minor, &s.cred);
	gss_release_name(&minor, &s.account);
	gss_release_name(&minor, &s.server);
	return code;
}

#else

bool kerberos_is_built(void) { return false; }

int kerberos_sign_in(struct ldap *ld, const struct ldap_place *place)
{
	(void)ld;
	(void)place;
	return -1;
}

#endif
