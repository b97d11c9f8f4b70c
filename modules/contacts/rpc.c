/*
 * modules/contacts/rpc.c - lcsctl contacts: show, set, remove, addgroup, setgroup, removegroup,
 * export, import.
 */
#include "modules/contacts/contacts.h"

#include <errno.h>

/* ---- changing ---- */

static struct roaming *lists_of(const struct lcs_mod *mod)
{
	return &((struct contacts *)lcs_shared(mod))->lists;
}

static int one(struct lcs_rpc_call *call, struct contacts_change change)
{
	struct roaming *r = lists_of(call->mod);
	unsigned group = 0;
	int err = r->api->rpc_change(r, call, &change, 1, &group);

	if (!err && group)			/* a contact has none of its own */
		json_object_set_new(call->result, "group", json_integer(group));
	return err;
}

static bool flag_param(const json_t *params, const char *name, bool preset)
{
	const json_t *v = json_object_get(params, name);

	return v ? json_is_true(v) : preset;
}

static int rpc_set(struct lcs_rpc_call *call)
{
	struct contacts_change change = { .kind = CONTACTS_SET, .contact = {
		.uri = json_text(call->params, "contact"), .name = json_text(call->params,
		    "name"),
		.subscribed = flag_param(call->params, "subscribed", true) } };

	if (list_members_parse(json_text(call->params, "groups"), &change.contact.members) != 0)
		return lcs_rpc_fail(call, -EINVAL, "groups are numbers from 1 to 63 with "
		    "blanks between");
	return one(call, change);
}

static int rpc_remove(struct lcs_rpc_call *call)
{
	return one(call, (struct contacts_change){ .kind = CONTACTS_DELETE,
	    .contact = { .uri = json_text(call->params, "contact") } });
}

static unsigned group_param(const json_t *params)
{
	json_int_t n = json_integer_value(json_object_get(params, "group"));

	return n > 0 && n <= CONTACTS_GROUPS_MAX ? (unsigned)n : n ? CONTACTS_GROUPS_MAX + 1 : 0;
}

static int rpc_addgroup(struct lcs_rpc_call *call)
{
	return one(call, (struct contacts_change){ .kind = CONTACTS_ADD_GROUP, .name_is_one = true,
	    .group = { group_param(call->params), json_text(call->params, "name"), { NULL, 0 } } });
}

static int rpc_setgroup(struct lcs_rpc_call *call)
{
	return one(call, (struct contacts_change){ .kind = CONTACTS_MODIFY_GROUP, .name_is_one = true,
	    .group = { group_param(call->params), json_text(call->params, "name"), { NULL, 0 } } });
}

static int rpc_removegroup(struct lcs_rpc_call *call)
{
	return one(call, (struct contacts_change){ .kind = CONTACTS_DELETE_GROUP,
	    .group = { .id = group_param(call->params) } });
}

/* ---- showing ---- */

static int find(struct lcs_rpc_call *call, struct slice *aor, const struct roaming_list **list)
{
	struct roaming *r = lists_of(call->mod);

	return r->api->rpc_find(r, call, aor, list);
}

static json_t *describe_contact(const struct contacts_contact *c)
{
	char members[LIST_MEMBERS_BYTES];

	return json_pack("{s:o, s:o, s:o, s:b}", "contact", json_slice(c->uri), "name",
	    json_slice(c->name), "groups",
	    json_slice(slice_of(members, list_members_format(c->members, members))), "subscribed",
	    (int)c->subscribed);
}

static int rpc_show(struct lcs_rpc_call *call)
{
	struct slice aor = SLICE_NULL;
	const struct roaming_list *l;
	int err = find(call, &aor, &l);
	struct contacts_contact c;
	struct list_walk w;

	if (err)
		return err;
	call->result = json_array();
	w = list_contacts(l);
	while (list_next_contact(&w, &c))
		json_array_append_new(call->result, describe_contact(&c));
	return 0;
}

static int rpc_groups(struct lcs_rpc_call *call)
{
	struct slice aor = SLICE_NULL;
	const struct roaming_list *l;
	int err = find(call, &aor, &l);
	struct contacts_group g = { CONTACTS_UNGROUPED, { "~", 1 }, { "", 0 } };
	struct list_walk w = list_groups(l);

	if (err)
		return err;
	call->result = json_array();
	do {
		json_array_append_new(call->result, json_pack("{s:i, s:o}", "group", (int)g.id, "name",
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

static int rpc_export(struct lcs_rpc_call *call)
{
	struct slice aor = SLICE_NULL;
	const struct roaming_list *l;
	int err = find(call, &aor, &l);
	json_t *groups = json_array(), *contacts = json_array();
	struct contacts_contact c;
	struct contacts_group g;
	struct list_walk w;

	for (w = list_groups(l); list_next_group(&w, &g);)
		json_array_append_new(groups, json_pack("{s:i, s:o, s:o}", "group", (int)g.id,
		    "name", json_slice(g.name), "external", json_slice(g.external)));
	for (w = list_contacts(l); list_next_contact(&w, &c);)
		json_array_append_new(contacts, export_contact(&c));
	call->result = json_pack("{s:o, s:I, s:o, s:o}", "user", json_slice(aor), "number",
	    (json_int_t)roaming_number(l), "groups", groups, "contacts", contacts);
	return err;
}

/* ---- importing: what there was goes, all of it is one change ---- */

static bool read_group(const json_t *o, struct contacts_change *change)
{
	*change = (struct contacts_change){ .kind = CONTACTS_ADD_GROUP, .group = {
		group_param(o), json_text(o, "name"), json_text(o, "external") } };
	return change->group.id != 0;
}

static bool read_contact(const json_t *o, struct contacts_change *change)
{
	*change = (struct contacts_change){ .kind = CONTACTS_SET, .contact = {
		.uri = json_text(o, "contact"), .name = json_text(o, "name"),
		.external = json_text(o, "external"), .extension = json_text(o, "extension"),
		.subscribed = flag_param(o, "subscribed", true) } };
	return list_members_parse(json_text(o, "groups"), &change->contact.members) == 0;
}

/* Nothing else would be an empty list, and all of his would go: above all the refusal that an export
 * of somebody unknown has put into the pipe. */
static bool is_export(const json_t *contacts, const json_t *groups)
{
	return json_is_array(contacts) && (!groups || json_is_array(groups));
}

size_t contacts_import_count(const json_t *list)
{
	const json_t *contacts = json_object_get(list, "contacts");
	const json_t *groups = json_object_get(list, "groups");

	return is_export(contacts, groups) ? 1 + json_array_size(groups) + json_array_size(contacts) : 0;
}

int contacts_import(const json_t *list, void *changes)
{
	struct contacts_change *next = changes;
	const json_t *o;
	size_t i;

	*next++ = (struct contacts_change){ .kind = CONTACTS_CLEAR };
	json_array_foreach(json_object_get(list, "groups"), i, o)
		if (!read_group(o, next++))
			return -EINVAL;
	json_array_foreach(json_object_get(list, "contacts"), i, o)
		if (!read_contact(o, next++))
			return -EINVAL;
	return 0;
}

static int rpc_import(struct lcs_rpc_call *call)
{
	struct roaming *r = lists_of(call->mod);

	return r->api->rpc_import(r, call);
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
	ROAMING_FORCE, { 0 }
};
static const struct lcs_rpc_arg remove_args[] = { USER, CONTACT, { 0 } };
static const struct lcs_rpc_arg addgroup_args[] = {
	USER, { "name", VALUE_STRING, true, "of the group; no other group of the user has it" },
	{ "group", VALUE_INT, false, "its number; else the next that is free" }, ROAMING_FORCE, { 0 }
};
static const struct lcs_rpc_arg setgroup_args[] = {
	USER, { "group", VALUE_INT, true, "its number" },
	{ "name", VALUE_STRING, true, "its new name" }, { 0 }
};
static const struct lcs_rpc_arg removegroup_args[] = {
	USER, { "group", VALUE_INT, true, "its number; it must be empty" }, { 0 }
};
static const struct lcs_rpc_arg import_args[] = {
	USER, { "list", VALUE_STRING, true, "as \"lcsctl --json contacts export\" prints it" },
	ROAMING_FORCE, { 0 }
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
