/*
 * core/mod/lifecycle.c - see lifecycle.h.
 */
#include "core/mod/lifecycle.h"

#include "core/mod/rpc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the worker part goes through; set before workers_start(), then only read. A copy: the
 * generation they were loaded for may go before they do. */
static struct { struct loaded **order; unsigned count; } room;

static size_t at_least_one(size_t n) { return n ? n : 1; }

/* A pointer to a table or a state into its field, whatever that points to. */
static void put_pointer(struct lcs_mod *mod, size_t at, const void *pointer)
{
	memcpy((char *)mod->shared + at, &pointer, sizeof(pointer));
}

static void import_needs(struct lcs_mod *mod, const struct lcs_need *needs)
{
	for (const struct lcs_need *n = needs; n && n->name; n++) {
		void *state = NULL;

		if (!n->is_kept)
			continue;
		put_pointer(mod, n->table_at, lcs_import(mod, n->name, &state));
		put_pointer(mod, n->state_at, state);
	}
}

static int load_one(struct loaded *m)
{
	const struct lcs_module *d = m->desc;
	int err = 0;

	m->mod.shared = calloc(1, at_least_one(d->shared_size));
	if (!m->mod.shared)
		return -ENOMEM;
	import_needs(&m->mod, d->needs);
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

static int start_one(struct loaded *m, unsigned index)
{
	int err = 0;

	m->mod.local[index] = calloc(1, at_least_one(m->desc->local_size));
	if (!m->mod.local[index])
		return -ENOMEM;
	if (m->desc->worker_start)
		err = m->desc->worker_start(&m->mod, m->mod.local[index]);
	if (err)
		log_error("mod", "module %s did not start on a worker error=\"%s\"",
		    m->desc->name, err_text(err));
	return err;
}

static int start_on_worker(unsigned index, void *arg)
{
	int err = 0;

	(void)arg;
	for (unsigned i = 0; i < room.count && !err; i++)
		err = start_one(room.order[i], index);
	return err;
}

static void stop_one(struct loaded *m, unsigned index)
{
	if (m->mod.local[index] && m->desc->worker_stop)
		m->desc->worker_stop(&m->mod, m->mod.local[index]);
}

/* The state itself stays until all workers have stopped: statistics read it. */
static void stop_on_worker(unsigned index, void *arg)
{
	(void)arg;
	for (unsigned i = room.count; i-- > 0;)
		stop_one(room.order[i], index);
}

static void forget_locals_of(struct loaded *m)
{
	for (unsigned w = 0; w < WORKERS_MAX; w++) {
		free(m->mod.local[w]);
		m->mod.local[w] = NULL;
	}
}

void modules_forget_locals(void)
{
	for (unsigned i = 0; i < room.count; i++)
		forget_locals_of(room.order[i]);
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

/* ---- while workers run ---- */

struct late { struct loaded *m; int err; };

static void start_late(unsigned index, void *arg)
{
	struct late *late = arg;

	if (!late->err)
		late->err = start_one(late->m, index);
}

static void stop_late(unsigned index, void *arg)
{
	stop_one(((struct late *)arg)->m, index);
}

/* No message is under a generation with it, so nobody looks at its state any more. */
static void unload_one(struct loaded *m)
{
	struct late late = { m, 0 };

	worker_on_each(stop_late, &late);
	rpc_unregister(&m->mod);
	if (m->is_loaded && m->desc->unload)
		m->desc->unload(&m->mod);
	m->is_loaded = false;
	forget_locals_of(m);
	free(m->mod.shared);
	m->mod.shared = NULL;
}

static int remember(struct loaded *m)
{
	struct loaded **more = realloc(room.order, (room.count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	room.order = more;
	room.order[room.count++] = m;
	return 0;
}

static int load_late(struct loaded *m)
{
	struct late late = { m, load_one(m) };

	if (!late.err)
		worker_on_each(start_late, &late);
	if (!late.err)
		late.err = remember(m);
	if (late.err)
		unload_one(m);
	else
		log_notice("mod", "module loaded name=%s", m->desc->name);
	return late.err;
}

int modules_load_late(const struct lcs_gen *gen, const char **why)
{
	struct loaded *const *order;
	unsigned count = generation_modules(gen, &order);

	for (unsigned i = 0; i < count; i++) {
		int err = order[i]->is_loaded ? 0 : load_late(order[i]);

		*why = order[i]->desc->name;
		if (err)
			return err;
	}
	return 0;
}

void modules_unload_unused(void)
{
	unsigned kept = room.count;

	/* Those that need others were loaded after them. */
	for (unsigned i = room.count; i-- > 0;) {
		struct loaded *m = room.order[i];

		if (m->generations > 0)
			continue;
		unload_one(m);
		log_notice("mod", "module unloaded name=%s", m->desc->name);
		for (unsigned k = i + 1; k < kept; k++)
			room.order[k - 1] = room.order[k];
		kept--;
	}
	room.count = kept;
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
