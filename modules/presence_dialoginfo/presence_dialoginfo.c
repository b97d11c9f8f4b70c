/*
 * presence_dialoginfo - the event package "dialog": which calls a user is in (RFC 4235).
 *
 * Phones publish it, lamps of other phones show it. Each source says all of its dialogs; the
 * document for watchers has those of all sources, and is always whole.
 */
#include "modules/presence/presence_api.h"
#include "modules/presence_dialoginfo/dialogs.h"

#include <errno.h>

struct dialoginfo_conf { int64_t max_body, max_document; };
struct dialoginfo_local { uint64_t published, refused, documents; };

struct dialoginfo {
	struct lcs_mod            *mod;
	const struct presence_api *presence;
	struct presence           *presence_state;
	struct presence_package    package;
	int                        part;	/* struct where */
};

/* Kept with a user. */
struct where {
	int64_t gone;			/* unix seconds: when his last binding went; 0: it did not */
};

static const struct dialoginfo_conf *conf_of(const struct dialoginfo *di)
{
	return lcs_conf(di->mod, gen_peek());
}

static struct dialoginfo_local *local_of(const struct dialoginfo *di)
{
	return worker_self() < 0 ? NULL : lcs_local(di->mod);
}

static int parse(void *arg, struct slice content_type, struct slice body, void **doc,
    const char **why)
{
	struct dialoginfo *di = arg;
	const struct xml_limits limits = { (size_t)conf_of(di)->max_body, 16, 8192 };
	struct dialoginfo_local *stats = local_of(di);
	struct dialogs *d = NULL;
	int err = dialogs_read(body, &limits, &d, why);

	(void)content_type;
	/* What the store gave back is read before this module has begun on the worker. */
	if (stats)
		lcs_count(err ? &stats->refused : &stats->published);
	*doc = d;
	return err == -ENOMEM || !err ? err : -EBADMSG;
}

static void free_doc(void *arg, void *doc)
{
	struct dialogs *d = doc;

	(void)arg;
	if (d)
		dialogs_free(&d);
}

/* RFC 4235 4.1 counts from 0 in each subscription. What was sent before a restart is not known;
 * the seconds since the subscription began are ahead of it at one notice a second. A document
 * without dialogs that follows another one is the same: who is blocked politely does not hear that
 * something has changed. Kept with a subscription: twice the next number, and one if the last
 * document was such a one. */
static uint32_t next_version(const struct dialoginfo *di, const struct presence_sub *one, bool is_empty)
{
	uintptr_t kept = one ? (uintptr_t)di->presence->sub_data(one) : 0, next = kept / 2;

	if (one && !kept)
		next = (uintptr_t)(loop_wall(worker_loop()) - di->presence->sub_info(one)->begun);
	if (kept % 2 && is_empty && !di->presence->wants_full(one))
		return (uint32_t)next - 1;
	if (one)	/* the engine's own object, which it shows as constant to others */
		di->presence->set_sub_data((struct presence_sub *)one,
		    (void *)(2 * (next + 1) + is_empty));
	return (uint32_t)next;
}

/* A phone that has lost its power or its network cannot say that its calls are over: what was
 * published before the user's last binding went counts no more until one is there again. */
static void registered(void *arg, struct presence_user *u, bool is_registered)
{
	struct dialoginfo *di = arg;
	struct where *where = di->presence->part(u, di->part);

	if (is_registered && !where->gone)
		return;
	where->gone = is_registered ? 0 : loop_wall(worker_loop());
	if (di->presence->next_publication(u, &di->package, NULL))
		di->presence->changed(u, &di->package);
}

static const struct presence_publication *next_source(const struct dialoginfo *di,
    struct presence_user *u, const struct presence_publication *pub)
{
	const struct where *where = di->presence->part(u, di->part);

	do
		pub = di->presence->next_publication(u, &di->package, pub);
	while (pub && (!pub->doc || pub->changed <= where->gone));
	return pub;
}

static void put_sources(const struct dialoginfo *di, struct presence_user *u, struct buf *b)
{
	const struct presence_publication *pub = NULL;
	unsigned place = 0;

	while ((pub = next_source(di, u, pub)))
		dialogs_put(b, pub->doc, place++);
}

static int build(void *arg, struct presence_user *u, unsigned view, const struct presence_sub *one,
    struct presence_body **out)
{
	struct dialoginfo *di = arg;
	struct slice aor = di->presence->user_aor(u);
	bool has_any = view == PRESENCE_VIEW_FULL && next_source(di, u, NULL);
	struct buf *b = buf_new(512);

	if (!b)
		return -ENOMEM;
	b->limit = (uint32_t)conf_of(di)->max_document;
	dialogs_begin(b, aor, next_version(di, one, !has_any));
	if (has_any)
		put_sources(di, u, b);
	dialogs_end(b);
	if (b->failed)
		log_warning("presence_dialoginfo", "a document was not made, for lack of memory or "
		    "beyond max_document user=%.*s", SLICE_ARG(aor));
	*out = b->failed ? NULL : presence_body_new(DIALOG_INFO_TYPE, SLICE(""), buf_slice(b));
	buf_unref(&b);
	lcs_count(&local_of(di)->documents);
	return *out ? 0 : -ENOMEM;
}

static const struct presence_format formats[] = {
	{ { "application/dialog-info+xml", 27 }, build }, { { "", 0 }, NULL }
};
static const struct slice publish_types[] = { { "application/dialog-info+xml", 27 }, { "", 0 } };
static const struct lcs_need needs[] = {
	NEED(struct dialoginfo, presence, presence, 1),
	{ 0 }
};

static const struct presence_part part = { "presence_dialoginfo", sizeof(struct where), NULL };

static int load(struct lcs_mod *mod)
{
	struct dialoginfo *di = lcs_shared(mod);

	di->mod = mod;
	di->package = (struct presence_package){
		.name = SLICE("dialog"), .formats = formats, .publish_types = publish_types,
		.flags = PRESENCE_PER_SUB, .parse = parse, .free_doc = free_doc,
		.registered = registered,
	};
	xml_read_init();
	di->part = di->presence->add_part(di->presence_state, &part);
	if (di->part < 0)
		return di->part;
	return di->presence->add_package(di->presence_state, &di->package, di);
}

static const struct lcs_param params[] = {
	PARAM_INT(struct dialoginfo_conf, max_body, "65536", 1024, 1048576,
	    "bytes of one published document; a longer one is refused"),
	PARAM_INT(struct dialoginfo_conf, max_document, "262144", 4096, 4194304,
	    "bytes of a document for watchers, all phones of a user together; a longer one is not "
	    "sent, and logged"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct dialoginfo_local, published, STAT_COUNTER, "documents read"),
	LCS_STAT(struct dialoginfo_local, refused, STAT_COUNTER, "documents refused"),
	LCS_STAT(struct dialoginfo_local, documents, STAT_COUNTER, "documents made for watchers"),
	{ 0 }
};

LCS_MODULE(presence_dialoginfo,
	.summary = "event package dialog: which calls a user is in (RFC 4235)",
	.manual =
	    "Phones with lamps for the lines of others subscribe to `dialog`; phones that publish\n"
	    "their calls (PUBLISH with `application/dialog-info+xml`) light them. Each phone of a\n"
	    "user publishes its own calls; a watcher gets those of all, always the whole state.\n"
	    "When the user's last binding goes, what was published before counts no more until one is\n"
	    "there again. Who is blocked politely sees no call. The server itself reports no calls: a user whose\n"
	    "phones publish nothing is never seen to be in one. The home sample loads the module with\n"
	    "`-A WITH_LAMPS`; without it a subscription to `dialog` goes to the user's own phone.\n",
	.conf_size = sizeof(struct dialoginfo_conf),
	.local_size = sizeof(struct dialoginfo_local),
	.shared_size = sizeof(struct dialoginfo),
	.params = params,
	.needs = needs,
	.stats = stats,
	.load = load,
);
