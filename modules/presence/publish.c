/*
 * modules/presence/publish.c - publications: of clients (RFC 3903) and of modules.
 *
 * A change is made in a turn of the user: the new publication is built aside, written to the
 * store, and takes the old one's place when that is done.
 */
#include "modules/presence/pub.h"
#include "modules/presence/sub.h"

#include <errno.h>

static void expire(struct timer *t);

/* ---- finding ---- */

static struct pub *find_source(struct presence_user *u, const struct package *pkg,
    struct slice source)
{
	list_for_each(it, &u->pubs) {
		struct pub *pub = container_of(it, struct pub, node);

		if (pub->pkg == pkg && slice_eq(pub->info.source, source))
			return pub;
	}
	return NULL;
}

static struct pub *find_etag(struct presence_user *u, const struct package *pkg,
    struct slice etag)
{
	list_for_each(it, &u->pubs) {
		struct pub *pub = container_of(it, struct pub, node);

		if (pub->pkg == pkg && etag.len && slice_eq(pub->info.etag, etag))
			return pub;
	}
	return NULL;
}

/* The same PUBLISH once more: it was carried out already. */
static struct pub *find_copy(struct presence_user *u, const struct pub_change *c)
{
	list_for_each(it, &u->pubs) {
		struct pub *pub = container_of(it, struct pub, node);

		if (pub->pkg == c->pkg && c->call_id.len && slice_eq(pub->call_id, c->call_id) &&
		    pub->cseq == c->cseq)
			return pub;
	}
	return NULL;
}

const struct presence_publication *pub_next(const struct presence_user *u,
    const struct presence_package *pk, const struct presence_publication *prev)
{
	const struct list *it = prev ? container_of(prev, const struct pub, info)->node.next :
	    u->pubs.next;

	for (; it != &u->pubs; it = it->next) {
		const struct pub *pub = container_of(it, const struct pub, node);

		if (pub->pkg->pk == pk)
			return &pub->info;
	}
	return NULL;
}

/* ---- making ---- */

/* old: whose body it keeps, NULL if c brings one. */
static struct pub *pub_new(struct presence_user *u, const struct pub_change *c,
    const struct pub *old)
{
	struct slice type = old ? old->info.content_type : c->content_type;
	struct slice body = old ? old->info.body : c->body;
	struct pub *pub = calloc(1, sizeof(*pub) + c->source.len + type.len + body.len +
	    c->call_id.len + 1);
	char *at;

	if (!pub)
		return NULL;
	at = pub->text;
	list_init(&pub->node);
	timer_init(&pub->expiry, expire);
	pub->user = u;
	pub->pkg = c->pkg;
	pub->info.source = slice_put(&at, c->source);
	pub->info.content_type = slice_put(&at, type);
	pub->info.body = slice_put(&at, body);
	pub->call_id = slice_put(&at, c->call_id);
	pub->cseq = c->cseq;
	pub->flow = c->flow;
	pub->is_bound = c->flow != 0 || c->is_bound;
	pub->is_volatile = c->is_volatile;
	if (!c->source.len) {
		tag_make(pub->etag);
		pub->info.etag = slice_of(pub->etag, TAG_CHARS);
	}
	pub->info.changed = old ? old->info.changed : loop_wall(worker_loop());
	pub->info.expires = c->expires ? loop_wall(worker_loop()) + c->expires : 0;
	return pub;
}

static void start_expiry(struct pub *pub)
{
	int64_t left = pub->info.expires - loop_wall(worker_loop());

	if (pub->is_awaited)
		timer_start(&pub->expiry, conf_of(pub->user->p)->return_time);
	else if (pub->info.expires)
		timer_start(&pub->expiry, (left > 0 ? left : 0) * 1000);
}

static void free_doc(const struct package *pkg, void *doc)
{
	if (doc && pkg->pk->free_doc)
		pkg->pk->free_doc(pkg->arg, doc);
}

static void pub_free(struct pub *pub)
{
	timer_stop(&pub->expiry);
	if (!list_is_empty(&pub->node)) {
		list_remove(&pub->node);
		local_of(pub->user->p)->publications--;
	}
	free_doc(pub->pkg, pub->info.doc);
	free(pub);
}

void pubs_free(struct presence_user *u)
{
	while (!list_is_empty(&u->pubs))
		pub_free(container_of(u->pubs.next, struct pub, node));
}

void pub_link(struct pub *pub)
{
	list_push_back(&pub->user->pubs, &pub->node);
	local_of(pub->user->p)->publications++;
	start_expiry(pub);
}

/* ---- going ---- */

static void pub_remove(struct pub *pub)
{
	struct presence_user *u = pub->user;
	const struct presence_package *pk = pub->pkg->pk;

	pub_free(pub);
	notify_changed(u, pk);
	user_touch(u);
}

static void forget(struct pub *pub)
{
	if (!pub->is_volatile)
		presence_delete_pub(slice_of(pub->id, TAG_CHARS), NULL, NULL);
	pub_remove(pub);
}

/* A change of it may be on its way to disk: that decides. */
static void expire(struct timer *t)
{
	struct pub *pub = container_of(t, struct pub, expiry);

	/* (a timer may come a little early by the wall clock) */
	if (pub->user->in_turn || (!pub->is_awaited &&
	    pub->info.expires > loop_wall(worker_loop())))
		timer_start(&pub->expiry, 200);
	else
		forget(pub);
}

/* Those of a connection, those of an LCS endpoint, or all. */
struct going { bool all; flow_id flow; size_t epid_len; char epid[]; };

static bool goes(const struct pub *pub, const struct going *g)
{
	struct slice source = pub->info.source;

	return g->all || (g->flow && pub->flow == g->flow) ||
	    (g->epid_len && slice_starts(source, SLICE("epid:")) &&
	    slice_eq_nocase(slice_skip(source, 5), slice_of(g->epid, g->epid_len)));
}

static void go_in_turn(struct presence_user *u, void *arg)
{
	struct going *g = arg;

	list_for_each_safe(it, &u->pubs) {
		struct pub *pub = container_of(it, struct pub, node);

		if (goes(pub, g))
			forget(pub);
	}
	free(g);
	user_end_turn(u);
}

static void let_go(struct presence_user *u, bool all, flow_id flow, struct slice epid)
{
	struct going *g = malloc(sizeof(*g) + epid.len);

	if (g) {
		*g = (struct going){ .all = all, .flow = flow, .epid_len = epid.len };
		if (epid.len)
			memcpy(g->epid, epid.p, epid.len);
	}
	if (!g || user_take_turn(u, go_in_turn, g) != 0) {
		lcs_count(&local_of(u->p)->no_memory);
		free(g);
	}
}

void pubs_flow_gone(struct presence_user *u, flow_id flow)
{
	let_go(u, false, flow, SLICE_NULL);
}

void pubs_endpoint_gone(struct presence_user *u, struct slice epid)
{
	let_go(u, false, 0, epid);
}

void pubs_forget(struct presence_user *u)
{
	let_go(u, true, 0, SLICE_NULL);
}

/* Read back: it waits for its endpoint. */
struct pub *pub_restore(struct presence_user *u, const struct pub_change *c, void *doc)
{
	struct pub *pub = pub_new(u, c, NULL);

	if (!pub)
		return NULL;
	pub->info.doc = doc;
	pub->is_awaited = pub->is_bound && !pub->flow;
	return pub;
}

/* ---- a change ---- */

static void finish(struct presence_user *u, struct pub_change *c, int err)
{
	free_doc(c->pkg, c->doc);
	c->doc = NULL;
	c->done(c, err);
	user_end_turn(u);
}

static void take_place(struct pub *next, struct pub *old, struct pub_change *c)
{
	bool has_body = c->content_type.len > 0;

	next->info.doc = has_body ? c->doc : old ? old->info.doc : NULL;
	if (has_body)
		c->doc = NULL;
	else if (old)
		old->info.doc = NULL;
	if (old)
		pub_free(old);
	pub_link(next);
	if (has_body)
		notify_changed(next->user, next->pkg->pk);
}

static void put_done(void *arg, int err, const struct store_rows *rows)
{
	struct pub_change *c = arg;
	struct presence_user *u = c->user;

	(void)rows;
	if (err) {
		pub_free(c->next);
		lcs_count(&local_of(u->p)->store_failures);
	} else {
		if (c->flow)
			flow_follow(u->p, c->flow, u->aor, u->key);
		take_place(c->next, c->old, c);
		c->etag_now = c->next->info.etag;
	}
	finish(u, c, err);
}

static void removed(void *arg, int err, const struct store_rows *rows)
{
	struct pub_change *c = arg;
	struct presence_user *u = c->user;

	(void)rows;
	if (!err)
		pub_remove(c->old);
	else
		lcs_count(&local_of(u->p)->store_failures);
	finish(u, c, err);
}

static unsigned count_pubs(struct presence_user *u)
{
	unsigned n = 0;

	list_for_each(it, &u->pubs)
		n++;
	return n;
}

static void withdraw(struct pub_change *c)
{
	if (!c->old)
		finish(c->user, c, 0);
	else if (c->old->is_volatile)
		removed(c, 0, NULL);
	else
		presence_delete_pub(slice_of(c->old->id, TAG_CHARS), removed, c);
}

static void put(struct pub_change *c)
{
	struct presence_user *u = c->user;

	if (!c->old && count_pubs(u) >= conf_of(u->p)->max_publications) {
		finish(u, c, -E2BIG);
		return;
	}
	c->next = pub_new(u, c, c->content_type.len ? NULL : c->old);
	if (!c->next) {
		lcs_count(&local_of(u->p)->no_memory);
		finish(u, c, -ENOMEM);
		return;
	}
	if (c->old)
		memcpy(c->next->id, c->old->id, TAG_CHARS);
	else
		tag_make(c->next->id);
	if (c->is_volatile)
		put_done(c, 0, NULL);
	else
		presence_put_pub(c->next, put_done, c);
}

void pub_change_in_turn(struct presence_user *u, void *arg)
{
	struct pub_change *c = arg;
	struct pub *copy = find_copy(u, c);

	c->user = u;
	c->old = c->source.len ? find_source(u, c->pkg, c->source) :
	    find_etag(u, c->pkg, c->etag);
	if (copy && copy != c->old) {
		c->etag_now = copy->info.etag;
		finish(u, c, 0);
	} else if (c->etag.len && !c->old) {
		finish(u, c, -ENOENT);
	} else if (c->is_removal) {
		withdraw(c);
	} else {
		put(c);
	}
}

/* ---- for modules ---- */

struct own_change {
	struct pub_change  c;
	presence_done_fn  *done;
	void              *arg;
	char               text[];
};

static void own_done(struct pub_change *c, int err)
{
	struct own_change *own = container_of(c, struct own_change, c);

	if (own->done)
		own->done(own->arg, err);
	free(own);
}

static bool takes_type(const struct presence_package *pk, struct slice type)
{
	struct mime_type mime;

	if (!pk->publish_types || mime_type_parse(type, &mime, NULL) != 0)
		return false;
	for (const struct slice *t = pk->publish_types; t->len; t++)
		if (mime_type_is(&mime, *t))
			return true;
	return false;
}

bool pub_takes_type(const struct package *pkg, struct slice type)
{
	return takes_type(pkg->pk, type);
}

static struct own_change *own_new(struct presence_user *u, const struct presence_source *s)
{
	struct own_change *own = calloc(1, sizeof(*own) + s->source.len + s->content_type.len +
	    s->body.len + 1);
	char *at;

	if (!own)
		return NULL;
	at = own->text;
	own->c = (struct pub_change){ .pkg = package_of(u->p, s->package), .done = own_done,
	    .expires = s->expires, .flow = s->flow, .is_volatile = s->volatile_only,
	    .is_removal = s->content_type.len == 0 };
	own->c.source = slice_put(&at, s->source);
	own->c.content_type = slice_put(&at, s->content_type);
	own->c.body = slice_put(&at, s->body);
	return own;
}

static int parse(struct pub_change *c)
{
	const struct presence_package *pk = c->pkg->pk;
	const char *why = NULL;

	if (c->is_removal || !pk->parse)
		return 0;
	return pk->parse(c->pkg->arg, c->content_type, c->body, &c->doc, &why);
}

int pub_by_module(struct presence_user *u, const struct presence_source *s,
    presence_done_fn *done, void *arg)
{
	struct own_change *own;
	int err;

	if (!s->source.len || (s->content_type.len && !s->package->parse &&
	    !takes_type(s->package, s->content_type)))
		return -EINVAL;
	own = own_new(u, s);
	if (!own)
		return -ENOMEM;
	own->done = done;
	own->arg = arg;
	err = parse(&own->c);
	if (!err)
		err = user_take_turn(u, pub_change_in_turn, &own->c);
	if (err) {
		free_doc(own->c.pkg, own->c.doc);
		free(own);
	}
	return err == -EBADMSG ? -EINVAL : err;
}
