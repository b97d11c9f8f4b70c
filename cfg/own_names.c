/*
 * cfg/own_names.c - what modules check something against: the names that a server goes by, its
 * listeners and its other modules.
 */
#include "cfg/cfg.h"
#include "cfg/diag_item.h"

void diag_set_cfg(struct diag *d, const struct cfg *cfg) { d->cfg = cfg; }

static unsigned put(struct slice *names, unsigned count, unsigned max, struct slice name)
{
	if (!name.len)
		return count;
	for (unsigned i = 0; i < count; i++)
		if (slice_eq_nocase(names[i], name))
			return count;
	if (count < max)
		names[count++] = name;
	return count;
}

/* "example.com:5060": the name alone. */
static struct slice host_of(struct slice alias)
{
	return alias.len && alias.p[0] == '[' ? alias : slice_first(alias, slice_find(alias, ':'));
}

bool diag_has_listener_facing(const struct diag *d, struct slice who)
{
	for (unsigned i = 0; d->cfg && i < d->cfg->listener_count; i++)
		if (cfg_listener_faces(&d->cfg->listeners[i], who))
			return true;
	return false;
}

bool diag_has_module(const struct diag *d, const char *name)
{
	for (unsigned i = 0; d->cfg && i < d->cfg->module_count; i++)
		if (strcmp(d->cfg->modules[i].sym->name, name) == 0)
			return true;
	return false;
}

unsigned diag_own_names(const struct diag *d, struct slice *names, unsigned max)
{
	const struct cfg *cfg = d->cfg;
	unsigned n = 0;

	for (unsigned i = 0; cfg && i < cfg->setting_count; i++)
		if (strcmp(cfg->settings[i].decl->name, "server_name") == 0)
			n = put(names, n, max, cfg->settings[i].value.s);
	for (unsigned i = 0; cfg && i < cfg->alias_count; i++)
		n = put(names, n, max, host_of(cfg->aliases[i]));
	for (unsigned i = 0; cfg && i < cfg->listener_count; i++)
		n = put(names, n, max, cfg->listeners[i].advertise_host);
	return n;
}
