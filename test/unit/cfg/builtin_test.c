/*
 * test/unit/cfg/builtin_test.c - the language's own functions, each also as transformation.
 */
#include "test/unit/cfg/run.h"

struct row { const char *text, *trans, *want; };

/* {trans} applied to a text that is known only at run time, and as the text shows it. */
static const char *transformed(const char *text, const char *trans)
{
	static char got[1000];
	struct scene *s = scene_new();
	char body[600];
	const struct value *v;
	struct slice shown;

	snprintf(body, sizeof(body), "$avp(result) = $(hdr(X){%s}) ?? null;", trans);
	if (scene_load_body(s, body) != 0) {
		first_error(s, got, sizeof(got));
		scene_free(s);
		return got;
	}
	scene_begin(s, NULL);
	if (text)
		fake_set(&s->fake, "$hdr(X)", value_string(slice_str(text)));
	if (scene_go(s) == VM_FAILED) {
		snprintf(got, sizeof(got), "error: %s", vm_error(s->fiber)->what);
		scene_free(s);
		return got;
	}
	v = fake_get(&s->fake, "$avp(result)");
	assert_non_null(v);
	shown = value_text(s->arena, *v);
	snprintf(got, sizeof(got), "%.*s", SLICE_ARG(shown));
	if (v->type == VALUE_NULL)
		snprintf(got, sizeof(got), "null");
	scene_free(s);
	return got;
}

static void run(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = transformed(rows[i].text, rows[i].trans);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("{%s} of \"%s\" gives %s, not %s", rows[i].trans,
			    rows[i].text ? rows[i].text : "(null)", got, rows[i].want);
	}
}

static void texts(void **state)
{
	static const struct row rows[] = {
		{ "abc", "s.len", "3" }, { "", "s.len", "0" }, { NULL, "s.len", "null" },
		{ "42", "s.int", "42" }, { " 7 ", "s.int", "7" }, { "x", "s.int", "null" },
		{ "AbC", "s.tolower", "abc" }, { "AbC", "s.toupper", "ABC" },
		{ "abcdef", "s.substr,1,0", "bcdef" }, { "abcdef", "s.substr,1,2", "bc" },
		{ "abcdef", "s.substr,-2,0", "ef" }, { "abcdef", "s.substr,0,-2", "abcd" },
		{ "abc", "s.substr,9,1", "" }, { "abc", "s.substr,-9,0", "abc" },
		{ "12,34,56", "s.select,1,,", "34" }, { "12,34,56", "s.select,-2,,", "34" },
		{ "12;34", "s.select,5,;", "null" }, { "a b", "s.select,1,\\w", "b" },
		{ "1 2\t3", "s.selectws,2", "3" }, { "abcd", "s.strip,2", "cd" },
		{ "abcd", "s.striptail,3", "a" }, { "ab", "s.strip,9", "" },
		{ "  a ", "s.trim", "a" }, { "  a ", "s.ltrim", "a " }, { " a  ", "s.rtrim", " a" },
		{ "abab", "s.replace,a,xy", "xybxyb" }, { "abab", "s.rm,b", "aa" },
		{ "a b\tc", "s.rmws", "abc" }, { "(040)1-2", "s.numeric", "04012" },
		{ "<a>", "s.unbracket", "a" }, { "\"a\"", "s.unquote", "a" },
		{ "abababa", "s.count,a", "4" }, { "a.b.c", "s.before,.", "a" },
		{ "a.b.c", "s.after,.", "b.c" }, { "a.b.c", "s.rbefore,.", "a.b" },
		{ "a.b.c", "s.rafter,.", "c" }, { "abc", "s.before,x", "abc" },
		{ "abc", "s.after,x", "" }, { "123", "s.prefixes", "1,12,123" },
		{ "1234", "s.prefixes,2", "1,12" }, { "12", "s.prefixes.quoted", "'1','12'" },
		{ "abc", "s.substr,x,1", "E0303: \"offset\" is a number, not \"x\"" },
		{ "abc", "s.substr", "E0305: {s.substr} has too few parameters" },
		{ "abc", "s.len,1", "E0305: {s.len} has too many parameters" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void codes(void **state)
{
	static const struct row rows[] = {
		{ "abc", "s.md5", "900150983cd24fb0d6963f7d28e17f72" },
		{ "abc", "s.sha256",
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abc", "s.encode.hexa", "616263" }, { "616263", "s.decode.hexa", "abc" },
		{ "6", "s.decode.hexa", "null" }, { "abc", "s.encode.base64", "YWJj" },
		{ "ab", "s.encode.base64", "YWI=" }, { "ab", "s.encode.base64t", "YWI" },
		{ "YWI=", "s.decode.base64", "ab" }, { "YWI", "s.decode.base64t", "ab" },
		{ "!!", "s.decode.base64", "null" }, { "~~~", "s.encode.base64url", "fn5-" },
		{ "fn5-", "s.decode.base64url", "~~~" }, { "a b", "s.escape.user", "a%20b" },
		{ "a@b", "s.escape.user", "a%40b" }, { "a%40b", "s.unescape.user", "a@b" },
		{ "a;b", "s.escape.param", "a%3bb" }, { "a%3Bb%", "s.unescape.param", "a;b%" },
		{ "a'b\\", "s.escape.common", "a\\'b\\\\" }, { "a\\'b", "s.unescape.common", "a'b" },
		{ "a\"b", "s.escape.csv", "\"a\"\"b\"" }, { "a b&c", "s.urlencode.param", "a%20b%26c" },
		{ "a+b%26", "s.urldecode.param", "a b&" }, { "o'x", "sql.val", "'o\\'x'" },
		{ NULL, "sql.val", "NULL" }, { NULL, "sql.val.int", "0" }, { NULL, "sql.val.str", "''" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

#define URI "sip:alice:pw@server.com:5080;nat=yes;transport=tcp;lr?Subject=x"
#define TO "\"Al \\\"X\\\"\" <sip:al@b.org>;tag=77;x=1"

static void sip_parts(void **state)
{
	static const struct row rows[] = {
		{ URI, "uri.user", "alice" }, { URI, "uri.host", "server.com" },
		{ URI, "uri.domain", "server.com" }, { URI, "uri.passwd", "pw" },
		{ URI, "uri.port", "5080" }, { "sip:a@b", "uri.port", "null" },
		{ URI, "uri.params", "nat=yes;transport=tcp;lr" }, { URI, "uri.param,nat", "yes" },
		{ URI, "uri.param,NAT", "yes" }, { URI, "uri.param,lr", "" },
		{ URI, "uri.param,zz", "null" }, { URI, "uri.headers", "Subject=x" },
		{ URI, "uri.transport", "tcp" }, { URI, "uri.lr", "" }, { URI, "uri.ttl", "null" },
		{ URI, "uri.scheme", "sip" }, { "junk", "uri.user", "null" },
		{ URI, "uri.duri", "sip:server.com:5080;transport=tcp" },
		{ URI, "uri.saor", "sip:alice@server.com" },
		{ URI, "uri.suri", "sip:alice@server.com:5080;transport=tcp" },
		{ "sips:a@b", "uri.tosocket", "tls:b:5061" },
		{ "sip:a@1.2.3.4:99;transport=udp", "uri.tosocket", "udp:1.2.3.4:99" },
		{ TO, "nameaddr.name", "Al \"X\"" }, { TO, "nameaddr.uri", "sip:al@b.org" },
		{ "\"A\" <sip:a@b>;tag=1", "nameaddr.len", "13" }, { TO, "tobody.tag", "77" },
		{ TO, "tobody.user", "al" }, { TO, "tobody.host", "b.org" },
		{ TO, "tobody.params", "tag=77;x=1" }, { "<sip:a@b>", "tobody.tag", "null" },
		{ "a=1;b=22;c", "param.value,b", "22" }, { "a=1;c", "param.value,c", "" },
		{ "a=1", "param.value,z", "null" }, { "a=1&b=2", "param.value,b,&", "2" },
		{ "a=1;b=2", "param.in,b", "1" }, { "a=1;b=2", "param.in,z", "0" },
		{ "a=1;b=2", "param.valueat,1", "2" }, { "a=1;b=2", "param.name,1", "b" },
		{ "a=1;b=2", "param.name,7", "null" }, { "a=1;b=2;c=3", "param.count", "3" },
		{ "10.0.0.1", "ip.family", "INET" }, { "::1", "ip.family", "INET6" },
		{ "x", "ip.family", "null" }, { "10.0.0.1", "ip.pton}{ip.ntop", "10.0.0.1" },
		{ "::1", "ip.pton}{s.len", "16" },
		{ "sip:127.0.0.1:5060;transport=udp", "urialias.encode", "127.0.0.1~5060~1" },
		{ "127.0.0.1~5060~2", "urialias.decode", "sip:127.0.0.1:5060;transport=tcp" },
		{ "junk", "urialias.decode", "null" },
		{ "a\r\nb\r\nc", "line.count", "3" }, { "a\nb\n", "line.count", "2" },
		{ "a\r\nb\r\nc", "line.at,1", "b" }, { "a\nb", "line.at,-1", "b" },
		{ "a: 1\nb: 2", "line.sw,b", "b: 2" }, { "a", "line.sw,z", "null" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void substitution(void **state)
{
	static const struct row rows[] = {
		{ "sip:alice@b.org", "re.subst,/^sip:(.*)@(.*)/\\1/", "alice" },
		{ "aXbX", "re.subst,/X/y/g", "ayby" }, { "aXbX", "re.subst,/x/y/", "aXbX" },
		{ "aXbX", "re.subst,/x/y/gi", "ayby" }, { "ab", "re.subst,/x*/-/g", "-a-b-" },
		{ "a,b}c", "re.subst,/,b}/;/", "a;c" }, { "abc", "re.subst,!b!/!", "a/c" },
		{ "abc", "re.subst,/a/x", "E0109: the form is {re.subst,/from/to/flags}" },
		{ "abc", "re.subst,/[/x/", "E0307: this substitution does not compile" },
		{ "abc", "re.subst,/a/x/q", "E0307: this substitution does not compile" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

/* The same by their names as functions. */
static void as_functions(void **state)
{
	static const struct { const char *expression, *want; } rows[] = {
		{ "substr(\"abc\", 1)", "bc" }, { "len($rm)", "4" }, { "upper($rm)", "TEXT" },
		{ "substr($rm, offset=1, length=2)", "ex" }, { "strselect(\"a|b\", 1, \"|\")", "b" },
		{ "uri_host($ru)", "example.com" }, { "param_value(\"a=1\", \"a\")", "1" },
		{ "ieq(\"ABC\", \"abc\")", "true" }, { "ieq($rU, null)", "true" },
		{ "ieq($rU, \"\")", "false" }, { "strcontains($rm, \"ex\")", "true" },
		{ "strstarts($rm, \"te\") && strends($rm, \"xt\")", "true" },
		{ "md5(\"\")", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "resubst($rm, \"/t/T/g\")", "TexT" }, { "len(5)",
		  "E0303: \"s\" of len() is a text, not a number" },
		{ "len($rU)", "E0320: $rU may be null here, and a text is needed" },
		{ "substr(\"a\")", "E0305: substr() needs 2 to 3 arguments, got 1" },
		{ "hello.counts(3)", "1" }, { "strftime(0, \"%Y\") != \"\"", "true" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(scene_value(rows[i].expression), rows[i].want);
}

/* The table is the manual: each function has a signature that reads, and a sentence. */
static void documented(void **state)
{
	struct arena *a = arena_new(0);
	struct cfg_builtin b;
	unsigned n = 0;

	(void)state;
	for (; cfg_builtin(n, &b); n++) {
		struct sym_func f = { 0 };

		assert_int_equal(sym_func_parse(a, b.sig, &f), 0);
		assert_true(b.doc && *b.doc);
		assert_true(!b.trans || strchr(b.trans, '.'));
	}
	assert_true(n > 100);
	arena_free(&a);
}

UNIT_MAIN(
	cmocka_unit_test(texts),
	cmocka_unit_test(codes),
	cmocka_unit_test(sip_parts),
	cmocka_unit_test(substitution),
	cmocka_unit_test(as_functions),
	cmocka_unit_test(documented)
)
