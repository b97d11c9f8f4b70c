/*
 * contacts - the users' contact lists: kept here, the same on every machine they sign in from.
 *
 * Clients of LCS subscribe to their list (vnd-microsoft-roaming-contacts): first the whole of
 * it, then each change as a delta. They change it with SERVICE requests.
 */
#include "modules/contacts/contacts.h"

/* ---- the interface ---- */

static const struct roaming_list *find(struct contacts *c, struct slice aor)
{
	return roaming_find(&c->lists, aor);
}

static void each(const struct roaming_list *l,
    void (*group)(const struct contacts_group *g, void *arg),
    void (*contact)(const struct contacts_contact *c, void *arg), void *arg)
{
	struct list_walk groups = list_groups(l), contacts = list_contacts(l);
	struct contacts_contact c;
	struct contacts_group g;

	while (group && list_next_group(&groups, &g))
		group(&g, arg);
	while (contact && list_next_contact(&contacts, &c))
		contact(&c, arg);
}

static int change(struct contacts *c, const struct roaming_request *req,
    const struct contacts_change *changes, unsigned count, roaming_done_fn *done, void *arg)
{
	return c->lists.api->change(&c->lists, req, changes, count, done, arg);
}

/* ---- what its lists are ---- */

static enum roaming_result apply(struct roaming_draft *d, const void *conf,
    const struct roaming_request *req, const void *changes, unsigned count, const char **why)
{
	const struct contacts_conf *c = conf;
	const struct contacts_limits limits = { (unsigned)c->max_contacts, (unsigned)c->max_groups,
	    (size_t)c->max_name, (size_t)c->max_uri, (size_t)c->max_external,
	    (size_t)c->max_extension };

	(void)req;
	return draft_apply(d, &limits, changes, count, why);
}

static const char *kind_word(enum contacts_kind kind)
{
	static const char *const words[] = { "set", "remove", "addgroup", "setgroup", "removegroup",
	    "replace" };

	return words[kind];
}

/* What was changed; of a whole list that came that it came. */
static void audit(const struct roaming_audit *a)
{
	const struct contacts_change *c = a->changes;

	log_notice("audit", "contact list changed by=%.*s user=%.*s what=%s contact=%.*s group=%u "
	    "name=\"%.*s\" changes=%u number_before=%u number_after=%u contacts_before=%u "
	    "contacts_after=%u outcome=%s", SLICE_ARG(a->req->by), SLICE_ARG(a->req->aor),
	    kind_word(c->kind), SLICE_ARG(c->contact.uri), c->group.id,
	    SLICE_ARG(c->contact.uri.len ? c->contact.name : c->group.name), a->count,
	    a->draft->prev, a->draft->number, roaming_count(a->old), a->next->count, a->outcome);
}

/* ---- when a user is renamed ---- */

static void put_change(struct contacts_change *changes, unsigned *n, struct contacts_change one)
{
	if (changes)
		changes[*n] = one;
	(*n)++;
}

static unsigned copy(const struct roaming_list *l, void *changes)
{
	struct list_walk groups = list_groups(l), contacts = list_contacts(l);
	struct contacts_change clear = { .kind = CONTACTS_CLEAR };
	struct contacts_change group = { .kind = CONTACTS_ADD_GROUP };
	struct contacts_change contact = { .kind = CONTACTS_SET };
	unsigned n = 0;

	put_change(changes, &n, clear);
	while (list_next_group(&groups, &group.group))
		put_change(changes, &n, group);
	while (list_next_contact(&contacts, &contact.contact))
		put_change(changes, &n, contact);
	return n;
}

static unsigned rename_contact(const struct roaming_list *l, struct slice from, struct slice to,
    void *changes)
{
	struct contacts_change gone = { .kind = CONTACTS_DELETE }, there = { .kind = CONTACTS_SET };
	struct list_walk w = list_contacts(l);
	unsigned n = 0;

	while (list_next_contact(&w, &gone.contact)) {
		if (!slice_eq_nocase(gone.contact.uri, from))
			continue;
		there.contact = gone.contact;
		there.contact.uri = to;
		put_change(changes, &n, gone);
		put_change(changes, &n, there);
	}
	return n;
}

#define TEXT(field) offsetof(struct contacts_change, field)

static const size_t texts[] = {
	TEXT(contact.uri), TEXT(contact.name), TEXT(contact.external), TEXT(contact.extension),
	TEXT(group.name), TEXT(group.external)
};

static const struct roaming_kind kind = {
	.log = "contacts", .lists = "contact lists", .row_name = "a row of a contact list",
	.out_of_step = "The contact list has another number by now",
	.package = "vnd-microsoft-roaming-contacts",
	.content_type = "application/vnd-microsoft-roaming-contacts+xml",
	.change_bytes = sizeof(struct contacts_change),
	.texts = texts, .text_count = sizeof(texts) / sizeof(texts[0]),
	.draft_new = draft_new, .draft_free = draft_free, .apply = apply, .make = list_make,
	.audit = audit,
	.schema = &contacts_schema, .row = contacts_row, .load = contacts_load_row,
	.copy = copy, .rename = rename_contact,
	.put = contacts_put_full, .put_delta = contacts_put_delta,
	.operations = contacts_operations,
	.exporter = "lcsctl --json contacts export",
	.import_count = contacts_import_count, .import = contacts_import,
};

/* ---- life ---- */

static struct roaming *lists_of(const struct lcs_mod *mod)
{
	return &((struct contacts *)lcs_shared(mod))->lists;
}

static int load(struct lcs_mod *mod)
{
	const struct presence_api *presence = lcs_import(mod, "presence", NULL);

	return presence->roaming->load(mod, lists_of(mod), &kind);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	(void)next;
	(void)conf;
	return lists_of(mod)->api->prepare(lists_of(mod));
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	(void)local;
	return lists_of(mod)->api->worker_start(lists_of(mod));
}

static void unload(struct lcs_mod *mod)
{
	if (lists_of(mod)->api)
		lists_of(mod)->api->unload(lists_of(mod));
}

/* ---- tables ---- */

static const struct contacts_api api = { find, each, change };
static const struct lcs_iface ifaces[] = { { "contacts", 1, &api }, { 0 } };
static const struct lcs_need needs[] = {
	{ .name = "presence", .version = 1 },
	{ .name = "service", .version = 1, .optional = true },
	{ .name = "auth_db", .version = 1, .optional = true },
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_INT(struct contacts_conf, max_contacts, "150", 1, 10000, "contacts of one user"),
	PARAM_INT(struct contacts_conf, max_groups, "63", 1, 63,
	    "groups of one user, counting the one that is always there"),
	PARAM_INT(struct contacts_conf, max_name, "256", 1, 1024,
	    "bytes of a group's or contact's name"),
	PARAM_INT(struct contacts_conf, max_uri, "454", 16, LIST_URI_BYTES,
	    "bytes of a contact's address"),
	PARAM_INT(struct contacts_conf, max_external, "1024", 0, 2048, "bytes of an externalURI"),
	PARAM_INT(struct contacts_conf, max_extension, "1024", 0, 16384,
	    "bytes of what clients add to a contact (contactExtension)"),
	PARAM_BOOL(struct roaming_conf, resync, "yes",
	    "when a change is refused, send the whole list to the user's endpoints: a client counts "
	    "its numbers when it asks, and all its later changes would be refused"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct roaming_local, lists, STAT_GAUGE, "users with a list"),
	{ "contacts", STAT_GAUGE, LCS_AT(struct roaming_local, entries, uint64_t),
	  "contacts in all lists" },
	ROAMING_STATS,
	LCS_STAT(struct roaming_local, too_many, STAT_COUNTER, "of these above a limit"),
	{ 0 }
};

LCS_MODULE(contacts,
	.summary = "contact lists of users (LCS roaming contacts)",
	.conf_size = sizeof(struct contacts_conf),
	.local_size = sizeof(struct roaming_local),
	.shared_size = sizeof(struct contacts),
	.params = params,
	.needs = needs,
	.ifaces = ifaces,
	.stats = stats,
	.rpcs = contacts_rpcs,
	.schema = &contacts_schema,
	.flags = MODULE_AT_START,
	.load = load,
	.prepare = prepare,
	.worker_start = worker_start,
	.unload = unload,
	.manual =
	    "Each user has one list: groups 1 to 63, of which group 1 (\"~\") is always there, and\n"
	    "contacts, each in one group or more. The list has a number that begins at 1 and goes up by\n"
	    "one with each change. A client names the number it knows; if another is current it gets\n"
	    "409 and nothing changes. An accepted change is on disk before its 200; then all endpoints\n"
	    "of the user, the one that asked included, get it as a delta.\n"
	    "\n"
	    "Answers to a change: 200; 400 for what is no address, too long or malformed; 403 above a\n"
	    "limit, for group 1 and for a group that is not empty; 404 for what is not there; 409 for\n"
	    "another number, and for number 0, which is that of a client without its list;\n"
	    "503 when the store cannot take it.\n"
	    "\n"
	    "An administrator sees and edits lists with `lcsctl contacts`; each such change is logged\n"
	    "under `audit` with who, whose, what, and the numbers before and after; the user's endpoints\n"
	    "are told as of any other change. `lcsctl --json contacts export USER` and `contacts import`\n"
	    "fit together.\n",
);
