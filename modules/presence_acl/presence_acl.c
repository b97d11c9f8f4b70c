/*
 * presence_acl - the users' lists of who may see them and who may write to and call them.
 *
 * Entries name a user, a domain or everybody; the most special one decides, an administrator's
 * over all. Clients of LCS read the list with vnd-microsoft-roaming-ACL and change it with
 * SERVICE requests; the presence engine and the routing script ask it.
 */
#include "modules/presence_acl/presence_acl.h"

/* ---- the interface ---- */

static const struct roaming_list *find(struct presence_acl *p, struct slice aor)
{
	return roaming_find(&p->lists, aor);
}

static void each(const struct roaming_list *l, void (*fn)(const struct acl_entry *e, void *arg),
    void *arg)
{
	struct acl_walk w = acl_entries(l);
	struct acl_entry e;

	while (acl_next(&w, &e))
		fn(&e, arg);
}

static int change(struct presence_acl *p, const struct roaming_request *req,
    const struct acl_change *changes, unsigned count, roaming_done_fn *done, void *arg)
{
	return p->lists.api->change(&p->lists, req, changes, count, done, arg);
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
	acl_ask(p, roaming_find(&p->lists, p->presence->user_aor(u)), watcher, &v);
	if (arena && why)
		*why = acl_explain(arena, &v);
	return right_of(v.rights.presence);
}

/* ---- what its lists are ---- */

static enum roaming_result apply(struct roaming_draft *d, const void *conf,
    const struct roaming_request *req, const void *changes, unsigned count, const char **why)
{
	const struct acl_conf *c = conf;
	const struct acl_limits limits = { (unsigned)c->max_entries, (size_t)c->max_mask };

	return acl_apply(d, &limits, changes, count, !req->by.len, why);
}

static const char *kind_word(enum acl_kind kind)
{
	return kind == ACL_SET ? "set" : kind == ACL_DELETE ? "delete" : "clear";
}

static void rights_before(const struct roaming_list *list, const struct acl_entry *e, char text[3])
{
	struct acl_walk w = acl_entries(list);
	struct acl_entry old;

	memcpy(text, "--", 3);
	while (acl_next(&w, &old))
		if (old.type == e->type && old.forced == e->forced &&
		    slice_eq_nocase(old.mask, sip_text_bare(e->mask))) {
			text[0] = old.rights.presence;
			text[1] = old.rights.communication;
		}
}

static void audit(const struct roaming_audit *a)
{
	for (unsigned i = 0; i < a->count; i++) {
		const struct acl_change *c = &((const struct acl_change *)a->changes)[i];
		char before[3], after[3] = "--";

		rights_before(a->old, &c->entry, before);
		if (c->kind == ACL_SET) {
			after[0] = c->entry.rights.presence;
			after[1] = c->entry.rights.communication;
		}
		log_notice("audit", "access list changed by=%.*s user=%.*s what=%s type=%s mask=%.*s "
		    "override=%s before=%s after=%s outcome=%s", SLICE_ARG(a->req->by),
		    SLICE_ARG(a->req->aor), kind_word(c->kind), acl_type_name(c->entry.type),
		    SLICE_ARG(c->entry.mask), c->entry.forced ? "yes" : "no", before, after,
		    a->outcome);
	}
}

static const size_t texts[] = { offsetof(struct acl_change, entry.mask) };

/* ---- when a user is renamed ---- */

static void put_change(struct acl_change *changes, unsigned *n, struct acl_change one)
{
	if (changes)
		changes[*n] = one;
	(*n)++;
}

static unsigned copy(const struct roaming_list *l, void *changes)
{
	struct acl_change own = { .kind = ACL_CLEAR }, forced = own, entry = { .kind = ACL_SET };
	struct acl_walk w = acl_entries(l);
	unsigned n = 0;

	forced.entry.forced = true;
	put_change(changes, &n, own);
	put_change(changes, &n, forced);
	while (acl_next(&w, &entry.entry))
		put_change(changes, &n, entry);
	return n;
}

static unsigned rename_entry(const struct roaming_list *l, struct slice from, struct slice to,
    void *changes)
{
	struct acl_change gone = { .kind = ACL_DELETE }, there = { .kind = ACL_SET };
	struct acl_walk w = acl_entries(l);
	unsigned n = 0;

	while (acl_next(&w, &gone.entry)) {
		if (gone.entry.type != ACL_USER || !slice_eq_nocase(gone.entry.mask, from))
			continue;
		there.entry = gone.entry;
		there.entry.mask = to;
		put_change(changes, &n, gone);
		put_change(changes, &n, there);
	}
	return n;
}

static const struct roaming_kind kind = {
	.log = "presence_acl", .lists = "access lists",
	/* Such a row might have kept somebody out. */
	.row_name = "a row of an access list (table presence_acl_entry)",
	.out_of_step = "The access list has another number by now",
	.package = "vnd-microsoft-roaming-ACL",
	.content_type = "application/vnd-microsoft-roaming-acls+xml", .decides_rights = true,
	.change_bytes = sizeof(struct acl_change), .texts = texts, .text_count = 1,
	.draft_new = acl_draft_new, .draft_free = acl_draft_free, .apply = apply,
	.make = acl_make, .audit = audit,
	.schema = &acl_schema, .row = acl_row, .load = acl_load_row,
	.copy = copy, .rename = rename_entry,
	/* Whom she blocks in the first second is to be blocked; an entry depends on no other. */
	.takes_unnumbered = true,
	.put = acl_put_xml, .operations = acl_operations,
	.exporter = "lcsctl --json acl show",
	.import_count = acl_import_count, .import = acl_import,
};

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct presence_acl *p = lcs_shared(mod);
	int err;

	p->presence = lcs_import(mod, "presence", NULL);
	p->policy.decide = decide;
	err = p->presence->roaming->load(mod, &p->lists, &kind);
	return err ? err : p->presence->set_policy(p->lists.p, &p->policy, p);
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

	(void)next;
	acl_rights_parse(c->default_rights, &c->rights);
	return p->lists.api->prepare(&p->lists);
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	struct presence_acl *p = lcs_shared(mod);

	(void)local;
	return p->lists.api->worker_start(&p->lists);
}

static void unload(struct lcs_mod *mod)
{
	struct presence_acl *p = lcs_shared(mod);

	if (p->lists.api)
		p->lists.api->unload(&p->lists);
}

/* ---- tables ---- */

static const struct presence_acl_api api = { find, each, acl_ask, change };
static const struct lcs_iface ifaces[] = { { "presence_acl", 1, &api }, { 0 } };
static const struct lcs_need needs[] = {
	{ .name = "presence", .version = 1 },
	{ .name = "service", .version = 1, .optional = true },
	{ .name = "auth_db", .version = 1, .optional = true },
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_STRING(struct acl_conf, default_rights, "AA",
	    "rights of whom no entry names: presence A (allow), P (ask the user), B (looks offline) "
	    "or D (refuse), then communication A or D"),
	PARAM_INT(struct acl_conf, max_entries, "200", 1, 10000,
	    "entries of one user, those of administrators included"),
	PARAM_INT(struct acl_conf, max_mask, "454", 16, 1024, "bytes of a mask"),
	PARAM_BOOL(struct roaming_conf, resync, "yes",
	    "when a change is refused, send the list to the user's endpoints: a client counts its "
	    "numbers when it asks, and all its later changes would be refused"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct roaming_local, lists, STAT_GAUGE, "users with a list"),
	LCS_STAT(struct roaming_local, entries, STAT_GAUGE, "entries in all lists"),
	ROAMING_STATS,
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
	    "if (!may_communicate()) {\n"
	    "    if (sees_offline()) sl_send_reply(480, \"User is signed out\");\n"
	    "    else sl_send_reply(403, \"Blocked by the user\");\n"
	    "    exit;\n"
	    "}\n"
	    "```\n"
	    "\n"
	    "An answer to any request, OPTIONS or REFER, tells that somebody is there, so all are asked\n"
	    "about, not calls and messages alone. Where messages for who is away are kept with\n"
	    "`m_store()` of module msilo and answered with 202, so must be those of who is blocked\n"
	    "politely, to the same limit: `m_store(keep=false)`; the sample home.cfg does so.\n"
	    "\n"
	    "An administrator edits with `lcsctl acl`: either the user's own entries, as the user\n"
	    "would, or overrides (`--override`), which come before all of the user's and which the\n"
	    "user cannot change. Each such change is logged under `audit` with who, whose, and the\n"
	    "rights before and after. The user sees overrides in the list.\n"
	    "\n"
	    "Answers to setACE and deleteACE: 200; 400 for a mask or rights that are none; 403 above\n"
	    "the limit and for what an administrator has set; 404 for what is not there; 409 for\n"
	    "another number than the current one; 503 when the store cannot take it. Number 0 is that\n"
	    "of a client that has not got its list yet, and is taken for the current one: whom a user\n"
	    "blocks in the first second is blocked.\n",
);
