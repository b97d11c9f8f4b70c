/*
 * modules/tls/tls.h - what the files of this module share.
 */
#ifndef MODULES_TLS_TLS_H
#define MODULES_TLS_TLS_H

#include "core/lcs.h"
#include "utils/ref.h"

#include <openssl/ssl.h>

struct tls_conf {
	struct slice certificate, key, ca, ciphers, ciphersuites, min_version, alpn;
	struct slice peer_ca, peer_certificate, peer_key;
	struct lcs_strings server_certificate, peer;
	bool verify_peer, verify_peer_name, client_certificate;
	struct tls_set *set;		/* made by prepare */
};

struct tls_local {			/* statistics of one worker */
	uint64_t handshakes, resumed, handshake_failed, wrong_name;
	uint64_t peers_in, peers_out;
	uint64_t peer_without_certificate, peer_untrusted, peer_unknown, peer_one_way;
	msec_t   told;			/* when a refused peer was last named in the log; 0: never */
	struct lcs_mod *mod;
	struct timer    look;		/* of worker 0: at our own certificates */
	msec_t          looked;		/* when the log was told of them; 0: never */
};

#define TLS_ALPN_MAX 256u

/* One generation's contexts. Connections keep the SSL_CTX they began with. */
struct tls_named { char *host; SSL_CTX *ctx; };
struct tls_set {
	struct ref        refs;		/* the generation; handshakes, which may choose by name */
	X509_STORE       *trust;	/* of all contexts */
	SSL_CTX          *server;	/* no client certificate wanted, or optional */
	SSL_CTX          *mutual;	/* client certificate required */
	SSL_CTX          *client;	/* we dial */
	struct tls_named *named;	/* by server name indication */
	size_t            named_count;
	struct tls_peers *peers;	/* NULL: there are no other servers */
	bool              verify_peer_name;
	uint8_t           alpn[TLS_ALPN_MAX];	/* as on the wire (RFC 7301 3.1) */
	unsigned          alpn_len;		/* 0: nobody is asked */
};

/* The profile between servers: nothing of it is shared with that for clients. */
struct tls_peers {
	X509_STORE *trust;
	SSL_CTX    *server, *client;
	char      **names;		/* whom we know, NULL at the end */
};

struct tls { struct lcs_mod *mod; _Atomic(struct tls_set *) current; };

/** Read files and make contexts; a trial need not be of use to anybody. NULL: *param and *why
 *  (thread-local text) say what is wrong. */
struct tls_set *tls_set_new(const struct tls_conf *conf, bool is_trial, const char **param,
    const char **why);
struct tls_judged { const char *param; struct slice file; X509 *cert; };
/** Say what is wrong with the set's certificates in the eyes of clients: a name that is not ours
 *  is an error, one that expires soon a warning. 0 or -EINVAL. */
int tls_judge(const struct tls_set *set, const struct tls_conf *conf, struct diag *diag);
struct tls_time_left {
	int64_t seconds;		/* negative: over */
	bool    is_soon;		/* time to renew it */
	char    date[32];		/* when it ends: 2027-01-31T00:00:00Z */
};
/** By this machine's clock, now. */
struct tls_time_left tls_time_left(const X509 *cert);
/** Counted, from any thread: connections keep the set that they began with. */
struct tls_set *tls_set_ref(struct tls_set *set);
void tls_set_unref(struct tls_set **set);

/** Does the certificate name this SIP domain or host (RFC 5922 7.1: URI and DNS names of
 *  subjectAltName, exact and case-blind, no wildcards; addresses by IP name)? */
bool tls_name_matches(X509 *cert, struct slice name);
/** First SIP identity of a certificate: sip URI's host, else DNS name; malloc'ed, NULL if none. */
char *tls_first_name(X509 *cert);

/* ---- context.c, for those who make a context of another profile ---- */

/* What was being read when it went wrong; filled on the way down. */
#define TLS_REASON_BYTES 512u
struct tls_trouble { const char *param; char why[TLS_REASON_BYTES]; };
/** Note it, with what OpenSSL says. @return false */
bool tls_fail(struct tls_trouble *t, const char *param, const char *what, const char *file);
/* Which files a context is made of, and what their parameters are called. */
struct tls_files { struct slice certificate, key; const char *certificate_param, *key_param; };
/** A context with our certificate and no trust in anybody yet. NULL and *t. */
SSL_CTX *tls_context_new(const struct tls_conf *conf, bool is_server, const struct tls_files *files,
    struct tls_trouble *t);
/** Read authorities. NULL and *t. */
X509_STORE *tls_trust_new(const char *param, struct slice file, struct tls_trouble *t);
/** Take them for a context; who connects is told their names if `file` is given. */
void tls_trust_use(SSL_CTX *ctx, X509_STORE *trust, struct slice file);

/* ---- peers.c ---- */
/** NULL and *t. */
struct tls_peers *tls_peers_new(const struct tls_conf *conf, struct tls_trouble *t);
void tls_peers_free(struct tls_peers **peers);
bool tls_peers_know(const struct tls_peers *peers, struct slice name);
/** The name by which we know who shows this certificate; NULL: by none. */
const char *tls_peers_find(const struct tls_peers *peers, X509 *cert);
/** What parameters and listeners of this configuration do not agree on. 0 or -EINVAL. */
int  tls_peers_check(const struct tls_conf *conf, struct diag *diag);
/** Count a peer that is refused, and say why, once a second and worker at most. */
void tls_peer_refused(struct lcs_mod *mod, SSL *ssl, uint64_t *count, const char *why);

/* ---- validity.c ---- */
/** A row for each certificate of ours; NULL if memory is short. */
json_t *tls_certificates(const struct tls_set *set, const struct tls_conf *conf);
extern const struct lcs_rpc tls_rpcs[];
/** worker_start and worker_stop: a look at them each hour, by worker 0. */
int  tls_watch_start(struct lcs_mod *mod, void *arg);
void tls_watch_stop(struct lcs_mod *mod, void *arg);

extern const struct stream_ops tls_stream_ops;

#endif
