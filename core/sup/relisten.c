/*
 * core/sup/relisten.c - see relisten.h.
 */
#include "core/sup/relisten.h"

#include "core/dns/resolve.h"
#include "core/run/gen.h"
#include "core/sup/link.h"
#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* What has been said about a number; by number - 1. */
enum fate { FATE_WANTED, FATE_KEPT, FATE_DRAINING };
static struct { enum fate fate; uint64_t last; } fates[LISTENERS_MAX];

struct relisten {
	struct net_listener want[LISTENERS_MAX];
	unsigned            number[LISTENERS_MAX];	/* of each; 0: not there yet */
	bool                is_new[LISTENERS_MAX];
	unsigned            count;
};

/* Two listeners on one port can only be one socket. */
static bool same_socket(const struct net_listener *a, const struct net_listener *b)
{
	return net_listener_is_stream(a) == net_listener_is_stream(b) &&
	    sock_addr_eq(&a->addr, &b->addr);
}

static bool same_words(const struct net_listener *a, const struct net_listener *b)
{
	return a->transport == b->transport && a->advertise_port == b->advertise_port &&
	    a->require_client_certificate == b->require_client_certificate &&
	    a->faces == b->faces &&
	    slice_eq(slice_str(a->name), slice_str(b->name)) &&
	    slice_eq(slice_str(a->advertise_host), slice_str(b->advertise_host));
}

static unsigned number_of(const struct net_listener *want)
{
	for (unsigned n = 1; n <= net_listener_count(); n++)
		if (net_listener(n) && same_socket(net_listener(n), want))
			return n;
	return 0;
}

static bool is_wanted(const struct relisten *plan, unsigned number)
{
	for (unsigned i = 0; i < plan->count; i++)
		if (plan->number[i] == number)
			return true;
	return false;
}

static void say(const char *what, const struct net_listener *l)
{
	struct slice proto = transport_uri_name(l->transport);
	char addr[ADDR_TEXT_BYTES];

	sock_addr_format(&l->addr, addr);
	log_notice("config", "listener %s address=%.*s:%s", what, SLICE_ARG(proto), addr);
}

/* ---- preparing ---- */

static int open_new(int link, struct relisten *plan, unsigned i, char text[512])
{
	struct net_listener l = plan->want[i];
	char addr[ADDR_TEXT_BYTES];
	int err = link_open_listener(link, &l, text);

	if (err)
		return err;
	err = net_listener_add(&l, &plan->number[i]);
	plan->is_new[i] = err == 0;
	if (!err)
		return 0;
	sock_addr_format(&l.addr, addr);
	snprintf(text, 512, "cannot serve a listener at %s: %s", addr, err_text(err));
	listener_close(&l);
	link_forget_listener(link, &l);
	return err;
}

static int open_all(int link, struct relisten *plan, char text[512])
{
	int err = 0;

	for (unsigned i = 0; i < plan->count && !err; i++) {
		plan->number[i] = number_of(&plan->want[i]);
		if (plan->number[i] == 0)
			err = open_new(link, plan, i, text);
	}
	return err;
}

int relisten_prepare(int link, const struct server_setup *want, struct relisten **out,
    char text[512])
{
	struct relisten *plan = calloc(1, sizeof(*plan));
	int err = -ENOMEM;

	snprintf(text, 512, "no memory");
	if (plan) {
		memcpy(plan->want, want->listeners, sizeof(plan->want));
		plan->count = want->listener_count;
		err = open_all(link, plan, text);
	}
	if (err)
		relisten_drop(link, &plan);
	else
		*out = plan;
	return err;
}

static void forget(int link, unsigned number)
{
	struct net_listener gone = *net_listener(number);

	net_listener_remove(number);
	link_forget_listener(link, &gone);
	fates[number - 1].fate = FATE_WANTED;
}

void relisten_drop(int link, struct relisten **p)
{
	struct relisten *plan = *p;

	*p = NULL;
	for (unsigned i = 0; plan && i < plan->count; i++)
		if (plan->is_new[i])
			forget(link, plan->number[i]);
	free(plan);
}

/* ---- committing ---- */

static void begin(const struct relisten *plan, unsigned i)
{
	unsigned number = plan->number[i];

	fates[number - 1].fate = FATE_WANTED;
	if (plan->is_new[i]) {
		net_listener_serve(number);
		say("opened", &plan->want[i]);
	} else if (!same_words(net_listener(number), &plan->want[i])) {
		if (net_listener_change(number, &plan->want[i]) == 0)
			say("changed", &plan->want[i]);
		else
			log_error("config", "no memory to change a listener number=%u", number);
	}
}

/* A name is looked up for transports that we can send by. */
static void tell_resolver(const struct relisten *plan)
{
	bool on[TRANSPORT_COUNT] = { false };

	for (unsigned i = 0; i < plan->count; i++)
		on[plan->want[i].transport] = true;
	dns_set_transports(on);
}

void relisten_commit(struct relisten **p)
{
	struct relisten *plan = *p;

	*p = NULL;
	for (unsigned i = 0; i < plan->count; i++)
		begin(plan, i);
	for (unsigned n = 1; n <= net_listener_count(); n++)
		if (net_listener(n) && !is_wanted(plan, n) && fates[n - 1].fate == FATE_WANTED)
			fates[n - 1].fate = FATE_KEPT;
	tell_resolver(plan);
	free(plan);
}

void relisten_release(int link)
{
	const struct gen *now = gen_peek();

	for (unsigned n = 1; n <= net_listener_count(); n++) {
		const struct net_listener *l = net_listener(n);

		if (!l || fates[n - 1].fate != FATE_KEPT)
			continue;
		say(net_listener_is_stream(l) ? "closed" : "closes when nothing waits for answers",
		    l);
		fates[n - 1].fate = FATE_DRAINING;
		fates[n - 1].last = now ? now->number : 0;
		if (net_listener_is_stream(l))
			forget(link, n);
	}
}

/* ---- draining ---- */

static void note_oldest(const struct gen *gen, bool is_current, void *arg)
{
	uint64_t *oldest = arg;

	(void)is_current;
	if (gen->number < *oldest)
		*oldest = gen->number;
}

void relisten_tick(int link)
{
	uint64_t oldest = UINT64_MAX;

	gen_each(note_oldest, &oldest);
	for (unsigned n = 1; n <= net_listener_count(); n++) {
		if (!net_listener(n) || fates[n - 1].fate != FATE_DRAINING ||
		    fates[n - 1].last > oldest)
			continue;
		say("closed", net_listener(n));
		forget(link, n);
	}
}
