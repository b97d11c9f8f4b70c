/*
 * core/mod/stats.c - see stats.h.
 */
#include "core/mod/stats.h"

#include "core/dns/resolve.h"
#include "core/net/limit.h"
#include "core/sip/counters.h"
#include "core/sip/plan.h"
#include "core/store/mirror.h"

struct visit { void (*fn)(void *arg, const struct stat_shown *s); void *arg; };

static void show(const struct visit *v, const char *group, const char *name,
    enum lcs_stat_kind kind, uint64_t value, const char *doc)
{
	const struct stat_shown s = { group, name, kind, value, doc };

	v->fn(v->arg, &s);
}

/* ---- the core's rooms ---- */

static void show_sip(const struct visit *v)
{
	struct sip_counters c;

	sip_counters_sum(&c);
#define COUNTER(field, doc) show(v, "core", #field, STAT_COUNTER, c.field, doc);
	SIP_COUNTERS(COUNTER)
#undef COUNTER
}

#define NET_COUNTERS(COUNTER)                                                              \
	COUNTER(datagrams_in, STAT_COUNTER, "UDP datagrams received")                      \
	COUNTER(datagrams_out, STAT_COUNTER, "UDP datagrams sent")                         \
	COUNTER(datagrams_coupled, STAT_COUNTER, "of them sent along with one before, to the same peer") \
	COUNTER(bytes_in, STAT_COUNTER, "bytes received")                                  \
	COUNTER(bytes_out, STAT_COUNTER, "bytes sent")                                     \
	COUNTER(messages_in, STAT_COUNTER, "messages received")                            \
	COUNTER(messages_out, STAT_COUNTER, "messages sent")                               \
	COUNTER(connections_opened, STAT_COUNTER, "connections dialled")                   \
	COUNTER(connections_accepted, STAT_COUNTER, "connections accepted")                \
	COUNTER(connections_closed, STAT_COUNTER, "connections closed")                    \
	COUNTER(connections_now, STAT_GAUGE, "connections open")                           \
	COUNTER(refused_per_address, STAT_COUNTER, "refused: too many from one address")   \
	COUNTER(refused_limit, STAT_COUNTER, "refused: too many connections")              \
	COUNTER(idle_closed, STAT_COUNTER, "closed: idle")                                 \
	COUNTER(half_closed, STAT_COUNTER, "closed: half a message and no more")           \
	COUNTER(slow_closed, STAT_COUNTER, "closed: the peer did not read")                \
	COUNTER(pings, STAT_COUNTER, "keep-alives answered")                               \
	COUNTER(parse_errors, STAT_COUNTER, "messages that could not be parsed")           \
	COUNTER(too_long, STAT_COUNTER, "messages above the limit")                        \
	COUNTER(send_errors, STAT_COUNTER, "messages that could not be sent")              \
	COUNTER(udp_send_errors, STAT_COUNTER, "datagrams that could not be sent")         \
	COUNTER(udp_undelivered, STAT_COUNTER, "datagrams that ICMP said did not arrive")  \
	COUNTER(handshake_errors, STAT_COUNTER, "handshakes that failed")                  \
	COUNTER(overload_503, STAT_COUNTER, "requests refused because a worker was behind")

static void show_net(const struct visit *v)
{
	struct net_counters c;

	net_counters(&c);
#define COUNTER(field, kind, doc) show(v, "net", #field, kind, c.field, doc);
	NET_COUNTERS(COUNTER)
#undef COUNTER
}

static void show_dns(const struct visit *v)
{
	struct dns_counters c;

	dns_counters(&c);
	show(v, "dns", "questions", STAT_COUNTER, c.questions, "hops asked for");
	show(v, "dns", "answered_from_cache", STAT_COUNTER, c.answered_from_cache,
	    "answered without a packet");
	show(v, "dns", "packets", STAT_COUNTER, c.packets, "queries sent");
	show(v, "dns", "timeouts", STAT_COUNTER, c.timeouts, "questions without answer in time");
	show(v, "dns", "failures", STAT_COUNTER, c.failures, "questions that failed");
	show(v, "dns", "cached_names", STAT_GAUGE, c.cached_names, "names in the cache");
}

static void show_store(const struct visit *v)
{
	struct store_counters c;

	if (!store_is_on())
		return;
	store_counters(&c);
	show(v, "store", "reads", STAT_COUNTER, c.reads, "statements that read");
	show(v, "store", "writes", STAT_COUNTER, c.writes, "statements that write");
	show(v, "store", "batches", STAT_COUNTER, c.batches, "commits");
	show(v, "store", "errors", STAT_COUNTER, c.errors, "statements that failed");
	show(v, "store", "queue_now", STAT_GAUGE, c.queue_now, "writes waiting");
	show(v, "store", "last_batch_us", STAT_GAUGE, c.last_batch_us,
	    "microseconds the last commit took");
	show(v, "store", "healthy", STAT_GAUGE, store_is_healthy(), "1: writable");
}

static void show_mirror(const struct visit *v)
{
	struct store_mirror_status s;

	store_mirror_status(&s);
	if (!s.is_on)
		return;
	show(v, "store", "mirror_joined", STAT_GAUGE, s.is_joined, "1: changes reach the SQL mirror now");
	show(v, "store", "mirror_waiting", STAT_GAUGE, s.waiting, "rows that the SQL mirror lacks");
	show(v, "store", "mirror_behind", STAT_GAUGE, (uint64_t)s.behind,
	    "seconds since the SQL mirror lacked nothing");
	show(v, "store", "mirror_written", STAT_COUNTER, s.written, "rows brought to the SQL mirror");
	show(v, "store", "mirror_refused", STAT_GAUGE, s.refused, "rows that it did not take");
	show(v, "store", "mirror_failures", STAT_COUNTER, s.failures,
	    "times that it could not be reached, or was lost");
	show(v, "store", "mirror_unmarked", STAT_GAUGE, s.is_unmarked,
	    "1: more rows waited than store_mirror_marks, and all are compared when it is back");
	show(v, "store", "mirror_overflows", STAT_COUNTER, s.overflows, "times that it came to that");
}

static void show_workers(const struct visit *v)
{
	uint64_t waiting = 0;

	for (unsigned i = 0; i < worker_count(); i++)
		waiting += worker_inbox_depth(i);
	show(v, "run", "workers", STAT_GAUGE, worker_count(), "worker threads");
	show(v, "run", "inbox_waiting", STAT_GAUGE, waiting, "items waiting for a worker");
}

/* ---- modules ---- */

/*
 * The owner may count at this moment, with a plain increment or with lcs_count().
 * An aligned word is read whole; that it may be one behind is what a statistic is.
 * So the race is meant, and the sanitizer is told.
 */
__attribute__((no_sanitize("thread"), noinline))
static uint64_t read_racing(const void *local, size_t offset)
{
	return *(const volatile uint64_t *)(const void *)((const char *)local + offset);
}

static uint64_t sum_of(const struct lcs_mod *mod, const struct lcs_stat *stat)
{
	uint64_t sum = 0;

	for (unsigned w = 0; w < worker_count(); w++)
		if (mod->local[w])
			sum += read_racing(mod->local[w], stat->offset);
	return sum;
}

struct named { const struct visit *visit; const char *group; };

static void show_named(void *arg, const char *name, uint64_t value, const char *doc)
{
	const struct named *n = arg;

	show(n->visit, n->group, name, STAT_COUNTER, value, doc);
}

static void show_module(const struct visit *v, struct lcs_mod *mod)
{
	struct named named = { v, mod->name };

	for (const struct lcs_stat *s = mod->desc->stats; s && s->name; s++)
		show(v, mod->name, s->name, s->kind, sum_of(mod, s), s->doc);
	if (mod->desc->named_stats)
		mod->desc->named_stats(mod, show_named, &named);
}

static void show_modules(const struct visit *v)
{
	const struct lcs_gen *gen = plan_of(gen_peek());

	for (unsigned i = 1; gen && i < gen->mod_count; i++)
		if (gen->mods[i])
			show_module(v, gen->mods[i]);
}

/* ---- configurations ---- */

struct ages { uint64_t living, current, oldest; };

static void note_generation(const struct gen *gen, bool is_current, void *arg)
{
	struct ages *ages = arg;

	if (ages->living++ == 0)
		ages->oldest = gen->number;
	if (is_current)
		ages->current = gen->number;
}

static struct reload_counts reloads;	/* of the control thread, which alone changes them */

void stats_reloads(const struct reload_counts *counts) { reloads = *counts; }

#define reloads_of(field) read_racing(&reloads, offsetof(struct reload_counts, field))

/* Which generations live is known on the control thread alone. */
static void show_config(const struct visit *v)
{
	struct ages ages = { 0 };

	if (worker_self() < 0)
		gen_each(note_generation, &ages);
	show(v, "config", "generation", STAT_GAUGE, gen_peek() ? gen_peek()->number : 0,
	    "number of the current configuration since start");
	show(v, "config", "generations", STAT_GAUGE, ages.living,
	    "configurations that somebody still works under, the current one counted");
	show(v, "config", "oldest", STAT_GAUGE, ages.oldest,
	    "number of the oldest of these; lcsctl gen list names the call that holds it");
	show(v, "config", "commits", STAT_COUNTER, reloads_of(commits), "configurations committed");
	show(v, "config", "refused", STAT_COUNTER, reloads_of(refused), "configurations refused");
	show(v, "config", "undone", STAT_COUNTER, reloads_of(undone), "configurations undone");
}

void stats_each(void (*fn)(void *arg, const struct stat_shown *s), void *arg)
{
	const struct visit v = { fn, arg };

	show_sip(&v);
	show_net(&v);
	show_dns(&v);
	show_store(&v);
	show_mirror(&v);
	show_workers(&v);
	show_config(&v);
	show_modules(&v);
}

/* ---- for modules ---- */

struct wanted { struct slice group, name; uint64_t value; bool found; };

static void pick(void *arg, const struct stat_shown *s)
{
	struct wanted *w = arg;

	if (!slice_eq(slice_str(s->name), w->name) || !slice_eq(slice_str(s->group), w->group))
		return;
	w->value = s->value;
	w->found = true;
}

bool lcs_stat_value(struct slice name, uint64_t *out)
{
	struct wanted w = { .name = name };

	w.group = slice_split(&w.name, slice_find(name, '.') < name.len ? '.' : ':');
	if (w.name.len == 0)
		return false;
	stats_each(pick, &w);
	*out = w.value;
	return w.found;
}
