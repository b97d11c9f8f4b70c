/*
 * test/unit/cfg/expr_test.c - what expressions give, folded at load and computed at run
 * time alike.
 */
#include "test/unit/cfg/run.h"

struct row { const char *expression, *want; };

static void run(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = scene_value(rows[i].expression);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s gives %s, not %s", rows[i].expression, got, rows[i].want);
	}
}

/* Each operator twice: on constants, and on values that nobody knows at load. */
static void operators(void **state)
{
	static const struct row rows[] = {
		{ "1 + 2 * 3", "7" }, { "(1 + 2) * 3", "9" }, { "7 / 2", "3" }, { "-7 / 2", "-3" },
		{ "7 % 3", "1" }, { "7 mod 3", "1" }, { "-7 % 3", "-1" },
		{ "1 | 6 ^ 2 & 3", "5" }, { "1 << 4 >> 2", "4" }, { "~5", "-6" }, { "-(2)", "-2" },
		{ "$ml + 2 * $ml", "3" }, { "($ml + 2) * 3", "9" }, { "7 / ($ml + 1)", "3" },
		{ "$ml | 6", "7" }, { "$ml << 4", "16" }, { "~$ml", "-2" }, { "-$ml", "-1" },
		{ "$ml - 5", "-4" }, { "5s + 200ms", "5200ms" }, { "3 * 5s", "15s" },
		{ "1m / 30s", "2" }, { "1m / 4", "15s" }, { "1m % 45s", "15s" },
		{ "\"a\" + 5", "a5" }, { "\"a\" + \"b\" + $ml + \"c\"", "ab1c" },
		{ "\"a\" \"b\" \"c\"", "abc" }, { "$rm + $ml", "text1" },
		{ "\"at \" + 10.0.0.1", "at 10.0.0.1" }, { "\"n\" + 10.0.0.0/8", "n10.0.0.0/8" },
		{ "4k", "4096" }, { "0x1F", "31" }, { "2M", "2097152" },
		{ "1d", "1d" }, { "90m", "90m" }, { "1500us", "1500us" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void comparisons(void **state)
{
	static const struct row rows[] = {
		{ "1 == 1", "true" }, { "1 != 1", "false" }, { "$ml == 1", "true" },
		{ "$ml != 1", "false" }, { "$ml < 2", "true" }, { "$ml <= 0", "false" },
		{ "$ml > 0", "true" }, { "$ml >= 2", "false" }, { "2s > 1500ms", "true" },
		{ "\"a\" < \"b\"", "true" }, { "$rm < \"u\"", "true" }, { "$rm >= \"text\"", "true" },
		{ "$rm == \"text\"", "true" }, { "$rm != \"text\"", "false" },
		{ "$rU == null", "true" }, { "$rU != null", "false" }, { "$rU == \"x\"", "false" },
		{ "null == $rU", "true" }, { "$fU == $rU", "true" },
		{ "$ru == \"sip:bob@EXAMPLE.com;transport=TLS\"", "true" },
		{ "$ru == \"sip:bob@example.org\"", "false" },
		{ "10.0.0.1 == $si", "true" }, { "$si != 10.0.0.2", "true" },
		{ "true == yes", "true" }, { "on != off", "true" },
		{ "$avp(x) == \"a\"", "false" }, { "$avp(x) == null", "true" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void logic(void **state)
{
	static const struct row rows[] = {
		{ "true && false", "false" }, { "true || false", "true" }, { "!true", "false" },
		{ "not false and true", "true" }, { "false or not false", "true" },
		{ "$ml == 1 && $rm == \"text\"", "true" }, { "$ml == 2 || $rm == \"text\"", "true" },
		{ "!($ml == 1)", "false" }, { "! $ml == 1", "false" },
		{ "$ml == 2 && $ml / 0 == 1", "false" }, { "$ml == 1 || $ml / 0 == 1", "true" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void membership(void **state)
{
	static const struct row rows[] = {
		{ "$rm in [\"x\", \"text\"]", "true" }, { "$rm in [\"x\"]", "false" },
		{ "$si in 10.0.0.0/8", "true" }, { "$si in 192.168.0.0/16", "false" },
		{ "$si in [192.0.2.1, 10.0.0.0/24]", "true" }, { "2 in [1, 2]", "true" },
		{ "$rU in [\"a\"]", "false" }, { "[2001:db8::1] in 2001:db8::/32", "true" },
		{ "\"10.0.0.7\" in [10.0.0.0/24]", "E0320: a text is looked for among values that "
		  "are an address" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void patterns(void **state)
{
	static const struct row rows[] = {
		{ "$rm =~ \"^te\"", "true" }, { "$rm !~ \"^te\"", "false" }, { "$rU =~ \"x\"", "false" },
		{ "$rU !~ \"x\"", "true" }, { "\"a.b\" =~ \"^a\\.b$\"", "true" },
		{ "\"+4420\" =~ \"^\\+[1-9][0-9]{1,3}$\"", "true" },
		{ "$rm =~ \"^(t)(e)\" && $re(2) == \"e\"", "true" },
		{ "$rm =~ \"^(t)(z)?\" && $re(2) == null", "true" },
		{ "$ru =~ \"bob@\"", "true" }, { "$rm =~ $proto", "true" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void null_values(void **state)
{
	static const struct row rows[] = {
		{ "$rU ?? \"none\"", "none" }, { "$rm ?? \"none\"", "text" },
		{ "$rU ?? $fU ?? \"none\"", "none" }, { "null ?? 5", "5" }, { "$null", "null" },
		{ "$rU", "null" }, { "$var(never) ?? 1", "1" }, { "int($rU) ?? 7", "7" },
		{ "int(\"42\") ?? 0", "42" }, { "int(\"4x\") ?? 0", "0" }, { "str(42)", "42" },
		{ "str($rU) ?? \"n\"", "n" }, { "ip(\"10.0.0.300\") == null", "true" },
		{ "uri(\"sip:a@b\") != null", "true" }, { "uri(\"junk\") == null", "true" },
		{ "bool(\"yes\") ?? false", "true" }, { "bool(\"maybe\") == null", "true" },
		{ "dur(\"30s\") ?? 1s", "30s" }, { "seconds(2m)", "120" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void texts(void **state)
{
	static const struct row rows[] = {
		{ "f\"$rm-$ml\"", "text-1" }, { "f\"a $$rm b\"", "a $rm b" }, { "f\"\\$rm\"", "$rm" },
		{ "f\"[$rU]\"", "[]" }, { "f\"$(ru{uri.user})@$(ru.host)\"", "bob@example.com" },
		{ "f\"$rm.example\"", "text.example" }, { "f\"cost 5$ and $\"", "cost 5$ and $" },
		{ "'no $rm \\n here'", "no $rm \\n here" }, { "\"\\\"q\\\" \\\\\"", "\"q\" \\" },
		{ "f\"$hdr(X-$rm)\"", "" }, { "f\"$(rm{s.substr,$ml,2})\"", "ex" },
		{ "f\"$si\"", "10.0.0.1" }, { "f\"$ru\"", "sip:bob@example.com;transport=tls" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void lists(void **state)
{
	static const struct row rows[] = {
		{ "[1, 2, 3][1]", "2" }, { "[1, 2, 3][-1]", "3" }, { "[1, 2][5] ?? 9", "9" },
		{ "[]", "[]" }, { "[$rm, \"b\"]", "[text, b]" }, { "size([1, 2])", "2" },
		{ "range(2, 5)", "[2, 3, 4]" }, { "range(5, 2)", "[]" },
		{ "$(avp(x)[*])", "[x, y]" }, { "contacts()[0] ?? \"\"", "x" },
		{ "range(0, 200000)", "error: a range of more than 100000 numbers" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

static void fields(void **state)
{
	static const struct row rows[] = {
		{ "$ru.user", "bob" }, { "$ru.host", "example.com" }, { "$ru.port", "null" },
		{ "$ru.scheme", "sip" }, { "$ru.param(\"transport\")", "tls" },
		{ "$ru.param(\"lr\")", "null" }, { "$hdr(Contact).uri.user", "null" },
		{ "$(ru.host{s.toupper})", "EXAMPLE.COM" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

/* What cannot be known at load fails the statement when it runs. */
static void run_time_errors(void **state)
{
	static const struct row rows[] = {
		{ "1 / ($ml - 1)", "error: division by zero" },
		{ "1 % ($ml - 1)", "error: division by zero" },
		{ "9223372036854775807 + $ml", "error: the result does not fit into 64 bits" },
		{ "-9223372036854775807 - $ml - $ml", "error: the result does not fit into 64 bits" },
		{ "9223372036854775807 * ($ml + 1)", "error: the result does not fit into 64 bits" },
		{ "1 << ($ml + 63)", "error: a shift is by 0 to 63 bits" },
		{ "$avp(x) + 1", "error: this operator takes numbers" },
		{ "$avp(x) < 1", "error: null has no order" },
		{ "\"a\" + $avp(x)", "error: null where a value is needed" },
		{ "len($avp(x))", "error: null where a value is needed" },
		{ "counts($avp(x))", "error: null where a value is needed" },
		{ "$sht(a=>b) == 5 || true", "true" },
		{ "$rm =~ \"^(a+\" + $proto", "error: a pattern does not compile" },
		{ "strict_uri($rm)", "error: this is not a URI" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

/* The same mistakes with constants are errors of the script. */
static void load_time_errors(void **state)
{
	static const struct row rows[] = {
		{ "1 / 0", "E0309: division by zero" },
		{ "9223372036854775807 + 1", "E0309: the result does not fit into 64 bits" },
		{ "1 << 64", "E0309: a shift is by 0 to 63 bits" },
		{ "$rm =~ \"^(a+\" + \"b$\"", "E0307: this pattern does not compile" },
		{ "5 + \"a\"", "E0309: \"+\" does not go with a number and a text" },
		{ "\"a\" - 1", "E0309: \"-\" does not go with a text and a number" },
		{ "5s * 5s", "E0309: \"*\" does not go with a duration and a duration" },
		{ "!5", "E0309: a condition is true or false, not a number" },
		{ "~\"a\"", "E0309: \"~\" takes a number, not a text" },
		{ "\"a\" + $rU", "E0320: $rU may be null here, and a text is needed" },
		{ "[1, \"a\"]", "E0320: a text in a list whose other items are a number" },
		{ "1 ?? \"a\"", "E0320: one side of \"??\" is a number, the other a text" },
		{ "$rm in \"abc\"", "E0309: \"in\" looks into a list, a network, an acl or a map, "
		  "not into a text" },
		{ "setflag(1)", "E0309: this function gives no value" }
	};

	(void)state;
	run(rows, COUNT(rows));
}

UNIT_MAIN(
	cmocka_unit_test(operators),
	cmocka_unit_test(comparisons),
	cmocka_unit_test(logic),
	cmocka_unit_test(membership),
	cmocka_unit_test(patterns),
	cmocka_unit_test(null_values),
	cmocka_unit_test(texts),
	cmocka_unit_test(lists),
	cmocka_unit_test(fields),
	cmocka_unit_test(run_time_errors),
	cmocka_unit_test(load_time_errors)
)
