/*
 * test/unit/core/sup/history_test.c - the last configurations survive the process.
 */
#include "test/unit.h"

#include "core/sup/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/lcs-history-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	history_close();
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static unsigned add(const char *text, const char *result)
{
	struct snapshot *s = snapshot_new();
	struct history_entry e = { .who = "somebody", .how = "commit", .detail = "detail" };
	unsigned number;

	snprintf(e.result, sizeof(e.result), "%s", result);
	snapshot_add(s, "lcs.cfg", slice_str(text));
	snapshot_hash(s, e.hash);
	number = history_add(&e, s);
	snapshot_free(&s);
	return number;
}

static bool has_text(unsigned number, const char *text)
{
	struct snapshot *s = history_texts(number);
	bool same = s && slice_eq(s->texts[0].text, slice_str(text));

	snapshot_free(&s);
	return same;
}

static void entries_come_back_with_their_text(void **state)
{
	const struct history_entry *list;
	unsigned a, b;

	(void)state;
	history_open(slice_str(dir));
	a = add("one", HISTORY_COMMITTED);
	b = add("two", HISTORY_WAITING);
	history_set_result(b, HISTORY_COMMITTED);
	history_close();
	history_open(slice_str(dir));
	assert_int_equal(history_list(&list), 2);
	assert_int_equal(list[0].number, a);
	assert_string_equal(list[1].result, HISTORY_COMMITTED);
	assert_string_equal(list[0].who, "somebody");
	assert_true(list[0].when > 0);
	assert_true(has_text(a, "one"));
	assert_true(has_text(b, "two"));
	assert_null(history_texts(b + 1));
	assert_true(add("three", HISTORY_COMMITTED) > b);
}

static void twenty_are_kept_and_nobody_else_may_read_them(void **state)
{
	const struct history_entry *list;
	char path[128];
	struct stat st;

	(void)state;
	history_open(slice_str(dir));
	for (unsigned i = 0; i < HISTORY_KEPT + 3; i++)
		add("text", HISTORY_COMMITTED);
	assert_int_equal(history_list(&list), HISTORY_KEPT);
	assert_int_equal(list[0].number, 4);
	assert_null(history_texts(3));
	assert_true(has_text(4, "text"));
	snprintf(path, sizeof(path), "%s/config/00000004.json", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/config/00000003.json", dir);
	assert_int_equal(stat(path, &st), -1);
}

static void damaged_files_are_passed_over(void **state)
{
	const struct history_entry *list;
	char path[128];
	FILE *f;

	(void)state;
	history_open(slice_str(dir));
	add("one", HISTORY_COMMITTED);
	add("two", HISTORY_COMMITTED);
	history_close();
	snprintf(path, sizeof(path), "%s/config/00000001.json", dir);
	f = fopen(path, "w");
	fputs("{\"number\": 1, \"resu", f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/config/x.json", dir);
	f = fopen(path, "w");
	fclose(f);
	history_open(slice_str(dir));
	assert_int_equal(history_list(&list), 1);
	assert_int_equal(list[0].number, 2);
}

static void without_a_directory_it_works_for_this_process(void **state)
{
	const struct history_entry *list;

	(void)state;
	history_open(SLICE("/nonexistent/state"));
	assert_int_equal(add("one", HISTORY_COMMITTED), 1);
	assert_int_equal(history_list(&list), 1);
	assert_null(history_texts(1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(entries_come_back_with_their_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(twenty_are_kept_and_nobody_else_may_read_them, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(damaged_files_are_passed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_directory_it_works_for_this_process, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
