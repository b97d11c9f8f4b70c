/*
 * modules/presence_acl/rpc.c - lcsctl acl: show, ask, set, remove, export, import.
 */
#include "modules/presence_acl/presence_acl.h"

#include <errno.h>

static struct slice text_param(const json_t *params, const char *name)
{
	const json_t *v = json_object_get(params, name);

	return json_is_string(v) ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NULL;
}

static json_t *json_slice(struct slice s)
{
	json_t *v = json_stringn(s.p ? s.p : "", s.len);

	return v ? v : json_string("(not UTF-8)");
}

static int user_param(const json_t *params, const char *name, struct arena *arena,
    struct slice *aor, struct slice *error)
{
	struct slice text = text_param(params, name);
	struct slice bare = slice_starts_nocase(text, SLICE("sip:")) ? slice_skip(text, 4) : text;
	struct slice uri_text = arena_printf(arena, "sip:%.*s", SLICE_ARG(bare));
	struct sip_uri uri;

	if (uri_text.p && sip_uri_parse(uri_text, &uri, NULL) == 0 && uri.user.len) {
		*aor = sip_uri_aor(arena, &uri);
		return aor->p ? 0 : -ENOMEM;
	}
	*error = arena_printf(arena, "\"%.*s\" is not a user: write name@domain", SLICE_ARG(text));
	return -EINVAL;
}

/* ---- changing: on the owner, who says at once what will come of it ---- */

struct admin_change {
	struct presence_acl *p;
	struct acl_request   req;
	struct acl_answer    answer;
	bool                 is_early;
	int                  err;
};

static void change_on_owner(unsigned index, void *arg)
{
	struct admin_change *a = arg;

	if (index == worker_of(lcs_user_key(a->req.aor)))
		a->err = acl_change_here(a->p, &a->req, &a->answer, &a->is_early);
}

static int carry_out(struct lcs_mod *mod, const json_t *params, const struct acl_change *changes,
    unsigned count, json_t **result, struct arena *arena, struct slice *error)
{
	struct admin_change a = { .p = lcs_shared(mod), .req = { .changes = changes,
	    .count = count, .by = SLICE("administrator") } };
	int err = user_param(params, "user", arena, &a.req.aor, error);

	if (err)
		return err;
	worker_on_each(change_on_owner, &a);
	if (a.err)
		return a.err;
	if (a.is_early && a.answer.result != ACL_OK) {
		*error = arena_printf(arena, "%s; nothing has changed", a.answer.why);
		return -EINVAL;
	}
	*result = json_pack("{s:o, s:I}", "user", json_slice(a.req.aor), "number",
	    (json_int_t)(a.is_early ? a.answer.number : 0));
	return 0;
}

/* "all", a domain, or an address: what it looks like is what it is. */
static void read_who(struct slice who, struct acl_entry *e)
{
	if (slice_eq_nocase(who, SLICE("all")))
		*e = (struct acl_entry){ .type = ACL_ALL, .rights = { 'A', 'A' } };
	else
		*e = (struct acl_entry){ .type = slice_find(who, '@') < who.len ? ACL_USER : ACL_DOMAIN,
		    .mask = who, .rights = { 'A', 'A' } };
}

static int read_entry(const json_t *o, bool wants_rights, struct acl_entry *e)
{
	read_who(text_param(o, "who"), e);
	e->forced = json_is_true(json_object_get(o, "override"));
	return wants_rights ? acl_rights_parse(text_param(o, "rights"), &e->rights) : 0;
}

static int rpc_set(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	struct acl_change change = { .kind = ACL_SET };

	if (read_entry(params, true, &change.entry) != 0) {
		*error = SLICE("rights are one of AA AD PA PD DA DD BA BD: presence, communication");
		return -EINVAL;
	}
	return carry_out(mod, params, &change, 1, result, arena, error);
}

static int rpc_remove(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	struct acl_change change = { .kind = ACL_DELETE };

	read_entry(params, false, &change.entry);
	return carry_out(mod, params, &change, 1, result, arena, error);
}

/* ---- showing ---- */

static json_t *describe(const struct acl_entry *e)
{
	const char rights[2] = { e->rights.presence, e->rights.communication };

	return json_pack("{s:o, s:o, s:b}", "who", e->type == ACL_ALL ? json_string("all") :
	    json_slice(e->mask), "rights", json_slice(slice_of(rights, 2)), "override", (int)e->forced);
}

static int rpc_show(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	struct slice aor = SLICE_NULL;
	int err = user_param(params, "user", arena, &aor, error);
	struct acl_walk w = acl_entries(err ? NULL : acl_find(lcs_shared(mod), aor));
	struct acl_entry e;

	if (err)
		return err;
	*result = json_array();
	while (acl_next(&w, &e))
		json_array_append_new(*result, describe(&e));
	return 0;
}

static int rpc_ask(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	static const struct { char letter; const char *word; } words[] = {
		{ 'A', "allow" }, { 'P', "ask" }, { 'B', "polite block" }, { 'D', "deny" } };
	struct presence_acl *p = lcs_shared(mod);
	struct slice aor = SLICE_NULL, who = SLICE_NULL;
	int err = user_param(params, "user", arena, &aor, error);
	const char *presence = "";
	struct acl_verdict v;

	if (!err)
		err = user_param(params, "who", arena, &who, error);
	if (err)
		return err;
	acl_ask(p, acl_find(p, aor), who, &v);
	for (unsigned i = 0; i < 4; i++)
		if (words[i].letter == v.rights.presence)
			presence = words[i].word;
	*result = json_pack("{s:o, s:o, s:s, s:s, s:o}", "user", json_slice(aor), "who",
	    json_slice(who), "presence", presence, "communication",
	    v.rights.communication == 'A' ? "allow" : "deny", "by", json_slice(acl_explain(arena, &v)));
	return 0;
}

/* ---- importing: entries of the kind that is imported go, all of it is one change ---- */

#define IMPORT_MAX 20000u

static int read_list(const json_t *list, struct acl_change *changes, unsigned *count)
{
	const json_t *o;
	size_t i;

	changes[(*count)++] = (struct acl_change){ .kind = ACL_CLEAR, .entry = { .forced = false } };
	changes[(*count)++] = (struct acl_change){ .kind = ACL_CLEAR, .entry = { .forced = true } };
	json_array_foreach(list, i, o) {
		struct acl_change *c = &changes[(*count)++];

		*c = (struct acl_change){ .kind = ACL_SET };
		if (read_entry(o, true, &c->entry) != 0)
			return -EINVAL;
	}
	return 0;
}

static int rpc_import(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	struct slice text = text_param(params, "list");
	json_t *list = json_loadb(text.p ? text.p : "", text.len, 0, NULL);
	size_t most = 2 + json_array_size(list);
	struct acl_change *changes = most <= IMPORT_MAX ?
	    arena_alloc(arena, most * sizeof(*changes)) : NULL;
	unsigned count = 0;
	int err = changes && json_is_array(list) ? read_list(list, changes, &count) : -EINVAL;

	if (err)
		*error = SLICE("the list must be what \"lcsctl --json acl show\" prints");
	else
		err = carry_out(mod, params, changes, count, result, arena, error);
	json_decref(list);
	return err;
}

/* ---- tables ---- */

#define USER { "user", VALUE_STRING, true, "name@domain: whose list" }
#define WHO { "who", VALUE_STRING, true, "for whom: name@domain, a domain, or \"all\"" }
#define OVERRIDE { "override", VALUE_BOOL, false, \
	"an administrator's entry, before all of the user's own" }

static const struct lcs_rpc_arg user_args[] = { USER, { 0 } };
static const struct lcs_rpc_arg ask_args[] = {
	USER, { "who", VALUE_STRING, true, "name@domain: who would see, write or call" }, { 0 }
};
static const struct lcs_rpc_arg set_args[] = {
	USER, WHO, { "rights", VALUE_STRING, true, "AA AD PA PD DA DD BA BD: presence, communication" },
	OVERRIDE, { 0 }
};
static const struct lcs_rpc_arg remove_args[] = { USER, WHO, OVERRIDE, { 0 } };
static const struct lcs_rpc_arg import_args[] = {
	USER, { "list", VALUE_STRING, true, "as \"lcsctl --json acl show\" prints it" }, { 0 }
};

const struct lcs_rpc acl_rpcs[] = {
	{ "acl.show", RIGHT_READ, user_args, rpc_show, "a user's access list" },
	{ "acl.ask", RIGHT_READ, ask_args, rpc_ask, "what it says about somebody, and why" },
	{ "acl.set", RIGHT_ADMIN, set_args, rpc_set, "add an entry, or change its rights" },
	{ "acl.remove", RIGHT_ADMIN, remove_args, rpc_remove, "remove an entry" },
	{ "acl.import", RIGHT_ADMIN, import_args, rpc_import,
	  "put a list that was shown as JSON in the place of a user's" },
	{ 0 }
};
