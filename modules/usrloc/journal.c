/*
 * modules/usrloc/journal.c - bindings in the store.
 */
#include "modules/usrloc/usrloc.h"

#include <errno.h>
#include <stdlib.h>

#define COLUMNS 18
#define BINDING_LETTERS "sssssissisiittssss"

static const struct store_step steps[] = {
#include "modules/usrloc/schema.gen.h"
	{ 0 }
};

enum { STMT_PUT, STMT_DELETE, STMT_PURGE, STMT_ALL };

static const struct store_stmt stmts[] = {
	[STMT_PUT] = { "binding_put", "replace into usrloc_binding(aor, ruid, contact, params, "
	    "call_id, cseq, user_agent, instance, reg_id, path, methods, q, expires, changed, "
	    "node, transport, remote, local) "
	    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    BINDING_LETTERS, NULL, NULL },
	[STMT_DELETE] = { "binding_delete", "delete from usrloc_binding where aor = ? and ruid = ?",
	    "ss", NULL, NULL },
	[STMT_PURGE] = { "binding_purge", "delete from usrloc_binding where expires < ?", "t", NULL,
	    NULL },
	[STMT_ALL] = { "binding_all", "select aor, ruid, contact, params, call_id, cseq, "
	    "user_agent, instance, reg_id, path, methods, q, expires, changed, node, transport, "
	    "remote, local from usrloc_binding where expires > ? order by aor", "t",
	    BINDING_LETTERS, NULL },
	{ 0 }
};

const struct store_schema usrloc_schema = { "usrloc", steps, stmts };

/* ---- writing ---- */

struct row { struct value v[COLUMNS]; char remote[ADDR_TEXT_BYTES], local[ADDR_TEXT_BYTES]; };

static struct value text_or_empty(struct slice s)
{
	return value_string(s.p ? s : SLICE(""));
}

static struct value address(const struct sock_addr *sa, char text[ADDR_TEXT_BYTES])
{
	if (!sa->ip.family)
		return value_string(SLICE(""));
	return value_string(slice_of(text, sock_addr_format(sa, text)));
}

static void fill_row(struct row *r, struct slice aor, const struct usrloc_binding *b)
{
	const struct value all[COLUMNS] = {
		value_string(aor), value_string(b->ruid), value_string(b->contact),
		text_or_empty(b->params), value_string(b->call_id), value_int(b->cseq),
		text_or_empty(b->user_agent), text_or_empty(b->instance), value_int(b->reg_id),
		text_or_empty(b->path), value_int(b->methods), value_int(b->q),
		value_int(b->expires), value_int(b->changed), text_or_empty(b->node),
		value_string(transport_uri_name(b->received.transport)),
		address(&b->received.remote, r->remote), address(&b->received.local, r->local),
	};

	memcpy(r->v, all, sizeof(all));
}

int journal_write(struct slice aor, const struct plan *plan, store_done_fn *done, void *arg)
{
	unsigned count = plan->written_count + plan->gone_count, n = 0;
	struct row *rows;
	struct value (*keys)[2];
	struct store_op *ops;
	struct usrloc_binding b;
	int err = -ENOMEM;

	rows = malloc((plan->written_count + 1) * sizeof(*rows));
	keys = malloc((plan->gone_count + 1) * sizeof(*keys));
	ops = malloc((count + 1) * sizeof(*ops));
	for (unsigned i = 0; rows && keys && ops && i < plan->gone_count; i++) {
		keys[i][0] = value_string(aor);
		keys[i][1] = value_string(binding_text(plan->gone[i], TEXT_RUID));
		ops[n++] = (struct store_op){ &stmts[STMT_DELETE], keys[i] };
	}
	for (unsigned i = 0; rows && keys && ops && i < plan->written_count; i++) {
		binding_unpack(plan->written[i], &b);
		fill_row(&rows[i], aor, &b);
		ops[n++] = (struct store_op){ &stmts[STMT_PUT], rows[i].v };
	}
	if (n == count && ops)
		err = store_run_all(ops, n, done, arg);
	free(rows);
	free(keys);
	free(ops);
	return err;
}

void journal_purge(int64_t before)
{
	struct value arg = value_int(before);
	int err = store_run(&stmts[STMT_PURGE], &arg, NULL, NULL);

	if (err && err != -ENODEV)
		log_debug("usrloc", "old bindings stay in the store for now error=\"%s\"",
		    err_text(err));
}

/* ---- reading ---- */

struct loading {
	struct usrloc  *ul;
	int             err;
	unsigned        count;
	char            aor[512];
	size_t          aor_len;
	struct binding *bindings[PLAN_MAX];
	unsigned        n;
};

static void flush(struct loading *l)
{
	struct slice aor = slice_of(l->aor, l->aor_len);
	struct record *r;

	if (!l->n)
		return;
	r = record_new(l->ul, aor, l->bindings, l->n);
	if (r)
		rtab_insert(l->ul->table, &r->node, aor_key(aor));
	else
		l->err = -ENOMEM;
	l->count += l->n;
	l->n = 0;
}

/* The connection a client registered by is gone with the process that had it: its number
 * must never be taken for a live one, and the client's port must never be dialled (S28). */
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

static struct binding *from_row(const struct value *c)
{
	struct usrloc_binding b = {
		.ruid = c[1].s, .contact = c[2].s, .params = c[3].s, .call_id = c[4].s,
		.cseq = (uint32_t)c[5].i, .user_agent = c[6].s, .instance = c[7].s,
		.reg_id = (uint32_t)c[8].i, .path = c[9].s, .methods = (uint32_t)c[10].i,
		.q = (uint16_t)c[11].i, .expires = c[12].i, .changed = c[13].i, .node = c[14].s,
	};

	read_hop(&b.received, &c[15], &c[16], &c[17]);
	return binding_fits(&b) ? binding_new(&b) : NULL;
}

/* Types as the driver gives them back; a row written by other hands may differ. */
static bool is_good_row(const struct value *c)
{
	for (unsigned i = 0; i < COLUMNS; i++)
		if (c[i].type != (BINDING_LETTERS[i] == 's' ? VALUE_STRING : VALUE_INT))
			return false;
	return c[0].s.len < sizeof(((struct loading *)0)->aor);
}

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;
	struct binding *b;

	lcs_assert(columns == COLUMNS);
	if (!is_good_row(c)) {
		log_warning("usrloc", "a binding in the store makes no sense and is left out");
		return;
	}
	if (l->n && !slice_eq_nocase(c[0].s, slice_of(l->aor, l->aor_len)))
		flush(l);
	memcpy(l->aor, c[0].s.p, c[0].s.len);
	l->aor_len = c[0].s.len;
	b = l->n < PLAN_MAX ? from_row(c) : NULL;
	if (b)
		l->bindings[l->n++] = b;
	else
		l->err = -ENOMEM;
}

int journal_load(struct usrloc *ul)
{
	struct loading *l = calloc(1, sizeof(*l));
	struct value now = value_int(clock_wall());
	int n;

	if (!l)
		return -ENOMEM;
	l->ul = ul;
	n = store_run_now(&stmts[STMT_ALL], &now, load_row, l);
	flush(l);
	n = n < 0 ? n : l->err ? l->err : (int)l->count;
	free(l);
	return n;
}
