/*
 * test/scene/packages.c - module test_packages: event packages to try the presence module with.
 *
 * "test" shows a text that a control method or a PUBLISH sets; "test-self" is for the user
 * himself and tells deltas; who may watch "test" is set by a control method.
 */
#include "modules/presence/presence_api.h"

#include <errno.h>

#define WATCHERS_MAX 8u

struct rule { char watcher[64]; enum presence_right right; };
struct kept { char text[128]; unsigned version, rules; struct rule rule[WATCHERS_MAX]; };

struct packages {
	struct lcs_mod *mod;
	const struct presence_api *api;
	struct presence *p;
	int part;
};

static struct kept *kept_of(struct packages *m, struct presence_user *u)
{
	return m->api->part(u, m->part);
}

static int body_of(struct slice type, struct slice text, struct presence_body **out)
{
	*out = presence_body_new(type, SLICE_NULL, text);
	return *out ? 0 : -ENOMEM;
}

static int build(struct packages *m, struct presence_user *u, unsigned view, struct slice type,
    struct presence_body **out)
{
	const struct presence_package *pk = m->api->package(m->p, SLICE("test"));
	const struct presence_publication *pub = NULL;
	char text[1024];
	size_t len;

	if (view != PRESENCE_VIEW_FULL)
		return body_of(type, SLICE("offline"), out);
	len = (size_t)snprintf(text, sizeof(text), "%s%s", kept_of(m, u)->text,
	    m->api->is_registered(u) ? " registered" : "");
	while ((pub = m->api->next_publication(u, pk, pub)))
		len += (size_t)snprintf(text + len, sizeof(text) - len, " [%.*s]",
		    SLICE_ARG(pub->body));
	return body_of(type, slice_of(text, len), out);
}

static int build_plain(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	(void)one;
	return build(arg, u, view, SLICE("text/plain"), out);
}

static int build_other(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	(void)one;
	return build(arg, u, view, SLICE("text/x-other"), out);
}

static int parse(void *arg, struct slice type, struct slice body, void **doc, const char **why)
{
	(void)arg, (void)type;
	if (slice_starts(body, SLICE("bad"))) {
		*why = "Begins badly";
		return -EBADMSG;
	}
	*doc = malloc(1);
	return *doc ? 0 : -ENOMEM;
}

static void free_doc(void *arg, void *doc)
{
	(void)arg;
	free(doc);
}

static int build_version(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	char text[32];

	(void)view, (void)one;
	return body_of(SLICE("text/plain"), slice_of(text, (size_t)snprintf(text, sizeof(text),
	    "full %u", kept_of(arg, u)->version)), out);
}

static enum presence_right decide(void *arg, struct presence_user *u,
    const struct presence_package *pk, struct slice watcher, struct arena *arena,
    struct slice *why)
{
	const struct kept *k = kept_of(arg, u);

	(void)pk, (void)arena;
	*why = SLICE("a rule of the test");
	for (unsigned i = 0; i < k->rules; i++)
		if (slice_eq(slice_str(k->rule[i].watcher), watcher))
			return k->rule[i].right;
	return PRESENCE_ALLOW;
}

static const struct presence_part part = { "test", sizeof(struct kept), NULL };
static const struct presence_policy policy = { decide };
static const struct presence_format formats[] = {
	{ SLICE_INIT("text/plain"), build_plain }, { SLICE_INIT("text/x-other"), build_other },
	{ SLICE_INIT(""), NULL }
};
static const struct presence_format self_formats[] = {
	{ SLICE_INIT("text/plain"), build_version }, { SLICE_INIT(""), NULL }
};
static const struct slice publish_types[] = { SLICE_INIT("text/plain"), SLICE_INIT("") };
static const struct presence_package package = {
	.name = SLICE_INIT("test"), .formats = formats, .flags = PRESENCE_FOLLOWS,
	.default_expires = 3600, .min_expires = 60, .max_expires = 7200,
	.publish_types = publish_types, .parse = parse, .free_doc = free_doc,
};
static const struct presence_package slow_package = {
	.name = SLICE_INIT("test-slow"), .formats = formats, .min_interval = 5000,
};
static const struct presence_package self_package = {
	.name = SLICE_INIT("test-self"), .formats = self_formats,
	.flags = PRESENCE_SELF_ONLY | PRESENCE_ANNOUNCED,
};

/* ---- control methods ---- */

struct asked { struct packages *m; struct slice user, text, watcher; int what; };

enum { SET, DELTA, RIGHT, SOURCE };

static void set_right(struct packages *m, struct presence_user *u, struct asked *q)
{
	static const char *const words[] = { "allow", "pending", "polite", "deny" };
	struct kept *k = kept_of(m, u);
	unsigned at = 0;

	while (at < k->rules && !slice_eq(slice_str(k->rule[at].watcher), q->watcher))
		at++;
	lcs_assert(at < WATCHERS_MAX && q->watcher.len < sizeof(k->rule[at].watcher));
	if (at == k->rules) {
		m->api->hold(u);
		k->rules++;
	}
	memset(&k->rule[at], 0, sizeof(k->rule[at]));
	memcpy(k->rule[at].watcher, q->watcher.p, q->watcher.len);
	for (unsigned i = 0; i < 4; i++)
		if (slice_eq(slice_str(words[i]), q->text))
			k->rule[at].right = (enum presence_right)i;
	m->api->rights_changed(u);
}

static void push(struct packages *m, struct presence_user *u, struct slice text)
{
	struct presence_body *b = presence_body_new(SLICE("text/plain"), SLICE_NULL, text);

	kept_of(m, u)->version++;
	if (b)
		m->api->push(u, &self_package, b);
	presence_body_unref(&b);
}

static void set_source(struct packages *m, struct presence_user *u, struct slice text)
{
	const struct presence_source s = { .package = &package, .source = SLICE("module"),
	    .content_type = text.len ? SLICE("text/plain") : SLICE_NULL, .body = text };

	m->api->publish(u, &s, NULL, NULL);
}

static void on_owner(unsigned index, void *arg)
{
	struct asked *q = arg;
	struct packages *m = q->m;
	struct presence_user *u;

	if (index != worker_of(lcs_user_key(q->user)))
		return;
	u = m->api->user(m->p, q->user, true);
	if (!u)
		return;
	if (q->what == SET) {
		struct kept *k = kept_of(m, u);

		if (!k->text[0])
			m->api->hold(u);	/* what a module remembers is its affair */
		memset(k->text, 0, sizeof(k->text));
		memcpy(k->text, q->text.p, slice_first(q->text, sizeof(k->text) - 1).len);
		m->api->changed(u, &package);
		m->api->changed(u, &slow_package);
	} else if (q->what == DELTA) {
		push(m, u, q->text);
	} else if (q->what == RIGHT) {
		set_right(m, u, q);
	} else {
		set_source(m, u, q->text);
	}
}

static struct slice param(const json_t *params, const char *name)
{
	const json_t *v = json_object_get(params, name);

	return v ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NULL;
}

static int carry_out(struct lcs_rpc_call *call, int what)
{
	struct asked q = { lcs_shared(call->mod), param(call->params, "user"),
	    param(call->params, "text"), param(call->params, "watcher"), what };

	worker_on_each(on_owner, &q);
	return lcs_rpc_done(call, json_object());
}

static int rpc_set(struct lcs_rpc_call *call)
{
	return carry_out(call, SET);
}

static int rpc_delta(struct lcs_rpc_call *call)
{
	return carry_out(call, DELTA);
}

static int rpc_right(struct lcs_rpc_call *call)
{
	return carry_out(call, RIGHT);
}

static int rpc_source(struct lcs_rpc_call *call)
{
	return carry_out(call, SOURCE);
}

static int load(struct lcs_mod *mod)
{
	struct packages *m = lcs_shared(mod);
	void *shared;

	m->mod = mod;
	m->api = lcs_import(mod, "presence", &shared);
	m->p = shared;
	m->part = m->api->add_part(m->p, &part);
	if (m->part < 0 || m->api->set_policy(m->p, &policy, m) != 0 ||
	    m->api->add_package(m->p, &package, m) != 0 ||
	    m->api->add_package(m->p, &slow_package, m) != 0)
		return -ENOMEM;
	return m->api->add_package(m->p, &self_package, m);
}

static const struct lcs_need needs[] = {
	{ .name = "presence", .version = 1 },
	{ 0 }
};

static const struct lcs_rpc_arg args[] = {
	{ "user", VALUE_STRING, true, "whose" },
	{ "text", VALUE_STRING, true, "what" },
	{ "watcher", VALUE_STRING, false, "for whom" },
	{ 0 }
};

static const struct lcs_rpc rpcs[] = {
	{ "test.set", RIGHT_ADMIN, args, rpc_set, "set the text of a user" },
	{ "test.delta", RIGHT_ADMIN, args, rpc_delta, "push a delta" },
	{ "test.right", RIGHT_ADMIN, args, rpc_right, "set what a watcher may see" },
	{ "test.source", RIGHT_ADMIN, args, rpc_source, "publish as a module" },
	{ 0 }
};

LCS_MODULE(test_packages,
	.summary = "event packages to test with",
	.shared_size = sizeof(struct packages),
	.needs = needs,
	.rpcs = rpcs,
	.flags = MODULE_AT_START,
	.load = load,
);
