/*
 * modules/auth_kerberos/gss.c - a ticket becomes a security context; signatures are its MICs.
 *
 * Accepting reads the keytab and writes the replay cache, so it is for a pool. Making and
 * checking a MIC is computation alone (RFC 4121 4.2.4) and done where the connection is; one
 * thread at a time uses a context.
 */
#include "modules/auth_kerberos/auth_kerberos.h"

#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <stdio.h>

static gss_buffer_desc buffer_of(struct slice s)
{
	return (gss_buffer_desc){ .length = s.len, .value = (void *)(uintptr_t)s.p };
}

static void describe(struct ticket *t, OM_uint32 major, OM_uint32 minor)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 ignored, more = 0;
	bool is_minor = minor != 0;

	if (gss_display_status(&ignored, is_minor ? minor : major, is_minor ? GSS_C_MECH_CODE :
	    GSS_C_GSS_CODE, is_minor ? (gss_OID)(uintptr_t)gss_mech_krb5 : GSS_C_NO_OID, &more,
	    &text) != GSS_S_COMPLETE)
		return;
	snprintf(t->why, sizeof(t->why), "%.*s", (int)text.length, (const char *)text.value);
	gss_release_buffer(&ignored, &text);
}

static int error_of(OM_uint32 major, OM_uint32 minor)
{
	switch ((krb5_error_code)minor) {
	case KRB5KRB_AP_ERR_SKEW:
		return -ETIME;
	case KRB5KRB_AP_ERR_TKT_EXPIRED:
		return -EKEYEXPIRED;
	case KRB5KRB_AP_ERR_REPEAT:
		return -EALREADY;
	case KRB5KRB_AP_ERR_NOT_US:
	case KRB5KRB_AP_WRONG_PRINC:
	case KRB5_KT_NOTFOUND:
	case KRB5KRB_AP_ERR_NOKEY:
		return -ENOENT;
	default:
		break;
	}
	switch (GSS_ROUTINE_ERROR(major)) {
	case GSS_S_DUPLICATE_TOKEN:
		return -EALREADY;
	case GSS_S_DEFECTIVE_TOKEN:
	case GSS_S_BAD_MECH:
		return -EBADMSG;
	case GSS_S_NO_CRED:
		return -ENOENT;
	default:
		return -EACCES;
	}
}

/* Of this service alone: a ticket for another one is none. */
static OM_uint32 acquire(const struct ticket *t, OM_uint32 *minor, gss_cred_id_t *cred)
{
	gss_key_value_element_desc items[2];
	gss_key_value_set_desc store = { 0, items };
	gss_buffer_desc text = buffer_of(slice_str(t->service));
	gss_OID_set_desc mechs = { 1, (gss_OID)(uintptr_t)gss_mech_krb5 };
	gss_name_t name = GSS_C_NO_NAME;
	OM_uint32 major, ignored;

	if (t->keytab[0])
		items[store.count++] = (gss_key_value_element_desc){ "keytab", t->keytab };
	if (t->replay_cache[0])
		items[store.count++] = (gss_key_value_element_desc){ "rcache", t->replay_cache };
	major = gss_import_name(minor, &text, (gss_OID)(uintptr_t)GSS_KRB5_NT_PRINCIPAL_NAME, &name);
	if (major == GSS_S_COMPLETE)
		major = gss_acquire_cred_from(minor, name, GSS_C_INDEFINITE, &mechs, GSS_C_ACCEPT,
		    &store, cred, NULL, NULL);
	gss_release_name(&ignored, &name);
	return major;
}

static bool copy_name(struct ticket *t, gss_name_t name)
{
	gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;
	bool fits = gss_display_name(&minor, name, &text, NULL) == GSS_S_COMPLETE &&
	    text.length < sizeof(t->principal);

	if (fits)
		snprintf(t->principal, sizeof(t->principal), "%.*s", (int)text.length,
		    (const char *)text.value);
	gss_release_buffer(&minor, &text);
	return fits;
}

int ticket_accept(struct ticket *t)
{
	gss_buffer_desc token = buffer_of(t->token), answer = GSS_C_EMPTY_BUFFER;
	gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
	gss_ctx_id_t context = GSS_C_NO_CONTEXT;
	gss_name_t client = GSS_C_NO_NAME;
	gss_OID mech = GSS_C_NO_OID;
	OM_uint32 minor = 0, ignored, lifetime = 0, major = acquire(t, &minor, &cred);
	int err = 0;

	if (major == GSS_S_COMPLETE)
		major = gss_accept_sec_context(&minor, &context, cred, &token,
		    GSS_C_NO_CHANNEL_BINDINGS, &client, &mech, &answer, NULL, &lifetime, NULL);
	if (GSS_ERROR(major)) {
		err = error_of(major, minor);
		describe(t, major, minor);
	} else if (major & GSS_S_CONTINUE_NEEDED || !gss_oid_equal(mech, gss_mech_krb5)) {
		err = -EBADMSG;
	} else if (!copy_name(t, client)) {
		err = -EIO;
	}
	t->lifetime = lifetime == GSS_C_INDEFINITE ? 0 : (int64_t)lifetime;
	gss_release_buffer(&ignored, &answer);
	gss_release_name(&ignored, &client);
	gss_release_cred(&ignored, &cred);
	if (err && context)
		gss_delete_sec_context(&ignored, &context, GSS_C_NO_BUFFER);
	t->context = context;
	return err;
}

int ticket_sign(void *context, struct slice text, unsigned char mac[AUTH_LCS_MAC_MAX])
{
	gss_buffer_desc message = buffer_of(text), mic = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor, ignored;
	int len = -EIO;

	if (gss_get_mic(&minor, context, GSS_C_QOP_DEFAULT, &message, &mic) == GSS_S_COMPLETE &&
	    mic.length <= AUTH_LCS_MAC_MAX) {
		memcpy(mac, mic.value, mic.length);
		len = (int)mic.length;
	}
	gss_release_buffer(&ignored, &mic);
	return len;
}

/* Whether it comes in order or again is known by the running numbers, not by the context. */
bool ticket_verify(void *context, struct slice text, struct slice mac)
{
	gss_buffer_desc message = buffer_of(text), mic = buffer_of(mac);
	OM_uint32 minor;

	return !GSS_ERROR(gss_verify_mic(&minor, context, &message, &mic, NULL));
}

void ticket_free(void *context)
{
	gss_ctx_id_t c = context;
	OM_uint32 minor;

	if (c)
		gss_delete_sec_context(&minor, &c, GSS_C_NO_BUFFER);
}
