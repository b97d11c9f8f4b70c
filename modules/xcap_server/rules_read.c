/*
 * modules/xcap_server/rules_read.c - see rules.h.
 */
#include "modules/xcap_server/rules.h"

#include "modules/xcap_server/shape.h"

/* ---- words ---- */

static const struct { char presence; const char *word; } words[] = {	/* the least first */
	{ 'D', "block" }, { 'P', "confirm" }, { 'B', "polite-block" }, { 'A', "allow" },
};
#define WORDS (sizeof(words) / sizeof(*words))

const char *rule_word(char presence) { return words[rule_rank(presence)].word; }

unsigned rule_rank(char presence)
{
	for (unsigned i = 0; i < WORDS; i++)
		if (words[i].presence == presence)
			return i;
	return 0;
}

struct slice rule_host(struct slice user)
{
	return slice_skip(user, slice_find(user, '@') + 1);
}

/* ---- reading ---- */

struct reading { struct ruleset *set; struct xcap_error *e; };

static void *take(struct reading *r, size_t size)
{
	void *p = arena_zalloc(r->set->arena, size);

	if (!p)
		xcap_refuse(r->e, XCAP_WHY_COUNT, "%s", "");
	return p;
}

static bool read_user(struct reading *r, const struct xml_node *n, struct slice *out)
{
	struct slice id = shape_need(n, "id", r->e);
	struct sip_uri uri;

	if (!id.p)
		return false;
	if (sip_uri_parse(id, &uri, NULL) != 0 || !uri.user.len ||
	    (uri.scheme != URI_SIP && uri.scheme != URI_SIPS))
		return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE, "%.*s is no SIP URI of a user",
		    SLICE_ARG(id));
	*out = sip_uri_aor(r->set->arena, &uri);
	return out->p || xcap_refuse(r->e, XCAP_WHY_COUNT, "%s", "");
}

static struct rule_who *new_who(struct reading *r, struct rule_who **list)
{
	struct rule_who *w = take(r, sizeof(*w));

	if (w) {
		w->mask = SLICE("");
		w->next = *list;
		*list = w;
	}
	return w;
}

static bool read_domain(const struct xml_node *n, struct rule_who *w)
{
	w->mask = slice_trim(xml_attr(n, SLICE(""), SLICE("domain")));
	w->type = w->mask.len ? ACL_DOMAIN : ACL_ALL;
	return w->mask.len > 0;
}

static bool read_except(struct reading *r, const struct xml_node *n, struct rule_who *many)
{
	struct rule_who *w;

	if (!xml_is(n, RULES_NS, SLICE("except")))
		return shape_refuse(n, RULES_NS, r->e);
	w = shape_attrs(n, "id domain", r->e) ? new_who(r, &many->but) : NULL;
	if (!w)
		return false;
	if (!read_domain(n, w)) {
		w->type = ACL_USER;
		return read_user(r, n, &w->mask);
	}
	return many->type == ACL_ALL || xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
	    "a domain cannot be an exception of another");
}

static bool read_many(struct reading *r, const struct xml_node *many, struct rule_who *w)
{
	read_domain(many, w);
	xml_for_each(n, many)
		if (!read_except(r, n, w))
			return false;
	return shape_attrs(many, "domain", r->e);
}

static bool read_identity(struct reading *r, const struct xml_node *identity, struct rule *rule)
{
	xml_for_each(n, identity) {
		bool one = xml_is(n, RULES_NS, SLICE("one"));
		struct rule_who *w;

		if (!one && !xml_is(n, RULES_NS, SLICE("many")))
			return shape_refuse(n, RULES_NS, r->e);
		if (one && (xml_child(n, XML_ANY_NS, SLICE_NULL) || !shape_attrs(n, "id", r->e)))
			return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE, "one has an id and nothing else");
		w = new_who(r, &rule->who);
		if (!w || !(one ? read_user(r, n, &w->mask) : read_many(r, n, w)))
			return false;
	}
	return rule->who || xcap_refuse(r->e, XCAP_SCHEMA_VALIDATION_ERROR, "identity is empty");
}

static bool read_conditions(struct reading *r, const struct xml_node *conditions,
    struct rule *rule)
{
	xml_for_each(n, conditions) {
		if (!xml_is(n, RULES_NS, SLICE("identity")) || rule->who)
			return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE, "the only condition here is one "
			    "identity, not %.*s", SLICE_ARG(n->name));
		if (!read_identity(r, n, rule))
			return false;
	}
	return true;
}

static bool read_actions(struct reading *r, const struct xml_node *actions, struct rule *rule)
{
	xml_for_each(n, actions) {
		struct slice word;
		unsigned i = 0;

		if (!xml_is(n, RULES_HANDLE_NS, SLICE("sub-handling")))
			return shape_refuse(n, RULES_HANDLE_NS, r->e);
		word = shape_text(r->set->arena, n, r->e);
		if (!word.p)
			return false;
		while (i < WORDS && !slice_eq(word, slice_str(words[i].word)))
			i++;
		if (i == WORDS)
			return xcap_refuse(r->e, XCAP_SCHEMA_VALIDATION_ERROR,
			    "sub-handling is block, confirm, polite-block or allow");
		rule->presence = words[i].presence;
	}
	return true;
}

/* Who may see a user sees all of it: what says less cannot be kept. */
static bool is_everything(const struct xml_node *n)
{
	const struct xml_node *inside = xml_child(n, XML_ANY_NS, SLICE_NULL);

	if (!slice_eq(n->ns, RULES_HANDLE_NS) || !slice_starts(n->name, SLICE("provide-")))
		return false;
	return slice_eq(n->name, SLICE("provide-all-attributes")) ||
	    (inside && slice_starts(inside->name, SLICE("all-")) && !inside->next);
}

static bool read_transformations(struct reading *r, const struct xml_node *transformations)
{
	xml_for_each(n, transformations)
		if (!is_everything(n))
			return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
			    "%.*s: who may see a user sees all", SLICE_ARG(n->name));
	return true;
}

static bool read_rule_part(struct reading *r, const struct xml_node *n, struct rule *rule)
{
	if (xml_is(n, RULES_NS, SLICE("conditions")))
		return read_conditions(r, n, rule);
	if (xml_is(n, RULES_NS, SLICE("actions")))
		return read_actions(r, n, rule);
	if (xml_is(n, RULES_NS, SLICE("transformations")))
		return read_transformations(r, n);
	return shape_refuse(n, RULES_NS, r->e);
}

static bool is_new_id(struct reading *r, struct slice id)
{
	for (const struct rule *rule = r->set->first; rule; rule = rule->next)
		if (slice_eq(rule->id, id)) {
			xcap_refuse(r->e, XCAP_UNIQUENESS_FAILURE, "two rules have the same id");
			r->e->field = arena_printf(r->set->arena, "ruleset/rule[@id=\"%.*s\"]/@id",
			    SLICE_ARG(id));
			return false;
		}
	return true;
}

static bool read_rule(struct reading *r, const struct xml_node *n)
{
	struct rule *rule = take(r, sizeof(*rule));

	if (!rule)
		return false;
	rule->presence = 'D';
	rule->id = shape_need(n, "id", r->e);
	if (!rule->id.p || !is_new_id(r, rule->id) || !shape_attrs(n, "id", r->e) ||
	    !shape_no_text(n, r->e))
		return false;
	xml_for_each(part, n)
		if (!read_rule_part(r, part, rule))
			return false;
	if (!rule->who && !new_who(r, &rule->who))
		return false;
	if (rule->who && !rule->who->mask.len && !rule->who->next)
		rule->who->type = ACL_ALL;
	rule->next = r->set->first;
	r->set->first = rule;
	return true;
}

bool ruleset_read(struct arena *arena, const struct xml_node *root, struct ruleset *out,
    struct xcap_error *e)
{
	struct reading r = { out, e };

	*out = (struct ruleset){ .arena = arena };
	*e = (struct xcap_error){ .why = XCAP_WHY_COUNT };
	if (!xml_is(root, RULES_NS, SLICE("ruleset")))
		return xcap_refuse(e, XCAP_SCHEMA_VALIDATION_ERROR,
		    "the root is ruleset in its namespace");
	if (!shape_attrs(root, "", e) || !shape_no_text(root, e))
		return false;
	xml_for_each(n, root) {
		if (!xml_is(n, RULES_NS, SLICE("rule")))
			return shape_refuse(n, RULES_NS, e);
		if (!read_rule(&r, n))
			return false;
	}
	return true;
}

/* ---- asking ---- */

static bool is_about(const struct rule_who *w, enum acl_type type, struct slice mask)
{
	if (w->type == ACL_USER)
		return type == ACL_USER && slice_eq_nocase(w->mask, mask);
	if (w->type == ACL_DOMAIN)
		return type != ACL_ALL &&
		    slice_eq_nocase(w->mask, type == ACL_USER ? rule_host(mask) : mask);
	return true;
}

static bool covers(const struct rule_who *w, enum acl_type type, struct slice mask)
{
	for (const struct rule_who *but = w->but; but; but = but->next)
		if (is_about(but, type, mask))
			return false;
	return is_about(w, type, mask);
}

char ruleset_ask(const struct ruleset *r, enum acl_type type, struct slice mask)
{
	unsigned best = 0;

	for (const struct rule *rule = r->first; rule; rule = rule->next)
		for (const struct rule_who *w = rule->who; w; w = w->next)
			if (covers(w, type, mask) && rule_rank(rule->presence) > best)
				best = rule_rank(rule->presence);
	return words[best].presence;
}
