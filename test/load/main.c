/*
 * test/load/main.c - the crowd's program: takes orders on standard input, a line each, and
 * answers each with one line of JSON when it is done.
 *
 *	sign-in					all come, at most window= at a time
 *	run SECONDS CHANGES MESSAGES CONTACTS REFRESHES DROPS
 *						that many of each a second; drops: of connections
 *	settle SECONDS				until every view is what there is, or time is over
 *	quit
 */
#include "test/load/crowd.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TICK_US 100000
#define MESSAGES_MAX (1u << 24)
#define TRIES 32u

enum order { ORDER_NONE, ORDER_SIGN_IN, ORDER_RUN, ORDER_SETTLE, ORDER_QUIT };
enum act { ACT_CHANGE, ACT_MESSAGE, ACT_CONTACT, ACT_REFRESH, ACT_DROP, ACT_COUNT };

struct conductor {
	struct crowd crowd;
	enum order   order;
	double       rates[ACT_COUNT], done[ACT_COUNT];
	int64_t      begun, until, ticked;
	unsigned     opened, refreshed;
};

static int64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- what is printed ---- */

static unsigned percentile(const struct latency *l, double part)
{
	unsigned want = (unsigned)(l->total * part), sum = 0, ms = 0;

	while (ms < LATENCY_MS && (sum += l->count[ms]) < want)
		ms++;
	return l->total ? ms : 0;
}

static void print_latency(const char *name, const struct latency *l)
{
	printf(", \"%s_ms\": {\"count\": %u, \"p50\": %u, \"p99\": %u, \"max\": %u}", name, l->total,
	    percentile(l, 0.5), percentile(l, 0.99), percentile(l, 1.0));
}

static void count_messages(const struct crowd *c, unsigned *came, unsigned *lost)
{
	*came = *lost = 0;
	for (unsigned i = 0; i < c->t.message_asks; i++) {
		*came += c->arrived[i] & 1;
		*lost += c->arrived[i] == 2;
	}
}

static void report(const struct conductor *k, const char *what)
{
	const struct crowd *c = &k->crowd;
	const struct tally *t = &c->t;
	struct view_sum v = view_compare(c);
	unsigned came, lost;

	count_messages(c, &came, &lost);
	printf("{\"did\": \"%s\", \"seconds\": %.2f, \"users\": %u, \"in\": %u, \"sign_ins\": %u, "
	    "\"lost_connections\": %u, \"refused\": %u, \"first_refusal\": %u, \"timeouts\": %u, "
	    "\"challenged\": %u, \"resent\": %u, \"subscribed\": %u, \"published\": %u, \"messages\": %u, "
	    "\"messages_stored\": %u, \"messages_came\": %u, \"messages_lost\": %u, "
	    "\"strangers_messages\": %u, \"contacts_added\": %u, \"notices\": %u, "
	    "\"repeated\": %u, \"reordered\": %u, \"terminated\": %u, \"bad_signatures\": %u, \"strays\": %u", what,
	    (double)(c->now - k->begun) / 1e6, c->n, c->in_count, t->sign_ins, t->lost, t->refused,
	    t->first_refusal, t->timeouts, t->challenged, t->resent, t->subscribed, t->published, t->messages,
	    t->stored, came, lost, t->strangers_messages, t->added, t->notices, t->repeated,
	    t->reordered, t->terminated, t->bad_signatures, t->strays);
	printf(", \"views\": %u, \"behind\": %u, \"ahead\": %u, \"contacts_lost\": %u", v.views,
	    v.behind, v.ahead, v.contacts_lost);
	if (v.behind || v.ahead)
		printf(", \"example\": \"w%u saw %u of w%u, who said %u\"", v.watcher, v.seen,
		    v.watched, v.said);
	print_latency("publish", &t->publish);
	print_latency("message", &t->message);
	print_latency("notice", &t->notice);
	printf("}\n");
	fflush(stdout);
}

/* ---- coming, and coming back ---- */

static void start(struct crowd *c, struct user *u)
{
	c->starting++;
	link_open(u);
	c->starting -= u->fd < 0;
}

static void open_some(struct conductor *k)
{
	struct crowd *c = &k->crowd;

	while (k->opened < c->n && c->starting < c->at_once)
		start(c, &c->users[k->opened++]);
}

/* Who was thrown out comes back when a place is free, after a moment. */
static void tick_user(struct conductor *k, struct user *u)
{
	struct crowd *c = &k->crowd;

	if (u->fd >= 0)
		ask_tick(u);
	else if (u->index < k->opened && c->now >= u->retry && c->starting < c->at_once)
		start(c, u);
}

static void tick(struct conductor *k)
{
	if (k->crowd.now - k->ticked < TICK_US)
		return;
	k->ticked = k->crowd.now;
	for (unsigned i = 0; i < k->crowd.n; i++)
		tick_user(k, &k->crowd.users[i]);
}

/* ---- load ---- */

static bool refresh(struct conductor *k)
{
	struct user *u = &k->crowd.users[k->refreshed++ % k->crowd.n];

	if (u->is_in)
		ask_begin(u, ASK_REGISTER, 0);
	return true;
}

static bool act(struct conductor *k, enum act what)
{
	struct user *u = &k->crowd.users[random_below(k->crowd.n)];

	switch (what) {
	case ACT_CHANGE: return user_publish(u);
	case ACT_MESSAGE: return user_write(u);
	case ACT_CONTACT: return user_add_contact(u);
	case ACT_REFRESH: return refresh(k);
	case ACT_DROP: return user_drop(u);
	case ACT_COUNT: break;
	}
	return false;
}

static void act_as_due(struct conductor *k)
{
	double elapsed = (double)(k->crowd.now - k->begun) / 1e6;

	for (unsigned what = 0; what < ACT_COUNT; what++)
		for (; k->done[what] < elapsed * k->rates[what]; k->done[what]++)
			for (unsigned i = 0; i < TRIES && !act(k, (enum act)what); i++)
				;
}

/* ---- orders ---- */

static bool is_quiet(const struct crowd *c)
{
	struct view_sum v;

	if (c->in_count < c->n)
		return false;
	for (unsigned i = 0; i < c->n; i++)
		if (!list_is_empty(&c->users[i].asks))
			return false;
	v = view_compare(c);
	return !v.behind && !v.ahead && !v.contacts_lost;
}

/* What was not answered before the connection went is said again. */
static void finish_publishing(struct crowd *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->users[i].said != c->users[i].acked)
			user_publish(&c->users[i]);
}

static void finish(struct conductor *k, const char *what)
{
	report(k, what);
	k->order = ORDER_NONE;
}

static void go_on(struct conductor *k)
{
	struct crowd *c = &k->crowd;

	switch (k->order) {
	case ORDER_SIGN_IN:
		open_some(k);
		if (c->in_count == c->n)
			finish(k, "sign-in");
		break;
	case ORDER_RUN:
		act_as_due(k);
		if (c->now >= k->until)
			finish(k, "run");
		break;
	case ORDER_SETTLE:
		if (k->ticked != c->now)
			break;
		finish_publishing(c);
		if (is_quiet(c) || c->now >= k->until)
			finish(k, "settle");
		break;
	case ORDER_NONE:
	case ORDER_QUIT: break;
	}
}

static void obey(struct conductor *k, const char *line)
{
	double seconds = 0;

	k->begun = k->crowd.now;
	for (unsigned i = 0; i < ACT_COUNT; i++)
		k->rates[i] = k->done[i] = 0;
	if (sscanf(line, "run %lf %lf %lf %lf %lf %lf", &seconds, &k->rates[0],
	    &k->rates[1], &k->rates[2], &k->rates[3], &k->rates[4]) == 6)
		k->order = ORDER_RUN;
	else if (sscanf(line, "settle %lf", &seconds) == 1)
		k->order = ORDER_SETTLE;
	else
		k->order = slice_starts(slice_str(line), SLICE("sign-in")) ? ORDER_SIGN_IN : ORDER_QUIT;
	k->until = k->begun + (int64_t)(seconds * 1e6);
}

static void read_orders(struct conductor *k)
{
	char line[256];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

	line[n > 0 ? n : 0] = '\0';
	obey(k, line);
}

static void conduct(struct conductor *k)
{
	struct epoll_event events[256];

	while (k->order != ORDER_QUIT) {
		int n = epoll_wait(k->crowd.epoll, events, 256, k->order == ORDER_NONE ? 100 : 5);

		k->crowd.now = clock_us();
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				link_ready(events[i].data.ptr, events[i].events);
			else
				read_orders(k);
		}
		tick(k);
		go_on(k);
	}
}

/* ---- the command line: NAME=VALUE ---- */

static void set_ports(struct crowd *c, unsigned udp, unsigned stream)
{
	for (unsigned i = 0; i < KIND_COUNT; i++)
		c->server[i] = (struct sockaddr_in){ .sin_family = AF_INET,
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		    .sin_port = htons((uint16_t)(i == KIND_UDP ? udp : stream)) };
}

struct word { const char *name; unsigned *number; const char **text; };

static bool read_word(const struct word *words, const char *given)
{
	for (; words->name; words++) {
		size_t len = strlen(words->name);

		if (strncmp(given, words->name, len) != 0)
			continue;
		if (words->number)
			*words->number = text_number(slice_str(given + len));
		else
			*words->text = given + len;
		return true;
	}
	return false;
}

static int read_words(struct crowd *c, char **given)
{
	unsigned udp_port = 0, port = 0;
	const struct word words[] = {
		{ .name = "udp-port=", .number = &udp_port }, { .name = "port=", .number = &port },
		{ .name = "contacts=", .number = &c->contact_count },
		{ .name = "window=", .number = &c->at_once },
		{ .name = "udp=", .number = &c->kinds[KIND_UDP] },
		{ .name = "tcp=", .number = &c->kinds[KIND_TCP] },
		{ .name = "lcs=", .number = &c->kinds[KIND_LCS] },
		{ .name = "domain=", .text = &c->domain }, { .name = "ca=", .text = &c->ca },
		{ .name = "password=", .text = &c->password }, { .name = NULL },
	};

	for (; *given; given++)
		if (!read_word(words, *given))
			return -EINVAL;
	set_ports(c, udp_port, port);
	c->n = c->kinds[KIND_UDP] + c->kinds[KIND_TCP] + c->kinds[KIND_LCS];
	return c->n > c->contact_count && c->contact_count <= CONTACTS_MAX && c->domain &&
	    c->password ? 0 : -EINVAL;
}

static void raise_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

int main(int argc, char **argv)
{
	static struct conductor k = { .crowd = { .contact_count = 20, .at_once = 500 } };
	struct epoll_event orders = { .events = EPOLLIN };

	if (argc < 2 || read_words(&k.crowd, argv + 1) != 0 || sign_init(&k.crowd) != 0 ||
	    (k.crowd.ca && secure_init(&k.crowd) != 0)) {
		fprintf(stderr, "crowd port=N udp-port=N domain=D password=P udp=N tcp=N lcs=N "
		    "[contacts=N] [window=N] [ca=FILE: port is for TLS]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);	/* OpenSSL writes without MSG_NOSIGNAL */
	raise_limit();
	k.crowd.arrived = calloc(MESSAGES_MAX, 1);
	k.crowd.arrived_size = MESSAGES_MAX;
	k.crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(k.crowd.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &orders);
	k.crowd.now = clock_us();
	users_make(&k.crowd);
	conduct(&k);
	return 0;
}
