/*
 * tls - SIP over TLS 1.2 and 1.3 (RFC 3261 26, RFC 5922), by OpenSSL.
 *
 * A generation has its own contexts; a connection keeps those it began with, so
 * a new certificate takes effect without dropping anybody.
 */
#include "modules/tls/tls.h"

#include <errno.h>

static int tls_load(struct lcs_mod *mod)
{
	struct tls *tls = lcs_shared(mod);

	tls->mod = mod;
	return net_stream_register(&tls_stream_ops, tls);
}

static bool is_file(const char *param)
{
	return !slice_starts(slice_str(param), SLICE("cipher")) &&
	    !slice_eq(slice_str(param), SLICE("alpn"));
}

static int tls_check(const void *conf, struct diag *diag)
{
	const char *param, *why;
	struct tls_set *set;
	int err = tls_peers_check(conf, diag);

	if (err)
		return err;
	set = tls_set_new(conf, true, &param, &why);
	if (!set && is_file(param))
		return diag_file_error(diag, param, "%s", why);
	if (!set)
		return diag_error(diag, param, "%s", why);
	err = tls_judge(set, conf, diag);
	tls_set_unref(&set);
	return err;
}

static int tls_prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct tls_conf *c = conf;
	const char *param, *why;

	(void)next;
	c->set = tls_set_new(c, false, &param, &why);
	if (c->set)
		return 0;
	log_error(lcs_mod_name(mod), "cannot use TLS settings parameter=%s reason=\"%s\"", param, why);
	return -EINVAL;
}

static void tls_commit(struct lcs_mod *mod, struct gen *next)
{
	const struct tls_conf *conf = lcs_conf(mod, next);
	struct tls *tls = lcs_shared(mod);

	atomic_store_explicit(&tls->current, conf->set, memory_order_release);
}

static void tls_retire(struct lcs_mod *mod, struct gen *old, void *conf)
{
	(void)mod;
	(void)old;
	tls_set_unref(&((struct tls_conf *)conf)->set);
}

static const struct lcs_param params[] = {
	PARAM_FILE_NAME(struct tls_conf, certificate, NULL,
	    "PEM file with our certificate, then the chain towards the root"),
	PARAM_FILE_NAME(struct tls_conf, key, NULL,
	    "PEM file with the private key; the user that the server runs as must be able to read it"),
	PARAM_FILE_NAME(struct tls_conf, ca, "",
	    "PEM file of authorities whose peers we trust; empty: the system's"),
	PARAM_STRINGS(struct tls_conf, server_certificate,
	    "another certificate for a server name asked for, as host=chain.pem:key.pem"),
	PARAM_BOOL(struct tls_conf, verify_peer, "yes",
	    "check the certificate of servers that we connect to"),
	PARAM_BOOL(struct tls_conf, verify_peer_name, "yes",
	    "the certificate must name the domain or host that we asked for (RFC 5922)"),
	PARAM_BOOL(struct tls_conf, client_certificate, "no",
	    "ask clients for a certificate (a listener may require one)"),
	PARAM_STRINGS(struct tls_conf, peer,
	    "the name of another server of ours, as in its certificate; several with commas between, or "
	    "one each time. With these, and nobody else, mutual TLS is spoken, and nothing but that"),
	PARAM_FILE_NAME(struct tls_conf, peer_ca, "",
	    "PEM file of the authorities that certify peers; empty: those in ca"),
	PARAM_FILE_NAME(struct tls_conf, peer_certificate, "",
	    "PEM file with the certificate that peers are shown, by either side (extendedKeyUsage "
	    "serverAuth and clientAuth), then its chain; empty: the one in certificate"),
	PARAM_FILE_NAME(struct tls_conf, peer_key, "", "PEM file with the key that belongs to it"),
	PARAM_STRING(struct tls_conf, alpn, "",
	    "protocols that listeners speak by ALPN (RFC 7301), with commas between, mostly \"sip/2\": a "
	    "client that offers only others (a browser at port 443) is refused by name, one that offers "
	    "none is let in; empty: what clients offer is not looked at"),
	PARAM_WORD(struct tls_conf, min_version, "1.2", "1.2|1.3", "oldest version that is spoken"),
	PARAM_STRING(struct tls_conf, ciphers, "ECDHE+AESGCM:ECDHE+CHACHA20",
	    "cipher list for TLS 1.2, as OpenSSL writes it"),
	PARAM_STRING(struct tls_conf, ciphersuites, "",
	    "cipher suites for TLS 1.3; empty: OpenSSL's own order"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct tls_local, handshakes, STAT_COUNTER, "handshakes that succeeded"),
	LCS_STAT(struct tls_local, resumed, STAT_COUNTER, "of these, resumed from a ticket"),
	LCS_STAT(struct tls_local, handshake_failed, STAT_COUNTER, "handshakes that failed"),
	LCS_STAT(struct tls_local, wrong_name, STAT_COUNTER,
	    "servers refused because their certificate names somebody else"),
	LCS_STAT(struct tls_local, peers_in, STAT_COUNTER, "connections that peers made to us"),
	LCS_STAT(struct tls_local, peers_out, STAT_COUNTER, "connections that we made to peers"),
	LCS_STAT(struct tls_local, peer_without_certificate, STAT_COUNTER,
	    "refused where peers come: no certificate was shown"),
	LCS_STAT(struct tls_local, peer_untrusted, STAT_COUNTER,
	    "peers refused because of their certificate: another authority's, expired, not for this use"),
	LCS_STAT(struct tls_local, peer_unknown, STAT_COUNTER,
	    "peers refused because their certificate names nobody, or somebody else, in parameter peer"),
	LCS_STAT(struct tls_local, peer_one_way, STAT_COUNTER,
	    "peers that we did not talk to because they asked for no certificate"),
	{ 0 }
};

LCS_MODULE(tls,
	.summary = "SIP over TLS",
	.conf_size = sizeof(struct tls_conf),
	.local_size = sizeof(struct tls_local),
	.shared_size = sizeof(struct tls),
	.params = params,
	.stats = stats,
	.load = tls_load,
	.check = tls_check,
	.prepare = tls_prepare,
	.commit = tls_commit,
	.retire = tls_retire,
	.rpcs = tls_rpcs,
	.worker_start = tls_watch_start,
	.worker_stop = tls_watch_stop,
	.manual =
	    "Loading this module makes `tls:` listeners and `transport=tls` hops work. Clients\n"
	    "need no certificate unless the listener says `require_client_certificate = true`.\n"
	    "Names are compared as RFC 5922 wants: only subjectAltName counts, no wildcards.\n\n"
	    "Between servers of one owner there is a second profile. Those in `peer` come to a\n"
	    "listener with `faces = \"peers\"`, where everybody shows a certificate of `peer_ca` that\n"
	    "names one of them; a listener with `faces = \"clients\"` asks nobody. Towards a peer\n"
	    "there is mutual TLS or nothing: its certificate must name it, it must ask for ours, and\n"
	    "UDP and TCP are refused. Scripts ask from_peer() and $peer. See doc/recipes/two-homes.md.\n\n"
	    "`lcsctl certificates list` says until when our certificates are good. In the last two\n"
	    "weeks (of one made for less than ten weeks: the last fifth) `lcs -c` warns, and the log\n"
	    "does once a day. A new file takes effect with `lcsctl config commit`.\n",
);
