/*
 * modules/xcap_server/rules.c - pres-rules (RFC 5025, RFC 4745): the access list as a document.
 *
 * Rules add up: who is named by several has the most that one of them gives. Of the entries of an
 * access list the most special counts. So what is general is written with exceptions, and a
 * document is understood by asking it about everybody whom it names.
 */
#include "modules/xcap_server/rules.h"

#include "modules/xcap_server/xcap.h"
#include "utils/xml_write.h"

#include <errno.h>
#include <stdlib.h>

/* ---- entries, of the server or wanted ---- */

struct row {
	struct acl_entry entry;
	bool             is_there;	/* in the user's list now */
	bool             is_named;	/* a rule is for just these */
	bool             stays;
	struct acl_rights was;		/* if is_there */
};

struct rows {
	struct arena     *arena;
	struct row       *list;
	unsigned          count, room;
	struct acl_rights preset;	/* of whom nothing is said */
	bool              is_short;
};

static struct row *find(const struct rows *r, enum acl_type type, struct slice mask)
{
	for (unsigned i = 0; i < r->count; i++)
		if (r->list[i].entry.type == type && slice_eq_nocase(r->list[i].entry.mask, mask))
			return &r->list[i];
	return NULL;
}

static struct row *add(struct rows *r, enum acl_type type, struct slice mask)
{
	struct row *old = find(r, type, mask), *more;

	if (old)
		return old;
	if (r->count == r->room) {
		r->room = r->room ? 2 * r->room : 32;
		more = arena_alloc(r->arena, r->room * sizeof(*more));
		r->is_short |= !more;
		if (!more)
			return NULL;
		if (r->count)
			memcpy(more, r->list, r->count * sizeof(*more));
		r->list = more;
	}
	r->list[r->count] = (struct row){ .entry = { .type = type, .mask = mask } };
	return &r->list[r->count++];
}

/* An administrator's entries are not the user's to write, so they are not in the document. */
static void take(const struct acl_entry *entry, void *arg)
{
	struct rows *r = arg;
	struct slice mask = entry->mask.len ? arena_dup(r->arena, entry->mask) : SLICE("");
	struct row *row = !entry->forced && mask.p ? add(r, entry->type, mask) : NULL;

	r->is_short |= !mask.p;
	if (!row)
		return;
	row->entry.rights = row->was = entry->rights;
	row->is_there = true;
}

static uint32_t read_server(struct xcap *x, struct slice aor, struct rows *r)
{
	const struct roaming_list *l = x->acl->find(x->acl_state, aor);
	struct acl_verdict nobody;

	x->acl->decide(x->acl_state, NULL, SLICE("nobody@invalid"), &nobody);
	r->preset = nobody.rights;
	if (l)
		x->acl->each(l, take, r);
	return roaming_number(l);
}

/* ---- the document ---- */

/* What gives more than row has, and would cover it, must make an exception of it. */
static bool is_exception(const struct acl_entry *general, const struct acl_entry *special)
{
	if (special->type >= general->type || rule_rank(special->rights.presence) >=
	    rule_rank(general->rights.presence))
		return false;
	return general->type == ACL_ALL || slice_eq_nocase(rule_host(special->mask), general->mask);
}

static void put_user(struct xml_writer *w, const char *element, struct slice mask)
{
	xml_begin(w, element);
	xml_put_attr_pair(w, "id", SLICE("sip:"), mask);
	xml_end(w);
}

static void put_many(struct xml_writer *w, const struct rows *r, const struct acl_entry *e)
{
	xml_begin(w, "many");
	if (e->type == ACL_DOMAIN)
		xml_put_attr(w, "domain", e->mask);
	for (unsigned i = 0; i < r->count; i++) {
		const struct acl_entry *other = &r->list[i].entry;

		if (!is_exception(e, other))
			continue;
		if (other->type == ACL_USER) {
			put_user(w, "except", other->mask);
			continue;
		}
		xml_begin(w, "except");
		xml_put_attr(w, "domain", other->mask);
		xml_end(w);
	}
	xml_end(w);
}

/* The same entry has the same name as long as it lives. */
static struct slice rule_id(struct arena *arena, const struct acl_entry *e)
{
	static const char letters[] = { [ACL_USER] = 'u', [ACL_DOMAIN] = 'd', [ACL_ALL] = 'a' };
	char hex[2 * DIGEST_MAX_BYTES];

	if (e->type == ACL_ALL)
		return SLICE("all");
	if (digest_hex(DIGEST_SHA256, &e->mask, 1, hex) != 0)
		return SLICE_NULL;
	return arena_printf(arena, "%c%.16s", letters[e->type], hex);
}

/* RFC 5025: who may watch sees nothing but what is provided. */
static void put_everything(struct xml_writer *w)
{
	static const char *const all[][2] = {
		{ "pr:provide-devices", "pr:all-devices" }, { "pr:provide-persons", "pr:all-persons" },
		{ "pr:provide-services", "pr:all-services" },
	};

	xml_begin(w, "transformations");
	for (unsigned i = 0; i < 3; i++) {
		xml_begin(w, all[i][0]);
		xml_begin(w, all[i][1]);
		xml_end(w);
		xml_end(w);
	}
	xml_begin(w, "pr:provide-all-attributes");
	xml_end(w);
	xml_end(w);
}

static void put_rule(struct xml_writer *w, const struct rows *r, const struct acl_entry *e)
{
	xml_begin(w, "rule");
	xml_put_attr(w, "id", rule_id(r->arena, e));
	xml_begin(w, "conditions");
	xml_begin(w, "identity");
	if (e->type == ACL_USER)
		put_user(w, "one", e->mask);
	else
		put_many(w, r, e);
	xml_end(w);
	xml_end(w);
	xml_begin(w, "actions");
	xml_put_leaf(w, "pr:sub-handling", slice_str(rule_word(e->rights.presence)));
	xml_end(w);
	if (e->rights.presence == 'A')
		put_everything(w);
	xml_end(w);
}

static void put_rules(struct buf *out, const struct rows *r)
{
	const struct acl_entry all = { .type = ACL_ALL, .mask = SLICE(""), .rights = r->preset };
	struct xml_writer w;

	xml_write_init(&w, out);
	xml_write_head(&w);
	xml_begin(&w, "ruleset");
	xml_put_attr(&w, "xmlns", RULES_NS);
	xml_put_attr(&w, "xmlns:pr", RULES_HANDLE_NS);
	for (unsigned i = 0; i < r->count; i++)
		put_rule(&w, r, &r->list[i].entry);
	if (!find(r, ACL_ALL, SLICE("")))
		put_rule(&w, r, &all);
	xml_end(&w);
	out->failed |= r->is_short;
}

static bool write_rules(struct xcap *x, struct slice aor, struct buf *out, uint32_t *number)
{
	struct rows r = { .arena = arena_new(0) };

	out->failed |= !r.arena;
	if (!r.arena)
		return true;
	*number = read_server(x, aor, &r);
	put_rules(out, &r);
	arena_free(&r.arena);
	return r.count || r.is_short;
}

/* ---- from a document to entries ---- */

static void name_all(struct rows *r, const struct ruleset *rules)
{
	for (const struct rule *rule = rules->first; rule; rule = rule->next)
		for (const struct rule_who *w = rule->who; w; w = w->next) {
			struct row *row = add(r, w->type, w->mask);

			if (row)
				row->is_named = true;
			for (const struct rule_who *but = w->but; but; but = but->next)
				add(r, but->type, but->mask);
		}
	add(r, ACL_ALL, SLICE(""));
}

/* What the entries that stay give to a user or a domain of whom none of them is. */
static struct acl_rights inherited(const struct rows *r, const struct row *row)
{
	struct slice host = row->entry.type == ACL_USER ? rule_host(row->entry.mask) :
	    row->entry.mask;
	const struct row *best = find(r, ACL_ALL, SLICE(""));

	if (row == best || (best && !best->stays))
		best = NULL;
	for (unsigned i = 0; row->entry.type != ACL_ALL && i < r->count; i++) {
		const struct row *d = &r->list[i];

		if (d == row || !d->stays || d->entry.type != ACL_DOMAIN ||
		    !uri_host_is_below(host, d->entry.mask))
			continue;
		if (!best || best->entry.type == ACL_ALL ||
		    d->entry.mask.len > best->entry.mask.len)
			best = d;
	}
	return best ? best->entry.rights : r->preset;
}

static bool is_same(struct acl_rights a, struct acl_rights b)
{
	return a.presence == b.presence && a.communication == b.communication;
}

/* Rules say who sees; who may write and call stays as it was. */
static char communication(struct xcap *x, struct slice aor, const struct rows *r,
    const struct row *row)
{
	struct acl_verdict v;
	struct slice who = row->entry.mask;

	if (row->is_there)
		return row->was.communication;
	if (row->entry.type == ACL_ALL)
		return r->preset.communication;
	if (row->entry.type == ACL_DOMAIN)
		who = arena_printf(r->arena, "@%.*s", SLICE_ARG(who));
	x->acl->decide(x->acl_state, x->acl->find(x->acl_state, aor), who, &v);
	return v.rights.communication;
}

/* The general first, and domains before those below them, so that what is inherited is known. */
static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->entry.type != y->entry.type)
		return x->entry.type > y->entry.type ? -1 : 1;
	return x->entry.mask.len < y->entry.mask.len ? -1 : x->entry.mask.len > y->entry.mask.len;
}

static void decide_all(struct xcap *x, struct slice aor, struct rows *r,
    const struct ruleset *rules)
{
	if (r->count)
		qsort(r->list, r->count, sizeof(*r->list), compare);
	for (unsigned i = 0; i < r->count; i++) {
		struct row *row = &r->list[i];

		row->entry.rights.presence = rules ?
		    ruleset_ask(rules, row->entry.type, row->entry.mask) : r->preset.presence;
		row->entry.rights.communication = communication(x, aor, r, row);
		row->stays = (row->is_named && row->entry.type != ACL_ALL) ||
		    !is_same(row->entry.rights, inherited(r, row));
	}
}

static int make_changes(struct rows *r, struct xcap_plan *p)
{
	struct acl_change *changes = arena_alloc(p->arena, (r->count + 1) * sizeof(*changes));
	unsigned n = 0;

	if (!changes || r->is_short)
		return -ENOMEM;
	for (unsigned i = 0; i < r->count; i++)
		if (r->list[i].is_there && !r->list[i].stays)
			changes[n++] = (struct acl_change){ ACL_DELETE, r->list[i].entry };
	for (unsigned i = 0; i < r->count; i++) {
		const struct row *row = &r->list[i];

		if (row->stays && !(row->is_there && is_same(row->was, row->entry.rights)))
			changes[n++] = (struct acl_change){ ACL_SET, row->entry };
	}
	p->changes = changes;
	p->count = n;
	return 0;
}

static int plan_rules(struct xcap *x, struct xcap_plan *p, struct xcap_error *e)
{
	struct rows r = { .arena = p->arena };
	struct ruleset rules;

	if (p->root && !ruleset_read(p->arena, p->root, &rules, e))
		return e->why == XCAP_WHY_COUNT ? -ENOMEM : -EBADMSG;
	if (read_server(x, p->aor, &r) != p->number)
		return -ESTALE;
	if (p->root)
		name_all(&r, &rules);
	decide_all(x, p->aor, &r, p->root ? &rules : NULL);
	return make_changes(&r, p);
}

/* ---- carrying it out ---- */

static int change_rules(struct xcap *x, const struct xcap_plan *p, roaming_done_fn *done, void *arg)
{
	const struct roaming_request req = { .aor = p->aor, .number = p->number };

	return x->acl->change(x->acl_state, &req, p->changes, p->count, done, arg);
}

static bool is_there(const struct xcap *x) { return x->acl != NULL; }

static uint32_t number_of(struct xcap *x, struct slice aor)
{
	return roaming_number(x->acl->find(x->acl_state, aor));
}

const struct xcap_usage xcap_rules = {
	.auid = SLICE_INIT("pres-rules"),
	.ns = SLICE_INIT("urn:ietf:params:xml:ns:common-policy"),
	.second_ns = SLICE_INIT("urn:ietf:params:xml:ns:pres-rules"),
	.mime = SLICE_INIT("application/auth-policy+xml"), .root = "ruleset",
	.stat = offsetof(struct xcap_local, rules),
	.is_there = is_there, .number = number_of, .write = write_rules, .plan = plan_rules,
	.change = change_rules,
};
