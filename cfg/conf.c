/*
 * cfg/conf.c - modules, settings and parameters of a configuration.
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

/* NULL: they cannot be listed. */
static const char *const *all_modules(const struct load *ld)
{
	return ld->host->module_names ? ld->host->module_names(ld->host->arg) : NULL;
}

static bool is_there(struct load *ld, struct slice key)
{
	const char *const *names = all_modules(ld);

	for (; names && *names; names++)
		if (slice_eq(names_module_key(ld, slice_str(*names)), key))
			return true;
	return false;
}

static void say_no_module(struct load *ld, const struct module_item *item, const char *why)
{
	const char *const *names = all_modules(ld);
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
	if (!candidates_say(&all, key, d, item->name_at, "\"", "\"") &&
	    !guest_hint(ld, d, GUEST_MODULE, NULL, key) && why)
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

	if (known && item->is_block && item->params)
		return;			/* loadmodule above, parameters below: a way to write it */
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
		if (i->group.len || (is_guest(ld) && guest_is_foreign(i->key)) ||
		    !(slice_eq(i->key, SLICE("module_path")) || slice_eq(i->key, SLICE("mpath"))))
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

const struct sym_setting *setting_find(const struct sym_setting *list, unsigned count,
    struct slice key)
{
	for (unsigned i = 0; i < count; i++)
		if (slice_eq(slice_str(list[i].name), key))
			return &list[i];
	return NULL;
}

bool setting_has_word(const struct sym_setting *decl, struct slice s)
{
	struct slice rest = slice_str(decl->words);

	while (rest.len > 0)
		if (slice_eq(slice_split(&rest, '|'), s))
			return true;
	return false;
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

/* What a secret is made of is not shown where it stands either: its texts, and those of consts. */
static void taint(struct walk *w, struct expr *e)
{
	struct expr *named = e->kind == EXPR_NAME && e->name.constant ?
	    e->name.constant->value : NULL;

	if (e->kind == EXPR_LITERAL && e->literal.value.type == VALUE_STRING)
		e->is_tainted = true;
	if (!named || named->is_tainted || !named->konst ||
	    (named->konst->type != VALUE_STRING && named->konst->type != VALUE_LIST))
		return;
	named->is_tainted = true;
	walk_expr(w, named);
}

static void set_value(struct load *ld, struct cfg_value_at *v, const char *owner,
    struct setting_item *item)
{
	struct walk texts = { .expr = taint };

	note_deprecated(ld, v->decl, item);
	note_override(ld, v, item);
	if (!convert_setting(ld, v->decl, owner, item, &v->value))
		v->has_failed = !is_guest(ld);
	v->at = item->value->at;
	v->is_preset = false;
	v->is_secret = item->is_secret || v->decl->secret;
	if (v->decl->secret)
		walk_expr(&texts, item->value);
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
	if (!candidates_say(&all, item->key, d, item->key_at, "\"", "\""))
		guest_hint(ld, d, GUEST_PARAM, m->sym->name, item->key);
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
	const char *const *names = all_modules(ld);
	struct candidates all = { .ld = ld };
	struct diag_item *d = load_error(ld, 404, item->modules_at,
	    "module \"%.*s\" is not loaded", SLICE_ARG(name));

	if (!names || !*names || is_there(ld, names_module_key(ld, name))) {
		diag_help(d, "add near the top: loadmodule \"%.*s\"", SLICE_ARG(name));
		return;
	}
	for (; *names; names++)
		candidates_add(&all, names_module_key(ld, slice_str(*names)));
	if (!candidates_say(&all, name, d, item->modules_at, "\"", "\""))
		diag_beside(d, "lcs has none of this name: lcs module list");
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

/* What a value looks like. */
static const char *specimen(const struct sym_setting *decl)
{
	if (decl->is_file)
		return "\"/path/to/FILE\"";
	switch (decl->type) {
	case VALUE_STRING:   return "\"...\"";
	case VALUE_URI:      return "\"sip:...\"";
	case VALUE_BOOL:     return "yes";
	case VALUE_DURATION: return "30s";
	default:             return "...";
	}
}

static void say_required(struct load *ld, const struct loaded_module *m,
    const struct sym_setting *decl)
{
	struct diag_item *d = load_error(ld, 409, m->item->name_at,
	    "parameter \"%s\" of module \"%s\" has to be set", decl->name, m->sym->name);

	if (decl->preset)
		diag_beside(d, "its default \"%s\" is no %s: a mistake of the module", decl->preset,
		    value_type_name(decl->type));
	else
		diag_beside(d, "%s", decl->doc ? decl->doc : "it has no default");
	diag_help(d, "modparam(\"%s\", \"%s\", %s)", m->sym->name, decl->name, specimen(decl));
}

static void check_required(struct load *ld, const struct loaded_module *m)
{
	for (unsigned i = 0; i < m->sym->param_count; i++) {
		const struct cfg_value_at *v = &m->params[i];

		if (v->is_preset && !is_good_preset(v))
			say_required(ld, m, v->decl);
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
	if (!candidates_say(&all, key, d, item->key_at, "\"", "\""))
		guest_hint(ld, d, GUEST_SETTING, NULL, key);
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

		if (is_guest(ld))
			guest_header(ld, key, i->value);
		if (is_guest(ld) && guest_is_foreign(key))
			guest_setting(ld, i, key);
		else if (v)
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

/* ---- apps ---- */

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
	check_apps(ld);
}
