/*
 * modules/tls/judge.c - what lcs -c says about a certificate that can be used: does it name this
 * server, and for how long is it good?
 */
#include "modules/tls/tls.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define NAMES_MAX 32u
#define DAY       86400ll

static void judge_dates(const struct tls_judged *j, struct diag *diag)
{
	struct tls_time_left t = tls_time_left(j->cert);

	if (t.is_soon)
		diag_file_warning(diag, j->param, "has a certificate that expires on %.10s %.5s UTC, in %lld "
		    "%s: \"%.*s\"", t.date, t.date + 11,
		    (long long)(t.seconds >= 2 * DAY ? t.seconds / DAY : t.seconds / 3600),
		    t.seconds >= 2 * DAY ? "days" : "hours", SLICE_ARG(j->file));
}

static struct slice list_of(const struct slice *names, unsigned count, char *text, size_t room)
{
	size_t len = 0;

	for (unsigned i = 0; i < count && len < room; i++) {
		int n = snprintf(text + len, room - len, "%s%.*s", i ? ", " : "",
		    SLICE_ARG(names[i]));

		len += n > 0 ? (size_t)n : 0;
	}
	return slice_of(text, len < room ? len : room - 1);
}

/* RFC 5922 7.2: clients compare with the domain that they asked for. */
static int judge_names(const struct tls_judged *j, const struct slice *names, unsigned count,
    struct diag *diag)
{
	char text[512], *first;
	struct slice list;

	if (count == 0)
		return 0;
	for (unsigned i = 0; i < count; i++)
		if (tls_name_matches(j->cert, names[i]))
			return 0;
	list = list_of(names, count, text, sizeof(text));
	first = tls_first_name(j->cert);
	if (first)
		diag_file_error(diag, j->param, "has a certificate for \"%s\", not for this server "
		    "(%.*s): \"%.*s\"; in SIP a name with * stands for itself alone (RFC 5922 7.2)",
		    first, SLICE_ARG(list), SLICE_ARG(j->file));
	else
		diag_file_error(diag, j->param, "has a certificate without subjectAltName, so it is not "
		    "for this server (%.*s): \"%.*s\"", SLICE_ARG(list), SLICE_ARG(j->file));
	free(first);
	return -EINVAL;
}

/* Peers know us by server_name, which comes first, and by nothing else (RFC 5922 7.4). */
static int judge_for_peers(const struct tls_set *set, const struct tls_conf *conf,
    const struct slice *names, unsigned count, struct diag *diag)
{
	bool own = conf->peer_certificate.len > 0;
	struct tls_judged j = { own ? "peer_certificate" : "certificate",
				own ? conf->peer_certificate : conf->certificate, NULL };

	if (!set->peers)
		return 0;
	j.cert = SSL_CTX_get0_certificate(set->peers->server);
	if (own)
		judge_dates(&j, diag);
	return judge_names(&j, names, count ? 1 : 0, diag);
}

int tls_judge(const struct tls_set *set, const struct tls_conf *conf, struct diag *diag)
{
	struct slice names[NAMES_MAX];
	unsigned count = diag_own_names(diag, names, NAMES_MAX);
	struct tls_judged j = { "certificate", conf->certificate,
				SSL_CTX_get0_certificate(set->server) };
	int err = judge_names(&j, names, count, diag);

	judge_dates(&j, diag);
	if (!err)
		err = judge_for_peers(set, conf, names, count, diag);
	for (size_t i = 0; i < set->named_count; i++) {
		struct slice host = slice_str(set->named[i].host);

		j = (struct tls_judged){ "server_certificate", conf->server_certificate.items[i],
					 SSL_CTX_get0_certificate(set->named[i].ctx) };
		if (judge_names(&j, &host, 1, diag) != 0)
			err = -EINVAL;
		judge_dates(&j, diag);
	}
	return err;
}
