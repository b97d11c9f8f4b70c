/*
 * test/unit/cfg/bad_scripts_test.c - every wrong script of test/scripts-bad says what its
 * expectation says: each line listed is reported, and no error is that is not listed.
 *
 * Prints TAP itself: one line per script.
 */
#include "cfg/diag_item.h"
#include "test/fake/script.h"
#include "utils/buf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCRIPTS_MAX 1000u
#define LINES_MAX   200u

static struct fake_script fake;
static unsigned failed;

static char *read_file(const char *name, size_t *len)
{
	FILE *f = fopen(name, "rb");
	char *text = malloc(1 << 20);

	if (!f || !text) {
		if (f)
			fclose(f);
		free(text);
		return NULL;
	}
	*len = fread(text, 1, 1 << 20, f);
	fclose(f);
	return text;
}

/* ---- one expectation ---- */

static bool has_text(struct slice line, struct slice text)
{
	return slice_search(line, text) < line.len || text.len == 0;
}

/* "7:5: error[E0305] ~ a ~ b": the beginning, and texts that occur somewhere. */
static bool fits(struct slice want, struct slice got)
{
	size_t mark = slice_search(want, SLICE(" ~ "));
	struct slice begin = slice_trim(slice_first(want, mark));

	if (!slice_starts(got, begin))
		return false;
	while (mark < want.len) {
		struct slice text;

		want = slice_skip(want, mark + 3);
		mark = slice_search(want, SLICE(" ~ "));
		text = slice_first(want, mark);
		if (!has_text(got, text))
			return false;
	}
	return true;
}

struct report { struct slice lines[LINES_MAX]; bool is_error[LINES_MAX], used[LINES_MAX];
	unsigned count; };

/* First line of each message, without the file's name. */
static void collect(const struct diag *d, struct arena *arena, struct report *out)
{
	const struct diag_item **list = diag_sorted(d, arena);

	for (out->count = 0; list[out->count] && out->count < LINES_MAX; out->count++) {
		const struct diag_item *i = list[out->count];
		char code[8];

		diag_code_text(i, code);
		out->lines[out->count] = arena_printf(arena, "%u:%u: %s[%s]: %.*s", i->at.line,
		    i->at.column, diag_level_text(i->level), code, SLICE_ARG(i->text));
		out->is_error[out->count] = i->level == DIAG_ERROR;
		out->used[out->count] = false;
	}
}

static unsigned compare(struct slice expect, struct report *r)
{
	unsigned wrong = 0;

	while (expect.len > 0) {
		struct slice want = slice_trim(slice_split(&expect, '\n'));
		unsigned i = 0;

		if (want.len == 0)
			continue;
		while (i < r->count && (r->used[i] || !fits(want, r->lines[i])))
			i++;
		if (i < r->count) {
			r->used[i] = true;
			continue;
		}
		printf("# missing:    %.*s\n", SLICE_ARG(want));
		wrong++;
	}
	for (unsigned i = 0; i < r->count; i++)
		if (r->is_error[i] && !r->used[i]) {
			printf("# not listed: %.*s\n", SLICE_ARG(r->lines[i]));
			wrong++;
		}
	return wrong;
}

static unsigned check(const char *script, const char *expectation)
{
	struct arena *arena = arena_new(0);
	struct diag *diag = diag_new();
	struct cfg *cfg = NULL;
	struct report report;
	size_t len = 0;
	char *text = read_file(expectation, &len);
	unsigned wrong = 1;

	if (text && arena && diag) {
		int err = cfg_load(script, &fake.host, diag, &cfg);

		collect(diag, arena, &report);
		wrong = compare(slice_of(text, len), &report);
		if ((err == 0) != (diag_errors(diag) == 0)) {
			printf("# result %d with %u errors\n", err, diag_errors(diag));
			wrong++;
		}
	}
	cfg_free(&cfg);
	diag_free(&diag);
	arena_free(&arena);
	free(text);
	return wrong;
}

/* ---- all of them ---- */

/* What is decided outside of cfg: by the check() of a real module, by real functions, or where
 * listeners are made. The program itself says it, in test/groups/scripts.sh. */
static bool is_of_others(const char *name)
{
	static const char *const modules[] = { "permissions-", "pike-", "ratelimit-", "htable-",
		"registrar-", "dirsearch-", "dirsync-", "auth-ldap-", "auth-ntlm-",
		"auth-kerberos-", "provisioning-", "guest-words",
		"profile-carrier-reply", "listen-tls-without-module", "store-mirror-", "xcap-" };

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (slice_starts(slice_str(name), slice_str(modules[i])))
			return true;
	return false;
}

static void one(unsigned n, const char *script)
{
	char expectation[300];
	int stem = (int)strlen(script) - 4;

	snprintf(expectation, sizeof(expectation), "%.*s.expect", stem, script);
	if (check(script, expectation) == 0) {
		printf("ok %u - %.*s\n", n, stem, script);
		return;
	}
	printf("not ok %u - %.*s\n", n, stem, script);
	failed++;
}

static int is_script(const struct dirent *e)
{
	return slice_ends(slice_str(e->d_name), SLICE(".cfg")) && !is_of_others(e->d_name);
}

int main(void)
{
	const char *src = getenv("top_srcdir");
	struct dirent **list;
	int n;

	if (chdir(src ? src : ".") != 0 || chdir("test/scripts-bad") != 0 ||
	    (n = scandir(".", &list, is_script, alphasort)) <= 0) {
		printf("Bail out! no scripts\n");
		return 1;
	}
	unsetenv("LCS_SURELY_NOT_SET");
	if (fake_script_init(&fake) != 0)
		return 1;
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		one((unsigned)i + 1, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	fake_script_fini(&fake);
	arena_thread_flush();
	return failed ? 1 : 0;
}
