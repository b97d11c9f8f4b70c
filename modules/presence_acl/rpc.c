/*
 * modules/presence_acl/rpc.c - lcsctl acl: show, ask, set, remove, export, import.
 */
#include "modules/presence_acl/presence_acl.h"

#include <errno.h>

static struct roaming *lists_of(const struct lcs_mod *mod)
{
	return &((struct presence_acl *)lcs_shared(mod))->lists;
}

/* ---- changing ---- */

static int one(struct lcs_rpc_call *call, const struct acl_change *change)
{
	struct roaming *r = lists_of(call->mod);

	return r->api->rpc_change(r, call, change, 1, NULL);
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
	read_who(json_text(o, "who"), e);
	e->forced = json_is_true(json_object_get(o, "override"));
	return wants_rights ? acl_rights_parse(json_text(o, "rights"), &e->rights) : 0;
}

/* Names for groups are no domains; the refusal says what there is instead. */
static int refuse_who(struct lcs_rpc_call *call, const struct acl_entry *e)
{
	struct slice bare = sip_text_bare(slice_trim(e->mask));

	if (e->type != ACL_DOMAIN || slice_find(bare, ':') == bare.len)
		return 0;
	return lcs_rpc_fail(call, -EINVAL, "\"%.*s\" is no user (name@domain), no domain and not "
	    "\"all\": there are no entries for anything else", SLICE_ARG(e->mask));
}

static int rpc_set(struct lcs_rpc_call *call)
{
	struct acl_change change = { .kind = ACL_SET };
	int err;

	if (read_entry(call->params, true, &change.entry) != 0)
		return lcs_rpc_fail(call, -EINVAL, "rights are one of AA AD PA PD DA DD BA "
		    "BD: presence, communication");
	err = refuse_who(call, &change.entry);
	return err ? err : one(call, &change);
}

static int rpc_remove(struct lcs_rpc_call *call)
{
	struct acl_change change = { .kind = ACL_DELETE };

	read_entry(call->params, false, &change.entry);
	return one(call, &change);
}

/* ---- showing ---- */

static json_t *describe(const struct acl_entry *e)
{
	const char rights[2] = { e->rights.presence, e->rights.communication };

	return json_pack("{s:o, s:o, s:b}", "who", e->type == ACL_ALL ? json_string("all") :
	    json_slice(e->mask), "rights", json_slice(slice_of(rights, 2)), "override", (int)e->forced);
}

static int rpc_show(struct lcs_rpc_call *call)
{
	struct roaming *r = lists_of(call->mod);
	struct slice aor;
	const struct roaming_list *l;
	int err = r->api->rpc_find(r, call, &aor, &l);
	struct acl_walk w = acl_entries(l);
	struct acl_entry e;

	if (err)
		return err;
	call->result = json_array();
	while (acl_next(&w, &e))
		json_array_append_new(call->result, describe(&e));
	return 0;
}

static int rpc_ask(struct lcs_rpc_call *call)
{
	static const struct { char letter; const char *word; } words[] = {
		{ 'A', "allow" }, { 'P', "ask" }, { 'B', "polite block" }, { 'D', "deny" } };
	struct presence_acl *p = lcs_shared(call->mod);
	struct slice aor = SLICE_NULL, who = SLICE_NULL;
	const struct roaming_list *l;
	int err = p->lists.api->rpc_find(&p->lists, call, &aor, &l);
	const char *presence = "";
	struct acl_verdict v;

	if (!err)
		err = lcs_rpc_user(call, "who", &who);
	if (err)
		return err;
	acl_ask(p, l, who, &v);
	for (unsigned i = 0; i < 4; i++)
		if (words[i].letter == v.rights.presence)
			presence = words[i].word;
	call->result = json_pack("{s:o, s:o, s:s, s:s, s:o}", "user", json_slice(aor), "who",
	    json_slice(who), "presence", presence, "communication",
	    v.rights.communication == 'A' ? "allow" : "deny", "by",
	    json_slice(acl_explain(call->arena, &v)));
	return 0;
}

/* ---- importing: entries of the kind that is imported go, all of it is one change ---- */

size_t acl_import_count(const json_t *list)
{
	return json_is_array(list) ? 2 + json_array_size(list) : 0;
}

int acl_import(const json_t *list, void *changes)
{
	struct acl_change *next = changes;
	const json_t *o;
	size_t i;

	*next++ = (struct acl_change){ .kind = ACL_CLEAR, .entry = { .forced = false } };
	*next++ = (struct acl_change){ .kind = ACL_CLEAR, .entry = { .forced = true } };
	json_array_foreach(list, i, o) {
		*next = (struct acl_change){ .kind = ACL_SET };
		if (read_entry(o, true, &next++->entry) != 0)
			return -EINVAL;
	}
	return 0;
}

static int rpc_import(struct lcs_rpc_call *call)
{
	struct roaming *r = lists_of(call->mod);

	return r->api->rpc_import(r, call);
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
	OVERRIDE, ROAMING_FORCE, { 0 }
};
static const struct lcs_rpc_arg remove_args[] = { USER, WHO, OVERRIDE, { 0 } };
static const struct lcs_rpc_arg import_args[] = {
	USER, { "list", VALUE_STRING, true, "as \"lcsctl --json acl show\" prints it" },
	ROAMING_FORCE, { 0 }
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
