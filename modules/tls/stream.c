/*
 * modules/tls/stream.c - TLS on a connected socket, never blocking (stream_ops).
 */
#include "modules/tls/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <stdio.h>

#define RECORD_BYTES 16384

struct tls_stream {
	SSL        *ssl;
	struct tls *tls;
	struct tls_set *set;		/* counted, until the handshake is over */
	uint32_t    want;		/* EPOLLIN, EPOLLOUT after -EAGAIN */
	bool        dialled, broken, check_name;
	bool        is_peer;		/* the profile between servers */
	bool        was_asked;		/* we dialled, and were asked for our certificate */
	char       *expected;		/* name the peer must have; NULL: any */
	char       *peer;		/* verified identity, NULL: none */
};

static _Thread_local char last_error[200];
/* Small writes gather here so that one turn's messages share a record. */
static _Thread_local char record[RECORD_BYTES];

static SSL_CTX *context_for(const struct tls_set *set, const struct net_listener *listener,
    bool is_peer)
{
	if (is_peer)
		return !set->peers ? NULL : listener ? set->peers->server : set->peers->client;
	if (!listener)
		return set->client;
	return listener->require_client_certificate ? set->mutual : set->server;
}

/* Where clients come nobody is asked, whatever is asked elsewhere. */
static void ask_nobody(struct tls_stream *s, const struct net_listener *listener)
{
	if (listener && listener->faces == FACES_CLIENTS)
		SSL_set_verify(s->ssl, SSL_VERIFY_NONE, NULL);
}

/* TLS: the other side wants to see our certificate. */
static int note_asked(SSL *ssl, void *arg)
{
	(void)ssl;
	((struct tls_stream *)arg)->was_asked = true;
	return 1;
}

static bool expect(struct tls_stream *s, const struct tls_set *set, const struct sip_hop *hop)
{
	struct ip_addr ip;

	if (!hop->name.len)
		return true;
	s->expected = strndup(hop->name.p, hop->name.len);
	if (!s->expected)
		return false;
	s->check_name = set->verify_peer_name || s->is_peer;
	/* Server name indication is for names only (RFC 6066 3). */
	if (ip_parse(hop->name, &ip) != 0)
		SSL_set_tlsext_host_name(s->ssl, s->expected);
	return true;
}

static void stream_free(struct tls_stream *s)
{
	SSL_free(s->ssl);
	tls_set_unref(&s->set);
	free(s->expected);
	free(s->peer);
	free(s);
}

static void begin(struct tls_stream *s, const struct net_listener *listener)
{
	ask_nobody(s, listener);
	if (!s->dialled) {
		SSL_set_accept_state(s->ssl);
		return;
	}
	if (s->is_peer)
		SSL_set_cert_cb(s->ssl, note_asked, s);
	SSL_set_connect_state(s->ssl);
}

static void *stream_open(void *arg, int fd, const struct net_listener *listener,
    const struct sip_hop *hop, int *err)
{
	struct tls *tls = arg;
	struct tls_set *set = atomic_load_explicit(&tls->current, memory_order_acquire);
	struct tls_stream *s = calloc(1, sizeof(*s));
	SSL_CTX *ctx;

	*err = -ENOMEM;
	if (!s)
		return NULL;
	s->tls = tls;
	s->set = tls_set_ref(set);
	s->dialled = listener == NULL;
	s->is_peer = listener ? listener->faces == FACES_PEERS :
	    set->peers && tls_peers_know(set->peers, hop->name);
	ctx = context_for(set, listener, s->is_peer);
	s->ssl = ctx ? SSL_new(ctx) : NULL;
	if (!s->ssl || SSL_set_fd(s->ssl, fd) != 1 || (s->dialled && !expect(s, set, hop))) {
		stream_free(s);
		return NULL;
	}
	begin(s, listener);
	*err = 0;
	return s;
}

static void note_error(const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	snprintf(last_error, sizeof(last_error), "%s", text ? text : what);
	ERR_clear_error();
}

/* What a call of OpenSSL that did not succeed means for the net room. */
static int verdict(struct tls_stream *s, int ret)
{
	int saved = errno;

	switch (SSL_get_error(s->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		s->want = EPOLLIN;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		s->want = EPOLLOUT;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		s->broken = true;
		note_error(saved ? strerror(saved) : "connection closed without notice");
		return saved ? -saved : -ECONNRESET;
	default:
		s->broken = true;
		note_error("protocol error");
		/* Plain end of the TCP stream: no close_notify, nothing lost at message ends. */
		return strcmp(last_error, "unexpected eof while reading") == 0 ? -ECONNRESET : -EPROTO;
	}
}

/* Of who is not one of our servers. */
static int check_stranger(struct tls_stream *s, X509 *cert, struct tls_local *stats)
{
	if (s->check_name && !tls_name_matches(cert, slice_str(s->expected))) {
		snprintf(last_error, sizeof(last_error), "the certificate does not name %s",
		    s->expected);
		stats->wrong_name++;
		return -EACCES;
	}
	s->peer = tls_first_name(cert);
	return 0;
}

static int refuse_peer(struct tls_stream *s, uint64_t *count)
{
	tls_peer_refused(s->tls->mod, s->ssl, count, last_error);
	return -EACCES;
}

/* The chain has been verified. RFC 5922 7.3, 7.4: it names whom we dialled, or whom we know. */
static int check_server(struct tls_stream *s, X509 *cert, struct tls_local *stats)
{
	const char *name = s->dialled ? s->expected : tls_peers_find(s->set->peers, cert);
	char *first;

	if (!name || (s->dialled && !tls_name_matches(cert, slice_str(name)))) {
		first = tls_first_name(cert);
		snprintf(last_error, sizeof(last_error), "its certificate is for \"%s\", which is "
		    "%s%s", first ? first : "", name ? "not " : "no server in parameter peer",
		    name ? name : "");
		free(first);
		return refuse_peer(s, &stats->peer_unknown);
	}
	if (s->dialled && !s->was_asked) {
		snprintf(last_error, sizeof(last_error), "it does not ask for our certificate: the "
		    "port is one for clients");
		return refuse_peer(s, &stats->peer_one_way);
	}
	s->dialled ? stats->peers_out++ : stats->peers_in++;
	s->peer = strdup(name);
	return s->peer ? 0 : -ENOMEM;
}

static int check_peer(struct tls_stream *s, struct tls_local *stats)
{
	X509 *cert = SSL_get0_peer_certificate(s->ssl);

	if (s->is_peer)
		return check_server(s, cert, stats);
	if (!cert || SSL_get_verify_result(s->ssl) != X509_V_OK ||
	    SSL_get_verify_mode(s->ssl) == SSL_VERIFY_NONE)
		return 0;
	return check_stranger(s, cert, stats);
}

/* A peer that could not be let in; why is in OpenSSL's words, or in the chain's result. */
static void note_refusal(struct tls_stream *s, struct tls_local *stats, int reason)
{
	long chain = SSL_get_verify_result(s->ssl);

	if (!s->is_peer)
		return;
	if (chain != X509_V_OK) {
		snprintf(last_error, sizeof(last_error), "its certificate: %s",
		    X509_verify_cert_error_string(chain));
		refuse_peer(s, &stats->peer_untrusted);
	} else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
		snprintf(last_error, sizeof(last_error), "it shows no certificate");
		refuse_peer(s, &stats->peer_without_certificate);
	}
}

static int stream_handshake(void *state)
{
	struct tls_stream *s = state;
	struct tls_local *stats = lcs_local(s->tls->mod);
	int ret, err, reason;

	ERR_clear_error();
	errno = 0;
	ret = SSL_do_handshake(s->ssl);
	if (ret == 1) {
		stats->handshakes++;
		stats->resumed += (uint64_t)SSL_session_reused(s->ssl);
		err = check_peer(s, stats);
		tls_set_unref(&s->set);
		return err;
	}
	reason = ERR_GET_REASON(ERR_peek_last_error());
	err = verdict(s, ret);
	if (err == -EAGAIN)
		return err;
	stats->handshake_failed++;
	note_refusal(s, stats, reason);
	return err ? err : -ECONNRESET;
}

static ssize_t stream_read(void *state, char *into, size_t room)
{
	struct tls_stream *s = state;
	size_t n;
	int ret;

	ERR_clear_error();
	errno = 0;
	ret = SSL_read_ex(s->ssl, into, room, &n);
	return ret == 1 ? (ssize_t)n : verdict(s, ret);
}

/* One contiguous piece for one record: the first piece alone if it fills one. */
static struct slice gather(const struct iovec *iov, int count)
{
	size_t len = 0;

	if (count == 1 || iov[0].iov_len >= RECORD_BYTES)
		return slice_of(iov[0].iov_base, iov[0].iov_len);
	for (int i = 0; i < count && len < RECORD_BYTES; i++) {
		size_t room = RECORD_BYTES - len;
		size_t part = iov[i].iov_len < room ? iov[i].iov_len : room;

		memcpy(record + len, iov[i].iov_base, part);
		len += part;
	}
	return slice_of(record, len);
}

static ssize_t stream_write(void *state, const struct iovec *iov, int count)
{
	struct tls_stream *s = state;
	struct slice piece = gather(iov, count);
	size_t n;
	int ret, err;

	ERR_clear_error();
	errno = 0;
	ret = SSL_write_ex(s->ssl, piece.p, piece.len, &n);
	if (ret == 1)
		return (ssize_t)n;
	err = verdict(s, ret);
	return err ? err : -EPIPE;
}

static uint32_t stream_want(void *state)
{
	return ((struct tls_stream *)state)->want;
}

static bool stream_pending(void *state)
{
	return SSL_has_pending(((struct tls_stream *)state)->ssl) == 1;
}

static struct slice stream_peer_name(void *state)
{
	return slice_str(((struct tls_stream *)state)->peer);
}

static int64_t stream_peer_expires(void *state)
{
	X509 *cert = SSL_get0_peer_certificate(((struct tls_stream *)state)->ssl);
	struct tm tm;

	return cert && ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) == 1 ? timegm(&tm) : 0;
}

static void stream_describe(void *state, char *text, size_t room)
{
	SSL *ssl = ((struct tls_stream *)state)->ssl;

	snprintf(text, room, "%s %s", SSL_get_version(ssl), SSL_get_cipher_name(ssl));
}

static void stream_close(void *state)
{
	struct tls_stream *s = state;

	ERR_clear_error();
	/* One try: the notice goes out if the socket takes it now. */
	if (!s->broken && SSL_is_init_finished(s->ssl))
		SSL_shutdown(s->ssl);
	ERR_clear_error();
	stream_free(s);
}

static bool stream_is_peer(void *arg, struct slice name)
{
	struct tls *tls = arg;
	const struct tls_set *set = atomic_load_explicit(&tls->current, memory_order_acquire);

	return set && set->peers && tls_peers_know(set->peers, name);
}

static const char *stream_error_text(void)
{
	return last_error;
}

const struct stream_ops tls_stream_ops = {
	.transport = TRANSPORT_TLS,
	.open = stream_open,
	.handshake = stream_handshake,
	.read = stream_read,
	.write = stream_write,
	.want = stream_want,
	.pending = stream_pending,
	.peer_name = stream_peer_name,
	.peer_expires = stream_peer_expires,
	.describe = stream_describe,
	.close = stream_close,
	.is_peer = stream_is_peer,
	.error_text = stream_error_text,
};
