/*
 * core/mod/loader.c - see loader.h.
 */
#include "core/mod/loader.h"

#include "core/mod/symbols.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef LCS_MODULE_DIR
#define LCS_MODULE_DIR "/usr/lib/lcs/modules"
#endif

#define NAME_BYTES 64u
#define NAMES_MAX 512u

struct loader {
	struct arena   *arena;
	struct arena   *texts;		/* reasons and names: forgotten after each reading */
	const char     *path;		/* what counts now, in arena or texts */
	bool            is_chosen;	/* by -m or the environment */
	struct loaded  *first, **end;
	unsigned        count;
};

struct loader *loader_new(const char *path)
{
	struct arena *arena = arena_new(0);
	struct loader *l = arena ? arena_zalloc(arena, sizeof(*l)) : NULL;

	if (!path || !*path)
		path = getenv("LCS_MODULE_PATH");
	if (l) {
		l->is_chosen = path && *path;
		l->path = l->is_chosen ? arena_dup_cstr(arena, slice_str(path)) : LCS_MODULE_DIR;
		l->texts = arena_new(0);
	}
	if (!l || !l->path || !l->texts) {
		if (l)
			arena_free(&l->texts);
		arena_free(&arena);
		return NULL;
	}
	l->arena = arena;
	l->end = &l->first;
	return l;
}

void loader_set_path(struct loader *l, struct slice path)
{
	const char *copy = path.len ? arena_dup_cstr(l->texts, path) : NULL;

	if (!l->is_chosen)
		l->path = copy ? copy : LCS_MODULE_DIR;
}

void loader_forget_texts(struct loader *l)
{
	struct arena *fresh = arena_new(0);

	if (!fresh)
		return;
	if (!l->is_chosen)
		l->path = LCS_MODULE_DIR;
	arena_free(&l->texts);
	l->texts = fresh;
}

/* Modules were loaded after what they need, so the last one goes first. */
static void unload_all(struct loaded *m)
{
	if (!m)
		return;
	unload_all(m->next);
	if (m->is_loaded && m->desc->unload)
		m->desc->unload(&m->mod);
	m->is_loaded = false;
	free(m->mod.shared);
	m->mod.shared = NULL;
}

void loader_free(struct loader **p)
{
	struct loader *l = *p;
	struct arena *arena;

	*p = NULL;
	if (!l)
		return;
	unload_all(l->first);
	arena_free(&l->texts);
	arena = l->arena;
	arena_free(&arena);
}

/* ---- names ---- */

/* "static-route.so" -> "static_route"; false if it cannot be a module's name. */
static bool normalise(const char *name, char out[NAME_BYTES])
{
	struct slice s = slice_str(name);

	if (slice_ends(s, SLICE(".so")))
		s.len -= 3;
	if (s.len == 0 || s.len >= NAME_BYTES)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i] == '-' ? '_' : s.p[i];

		if (!is_alnum(c) && c != '_')
			return false;
		out[i] = c;
	}
	out[s.len] = '\0';
	return true;
}

static struct loaded *find(struct loader *l, const char *name)
{
	for (struct loaded *m = l->first; m; m = m->next)
		if (slice_eq(slice_str(m->desc->name), slice_str(name)))
			return m;
	return NULL;
}

struct loaded *loader_find(struct loader *l, const char *name)
{
	char plain[NAME_BYTES];

	return normalise(name, plain) ? find(l, plain) : NULL;
}

struct loaded *loader_first(struct loader *l) { return l->first; }
unsigned loader_count(const struct loader *l) { return l->count; }

/* ---- opening ---- */

/* Modules linked into the program itself (--with-module-NAME=yes, tests); the linker
 * sets the ends of the section that LCS_MODULE() fills, if there is one. */
extern const struct lcs_module *const __start_lcs_modules[] __attribute__((weak));
extern const struct lcs_module *const __stop_lcs_modules[] __attribute__((weak));

static size_t inside_count(void)
{
	return (size_t)(__stop_lcs_modules - __start_lcs_modules);
}

static const struct lcs_module *find_inside(const char *name)
{
	for (size_t i = 0; i < inside_count(); i++)
		if (slice_eq(slice_str(__start_lcs_modules[i]->name), slice_str(name)))
			return __start_lcs_modules[i];
	return NULL;
}

static const struct lcs_module *descriptor_of(struct loader *l, const char *file,
    const char *name, const char **why)
{
	struct slice symbol = arena_printf(l->texts, "lcs_module_%s", name);
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	const struct lcs_module *desc;

	if (!handle) {
		*why = arena_dup_cstr(l->texts, slice_str(dlerror()));
		return NULL;
	}
	desc = symbol.p ? dlsym(handle, symbol.p) : NULL;
	if (!desc)
		*why = arena_printf(l->texts, "%s is no lcs module: it has no symbol %s", file,
		    symbol.p).p;
	return desc;
}

static const char *file_in(struct loader *l, struct slice dir, const char *name)
{
	struct slice file = arena_printf(l->texts, "%.*s/%s.so", SLICE_ARG(dir), name);
	char *dash;

	if (!file.p || access(file.p, F_OK) == 0)
		return file.p;
	dash = arena_dup_cstr(l->texts, file);
	for (char *c = dash + dir.len; dash && *c; c++)
		if (*c == '_')
			*c = '-';
	return dash && access(dash, F_OK) == 0 ? dash : NULL;
}

static const struct lcs_module *find_file(struct loader *l, const char *name, const char **why)
{
	struct slice rest = slice_str(l->path);

	while (rest.len) {
		struct slice dir = slice_split(&rest, ':');
		const char *file = dir.len ? file_in(l, dir, name) : NULL;

		if (file)
			return descriptor_of(l, file, name, why);
	}
	*why = arena_printf(l->texts, "there is no file %s.so in %s", name, l->path).p;
	return NULL;
}

/* For people: where the descriptor was found. */
static const char *file_of(const struct lcs_module *desc)
{
	Dl_info info;

	return dladdr(desc, &info) && info.dli_fname ? info.dli_fname : "it";
}

/* The hash covers every header a module sees; the numbers before it tell why for humans. */
static bool fits(struct loader *l, const struct lcs_module *desc, const char *name,
    const char **why)
{
	const char *file = file_of(desc);
	struct slice text;

	if (desc->abi != LCS_ABI)
		text = arena_printf(l->texts, "%s is made for module interface %u, this lcs has %u",
		    file, desc->abi, (unsigned)LCS_ABI);
	else if (desc->size != sizeof(*desc) ||
	    !slice_eq(slice_str(desc->build), slice_str(LCS_BUILD_HASH)))
		text = arena_printf(l->texts, "%s is built against other headers than this lcs; "
		    "build it again", file);
	else if (!slice_eq(slice_str(desc->name), slice_str(name)))
		text = arena_printf(l->texts, "%s calls itself \"%s\"", file, desc->name);
	else
		return true;
	*why = text.p;
	return false;
}

static struct loaded *remember(struct loader *l, const struct lcs_module *desc, const char **why)
{
	struct loaded *m = arena_zalloc(l->arena, sizeof(*m));

	if (!m) {
		*why = "memory is short";
		return NULL;
	}
	m->desc = desc;
	m->loader = l;
	m->mod = (struct lcs_mod){ .desc = desc, .name = desc->name, .index = l->count + 1 };
	if (symbols_of_module(l->arena, m, why) != 0)
		return NULL;
	l->count++;
	*l->end = m;
	l->end = &m->next;
	return m;
}

struct loaded *loader_open(struct loader *l, const char *name, const char **why)
{
	const struct lcs_module *desc;
	char plain[NAME_BYTES];
	struct loaded *m;

	*why = "memory is short";
	if (!normalise(name, plain)) {
		*why = "that cannot be the name of a module";
		return NULL;
	}
	m = find(l, plain);
	if (m)
		return m;
	desc = find_inside(plain);
	if (!desc)
		desc = find_file(l, plain, why);
	if (!desc || !fits(l, desc, plain, why))
		return NULL;
	return remember(l, desc, why);
}

/* ---- what else there is ---- */

struct names { const char *items[NAMES_MAX + 1]; unsigned count; };

static void add_name(struct loader *l, struct names *names, struct slice name)
{
	char *copy;

	for (unsigned i = 0; i < names->count; i++)
		if (slice_eq(slice_str(names->items[i]), name))
			return;
	if (names->count >= NAMES_MAX)
		return;
	copy = arena_dup_cstr(l->texts, name);
	if (copy)
		names->items[names->count++] = copy;
}

static void add_names_of(struct loader *l, struct names *names, struct slice dir)
{
	char *path = arena_dup_cstr(l->texts, dir);
	DIR *d = path ? opendir(path) : NULL;
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		struct slice file = slice_str(e->d_name);
		char plain[NAME_BYTES];

		if (slice_ends(file, SLICE(".so")) && normalise(e->d_name, plain))
			add_name(l, names, slice_str(plain));
	}
	if (d)
		closedir(d);
}

static int by_name(const void *a, const void *b)
{
	return slice_cmp(slice_str(*(const char *const *)a), slice_str(*(const char *const *)b));
}

const char *loader_path(const struct loader *l) { return l->path; }

const char *const *loader_names(struct loader *l)
{
	struct names *names = arena_zalloc(l->texts, sizeof(*names));
	static const char *const none[] = { NULL };
	struct slice rest = slice_str(l->path);

	if (!names)
		return none;
	for (size_t i = 0; i < inside_count(); i++)
		add_name(l, names, slice_str(__start_lcs_modules[i]->name));
	for (const struct loaded *m = l->first; m; m = m->next)
		add_name(l, names, slice_str(m->desc->name));
	while (rest.len)
		add_names_of(l, names, slice_split(&rest, ':'));
	qsort(names->items, names->count, sizeof(names->items[0]), by_name);
	return names->items;
}

static bool exports(const struct loaded *m, const char *symbol, bool is_variable)
{
	struct slice s = slice_str(symbol);

	for (unsigned i = 0; !is_variable && i < m->sym.func_count; i++)
		if (slice_eq(slice_str(m->sym.funcs[i].name), s))
			return true;
	for (unsigned i = 0; is_variable && i < m->sym.var_count; i++)
		if (slice_eq(slice_str(m->sym.vars[i].name), s))
			return true;
	return false;
}

/* Only asked when a name is unknown, so the time to open everything is there. */
const char *loader_who_exports(struct loader *l, const char *symbol, bool is_variable)
{
	const char *const *names = loader_names(l);

	for (unsigned i = 0; names[i]; i++) {
		const char *why;
		const struct loaded *m = loader_open(l, names[i], &why);

		if (m && exports(m, symbol, is_variable))
			return m->desc->name;
	}
	return NULL;
}

/* ---- for cfg ---- */

static const struct sym_module *serve_open(void *arg, const char *name, const char **why)
{
	struct loaded *m = loader_open(arg, name, why);

	return m ? &m->sym : NULL;
}

static const char *const *serve_names(void *arg) { return loader_names(arg); }

static const char *serve_who(void *arg, const char *symbol, bool is_variable)
{
	return loader_who_exports(arg, symbol, is_variable);
}

static void serve_path(void *arg, struct slice path) { loader_set_path(arg, path); }

void loader_serve(struct loader *l, struct cfg_host *host)
{
	host->set_module_path = serve_path;
	host->arg = l;
	host->open_module = serve_open;
	host->module_names = serve_names;
	host->who_exports = serve_who;
}
