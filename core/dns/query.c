/*
 * core/dns/query.c - c-ares, its sockets and its clock on a worker's loop.
 */
#include "core/dns/query.h"

#include "core/dns/cache.h"
#include "core/run/timer.h"
#include "utils/count.h"
#include "utils/log.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SOCKETS_MAX    32u
#define FAILURE_TTL_MS 3000		/* a silent server is not asked again at once */
#define SWEEP_MS       60000
#define TELL_MS        60000		/* the log hears of silent servers so often at most */

struct query {
	struct list   node;		/* in the worker's list */
	struct list   waiting;
	enum dns_type type;
	msec_t        begun;
	char          name[DNS_NAME_BYTES];
};

struct channel {			/* one per worker */
	ares_channel           ares;
	const struct dns_conf *conf;
	struct watch           sockets[SOCKETS_MAX];	/* fd -1: free */
	struct timer           timer, sweep;
	struct list            queries;
	struct dns_counters    counters;
};

static struct channel *channels[WORKERS_MAX];
static _Atomic(msec_t) told;		/* when the log was told of silent servers; 0: never */
static _Atomic(bool) is_silent;		/* it was, and nobody has answered since */
static _Atomic(msec_t) answered_last;	/* when a server said anything about any name; 0: never */

static struct channel *mine(void) { return channels[worker_self()]; }

struct dns_counters *query_counters_mine(void) { return &mine()->counters; }

void query_counters(struct dns_counters *sum)
{
	*sum = (struct dns_counters){ .cached_names = dns_cache_count() };
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		const struct dns_counters *c = channels[i] ? &channels[i]->counters : NULL;

		if (!c)
			continue;
		sum->questions += count_read(&c->questions);
		sum->answered_from_cache += count_read(&c->answered_from_cache);
		sum->packets += count_read(&c->packets);
		sum->timeouts += count_read(&c->timeouts);
		sum->failures += count_read(&c->failures);
	}
}

/* ---- sockets and time ---- */

static void set_timer(struct channel *c)
{
	struct timeval tv, *next = ares_timeout(c->ares, NULL, &tv);

	if (!next)
		timer_stop(&c->timer);
	else
		timer_start(&c->timer, next->tv_sec * 1000 + next->tv_usec / 1000 + 1);
}

static void socket_ready(struct watch *w, uint32_t events)
{
	struct channel *c = mine();
	bool in = events & (EPOLLIN | EPOLLERR | EPOLLHUP), out = events & EPOLLOUT;

	ares_process_fd(c->ares, in ? w->fd : ARES_SOCKET_BAD, out ? w->fd : ARES_SOCKET_BAD);
	set_timer(c);
}

static void timer_fired(struct timer *t)
{
	struct channel *c = container_of(t, struct channel, timer);

	ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(c);
}

static struct watch *watch_of(struct channel *c, int fd)
{
	for (unsigned i = 0; i < SOCKETS_MAX; i++)
		if (c->sockets[i].fd == fd)
			return &c->sockets[i];
	return NULL;
}

static void socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct channel *c = arg;
	struct watch *w = watch_of(c, fd);
	uint32_t events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);

	if (w && !events) {
		loop_unwatch(worker_loop(), w);
		w->fd = -1;
	} else if (w) {
		loop_rewatch(worker_loop(), w, events);
	} else if (events && (w = watch_of(c, -1))) {
		w->fd = fd;
		w->ready = socket_ready;
		if (loop_watch(worker_loop(), w, events) != 0)
			w->fd = -1;
	}
}

static void sweep_fired(struct timer *t)
{
	struct channel *c = container_of(t, struct channel, sweep);

	dns_cache_sweep(loop_now(worker_loop()));
	timer_start(&c->sweep, SWEEP_MS);
}

/* ---- start and stop ---- */

static int open_channel(struct channel *c)
{
	struct ares_options o = { .sock_state_cb = socket_state, .sock_state_cb_data = c };
	int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS;

	o.timeout = (int)c->conf->query_timeout;
	o.tries = (int)c->conf->tries;
	o.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS;
	if (ares_init_options(&c->ares, &o, mask) != ARES_SUCCESS)
		return -ENOMEM;
	if (c->conf->servers && *c->conf->servers &&
	    ares_set_servers_ports_csv(c->ares, c->conf->servers) != ARES_SUCCESS) {
		log_error("dns", "cannot use servers list=\"%s\": want \"address:port, ...\"",
		    c->conf->servers);
		return -EINVAL;
	}
	return 0;
}

int query_start(unsigned index, void *conf)
{
	struct channel *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	channels[index] = c;
	c->conf = conf;
	list_init(&c->queries);
	for (unsigned i = 0; i < SOCKETS_MAX; i++)
		c->sockets[i].fd = -1;
	timer_init(&c->timer, timer_fired);
	timer_init(&c->sweep, sweep_fired);
	err = open_channel(c);
	if (!err && index == 0)
		timer_start(&c->sweep, SWEEP_MS);
	return err;
}

static void query_free(struct query *q)
{
	list_remove(&q->node);
	free(q);
}

void query_stop(unsigned index, void *conf)
{
	struct channel *c = channels[index];

	(void)conf;
	if (!c)
		return;
	if (c->ares)
		ares_destroy(c->ares);
	timer_stop(&c->timer);
	timer_stop(&c->sweep);
	channels[index] = NULL;
	free(c);
}

/* ---- asking ---- */

static int error_of(int status)
{
	switch (status) {
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
		return -ENOENT;
	case ARES_ETIMEOUT:
	case ARES_ECONNREFUSED:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

/* Without names most requests to elsewhere fail, each for itself: say once what it comes from. If
 * others were answered meanwhile it is this name's own servers that are silent. */
static void say_silent(const struct channel *c, const struct query *q)
{
	msec_t now = loop_now(worker_loop()), last = atomic_load(&told);

	if (atomic_load(&answered_last) >= q->begun || (last && now - last < TELL_MS) ||
	    !atomic_compare_exchange_strong(&told, &last, now ? now : 1))
		return;
	atomic_store(&is_silent, true);
	log_warning("dns", "no name server answers servers=\"%s\" name=%s: requests for names that "
	    "are not known yet fail until one does; which are asked is said by dns_servers, else "
	    "by /etc/resolv.conf",
	    c->conf->servers && *c->conf->servers ? c->conf->servers : "the system's", q->name);
}

static void say_answers(const struct query *q)
{
	atomic_store_explicit(&answered_last, loop_now(worker_loop()), memory_order_relaxed);
	if (atomic_load_explicit(&is_silent, memory_order_relaxed) &&
	    atomic_exchange(&is_silent, false))
		log_notice("dns", "a name server answers again name=%s", q->name);
}

/* Of names that are none, and without memory, no server was asked. */
static bool is_by_server(int status)
{
	switch (status) {
	case ARES_SUCCESS:
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
	case ARES_ESERVFAIL:
	case ARES_EREFUSED:
	case ARES_ENOTIMP:
	case ARES_EFORMERR:
	case ARES_EBADRESP:
		return true;
	default:
		return false;
	}
}

static struct dns_answer *make_answer(struct channel *c, const struct query *q, int status,
    const unsigned char *msg, int len)
{
	struct slice name = slice_str(q->name);
	msec_t now = loop_now(worker_loop());

	/* A "no" comes with the message, whose SOA says how long it holds. */
	if (status == ARES_SUCCESS || (error_of(status) == -ENOENT && msg))
		return dns_answer_parse(name, q->type, msg, len, now, c->conf->ttl_max,
		    c->conf->negative_ttl_max);
	return dns_answer_failed(name, q->type, error_of(status), now +
	    (error_of(status) == -ENOENT ? c->conf->negative_ttl_max : FAILURE_TTL_MS));
}

static void tell_waiting(struct query *q)
{
	struct list *node;

	while ((node = list_pop_front(&q->waiting)))
		container_of(node, struct query_wait, node)->answered(
		    container_of(node, struct query_wait, node));
}

static void answered(void *arg, int status, int timeouts, unsigned char *msg, int len)
{
	struct query *q = arg;
	struct channel *c = mine();
	struct dns_answer *a;

	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
		query_free(q);
		return;
	}
	count_by(&c->counters.timeouts, (uint64_t)timeouts);
	if (status != ARES_SUCCESS && error_of(status) != -ENOENT)
		count_by(&c->counters.failures, 1);
	if (is_by_server(status))
		say_answers(q);
	else if (error_of(status) == -ETIMEDOUT)
		say_silent(c, q);
	a = make_answer(c, q, status, msg, len);
	if (a)
		dns_cache_take(a, loop_now(worker_loop()));
	/* New questions for this name must not join a query that is over. */
	list_remove(&q->node);
	tell_waiting(q);
	free(q);
}

static struct query *find_query(struct channel *c, struct slice name, enum dns_type type)
{
	list_for_each(it, &c->queries) {
		struct query *q = container_of(it, struct query, node);

		if (q->type == type && slice_eq_nocase(slice_str(q->name), name))
			return q;
	}
	return NULL;
}

/* c-ares may answer on the spot (no server reachable); the asker must not hear it yet. */
struct later { struct loop_task task; struct query *q; };

static void send_later(struct loop_task *t)
{
	struct later *l = container_of(t, struct later, task);
	struct channel *c = mine();

	ares_query(c->ares, l->q->name, ns_c_in, (int)l->q->type, answered, l->q);
	set_timer(c);
	free(l);
}

static struct query *query_new(struct channel *c, struct slice name, enum dns_type type)
{
	struct query *q = calloc(1, sizeof(*q));
	struct later *l = malloc(sizeof(*l));

	if (!q || !l || name.len >= DNS_NAME_BYTES) {
		free(q);
		free(l);
		return NULL;
	}
	memcpy(q->name, name.p, name.len);
	q->type = type;
	q->begun = loop_now(worker_loop());
	list_init(&q->waiting);
	list_push_back(&c->queries, &q->node);
	count_by(&c->counters.packets, 1);
	l->q = q;
	loop_task_init(&l->task, send_later);
	loop_at_end(worker_loop(), &l->task);
	return q;
}

int query_ask(const char *name, enum dns_type type, struct query_wait *w)
{
	struct channel *c = mine();
	struct query *q = find_query(c, slice_str(name), type);

	if (!q)
		q = query_new(c, slice_str(name), type);
	if (!q)
		return -ENOMEM;
	list_push_back(&q->waiting, &w->node);
	return 0;
}

void query_forget(struct query_wait *w)
{
	list_remove(&w->node);
}
