/*
 * modules/xcap_server/change.c - PUT and DELETE: a new document, what it means, and its way to the
 * owner of the user and back.
 */
#include "modules/xcap_server/exchange.h"

#include "parser/mime.h"

#include <errno.h>

#define TRIES 8u

/* ---- the new document ---- */

static bool is_type(const struct xcap_exchange *e, struct slice name)
{
	struct mime_type type;

	return mime_type_parse(e->request.content_type, &type, NULL) == 0 &&
	    mime_type_is(&type, name);
}

static bool has_type(struct xcap_exchange *e)
{
	struct slice want = e->where.target == XCAP_DOCUMENT ? e->usage->mime :
	    e->where.target == XCAP_ELEMENT ? SLICE("application/xcap-el+xml") :
	    SLICE("application/xcap-att+xml");
	struct slice text;

	if (is_type(e, want))
		return true;
	text = arena_printf(e->arena, "The Content-Type of this is %.*s.", SLICE_ARG(want));
	return !xcap_say(e, 415, text.p ? text.p : "Another Content-Type.");
}

/* Read a whole document, sent or made. */
static bool read_document(struct xcap_exchange *e, struct slice text, struct xml_node **root)
{
	const struct xml_limits limits = xcap_limits(e);
	struct xcap_error error;
	struct xml_defect why;
	int err = xcap_is_xml_text(text) ? xml_read(e->arena, text, &limits, root, &why) : -EILSEQ;

	if (!err)
		return true;
	if (err == -ENOMEM)
		return !xcap_say(e, 503, "Memory is short.");
	if (err == -EILSEQ)
		xcap_refuse(&error, XCAP_NOT_UTF_8, "there are bytes that are not UTF-8");
	else if (err == -E2BIG)
		xcap_refuse(&error, XCAP_CONSTRAINT_FAILURE, "%s", why.reason);
	else if (slice_eq(slice_str(why.reason), SLICE("the encoding is not UTF-8")))
		xcap_refuse(&error, XCAP_NOT_UTF_8, "%s", why.reason);
	else
		xcap_refuse(&error, XCAP_NOT_WELL_FORMED, "line %u: %s", why.line, why.reason);
	return !xcap_say_error(e, &error);
}

/* What a piece is put into: the document, or an empty one where there is none yet. */
static bool read_base(struct xcap_exchange *e, const struct xcap_state *s, struct xml_node **root)
{
	struct slice text = s->exists ? s->text : arena_printf(e->arena,
	    "<%s xmlns=\"%.*s\"/>", e->usage->root, SLICE_ARG(e->usage->ns));

	if (!text.p)
		return !xcap_say(e, 503, "Memory is short.");
	return read_document(e, text, root);
}

/* The URI of the last element there is on the way. */
static struct slice ancestor(struct xcap_exchange *e, struct xml_node *root)
{
	unsigned n = xcap_reach(root, e->where.steps, e->where.count);
	struct slice node = e->path.node, begin = slice_first(e->request.target,
	    (size_t)(e->path.node.p - e->request.target.p));
	size_t len = 0;

	/* Slashes in values are rare and stand behind what is there. */
	for (unsigned i = 0; i < n && len < node.len; i++)
		len += slice_find(slice_skip(node, len), '/') + (i + 1 < n);
	return n ? arena_printf(e->arena, "%.*s%.*s", SLICE_ARG(begin), (int)len, node.p) :
	    slice_first(begin, begin.len - 4);
}

static bool settle(struct xcap_exchange *e, enum xcap_tree did, struct xml_node *root,
    struct xcap_error *error)
{
	struct buf *b;

	switch (did) {
	case XCAP_TREE_ABSENT:
		return !xcap_say(e, 404, "There is nothing to delete.");
	case XCAP_TREE_NO_MEMORY:
		return !xcap_say(e, 503, "Memory is short.");
	case XCAP_TREE_REFUSED:
		if (error->why == XCAP_NO_PARENT)
			error->ancestor = ancestor(e, root);
		return !xcap_say_error(e, error);
	default:
		break;
	}
	b = buf_new(1024);
	if (b)
		xcap_write_document(b, root);
	e->text = b && !b->failed ? arena_dup(e->arena, buf_slice(b)) : SLICE_NULL;
	buf_unref(&b);
	e->is_new = did == XCAP_TREE_CREATED;
	e->plan.root = root;
	return e->text.p || !xcap_say(e, 503, "Memory is short.");
}

static bool has_piece(struct xml_node *root, const struct xcap_node *where)
{
	struct xml_node *n = xcap_select(root, where->steps, where->count);

	return n && (where->target != XCAP_ATTRIBUTE ||
	    xcap_attr(n, where->attr_ns, where->attr_name));
}

static bool change_piece(struct xcap_exchange *e, const struct xcap_state *s)
{
	const struct xml_limits limits = xcap_limits(e);
	struct xcap_error error;
	struct xml_node *root;

	if (e->method == XCAP_DELETE && !s->exists)
		return !xcap_say(e, 404, "There is no such document.");
	if (!read_base(e, s, &root) || !xcap_is_met(e, s, has_piece(root, &e->where)))
		return false;
	if (e->method == XCAP_DELETE)
		return settle(e, xcap_delete(root, &e->where, &error), root, &error);
	return settle(e, xcap_put(e->arena, &root, &e->where, e->body ? buf_slice(e->body) :
	    SLICE(""), &limits, &error), root, &error);
}

static bool change_document(struct xcap_exchange *e, const struct xcap_state *s)
{
	struct xml_node *root;

	if (!xcap_is_met(e, s, s->exists))
		return false;
	e->is_new = !s->exists;
	e->plan.root = NULL;
	e->text = SLICE_NULL;
	if (e->method == XCAP_DELETE)
		return s->exists || !xcap_say(e, 404, "There is no such document.");
	e->text = e->body ? buf_slice(e->body) : SLICE("");
	if (!read_document(e, e->text, &root))
		return false;
	e->plan.root = root;
	return true;
}

/* ---- the way to the owner and back ---- */

static void finish(struct xcap_exchange *e);

static void come_back(struct inbox_item *item)
{
	finish(container_of(item, struct xcap_exchange, item));
}

static void go_back(struct xcap_exchange *e)
{
	e->item.run = come_back;
	inbox_post(e->inbox, &e->item, INBOX_MUST);
}

static void kept(void *arg, int err)
{
	struct xcap_exchange *e = arg;

	e->is_kept = !err && e->text.p;
	/* Where the document is all there is, it must be durable; else the part is. */
	if (err && !e->usage->write)
		e->result = ROAMING_NO_STORE;
	go_back(e);
}

static void changed(void *arg, const struct roaming_answer *a)
{
	struct xcap_exchange *e = arg;
	int err;

	e->result = a->result;
	e->number = a->number;
	e->why = a->why;
	e->is_kept = false;
	if (a->result != ROAMING_OK) {
		go_back(e);
		return;
	}
	err = xcap_kept_put(e->x, e->usage, e->aor, a->number, e->text, kept, e);
	if (err)
		kept(e, err);
}

static void on_owner(struct inbox_item *item)
{
	struct xcap_exchange *e = container_of(item, struct xcap_exchange, item);

	if (!atomic_load_explicit(&e->x->is_ending, memory_order_acquire) &&
	    e->usage->change(e->x, &e->plan, changed, e) == 0)
		return;
	e->result = ROAMING_NO_MEMORY;
	go_back(e);
}

/* ---- one at a time for a user ---- */

static struct xcap_exchange *find(const struct list *l, struct slice aor)
{
	for (struct list *n = l->next; n != l; n = n->next) {
		struct xcap_exchange *e = container_of(n, struct xcap_exchange, node);

		if (slice_eq_nocase(e->aor, aor))
			return e;
	}
	return NULL;
}

static void move(struct xcap_exchange *e, struct list *to)
{
	list_remove(&e->node);
	list_init(&e->node);
	if (to)
		list_push_back(to, &e->node);
}

static bool go(struct xcap_exchange *e)
{
	e->item.run = on_owner;
	e->is_under_way = true;
	move(e, &e->x->changing);
	if (worker_post(worker_of(lcs_user_key(e->aor)), &e->item, INBOX_MAY_REFUSE) == 0)
		return false;
	e->is_under_way = false;
	move(e, NULL);
	return xcap_say(e, 503, "Too much to do.");
}

static bool plan(struct xcap_exchange *e, const struct xcap_state *s)
{
	struct xcap_error error;
	int err;

	e->plan.arena = e->arena;
	e->plan.aor = e->aor;
	e->plan.number = s->number;
	err = e->usage->plan(e->x, &e->plan, &error);
	if (err == -EBADMSG)
		return xcap_say_error(e, &error);
	if (err == -ESTALE && ++e->tries < TRIES)
		return xcap_change_run(e);
	return err ? xcap_say(e, 503, "Memory is short.") : go(e);
}

/* It says what is there already. */
static bool is_the_same(struct xcap_exchange *e, const struct xcap_state *s)
{
	if (!e->text.p || !s->exists || !slice_eq(e->text, s->text))
		return false;
	xcap_say(e, 200, NULL);
	xcap_add_etag(e, s->number, s->is_kept);
	return true;
}

bool xcap_change_run(struct xcap_exchange *e)
{
	struct xcap_state s;

	if (e->method == XCAP_PUT && !has_type(e))
		return true;
	e->is_waiting = find(&e->x->changing, e->aor) != NULL;
	if (e->is_waiting) {
		move(e, &e->x->waiting);
		return false;
	}
	if (xcap_state(e, &s) != 0)
		return xcap_say(e, 503, "Memory is short.");
	if (!(e->where.target == XCAP_DOCUMENT ? change_document(e, &s) : change_piece(e, &s)))
		return true;
	return is_the_same(e, &s) || plan(e, &s);
}

/* ---- what came of it ---- */

static bool conclude(struct xcap_exchange *e)
{
	struct xcap_error error;

	switch (e->result) {
	case ROAMING_OK:
		xcap_say(e, e->is_new ? 201 : 200, NULL);
		if (e->text.p)
			xcap_add_etag(e, e->number, e->is_kept);
		return true;
	case ROAMING_OUT_OF_STEP:
		return ++e->tries < TRIES ? xcap_change_run(e) :
		    xcap_say(e, 503, "Others change it all the time.");
	case ROAMING_NO_STORE:
		return xcap_say(e, 503, "The store cannot take it.");
	case ROAMING_NO_MEMORY:
		return xcap_say(e, 503, "Memory is short.");
	default:
		xcap_refuse(&error, XCAP_CONSTRAINT_FAILURE, "%s", e->why);
		return xcap_say_error(e, &error);
	}
}

static void wake_next(struct xcap *x, struct slice aor)
{
	struct xcap_exchange *next;

	while (!find(&x->changing, aor) && (next = find(&x->waiting, aor)) != NULL) {
		next->is_waiting = false;
		move(next, NULL);
		if (xcap_change_run(next))
			next->ready(next->arg);
	}
}

static void finish(struct xcap_exchange *e)
{
	struct xcap *x = e->x;

	e->is_under_way = false;
	move(e, NULL);
	if (e->is_orphan) {
		wake_next(x, e->aor);
		xcap_release(e);
		return;
	}
	if (conclude(e))
		e->ready(e->arg);
	wake_next(x, e->aor);
}

bool xcap_change_forget(struct xcap_exchange *e)
{
	e->is_orphan = true;
	if (!e->is_under_way)
		move(e, NULL);
	return !e->is_under_way;
}
