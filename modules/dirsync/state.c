/*
 * modules/dirsync/state.c - how far the directory was followed: in memory, and in the store.
 */
#include "modules/dirsync/dirsync.h"

#include <errno.h>
#include <stdlib.h>

static const struct store_step steps[] = {
#include "modules/dirsync/schema.gen.h"
	{ 0 }
};

enum { STMT_GET, STMT_PUT };

static const struct store_stmt stmts[] = {
	[STMT_GET] = { "dirsync_get", "select scope, cookie, synced from dirsync_state where "
	    "name = ?", "s", "ssi", NULL },
	[STMT_PUT] = { "dirsync_put", "replace into dirsync_state(name, scope, cookie, synced) "
	    "values (?, ?, ?, ?)", "sssi", NULL, NULL },
	{ 0 }
};

const struct store_schema dirsync_schema = { "dirsync", steps, stmts, STORE_LOCAL };

/* The thread asks for it when it begins anew. */
static void set_cookie(struct dirsync *d, char *cookie)
{
	char *old;

	lock_take(&d->lock);
	old = d->cookie;
	d->cookie = cookie;
	lock_drop(&d->lock);
	free(old);
}

static char *copy_text(struct slice s)
{
	return strndup(s.p ? s.p : "", s.len);
}

static void take_row(void *arg, const struct value *c, unsigned columns)
{
	struct dirsync *d = arg;

	lcs_assert(columns == 3);
	if (!store_row_fits(&stmts[STMT_GET], c))
		return;
	atomic_store(&d->synced, c[2].i);
	if (c[1].s.len && slice_eq(c[0].s, d->scope))
		set_cookie(d, copy_text(c[1].s));
}

int state_load(struct dirsync *d, struct slice scope)
{
	const struct value name = value_string(SLICE("users"));
	char *text = copy_text(scope);
	int n;

	if (!text)
		return -ENOMEM;
	free((char *)(uintptr_t)d->scope.p);
	d->scope = slice_of(text, scope.len);
	set_cookie(d, NULL);
	n = store_run_now(&stmts[STMT_GET], &name, take_row, d);
	return n < 0 ? n : 0;
}

int state_keep(struct dirsync *d, struct slice cookie)
{
	const struct value args[] = { value_string(SLICE("users")), value_string(d->scope),
	    store_text(cookie), value_int(atomic_load(&d->synced)) };
	int n = store_run_now(&stmts[STMT_PUT], args, NULL, NULL);

	if (n >= 0)
		set_cookie(d, cookie.p ? copy_text(cookie) : NULL);
	return n < 0 ? n : 0;
}

int64_t dirsync_lag(const struct dirsync *d)
{
	int64_t since = atomic_load(&d->synced), now = clock_wall();

	if (!since)
		since = atomic_load(&d->started);
	return since && now > since ? now - since : 0;
}
