/*
 * cfg/builtin_code.c - hashes, encodings and escapes.
 */
#include "cfg/builtin_def.h"

#include "utils/base64.h"
#include "utils/digest.h"
#include "utils/hex.h"

static char *room(struct builtin_run *run, size_t bytes)
{
	char *p = arena_bytes(run->arena, bytes + 1);

	if (!p)
		run->why = "out of memory";
	return p;
}

static bool done(struct value *ret, char *p, size_t len)
{
	*ret = value_string(slice_of(p, len));
	return true;
}

/* ---- hashes ---- */

static bool hash(struct builtin_run *run, enum digest_alg alg, struct slice s,
    struct value *ret)
{
	size_t len = 2 * digest_size(alg);
	char *p = room(run, len);

	if (!p)
		return false;
	if (digest_hex(alg, &s, 1, p) != 0)
		return builtin_fail(run, "the hash function is not available");
	return done(ret, p, len);
}

DEF(md5)
{
	(void)n;
	return hash(run, DIGEST_MD5, v->s, ret);
}

DEF(sha256)
{
	(void)n;
	return hash(run, DIGEST_SHA256, v->s, ret);
}

/* ---- hex, base64 ---- */

DEF(to_hex)
{
	char *p = room(run, 2 * v->s.len);

	(void)n;
	if (!p)
		return false;
	hex_encode(p, v->s.p, v->s.len);
	return done(ret, p, 2 * v->s.len);
}

DEF(from_hex)
{
	size_t len = v->s.len / 2;
	char *p = room(run, len);

	(void)n;
	if (!p)
		return false;
	*ret = value_null();
	if (v->s.len % 2 == 0 && hex_decode(p, len, v->s) == 0)
		return done(ret, p, len);
	return true;
}

/* "-_" for "+/" and no padding: the form that fits into URLs and parameters. */
static size_t encode64(char *out, struct slice s, bool url, bool padded)
{
	size_t len = base64_encode(out, s.p, s.len);

	for (size_t i = 0; url && i < len; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	while (!padded && len > 0 && out[len - 1] == '=')
		len--;
	return len;
}

static bool to_base64(struct builtin_run *run, struct slice s, bool url, bool padded,
    struct value *ret)
{
	char *p = room(run, BASE64_LEN(s.len));

	return p && done(ret, p, encode64(p, s, url, padded));
}

static bool from_base64(struct builtin_run *run, struct slice s, bool url, struct value *ret)
{
	size_t padded = (s.len + 3) / 4 * 4, len;
	char *text = room(run, padded), *p = room(run, padded / 4 * 3);

	if (!text || !p)
		return false;
	for (size_t i = 0; i < padded; i++)
		text[i] = i >= s.len ? '=' : url && s.p[i] == '-' ? '+' :
		    url && s.p[i] == '_' ? '/' : s.p[i];
	*ret = value_null();
	if (base64_decode(p, &len, slice_of(text, padded)) == 0)
		return done(ret, p, len);
	return true;
}

DEF(base64)
{
	(void)n;
	return to_base64(run, v->s, false, true, ret);
}

DEF(base64t)
{
	(void)n;
	return to_base64(run, v->s, false, false, ret);
}

DEF(base64url)
{
	(void)n;
	return to_base64(run, v->s, true, true, ret);
}

DEF(base64urlt)
{
	(void)n;
	return to_base64(run, v->s, true, false, ret);
}

DEF(unbase64)
{
	(void)n;
	return from_base64(run, v->s, false, ret);
}

DEF(unbase64url)
{
	(void)n;
	return from_base64(run, v->s, true, ret);
}

/* ---- %HH ---- */

/* RFC 3261 25.1: unreserved, and what each part of a URI may contain besides. */
static bool is_unreserved(char c)
{
	return is_alnum(c) || (c && strchr("-_.!~*'()", c));
}

static bool is_user_char(char c)
{
	return is_unreserved(c) || (c && strchr("&=+$,;?/", c));
}

static bool is_param_char(char c)
{
	return is_unreserved(c) || (c && strchr("[]/:&+$", c));
}

static bool is_query_char(char c)
{
	return is_alnum(c) || (c && strchr("-_.~", c));
}

static bool percent(struct builtin_run *run, struct slice s, bool (*plain)(char),
    struct value *ret)
{
	char *p = room(run, 3 * s.len);
	size_t len = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (plain(s.p[i])) {
			p[len++] = s.p[i];
			continue;
		}
		p[len++] = '%';
		hex_encode(p + len, &s.p[i], 1);
		len += 2;
	}
	return done(ret, p, len);
}

static bool unpercent(struct builtin_run *run, struct slice s, bool plus, struct value *ret)
{
	char *p = room(run, s.len);
	size_t len = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int hi = i + 2 < s.len && s.p[i] == '%' ? hex_digit(s.p[i + 1]) : -1;
		int lo = hi >= 0 ? hex_digit(s.p[i + 2]) : -1;

		if (lo >= 0) {
			p[len++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			p[len++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	return done(ret, p, len);
}

DEF(escape_user)
{
	(void)n;
	return percent(run, v->s, is_user_char, ret);
}

DEF(escape_param)
{
	(void)n;
	return percent(run, v->s, is_param_char, ret);
}

DEF(url_encode)
{
	(void)n;
	return percent(run, v->s, is_query_char, ret);
}

DEF(unescape)
{
	(void)n;
	return unpercent(run, v->s, false, ret);
}

DEF(url_decode)
{
	(void)n;
	return unpercent(run, v->s, true, ret);
}

/* ---- backslashes, quotes ---- */

static size_t escape_into(char *p, struct slice s)
{
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '\'' || c == '"' || c == '\\' || c == '\0') {
			p[len++] = '\\';
			c = c ? c : '0';
		}
		p[len++] = c;
	}
	return len;
}

DEF(escape_common)
{
	char *p = room(run, 2 * v->s.len);

	(void)n;
	return p && done(ret, p, escape_into(p, v->s));
}

DEF(unescape_common)
{
	char *p = room(run, v->s.len);
	size_t len = 0;

	(void)n;
	if (!p)
		return false;
	for (size_t i = 0; i < v->s.len; i++) {
		char c = v->s.p[i];

		if (c == '\\' && i + 1 < v->s.len) {
			c = v->s.p[++i];
			c = c == '0' ? '\0' : c;
		}
		p[len++] = c;
	}
	return done(ret, p, len);
}

/* RFC 4180 2: quotes around it, quotes inside doubled. */
DEF(escape_csv)
{
	char *p = room(run, 2 * v->s.len + 2);
	size_t len = 0;

	(void)n;
	if (!p)
		return false;
	p[len++] = '"';
	for (size_t i = 0; i < v->s.len; i++) {
		if (v->s.p[i] == '"')
			p[len++] = '"';
		p[len++] = v->s.p[i];
	}
	p[len++] = '"';
	return done(ret, p, len);
}

/* ---- SQL literals ---- */

static bool sql_text(struct builtin_run *run, struct slice s, struct value *ret)
{
	char *p = room(run, 2 * s.len + 2);
	size_t len;

	if (!p)
		return false;
	p[0] = '\'';
	len = 1 + escape_into(p + 1, s);
	p[len++] = '\'';
	return done(ret, p, len);
}

static bool sql(struct builtin_run *run, const struct value *v, struct slice if_null,
    struct value *ret)
{
	struct slice s;

	if (v->type == VALUE_NULL) {
		*ret = value_string(if_null);
		return true;
	}
	s = value_text(run->arena, *v);
	if (!s.p)
		return builtin_no_memory(run);
	if (v->type == VALUE_INT) {
		*ret = value_string(s);
		return true;
	}
	return sql_text(run, s, ret);
}

DEF(sql_value)
{
	(void)n;
	return sql(run, v, SLICE("NULL"), ret);
}

DEF(sql_int)
{
	(void)n;
	return sql(run, v, SLICE("0"), ret);
}

DEF(sql_str)
{
	(void)n;
	return sql(run, v, SLICE("''"), ret);
}

static const struct builtin list[] = {
	{ "md5(s: str) -> str", "s.md5", md5, TRANS, "MD5 in hex; never for secrets" },
	{ "sha256(s: str) -> str", "s.sha256", sha256, TRANS, "SHA-256 in hex" },
	{ "hex_encode(s: str) -> str", "s.encode.hexa", to_hex, TRANS, "bytes as hex digits" },
	{ "hex_decode(s: str) -> str?", "s.decode.hexa", from_hex, TRANS,
	  "bytes from hex digits, null if they are none" },
	{ "base64_encode(s: str) -> str", "s.encode.base64", base64, TRANS, "RFC 4648 section 4" },
	{ "base64_decode(s: str) -> str?", "s.decode.base64", unbase64, TRANS,
	  "back from base64, null if it is none; padding may be missing" },
	{ "base64t_encode(s: str) -> str", "s.encode.base64t", base64t, TRANS, "without padding" },
	{ "base64t_decode(s: str) -> str?", "s.decode.base64t", unbase64, TRANS,
	  "back from base64 without padding" },
	{ "base64url_encode(s: str) -> str", "s.encode.base64url", base64url, TRANS,
	  "RFC 4648 section 5" },
	{ "base64url_decode(s: str) -> str?", "s.decode.base64url", unbase64url, TRANS,
	  "back from base64url" },
	{ "base64urlt_encode(s: str) -> str", "s.encode.base64urlt", base64urlt, TRANS,
	  "base64url without padding" },
	{ "base64urlt_decode(s: str) -> str?", "s.decode.base64urlt", unbase64url, TRANS,
	  "back from base64url without padding" },
	{ "escape_user(s: str) -> str", "s.escape.user", escape_user, TRANS,
	  "%HH for what may not stand in the user part of a URI" },
	{ "unescape_user(s: str) -> str", "s.unescape.user", unescape, TRANS, "%HH resolved" },
	{ "escape_param(s: str) -> str", "s.escape.param", escape_param, TRANS,
	  "%HH for what may not stand in a URI parameter" },
	{ "unescape_param(s: str) -> str", "s.unescape.param", unescape, TRANS, "%HH resolved" },
	{ "url_encode(s: str) -> str", "s.urlencode.param", url_encode, TRANS,
	  "%HH for what may not stand in a query" },
	{ "url_decode(s: str) -> str", "s.urldecode.param", url_decode, TRANS,
	  "%HH and + of a query resolved" },
	{ "escape_common(s: str) -> str", "s.escape.common", escape_common, TRANS,
	  "a backslash before quotes and backslashes" },
	{ "unescape_common(s: str) -> str", "s.unescape.common", unescape_common, TRANS,
	  "such backslashes removed" },
	{ "escape_csv(s: str) -> str", "s.escape.csv", escape_csv, TRANS, "as a field by RFC 4180" },
	{ "sql_value(x: any) -> str", "sql.val", sql_value, 0,
	  "a literal for SQL: NULL, a number, or a quoted text" },
	{ "sql_int(x: any) -> str", "sql.val.int", sql_int, 0, "the same, null is 0" },
	{ "sql_str(x: any) -> str", "sql.val.str", sql_str, 0, "the same, null is ''" }
};

const struct builtin_table builtin_code = { list, sizeof(list) / sizeof(list[0]) };
