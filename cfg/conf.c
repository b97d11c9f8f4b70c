/*
 * cfg/conf.c - modules, settings, parameters and listeners of a configuration.
 */
#include "cfg/check.h"
#include "cfg/guest.h"
#include "cfg/profile.h"

/* ---- modules ---- */

/* It is there, and does not fit: the reason counts, not its name. */
static void say_unusable(struct load *ld, const struct module_item *item, const char *why)
{
	struct diag_item *d = load_error(ld, 403, item->name_at,
	    "module \"%.*s\" cannot be loaded", SLICE_ARG(item->name));

	if (why)
		diag_beside(d, "%s", why);
}

static void say_no_module(struct load *ld, const struct module_item *item, const char *why)
{
	const char *const *names = ld->host->module_names ?
	    ld->host->module_names(ld->host->arg) : NULL;
	struct candidates all = { .ld = ld };
	struct slice key = names_module_key(ld, item->name);
	struct diag_item *d;

	ld->names->is_incomplete = true;
	for (; names && *names; names++) {
		struct slice name = names_module_key(ld, slice_str(*names));

		if (slice_eq(name, key)) {
			say_unusable(ld, item, why);
			return;
		}
		candidates_add(&all, name);
	}
	if (is_guest(ld) && guest_module(ld, item))
		return;
	d = load_error(ld, 403, item->name_at, "there is no module \"%.*s\"",
	    SLICE_ARG(item->name));
	if (!candidates_say(&all, key, d, item->name_at, "\"", "\"") && why)
		diag_beside(d, "%s", why);
	else if (why)
		diag_help(d, "%s", why);
}

static void open_module(struct load *ld, const struct module_item *item)
{
	struct slice key = names_module_key(ld, item->name);
	struct loaded_module *known = dict_get(&ld->names->modules, key);
	const struct sym_module *sym;
	const char *why = NULL;

	if (known) {
		if (is_guest(ld))
			guest_fix_drop(ld, item->name_at);
		diag_see(load_note(ld, 408, item->name_at, "module \"%.*s\" is loaded already",
		    SLICE_ARG(key)), known->item->name_at);
		return;
	}
	sym = ld->host->open_module(ld->host->arg, mem_cstr(&ld->mem, key), &why);
	if (sym)
		names_add_module(ld, sym, item, key);
	else
		say_no_module(ld, item, why);
}

static void check_needs(struct load *ld, const struct loaded_module *m)
{
	for (const char *const *n = m->sym->needs; n && *n; n++) {
		struct diag_item *item;

		if (names_module(ld, slice_str(*n)))
			continue;
		if (names_was_asked_for(ld, *n))
			continue;	/* and could not be opened: was said */
		item = load_error(ld, 410, m->item->name_at, "module \"%s\" needs module \"%s\"",
		    m->sym->name, *n);
		diag_beside(item, "\"%s\" is not loaded", *n);
		diag_help(item, "add before it: loadmodule \"%s\"", *n);
	}
}

/* Needed before the settings can be checked, so it is a plain text: no constant's name. */
static void find_module_path(struct load *ld)
{
	for (const struct setting_item *i = ld->ast->settings.first; i; i = i->next) {
		if (i->group.len || !(slice_eq(i->key, SLICE("module_path")) ||
		    slice_eq(i->key, SLICE("mpath"))))
			continue;
		env_settle(ld, i->value);
		if (i->value->kind == EXPR_LITERAL && i->value->literal.value.type == VALUE_STRING)
			ld->host->set_module_path(ld->host->arg, i->value->literal.value.s);
	}
}

/* Said once, at the later of the two, whichever of them knows of it. */
static void check_conflicts(struct load *ld, const struct loaded_module *m)
{
	for (const char *const *n = m->sym->conflicts; n && *n; n++) {
		const struct loaded_module *other = names_module(ld, slice_str(*n)), *first = m;
		struct diag_item *item;

		if (!other || !other->item)
			continue;
		for (; first && first != other; first = first->next)
			;
		item = load_error(ld, 410, first ? other->item->name_at : m->item->name_at,
		    "modules \"%s\" and \"%s\" cannot stand beside each other", m->sym->name,
		    other->sym->name);
		diag_beside(item, "load one of them");
		diag_see(item, first ? m->item->name_at : other->item->name_at);
	}
}

void check_modules(struct load *ld)
{
	if (ld->host->set_module_path)
		find_module_path(ld);
	for (const struct module_item *i = ld->ast->modules.first; i; i = i->next)
		open_module(ld, i);
	if (is_guest(ld))
		guest_prepare(ld);
	for (const struct loaded_module *m = ld->names->first_module; m; m = m->next) {
		check_needs(ld, m);
		check_conflicts(ld, m);
	}
}

/* ---- one declared value ---- */

static const struct sym_setting *find_setting(const struct sym_setting *list, unsigned count,
    struct slice key)
{
	for (unsigned i = 0; i < count; i++)
		if (slice_eq(slice_str(list[i].name), key))
			return &list[i];
	return NULL;
}

static void note_deprecated(struct load *ld, const struct sym_setting *decl,
    const struct setting_item *item)
{
	struct diag_item *d;

	if (!decl->deprecated)
		return;
	if (is_guest(ld))
		guest_fix(ld, item->key_at, decl->deprecated);
	d = diag_add(ld->diag, is_guest(ld) ? DIAG_NOTE : DIAG_WARNING, 408, item->key_at,
	    "\"%s\" is an old name", decl->name);
	diag_beside(d, "the new one is \"%s\"", decl->deprecated);
}

static void note_override(struct load *ld, const struct cfg_value_at *v,
    const struct setting_item *item)
{
	struct diag_item *d;

	if (!v->at.source || v->decl->type == VALUE_LIST)
		return;
	d = load_warning(ld, 408, item->key_at, "\"%s\" is set a second time", v->decl->name);
	diag_beside(d, "this value replaces the first one");
	diag_see(d, v->at);
}

static void set_value(struct load *ld, struct cfg_value_at *v, const char *owner,
    struct setting_item *item)
{
	note_deprecated(ld, v->decl, item);
	note_override(ld, v, item);
	if (!convert_setting(ld, v->decl, owner, item, &v->value))
		v->has_failed = !is_guest(ld);
	v->at = item->value->at;
	v->is_preset = false;
	v->is_secret = item->is_secret || v->decl->secret;
}

static struct cfg_value_at *presets(struct load *ld, const struct sym_setting *list,
    unsigned count)
{
	struct cfg_value_at *v = MEM_ARRAY(&ld->mem, struct cfg_value_at, count + 1);

	for (unsigned i = 0; i < count; i++) {
		v[i].decl = &list[i];
		v[i].value = convert_preset(ld, &list[i]);
		v[i].is_preset = true;
		v[i].is_secret = list[i].secret;
	}
	return v;
}

static struct cfg_value_at *value_of(struct cfg_value_at *v, unsigned count, struct slice key)
{
	for (unsigned i = 0; i < count; i++)
		if (slice_eq(slice_str(v[i].decl->name), key))
			return &v[i];
	return NULL;
}

/* ---- parameters ---- */

static void say_no_param(struct load *ld, const struct loaded_module *m,
    const struct setting_item *item)
{
	struct candidates all = { .ld = ld };
	struct diag_item *d = load_error(ld, 402, item->key_at,
	    "module \"%s\" has no parameter \"%.*s\"", m->sym->name, SLICE_ARG(item->key));

	for (unsigned i = 0; i < m->sym->param_count; i++)
		candidates_add(&all, slice_str(m->sym->params[i].name));
	candidates_say(&all, item->key, d, item->key_at, "\"", "\"");
}

static void set_param(struct load *ld, struct loaded_module *m, struct setting_item *item)
{
	struct cfg_value_at *v = value_of(m->params, m->sym->param_count, item->key);

	if (v)
		set_value(ld, v, m->sym->name, item);
	else if (!is_guest(ld) || !guest_param(ld, m, item))
		say_no_param(ld, m, item);
}

static void say_not_loaded(struct load *ld, const struct modparam_item *item, struct slice name)
{
	struct candidates all = { .ld = ld };
	struct diag_item *d = load_error(ld, 404, item->modules_at,
	    "module \"%.*s\" is not loaded", SLICE_ARG(name));

	candidates_add_dict(&all, &ld->names->modules);
	if (!candidates_say(&all, name, d, item->modules_at, "\"", "\""))
		diag_help(d, "add near the top: loadmodule \"%.*s\"", SLICE_ARG(name));
}

static void set_modparam(struct load *ld, const struct modparam_item *item)
{
	struct slice rest = item->modules;

	while (rest.len > 0) {
		struct slice name = slice_trim(slice_split(&rest, '|'));
		struct loaded_module *m = names_module(ld, name);

		if (m)
			set_param(ld, m, item->param);
		else if (!names_was_asked_for(ld, mem_cstr(&ld->mem, name)) &&
		    !(is_guest(ld) && guest_modparam(ld, item, name)))
			say_not_loaded(ld, item, name);
	}
}

/* An empty one of another type than string says that there is no value. */
static bool is_good_preset(const struct cfg_value_at *v)
{
	const char *preset = v->decl->preset;

	if (v->decl->type == VALUE_LIST)
		return true;
	return preset && (!preset[0] || v->value.type != VALUE_NULL);
}

static void check_required(struct load *ld, const struct loaded_module *m)
{
	for (unsigned i = 0; i < m->sym->param_count; i++) {
		const struct cfg_value_at *v = &m->params[i];

		struct diag_item *d;

		if (!v->is_preset || is_good_preset(v))
			continue;
		d = load_error(ld, 409, m->item->name_at,
		    "parameter \"%s\" of module \"%s\" has to be set", v->decl->name, m->sym->name);
		if (v->decl->preset)
			diag_beside(d, "its default \"%s\" is no %s: a mistake of the module",
			    v->decl->preset, value_type_name(v->decl->type));
		else
			diag_beside(d, "%s", v->decl->doc ? v->decl->doc : "it has no default");
	}
}

static void check_params(struct load *ld)
{
	for (struct loaded_module *m = ld->names->first_module; m; m = m->next)
		m->params = presets(ld, m->sym->params, m->sym->param_count);
	for (const struct module_item *i = ld->ast->modules.first; i; i = i->next) {
		struct loaded_module *m = names_module(ld, i->name);

		for (struct setting_item *s = i->params; m && s; s = s->next)
			set_param(ld, m, s);
	}
	for (const struct modparam_item *i = ld->ast->modparams.first; i; i = i->next)
		set_modparam(ld, i);
	for (const struct loaded_module *m = ld->names->first_module; m; m = m->next)
		check_required(ld, m);
}

/* ---- settings of the core ---- */

static void say_no_setting(struct load *ld, const struct setting_item *item, struct slice key)
{
	const struct sym_module *core = ld->host->core;
	struct candidates all = { .ld = ld };
	struct diag_item *d = load_error(ld, 401, item->key_at, "there is no setting \"%.*s\"",
	    SLICE_ARG(key));

	for (unsigned i = 0; i < core->param_count; i++)
		candidates_add(&all, slice_str(core->params[i].name));
	candidates_say(&all, key, d, item->key_at, "\"", "\"");
}

static struct slice full_key(struct load *ld, const struct setting_item *item)
{
	if (!item->group.len)
		return item->key;
	return mem_printf(&ld->mem, "%.*s.%.*s", SLICE_ARG(item->group), SLICE_ARG(item->key));
}

/* What has an old name stands for the setting of the new one, value and all. */
static void set_core_setting(struct load *ld, struct cfg_value_at *values, unsigned count,
    struct cfg_value_at *v, struct setting_item *item)
{
	struct cfg_value_at *new_one = NULL;

	if (v->decl->deprecated)
		new_one = value_of(values, count, slice_str(v->decl->deprecated));
	if (new_one)
		note_deprecated(ld, v->decl, item);
	set_value(ld, new_one ? new_one : v, NULL, item);
}

static void check_core_settings(struct load *ld)
{
	const struct sym_module *core = ld->host->core;
	struct cfg_value_at *values = presets(ld, core->params, core->param_count);

	for (struct setting_item *i = ld->ast->settings.first; i; i = i->next) {
		struct slice key = full_key(ld, i);
		struct cfg_value_at *v = value_of(values, core->param_count, key);
		bool is_profile = slice_eq(key, SLICE("profile"));

		if (v)
			set_core_setting(ld, values, core->param_count, v, i);
		else if (!is_profile && is_guest(ld) && guest_setting(ld, i, key))
			check_constant(ld, i->value, "a setting");
		else if (!is_profile)
			say_no_setting(ld, i, key);
		else
			check_constant(ld, i->value, "a setting");
		if (is_profile)
			profile_settle(ld, i);
	}
	ld->cfg->settings = values;
	ld->cfg->setting_count = core->param_count;
}

/* ---- listeners ---- */

static const struct sym_setting listen_options[] = {
	{ .name = "name", .type = VALUE_STRING, .preset = "",
	  .doc = "what $sck(name) and the logs call it" },
	{ .name = "advertise", .type = VALUE_STRING, .preset = "",
	  .doc = "host or host:port that others are told, in Via, Record-Route and Contact" },
	{ .name = "as", .type = VALUE_STRING, .preset = "", .doc = "the same as advertise" },
	{ .name = "virtual", .type = VALUE_BOOL, .preset = "no",
	  .doc = "the address may not be there yet (freebind)" },
	{ .name = "anycast", .type = VALUE_BOOL, .preset = "no",
	  .doc = "other servers have this address, too" },
	{ .name = "tos", .type = VALUE_INT, .max = 255, .preset = "0",
	  .doc = "type of service of what is sent" },
	{ .name = "require_client_certificate", .type = VALUE_BOOL, .preset = "no",
	  .doc = "TLS: refuse who does not show a certificate that verifies" }
};
#define LISTEN_OPTIONS (sizeof(listen_options) / sizeof(listen_options[0]))

const struct sym_setting *cfg_listen_option(unsigned n)
{
	return n < LISTEN_OPTIONS ? &listen_options[n] : NULL;
}

static const struct sym_setting *find_option(const struct load *ld, struct slice key)
{
	const struct sym_module *core = ld->host->core;
	const struct sym_setting *s = find_setting(listen_options, LISTEN_OPTIONS, key);

	return s ? s : find_setting(core->listen_options, core->listen_option_count, key);
}

static void say_no_option(struct load *ld, const struct setting_item *item)
{
	const struct sym_module *core = ld->host->core;
	struct candidates all = { .ld = ld };
	struct diag_item *d = load_error(ld, 401, item->key_at, "a listener has no option \"%.*s\"",
	    SLICE_ARG(item->key));

	for (size_t i = 0; i < LISTEN_OPTIONS; i++)
		candidates_add(&all, slice_str(listen_options[i].name));
	for (unsigned i = 0; i < core->listen_option_count; i++)
		candidates_add(&all, slice_str(core->listen_options[i].name));
	candidates_say(&all, item->key, d, item->key_at, "\"", "\"");
}

/* "host", "host:port", "[v6]:port"; false if the port is none. */
static bool split_host(struct slice s, struct slice *host, uint16_t *port)
{
	size_t colon = s.len;
	uint32_t n;

	*host = s;
	*port = 0;
	for (size_t i = s.len; i > 0 && s.p[i - 1] != ']'; i--)
		if (s.p[i - 1] == ':')
			colon = i - 1;
	/* More than one colon outside brackets: an IPv6 address without a port. */
	if (colon == s.len || (s.len && s.p[0] != '[' &&
	    slice_find(slice_skip(s, colon + 1), ':') < s.len - colon - 1))
		return true;
	*host = slice_first(s, colon);
	if (slice_to_u32(slice_skip(s, colon + 1), &n) != 0 || n == 0 || n > 65535)
		return false;
	*port = (uint16_t)n;
	return true;
}

static void set_advertised(struct load *ld, struct cfg_listener *l, const struct setting_item *i,
    struct slice text)
{
	if (!split_host(text, &l->advertise_host, &l->advertise_port))
		load_error(ld, 405, i->value->at, "a port is a number from 1 to 65535");
}

static void set_option(struct load *ld, struct cfg_listener *l, struct cfg_listener_opt *opts,
    struct setting_item *i)
{
	const struct sym_setting *decl = find_option(ld, i->key);
	struct value v = value_null();

	if (!decl) {
		say_no_option(ld, i);
		return;
	}
	if (!convert_setting(ld, decl, NULL, i, &v))
		return;
	if (slice_eq(i->key, SLICE("name")))
		l->name = v.s;
	else if (slice_eq(i->key, SLICE("advertise")) || slice_eq(i->key, SLICE("as")))
		set_advertised(ld, l, i, v.s);
	else
		opts[l->opt_count++] = (struct cfg_listener_opt){ i->key, v, i->value->at };
}

static void set_options(struct load *ld, struct cfg_listener *l, struct setting_item *first)
{
	struct cfg_listener_opt *opts;
	unsigned n = 0;

	for (const struct setting_item *i = first; i; i = i->next)
		n++;
	opts = MEM_ARRAY(&ld->mem, struct cfg_listener_opt, n + 1);
	l->opts = opts;
	for (struct setting_item *i = first; i; i = i->next)
		set_option(ld, l, opts, i);
}

static const char *const transports[] = { "udp", "tcp", "tls" };

static bool set_transport(struct load *ld, struct cfg_listener *l, struct slice proto)
{
	struct diag_item *d;
	const char *near;

	for (size_t i = 0; i < 3; i++)
		if (slice_eq(proto, slice_str(transports[i]))) {
			l->proto = slice_str(transports[i]);
			return true;
		}
	d = load_error(ld, 407, l->at, "there is no transport \"%.*s\"", SLICE_ARG(proto));
	near = diag_nearest(proto, transports, 3);
	diag_beside(d, near ? "did you mean \"%s\"?" : "transports: udp, tcp, tls", near);
	return false;
}

static bool has_transport(struct slice address)
{
	size_t n = slice_find(address, ':');

	for (size_t i = 0; i < n; i++)
		if (address.p[i] < 'a' || address.p[i] > 'z')
			return false;
	/* "localhost:5060" is a host and a port. */
	return n > 0 && n < address.len && n + 1 < address.len &&
	    (slice_find(slice_skip(address, n + 1), ':') < address.len - n - 1 ||
	    !is_digit(address.p[n + 1]) || slice_find(slice_skip(address, n + 1), '.') <
	    address.len - n - 1);
}

static bool make_listener(struct load *ld, const struct listen_item *item,
    struct cfg_listener *l)
{
	struct slice address = item->address;

	l->at = item->address_at;
	if (!has_transport(address)) {
		diag_beside(load_error(ld, 407, item->address_at, "a listener needs a transport"),
		    "write udp:%.*s, tcp:%.*s or tls:%.*s", SLICE_ARG(address),
		    SLICE_ARG(address), SLICE_ARG(address));
		return false;
	}
	if (!set_transport(ld, l, slice_split(&address, ':')))
		return false;
	if (!split_host(address, &l->host, &l->port)) {
		load_error(ld, 405, item->address_at, "a port is a number from 1 to 65535");
		return false;
	}
	set_options(ld, l, item->options);
	return true;
}

static uint16_t real_port(const struct cfg_listener *l)
{
	return l->port ? l->port : slice_eq(l->proto, SLICE("tls")) ? 5061 : 5060;
}

/* TLS runs over TCP: the two cannot share a port either. */
static bool same_socket(const struct cfg_listener *a, const struct cfg_listener *b)
{
	bool udp_a = slice_eq(a->proto, SLICE("udp")), udp_b = slice_eq(b->proto, SLICE("udp"));

	return udp_a == udp_b && real_port(a) == real_port(b) &&
	    slice_eq_nocase(a->host, b->host);
}

static void check_collision(struct load *ld, const struct cfg_listener *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct diag_item *d;

		if (!same_socket(&list[i], &list[n]))
			continue;
		d = load_error(ld, 412, list[n].at, "two listeners on one address");
		diag_beside(d, "the first one:");
		diag_see(d, list[i].at);
		return;
	}
}

static void check_listeners(struct load *ld)
{
	struct cfg_listener *list = MEM_ARRAY(&ld->mem, struct cfg_listener,
	    ld->ast->listens.count + 1);
	unsigned n = 0;

	for (const struct listen_item *i = ld->ast->listens.first; i; i = i->next) {
		memset(&list[n], 0, sizeof(list[n]));
		if (!make_listener(ld, i, &list[n]))
			continue;
		check_collision(ld, list, n);
		n++;
	}
	ld->cfg->listeners = list;
	ld->cfg->listener_count = n;
}

static void check_aliases(struct load *ld)
{
	struct slice *list = MEM_ARRAY(&ld->mem, struct slice, ld->ast->aliases.count + 1);
	static const struct sym_setting decl = { .name = "alias", .type = VALUE_STRING };
	struct value v;
	unsigned n = 0;

	for (struct setting_item *i = ld->ast->aliases.first; i; i = i->next)
		if (convert_setting(ld, &decl, NULL, i, &v))
			list[n++] = v.s;
	ld->cfg->aliases = list;
	ld->cfg->alias_count = n;
}

static bool is_there(const struct load *ld, struct slice module)
{
	const char *const *names = ld->host->module_names ?
	    ld->host->module_names(ld->host->arg) : NULL;

	for (; names && *names; names++)
		if (slice_eq(slice_str(*names), module))
			return true;
	return false;
}

/* Who loads it has heard already that it cannot be had. */
static void check_app_module(struct load *ld, const struct app_item *a)
{
	struct diag_item *d;

	if (names_module(ld, SLICE("app")) || names_was_asked_for(ld, "app"))
		return;
	d = load_error(ld, 404, a->name_at, "an app block needs module \"app\"");
	if (is_there(ld, SLICE("app")))
		diag_help(d, "add: loadmodule \"app\"");
	else
		diag_beside(d, "this lcs has no such module: nothing would start the application");
}

/* An app belongs to module "app"; here only what it says is looked at. */
static void check_apps(struct load *ld)
{
	for (const struct app_item *a = ld->ast->apps.first; a; a = a->next) {
		check_app_module(ld, a);
		for (struct setting_item *i = a->options; i; i = i->next) {
			struct check c = { .ld = ld, .contexts = IN_REQUEST };

			env_settle(ld, i->value);
			if (slice_eq(i->key, SLICE("when")))
				check_condition(&c, i->value);
			else
				check_constant(ld, i->value, "an option of an app");
		}
	}
}

void check_settings(struct load *ld)
{
	check_core_settings(ld);
	check_params(ld);
	check_listeners(ld);
	check_aliases(ld);
	check_apps(ld);
}
