/*
 * core/mod/lifecycle.c - see lifecycle.h.
 */
#include "core/mod/lifecycle.h"

#include "core/mod/rpc.h"

#include <errno.h>
#include <stdlib.h>

/* What the worker part goes through; set before workers_start(), then only read. A copy: the
 * generation they were loaded for may go before they do. */
static struct { struct loaded **order; unsigned count; } room;

static size_t at_least_one(size_t n) { return n ? n : 1; }

static int load_one(struct loaded *m)
{
	const struct lcs_module *d = m->desc;
	int err = 0;

	m->mod.shared = calloc(1, at_least_one(d->shared_size));
	if (!m->mod.shared)
		return -ENOMEM;
	if (d->load)
		err = d->load(&m->mod);
	if (err)
		return err;
	m->is_loaded = true;
	if (d->schema)
		err = store_register(d->schema);
	if (!err && d->rpcs)
		err = rpc_register(d->rpcs, &m->mod);
	return err;
}

/* ---- on each worker ---- */

static int start_on_worker(unsigned index, void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < room.count; i++) {
		struct loaded *m = room.order[i];
		int err = 0;

		m->mod.local[index] = calloc(1, at_least_one(m->desc->local_size));
		if (!m->mod.local[index])
			return -ENOMEM;
		if (m->desc->worker_start)
			err = m->desc->worker_start(&m->mod, m->mod.local[index]);
		if (!err)
			continue;
		log_error("mod", "module %s did not start on a worker error=\"%s\"",
		    m->desc->name, err_text(err));
		return err;
	}
	return 0;
}

/* The state itself stays until all workers have stopped: statistics read it. */
static void stop_on_worker(unsigned index, void *arg)
{
	(void)arg;
	for (unsigned i = room.count; i-- > 0;) {
		struct loaded *m = room.order[i];

		if (m->mod.local[index] && m->desc->worker_stop)
			m->desc->worker_stop(&m->mod, m->mod.local[index]);
	}
}

void modules_forget_locals(void)
{
	for (unsigned i = 0; i < room.count; i++)
		for (unsigned w = 0; w < WORKERS_MAX; w++) {
			free(room.order[i]->mod.local[w]);
			room.order[i]->mod.local[w] = NULL;
		}
	free(room.order);
	room.order = NULL;
	room.count = 0;
}

/* ---- control thread ---- */

static int copy_order(const struct lcs_gen *gen)
{
	struct loaded *const *order;
	unsigned count = generation_modules(gen, &order);

	room.order = calloc(count + 1, sizeof(*room.order));
	if (!room.order)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++)
		room.order[i] = order[i];
	room.count = count;
	return 0;
}

int modules_load(const struct lcs_gen *gen, const char **why)
{
	const struct worker_part part = {
		.name = "modules", .start = start_on_worker, .stop = stop_on_worker,
	};

	*why = "all";
	if (copy_order(gen) != 0)
		return -ENOMEM;
	for (unsigned i = 0; i < room.count; i++) {
		int err = load_one(room.order[i]);

		*why = room.order[i]->desc->name;
		if (err)
			return err;
	}
	worker_register(&part);
	return 0;
}

bool modules_need_store(const struct lcs_gen *gen)
{
	struct loaded *const *order;
	unsigned count = generation_modules(gen, &order);

	for (unsigned i = 0; i < count; i++)
		if (order[i]->desc->schema)
			return true;
	return false;
}
