/*
 * modules/msilo/journal.c - messages in the store.
 */
#include "modules/msilo/msilo.h"

#include <errno.h>
#include <stdlib.h>

static const struct store_step steps[] = {
#include "modules/msilo/schema.gen.h"
	{ 0 }
};

enum { STMT_PUT, STMT_NEXT, STMT_COUNT, STMT_DELETE, STMT_PURGE, STMT_ALL, STMT_MOVE, STMT_LIST,
	STMT_DELETE_ONE, STMT_DELETE_ALL };

static const struct store_stmt stmts[] = {
	[STMT_PUT] = { "msilo_put", "replace into msilo_message(aor, id, sender, type, lines, body, "
	    "sent, expires) values (?, ?, ?, ?, ?, ?, ?, ?)", "sisssbtt", NULL, NULL },
	[STMT_NEXT] = { "msilo_next", "select id, sender, type, lines, body, sent, expires "
	    "from msilo_message where aor = ? and id > ? and expires > ? order by id limit 1", "sit",
	    "isssbtt", NULL },
	[STMT_COUNT] = { "msilo_count", "select count(*) from msilo_message where aor = ? and "
	    "expires > ?", "st", "i", NULL },
	[STMT_DELETE] = { "msilo_delete", "delete from msilo_message where aor = ? and id <= ?", "si",
	    NULL, NULL },
	[STMT_PURGE] = { "msilo_purge", "delete from msilo_message where expires <= ?", "t", NULL,
	    NULL },
	[STMT_ALL] = { "msilo_all", "select aor, count(*), max(id) from msilo_message "
	    "where expires > ? group by aor", "t", "sii", NULL },
	[STMT_MOVE] = { "msilo_move", "update msilo_message set aor = ? where aor = ?", "ss", NULL,
	    NULL },
	[STMT_LIST] = { "msilo_list", "select aor, id, sender, type, length(body), sent, expires from "
	    "msilo_message where (aor = ? or ? = '') and expires > ? and aor not like '" BLIND_BOX "%' "
	    "order by aor, id", "sst",
	    "sissitt", NULL },
	[STMT_DELETE_ONE] = { "msilo_delete_one", "delete from msilo_message where aor = ? and id = ?",
	    "si", NULL, NULL },
	[STMT_DELETE_ALL] = { "msilo_delete_all", "delete from msilo_message where aor = ?", "s", NULL,
	    NULL },
	{ 0 }
};

const struct store_schema msilo_schema = { "msilo", steps, stmts, STORE_MADE };

static struct value now(void) { return value_int(loop_wall(worker_loop())); }

int msilo_journal_put(const struct note *n, int64_t id, store_done_fn *done, void *arg)
{
	const struct value args[] = { store_text(n->aor), value_int(id), store_text(n->sender),
	    store_text(n->type), store_text(n->lines), store_text(n->body), value_int(n->sent),
	    value_int(n->expires) };

	return store_run(&stmts[STMT_PUT], args, done, arg);
}

int msilo_journal_next(struct slice aor, int64_t after_id, store_done_fn *done, void *arg)
{
	const struct value args[] = { store_text(aor), value_int(after_id), now() };

	return store_run(&stmts[STMT_NEXT], args, done, arg);
}

bool msilo_journal_read(const struct store_rows *rows, struct note *out, int64_t *id)
{
	const struct value *c = rows->cells;

	if (!store_row_fits(&stmts[STMT_NEXT], c))
		return false;
	*id = c[0].i;
	*out = (struct note){ .sender = c[1].s, .type = c[2].s, .lines = c[3].s, .body = c[4].s,
	    .sent = c[5].i, .expires = c[6].i };
	return true;
}

int msilo_journal_count(struct slice aor, store_done_fn *done, void *arg)
{
	const struct value args[] = { store_text(aor), now() };

	return store_run(&stmts[STMT_COUNT], args, done, arg);
}

int msilo_journal_delete(struct slice aor, int64_t up_to_id, store_done_fn *done, void *arg)
{
	const struct value args[] = { store_text(aor), value_int(up_to_id) };

	return store_run(&stmts[STMT_DELETE], args, done, arg);
}

int msilo_journal_move(struct slice from, struct slice to, store_done_fn *done, void *arg)
{
	const struct value args[] = { store_text(to), store_text(from) };

	return store_run(&stmts[STMT_MOVE], args, done, arg);
}

int msilo_journal_move_now(struct slice from, struct slice to)
{
	const struct value args[] = { store_text(to), store_text(from) };

	return store_run_now(&stmts[STMT_MOVE], args, NULL, NULL);
}

void msilo_journal_purge(void)
{
	const struct value arg = now();
	int err = store_run(&stmts[STMT_PURGE], &arg, NULL, NULL);

	if (err && err != -ENODEV)
		log_debug("msilo", "old messages are not removed before the next purge error=\"%s\"", err_text(err));
}

/* ---- at start ---- */

struct loading { struct msilo *m; unsigned count; int err; };

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;
	struct loaded_box *b;

	lcs_assert(columns == 3);
	if (!store_row_fits(&stmts[STMT_ALL], c))
		return;
	b = malloc(sizeof(*b) + c[0].s.len);
	if (!b) {
		l->err = -ENOMEM;
		return;
	}
	*b = (struct loaded_box){ l->m->loaded, c[2].i, (unsigned)c[1].i, c[0].s.len };
	memcpy(b->aor, c[0].s.p, c[0].s.len);
	l->m->loaded = b;
	l->count += (unsigned)c[1].i;
}

int msilo_journal_load(struct msilo *m)
{
	struct loading l = { .m = m };
	struct value arg = value_int(clock_wall());
	int n = store_run_now(&stmts[STMT_ALL], &arg, load_row, &l);

	return n < 0 ? n : l.err ? l.err : (int)l.count;
}

/* ---- for an administrator: control thread ---- */

int msilo_journal_list(struct slice aor,
    void (*row)(void *arg, const struct value *columns, unsigned count), void *arg)
{
	const struct value args[] = { store_text(aor), store_text(aor), value_int(clock_wall()) };

	return store_run_now(&stmts[STMT_LIST], args, row, arg);
}

int msilo_journal_delete_now(struct slice aor, int64_t id)
{
	const struct value args[] = { store_text(aor), value_int(id) };

	return store_run_now(&stmts[id ? STMT_DELETE_ONE : STMT_DELETE_ALL], args, NULL, NULL);
}
