/*
 * core/dns/cache.c - a read-mostly table of answers by name and type.
 */
#include "core/dns/cache.h"

#include "utils/lockorder.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CACHE_MAX   65536u
#define SWEEP_LEAST 256u			/* at a time, if memory is short */
#define CROWD_OUT   16u			/* of a full cache one in so many goes */
#define HOST_IPS    8u

struct key { struct slice name; enum dns_type type; };

static struct rtab *cache;
/* Two workers may learn the same name at once: who links is decided here. */
static struct lock fill_lock = LOCK_INIT(LOCK_DNS_CACHE);

int dns_cache_init(void)
{
	if (!cache)
		cache = rtab_new(1024);
	return cache ? 0 : -ENOMEM;
}

static uint64_t hash_of(struct slice name, enum dns_type type)
{
	return siphash_nocase(siphash_boot_key(), name) + (uint64_t)type * 0x9e3779b97f4a7c15u;
}

static bool same(const struct rtab_node *node, const void *arg)
{
	const struct dns_answer *a = (const void *)node;
	const struct key *k = arg;

	return a->type == k->type && slice_eq_nocase(a->name, k->name);
}

static const struct dns_answer *find_any(struct slice name, enum dns_type type)
{
	struct key k = { name, type };

	return (const void *)rtab_find(cache, hash_of(name, type), same, &k);
}

const struct dns_answer *dns_cache_find(struct slice name, enum dns_type type, msec_t since)
{
	const struct dns_answer *a = cache ? find_any(name, type) : NULL;

	return a && a->expires > since ? a : NULL;
}

static void answer_drop(struct epoch_item *item)
{
	free(container_of(item, struct dns_answer, item));
}

/* ---- making room ---- */

struct sweep {
	msec_t              now;
	bool                crowded;	/* some that are good go, too */
	uint64_t            turn;	/* which of them */
	size_t              count, room;
	struct dns_answer **dead;
};

static bool is_due(const struct dns_answer *a, const struct sweep *s)
{
	if (a->expires == INT64_MAX)
		return false;		/* of the hosts file */
	return a->expires <= s->now || (s->crowded &&
	    hash_of(a->name, a->type) % CROWD_OUT == s->turn % CROWD_OUT);
}

static void note_due(const struct rtab_node *node, void *arg)
{
	struct dns_answer *a = (struct dns_answer *)(uintptr_t)(const void *)node;
	struct sweep *s = arg;

	if (s->count < s->room && is_due(a, s))
		s->dead[s->count++] = a;
}

/* With the lock held. */
static void sweep(struct sweep *s)
{
	struct dns_answer *few[SWEEP_LEAST], **all = NULL;

	s->room = rtab_count(cache);
	all = malloc(s->room * sizeof(*all));
	s->dead = all ? all : few;
	if (!all && s->room > SWEEP_LEAST)
		s->room = SWEEP_LEAST;
	rtab_each(cache, note_due, s);
	for (size_t i = 0; i < s->count; i++) {
		rtab_remove(cache, &s->dead[i]->node);
		epoch_defer(&s->dead[i]->item, answer_drop);
	}
	free(all);
}

/* Names that somebody makes up one after the other must not keep the rest of the world out:
 * without an entry a question never ends. What goes though it was good is asked for again. */
static void make_room(msec_t now)
{
	static uint64_t turn;
	struct sweep s = { .now = now, .crowded = true, .turn = turn++ };

	if (rtab_count(cache) >= CACHE_MAX)
		sweep(&s);
}

void dns_cache_sweep(msec_t now)
{
	struct sweep s = { .now = now };

	lock_take(&fill_lock);
	sweep(&s);
	lock_drop(&fill_lock);
}

void dns_cache_take(struct dns_answer *answer, msec_t now)
{
	struct dns_answer *old;

	lock_take(&fill_lock);
	old = (struct dns_answer *)(uintptr_t)find_any(answer->name, answer->type);
	if (old && old->expires == INT64_MAX) {
		free(answer);
		old = NULL;
	} else if (old) {
		rtab_replace(cache, &old->node, &answer->node);
	} else {
		make_room(now);
		rtab_insert(cache, &answer->node, hash_of(answer->name, answer->type));
	}
	lock_drop(&fill_lock);
	if (old)
		epoch_defer(&old->item, answer_drop);
}

size_t dns_cache_count(void)
{
	return cache ? rtab_count(cache) : 0;
}

static void free_one(const struct rtab_node *node, void *arg)
{
	(void)arg;
	free((void *)(uintptr_t)(const void *)node);
}

void dns_cache_fini(void)
{
	if (!cache)
		return;
	rtab_each(cache, free_one, NULL);
	rtab_free(&cache);
}

/* ---- the hosts file ---- */

static struct slice next_word(struct slice *line)
{
	struct slice rest = slice_trim(*line);
	size_t n = 0;

	while (n < rest.len && !is_lws(rest.p[n]))
		n++;
	*line = slice_skip(rest, n);
	return slice_first(rest, n);
}

static int add_host(struct slice name, const struct ip_addr *ip)
{
	const struct dns_answer *old = find_any(name, ip->family == 4 ? DNS_A : DNS_AAAA);
	struct ip_addr all[HOST_IPS];
	struct dns_answer *a;
	unsigned n = 0;

	for (; old && n < old->count && n < HOST_IPS - 1; n++)
		all[n] = old->records[n].ip;
	all[n++] = *ip;
	a = dns_answer_static(name, all, n);
	if (!a)
		return -ENOMEM;
	if (old) {
		rtab_remove(cache, &((struct dns_answer *)(uintptr_t)old)->node);
		epoch_defer(&((struct dns_answer *)(uintptr_t)old)->item, answer_drop);
	}
	rtab_insert(cache, &a->node, hash_of(a->name, a->type));
	return 0;
}

static int add_line(struct slice line)
{
	struct slice text = slice_first(line, slice_find(line, '#')), name;
	struct ip_addr ip;
	int err = 0;

	if (ip_parse(next_word(&text), &ip) != 0)
		return 0;
	while (!err && (name = next_word(&text)).len)
		err = add_host(name, &ip);
	return err;
}

int dns_cache_read_hosts(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int err = 0;

	if (!f)
		return 0;
	while (!err && (len = getline(&line, &room, f)) > 0)
		err = add_line(slice_of(line, (size_t)len));
	free(line);
	fclose(f);
	return err;
}
