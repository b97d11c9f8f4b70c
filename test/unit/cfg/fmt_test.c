/*
 * test/unit/cfg/fmt_test.c - the formatter: its layout, and that it changes nothing else.
 *
 * Prints TAP itself: a line per layout and per script of the folders.
 */
#include "cfg/fmt.h"
#include "test/fake/script.h"
#include "test/fake/tree.h"
#include "test/oracle/oracle.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct cfg_host host;
static unsigned number, failed;

static void say(bool ok, const char *what, const char *name)
{
	printf("%s %u - %s%s\n", ok ? "ok" : "not ok", ++number, what, name);
	failed += !ok;
}

static void show(const char *what, struct slice text)
{
	while (text.len > 0) {
		struct slice line = slice_split(&text, '\n');

		printf("# %s%.*s\n", what, SLICE_ARG(line));
	}
}

static int format(const char *name, struct slice text, struct arena *arena, struct slice *out)
{
	struct diag *diag = diag_new();
	int err = cfg_fmt(name, text, &host, diag, arena, out);

	if (err)
		show("", diag_text(diag, DIAG_TEXT, arena));
	diag_free(&diag);
	return err;
}

/* ---- layouts ---- */

static const struct { const char *name, *text, *want; } layouts[] = {
	{ "four spaces, one statement a line",
	  "request_route{\n\tif(!a()){b();c( 1,2 ) ;}\n}\n",
	  "request_route {\n    if (!a()) {\n        b();\n        c(1, 2);\n    }\n}\n" },
	{ "lines are not joined",
	  "request_route {\na(1,\n2);\nif (x)\nexit;\nelse\ndrop;\n}\n",
	  "request_route {\n    a(1,\n        2);\n    if (x)\n        exit;\n    else\n"
	  "        drop;\n}\n" },
	{ "a short if stays on its line",
	  "request_route { if (x) exit; else drop; }\n",
	  "request_route {\n    if (x) exit;\n    else drop;\n}\n" },
	{ "parentheses of conditions",
	  "request_route { if $rU == null && (a() || b()) exit; if !c() { exit; } }\n",
	  "request_route {\n    if ($rU == null && (a() || b())) exit;\n    if (!c()) {\n"
	  "        exit;\n    }\n}\n" },
	{ "signs and operators",
	  "request_route { var x=-1+~2*(3--4)??5; f($a,limit=5); }\n",
	  "request_route {\n    var x = -1 + ~2 * (3 - -4) ?? 5;\n    f($a, limit=5);\n}\n" },
	{ "switch",
	  "request_route { switch($rm){ case \"A\":case \"B\": exit; default: drop; } }\n",
	  "request_route {\n    switch ($rm) {\n    case \"A\":\n    case \"B\":\n"
	  "        exit;\n    default:\n        drop;\n    }\n}\n" },
	{ "equals signs of neighbours",
	  "a=1\nlonger   =   2\n\nb=3\nlisten=udp:127.0.0.1:5060   name \"x\"\n",
	  "a      = 1\nlonger = 2\n\nb      = 3\nlisten = udp:127.0.0.1:5060 name \"x\"\n" },
	{ "a comment or a blank line ends a group",
	  "a=1\n# note\nlonger=2\n\n\n\nconst X=1;\nconst LONG=2;\n",
	  "a = 1\n# note\nlonger = 2\n\nconst X    = 1;\nconst LONG = 2;\n" },
	{ "blocks of parameters",
	  "module \"x\"{a=1;bb=[1,2];}\nmodule \"y\"{a=1;bb=2;\n}\nmodule \"long\" { c=1; }\n",
	  "module \"x\" { a = 1; bb = [1, 2]; }\nmodule \"y\" {\n    a  = 1;\n    bb = 2;\n}\n"
	  "module \"long\" { c = 1; }\n" },
	{ "tables",
	  "acl a={10.0.0.0/8;!10.9.0.0/16;\n2001:db8::/32;}\nmap m={\"a\":1,\n\"bbb\":-2}\n",
	  "acl a = {\n    10.0.0.0/8; !10.9.0.0/16;\n    2001:db8::/32;\n}\nmap m = {\n"
	  "    \"a\":   1,\n    \"bbb\": -2\n}\n" },
	{ "names of routes, hosts and events",
	  "event_route[usrloc : contact - expired]{ route(A : b); }\n"
	  "listen = tcp:a-b.example.com:5060\n",
	  "event_route[usrloc:contact-expired] {\n    route(A:b);\n}\n"
	  "listen = tcp:a-b.example.com:5060\n" },
	{ "comments stay in their column",
	  "request_route {\n\ta();                     # one\n\tlonger_name();  # two\n"
	  "  # three\n}\n",
	  "request_route {\n    a();                         # one\n"
	  "    longer_name();      # two\n    # three\n}\n" },
	{ "comments inside of lines",
	  "request_route { a(/* x */ 1); /* y */ b(); }\n/* z\n  z */\n",
	  "request_route {\n    a( /* x */ 1);\n    /* y */ b();\n}\n/* z\n  z */\n" },
	{ "directives stay as they are",
	  "#!define X   1 \\\n   2\nrequest_route {\n#!ifdef  X\n\tif (a()) {\n#!else\n"
	  "\tif (b()) {\n#!endif\n\texit;\n}}\n",
	  "#!define X   1 \\\n   2\nrequest_route {\n#!ifdef  X\n    if (a()) {\n#!else\n"
	  "    if (b()) {\n#!endif\n        exit;\n    }\n}\n" },
	{ "typed routes",
	  "route[A](a:str,b:int=5)->str?{ return a; }\n",
	  "route[A](a: str, b: int = 5) -> str? {\n    return a;\n}\n" },
	{ "within, defer, foreach",
	  "request_route{within 2s{a();}else{b();}defer{c();}foreach(x in[1,2])d(x);}\n",
	  "request_route {\n    within 2s {\n        a();\n    } else {\n        b();\n    }\n"
	  "    defer {\n        c();\n    }\n    foreach (x in [1, 2]) d(x);\n}\n" },
	{ "tests",
	  "test \"t\"{given request \"A b\" from 1.2.3.4:5 over tls{From=\"x\";}mock a() returns true;"
	  "expect not relayed \"x\";}\n",
	  "test \"t\" {\n    given request \"A b\" from 1.2.3.4:5 over tls { From = \"x\"; }\n"
	  "    mock a() returns true;\n    expect not relayed \"x\";\n}\n" },
	{ "ends of lines", "a=1\r\nbb=2   \r\n", "a  = 1\nbb = 2\n" },
	{ "nothing", "", "" },
};

static void layout(size_t i)
{
	struct arena *arena = arena_new(0);
	struct slice got = SLICE_NULL;
	int err = format("t.cfg", slice_str(layouts[i].text), arena, &got);
	bool ok = err == 0 && slice_eq(got, slice_str(layouts[i].want));

	if (!ok) {
		show("wanted: ", slice_str(layouts[i].want));
		show("got:    ", got);
	}
	say(ok, "layout: ", layouts[i].name);
	arena_free(&arena);
}

static void wrong(void)
{
	static const char *const texts[] = {
		"request_route {\n", "request_route { a( }", "a = = b", "x = \"open\n",
		"/* open", "#!ifdef X\n", "request_route { $var(x = 1; }",
		"#!ifdef NEVER\nx = \"open\n#!endif\n"
	};
	static const char *const names[] = {
		"brace", "call", "setting", "text", "comment", "condition", "variable", "skipped"
	};
	struct arena *arena = arena_new(0);
	struct diag *diag = diag_new();
	struct slice out;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		say(cfg_fmt("t.cfg", slice_str(texts[i]), &host, diag, arena, &out) != 0 &&
		    diag_errors(diag) > i, "left alone: wrong syntax ", names[i]);
	diag_free(&diag);
	arena_free(&arena);
}

/* ---- every script that there is ---- */

static bool is_stable(const char *name, struct slice text, struct arena *arena)
{
	struct slice once, twice, before, after;

	if (format(name, text, arena, &once) != 0 || format(name, once, arena, &twice) != 0)
		return false;
	if (!slice_eq(once, twice)) {
		printf("# the second time gives another layout\n");
		return false;
	}
	if (!tree_of(name, text, &host, arena, &before) || !tree_of(name, once, &host, arena, &after))
		return false;
	if (!slice_eq(before, after))
		printf("# another tree\n");
	return slice_eq(before, after);
}

/* The same text with all blanks at a minimum is laid out as well, with the same tree. */
static struct slice squeezed(struct slice text, struct arena *arena)
{
	char *out = arena_bytes(arena, text.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool is_blank = text.p[i] == ' ' || text.p[i] == '\t';

		if (!is_blank || n == 0 || (out[n - 1] != '\n' && out[n - 1] != ' '))
			out[n++] = is_blank ? ' ' : text.p[i];
	}
	return slice_of(out, n);
}

static struct slice read_file(const char *name, struct arena *arena)
{
	FILE *f = fopen(name, "r");
	char *p = arena_bytes(arena, 1 << 20);
	size_t n = f ? fread(p, 1, 1 << 20, f) : 0;

	if (f)
		fclose(f);
	return slice_of(p, n);
}

static bool parses(const char *name, struct slice text, struct arena *arena)
{
	struct slice tree;

	return tree_of(name, text, &host, arena, &tree);
}

/* Wrong syntax, or a part that is skipped and consists of no tokens. */
static bool is_left_alone(const char *name, struct slice text, struct arena *arena)
{
	struct diag *diag = diag_new();
	struct slice out;
	bool is_refused = cfg_fmt(name, text, &host, diag, arena, &out) != 0 &&
	    diag_errors(diag) > 0;

	diag_free(&diag);
	return is_refused;
}

static void script(const char *folder, const char *name)
{
	struct arena *arena = arena_new(0);
	struct slice text = read_file(name, arena);
	bool may_be_wrong = slice_starts(slice_str(folder), SLICE("test/scripts-bad"));

	if (may_be_wrong && (!parses(name, text, arena) || is_left_alone(name, text, arena)))
		say(is_left_alone(name, text, arena), folder, name);
	else
		say(is_stable(name, text, arena) && is_stable(name, squeezed(text, arena), arena),
		    folder, name);
	arena_free(&arena);
}

static int is_script(const struct dirent *e)
{
	return slice_ends(slice_str(e->d_name), SLICE(".cfg"));
}

static void each(const char *top, const char *folder)
{
	struct dirent **list;
	int n = chdir(top) == 0 && chdir(folder) == 0 ? scandir(".", &list, is_script, alphasort)
	    : -1;

	if (n <= 0) {
		say(false, folder, " has no scripts");
		return;
	}
	for (int i = 0; i < n; i++) {
		script(folder, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

/* Scripts by chance, as they are and with their blanks at a minimum. */
static void by_chance(void)
{
	unsigned bad = 0;

	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct arena *arena = arena_new(0);
		struct slice text = random_script(seed, arena);

		if (!parses("t.cfg", text, arena))
			printf("# script %u is not read\n", (unsigned)seed);
		else if (!is_stable("t.cfg", text, arena) ||
		    !is_stable("t.cfg", squeezed(text, arena), arena))
			bad++;
		arena_free(&arena);
	}
	say(bad == 0, "300 scripts ", "by chance");
}

int main(void)
{
	const char *src = getenv("top_srcdir");
	char top[4096];

	if (!getcwd(top, sizeof(top)) || (src && (chdir(src) != 0 || !getcwd(top, sizeof(top)))))
		return 1;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		layout(i);
	wrong();
	each(top, "test/scripts-good/");
	each(top, "test/scripts-good/language/");
	each(top, "test/scripts-bad/");
	each(top, "cfg/samples/");
	each(top, "cfg/");
	each(top, "test/scene/guest/");
	by_chance();
	printf("1..%u\n", number);
	arena_thread_flush();
	return failed ? 1 : 0;
}
