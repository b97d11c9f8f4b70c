/*
 * cfg/names.c - tables of names.
 */
#include "cfg/guest.h"
#include "cfg/names.h"

#include "utils/err.h"

#include <errno.h>

/* ---- what belongs to the language ---- */

static const struct builtin_table *const tables[] = { &builtin_general, &builtin_part,
	&builtin_text, &builtin_subst, &builtin_code, &builtin_sip };
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static void add_builtin(struct load *ld, const struct builtin *b)
{
	struct builtin_entry *e = MEM_NEW(&ld->mem, struct builtin_entry);

	e->def = b;
	e->func.flags = FUNC_PURE;
	e->func.where = IN_ANY;
	if (sym_func_parse(ld->mem.arena, b->sig, &e->func) == -ENOMEM)
		mem_short(&ld->mem);
	lcs_assert(e->func.name);
	e->func.doc = b->doc;
	dict_put(&ld->names->builtins, slice_str(e->func.name), e);
	if (b->trans)
		dict_put(&ld->names->transformations, slice_str(b->trans), e);
}

static void add_builtins(struct load *ld, const struct builtin_table *t)
{
	for (unsigned i = 0; i < t->count; i++)
		add_builtin(ld, &t->list[i]);
}

bool cfg_builtin(unsigned n, struct cfg_builtin *out)
{
	for (size_t i = 0; i < TABLES; i++) {
		if (n < tables[i]->count) {
			const struct builtin *b = &tables[i]->list[n];

			*out = (struct cfg_builtin){ b->sig, b->trans, b->doc };
			return true;
		}
		n -= tables[i]->count;
	}
	return false;
}

/* ---- modules ---- */

struct slice names_module_key(struct load *ld, struct slice written)
{
	size_t from = written.len;
	char *p;

	while (from > 0 && written.p[from - 1] != '/')
		from--;
	written = slice_skip(written, from);
	if (slice_ends(written, SLICE(".so")))
		written.len -= 3;
	p = mem_cstr(&ld->mem, written);
	for (size_t i = 0; i < written.len; i++)
		if (p[i] == '-')
			p[i] = '_';
	return slice_of(p, written.len);
}

struct loaded_module *names_module(struct load *ld, struct slice written)
{
	return dict_get(&ld->names->modules, names_module_key(ld, written));
}

bool names_was_asked_for(struct load *ld, const char *name)
{
	struct slice key = names_module_key(ld, slice_str(name));

	for (const struct module_item *i = ld->ast->modules.first; i; i = i->next)
		if (slice_eq(names_module_key(ld, i->name), key))
			return true;
	return false;
}

static void add_func(struct load *ld, struct loaded_module *m, const struct sym_func *f)
{
	struct func_entry *e = MEM_NEW(&ld->mem, struct func_entry);

	e->func = f;
	e->module = m;
	e->next = dict_get(&ld->names->funcs, slice_str(f->name));
	dict_put(&ld->names->funcs, slice_str(f->name), e);
}

static void add_var(struct load *ld, struct loaded_module *m, const struct sym_var *v)
{
	struct var_entry *e = MEM_NEW(&ld->mem, struct var_entry);

	e->var = v;
	e->module = m;
	dict_put(&ld->names->vars, slice_str(v->name), e);
}

struct loaded_module *names_add_module(struct load *ld, const struct sym_module *sym,
    const struct module_item *item, struct slice key)
{
	struct loaded_module *m = MEM_NEW(&ld->mem, struct loaded_module);
	struct loaded_module **last = &ld->names->first_module;

	m->sym = sym;
	m->item = item;
	m->key = key;
	m->prefix = item ? item->prefix : SLICE_NULL;
	for (unsigned i = 0; i < sym->func_count; i++)
		add_func(ld, m, &sym->funcs[i]);
	for (unsigned i = 0; i < sym->var_count; i++)
		add_var(ld, m, &sym->vars[i]);
	for (unsigned i = 0; i < sym->event_count; i++)
		dict_put(&ld->names->events, slice_str(sym->events[i].name), m);
	if (!item)
		return m;
	dict_put(&ld->names->modules, key, m);
	while (*last)
		last = &(*last)->next;
	*last = m;
	ld->names->module_count++;
	return m;
}

void names_init(struct load *ld)
{
	struct names *n = ld->names = MEM_NEW(&ld->mem, struct names);
	struct dict *dicts[] = { &n->modules, &n->funcs, &n->vars, &n->events, &n->builtins,
		&n->transformations, &n->consts, &n->acls, &n->maps, &n->slots };

	for (size_t i = 0; i < sizeof(dicts) / sizeof(dicts[0]); i++)
		dict_init(dicts[i], &ld->mem);
	for (unsigned k = 0; k < ROUTE_KINDS; k++)
		dict_init(&n->routes[k], &ld->mem);
	for (size_t i = 0; i < TABLES; i++)
		add_builtins(ld, tables[i]);
	if (ld->is_guest)
		add_builtins(ld, &builtin_guest);
	n->core = names_add_module(ld, ld->host->core, NULL, SLICE("core"));
	n->core->is_used = true;
}

unsigned names_slot(struct load *ld, struct slice name)
{
	struct names *n = ld->names;
	uintptr_t known = (uintptr_t)dict_get(&n->slots, name);

	if (known)
		return (unsigned)known - 1;
	*(struct slice *)mem_push(&ld->mem, &n->slot_names, &n->slot_count, &n->slot_room,
	    sizeof(name)) = name;
	dict_put(&n->slots, name, (void *)(uintptr_t)n->slot_count);
	return n->slot_count - 1;
}

/* ---- the nearest name ---- */

void candidates_add(struct candidates *c, struct slice name)
{
	*(const char **)mem_push(&c->ld->mem, &c->names, &c->count, &c->room,
	    sizeof(char *)) = mem_cstr(&c->ld->mem, name);
}

void candidates_add_dict(struct candidates *c, const struct dict *d)
{
	for (size_t i = 0; i <= d->mask; i++)
		for (const struct dict_entry *e = d->slots[i]; e; e = e->next)
			candidates_add(c, e->key);
}

/* A name that stands in quotes keeps them. */
static const char *as_written(struct load *ld, struct cfg_span range, const char *name)
{
	struct slice line = range.source ? source_line(range.source, range.line) : SLICE_NULL;
	struct slice here = slice_skip(line, range.column ? range.column - 1 : 0);

	if (slice_starts(here, SLICE("\"")) || slice_starts(here, SLICE("'")))
		return mem_printf(&ld->mem, "%c%s%c", here.p[0], name, here.p[0]).p;
	return name;
}

const char *candidates_say(struct candidates *c, struct slice word, struct diag_item *item,
    struct cfg_span range, const char *before, const char *after)
{
	const char *near = diag_nearest(word, c->names, c->count);

	/* The same name is right elsewhere, not here. */
	if (!near || slice_eq(slice_str(near), word))
		return NULL;
	diag_beside(item, "did you mean %s%s%s?", before, near, after);
	diag_fix(item, range, as_written(c->ld, range, near));
	return near;
}
