/*
 * test/unit/core/mod/snapshot_test.c - the files of a configuration, kept and read again.
 */
#include "test/unit.h"

#include "core/mod/snapshot.h"
#include "core/mod/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT(lit) { lit, sizeof(lit) - 1 }

static struct snapshot *two_files(void)
{
	struct snapshot *s = snapshot_new();

	snapshot_add(s, "a.cfg", SLICE("#!lcs 1\nimport \"b.cfg\"\n"));
	snapshot_add(s, "b.cfg", SLICE("server_name = \"x\"\nrequest_route { drop; }\n"));
	assert_false(s->is_short);
	return s;
}

static void a_file_is_kept_once(void **state)
{
	struct snapshot *s = two_files();

	(void)state;
	snapshot_add(s, "a.cfg", SLICE("something else"));
	assert_int_equal(s->count, 2);
	assert_true(slice_starts(s->texts[0].text, SLICE("#!lcs 1")));
	snapshot_free(&s);
	assert_null(s);
}

static void its_name_changes_with_text_and_path(void **state)
{
	char first[SNAPSHOT_HASH_CHARS + 1], other[SNAPSHOT_HASH_CHARS + 1];
	struct snapshot *a = two_files(), *b = two_files(), *c = snapshot_new();

	(void)state;
	snapshot_hash(a, first);
	snapshot_hash(b, other);
	assert_string_equal(first, other);
	snapshot_add(b, "c.cfg", SLICE(""));
	snapshot_hash(b, other);
	assert_string_not_equal(first, other);
	/* The same bytes, cut elsewhere. */
	snapshot_add(c, "a.cfg#", SLICE("!lcs 1\nimport \"b.cfg\"\n"));
	snapshot_add(c, "b.cfg", b->texts[1].text);
	snapshot_hash(c, other);
	assert_string_not_equal(first, other);
	snapshot_free(&a);
	snapshot_free(&b);
	snapshot_free(&c);
}

static void it_survives_json_also_if_it_is_not_utf8(void **state)
{
	struct snapshot *a = two_files(), *b;
	json_t *list;

	(void)state;
	snapshot_add(a, "latin.cfg", SLICE("# caf\xe9\n"));
	snapshot_add(a, "empty.cfg", SLICE(""));
	list = snapshot_json(a);
	b = snapshot_of_json(list);
	assert_non_null(b);
	assert_int_equal(b->count, 4);
	for (unsigned i = 0; i < b->count; i++) {
		assert_string_equal(a->texts[i].path, b->texts[i].path);
		assert_true(slice_eq(a->texts[i].text, b->texts[i].text));
	}
	json_decref(list);
	snapshot_free(&a);
	snapshot_free(&b);
}

static void what_is_none_is_refused(void **state)
{
	static const char *const bad[] = {
		"[]", "{}", "[1]", "[{\"path\":\"a\"}]", "[{\"text\":\"a\"}]",
		"[{\"path\":\"a\",\"base64\":\"!!!!\"}]", "[{\"path\":1,\"text\":\"a\"}]",
		"[{\"path\":\"a\",\"text\":\"a\"},{}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *list = json_loads(bad[i], 0, NULL);

		assert_non_null(list);
		assert_null(snapshot_of_json(list));
		json_decref(list);
	}
}

/* Nothing of the disk is looked at: neither the file itself nor what it imports. */
static void a_configuration_is_read_from_it(void **state)
{
	struct arena *arena = arena_new(0);
	struct snapshot *s = two_files(), *again = snapshot_new();
	struct cfg_host host = { .core = symbols_of_core(arena), .texts = s->texts,
				 .text_count = s->count, .on_read = snapshot_add,
				 .on_read_arg = again };
	struct diag *diag = diag_new();
	struct cfg *cfg = NULL;

	(void)state;
	assert_int_equal(cfg_load("a.cfg", &host, diag, &cfg), 0);
	assert_true(slice_eq(cfg_setting(cfg, "server_name")->s, SLICE("x")));
	assert_int_equal(cfg->files, 2);
	assert_int_equal(again->count, 2);
	cfg_free(&cfg);
	assert_int_equal(cfg_load("c.cfg", &host, diag, &cfg), -ENOENT);
	diag_free(&diag);
	snapshot_free(&s);
	snapshot_free(&again);
	arena_free(&arena);
}

static void directories_and_circles_of_it_too(void **state)
{
	static const struct cfg_text texts[] = {
		{ "/x/a.cfg", TEXT("#!lcs 1\nimport \"d\"\nrequest_route { drop; }\n") },
		{ "/x/d/2.cfg", TEXT("server_name = \"two\"\n") },
		{ "/x/d/1.cfg", TEXT("alias = \"one\"\n") },
		{ "/x/d/sub/3.cfg", TEXT("nonsense") },
		{ "/x/c.cfg", TEXT("#!lcs 1\nimport \"c.cfg\"\n") },
	};
	struct arena *arena = arena_new(0);
	struct cfg_host host = { .core = symbols_of_core(arena), .texts = texts, .text_count = 5 };
	struct diag *diag = diag_new();
	struct cfg *cfg = NULL;

	(void)state;
	assert_int_equal(cfg_load("/x/a.cfg", &host, diag, &cfg), 0);
	assert_int_equal(cfg->files, 3);
	assert_int_equal(cfg->alias_count, 1);
	cfg_free(&cfg);
	assert_int_equal(cfg_load("/x/c.cfg", &host, diag, &cfg), -EINVAL);
	assert_true(slice_search(diag_text(diag, DIAG_TEXT, arena), SLICE("goes in a circle")) <
	    diag_text(diag, DIAG_TEXT, arena).len);
	diag_free(&diag);
	arena_free(&arena);
}

static void files_of_the_disk_are_taken_whole(void **state)
{
	char path[] = "/tmp/lcs-snapshot-XXXXXX";
	struct snapshot *s = snapshot_new();
	FILE *f = fdopen(mkstemp(path), "w");

	(void)state;
	assert_int_equal(fwrite("a\nb", 1, 3, f), 3);
	fclose(f);
	assert_true(snapshot_add_file(s, path));
	assert_true(slice_eq(s->texts[0].text, SLICE("a\nb")));
	f = fopen(path, "w");
	fclose(f);
	snapshot_free(&s);
	s = snapshot_new();
	assert_true(snapshot_add_file(s, path));
	assert_int_equal(s->texts[0].text.len, 0);
	unlink(path);
	assert_false(snapshot_add_file(s, path));
	snapshot_free(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_kept_once),
		cmocka_unit_test(its_name_changes_with_text_and_path),
		cmocka_unit_test(it_survives_json_also_if_it_is_not_utf8),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(a_configuration_is_read_from_it),
		cmocka_unit_test(directories_and_circles_of_it_too),
		cmocka_unit_test(files_of_the_disk_are_taken_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
