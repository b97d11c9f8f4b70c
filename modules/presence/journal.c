/*
 * modules/presence/journal.c - subscriptions and publications in the store.
 *
 * A row holds a whole dialog. Its CSeq is that of when it was written; after a restart one
 * is taken that the requests sent since cannot have reached.
 */
#include "modules/presence/asking.h"
#include "modules/presence/pub.h"

#include "parser/event.h"

#include <errno.h>

#define COLUMNS     31
#define SUB_LETTERS "sssssssssssssssiiitttiiisbssssi"
#define CSEQ_RATE   64			/* notices per second that no subscription gets for long */

static const struct store_step steps[] = {
#include "modules/presence/schema.gen.h"
	{ 0 }
};

enum { STMT_PUT, STMT_DELETE, STMT_PURGE, STMT_ALL, STMT_RENAME, PUB_PUT, PUB_DELETE, PUB_PURGE, PUB_ALL };

#define PUB_COLUMN_COUNT 12
#define PUB_LETTERS "ssssssbttisi"
#define PUB_COLUMNS "id, aor, package, etag, source, content_type, body, changed, expires, " \
	"bound, call_id, cseq"

#define SUB_COLUMNS "tag, aor, package, format, watcher, watcher_name, epid, event, call_id, " \
	"remote_tag, local_addr, remote_addr, target, route_set, contact, flags, local_cseq, " \
	"remote_cseq, begun, changed, expires, lifetime, min_gap, max_gap, list_type, " \
	"list_body, transport, remote, local, instance, pace"

static const struct store_stmt stmts[] = {
	[STMT_PUT] = { "sub_put", "replace into presence_sub(" SUB_COLUMNS ") values (?, ?, ?, ?, "
	    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    SUB_LETTERS, NULL, NULL },
	[STMT_DELETE] = { "sub_delete", "delete from presence_sub where tag = ?", "s", NULL, NULL },
	[STMT_PURGE] = { "sub_purge", "delete from presence_sub where expires < ?", "t", NULL,
	    NULL },
	[STMT_ALL] = { "sub_all", "select " SUB_COLUMNS " from presence_sub where expires > ?",
	    "t", SUB_LETTERS, NULL },
	/* No lists, and not what he watches of himself: PRESENCE_SUB_LIST, PRESENCE_SUB_SELF. */
	[STMT_RENAME] = { "sub_rename", "update presence_sub set aor = ? where aor = ? and "
	    "(flags & 10) = 0", "ss", NULL, NULL },
	[PUB_PUT] = { "pub_put", "replace into presence_pub(" PUB_COLUMNS ") values (?, ?, ?, ?, "
	    "?, ?, ?, ?, ?, ?, ?, ?)", PUB_LETTERS, NULL, NULL },
	[PUB_DELETE] = { "pub_delete", "delete from presence_pub where id = ?", "s", NULL, NULL },
	[PUB_PURGE] = { "pub_purge", "delete from presence_pub where expires > 0 and expires < ?",
	    "t", NULL, NULL },
	[PUB_ALL] = { "pub_all", "select " PUB_COLUMNS " from presence_pub where expires = 0 or "
	    "expires > ? order by changed desc", "t", PUB_LETTERS, NULL },
	{ 0 }
};

const struct store_schema presence_schema = { "presence", steps, stmts, STORE_LIVE };

/* ---- writing ---- */

#define KEPT_FLAGS  (PRESENCE_SUB_BENOTIFY | PRESENCE_SUB_LIST | PRESENCE_SUB_SELF)
#define HAS_HOP     0x10000u
#define AUTOEXTEND  0x20000u

static unsigned flags_of(const struct presence_sub *sub)
{
	const struct sub_dialog *d = sub->dialog;

	return (sub->info.flags & KEPT_FLAGS) | (d->client->has_hop ? HAS_HOP : 0) |
	    (d->autoextend ? AUTOEXTEND : 0);
}

/* A list is not kept as text: *out is made for the row. */
static int write_list(const struct presence_sub *sub, struct buf **out, struct slice *type)
{
	const struct presence *p = sub->user->p;

	*type = SLICE_NULL;
	*out = sub->info.flags & PRESENCE_SUB_LIST ? buf_new(1024) : NULL;
	if (*out)	/* the engine's own object, which it shows as constant to others */
		*type = p->lists->write(p->lists_arg, (struct presence_sub *)(uintptr_t)sub, *out);
	return (sub->info.flags & PRESENCE_SUB_LIST) && (!*out || (*out)->failed) ? -ENOMEM : 0;
}

static int put_row(const struct presence_sub *sub, struct slice type, struct slice list,
    store_done_fn *done, void *arg)
{
	const struct sub_dialog *d = sub->dialog;
	const struct sub_client *c = d->client;
	char remote[ADDR_TEXT_BYTES], local[ADDR_TEXT_BYTES];
	const struct value row[COLUMNS] = {
		store_text(sub->info.id), store_text(sub->user->aor),
		store_text(sub->pkg->pk->name),
		store_text(sub->info.format ? sub->info.format->content_type : SLICE_NULL),
		store_text(sub->info.watcher), store_text(sub->info.watcher_name),
		store_text(sub->info.epid),
		store_text(sub_event(sub)), store_text(d->call_id), store_text(d->remote_tag),
		store_text(d->from), store_text(d->to), store_text(c->target),
		store_text(c->route_set),
		store_text(c->contact), value_int(flags_of(sub)), value_int(d->local_cseq),
		value_int(d->remote_cseq), value_int(sub->info.begun),
		value_int(loop_wall(worker_loop())), value_int(sub->info.expires),
		value_int(d->lifetime), value_int(d->min_gap), value_int(d->max_gap),
		store_text(type), store_text(list),
		value_string(transport_uri_name(c->hop.transport)),
		store_address(&c->hop.remote, remote), store_address(&c->hop.local, local),
		store_text(c->instance), value_int(pace_gap(d->pace)),
	};

	return store_run(&stmts[STMT_PUT], row, done, arg);
}

void presence_put_sub(const struct presence_sub *sub, store_done_fn *done, void *arg)
{
	struct buf *list = NULL;
	struct slice type;
	int err = store_is_on() ? write_list(sub, &list, &type) : -ENODEV;

	if (!err)
		err = put_row(sub, type, list ? buf_slice(list) : SLICE_NULL, done, arg);
	buf_unref(&list);
	if (err && done)
		done(arg, err == -ENODEV ? 0 : err, NULL);
}

void presence_delete_sub(struct slice tag, store_done_fn *done, void *arg)
{
	struct value key = value_string(tag);
	int err = store_is_on() ? store_run(&stmts[STMT_DELETE], &key, done, arg) : -ENODEV;

	if (err && done)
		done(arg, err == -ENODEV ? 0 : err, NULL);
	if (err && err != -ENODEV)
		log_debug("presence", "an old subscription stays in the store until it runs out "
		    "error=\"%s\"", err_text(err));
}

int presence_rename_rows(struct slice from, struct slice to)
{
	const struct value args[] = { store_text(to), store_text(from) };

	return store_is_on() ? store_run_now(&stmts[STMT_RENAME], args, NULL, NULL) : 0;
}

void presence_put_pub(const struct pub *pub, store_done_fn *done, void *arg)
{
	const struct value row[PUB_COLUMN_COUNT] = {
		value_string(slice_of(pub->id, TAG_CHARS)), store_text(pub->user->aor),
		store_text(pub->pkg->pk->name), store_text(pub->info.etag),
		store_text(pub->info.source),
		store_text(pub->info.content_type), store_text(pub->info.body),
		value_int(pub->info.changed),
		value_int(pub->info.expires), value_int(pub->is_bound), store_text(pub->call_id),
		value_int(pub->cseq),
	};
	int err = store_is_on() ? store_run(&stmts[PUB_PUT], row, done, arg) : -ENODEV;

	if (err && done)
		done(arg, err == -ENODEV ? 0 : err, NULL);
}

void presence_delete_pub(struct slice id, store_done_fn *done, void *arg)
{
	struct value key = value_string(id);
	int err = store_is_on() ? store_run(&stmts[PUB_DELETE], &key, done, arg) : -ENODEV;

	if (err && done)
		done(arg, err == -ENODEV ? 0 : err, NULL);
}

/* ---- reading ---- */

struct row { struct row *next; struct value cells[COLUMNS]; };

struct loaded {
	struct arena   *arena;
	struct row     *subs, *pubs;
	unsigned        sub_count, pub_count;
	int             err;
	_Atomic unsigned taken_by;	/* workers that have been here */
};

static struct row *copy_row(struct arena *a, const struct value *c, unsigned columns)
{
	struct row *row = arena_alloc(a, sizeof(*row));

	for (unsigned i = 0; row && i < columns; i++) {
		row->cells[i] = value_copy(a, c[i]);
		if (row->cells[i].type == VALUE_NULL)
			return NULL;
	}
	return row;
}

static void keep_row(struct loaded *l, const struct store_stmt *stmt, const struct value *c,
    unsigned columns, struct row **rows, unsigned *count)
{
	struct row *row;

	lcs_assert(columns == strlen(stmt->columns));
	if (!store_row_fits(stmt, c) || c[0].s.len != TAG_CHARS) {
		log_warning("presence", "a row in the store makes no sense and is left out "
		    "statement=%s", stmt->name);
		return;
	}
	row = copy_row(l->arena, c, columns);
	if (!row) {
		l->err = -ENOMEM;
		return;
	}
	row->next = *rows;
	*rows = row;
	++*count;
}

static void load_sub(void *arg, const struct value *c, unsigned columns)
{
	struct loaded *l = arg;

	keep_row(l, &stmts[STMT_ALL], c, columns, &l->subs, &l->sub_count);
}

static void load_pub(void *arg, const struct value *c, unsigned columns)
{
	struct loaded *l = arg;

	keep_row(l, &stmts[PUB_ALL], c, columns, &l->pubs, &l->pub_count);
}

int presence_load(struct presence *p)
{
	struct value now = value_int(clock_wall());
	struct loaded *l = calloc(1, sizeof(*l));
	int n;

	if (!l)
		return -ENOMEM;
	p->loaded = l;
	l->arena = arena_new(0);
	if (!l->arena)
		return -ENOMEM;
	store_run_now(&stmts[STMT_PURGE], &now, NULL, NULL);
	n = store_run_now(&stmts[STMT_ALL], &now, load_sub, l);
	if (n >= 0) {
		store_run_now(&stmts[PUB_PURGE], &now, NULL, NULL);
		n = store_run_now(&stmts[PUB_ALL], &now, load_pub, l);
	}
	if (n < 0 || l->err)
		return n < 0 ? n : l->err;
	log_notice("presence", "subscriptions and publications are back subscriptions=%u "
	    "publications=%u", l->sub_count, l->pub_count);
	return 0;
}

static uint32_t cseq_after(const struct value *c)
{
	int64_t since = loop_wall(worker_loop()) - c[19].i + 1;
	int64_t cseq = c[16].i + (since > 0 ? since : 1) * CSEQ_RATE;

	return cseq < SIP_CSEQ_MAX / 2 ? (uint32_t)cseq : (uint32_t)c[16].i;
}

static void read_hop(struct asking *a, const struct value *c)
{
	a->hop.transport = transport_parse(c[26].s);
	if (sock_addr_parse(c[27].s, &a->hop.remote) != 0)
		a->hop.remote = (struct sock_addr){ 0 };
	if (sock_addr_parse(c[28].s, &a->hop.local) != 0)
		a->hop.local = (struct sock_addr){ 0 };
	a->has_hop = c[15].i & HAS_HOP;
}

static void read_texts(struct asking *a, const struct value *c)
{
	struct sip_event event;

	memcpy(a->tag, c[0].s.p, TAG_CHARS);
	a->t = (struct sub_texts){ .event = c[7].s, .call_id = c[8].s, .remote_tag = c[9].s,
	    .from = c[10].s, .to = c[11].s, .target = c[12].s, .route_set = c[13].s,
	    .contact = c[14].s, .instance = c[29].s };
	a->req = (struct presence_request){ .aor = c[1].s, .watcher = c[4].s,
	    .watcher_name = c[5].s, .epid = c[6].s, .event = c[2].s, .content_type = c[24].s,
	    .body = c[25].s, .is_restored = true };
	if (sip_event_parse(c[7].s, &event, NULL) == 0)
		a->req.event_id = event.id;
}

static bool find_format(const struct package *pkg, struct slice name, unsigned *out)
{
	for (unsigned i = 0; i < pkg->format_count; i++)
		if (slice_eq(pkg->pk->formats[i].content_type, name)) {
			*out = i;
			return true;
		}
	return false;
}

/* false: the module that brought the package or the format is not there any more. */
static bool read_row(struct presence *p, struct asking *a, const struct value *c)
{
	unsigned flags = (unsigned)c[15].i;

	a->p = p;
	a->pkg = package_find(p, c[2].s);
	a->is_list = flags & PRESENCE_SUB_LIST;
	a->benotify = flags & PRESENCE_SUB_BENOTIFY;
	a->autoextend = flags & AUTOEXTEND;
	if (!a->pkg || (a->is_list ? !p->lists : !find_format(a->pkg, c[3].s, &a->format)))
		return false;
	read_texts(a, c);
	read_hop(a, c);
	a->cseq = (uint32_t)c[17].i;
	a->expires = c[21].i;
	a->min_gap = c[22].i;
	a->max_gap = c[23].i;
	a->pace_gap = c[30].i;
	return true;
}

/* He was locked out, and the server fell before that was on the disk. */
static bool is_locked_out(const struct presence *p, const struct value *c)
{
	return p->users && p->users->state(p->users_state, c[4].s) == AUTH_DB_DISABLED;
}

/* A connection is gone with the process that had it: the client has to come back. */
static void set_times(struct presence_sub *sub, const struct value *c)
{
	struct sub_dialog *d = sub->dialog;

	sub->info.begun = c[18].i;
	sub->info.expires = c[20].i;
	d->local_cseq = cseq_after(c);
	if (d->client->has_hop && transport_is_stream(d->client->hop.transport))
		d->way_lost = loop_wall(worker_loop());
}

static void restore(struct presence *p, const struct value *c)
{
	struct asking a = { .p = p };
	struct presence_user *u;
	struct presence_sub *sub;

	if (is_locked_out(p, c)) {
		presence_delete_sub(c[0].s, NULL, NULL);
		return;
	}
	a.was_user = p->users && p->users->state(p->users_state, c[4].s) == AUTH_DB_ENABLED;
	u = read_row(p, &a, c) ? user_find(p, c[1].s, true) : NULL;
	sub = u ? sub_new(u, &a) : NULL;
	if (!sub)
		return;
	set_times(sub, c);
	if (a.is_list && p->lists->open(p->lists_arg, u, sub, &a.req) != 0) {
		sub_free(sub);
		return;
	}
	sub_link(sub);
	sub_rate(sub);
	sub_tell(sub, PRESENCE_EVENT_SUBSCRIBE);
	notify_owe(sub, OWED_FULL);
}

static void *doc_of(const struct package *pkg, const struct value *c)
{
	const char *why;
	void *doc = NULL;

	if (pkg->pk->parse && pkg->pk->parse(pkg->arg, c[5].s, c[6].s, &doc, &why) != 0)
		return NULL;
	return doc;
}

static void restore_pub(struct presence *p, const struct value *c)
{
	struct package *pkg = package_find(p, c[2].s);
	struct pub_change change = { .pkg = pkg, .source = c[4].s, .content_type = c[5].s,
	    .body = c[6].s, .is_bound = c[9].i != 0, .call_id = c[10].s,
	    .cseq = (uint32_t)c[11].i };
	void *doc = pkg ? doc_of(pkg, c) : NULL;
	struct presence_user *u;
	struct pub *pub;

	if (!pkg || (pkg->pk->parse && !doc))
		return;			/* nobody understands it any more */
	u = user_find(p, c[1].s, true);
	pub = u ? pub_restore(u, &change, doc) : NULL;
	if (!pub) {
		if (doc && pkg->pk->free_doc)
			pkg->pk->free_doc(pkg->arg, doc);
		return;
	}
	memcpy(pub->id, c[0].s.p, TAG_CHARS);
	pub->info.etag.len = c[3].s.len == TAG_CHARS ? TAG_CHARS : 0;
	memcpy(pub->etag, c[3].s.p, pub->info.etag.len);
	pub->info.changed = c[7].i;
	pub->info.expires = c[8].i;
	pub_link(pub);
}

void presence_adopt(struct presence *p)
{
	struct loaded *l = p->loaded;

	if (!l)
		return;
	for (const struct row *row = l->pubs; row; row = row->next)
		if ((int)worker_of(lcs_user_key(row->cells[1].s)) == worker_self())
			restore_pub(p, row->cells);
	for (const struct row *row = l->subs; row; row = row->next)
		if ((int)worker_of(lcs_user_key(row->cells[1].s)) == worker_self())
			restore(p, row->cells);
	/* Who comes last finds nobody who still reads. */
	if (atomic_fetch_add(&l->taken_by, 1) + 1 == worker_count())
		arena_free(&l->arena);
}

void presence_fini(struct presence *p)
{
	if (!p->loaded)
		return;
	arena_free(&p->loaded->arena);
	free(p->loaded);
	p->loaded = NULL;
}
