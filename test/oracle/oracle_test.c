/*
 * test/oracle/oracle_test.c - the machine and the tree on scripts by chance.
 *
 *	oracle_test [SECONDS [SEED]]	one second from seed 1; then the scripts of test/scripts-good
 *	oracle_test show SEED		the script of a seed
 *
 * A disagreement prints the smallest script found. Prints TAP.
 */
#include "test/oracle/oracle.h"

#include "cfg/regex.h"
#include "test/fake/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS_PER_SCRIPT 6u

static struct fake_script fake;

struct tally { unsigned read, unread, runs, different; };

static void show(struct slice text)
{
	while (text.len > 0) {
		struct slice line = slice_split(&text, '\n');

		printf("# %.*s\n", SLICE_ARG(line));
	}
}

static void show_difference(struct slice text, unsigned seed)
{
	struct arena *a = arena_new(0);
	struct slice why, small = compare_shrink(&fake, text, seed, a);

	show(small);
	if (compare_text(&fake, small, seed, a, &why) == COMPARED_DIFFERENT)
		show(why);
	arena_free(&a);
}

static void compare(struct slice text, uint64_t from, struct tally *t)
{
	for (unsigned i = 0; i < RUNS_PER_SCRIPT; i++) {
		struct arena *a = arena_new(0);
		unsigned seed = (unsigned)(from * 7919 + i * 104729 + 1);
		struct slice why = SLICE("");
		enum compared c = compare_text(&fake, text, seed, a, &why);

		if (c == COMPARED_UNREAD && getenv("ORACLE_UNREAD"))
			printf("# %.*s\n", SLICE_ARG(why));
		arena_free(&a);
		if (c == COMPARED_UNREAD) {
			t->unread++;
			return;
		}
		t->runs++;
		if (c == COMPARED_DIFFERENT) {
			t->different++;
			printf("# script %llu, values %u\n", (unsigned long long)from, seed);
			show_difference(text, seed);
			return;
		}
	}
	t->read++;
}

static void by_chance(double seconds, uint64_t seed, struct tally *t)
{
	clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);

	for (; clock() < end && t->different < 5; seed++) {
		struct arena *a = arena_new(0);

		compare(random_script(seed, a), seed, t);
		arena_free(&a);
	}
}

static void file(const char *name, struct tally *t)
{
	static char text[1 << 16];
	char path[1000];
	const char *src = getenv("top_srcdir");
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/test/scripts-good/%s", src ? src : ".", name);
	f = fopen(path, "r");
	if (!f) {
		t->unread++;
		return;
	}
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	for (uint64_t i = 0; i < 200; i++)
		compare(slice_of(text, n), i, t);
}

/* An engine that does something else must be found: one of the two sees other values. */
static bool finds_differences(void)
{
	struct arena *a = arena_new(0);
	struct slice why = SLICE(""), small;
	struct slice text = SLICE("#!lcs 1\nrequest_route {\n$avp(x) = 1 + 1;\n$avp(y) = $rm;\n"
	    "$var(a) = 3;\ndrop;\n}\n");
	bool ok = compare_text(&fake, text, 1, a, &why) == COMPARED_SAME;

	compare_skew = 12345;
	ok = ok && compare_text(&fake, text, 1, a, &why) == COMPARED_DIFFERENT;
	small = compare_shrink(&fake, text, 1, a);
	ok = ok && small.len < text.len;
	compare_skew = 0;
	ok = ok && compare_text(&fake, SLICE("#!lcs 1\nrequest_route { nope; }\n"), 1, a, &why) ==
	    COMPARED_UNREAD;
	arena_free(&a);
	return ok;
}

int main(int argc, char **argv)
{
	struct tally t = { 0, 0, 0, 0 }, f = { 0, 0, 0, 0 };
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct arena *a;

	if (fake_script_init(&fake) != 0)
		return 1;
	if (argc > 2 && strcmp(argv[1], "show") == 0) {
		a = arena_new(0);
		printf("%.*s", SLICE_ARG(random_script(seed, a)));
		arena_free(&a);
		return 0;
	}
	printf("1..3\n");
	printf("%s 1 - texts are told apart\n", finds_differences() ? "ok" : "not ok");
	by_chance(seconds, seed, &t);
	printf("%s 2 - scripts by chance: %u scripts, %u runs, %u not accepted by the check\n",
	    t.different == 0 && t.read > t.unread ? "ok" : "not ok", t.read, t.runs, t.unread);
	file("expressions.cfg", &f);
	file("control.cfg", &f);
	printf("%s 3 - the good scripts: %u runs\n", f.different == 0 && f.unread == 0 ? "ok" :
	    "not ok", f.runs);
	fake_script_fini(&fake);
	regex_thread_flush();
	arena_thread_flush();
	return t.different || f.different || t.read <= t.unread || f.unread;
}
