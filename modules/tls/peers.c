/*
 * modules/tls/peers.c - the profile between servers: mutual TLS with those that are named, and
 * with nobody else.
 *
 * It has authorities of its own, since the system's would let any certificate of the world in,
 * and no session tickets: each connection is looked at anew.
 */
#include "modules/tls/tls.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/socket.h>

#define TELL_EVERY_MS 1000

/* ---- making it ---- */

static struct slice ca_of(const struct tls_conf *conf)
{
	return conf->peer_ca.len ? conf->peer_ca : conf->ca;
}

static struct tls_files files_of(const struct tls_conf *conf)
{
	if (!conf->peer_certificate.len)
		return (struct tls_files){ conf->certificate, conf->key, "certificate", "key" };
	return (struct tls_files){ conf->peer_certificate, conf->peer_key, "peer_certificate",
	    "peer_key" };
}

/* A server is the client of the next one with the same certificate. */
static bool serves_both_sides(SSL_CTX *ctx, const struct tls_files *files, struct tls_trouble *t)
{
	X509 *cert = SSL_CTX_get0_certificate(ctx);
	char file[4096];

	if (X509_check_purpose(cert, X509_PURPOSE_SSL_CLIENT, 0) == 1 &&
	    X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0) == 1)
		return true;
	snprintf(file, sizeof(file), "%.*s", SLICE_ARG(files->certificate));
	return tls_fail(t, files->certificate_param, "between servers a certificate is shown by either "
	    "side, so extendedKeyUsage must have both serverAuth and clientAuth, unlike in", file);
}

static SSL_CTX *make(const struct tls_conf *conf, const struct tls_peers *peers, bool is_server,
    struct tls_trouble *t)
{
	struct tls_files files = files_of(conf);
	SSL_CTX *ctx = tls_context_new(conf, is_server, &files, t);

	if (!ctx)
		return NULL;
	tls_trust_use(ctx, peers->trust, ca_of(conf));
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"lcs-peers", 9);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx, 0);
	if (serves_both_sides(ctx, &files, t))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static bool copy_names(struct tls_peers *peers, const struct lcs_strings *lists)
{
	size_t n = 0;

	peers->names = calloc(lcs_count_names(lists) + 1, sizeof(*peers->names));
	for (size_t i = 0; peers->names && i < lists->count; i++)
		for (struct slice rest = lists->items[i]; rest.len; n++) {
			struct slice name = slice_trim(slice_split(&rest, ','));

			peers->names[n] = strndup(name.p, name.len);
			if (!peers->names[n])
				return false;
		}
	return peers->names != NULL;
}

struct tls_peers *tls_peers_new(const struct tls_conf *conf, struct tls_trouble *t)
{
	struct tls_peers *peers = calloc(1, sizeof(*peers));

	if (!peers)
		return NULL;
	peers->trust = tls_trust_new(conf->peer_ca.len ? "peer_ca" : "ca", ca_of(conf), t);
	peers->server = peers->trust ? make(conf, peers, true, t) : NULL;
	peers->client = peers->server ? make(conf, peers, false, t) : NULL;
	if (!peers->client || !copy_names(peers, &conf->peer))
		tls_peers_free(&peers);
	return peers;
}

void tls_peers_free(struct tls_peers **peers)
{
	struct tls_peers *p = *peers;

	*peers = NULL;
	if (!p)
		return;
	for (size_t i = 0; p->names && p->names[i]; i++)
		free(p->names[i]);
	free(p->names);
	X509_STORE_free(p->trust);
	SSL_CTX_free(p->server);
	SSL_CTX_free(p->client);
	free(p);
}

/* ---- whom we know ---- */

bool tls_peers_know(const struct tls_peers *peers, struct slice name)
{
	for (char **known = peers->names; *known; known++)
		if (slice_eq_nocase(slice_str(*known), name))
			return true;
	return false;
}

const char *tls_peers_find(const struct tls_peers *peers, X509 *cert)
{
	for (char **known = peers->names; *known; known++)
		if (tls_name_matches(cert, slice_str(*known)))
			return *known;
	return NULL;
}

/* ---- lcs -c ---- */

int tls_peers_check(const struct tls_conf *conf, struct diag *diag)
{
	bool listens = diag_has_listener_facing(diag, SLICE("peers"));

	if (listens && !conf->peer.count)
		return diag_error(diag, "peer", "a listener faces peers, and no peer is named: nobody "
		    "could come in");
	if (!conf->peer.count)
		return 0;
	if (!ca_of(conf).len)
		return diag_error(diag, "peer", "by whom peers are certified must be said by peer_ca, or "
		    "ca: the system's authorities certify anybody");
	if (!conf->peer_certificate.len != !conf->peer_key.len)
		return diag_error(diag, conf->peer_key.len ? "peer_key" : "peer_certificate",
		    "peer_certificate and peer_key go together");
	if (!listens)
		diag_warning(diag, "peer", "no listener faces peers (faces = \"peers\"), so they cannot "
		    "come back to this server");
	return 0;
}

/* ---- who is not let in ---- */

void tls_peer_refused(struct lcs_mod *mod, SSL *ssl, uint64_t *count, const char *why)
{
	struct tls_local *stats = lcs_local(mod);
	msec_t now = loop_now(worker_loop());
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	struct sock_addr addr = { 0 };
	char remote[ADDR_TEXT_BYTES];

	lcs_count(count);
	if (stats->told && now - stats->told < TELL_EVERY_MS)
		return;
	stats->told = now;
	if (getpeername(SSL_get_fd(ssl), (struct sockaddr *)&ss, &len) == 0)
		sock_addr_from(&addr, &ss);
	sock_addr_format(&addr, remote);
	log_warning(lcs_mod_name(mod), "peer refused remote=%s why=\"%s\"", remote, why);
}
