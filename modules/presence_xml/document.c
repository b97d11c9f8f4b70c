/*
 * modules/presence_xml/document.c - from what the engine keeps of a user to a document.
 */
#include "modules/presence_xml/presence_xml.h"

#include <errno.h>

/* What a user published says nothing any more when his last binding has gone since; should
 * he register again, it counts as long as it lasts. */
static int64_t gone_since(struct presence_xml *px, struct presence_user *u)
{
	const struct presence_publication *pub = NULL;

	if (px->presence->is_registered(u))
		return 0;
	while ((pub = px->presence->next_publication(u, &px->package, pub)))
		if (pub->doc && ((const struct pdoc *)pub->doc)->kind == PDOC_GONE)
			return pub->changed;
	return 0;
}

static struct slice key_of(const struct presence_publication *pub)
{
	if (slice_starts(pub->source, SLICE("epid:")))
		return slice_skip(pub->source, 5);
	return pub->source.len ? pub->source : pub->etag;
}

/* The user's own words go with the endpoint that brought them and are kept when it has gone;
 * of several the last counts. Bodies come oldest first. */
static const struct puser_info *add_sources(struct presence_xml *px, struct presence_user *u,
    struct pstate *st)
{
	const struct presence_publication *pub = NULL;
	const struct puser_info *info = NULL;
	int64_t gone = gone_since(px, u);

	while ((pub = px->presence->next_publication(u, &px->package, pub))) {
		const struct pdoc *doc = pub->doc;

		if (!doc || doc->kind == PDOC_GONE || doc->kind == PDOC_SILENT)
			continue;
		if (doc->info.xml.p)
			info = &doc->info;
		if (doc->kind != PDOC_USER_INFO && (!pub->etag.len || pub->changed > gone))
			pstate_add(st, &(struct psource){ doc, key_of(pub), pub->changed });
	}
	return info;
}

/* Those that have promised to publish and have not. */
static unsigned count_silent(struct presence_xml *px, struct presence_user *u)
{
	const struct presence_publication *pub = NULL;
	unsigned n = 0;

	while ((pub = px->presence->next_publication(u, &px->package, pub)))
		n += pub->doc && ((const struct pdoc *)pub->doc)->kind == PDOC_SILENT;
	return n;
}

static bool all_are_silent(struct presence_xml *px, struct presence_user *u)
{
	unsigned silent = count_silent(px, u);
	const struct usrloc_aor *have = silent ? px->usrloc->find(px->usrloc_state,
	    px->presence->user_aor(u)) : NULL;

	return have && have->count <= silent;
}

/* A registered endpoint that publishes nothing can be reached: that much is known. */
static void add_registration(struct presence_xml *px, struct presence_user *u, struct pstate *st)
{
	if (!st->count && px->presence->is_registered(u) && !all_are_silent(px, u))
		pstate_add(st, &(struct psource){ NULL, SLICE("registered"), 0 });
}

static void add_names(struct presence_xml *px, struct slice aor, struct arena *arena,
    struct pstate *st)
{
	struct presence_xml_names names = { SLICE(""), SLICE(""), SLICE("") };

	if (!px->names || !px->names(px->names_arg, aor, arena, &names))
		return;
	st->display_name = names.display_name;
	st->email = names.email;
	st->phone = names.phone;
}

void px_state(struct presence_xml *px, struct presence_user *u, struct arena *arena,
    struct pstate *st)
{
	struct slice aor = px->presence->user_aor(u);
	const struct puser_info *info;

	pstate_init(st, aor, loop_wall(worker_loop()));
	info = add_sources(px, u, st);
	add_registration(px, u, st);
	add_names(px, aor, arena, st);
	pstate_compose(st, info);
}

static int write_document(struct presence_xml *px, const struct pstate *st,
    struct slice content_type, struct presence_body **out)
{
	pstate_put_fn *put = pstate_writer(content_type);
	struct buf *b = put ? buf_new(1024) : NULL;

	if (!put)
		return -EINVAL;
	if (!b)
		return -ENOMEM;
	b->limit = (uint32_t)px_conf(px)->max_document;
	put(st, b);
	if (b->failed)
		log_warning("presence_xml", "a document was not made, for lack of memory or beyond "
		    "max_document user=%.*s", SLICE_ARG(st->aor));
	*out = b->failed ? NULL : presence_body_new(content_type, SLICE(""), buf_slice(b));
	buf_unref(&b);
	lcs_count(&px_local(px)->documents);
	return *out ? 0 : -ENOMEM;
}

int px_document(struct presence_xml *px, struct presence_user *u, struct slice aor, unsigned view,
    struct slice content_type, struct presence_body **out)
{
	struct arena *arena = arena_new(0);
	struct pstate *st = arena ? arena_alloc(arena, sizeof(*st)) : NULL;
	int err = -ENOMEM;

	if (st) {
		if (u && view == PRESENCE_VIEW_FULL)
			px_state(px, u, arena, st);
		else
			pstate_init(st, aor, loop_wall(worker_loop()));
		/* Names are there when somebody is not: who is blocked would miss them. */
		if (u && view == PRESENCE_VIEW_OFFLINE)
			add_names(px, aor, arena, st);
		err = write_document(px, st, content_type, out);
	}
	arena_free(&arena);
	return err;
}

/* Sources stand best first. */
static struct slice best_endpoint(const struct pstate *st)
{
	for (unsigned i = 0; i < st->count; i++)
		if (st->sources[i].doc && st->sources[i].doc->kind == PDOC_LCS &&
		    st->sources[i].doc->availability >= AVAILABILITY_ONLINE)
			return st->sources[i].key;
	return SLICE("");
}

bool px_is_online(struct presence_xml *px, struct presence_user *u,
    struct presence_xml_summary *out)
{
	struct arena *arena = arena_new(0);
	struct pstate *st = arena ? arena_alloc(arena, sizeof(*st)) : NULL;
	bool online = false;

	if (st) {
		px_state(px, u, arena, st);
		online = pstate_is_online(st);
		out->availability = st->availability;
		out->activity = activity_with(st->scale, st->activity);
		out->is_undisturbed = st->scale >= SCALE_DND && st->scale < SCALE_BACK_SOON;
		out->endpoint = best_endpoint(st);
	}
	arena_free(&arena);
	return online;
}

struct slice px_describe(void *arg, struct presence_user *u, unsigned view, struct arena *arena)
{
	struct pstate *st = arena_alloc(arena, sizeof(*st));

	if (view == PRESENCE_VIEW_NOTHING || !st)
		return SLICE("");
	if (view == PRESENCE_VIEW_OFFLINE)
		return SLICE("offline");
	px_state(arg, u, arena, st);
	return slice_str(state_of_scale(st->scale, st->activity));
}
