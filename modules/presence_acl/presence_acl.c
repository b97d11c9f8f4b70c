/*
 * presence_acl - the users' lists of who may see them and who may write to and call them.
 *
 * Entries name a user, a domain or everybody; the most special one decides, an administrator's
 * over all. Clients of LCS read the list with vnd-microsoft-roaming-ACL and change it with
 * SERVICE requests; the presence engine and the routing script ask it.
 */
#include "modules/presence_acl/presence_acl.h"

#include "utils/buf.h"

#include <errno.h>

static bool same_aor(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(acl_aor((const struct acl_list *)(const void *)node),
	    *(const struct slice *)key);
}

const struct acl_list *acl_find(struct presence_acl *p, struct slice aor)
{
	return (const struct acl_list *)(const void *)rtab_find(p->table, lcs_user_key(aor),
	    same_aor, &aor);
}

void acl_ask(struct presence_acl *p, const struct acl_list *l, struct slice who,
    struct acl_verdict *out)
{
	const struct acl_conf *conf = lcs_conf(p->mod, gen_peek());

	acl_decide(l, who, conf->rights, out);
}

static uint32_t number(const struct acl_list *l) { return l ? l->number : 1; }

static void each(const struct acl_list *l, void (*fn)(const struct acl_entry *e, void *arg),
    void *arg)
{
	struct acl_walk w = acl_entries(l);
	struct acl_entry e;

	while (acl_next(&w, &e))
		fn(&e, arg);
}

/* ---- what the engine asks ---- */

static enum presence_right right_of(char letter)
{
	switch (letter) {
	case 'A': return PRESENCE_ALLOW;
	case 'P': return PRESENCE_PENDING;
	case 'B': return PRESENCE_POLITE_BLOCK;
	default: return PRESENCE_DENY;
	}
}

static enum presence_right decide(void *arg, struct presence_user *u,
    const struct presence_package *pk, struct slice watcher, struct arena *arena, struct slice *why)
{
	struct presence_acl *p = arg;
	struct acl_verdict v;

	(void)pk;
	acl_ask(p, acl_find(p, p->presence->user_aor(u)), watcher, &v);
	if (arena && why)
		*why = acl_explain(arena, &v);
	return right_of(v.rights.presence);
}

/* ---- the event package ---- */

#define TYPE "application/vnd-microsoft-roaming-acls+xml"

struct presence_body *acl_body(const struct acl_list *l)
{
	struct buf *b = buf_new(l ? 128 + l->size * 3 : 128);
	struct presence_body *body = NULL;

	if (b)
		acl_put_xml(b, l);
	if (b && !b->failed)
		body = presence_body_new(SLICE(TYPE), SLICE_NULL, buf_slice(b));
	buf_unref(&b);
	return body;
}

static int build(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct presence_acl *p = arg;

	(void)view;
	(void)one;
	*out = acl_body(acl_find(p, p->presence->user_aor(u)));
	return *out ? 0 : -ENOMEM;
}

static const struct presence_format formats[] = {
	{ { TYPE, sizeof(TYPE) - 1 }, build },
	{ { NULL, 0 }, NULL }
};

static int join_engine(struct presence_acl *p)
{
	int err;

	p->package = (struct presence_package){
		.name = SLICE("vnd-microsoft-roaming-ACL"), .formats = formats,
		.flags = PRESENCE_SELF_ONLY | PRESENCE_ANNOUNCED | PRESENCE_NO_POLICY,
		.default_expires = 28800, .min_expires = 60, .max_expires = 86400,
	};
	p->policy.decide = decide;
	err = p->presence->add_package(p->engine, &p->package, p);
	return err ? err : p->presence->set_policy(p->engine, &p->policy, p);
}

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct presence_acl *p = lcs_shared(mod);
	void *shared = NULL;
	int err;

	p->mod = mod;
	p->presence = lcs_import(mod, "presence", &shared);
	p->engine = shared;
	p->service = lcs_import(mod, "service", &shared);
	p->service_state = p->service ? shared : NULL;
	p->table = rtab_new(1024);
	if (!p->table)
		return -ENOMEM;
	err = join_engine(p);
	return err || !p->service ? err : acl_add_operations(p);
}

static int check(const void *conf, struct diag *diag)
{
	const struct acl_conf *c = conf;
	struct acl_rights rights;

	if (acl_rights_parse(c->default_rights, &rights) != 0)
		return diag_error(diag, "default_rights", "is none of AA AD PA PD DA DD BA BD");
	return 0;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct presence_acl *p = lcs_shared(mod);
	struct acl_conf *c = conf;
	int n;

	(void)next;
	acl_rights_parse(c->default_rights, &c->rights);
	if (p->loaded || !store_is_on())
		return 0;
	n = acl_journal_load(p);
	if (n < 0)
		return n;
	p->loaded = true;
	log_info("presence_acl", "access lists read count=%d", n);
	return 0;
}

static void count_list(const struct rtab_node *node, void *arg)
{
	const struct acl_list *l = (const void *)node;
	struct acl_local *local = arg;

	if ((int)worker_of(lcs_user_key(acl_aor(l))) != worker_self())
		return;
	local->lists++;
	local->entries += l->count;
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	rtab_each(((struct presence_acl *)lcs_shared(mod))->table, count_list, local);
	return 0;
}

static void free_list(const struct rtab_node *node, void *arg)
{
	(void)arg;
	free((void *)(uintptr_t)(const void *)node);
}

static void unload(struct lcs_mod *mod)
{
	struct presence_acl *p = lcs_shared(mod);

	if (!p->table)
		return;
	rtab_each(p->table, free_list, NULL);
	rtab_free(&p->table);
}

/* ---- tables ---- */

static const struct presence_acl_api api = { acl_find, number, each, acl_ask, acl_change };
static const struct lcs_iface ifaces[] = { { "presence_acl", 1, &api }, { 0 } };
static const struct lcs_need needs[] = { { "presence", 1, false }, { "service", 1, true }, { 0 } };

static const struct lcs_param params[] = {
	PARAM_STRING(struct acl_conf, default_rights, "AA",
	    "rights of whom no entry names: presence A (allow), P (ask the user), B (looks offline) "
	    "or D (refuse), then communication A or D"),
	PARAM_INT(struct acl_conf, max_entries, "200", 1, 10000,
	    "entries of one user, those of administrators included"),
	PARAM_INT(struct acl_conf, max_mask, "454", 16, 1024, "bytes of a mask"),
	PARAM_BOOL(struct acl_conf, resync, "yes",
	    "when a change is refused, send the list to the user's endpoints: a client counts its "
	    "numbers when it asks, and all its later changes would be refused"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct acl_local, lists, STAT_GAUGE, "users with a list"),
	LCS_STAT(struct acl_local, entries, STAT_GAUGE, "entries in all lists"),
	LCS_STAT(struct acl_local, changes, STAT_COUNTER, "changes by users, carried out"),
	LCS_STAT(struct acl_local, admin_changes, STAT_COUNTER,
	    "changes by administrators, carried out"),
	LCS_STAT(struct acl_local, refused, STAT_COUNTER, "changes refused, for whatever reason"),
	LCS_STAT(struct acl_local, out_of_step, STAT_COUNTER,
	    "of these for a number that was not current (409)"),
	LCS_STAT(struct acl_local, store_failures, STAT_COUNTER,
	    "of these because the store could not take them (503)"),
	LCS_STAT(struct acl_local, communication_allowed, STAT_COUNTER,
	    "times may_communicate() said yes"),
	LCS_STAT(struct acl_local, communication_denied, STAT_COUNTER,
	    "times may_communicate() said no"),
	{ 0 }
};

LCS_MODULE(presence_acl,
	.summary = "who may see a user, write to and call him (LCS access lists)",
	.conf_size = sizeof(struct acl_conf),
	.local_size = sizeof(struct acl_local),
	.shared_size = sizeof(struct presence_acl),
	.params = params,
	.funcs = acl_funcs,
	.needs = needs,
	.ifaces = ifaces,
	.stats = stats,
	.rpcs = acl_rpcs,
	.schema = &acl_schema,
	.flags = MODULE_AT_START,
	.load = load,
	.check = check,
	.prepare = prepare,
	.worker_start = worker_start,
	.unload = unload,
	.manual =
	    "Each user has one list of entries. An entry is for one user (`USER`, a URI), a domain and\n"
	    "what lies below it (`DOMAIN`), or everybody (`ALL`), and has two letters of rights: the\n"
	    "first for presence (`A` allow, `P` ask the user, `B` block politely: looks offline, `D`\n"
	    "refuse), the second for communication (`A`, `D`). Of the entries that fit the most special\n"
	    "one decides; if none fits, `default_rights`. Nobody needs rights for himself.\n"
	    "\n"
	    "Presence rights work at once: when an entry changes, all watchers of the user are looked\n"
	    "at anew. Communication rights work where the script asks for them:\n"
	    "\n"
	    "```\n"
	    "if (is_method(\"MESSAGE|INVITE\") && !may_communicate()) {\n"
	    "    if (sees_offline()) sl_send_reply(480, \"User is signed out\");\n"
	    "    else sl_send_reply(403, \"Blocked by the user\");\n"
	    "    exit;\n"
	    "}\n"
	    "```\n"
	    "\n"
	    "An administrator edits with `lcsctl acl`: either the user's own entries, as the user\n"
	    "would, or overrides (`--override`), which come before all of the user's and which the\n"
	    "user cannot change. Each such change is logged under `audit` with who, whose, and the\n"
	    "rights before and after. The user sees overrides in the list.\n"
	    "\n"
	    "Answers to setACE and deleteACE: 200; 400 for a mask or rights that are none; 403 above\n"
	    "the limit and for what an administrator has set; 404 for what is not there; 409 for\n"
	    "another number than the current one; 503 when the store cannot take it.\n",
);
