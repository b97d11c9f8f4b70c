/*
 * test/unit/cfg/good_scripts_test.c - nothing is said about the right scripts, and their
 * programs run; the long examples of the language description are at least syntax.
 *
 * Prints TAP itself: one line per script.
 */
#include "cfg/diag_item.h"
#include "test/fake/script.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fake_script fake;
static unsigned number, failed;

static void say(bool ok, const char *folder, const char *name)
{
	printf("%s %u - %s%s\n", ok ? "ok" : "not ok", ++number, folder, name);
	failed += !ok;
}

static void explain(const struct diag *d)
{
	struct arena *a = arena_new(0);
	struct slice rest = diag_text(d, DIAG_TEXT, a);

	while (rest.len > 0) {
		struct slice line = slice_split(&rest, '\n');

		printf("# %.*s\n", SLICE_ARG(line));
	}
	arena_free(&a);
}

/* ---- right in every way ---- */

static void run_routes(const struct cfg *cfg)
{
	for (unsigned i = 0; i < cfg->route_count; i++) {
		struct arena *arena = arena_new(0);
		struct fiber *f;

		if (cfg->routes[i].kind != ROUTE_NAMED) {
			fake_script_begin(&fake, arena);
			f = vm_start(cfg->program, cfg->routes[i].id, NULL, 0, arena, NULL);
			if (vm_run(f, &fake.vm, &fake) == VM_FAILED)
				printf("# %s: %s\n", cfg->name, vm_error(f)->what);
		}
		arena_free(&arena);
	}
}

static void right(const char *name)
{
	struct diag *diag = diag_new();
	struct cfg *cfg;
	int err = cfg_load(name, &fake.host, diag, &cfg);
	FILE *nowhere = fopen("/dev/null", "w");
	bool ok = err == 0 && diag_errors(diag) == 0 && diag_warnings(diag) == 0;

	if (!ok)
		explain(diag);
	if (cfg && nowhere) {
		cfg_dump_code(cfg, nowhere);
		run_routes(cfg);
	}
	if (nowhere)
		fclose(nowhere);
	say(ok, "", name);
	cfg_free(&cfg);
	diag_free(&diag);
}

/* ---- syntax only ---- */

static bool is_of_syntax(const struct diag_item *i)
{
	return i->level == DIAG_ERROR && i->code >= 100 && i->code < 200;
}

static void syntax(const char *name)
{
	struct diag *diag = diag_new();
	struct arena *arena = arena_new(0);
	struct cfg *cfg;
	const struct diag_item **list;
	bool ok = true;

	(void)cfg_load(name, &fake.host, diag, &cfg);
	for (list = diag_sorted(diag, arena); *list; list++)
		ok &= !is_of_syntax(*list);
	if (!ok)
		explain(diag);
	say(ok, "language/", name);
	cfg_free(&cfg);
	diag_free(&diag);
	arena_free(&arena);
}

/* ---- both folders ---- */

static int is_script(const struct dirent *e)
{
	return slice_ends(slice_str(e->d_name), SLICE(".cfg"));
}

static void each(const char *folder, void (*fn)(const char *name))
{
	struct dirent **list;
	int n = chdir(folder) == 0 ? scandir(".", &list, is_script, alphasort) : -1;

	if (n <= 0) {
		say(false, folder, " has no scripts");
		return;
	}
	for (int i = 0; i < n; i++) {
		fn(list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

int main(void)
{
	const char *src = getenv("top_srcdir");

	if (fake_script_init(&fake) != 0 || chdir(src ? src : ".") != 0)
		return 1;
	unsetenv("LCS_SURELY_NOT_SET");
	each("test/scripts-good", right);
	each("language", syntax);
	printf("1..%u\n", number);
	fake_script_fini(&fake);
	arena_thread_flush();
	return failed ? 1 : 0;
}
