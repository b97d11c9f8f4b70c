/*
 * modules/dirsearch/ldap_servers_api.h - the servers of one directory: which of them is asked.
 *
 * The first that is well. Who does not answer is passed over for a while, so that not everybody
 * waits for him; then he is tried again, and that is how the first comes back. Each module keeps its
 * own list. All in this header, see ldap_api.h.
 */
#ifndef MODULES_DIRSEARCH_LDAP_SERVERS_API_H
#define MODULES_DIRSEARCH_LDAP_SERVERS_API_H

#include "modules/dirsearch/ldap_api.h"
#include "utils/count.h"
#include "utils/json.h"
#include "utils/lockorder.h"

#include <stdio.h>

#define LDAP_SERVERS_MAX    8u
#define LDAP_URI_BYTES      256u
#define LDAP_SERVER_AWAY_MS 10000

struct ldap_server {
	char     uri[LDAP_URI_BYTES];
	msec_t   away_until;		/* by clock_mono(); 0: it is well */
	uint64_t failures;
};

struct ldap_servers {
	const char        *module;	/* for the log */
	struct timer       each_second;	/* of worker 0, as the next */
	uint64_t          *shown_used, *shown_switches;
	struct lock        lock;	/* from here on */
	unsigned           count, used;	/* used: of the one that answered last */
	uint64_t           switches;
	struct ldap_server server[LDAP_SERVERS_MAX];
};

/** For check(): what is wrong with a list of URIs with blanks between them; NULL: nothing. */
static inline const char *ldap_servers_defect(struct slice text)
{
	unsigned secure = 0, clear = 0;

	while ((text = slice_trim(text)).len > 0) {
		struct slice uri = slice_split(&text, ' ');

		secure += slice_starts_nocase(uri, SLICE("ldaps://"));
		clear += slice_starts_nocase(uri, SLICE("ldap://"));
		if (uri.len >= LDAP_URI_BYTES || (!slice_starts_nocase(uri, SLICE("ldaps://")) &&
		    !slice_starts_nocase(uri, SLICE("ldap://"))))
			secure = clear = 1;
	}
	if (!(secure + clear) || (secure && clear))
		return "must be ldaps://HOST or ldap://HOST, or several of one kind with blanks between";
	return secure + clear > LDAP_SERVERS_MAX ? "has more than eight servers" : NULL;
}

static inline void ldap_servers_shown(struct timer *t);

/** In load(). module: a static text. */
static inline void ldap_servers_init(struct ldap_servers *s, const char *module)
{
	int version;

	/* Any call sets up libldap's own globals, but not safely from two threads of the pool. */
	ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
	s->module = module;
	lock_init(&s->lock, LOCK_JOB_POOL);
	timer_init(&s->each_second, ldap_servers_shown);
}

/** In unload(). */
static inline void ldap_servers_fini(struct ldap_servers *s) { lock_fini(&s->lock); }

static inline unsigned ldap_servers_find(const struct ldap_servers *s, struct slice uri)
{
	unsigned i = 0;

	while (i < s->count && !slice_eq(slice_str(s->server[i].uri), uri))
		i++;
	return i;
}

/** Control thread: these from now on. What is known of those who stay is kept. */
static inline void ldap_servers_set(struct ldap_servers *s, struct slice text)
{
	struct ldap_server next[LDAP_SERVERS_MAX] = { 0 };
	unsigned n = 0, at;

	lock_take(&s->lock);
	while ((text = slice_trim(text)).len > 0 && n < LDAP_SERVERS_MAX) {
		struct slice uri = slice_split(&text, ' ');

		at = ldap_servers_find(s, uri);
		if (at < s->count)
			next[n] = s->server[at];
		else
			snprintf(next[n].uri, LDAP_URI_BYTES, "%.*s", SLICE_ARG(uri));
		n++;
	}
	memcpy(s->server, next, sizeof(next));
	s->count = n;
	s->used = 0;
	lock_drop(&s->lock);
}

static inline unsigned ldap_servers_count(struct ldap_servers *s)
{
	unsigned n;

	lock_take(&s->lock);
	n = s->count;
	lock_drop(&s->lock);
	return n;
}

/** Number of the one that answered last: 0 is the first. switches: how often that changed. */
static inline unsigned ldap_servers_used(struct ldap_servers *s, uint64_t *switches)
{
	unsigned used;

	lock_take(&s->lock);
	used = s->used;
	*switches = s->switches;
	lock_drop(&s->lock);
	return used;
}

static inline void ldap_servers_shown(struct timer *t)
{
	struct ldap_servers *s = container_of(t, struct ldap_servers, each_second);
	uint64_t switches;

	count_put(s->shown_used, ldap_servers_used(s, &switches) + 1);
	count_put(s->shown_switches, switches);
	timer_start(&s->each_second, 1000);
}

/** In worker_start(): worker 0 shows each second, in two statistics of its own, which of them
 *  answered last (1: the first) and how often that changed. Other workers do nothing. */
static inline void ldap_servers_show(struct ldap_servers *s, uint64_t *used, uint64_t *switches)
{
	if (worker_self() != 0)
		return;
	s->shown_used = used;
	s->shown_switches = switches;
	timer_start(&s->each_second, 1000);
}

/** In worker_stop(). */
static inline void ldap_servers_hide(struct ldap_servers *s)
{
	if (worker_self() == 0)
		timer_stop(&s->each_second);
}

/** For lcsctl: all of them, and how they are. NULL if memory is short. */
static inline json_t *ldap_servers_json(struct ldap_servers *s)
{
	json_t *list = json_array();

	lock_take(&s->lock);
	for (unsigned i = 0; i < s->count; i++)
		json_array_append_new(list, json_pack("{s:o, s:s, s:I}", "uri",
		    json_slice(slice_str(s->server[i].uri)), "state", s->server[i].away_until ?
		    "away" : i == s->used ? "in use" : "well", "failures",
		    (json_int_t)s->server[i].failures));
	lock_drop(&s->lock);
	return list;
}

#if __has_include(<ldap.h>)

/** It did not answer, or not as wanted: others are asked first for a while. Any thread; so are
 *  those below, which block. */
static inline void ldap_servers_failed(struct ldap_servers *s, const char *uri, const char *why)
{
	bool is_new = false;
	unsigned at;

	lock_take(&s->lock);
	at = ldap_servers_find(s, slice_str(uri));
	if (at < s->count) {
		is_new = s->count > 1 && !s->server[at].away_until;
		s->server[at].away_until = clock_mono() + LDAP_SERVER_AWAY_MS;
		s->server[at].failures++;
	}
	lock_drop(&s->lock);
	if (is_new)
		log_warning(s->module, "a server of the directory does not answer, others are asked "
		    "uri=%s why=\"%s\"", uri, why);
}

static inline void ldap_servers_answered(struct ldap_servers *s, const char *uri)
{
	bool is_other = false;
	unsigned at;

	lock_take(&s->lock);
	at = ldap_servers_find(s, slice_str(uri));
	if (at < s->count) {
		s->server[at].away_until = 0;
		is_other = at != s->used;
		s->switches += is_other;
		s->used = at;
	}
	lock_drop(&s->lock);
	if (is_other)
		log_notice(s->module, "%s server of the directory is used uri=%s",
		    at ? "another" : "again the first", uri);
}

/* In turn, those who are passed over at the end. @return how many */
static inline unsigned ldap_servers_order(struct ldap_servers *s,
    char uris[LDAP_SERVERS_MAX][LDAP_URI_BYTES])
{
	msec_t now = clock_mono();
	unsigned n = 0;

	lock_take(&s->lock);
	for (int away = 0; away < 2; away++)
		for (unsigned i = 0; i < s->count; i++)
			if ((s->server[i].away_until > now) == away)
				memcpy(uris[n++], s->server[i].uri, LDAP_URI_BYTES);
	lock_drop(&s->lock);
	return n;
}

struct ldap_opened {
	LDAP       *ld;			/* to be closed by ldap_unbind_ext_s(); may be set when it fails */
	const char *step;		/* that failed */
	char        uri[LDAP_URI_BYTES];	/* of the one that was asked last */
};

static inline bool ldap_is_away(int err) { return err == -EHOSTUNREACH || err == -ETIME; }

/**
 * Connect to one of them and sign in. Who refuses us has answered: with a wrong password no other
 * is tried, for each try counts there.
 *
 * @param place  whose uri does not count
 * @param end    by clock_mono(): each of them gets an equal share of the time until then
 * @return a code of libldap
 */
static inline int ldap_servers_open(struct ldap_servers *s, struct ldap_place place, msec_t end,
    struct ldap_opened *out)
{
	char uris[LDAP_SERVERS_MAX][LDAP_URI_BYTES];
	unsigned n = ldap_servers_order(s, uris);
	int code = LDAP_SERVER_DOWN;

	*out = (struct ldap_opened){ .step = "uri" };
	for (unsigned i = 0; i < n; i++) {
		msec_t begun = clock_mono(), share = (end - begun) / (n - i);
		struct timeval tv;
		char why[160];

		share = share < 10 ? 10 : share;	/* zero would mean for ever */
		tv = (struct timeval){ .tv_sec = share / 1000, .tv_usec = share % 1000 * 1000 };
		if (out->ld)
			ldap_unbind_ext_s(out->ld, NULL, NULL);
		out->ld = NULL;
		memcpy(out->uri, uris[i], LDAP_URI_BYTES);
		place.uri = out->uri;
		code = ldap_place_open(&place, tv, &out->ld, &out->step);
		/* libldap cannot tell silence during TLS's handshake from a server that is gone. */
		if (ldap_verdict(code) == -EHOSTUNREACH && clock_mono() - begun >= share)
			code = LDAP_TIMEOUT;
		if (!ldap_is_away(ldap_verdict(code))) {
			ldap_servers_answered(s, out->uri);
			return code;
		}
		ldap_note(out->ld, out->step, code, why, sizeof(why));
		ldap_servers_failed(s, out->uri, why);
	}
	return code;
}

#endif
#endif
