/*
 * modules/dirsearch/people.c - people and rules: in the store, and in memory beside it.
 *
 * Read by every worker without locks; changed by the control thread after the store has said
 * yes.
 */
#include "modules/dirsearch/dirsearch.h"

#include <errno.h>
#include <stdlib.h>

static const struct store_step steps[] = {
#include "modules/dirsearch/schema.gen.h"
	{ 0 }
};

#define COLUMNS "aor, given_name, sn, display_name, mail, title, office, phone, company, city, " \
	"state, country, ou"

enum { STMT_ALL, STMT_PUT, STMT_DELETE, STMT_RULES, STMT_RULE, STMT_NO_RULE };

static const struct store_stmt stmts[] = {
	[STMT_ALL] = { "dirsearch_all", "select " COLUMNS " from dirsearch_person", "",
	    "sssssssssssss", NULL },
	[STMT_PUT] = { "dirsearch_put", "replace into dirsearch_person(" COLUMNS ") values (?, ?, ?, "
	    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "sssssssssssss", NULL, NULL },
	[STMT_DELETE] = { "dirsearch_delete", "delete from dirsearch_person where aor = ?", "s", NULL,
	    NULL },
	[STMT_RULES] = { "dirsearch_rules", "select ou, who, allowed from dirsearch_rule", "", "ssi",
	    NULL },
	[STMT_RULE] = { "dirsearch_rule_put", "replace into dirsearch_rule(ou, who, allowed) "
	    "values (?, ?, ?)", "ssi", NULL, NULL },
	[STMT_NO_RULE] = { "dirsearch_rule_delete", "delete from dirsearch_rule where ou = ? and "
	    "who = ?", "ss", NULL, NULL },
	{ 0 }
};

const struct store_schema dirsearch_schema = { "dirsearch", steps, stmts, STORE_LOCAL };

/* ---- people ---- */

void person_view(const struct person *p, struct person_view *out)
{
	const char *at = p->text;

	for (unsigned i = 0; i < PERSON_COUNT; i++) {
		out->field[i] = slice_of(at, p->len[i]);
		at += p->len[i];
	}
}

static struct person *person_new(const struct person_view *v)
{
	size_t size = sizeof(struct person);
	struct person *p;
	char *at;

	for (unsigned i = 0; i < PERSON_COUNT; i++)
		size += v->field[i].len;
	p = malloc(size);
	if (!p)
		return NULL;
	at = p->text;
	for (unsigned i = 0; i < PERSON_COUNT; i++) {
		p->len[i] = (uint16_t)v->field[i].len;
		slice_put(&at, v->field[i]);
	}
	return p;
}

static struct slice person_aor(const struct person *p) { return slice_of(p->text, p->len[0]); }

static bool same_aor(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(person_aor((const struct person *)(const void *)node),
	    *(const struct slice *)key);
}

const struct person *people_find(const struct dirsearch *d, struct slice aor)
{
	return (const struct person *)(const void *)rtab_find(d->people, lcs_user_key(aor), same_aor,
	    &aor);
}

static void person_drop(struct epoch_item *item)
{
	free(container_of(item, struct person, item));
}

static void link_person(struct dirsearch *d, struct person *p)
{
	struct person *old = (struct person *)(uintptr_t)people_find(d, person_aor(p));

	if (!old) {
		rtab_insert(d->people, &p->node, lcs_user_key(person_aor(p)));
		return;
	}
	rtab_replace(d->people, &old->node, &p->node);
	epoch_defer(&old->item, person_drop);
}

struct loading { struct dirsearch *d; int err; };

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;
	struct person_view v;
	struct person *p;

	lcs_assert(columns == PERSON_COUNT);
	for (unsigned i = 0; i < PERSON_COUNT; i++)
		v.field[i] = c[i].type == VALUE_STRING && c[i].s.len <= UINT16_MAX ? c[i].s : SLICE("");
	p = v.field[PERSON_AOR].len ? person_new(&v) : NULL;
	if (p)
		link_person(l->d, p);
	else if (v.field[PERSON_AOR].len)
		l->err = -ENOMEM;
}

int people_load(struct dirsearch *d)
{
	struct loading l = { d, 0 };
	int n = store_run_now(&stmts[STMT_ALL], NULL, load_row, &l);

	return n < 0 ? n : l.err ? l.err : n;
}

int people_put(struct dirsearch *d, const struct person_view *v)
{
	const struct person *old = people_find(d, v->field[PERSON_AOR]);
	struct value args[PERSON_COUNT];
	struct person_view next = *v;
	struct person *p;
	int n;

	if (old)			/* with the spelling that is the key in the store */
		next.field[PERSON_AOR] = person_aor(old);
	for (unsigned i = 0; i < PERSON_COUNT; i++)
		args[i] = value_string(next.field[i].p ? next.field[i] : SLICE(""));
	p = person_new(&next);
	if (!p)
		return -ENOMEM;
	n = store_run_now(&stmts[STMT_PUT], args, NULL, NULL);
	if (n < 0) {
		free(p);
		return n;
	}
	link_person(d, p);
	return 0;
}

int people_delete(struct dirsearch *d, struct slice aor)
{
	struct person *p = (struct person *)(uintptr_t)people_find(d, aor);
	struct value arg;
	int n;

	if (!p)
		return -ENOENT;
	arg = value_string(person_aor(p));
	n = store_run_now(&stmts[STMT_DELETE], &arg, NULL, NULL);
	if (n < 0)
		return n;
	rtab_remove(d->people, &p->node);
	epoch_defer(&p->item, person_drop);
	return 0;
}

/* ---- rules ---- */

static void rules_free(struct rules *r)
{
	arena_free(&r->arena);
	free(r);
}

static void rules_drop(struct epoch_item *item)
{
	rules_free(container_of(item, struct rules, item));
}

#define RULES_MAX 4096u

static void load_rule(void *arg, const struct value *c, unsigned columns)
{
	struct rules *r = arg;
	struct rule *rule = &r->rule[r->count];

	lcs_assert(columns == 3);
	if (r->count == RULES_MAX || c[0].type != VALUE_STRING || c[1].type != VALUE_STRING ||
	    c[2].type != VALUE_INT) {
		log_error("dirsearch", "a rule in the store makes no sense, or there are more than %u; "
		    "it does not count", RULES_MAX);
		return;
	}
	*rule = (struct rule){ arena_dup(r->arena, c[0].s), arena_dup(r->arena, c[1].s), c[2].i != 0 };
	r->count += (rule->ou.p || !c[0].s.len) && rule->who.p;
}

int rules_load(struct dirsearch *d)
{
	struct rules *r = calloc(1, sizeof(*r)), *old;
	int n = -ENOMEM;

	if (!r)
		return n;
	r->arena = arena_new(0);
	r->rule = r->arena ? arena_alloc(r->arena, RULES_MAX * sizeof(*r->rule)) : NULL;
	if (r->rule)
		n = store_run_now(&stmts[STMT_RULES], NULL, load_rule, r);
	if (n < 0) {
		rules_free(r);
		return n;
	}
	old = atomic_exchange(&d->rules, r);
	if (old)
		epoch_defer(&old->item, rules_drop);
	return 0;
}

int rules_put(struct dirsearch *d, struct slice ou, struct slice who, int allowed)
{
	const struct value args[] = { value_string(ou.p ? ou : SLICE("")), value_string(who),
	    value_int(allowed) };
	int n = store_run_now(&stmts[allowed < 0 ? STMT_NO_RULE : STMT_RULE], args, NULL, NULL);

	if (n < 0)
		return n;
	return allowed < 0 && n == 0 ? -ENOENT : rules_load(d);
}

/* ---- a user gets another address ---- */

/* Each change makes the table anew, so the search begins again. */
static int rename_in_rules(struct dirsearch *d, struct slice from, struct slice to)
{
	const struct rules *r = atomic_load(&d->rules);
	unsigned i = 0;
	int err = 0;

	while (r && !err && i < r->count) {
		const struct rule *rule = &r->rule[i++];

		if (!slice_eq_nocase(rule->who, from))
			continue;
		err = rules_put(d, rule->ou, to, rule->allowed);
		if (!err)
			err = rules_put(d, rule->ou, rule->who, -1);
		r = atomic_load(&d->rules);
		i = 0;
	}
	return err;
}

int people_rename(struct dirsearch *d, struct slice from, struct slice to)
{
	const struct person *p = people_find(d, from);
	struct person_view v;
	int err = 0;

	if (p) {
		person_view(p, &v);
		v.field[PERSON_AOR] = to;
		err = people_put(d, &v);
	}
	return err ? err : rename_in_rules(d, from, to);
}

/* ---- the end ---- */

static void free_person(const struct rtab_node *node, void *arg)
{
	(void)arg;
	free((void *)(uintptr_t)(const void *)node);
}

void people_free(struct dirsearch *d)
{
	struct rules *r = atomic_exchange(&d->rules, NULL);

	if (d->people) {
		rtab_each(d->people, free_person, NULL);
		rtab_free(&d->people);
	}
	if (r)
		rules_free(r);
}
