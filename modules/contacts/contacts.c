/*
 * contacts - the users' contact lists: kept here, the same on every machine they sign in from.
 *
 * Clients of LCS subscribe to their list (vnd-microsoft-roaming-contacts): first the whole of
 * it, then each change as a delta. They change it with SERVICE requests.
 */
#include "modules/contacts/contacts.h"

#include "utils/buf.h"

#include <errno.h>

static bool same_aor(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(list_aor((const struct contacts_list *)(const void *)node),
	    *(const struct slice *)key);
}

const struct contacts_list *contacts_find(struct contacts *c, struct slice aor)
{
	return (const struct contacts_list *)(const void *)rtab_find(c->table, lcs_user_key(aor),
	    same_aor, &aor);
}

void contacts_limits(const struct contacts *c, struct contacts_limits *out)
{
	const struct contacts_conf *conf = lcs_conf(c->mod, gen_peek());

	*out = (struct contacts_limits){ (unsigned)conf->max_contacts, (unsigned)conf->max_groups,
	    (size_t)conf->max_name, (size_t)conf->max_uri, (size_t)conf->max_external,
	    (size_t)conf->max_extension };
}

/* ---- the interface ---- */

static uint32_t number(const struct contacts_list *l) { return l ? l->number : 1; }

static void each(const struct contacts_list *l,
    void (*group)(const struct contacts_group *g, void *arg),
    void (*contact)(const struct contacts_contact *c, void *arg), void *arg)
{
	struct contacts_contact c;
	struct contacts_group g;
	struct list_walk w;

	if (!l)
		return;
	w = list_groups(l);
	while (group && list_next_group(&w, &g))
		group(&g, arg);
	w = list_contacts(l);
	while (contact && list_next_contact(&w, &c))
		contact(&c, arg);
}

/* ---- the event package ---- */

#define TYPE "application/vnd-microsoft-roaming-contacts+xml"

struct presence_body *contacts_full_body(const struct contacts_list *l)
{
	struct buf *b = buf_new(l ? 256 + l->size * 2 : 256);
	struct presence_body *body = NULL;

	if (b)
		contacts_put_full(b, l);
	if (b && !b->failed)
		body = presence_body_new(SLICE(TYPE), SLICE_NULL, buf_slice(b));
	buf_unref(&b);
	return body;
}

static int build(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct contacts *c = arg;

	(void)view;
	(void)one;
	*out = contacts_full_body(contacts_find(c, c->presence->user_aor(u)));
	return *out ? 0 : -ENOMEM;
}

static const struct presence_format formats[] = {
	{ { TYPE, sizeof(TYPE) - 1 }, build },
	{ { NULL, 0 }, NULL }
};

static int add_package(struct contacts *c)
{
	c->package = (struct presence_package){
		.name = SLICE("vnd-microsoft-roaming-contacts"), .formats = formats,
		.flags = PRESENCE_SELF_ONLY | PRESENCE_ANNOUNCED | PRESENCE_NO_POLICY,
		.default_expires = 28800, .min_expires = 60, .max_expires = 86400,
	};
	return c->presence->add_package(c->engine, &c->package, c);
}

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct contacts *c = lcs_shared(mod);
	void *shared = NULL;
	int err;

	c->mod = mod;
	c->presence = lcs_import(mod, "presence", &shared);
	c->engine = shared;
	c->service = lcs_import(mod, "service", &shared);
	c->service_state = c->service ? shared : NULL;
	c->table = rtab_new(1024);
	if (!c->table)
		return -ENOMEM;
	err = add_package(c);
	return err || !c->service ? err : contacts_add_operations(c);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct contacts *c = lcs_shared(mod);
	int n;

	(void)next;
	(void)conf;
	if (c->loaded || !store_is_on())
		return 0;
	n = contacts_journal_load(c);
	if (n < 0)
		return n;
	c->loaded = true;
	log_info("contacts", "contact lists read count=%d", n);
	return 0;
}

static void count_list(const struct rtab_node *node, void *arg)
{
	const struct contacts_list *l = (const void *)node;
	struct contacts_local *local = arg;

	if ((int)worker_of(lcs_user_key(list_aor(l))) != worker_self())
		return;
	local->lists++;
	local->contacts += l->contact_count;
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	rtab_each(((struct contacts *)lcs_shared(mod))->table, count_list, local);
	return 0;
}

static void free_list(const struct rtab_node *node, void *arg)
{
	(void)arg;
	free((void *)(uintptr_t)(const void *)node);
}

static void unload(struct lcs_mod *mod)
{
	struct contacts *c = lcs_shared(mod);

	if (!c->table)
		return;
	rtab_each(c->table, free_list, NULL);
	rtab_free(&c->table);
}

/* ---- tables ---- */

static const struct contacts_api api = { contacts_find, number, each, contacts_change };
static const struct lcs_iface ifaces[] = { { "contacts", 1, &api }, { 0 } };
static const struct lcs_need needs[] = { { "presence", 1, false }, { "service", 1, true }, { 0 } };

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
	PARAM_BOOL(struct contacts_conf, resync, "yes",
	    "when a change is refused, send the whole list to the user's endpoints: a client counts "
	    "its numbers when it asks, and all its later changes would be refused"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct contacts_local, lists, STAT_GAUGE, "users with a list"),
	LCS_STAT(struct contacts_local, contacts, STAT_GAUGE, "contacts in all lists"),
	LCS_STAT(struct contacts_local, changes, STAT_COUNTER, "changes by users, carried out"),
	LCS_STAT(struct contacts_local, admin_changes, STAT_COUNTER,
	    "changes by administrators, carried out"),
	LCS_STAT(struct contacts_local, refused, STAT_COUNTER, "changes refused, for whatever reason"),
	LCS_STAT(struct contacts_local, out_of_step, STAT_COUNTER,
	    "of these for a number that was not current (409)"),
	LCS_STAT(struct contacts_local, too_many, STAT_COUNTER, "of these above a limit"),
	LCS_STAT(struct contacts_local, store_failures, STAT_COUNTER,
	    "of these because the store could not take them (503)"),
	{ 0 }
};

LCS_MODULE(contacts,
	.summary = "contact lists of users (LCS roaming contacts)",
	.conf_size = sizeof(struct contacts_conf),
	.local_size = sizeof(struct contacts_local),
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
	    "another number; 503 when the store cannot take it.\n"
	    "\n"
	    "An administrator sees and edits lists with `lcsctl contacts`; each such change is logged\n"
	    "under `audit` with who, whose, and the numbers before and after, and the user's endpoints\n"
	    "are told as of any other change. `lcsctl --json contacts export USER` and `contacts import`\n"
	    "fit together.\n",
);
