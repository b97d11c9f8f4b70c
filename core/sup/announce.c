/*
 * core/sup/announce.c - see announce.h.
 */
#include "core/sup/announce.h"

#include "core/mod/rpc.h"
#include "core/run/gen.h"
#include "core/sup/link.h"

#include <stdio.h>
#include <time.h>

static int link_end = -1;

void announce_open(int link) { link_end = link; }

/* One datagram is enough for a status line: more would be cut by whoever shows it. */
void announce(const char *state, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "%s\nSTATUS=%.300s", state, text);
	for (char *p = line + strlen(state) + 1; *p; p++)
		if (*p == '\n')
			*p = ' ';
	link_say(link_end, LINK_NOTIFY, line);
}

void announce_begin(void)
{
	struct timespec ts;
	char state[64];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	announce(state, "reading the configuration");
}

static void log_lines(bool is_error, struct slice text)
{
	while (text.len > 0) {
		struct slice line = slice_split(&text, '\n');

		if (slice_trim(line).len == 0)
			continue;
		if (is_error)
			log_error("config", "%.*s", SLICE_ARG(line));
		else
			log_warning("config", "%.*s", SLICE_ARG(line));
	}
}

void announce_commit(const char *how, bool is_unconfirmed, const struct diag *diag,
    struct slice summary, struct slice warnings)
{
	const struct gen *gen = gen_peek();
	char text[400];

	log_lines(false, warnings);
	log_notice("config", "configuration committed generation=%llu how=%s uid=%d warnings=%u %.*s",
	    (unsigned long long)gen->number, how, (int)rpc_caller(), diag_warnings(diag),
	    SLICE_ARG(summary));
	snprintf(text, sizeof(text), "running with generation %llu of the configuration%s",
	    (unsigned long long)gen->number, is_unconfirmed ? ", unconfirmed" : "");
	announce("READY=1", text);
}

void announce_refusal(const char *how, struct slice why, struct slice first)
{
	char text[400];

	log_lines(true, why);
	log_error("config", "configuration refused: what runs stays how=%s uid=%d", how,
	    (int)rpc_caller());
	snprintf(text, sizeof(text), "the new configuration was refused, the old one runs: %.*s",
	    (int)(first.len < 200 ? first.len : 200), first.p);
	announce("READY=1", text);
}
