/*
 * modules/contacts/rpc.c - lcsctl contacts: show, set, remove, addgroup, setgroup, removegroup,
 * export, import.
 */
#include "modules/contacts/contacts.h"

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

/* "sip:name@domain" or "name@domain", as lists are kept. */
static int user_param(const json_t *params, struct arena *arena, struct slice *aor,
    struct slice *error)
{
	struct slice text = text_param(params, "user");
	struct slice uri_text = arena_printf(arena, "sip:%.*s", SLICE_ARG(list_bare_uri(text)));
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
	struct contacts        *c;
	struct contacts_request req;
	struct contacts_answer  answer;
	bool                    is_early;
	int                     err;
};

static void change_on_owner(unsigned index, void *arg)
{
	struct admin_change *a = arg;

	if (index == worker_of(lcs_user_key(a->req.aor)))
		a->err = contacts_change_here(a->c, &a->req, &a->answer, &a->is_early);
}

static int carry_out(struct lcs_mod *mod, const json_t *params,
    const struct contacts_change *changes, unsigned count, json_t **result, struct arena *arena,
    struct slice *error)
{
	struct admin_change a = { .c = lcs_shared(mod), .req = { .changes = changes,
	    .count = count, .by = SLICE("administrator") } };
	int err = user_param(params, arena, &a.req.aor, error);

	if (err)
		return err;
	worker_on_each(change_on_owner, &a);
	if (a.err)
		return a.err;
	if (a.is_early && a.answer.result != CONTACTS_OK) {
		*error = arena_printf(arena, "%s; nothing has changed", a.answer.why);
		return -EINVAL;
	}
	*result = json_pack("{s:o, s:I, s:I}", "user", json_slice(a.req.aor), "number",
	    (json_int_t)(a.is_early ? a.answer.number : 0), "group",
	    (json_int_t)(a.is_early ? a.answer.group : 0));
	return 0;
}

static int one(struct lcs_mod *mod, const json_t *params, struct contacts_change change,
    json_t **result, struct arena *arena, struct slice *error)
{
	return carry_out(mod, params, &change, 1, result, arena, error);
}

static bool flag_param(const json_t *params, const char *name, bool preset)
{
	const json_t *v = json_object_get(params, name);

	return v ? json_is_true(v) : preset;
}

static int rpc_set(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	struct contacts_change change = { .kind = CONTACTS_SET, .contact = {
		.uri = text_param(params, "contact"), .name = text_param(params, "name"),
		.subscribed = flag_param(params, "subscribed", true) } };

	if (list_members_parse(text_param(params, "groups"), &change.contact.members) != 0) {
		*error = SLICE("groups are numbers from 1 to 63 with blanks between");
		return -EINVAL;
	}
	return one(mod, params, change, result, arena, error);
}

static int rpc_remove(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	return one(mod, params, (struct contacts_change){ .kind = CONTACTS_DELETE,
	    .contact = { .uri = text_param(params, "contact") } }, result, arena, error);
}

static unsigned group_param(const json_t *params)
{
	json_int_t n = json_integer_value(json_object_get(params, "group"));

	return n > 0 && n <= CONTACTS_GROUPS_MAX ? (unsigned)n : n ? CONTACTS_GROUPS_MAX + 1 : 0;
}

static int rpc_addgroup(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	return one(mod, params, (struct contacts_change){ .kind = CONTACTS_ADD_GROUP,
	    .group = { group_param(params), text_param(params, "name"), SLICE_NULL } }, result, arena,
	    error);
}

static int rpc_setgroup(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	return one(mod, params, (struct contacts_change){ .kind = CONTACTS_MODIFY_GROUP,
	    .group = { group_param(params), text_param(params, "name"), SLICE_NULL } }, result, arena,
	    error);
}

static int rpc_removegroup(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	return one(mod, params, (struct contacts_change){ .kind = CONTACTS_DELETE_GROUP,
	    .group = { .id = group_param(params) } }, result, arena, error);
}

/* ---- showing ---- */

static json_t *describe_contact(const struct contacts_contact *c)
{
	char members[LIST_MEMBERS_BYTES];

	return json_pack("{s:o, s:o, s:o, s:b}", "contact", json_slice(c->uri), "name",
	    json_slice(c->name), "groups",
	    json_slice(slice_of(members, list_members_format(c->members, members))), "subscribed",
	    (int)c->subscribed);
}

static int rpc_show(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	struct slice aor = SLICE_NULL;
	int err = user_param(params, arena, &aor, error);
	const struct contacts_list *l = err ? NULL : contacts_find(lcs_shared(mod), aor);
	struct contacts_contact c;
	struct list_walk w;

	if (err)
		return err;
	*result = json_array();
	if (!l)
		return 0;
	w = list_contacts(l);
	while (list_next_contact(&w, &c))
		json_array_append_new(*result, describe_contact(&c));
	return 0;
}

static int rpc_groups(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	struct slice aor = SLICE_NULL;
	int err = user_param(params, arena, &aor, error);
	const struct contacts_list *l = err ? NULL : contacts_find(lcs_shared(mod), aor);
	struct contacts_group g = { CONTACTS_UNGROUPED, { "~", 1 }, { "", 0 } };
	struct list_walk w = { NULL, 0 };

	if (err)
		return err;
	*result = json_array();
	if (l)
		w = list_groups(l);
	do {
		json_array_append_new(*result, json_pack("{s:i, s:o}", "group", (int)g.id, "name",
		    json_slice(g.name)));
	} while (list_next_group(&w, &g));
	return 0;
}

static json_t *export_contact(const struct contacts_contact *c)
{
	json_t *o = describe_contact(c);

	json_object_set_new(o, "external", json_slice(c->external));
	json_object_set_new(o, "extension", json_slice(c->extension));
	return o;
}

static int rpc_export(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	struct slice aor = SLICE_NULL;
	int err = user_param(params, arena, &aor, error);
	const struct contacts_list *l = err ? NULL : contacts_find(lcs_shared(mod), aor);
	json_t *groups = json_array(), *contacts = json_array();
	struct contacts_contact c;
	struct contacts_group g;
	struct list_walk w;

	if (l) {
		for (w = list_groups(l); list_next_group(&w, &g);)
			json_array_append_new(groups, json_pack("{s:i, s:o, s:o}", "group", (int)g.id,
			    "name", json_slice(g.name), "external", json_slice(g.external)));
		for (w = list_contacts(l); list_next_contact(&w, &c);)
			json_array_append_new(contacts, export_contact(&c));
	}
	*result = json_pack("{s:o, s:I, s:o, s:o}", "user", json_slice(aor), "number",
	    (json_int_t)(l ? l->number : 1), "groups", groups, "contacts", contacts);
	return err;
}

/* ---- importing: what there was goes, all of it is one change ---- */

#define IMPORT_MAX 20000u

static bool read_group(const json_t *o, struct contacts_change *change)
{
	*change = (struct contacts_change){ .kind = CONTACTS_ADD_GROUP, .group = {
		group_param(o), text_param(o, "name"), text_param(o, "external") } };
	return change->group.id != 0;
}

static bool read_contact(const json_t *o, struct contacts_change *change)
{
	*change = (struct contacts_change){ .kind = CONTACTS_SET, .contact = {
		.uri = text_param(o, "contact"), .name = text_param(o, "name"),
		.external = text_param(o, "external"), .extension = text_param(o, "extension"),
		.subscribed = flag_param(o, "subscribed", true) } };
	return list_members_parse(text_param(o, "groups"), &change->contact.members) == 0;
}

static int read_list(const json_t *list, struct contacts_change *changes, unsigned *count)
{
	const json_t *o;
	size_t i;

	changes[(*count)++] = (struct contacts_change){ .kind = CONTACTS_CLEAR };
	json_array_foreach(json_object_get(list, "groups"), i, o)
		if (!read_group(o, &changes[(*count)++]))
			return -EINVAL;
	json_array_foreach(json_object_get(list, "contacts"), i, o)
		if (!read_contact(o, &changes[(*count)++]))
			return -EINVAL;
	return 0;
}

static int rpc_import(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	struct slice text = text_param(params, "list");
	json_t *list = json_loadb(text.p ? text.p : "", text.len, 0, NULL);
	size_t most = 1 + json_array_size(json_object_get(list, "groups")) +
	    json_array_size(json_object_get(list, "contacts"));
	struct contacts_change *changes = most <= IMPORT_MAX ?
	    arena_alloc(arena, most * sizeof(*changes)) : NULL;
	unsigned count = 0;
	int err = changes && json_is_object(list) ? read_list(list, changes, &count) : -EINVAL;

	if (err)
		*error = SLICE("the list must be what \"lcsctl --json contacts export\" prints");
	else
		err = carry_out(mod, params, changes, count, result, arena, error);
	json_decref(list);
	return err;
}

/* ---- tables ---- */

#define USER { "user", VALUE_STRING, true, "name@domain: whose list" }
#define CONTACT { "contact", VALUE_STRING, true, "name@domain: the contact" }

static const struct lcs_rpc_arg user_args[] = { USER, { 0 } };
static const struct lcs_rpc_arg set_args[] = {
	USER, CONTACT,
	{ "name", VALUE_STRING, false, "to be shown; else the contact's own name is" },
	{ "groups", VALUE_STRING, false, "numbers of groups with blanks between; else group 1" },
	{ "subscribed", VALUE_BOOL, false, "whether clients watch the contact's presence; yes" },
	{ 0 }
};
static const struct lcs_rpc_arg remove_args[] = { USER, CONTACT, { 0 } };
static const struct lcs_rpc_arg addgroup_args[] = {
	USER, { "name", VALUE_STRING, true, "of the group" },
	{ "group", VALUE_INT, false, "its number; else the next that is free" }, { 0 }
};
static const struct lcs_rpc_arg setgroup_args[] = {
	USER, { "group", VALUE_INT, true, "its number" },
	{ "name", VALUE_STRING, true, "its new name" }, { 0 }
};
static const struct lcs_rpc_arg removegroup_args[] = {
	USER, { "group", VALUE_INT, true, "its number; it must be empty" }, { 0 }
};
static const struct lcs_rpc_arg import_args[] = {
	USER, { "list", VALUE_STRING, true, "as \"lcsctl --json contacts export\" prints it" }, { 0 }
};

const struct lcs_rpc contacts_rpcs[] = {
	{ "contacts.show", RIGHT_READ, user_args, rpc_show, "a user's contacts" },
	{ "contacts.groups", RIGHT_READ, user_args, rpc_groups, "a user's groups" },
	{ "contacts.set", RIGHT_ADMIN, set_args, rpc_set, "add a contact, or change it" },
	{ "contacts.remove", RIGHT_ADMIN, remove_args, rpc_remove, "remove a contact" },
	{ "contacts.addgroup", RIGHT_ADMIN, addgroup_args, rpc_addgroup, "add a group" },
	{ "contacts.setgroup", RIGHT_ADMIN, setgroup_args, rpc_setgroup, "rename a group" },
	{ "contacts.removegroup", RIGHT_ADMIN, removegroup_args, rpc_removegroup,
	  "remove an empty group" },
	{ "contacts.export", RIGHT_READ, user_args, rpc_export, "a user's whole list, to be kept" },
	{ "contacts.import", RIGHT_ADMIN, import_args, rpc_import,
	  "put a list that was exported in the place of a user's" },
	{ 0 }
};
