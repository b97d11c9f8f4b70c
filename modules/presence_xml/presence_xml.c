/*
 * presence_xml - the event package "presence": what clients publish, one state of it, and
 * documents in the format that each watcher asks for.
 *
 * Sources are PIDF by PUBLISH (RFC 3863, 3903, 4479, 4480), setPresence of LCS clients, and
 * registrations. Watchers get PIDF, CPIM-PIDF, XPIDF or LCS's document, by their Accept.
 */
#include "modules/presence_xml/presence_xml.h"

#include <errno.h>

/* ---- PUBLISH ---- */

static int parse(void *arg, struct slice content_type, struct slice body, void **doc,
    const char **why)
{
	struct presence_xml *px = arg;
	const struct presence_xml_conf *c = px_conf(px);
	const struct pdoc_limits limits = { { (size_t)c->max_body, 32, 4096 },
	    (size_t)c->max_user_info, (size_t)c->max_device };
	struct presence_xml_local *stats = worker_self() >= 0 ? px_local(px) : NULL;
	struct pdoc *read = NULL;
	int err = pdoc_read(content_type, body, &limits, &read, why);

	/* What the store gave back is read before this module has begun on the worker. */
	if (stats)
		lcs_count(err ? &stats->refused : &stats->published);
	*doc = read;
	if (err == -EINVAL)
		*why = "No such content type for presence";
	return err == -ENOMEM || !err ? err : -EBADMSG;
}

static void free_doc(void *arg, void *doc)
{
	struct pdoc *d = doc;

	(void)arg;
	if (d)
		pdoc_free(&d);
}

/* ---- documents for watchers ---- */

/* The engine says which format by the function it calls. */
static int build_pidf(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct presence_xml *px = arg;

	(void)one;
	return px_document(px, u, px->presence->user_aor(u), view, PIDF_TYPE, out);
}

static int build_cpim(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct presence_xml *px = arg;

	(void)one;
	return px_document(px, u, px->presence->user_aor(u), view, CPIM_TYPE, out);
}

static int build_xpidf(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct presence_xml *px = arg;

	(void)one;
	return px_document(px, u, px->presence->user_aor(u), view, XPIDF_TYPE, out);
}

static int build_lcs(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct presence_xml *px = arg;

	(void)one;
	return px_document(px, u, px->presence->user_aor(u), view, MSRTC_TYPE, out);
}

static const struct presence_format formats[] = {
	{ { "application/pidf+xml", 20 }, build_pidf },
	{ { "text/xml+msrtc.pidf", 19 }, build_lcs },
	{ { "application/cpim-pidf+xml", 25 }, build_cpim },
	{ { "application/xpidf+xml", 21 }, build_xpidf },
	{ { "", 0 }, NULL }
};

static const struct slice publish_types[] = {
	{ "application/pidf+xml", 20 },
	{ "application/cpim-pidf+xml", 25 },
	{ "text/xml+msrtc.pidf", 19 },
	{ "", 0 }
};

/* ---- presence follows registration ---- */

static bool has_published(struct presence_xml *px, struct presence_user *u)
{
	const struct presence_publication *pub = NULL;

	while ((pub = px->presence->next_publication(u, &px->package, pub)))
		if (pub->etag.len)
			return true;
	return false;
}

static bool is_marked(struct presence_xml *px, struct presence_user *u)
{
	const struct presence_publication *pub = NULL;

	while ((pub = px->presence->next_publication(u, &px->package, pub)))
		if (slice_eq(pub->source, SLICE("unregistered")))
			return true;
	return false;
}

static void mark(struct presence_xml *px, struct presence_user *u, bool is_gone)
{
	const struct presence_source source = {
		.package = &px->package, .source = SLICE("unregistered"),
		.content_type = is_gone ? GONE_TYPE : SLICE(""), .body = SLICE("-"),
		.expires = px_conf(px)->max_expires / 1000,
	};

	px->presence->publish(u, &source, NULL, NULL);
}

/* Who signs off, or whose connection ends, need not take back what he published: it counts
 * no more until he is back. The mark is durable, so that a restart does not bring him back. */
static void registered(void *arg, struct presence_user *u, bool is_registered)
{
	struct presence_xml *px = arg;

	if (is_registered && is_marked(px, u))
		mark(px, u, false);
	else if (!is_registered && has_published(px, u))
		mark(px, u, true);
}

/* ---- interface ---- */

static int set_names(struct presence_xml *px, bool (*fn)(void *arg, struct slice aor,
    struct arena *arena, struct presence_xml_names *out), void *arg)
{
	if (px->names)
		return -EEXIST;
	px->names = fn;
	px->names_arg = arg;
	return 0;
}

static int offline(struct presence_xml *px, struct slice aor, struct slice content_type,
    struct presence_body **out)
{
	return px_document(px, NULL, aor, PRESENCE_VIEW_OFFLINE, content_type, out);
}

static const struct presence_package *package(struct presence_xml *px)
{
	return &px->package;
}

static const struct presence_xml_api api = { set_names, offline, package, px_is_online };
static const struct lcs_iface ifaces[] = { { "presence_xml", 1, &api }, { 0 } };
static const struct lcs_need needs[] = {
	NEED(struct presence_xml, presence, presence, 1),
	NEED_OPTIONAL(struct presence_xml, service, service, 1),
	NEED_OPTIONAL(struct presence_xml, usrloc, usrloc, 1),
	{ 0 }
};

/* ---- life ---- */

static int add_operations(struct presence_xml *px)
{
	int err;

	if (!px->service)
		return 0;
	px->set_presence = (struct service_operation){ "setPresence", SERVICE_SELF,
	    px_set_presence, px };
	px->get_presence = (struct service_operation){ "getPresence", 0, px_get_presence, px };
	err = px->service->add_operation(px->service_state, &px->set_presence);
	return err ? err : px->service->add_operation(px->service_state, &px->get_presence);
}

static int load(struct lcs_mod *mod)
{
	struct presence_xml *px = lcs_shared(mod);
	int err;

	px->mod = mod;
	px->package = (struct presence_package){
		.name = SLICE("presence"), .formats = formats, .publish_types = publish_types,
		.flags = PRESENCE_ANNOUNCED | PRESENCE_FOLLOWS,
		.parse = parse, .free_doc = free_doc, .describe = px_describe,
		.registered = registered,
	};
	xml_read_init();
	err = px->presence->add_package(px->presence_state, &px->package, px);
	if (!err && px->usrloc)
		err = px->usrloc->watch(px->usrloc_state, px_bindings_changed, px);
	return err ? err : add_operations(px);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct presence_xml *px = lcs_shared(mod);
	const struct presence_xml_conf *c = conf;

	(void)next;
	px->package.default_expires = c->default_expires / 1000;
	px->package.min_expires = c->min_expires / 1000;
	px->package.max_expires = c->max_expires / 1000;
	px->package.min_interval = c->min_interval;
	return 0;
}

static int worker_start(struct lcs_mod *mod, void *arg)
{
	px_silent_start(arg, lcs_shared(mod));
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *arg)
{
	(void)mod;
	px_silent_stop(arg);
}

static int check(const void *conf, struct diag *diag)
{
	const struct presence_xml_conf *c = conf;

	if (c->min_expires > c->max_expires)
		return diag_error(diag, "min_expires", "is above max_expires");
	if (c->default_expires < c->min_expires || c->default_expires > c->max_expires)
		return diag_error(diag, "default_expires",
		    "lies outside min_expires .. max_expires");
	return 0;
}

/* ---- tables ---- */

#define DAY_MS ((int64_t)86400 * 1000)

static const struct lcs_param params[] = {
	PARAM_INT(struct presence_xml_conf, max_body, "65536", 1024, 1048576,
	    "bytes of one published document; a longer one is refused"),
	PARAM_INT(struct presence_xml_conf, max_user_info, "2048", 64, 65536,
	    "characters of the userInfo element that LCS clients keep with the server, as it is "
	    "kept, with its namespaces (LCS itself kept 1024)"),
	PARAM_INT(struct presence_xml_conf, max_device, "8192", 256, 65536,
	    "bytes that an endpoint of an LCS client may say about itself"),
	PARAM_INT(struct presence_xml_conf, max_document, "262144", 4096, 4194304,
	    "bytes of a document for watchers, all sources together; a longer one is not sent, "
	    "and logged"),
	PARAM_BOOL(struct presence_xml_conf, allow_polling, "yes",
	    "answer getPresence, which LCS clients ask for contacts that they do not watch"),
	PARAM_DURATION(struct presence_xml_conf, publish_time, "5m", 0, 86400000, "s",
	    "how long an LCS endpoint that has promised to publish (Supported: "
	    "com.microsoft.msrtc.presence in its REGISTER) is believed to be there without; then its "
	    "user is shown as offline, as far as that endpoint goes, until it publishes. 0: for ever. "
	    "Other clients promise nothing, and are there while they are registered"),
	{ "default_expires", VALUE_DURATION, LCS_AT(struct presence_xml_conf, default_expires, msec_t),
	  "8h", 60000, 365 * DAY_MS, "lifetime of a subscription, and of what is published, that asks "
	  "for none", "s", NULL, PARAM_NEEDS_RESTART },
	{ "min_expires", VALUE_DURATION, LCS_AT(struct presence_xml_conf, min_expires, msec_t),
	  "60s", 0, 365 * DAY_MS, "shorter lifetimes are refused with 423", "s", NULL,
	  PARAM_NEEDS_RESTART },
	{ "max_expires", VALUE_DURATION, LCS_AT(struct presence_xml_conf, max_expires, msec_t),
	  "24h", 60000, 365 * DAY_MS, "longer lifetimes are cut to this", "s", NULL,
	  PARAM_NEEDS_RESTART },
	{ "min_interval", VALUE_DURATION, LCS_AT(struct presence_xml_conf, min_interval, msec_t),
	  "0s", 0, 3600000, "time between two notices to one watcher; 0: each change is told at once",
	  "s", NULL, PARAM_NEEDS_RESTART },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct presence_xml_local, published, STAT_COUNTER, "documents read"),
	LCS_STAT(struct presence_xml_local, refused, STAT_COUNTER, "documents refused"),
	LCS_STAT(struct presence_xml_local, set_presence, STAT_COUNTER, "setPresence requests"),
	LCS_STAT(struct presence_xml_local, get_presence, STAT_COUNTER, "getPresence requests"),
	LCS_STAT(struct presence_xml_local, silent_endpoints, STAT_COUNTER, "endpoints that had promised to "
	    "publish, did not within publish_time, and count as offline"),
	LCS_STAT(struct presence_xml_local, documents, STAT_COUNTER, "documents made for watchers"),
	{ 0 }
};

LCS_MODULE(presence_xml,
	.summary = "presence documents: PIDF, RPID and those of LCS clients",
	.manual =
	    "This module brings the event package `presence`. A user's state is made of all that is\n"
	    "known of him: documents that his clients publish (PUBLISH with `application/pidf+xml`),\n"
	    "what endpoints of LCS clients set (setPresence), and whether he is registered. Who is\n"
	    "registered and publishes nothing is open, but not for longer than `publish_time` by an\n"
	    "LCS endpoint that has promised to publish: its client hangs. When the last binding goes, what was\n"
	    "published before counts no more until the user registers again or publishes anew.\n\n"
	    "Several sources become one: the highest availability decides, then the highest activity,\n"
	    "then the most recent. RPID activities and the numbers of LCS are translated into each\n"
	    "other, so that watchers of either kind see the users of the other:\n\n"
	    "| RPID | availability, activity | state |\n"
	    "|---|---|---|\n"
	    "| none | 300, 400 | available |\n"
	    "| on-the-phone | 300, 500 | busy |\n"
	    "| busy, meeting, appointment, presentation, performance, steering | 300, 600 | busy |\n"
	    "| lunch, breakfast, dinner, meal | 300, 150 | away |\n"
	    "| away, vacation, travel, sleeping and the like | 300, 100 | away |\n"
	    "| away, with the note \"Be right back\" | 300, 300 | be right back |\n"
	    "| (basic closed) | 0, 0 | offline |\n\n"
	    "A watcher gets the format that its Accept prefers: `application/pidf+xml`,\n"
	    "`text/xml+msrtc.pidf`, `application/cpim-pidf+xml` or `application/xpidf+xml`. Who is\n"
	    "blocked politely gets the document of somebody who is not there.\n",
	.conf_size = sizeof(struct presence_xml_conf),
	.local_size = sizeof(struct presence_xml_local),
	.shared_size = sizeof(struct presence_xml),
	.params = params,
	.ifaces = ifaces,
	.needs = needs,
	.stats = stats,
	.load = load,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.check = check,
	.prepare = prepare,
);
