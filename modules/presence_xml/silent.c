/*
 * modules/presence_xml/silent.c - LCS endpoints that promise to publish and do not.
 *
 * One that registers with Supported: com.microsoft.msrtc.presence says that it will tell its
 * state by setPresence. Until then its user counts as there; if it stays silent, its client hangs
 * or is none, and the user is no more there than the others of his endpoints say. The mark of
 * that is a publication in the endpoint's name: it goes with the endpoint, and what the endpoint
 * sets after all takes its place.
 */
#include "modules/presence_xml/presence_xml.h"

#define SILENT_MAX 100000u		/* waited for, of one worker; more are believed */

struct silent {
	struct list node;		/* in local->silent, the first to be due first */
	msec_t      due;
	flow_id     flow;
	struct slice aor, epid;		/* behind this struct */
	char        bytes[];
};

/* Has it promised, and by which connection? */
static bool has_promised(const struct usrloc_binding *b, struct slice *epid)
{
	struct slice word;

	return b->received.flow && hdr_param(b->params, SLICE("msrtc.presence"), &word) &&
	    hdr_param(b->params, SLICE("epid"), epid) && epid->len;
}

static bool is_bound(const struct presence_xml *px, const struct usrloc_aor *aor, struct slice epid,
    flow_id flow)
{
	struct usrloc_binding b;
	struct slice other;

	for (unsigned i = 0; aor && i < aor->count; i++) {
		px->usrloc->binding(aor, i, &b);
		if (b.received.flow == flow && has_promised(&b, &other) &&
		    slice_eq_nocase(other, epid))
			return true;
	}
	return false;
}

/* ---- when the time is over ---- */

static bool has_published(struct presence_xml *px, struct presence_user *u, struct slice source)
{
	const struct presence_publication *pub = NULL;

	while ((pub = px->presence->next_publication(u, &px->package, pub)))
		if (slice_eq_nocase(pub->source, source))
			return true;
	return false;
}

static void mark(struct presence_xml *px, const struct silent *s, struct slice name)
{
	struct presence_user *u = px->presence->user(px->presence_state, s->aor, true);
	const struct presence_source source = {
		.package = &px->package, .source = name, .content_type = SILENT_TYPE,
		.body = SLICE("-"), .flow = s->flow, .volatile_only = true,
	};

	if (!u || has_published(px, u, name) ||
	    px->presence->publish(u, &source, NULL, NULL) != 0)
		return;
	lcs_count(&px_local(px)->silent_endpoints);
	log_debug("presence_xml", "an endpoint does not say how its user is user=%.*s epid=%.*s",
	    SLICE_ARG(s->aor), SLICE_ARG(s->epid));
}

static void judge(struct presence_xml *px, const struct silent *s)
{
	struct arena *arena;
	struct slice name;

	if (!is_bound(px, px->usrloc->find(px->usrloc_state, s->aor), s->epid, s->flow))
		return;
	arena = arena_new(0);
	name = arena ? arena_printf(arena, "epid:%.*s", SLICE_ARG(s->epid)) : SLICE_NULL;
	if (name.p)
		mark(px, s, name);
	arena_free(&arena);
}

static void wait_for_next(struct presence_xml_local *local)
{
	const struct silent *first = list_is_empty(&local->silent) ? NULL :
	    container_of(local->silent.next, const struct silent, node);
	msec_t now = loop_now(worker_loop());

	if (first && !timer_is_running(&local->patience))
		timer_start(&local->patience, first->due > now ? first->due - now : 0);
}

static void drop_first(struct presence_xml_local *local)
{
	free(container_of(list_pop_front(&local->silent), struct silent, node));
	local->silent_count--;
}

static void look(struct timer *t)
{
	struct presence_xml_local *local = container_of(t, struct presence_xml_local, patience);
	msec_t now = loop_now(worker_loop());

	while (!list_is_empty(&local->silent)) {
		const struct silent *s = container_of(local->silent.next, const struct silent, node);

		if (s->due > now)
			break;
		judge(local->px, s);
		drop_first(local);
	}
	wait_for_next(local);
}

/* ---- when it registers ---- */

static void expect(struct presence_xml *px, struct slice aor, struct slice epid, flow_id flow)
{
	struct presence_xml_local *local = px_local(px);
	struct silent *s = local->silent_count < SILENT_MAX ?
	    malloc(sizeof(*s) + aor.len + epid.len) : NULL;
	char *at;

	if (!s)
		return;
	at = s->bytes;
	s->due = loop_now(worker_loop()) + px_conf(px)->publish_time;
	s->flow = flow;
	s->aor = slice_put(&at, aor);
	s->epid = slice_put(&at, epid);
	list_push_back(&local->silent, &s->node);
	local->silent_count++;
	wait_for_next(local);
}

void px_bindings_changed(void *arg, struct slice aor, const struct usrloc_aor *old,
    const struct usrloc_aor *now)
{
	struct presence_xml *px = arg;
	struct usrloc_binding b;
	struct slice epid;

	/* What the store gave back is taken before this module has begun on the worker. */
	for (unsigned i = 0; now && px_conf(px)->publish_time && px_local(px)->px &&
	    i < now->count; i++) {
		px->usrloc->binding(now, i, &b);
		if (has_promised(&b, &epid) && !is_bound(px, old, epid, b.received.flow))
			expect(px, aor, epid, b.received.flow);
	}
}

void px_silent_start(struct presence_xml_local *local, struct presence_xml *px)
{
	list_init(&local->silent);
	timer_init(&local->patience, look);
	local->px = px;
}

void px_silent_stop(struct presence_xml_local *local)
{
	timer_stop(&local->patience);
	while (!list_is_empty(&local->silent))
		drop_first(local);
	local->px = NULL;
}
