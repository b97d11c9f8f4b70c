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
	struct lcs_strings server_certificate;
	bool verify_peer, verify_peer_name, client_certificate;
	struct tls_set *set;		/* made by prepare */
};

struct tls_local {			/* statistics of one worker */
	uint64_t handshakes, resumed, handshake_failed, wrong_name;
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
	bool              verify_peer_name;
	uint8_t           alpn[TLS_ALPN_MAX];	/* as on the wire (RFC 7301 3.1) */
	unsigned          alpn_len;		/* 0: nobody is asked */
};

struct tls { struct lcs_mod *mod; _Atomic(struct tls_set *) current; };

/** Read files and make contexts; a trial need not be of use to anybody. NULL: *param and *why (thread-local text) say what is wrong. */
struct tls_set *tls_set_new(const struct tls_conf *conf, bool is_trial, const char **param,
    const char **why);
struct tls_judged { const char *param; struct slice file; X509 *cert; };
/** Say what is wrong with the set's certificates in the eyes of clients: a name that is not ours
 *  is an error, one that expires soon a warning. 0 or -EINVAL. */
int tls_judge(const struct tls_set *set, const struct tls_conf *conf, struct diag *diag);
struct tls_set *tls_set_ref(struct tls_set *set);
void tls_set_unref(struct tls_set **set);

/** Does the certificate name this SIP domain or host (RFC 5922 7.1: URI and DNS names of
 *  subjectAltName, exact and case-blind, no wildcards; addresses by IP name)? */
bool tls_name_matches(X509 *cert, struct slice name);
/** First SIP identity of a certificate: sip URI's host, else DNS name; malloc'ed, NULL if none. */
char *tls_first_name(X509 *cert);

extern const struct stream_ops tls_stream_ops;

#endif
