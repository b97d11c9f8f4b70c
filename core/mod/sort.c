/*
 * core/mod/sort.c - see sort.h.
 */
#include "core/mod/sort.h"

#include <errno.h>

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct sorting {
	const struct cfg         *cfg;
	struct diag              *diag;
	enum mark                *marks;	/* by place in cfg->modules */
	const struct cfg_module **out;
	unsigned                  count;
	int                       err;
};

static const struct lcs_iface *iface_of(const struct lcs_module *desc, const char *name)
{
	for (const struct lcs_iface *i = desc->ifaces; i && i->name; i++)
		if (slice_eq(slice_str(i->name), slice_str(name)))
			return i;
	return NULL;
}

const struct cfg_module *modules_exporter(const struct cfg *cfg, const char *iface,
    const struct lcs_iface **found)
{
	for (unsigned i = 0; i < cfg->module_count; i++) {
		*found = iface_of(loaded_of(&cfg->modules[i])->desc, iface);
		if (*found)
			return &cfg->modules[i];
	}
	return NULL;
}

static void missing(struct sorting *s, const struct cfg_module *m, const struct lcs_need *need)
{
	struct diag_item *item;

	if (need->optional)
		return;
	item = diag_add(s->diag, DIAG_ERROR, 410, m->at,
	    "module \"%s\" needs module \"%s\", which is not loaded", m->sym->name, need->name);
	diag_help(item, "add near the top: loadmodule \"%s\"", need->name);
	s->err = -EINVAL;
}

static void visit(struct sorting *s, unsigned at);

static void visit_need(struct sorting *s, const struct cfg_module *m, const struct lcs_need *need)
{
	const struct lcs_iface *iface;
	const struct cfg_module *other = modules_exporter(s->cfg, need->name, &iface);
	unsigned at;

	if (!other) {
		missing(s, m, need);
		return;
	}
	if (iface->version != need->version) {
		diag_add(s->diag, DIAG_ERROR, 410, m->at,
		    "module \"%s\" needs version %u of \"%s\"; module \"%s\" has version %u",
		    m->sym->name, need->version, need->name, other->sym->name, iface->version);
		s->err = -EINVAL;
	}
	at = (unsigned)(other - s->cfg->modules);
	if (s->marks[at] == MARK_OPEN && other != m) {
		diag_see(diag_add(s->diag, DIAG_ERROR, 410, m->at,
		    "modules \"%s\" and \"%s\" need each other", m->sym->name, other->sym->name),
		    other->at);
		s->err = -EINVAL;
		return;
	}
	visit(s, at);
}

static void visit(struct sorting *s, unsigned at)
{
	const struct cfg_module *m = &s->cfg->modules[at];
	const struct lcs_need *need = loaded_of(m)->desc->needs;

	if (s->marks[at] != MARK_NEW)
		return;
	s->marks[at] = MARK_OPEN;
	for (; need && need->name; need++)
		visit_need(s, m, need);
	s->marks[at] = MARK_DONE;
	s->out[s->count++] = m;
}

int modules_sort(const struct cfg *cfg, struct diag *diag, const struct cfg_module **out)
{
	struct sorting s = { .cfg = cfg, .diag = diag, .out = out };

	s.marks = arena_zalloc(cfg->arena, cfg->module_count * sizeof(*s.marks));
	if (!s.marks)
		return -ENOMEM;
	for (unsigned i = 0; i < cfg->module_count; i++)
		visit(&s, i);
	return s.err;
}
