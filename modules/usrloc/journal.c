/*
 * modules/usrloc/journal.c - bindings in the store.
 */
#include "modules/usrloc/usrloc.h"

#include <errno.h>
#include <stdlib.h>

#define COLUMNS 18
#define BINDING_LETTERS "sssssissisiittssss"
#define COLUMN_NAMES "aor, ruid, contact, params, call_id, cseq, user_agent, instance, reg_id, " \
	"path, methods, q, expires, changed, node, transport, remote, local"

static const struct store_step steps[] = {
#include "modules/usrloc/schema.gen.h"
	{ 0 }
};

enum { STMT_PUT, STMT_DELETE, STMT_PURGE, STMT_ALL };

static const struct store_stmt stmts[] = {
	/* A refresh changes the row where it is: "replace" would take it away and put it back. */
	[STMT_PUT] = { "binding_put", "insert into usrloc_binding(" COLUMN_NAMES ") "
	    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
	    "on conflict (aor, ruid) do update set contact = excluded.contact, "
	    "params = excluded.params, call_id = excluded.call_id, cseq = excluded.cseq, "
	    "user_agent = excluded.user_agent, instance = excluded.instance, "
	    "reg_id = excluded.reg_id, path = excluded.path, methods = excluded.methods, "
	    "q = excluded.q, expires = excluded.expires, changed = excluded.changed, "
	    "node = excluded.node, transport = excluded.transport, remote = excluded.remote, "
	    "local = excluded.local", BINDING_LETTERS, NULL,
	    "replace into usrloc_binding(" COLUMN_NAMES ") "
	    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" },
	[STMT_DELETE] = { "binding_delete", "delete from usrloc_binding where aor = ? and ruid = ?",
	    "ss", NULL, NULL },
	[STMT_PURGE] = { "binding_purge", "delete from usrloc_binding where expires < ?", "t", NULL,
	    NULL },
	[STMT_ALL] = { "binding_all", "select " COLUMN_NAMES " from usrloc_binding "
	    "where expires > ? order by aor", "t", BINDING_LETTERS, NULL },
	{ 0 }
};

const struct store_schema usrloc_schema = { "usrloc", steps, stmts, STORE_LIVE };

/* ---- writing ---- */

/* Own bindings bear no name in memory; in the store all do. */
struct row { struct value v[COLUMNS]; char remote[ADDR_TEXT_BYTES], local[ADDR_TEXT_BYTES]; };

static void fill_row(struct row *r, struct slice aor, const struct usrloc_binding *b,
    struct slice node)
{
	const struct value all[COLUMNS] = {
		value_string(aor), value_string(b->ruid), value_string(b->contact),
		store_text(b->params), value_string(b->call_id), value_int(b->cseq),
		store_text(b->user_agent), store_text(b->instance), value_int(b->reg_id),
		store_text(b->path), value_int(b->methods), value_int(b->q),
		value_int(b->expires), value_int(b->changed),
		store_text(b->node.len ? b->node : node),
		value_string(transport_uri_name(b->received.transport)),
		store_address(&b->received.remote, r->remote),
		store_address(&b->received.local, r->local),
	};

	memcpy(r->v, all, sizeof(all));
}

static void delete_row(struct store_op *op, struct value key[2], struct slice aor,
    const struct binding *b)
{
	key[0] = value_string(aor);
	key[1] = value_string(binding_text(b, TEXT_RUID));
	*op = (struct store_op){ &stmts[STMT_DELETE], key };
}

static void put_row(struct store_op *op, struct row *row, struct slice node, struct slice aor,
    const struct binding *made)
{
	struct usrloc_binding b;

	binding_unpack(made, &b);
	fill_row(row, aor, &b, node);
	*op = (struct store_op){ &stmts[STMT_PUT], row->v };
}

/* Nearly every REGISTER writes one row. */
static int write_one(struct slice node, struct slice aor, const struct binding *made,
    store_done_fn *done, void *arg)
{
	struct store_op op;
	struct row row;

	put_row(&op, &row, node, aor, made);
	return store_run_all(&op, 1, done, arg);
}

static int write_many(struct slice node, struct slice aor, const struct plan *plan,
    store_done_fn *done, void *arg)
{
	unsigned count = plan->written_count + plan->gone_count, n = 0;
	struct row *rows = malloc((plan->written_count + 1) * sizeof(*rows)), *row = rows;
	struct value (*keys)[2] = malloc((plan->gone_count + 1) * sizeof(*keys));
	struct store_op *ops = malloc(count * sizeof(*ops));
	bool ok = rows && keys && ops;
	int err = -ENOMEM;

	for (unsigned i = 0; ok && i < plan->gone_count; i++)
		delete_row(&ops[n++], keys[i], aor, plan->gone[i]);
	for (unsigned i = 0; ok && i < plan->keep_count; i++)
		if (plan->keep[i].want)
			put_row(&ops[n++], row++, node, aor, plan->keep[i].made);
	if (ok)
		err = store_run_all(ops, n, done, arg);
	free(rows);
	free(keys);
	free(ops);
	return err;
}

int journal_write(struct slice node, struct slice aor, const struct plan *plan,
    store_done_fn *done, void *arg)
{
	if (plan->keep_count == 1 && plan->written_count == 1 && !plan->gone_count)
		return write_one(node, aor, plan->keep[0].made, done, arg);
	return write_many(node, aor, plan, done, arg);
}

/* ---- deleting ---- */

static void rows_gone(void *arg, int err, const struct store_rows *rows)
{
	struct usrloc *ul = arg;

	(void)rows;
	if (err)
		atomic_store(&ul->none_left_behind, false);
}

void journal_forget(struct usrloc *ul, struct slice aor, const struct binding *b)
{
	struct store_op op;
	struct value key[2];

	delete_row(&op, key, aor, b);
	rows_gone(ul, store_run_all(&op, 1, rows_gone, ul), NULL);
}

void journal_purge(struct usrloc *ul, int64_t before)
{
	struct value time = value_int(before);

	rows_gone(ul, store_run(&stmts[STMT_PURGE], &time, rows_gone, ul), NULL);
}

/* ---- reading ---- */

struct loading {
	struct usrloc *ul;
	struct slice   node;
	int            err;
	unsigned       count;
	struct record *record;		/* of the AOR whose rows are coming; NULL: none yet */
};

static void flush(struct loading *l)
{
	struct record *r = l->record;

	if (!r)
		return;
	rtab_insert(l->ul->table, &r->node, aor_key(record_aor(r)));
	l->count += r->pub.count;
	l->record = NULL;
}

/* A user has one or two: to make the record anew with each costs nothing. */
static int add_binding(struct loading *l, struct slice aor, const struct usrloc_binding *b)
{
	struct record_part parts[PLAN_MAX];
	struct record *next;
	unsigned n = 0;

	for (; l->record && n < l->record->pub.count; n++)
		parts[n] = (struct record_part){ .have = record_binding(l->record, n) };
	if (n == PLAN_MAX || !binding_fits(b))
		return -ENOMEM;
	parts[n] = (struct record_part){ .want = b };
	next = record_new(l->ul, aor, parts, n + 1);
	if (!next)
		return -ENOMEM;
	if (l->record)
		record_discard(l->record);
	l->record = next;
	return 0;
}

/* The connection a client registered by is gone with the process that had it: its number
 * must never be taken for a live one, and the client's port must never be dialled. */
static flow_id lost_flow(enum sip_transport t)
{
	return transport_is_stream(t) ? (flow_id)UINT64_MAX >> 8 : 0;
}

static void read_hop(struct sip_hop *hop, const struct value *transport, const struct value *remote,
    const struct value *local)
{
	hop->transport = transport_parse(transport->s);
	if (sock_addr_parse(remote->s, &hop->remote) != 0)
		hop->remote = (struct sock_addr){ 0 };
	if (sock_addr_parse(local->s, &hop->local) != 0)
		hop->local = (struct sock_addr){ 0 };
	hop->flow = lost_flow(hop->transport);
}

static void from_row(const struct value *c, struct usrloc_binding *b)
{
	*b = (struct usrloc_binding){
		.ruid = c[1].s, .contact = c[2].s, .params = c[3].s, .call_id = c[4].s,
		.cseq = (uint32_t)c[5].i, .user_agent = c[6].s, .instance = c[7].s,
		.reg_id = (uint32_t)c[8].i, .path = c[9].s, .methods = (uint32_t)c[10].i,
		.q = (uint16_t)c[11].i, .expires = c[12].i, .changed = c[13].i, .node = c[14].s,
	};
	read_hop(&b->received, &c[15], &c[16], &c[17]);
}

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;
	struct usrloc_binding b;

	lcs_assert(columns == COLUMNS);
	if (!store_row_fits(&stmts[STMT_ALL], c) || !c[1].s.len) {
		log_warning("usrloc", "a binding in the store makes no sense and is left out");
		return;
	}
	if (l->record && !slice_eq_nocase(c[0].s, record_aor(l->record)))
		flush(l);
	from_row(c, &b);
	if (slice_eq(b.node, l->node))
		b.node = SLICE_NULL;
	if (add_binding(l, c[0].s, &b) != 0)
		l->err = -ENOMEM;
}

int journal_load(struct usrloc *ul, struct slice node)
{
	struct loading l = { .ul = ul, .node = node };
	struct value now = value_int(clock_wall());
	int n = store_run_now(&stmts[STMT_ALL], &now, load_row, &l);

	flush(&l);
	return n < 0 ? n : l.err ? l.err : (int)l.count;
}
