/*
 * modules/tls/set.c - the contexts of a generation: for listeners, for names that clients ask for,
 * for dialling, and for peers.
 */
#include "modules/tls/tls.h"

#include <stdio.h>
#include <stdlib.h>

static _Thread_local char reason[TLS_REASON_BYTES];

/*
 * The system's authorities are a hundred certificates and more: they are read once
 * for all contexts, and not at all to see whether the parameters are right.
 */
static bool load_trust(struct tls_set *set, struct slice ca, bool is_trial, struct tls_trouble *t)
{
	if (ca.len) {
		set->trust = tls_trust_new("ca", ca, t);
		return set->trust != NULL;
	}
	set->trust = X509_STORE_new();
	return set->trust && (is_trial || X509_STORE_set_default_paths(set->trust) == 1);
}

/* Mutual: of a listener that wants certificates, or of a name that may be asked for there. */
enum side { SIDE_SERVER, SIDE_MUTUAL, SIDE_CLIENT };

static SSL_CTX *context_new(const struct tls_set *set, const struct tls_conf *conf, enum side side,
    const struct tls_files *files, struct tls_trouble *t)
{
	SSL_CTX *ctx = tls_context_new(conf, side != SIDE_CLIENT, files, t);

	/* A connection keeps its context, which need not keep what it never asks. */
	if (ctx && (side != SIDE_SERVER || conf->client_certificate))
		tls_trust_use(ctx, set->trust, conf->ca);
	return ctx;
}

/* "example.org=/path/chain.pem:/path/key.pem" */
static bool add_named(struct tls_set *set, const struct tls_conf *conf, struct slice item,
    struct tls_trouble *t)
{
	struct slice rest = item, host = slice_trim(slice_split(&rest, '='));
	struct slice cert = slice_trim(slice_split(&rest, ':')), key = slice_trim(rest);
	const struct tls_files files = { cert, key, "server_certificate", "server_certificate" };
	struct tls_named *n = &set->named[set->named_count];
	char text[4096];

	if (!host.len || !cert.len || !key.len) {
		snprintf(text, sizeof(text), "%.*s", SLICE_ARG(item));
		return tls_fail(t, "server_certificate", "want host=chain.pem:key.pem, got", text);
	}
	n->ctx = context_new(set, conf, SIDE_MUTUAL, &files, t);
	if (!n->ctx) {
		t->param = "server_certificate";
		return false;
	}
	set->named_count++;
	n->host = strndup(host.p, host.len);
	return n->host != NULL;
}

static int choose_by_name(SSL *ssl, int *alert, void *arg)
{
	const struct tls_set *set = arg;
	const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	for (size_t i = 0; asked && i < set->named_count; i++)
		if (slice_eq_nocase(slice_str(asked), slice_str(set->named[i].host))) {
			SSL_set_SSL_CTX(ssl, set->named[i].ctx);
			return SSL_TLSEXT_ERR_OK;
		}
	/* Unknown names get the server's own certificate: the client judges it. */
	return SSL_TLSEXT_ERR_OK;
}

/* What is asked of the client stays as the listener has it: SSL_set_SSL_CTX() leaves that. */
static void offer_names(struct tls_set *set, SSL_CTX *ctx)
{
	SSL_CTX_set_tlsext_servername_callback(ctx, choose_by_name);
	SSL_CTX_set_tlsext_servername_arg(ctx, set);
}

/* "sip/2, x": each with its length before it. */
static bool read_alpn(struct tls_set *set, struct slice list, struct tls_trouble *t)
{
	char text[TLS_ALPN_MAX];

	snprintf(text, sizeof(text), "%.*s", SLICE_ARG(list));
	while (list.len > 0) {
		struct slice name = slice_trim(slice_split(&list, ','));

		if (!name.len || name.len > 255 || set->alpn_len + 1 + name.len > TLS_ALPN_MAX)
			return tls_fail(t, "alpn", "want names with commas between, 255 bytes in all, not",
			    text);
		set->alpn[set->alpn_len++] = (uint8_t)name.len;
		memcpy(set->alpn + set->alpn_len, name.p, name.len);
		set->alpn_len += (unsigned)name.len;
	}
	return true;
}

/* RFC 7301 3.2: who wants to speak something else is told so, with its alert. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *offered, unsigned offered_len, void *arg)
{
	const struct tls_set *set = arg;

	(void)ssl;
	return SSL_select_next_proto((unsigned char **)out, out_len, set->alpn, set->alpn_len,
	    offered, offered_len) == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK :
	    SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void offer_protocols(struct tls_set *set)
{
	SSL_CTX_set_alpn_select_cb(set->server, choose_protocol, set);
	SSL_CTX_set_alpn_select_cb(set->mutual, choose_protocol, set);
	for (size_t i = 0; i < set->named_count; i++)
		SSL_CTX_set_alpn_select_cb(set->named[i].ctx, choose_protocol, set);
}

static bool make_servers(struct tls_set *set, const struct tls_conf *conf,
    const struct tls_files *files, struct tls_trouble *t)
{
	set->server = context_new(set, conf, SIDE_SERVER, files, t);
	set->mutual = set->server ? context_new(set, conf, SIDE_MUTUAL, files, t) : NULL;
	if (!set->mutual)
		return false;
	if (conf->client_certificate)
		SSL_CTX_set_verify(set->server, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_verify(set->mutual, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	for (size_t i = 0; i < conf->server_certificate.count; i++)
		if (!add_named(set, conf, conf->server_certificate.items[i], t))
			return false;
	if (set->named_count) {
		offer_names(set, set->server);
		offer_names(set, set->mutual);
	}
	if (set->alpn_len)
		offer_protocols(set);
	return true;
}

static bool make_client(struct tls_set *set, const struct tls_conf *conf,
    const struct tls_files *files, struct tls_trouble *t)
{
	set->client = context_new(set, conf, SIDE_CLIENT, files, t);
	if (set->client && conf->verify_peer)
		SSL_CTX_set_verify(set->client, SSL_VERIFY_PEER, NULL);
	set->verify_peer_name = conf->verify_peer && conf->verify_peer_name;
	return set->client != NULL;
}

static bool make_peers(struct tls_set *set, const struct tls_conf *conf, struct tls_trouble *t)
{
	if (conf->peer.count)
		set->peers = tls_peers_new(conf, t);
	return !conf->peer.count || set->peers;
}

struct tls_set *tls_set_new(const struct tls_conf *conf, bool is_trial, const char **param,
    const char **why)
{
	const struct tls_files files = { conf->certificate, conf->key, "certificate", "key" };
	struct tls_set *set = calloc(1, sizeof(*set));
	struct tls_trouble t = { "certificate", "memory is short" };
	bool ok;

	if (set)
		ref_init(&set->refs);
	if (set)
		set->named = calloc(conf->server_certificate.count + 1, sizeof(*set->named));
	ok = set && set->named && read_alpn(set, conf->alpn, &t) &&
	    load_trust(set, conf->ca, is_trial, &t) && make_servers(set, conf, &files, &t) &&
	    make_client(set, conf, &files, &t) && make_peers(set, conf, &t);
	memcpy(reason, t.why, sizeof(reason));
	*param = t.param;
	*why = reason;
	if (!ok)
		tls_set_unref(&set);
	return set;
}

struct tls_set *tls_set_ref(struct tls_set *set)
{
	ref_get(&set->refs);
	return set;
}

void tls_set_unref(struct tls_set **set)
{
	struct tls_set *s = *set;

	*set = NULL;
	if (!s || !ref_put(&s->refs))
		return;
	for (size_t i = 0; s->named && i < s->named_count; i++) {
		SSL_CTX_free(s->named[i].ctx);
		free(s->named[i].host);
	}
	free(s->named);
	tls_peers_free(&s->peers);
	X509_STORE_free(s->trust);
	SSL_CTX_free(s->server);
	SSL_CTX_free(s->mutual);
	SSL_CTX_free(s->client);
	free(s);
}
