/*
 * core/mod/lcs.c - what core/lcs.h promises modules about themselves and the configuration.
 */
#include "core/mod/generation.h"
#include "core/mod/sort.h"

#include "core/net/listen.h"

#include <errno.h>

const char *lcs_mod_name(const struct lcs_mod *mod) { return mod->name; }
void *lcs_shared(const struct lcs_mod *mod) { return mod->shared; }

void *lcs_local(const struct lcs_mod *mod)
{
	int self = worker_self();

	lcs_assert(self >= 0);
	return mod->local[self];
}

const void *lcs_local_of(const struct lcs_mod *mod, unsigned worker)
{
	return mod->local[worker];
}

const void *lcs_conf(const struct lcs_mod *mod, const struct gen *gen)
{
	const struct lcs_gen *g = (const struct lcs_gen *)gen;

	return mod->index < g->mod_count ? g->confs[mod->index] : NULL;
}

static bool is_declared_need(const struct lcs_module *desc, const char *name)
{
	for (const struct lcs_need *n = desc->needs; n && n->name; n++)
		if (slice_eq(slice_str(n->name), slice_str(name)))
			return true;
	return false;
}

static const struct lcs_iface *exported(const struct loaded *m, const char *name)
{
	for (const struct lcs_iface *i = m->desc->ifaces; i && i->name; i++)
		if (slice_eq(slice_str(i->name), slice_str(name)))
			return i;
	return NULL;
}

/* Only what was declared is there for sure: the order of loading followed the declarations. */
const void *lcs_import(struct lcs_mod *mod, const char *name, void **shared)
{
	const struct loaded *self = (const struct loaded *)mod;
	const struct loaded *m = loader_first(self->loader);

	lcs_assert(is_declared_need(self->desc, name));
	if (shared)
		*shared = NULL;
	for (; m; m = m->next) {
		const struct lcs_iface *i = m->is_loaded ? exported(m, name) : NULL;

		if (!i)
			continue;
		if (shared)
			*shared = m->mod.shared;
		return i->table;
	}
	return NULL;
}

/* ---- methods ---- */

int lcs_rpc_fail(struct lcs_rpc_call *call, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	call->error = arena_vprintf(call->arena, fmt, ap);
	va_end(ap);
	return err;
}

int lcs_rpc_done(struct lcs_rpc_call *call, json_t *made)
{
	call->result = made;
	return made ? 0 : -ENOMEM;
}

int lcs_rpc_user(struct lcs_rpc_call *call, const char *name, struct slice *aor)
{
	struct slice text = json_text(call->params, name);

	*aor = sip_text_aor(call->arena, text);
	if (slice_find(*aor, '@') < aor->len)
		return 0;
	return lcs_rpc_fail(call, -EINVAL, "\"%.*s\" is not a user: write name@domain",
	    SLICE_ARG(text));
}

static bool read_time(struct slice s, msec_t bare, msec_t *out)
{
	static const struct { struct slice name; msec_t ms; } units[] = {
		{ { "ms", 2 }, 1 }, { { "s", 1 }, 1000 }, { { "m", 1 }, 60000 },
		{ { "h", 1 }, 3600000 }, { { "d", 1 }, 86400000 },
	};
	struct slice digits = slice_take_while(&s, is_digit);
	msec_t unit = s.len ? 0 : bare;
	uint32_t n;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_eq(s, units[i].name))
			unit = units[i].ms;
	if (unit == 0 || slice_to_u32(digits, &n) != 0)
		return false;
	*out = n * unit;
	return true;
}

int lcs_rpc_time(struct lcs_rpc_call *call, const char *name, msec_t bare, msec_t *out)
{
	const json_t *given = json_object_get(call->params, name);
	struct slice text;

	if (!given)
		return 0;
	text = json_is_string(given) ? json_text(call->params, name) :
	    arena_printf(call->arena, "%lld", (long long)json_integer_value(given));
	if (read_time(text, bare, out))
		return 1;
	return lcs_rpc_fail(call, -EINVAL, "%s is a time like 100ms, 40s, 5m or 1h, not \"%.*s\"",
	    name, SLICE_ARG(text));
}

/* ---- settings ---- */

const struct value *lcs_setting(const struct gen *gen, const char *name)
{
	return cfg_setting(((const struct lcs_gen *)gen)->cfg, name);
}

unsigned lcs_aliases(const struct gen *gen, const struct slice **out)
{
	const struct cfg *cfg = ((const struct lcs_gen *)gen)->cfg;

	*out = cfg->aliases;
	return cfg->alias_count;
}

/* "example.com" or "example.com:5060"; an alias without port covers every port. */
static bool alias_covers(struct slice alias, struct slice host, uint16_t port)
{
	struct slice name = alias, rest = alias;
	uint32_t n;

	if (alias.len && alias.p[0] != '[') {
		name = slice_split(&rest, ':');
		if (rest.len && port && (slice_to_u32(rest, &n) != 0 || n != port))
			return false;
	}
	return slice_eq_nocase(name, host);
}

/* With port 0 any of our ports will do. */
static bool is_listener(struct slice host, uint16_t port)
{
	if (port)
		return net_is_local(host, port, TRANSPORT_NONE);
	for (unsigned i = 1; i <= net_listener_count(); i++) {
		const struct net_listener *l = net_listener(i);

		if (!l)
			continue;
		if (net_is_local(host, l->addr.port, l->transport) ||
		    (l->advertise_port && net_is_local(host, l->advertise_port, l->transport)))
			return true;
	}
	return false;
}

/* "example.com." is the same name, written out to the root of DNS (RFC 3261 25.1, hostname). */
static struct slice without_root(struct slice host)
{
	return host.len > 1 && host.p[host.len - 1] == '.' ? slice_first(host, host.len - 1) : host;
}

bool lcs_is_own_host(const struct gen *gen, struct slice host, uint16_t port)
{
	const struct lcs_gen *g = (const struct lcs_gen *)gen;

	host = without_root(host);
	for (unsigned i = 0; i < g->cfg->alias_count; i++)
		if (alias_covers(g->cfg->aliases[i], host, port))
			return true;
	if (g->server_name.len && slice_eq_nocase(g->server_name, host))
		return true;
	return is_listener(host, port);
}
