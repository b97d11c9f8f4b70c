/*
 * test/unit/cfg/pages_test.c - every page shows what it says: the wrong form gets its code, the
 * right form does not and has no errors; every code that the checker has has a page.
 */
#include "test/unit/cfg/run.h"

#include "cfg/diag_item.h"
#include "cfg/pages.h"

#include <glob.h>
#include <stdlib.h>

static bool says(struct scene *s, unsigned code)
{
	for (const struct diag_item *i = s->diag->first; i; i = i->next)
		if (i->code == code)
			return true;
	return false;
}

static void wrong_and_right(void **state)
{
	(void)state;
	unsetenv("LCS_SURELY_NOT_SET");
	for (unsigned n = 0; page_nth(n); n++) {
		const struct page *p = page_nth(n);
		struct scene *s = scene_new();

		if (p->wrong) {
			scene_load(s, p->wrong);
			if (!says(s, p->code))
				fail_msg("page %u: the wrong form says\n%s", p->code, scene_messages(s));
		}
		if (p->right && scene_load(s, p->right) != 0)
			fail_msg("page %u: the right form says\n%s", p->code, scene_messages(s));
		if (p->right)
			assert_false(says(s, p->code));
		scene_free(s);
	}
}

static void found_by_code(void **state)
{
	(void)state;
	assert_int_equal(page_of(SLICE("E0201"))->code, 201);
	assert_int_equal(page_of(SLICE("W0502"))->code, 502);
	assert_int_equal(page_of(SLICE("0110"))->code, 110);
	assert_int_equal(page_of(SLICE("702"))->code, 702);
	assert_null(page_of(SLICE("E0999")));
	assert_null(page_of(SLICE("E")));
	assert_null(page_of(SLICE("")));
	for (unsigned n = 1; page_nth(n); n++)
		assert_true(page_nth(n - 1)->code < page_nth(n)->code);
}

/* "load_error(ld, 201," and its relatives, in the sources themselves. */
static bool is_code(const char *p, unsigned *code)
{
	static const char *const calls[] = { "load_error(", "load_warning(", "syntax_error(", "complain(" };
	const char *comma;

	for (size_t i = 0; i < COUNT(calls); i++) {
		if (strncmp(p, calls[i], strlen(calls[i])) != 0)
			continue;
		comma = strchr(p, ',');
		*code = comma ? (unsigned)strtoul(comma + 1, NULL, 10) : 0;
		return *code >= 100 && *code < 1000;
	}
	return false;
}

static void look_through(const char *name)
{
	static char text[1 << 20];
	FILE *f = fopen(name, "rb");
	size_t len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	unsigned code;

	if (f)
		fclose(f);
	assert_true(len > 0);
	text[len] = '\0';
	for (const char *p = text; *p; p++) {
		char word[16];

		if (!is_code(p, &code))
			continue;
		snprintf(word, sizeof(word), "%u", code);
		if (!page_of(slice_str(word)))
			fail_msg("%s: no page for E0%u", name, code);
	}
}

static void every_code_has_one(void **state)
{
	const char *src = getenv("top_srcdir");
	char pattern[500];
	glob_t files;

	(void)state;
	snprintf(pattern, sizeof(pattern), "%s/cfg/*.[cly]", src ? src : ".");
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	assert_true(files.gl_pathc > 50);
	for (size_t i = 0; i < files.gl_pathc; i++)
		look_through(files.gl_pathv[i]);
	globfree(&files);
}

UNIT_MAIN(
	cmocka_unit_test(wrong_and_right),
	cmocka_unit_test(found_by_code),
	cmocka_unit_test(every_code_has_one)
)
