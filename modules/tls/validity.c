/*
 * modules/tls/validity.c - until when our own certificates are good: lcsctl certificates list, and
 * the log, while there is time to act.
 */
#include "modules/tls/tls.h"

#include <stdlib.h>
#include <time.h>

#define DAY       86400
#define SOON_DAYS 14
#define FIRST_MS  60000
#define LOOK_MS   3600000
#define TELL_MS   86400000

static int64_t seconds_between(const ASN1_TIME *from, const ASN1_TIME *to)
{
	int days = 0, seconds = 0;

	if (ASN1_TIME_diff(&days, &seconds, from, to) != 1)
		return INT64_MAX;
	return (int64_t)days * DAY + seconds;
}

/*
 * Two weeks are time to act. Certificates that are made for days only are renewed by
 * machines, late in their life; there the last fifth counts.
 */
struct tls_time_left tls_time_left(const X509 *cert)
{
	const ASN1_TIME *end = X509_get0_notAfter(cert);
	int64_t life = seconds_between(X509_get0_notBefore(cert), end) / 5;
	struct tls_time_left t = { .seconds = seconds_between(NULL, end) };
	struct tm tm;

	t.is_soon = t.seconds < (life < SOON_DAYS * DAY ? life : SOON_DAYS * DAY);
	if (ASN1_TIME_to_tm(end, &tm) == 1)
		strftime(t.date, sizeof(t.date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return t;
}

/* ---- each of ours ---- */

typedef void each_fn(void *arg, const struct tls_judged *j, const char *host);

/* Of "host=chain.pem:key.pem". */
static struct slice chain_of(struct slice item)
{
	slice_split(&item, '=');
	return slice_trim(slice_split(&item, ':'));
}

static void each(const struct tls_set *set, const struct tls_conf *conf, each_fn *fn, void *arg)
{
	struct tls_judged j = { "certificate", conf->certificate,
				SSL_CTX_get0_certificate(set->server) };

	fn(arg, &j, "");
	for (size_t i = 0; i < set->named_count; i++) {
		j = (struct tls_judged){ "server_certificate",
			chain_of(conf->server_certificate.items[i]),
			SSL_CTX_get0_certificate(set->named[i].ctx) };
		fn(arg, &j, set->named[i].host);
	}
	if (set->peers && conf->peer_certificate.len) {
		j = (struct tls_judged){ "peer_certificate", conf->peer_certificate,
			SSL_CTX_get0_certificate(set->peers->server) };
		fn(arg, &j, "");
	}
}

/* ---- lcsctl certificates list ---- */

static const char *state_of(const struct tls_time_left *t)
{
	return t->seconds < 0 ? "expired" : t->is_soon ? "ends soon" : "good";
}

static void add_row(void *arg, const struct tls_judged *j, const char *host)
{
	struct tls_time_left t = tls_time_left(j->cert);
	char *name = tls_first_name(j->cert);

	json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s%}",
	    "parameter", j->param, "asked_for", host, "names", name ? name : "",
	    "expires", t.date, "days", (json_int_t)(t.seconds / DAY), "state", state_of(&t),
	    "file", j->file.p ? j->file.p : "", j->file.len));
	free(name);
}

json_t *tls_certificates(const struct tls_set *set, const struct tls_conf *conf)
{
	json_t *rows = json_array();

	if (rows)
		each(set, conf, add_row, rows);
	return rows;
}

static int run_list(struct lcs_rpc_call *call)
{
	const struct tls_conf *conf = lcs_conf(call->mod, gen_peek());
	json_t *rows = conf && conf->set ? tls_certificates(conf->set, conf) : json_array();

	return rows ? lcs_rpc_done(call, rows) : -ENOMEM;
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };

const struct lcs_rpc tls_rpcs[] = {
	{ "certificates.list", RIGHT_READ, no_args, run_list,
	  "the server's own certificates, and until when they are good" },
	{ 0 }
};

/* ---- the log ---- */

static void say(void *arg, const struct tls_judged *j, const char *host)
{
	struct tls_time_left t = tls_time_left(j->cert);
	bool *again = arg;

	(void)host;
	if (t.seconds < 0)
		log_error("tls", "a certificate has expired, who checks it is not connected: put a new "
		    "one there, then: lcsctl config commit file=%.*s expired=%s",
		    SLICE_ARG(j->file), t.date);
	else if (t.is_soon && *again)
		log_warning("tls", "a certificate expires soon: put a new one there, then: lcsctl "
		    "config commit file=%.*s expires=%s days=%lld", SLICE_ARG(j->file), t.date,
		    (long long)(t.seconds / DAY));
}

static void look(struct timer *w)
{
	struct tls_local *local = container_of(w, struct tls_local, look);
	const struct tls_conf *conf = lcs_conf(local->mod, gen_peek());
	msec_t now = loop_now(worker_loop());
	bool again = now - local->looked >= TELL_MS || !local->looked;

	if (conf && conf->set)
		each(conf->set, conf, say, &again);
	if (again)
		local->looked = now;
	timer_start(&local->look, LOOK_MS);
}

int tls_watch_start(struct lcs_mod *mod, void *arg)
{
	struct tls_local *local = arg;

	local->mod = mod;
	timer_init(&local->look, look);
	if (worker_self() == 0)
		timer_start(&local->look, FIRST_MS);
	return 0;
}

void tls_watch_stop(struct lcs_mod *mod, void *arg)
{
	(void)mod;
	timer_stop(&((struct tls_local *)arg)->look);
}
