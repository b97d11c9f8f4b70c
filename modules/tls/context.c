/*
 * modules/tls/context.c - one OpenSSL context from parameters.
 */
#include "modules/tls/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a file that cannot be opened OpenSSL says "system lib" last, and the reason before that. */
static const char *why_not(void)
{
	unsigned long first = ERR_peek_error(), last = ERR_peek_last_error();
	const char *text;

	if (ERR_SYSTEM_ERROR(first) && ERR_GET_REASON(first) == EACCES)
		return ": the user that the server runs as may not read it";
	if (ERR_SYSTEM_ERROR(first))
		return ": it cannot be read";
	if (ERR_GET_LIB(first) == ERR_LIB_PEM && ERR_GET_REASON(first) == PEM_R_NO_START_LINE)
		return ": there is none in it in PEM form (-----BEGIN ...)";
	/* What it says first then is of its own inside. */
	if (ERR_GET_LIB(last) == ERR_LIB_SSL && ERR_GET_REASON(last) == ERR_R_PEM_LIB)
		return ": there is no whole one in it in PEM form (-----BEGIN ...)";
	text = last ? ERR_reason_error_string(last) : NULL;
	return text ? text : "";
}

bool tls_fail(struct tls_trouble *t, const char *param, const char *what, const char *file)
{
	const char *why = why_not();

	snprintf(t->why, sizeof(t->why), "%s \"%s\"%s%s", what, file,
	    *why && *why != ':' ? ": " : "", why);
	ERR_clear_error();
	t->param = param;
	return false;
}

static int version_of(struct slice word)
{
	return slice_eq(word, SLICE("1.3")) ? TLS1_3_VERSION : TLS1_2_VERSION;
}

/* OpenSSL's own would ask at the terminal, and a worker or a reload would wait for it. */
static int no_password(char *text, int room, int writes, void *was_asked)
{
	(void)text;
	(void)room;
	(void)writes;
	if (was_asked)
		*(bool *)was_asked = true;
	return -1;
}

static bool is_other_key(void)
{
	unsigned long last = ERR_peek_last_error();

	return ERR_GET_LIB(last) == ERR_LIB_X509 &&
	    (ERR_GET_REASON(last) == X509_R_KEY_VALUES_MISMATCH ||
	    ERR_GET_REASON(last) == X509_R_KEY_TYPE_MISMATCH);
}

static bool load_key(SSL_CTX *ctx, const char *key, const struct tls_files *f,
    struct tls_trouble *t)
{
	const char *what = "cannot use the private key in";
	bool was_asked = false, is_used;

	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &was_asked);
	is_used = SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	if (is_used && SSL_CTX_check_private_key(ctx) == 1)
		return true;
	if (was_asked)
		what = "needs a private key that is not encrypted (openssl pkey takes the password away):";
	else if (is_used || is_other_key())
		what = "has a key that does not belong to the certificate:";
	if (was_asked || is_used || is_other_key())
		ERR_clear_error();	/* that is all there is to say */
	return tls_fail(t, f->key_param, what, key);
}

static bool load_pair(SSL_CTX *ctx, const struct tls_files *f, struct tls_trouble *t)
{
	char cert[4096], key[4096];
	X509 *x;

	snprintf(cert, sizeof(cert), "%.*s", SLICE_ARG(f->certificate));
	snprintf(key, sizeof(key), "%.*s", SLICE_ARG(f->key));
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		return tls_fail(t, f->certificate_param, "cannot use the certificate in", cert);
	if (!load_key(ctx, key, f, t))
		return false;
	x = SSL_CTX_get0_certificate(ctx);
	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
		return tls_fail(t, f->certificate_param, "has a certificate that has expired:", cert);
	if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0)
		return tls_fail(t, f->certificate_param, "has a certificate that is not valid yet:", cert);
	return true;
}

X509_STORE *tls_trust_new(const char *param, struct slice file, struct tls_trouble *t)
{
	X509_STORE *trust = X509_STORE_new();
	char name[4096];

	snprintf(name, sizeof(name), "%.*s", SLICE_ARG(file));
	if (trust && X509_STORE_load_locations(trust, name, NULL) == 1)
		return trust;
	tls_fail(t, param, "cannot read trusted authorities from", name);
	X509_STORE_free(trust);
	return NULL;
}

/* Clients are told whom we trust, if that is a list of our own. */
void tls_trust_use(SSL_CTX *ctx, X509_STORE *trust, struct slice ca)
{
	char file[4096];
	STACK_OF(X509_NAME) *names;

	SSL_CTX_set1_cert_store(ctx, trust);
	if (!ca.len)
		return;
	snprintf(file, sizeof(file), "%.*s", SLICE_ARG(ca));
	names = SSL_load_client_CA_file(file);
	if (names)
		SSL_CTX_set_client_CA_list(ctx, names);
}

static bool set_ciphers(SSL_CTX *ctx, const struct tls_conf *conf, struct tls_trouble *t)
{
	char text[1024];

	snprintf(text, sizeof(text), "%.*s", SLICE_ARG(conf->ciphers));
	if (conf->ciphers.len && SSL_CTX_set_cipher_list(ctx, text) != 1)
		return tls_fail(t, "ciphers", "no usable cipher in", text);
	snprintf(text, sizeof(text), "%.*s", SLICE_ARG(conf->ciphersuites));
	if (conf->ciphersuites.len && SSL_CTX_set_ciphersuites(ctx, text) != 1)
		return tls_fail(t, "ciphersuites", "no usable cipher suite in", text);
	return true;
}

SSL_CTX *tls_context_new(const struct tls_conf *conf, bool is_server, const struct tls_files *files,
    struct tls_trouble *t)
{
	SSL_CTX *ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());

	if (!ctx) {
		tls_fail(t, files->certificate_param, "no memory for", "it");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, version_of(conf->min_version));
	/* Idle connections give their record buffers back: there are ten thousand of them. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	    SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* Tickets resume without a table that all workers would have to lock. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"lcs", 3);
	if (load_pair(ctx, files, t) && set_ciphers(ctx, conf, t))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}
