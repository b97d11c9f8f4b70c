/*
 * core/mod/server.c - a server that was loaded runs, and ends; see server.h.
 */
#include "core/mod/server.h"

#include "core/mod/former.h"
#include "core/mod/lifecycle.h"
#include "core/mod/periodic.h"
#include "core/mod/rpc.h"
#include "core/mod/rpc_core.h"
#include "core/mod/server_room.h"
#include "core/mod/underway.h"
#include "core/sip/dispatch.h"
#include "core/sip/flight.h"
#include "core/sip/sending.h"
#include "core/sip/tx.h"
#include "utils/epoch.h"

/* ---- starting ---- */

static int fail(struct server *s, struct slice *why, int err, const char *what, const char *which)
{
	*why = arena_printf(s->arena, "%s%s%s: %s", what, which ? " " : "", which ? which : "",
	    err_text(err));
	return err;
}

static int start_store(struct server *s, struct slice *why)
{
	const struct store_conf *conf = &s->settings.store;
	const char *reason = NULL;
	int err;

	if (s->settings.store_is_preset && !modules_need_store(s->gen))
		return 0;
	err = store_start(conf, &reason);
	if (err)
		return fail(s, why, err, "store", reason ? reason : conf->url);
	s->store_on = true;
	return 0;
}

/* Peers are reached by the transports that they can reach us by. */
static void choose_transports(struct dns_conf *dns, const struct net_listener *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		dns->transports[list[i].transport] = true;
}

static int start_rooms(struct server *s, const struct net_listener *listeners, unsigned count,
    struct slice *why)
{
	const char *which = NULL;
	int err;

	net_set_limits(&s->settings.limits);
	net_set_listeners(listeners, count);
	flight_configure(s->settings.trace_memory > s->conf->trace_memory ?
	    s->settings.trace_memory : s->conf->trace_memory);
	flight_register();
	dispatch_start();
	choose_transports(&s->settings.dns, listeners, count);
	err = dns_set_conf(&s->settings.dns);
	if (err)
		return fail(s, why, err, "dns", NULL);
	err = rpc_core_register(s);
	if (err)
		return fail(s, why, err, "control methods", NULL);
	err = modules_load(s->gen, &which);
	if (err)
		return fail(s, why, err, "module", which);
	periodic_register();
	return start_store(s, why);
}

static int start_generation(struct server *s, struct slice *why)
{
	const char *which = NULL;
	int err = generation_prepare(s->gen, &which);

	if (err)
		return fail(s, why, err, "module", which);
	generation_commit(&s->gen);
	return 0;
}

static int start_threads(struct server *s, struct slice *why)
{
	const struct worker_conf conf = { s->settings.setup.workers, s->settings.inbox_limit };
	int err = job_pools_start();

	if (err)
		return fail(s, why, err, "job pools", NULL);
	err = workers_start(&conf);
	if (err)
		return fail(s, why, err, "workers", NULL);
	s->running = true;
	return 0;
}

static void stop(struct server *s);

int server_start(struct server *s, const struct net_listener *listeners, unsigned count,
    struct slice *why)
{
	int err = start_rooms(s, listeners, count, why);

	if (!err)
		err = start_generation(s, why);
	if (!err)
		err = start_threads(s, why);
	if (err)
		stop(s);
	else
		periodic_startup();
	return err;
}

void server_tick(struct server *s)
{
	(void)s;
	gen_collect();
	modules_unload_unused();
}

/* ---- stopping ---- */

void server_begin_end(struct server *s)
{
	const struct lcs_gen *gen = plan_of(gen_peek());

	(void)s;
	dispatch_refuse_new(true);
	for (unsigned i = 1; gen && i < gen->mod_count; i++)
		if (gen->mods[i] && gen->confs[i] && gen->mods[i]->desc->stopping)
			gen->mods[i]->desc->stopping(gen->mods[i]);
}

uint64_t server_under_way(struct server *s)
{
	return s->running ? underway_count() : 0;
}

/* The pools and the store still answer to workers, so those go last; then nobody holds a
 * generation any more but the current pointer. */
static void stop(struct server *s)
{
	job_pools_stop();
	if (s->store_on)
		store_stop();
	if (s->running)
		workers_stop();
	s->store_on = s->running = false;
	job_pools_forget();
	gen_commit(NULL);
	epoch_drain();
	gen_collect();
	former_forget();
	modules_forget_locals();
	sending_forget();
	rpc_unregister_all();
	tx_ops_clear();
}

void server_stop(struct server **p)
{
	if (!*p)
		return;
	stop(*p);
	server_free(p);
}
