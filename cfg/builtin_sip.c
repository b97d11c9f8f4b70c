/*
 * cfg/builtin_sip.c - parts of URIs, addresses of headers and parameter lists:
 * {uri.*}, {nameaddr.*}, {tobody.*}, {param.*}, {ip.*}, {urialias.*}.
 */
#include "cfg/builtin_def.h"

#include "parser/nameaddr.h"

/* A part that is not there is null. */
static bool part(struct value *ret, struct slice s)
{
	*ret = s.len ? value_string(s) : value_null();
	return true;
}

static bool printed(struct builtin_run *run, struct slice s, struct value *ret)
{
	if (!s.p)
		return builtin_no_memory(run);
	*ret = value_string(s);
	return true;
}

/* ---- URIs ---- */

static bool parse(struct slice s, struct sip_uri *uri)
{
	return sip_uri_parse(s, uri, NULL) == 0;
}

#define URI_PART(fn, field)                                                \
	DEF(fn)                                                            \
	{                                                                  \
		struct sip_uri uri;                                        \
		UNUSED;                                                    \
		return part(ret, parse(v->s, &uri) ? uri.field : SLICE_NULL); \
	}

URI_PART(uri_user, user)
URI_PART(uri_host, host)
URI_PART(uri_password, password)
URI_PART(uri_params, params)
URI_PART(uri_headers, headers)
URI_PART(uri_scheme, scheme_text)

DEF(uri_port)
{
	struct sip_uri uri;

	UNUSED;
	*ret = parse(v->s, &uri) && uri.port ? value_int(uri.port) : value_null();
	return true;
}

/* A parameter without a value is there: an empty text, not null. */
static bool param_of(struct slice text, struct slice name, struct value *ret)
{
	struct sip_uri uri;
	struct slice value;

	*ret = value_null();
	if (parse(text, &uri) && sip_uri_param(&uri, name, &value))
		*ret = value_string(value.p ? value : SLICE(""));
	return true;
}

DEF(uri_named)
{
	UNUSED;
	return param_of(v[0].s, v[1].s, ret);
}

#define URI_PARAM(fn, name)                                                \
	DEF(fn)                                                            \
	{                                                                  \
		UNUSED;                                                    \
		return param_of(v->s, SLICE(name), ret);                   \
	}

URI_PARAM(uri_transport, "transport")
URI_PARAM(uri_ttl, "ttl")
URI_PARAM(uri_uparam, "user")
URI_PARAM(uri_maddr, "maddr")
URI_PARAM(uri_method, "method")
URI_PARAM(uri_lr, "lr")
URI_PARAM(uri_r2, "r2")

static struct slice port_text(struct builtin_run *run, const struct sip_uri *uri)
{
	return uri->port ? arena_printf(run->arena, ":%u", uri->port) : SLICE("");
}

static struct slice transport_text(struct builtin_run *run, const struct sip_uri *uri)
{
	struct slice t;

	if (!sip_uri_param(uri, SLICE("transport"), &t))
		return SLICE("");
	return arena_printf(run->arena, ";transport=%.*s", SLICE_ARG(t));
}

/* Scheme, user if wanted, host, and port with transport if wanted. */
static bool shortened(struct builtin_run *run, struct slice s, bool user, bool way,
    struct value *ret)
{
	struct sip_uri uri;
	struct slice port = SLICE(""), transport = SLICE("");
	bool has_user;

	*ret = value_null();
	if (!parse(s, &uri) || uri.host.len == 0)
		return true;
	if (way) {
		port = port_text(run, &uri);
		transport = transport_text(run, &uri);
	}
	if (!port.p || !transport.p)
		return builtin_no_memory(run);
	has_user = user && uri.user.len;
	return printed(run, arena_printf(run->arena, "%.*s:%.*s%s%.*s%.*s%.*s",
	    SLICE_ARG(uri.scheme_text), SLICE_ARG(has_user ? uri.user : SLICE("")),
	    has_user ? "@" : "", SLICE_ARG(uri.host), SLICE_ARG(port), SLICE_ARG(transport)),
	    ret);
}

DEF(uri_duri)
{
	(void)n;
	return shortened(run, v->s, false, true, ret);
}

DEF(uri_saor)
{
	(void)n;
	return shortened(run, v->s, true, false, ret);
}

DEF(uri_suri)
{
	(void)n;
	return shortened(run, v->s, true, true, ret);
}

DEF(uri_aor)
{
	struct sip_uri uri;
	struct slice aor = parse(v->s, &uri) ? sip_uri_aor(run->arena, &uri) : SLICE_NULL;

	(void)n;
	return part(ret, aor);
}

DEF(uri_tosocket)
{
	struct sip_uri uri;
	struct slice t;

	(void)n;
	*ret = value_null();
	if (!parse(v->s, &uri) || uri.host.len == 0)
		return true;
	if (!sip_uri_param(&uri, SLICE("transport"), &t))
		t = uri.scheme == URI_SIPS ? SLICE("tls") : SLICE("udp");
	return printed(run, arena_printf(run->arena, "%.*s:%.*s:%u", SLICE_ARG(t),
	    SLICE_ARG(uri.host), uri.port ? uri.port : uri.scheme == URI_SIPS ? 5061 : 5060), ret);
}

/* ---- uri aliases: address~port~transport ---- */

static const char *const alias_transports[] = { "", "udp", "tcp", "tls", "sctp", "ws", "wss" };
#define ALIAS_TRANSPORTS (sizeof(alias_transports) / sizeof(alias_transports[0]))

DEF(alias_encode)
{
	struct sip_uri uri;
	struct slice t = SLICE("udp");
	unsigned number = 1;

	(void)n;
	*ret = value_null();
	if (!parse(v->s, &uri) || uri.host.len == 0)
		return true;
	sip_uri_param(&uri, SLICE("transport"), &t);
	for (unsigned i = 1; i < ALIAS_TRANSPORTS; i++)
		if (slice_eq_nocase(t, slice_str(alias_transports[i])))
			number = i;
	return printed(run, arena_printf(run->arena, "%.*s~%u~%u", SLICE_ARG(uri.host),
	    uri.port ? uri.port : 5060, number), ret);
}

DEF(alias_decode)
{
	struct slice rest = v->s, host = slice_split(&rest, '~'), port = slice_split(&rest, '~');
	uint32_t p, t;

	(void)n;
	*ret = value_null();
	if (host.len == 0 || slice_to_u32(port, &p) != 0 || p > 65535 ||
	    slice_to_u32(rest, &t) != 0 || t == 0 || t >= ALIAS_TRANSPORTS)
		return true;
	return printed(run, arena_printf(run->arena, "sip:%.*s:%u;transport=%s",
	    SLICE_ARG(host), p, alias_transports[t]), ret);
}

/* ---- name-addr ---- */

static bool parse_addr(struct slice s, struct name_addr *out)
{
	return name_addr_parse(slice_trim(s), out, NULL) == 0;
}

DEF(addr_name)
{
	struct name_addr a;

	(void)n;
	return part(ret, parse_addr(v->s, &a) ? hdr_unquote(run->arena, slice_trim(a.display)) :
	    SLICE_NULL);
}

DEF(addr_uri)
{
	struct name_addr a;

	UNUSED;
	return part(ret, parse_addr(v->s, &a) ? a.uri.text : SLICE_NULL);
}

DEF(addr_len)
{
	struct name_addr a;

	UNUSED;
	*ret = value_int(0);
	if (parse_addr(v->s, &a))
		*ret = value_int((int64_t)(slice_end(a.uri.text) - a.text.p) + a.brackets);
	return true;
}

DEF(addr_tag)
{
	struct name_addr a;
	struct slice tag = SLICE_NULL;

	UNUSED;
	if (parse_addr(v->s, &a))
		hdr_param(a.params, SLICE("tag"), &tag);
	return part(ret, tag);
}

DEF(addr_user)
{
	struct name_addr a;

	UNUSED;
	return part(ret, parse_addr(v->s, &a) ? a.uri.user : SLICE_NULL);
}

DEF(addr_host)
{
	struct name_addr a;

	UNUSED;
	return part(ret, parse_addr(v->s, &a) ? a.uri.host : SLICE_NULL);
}

DEF(addr_params)
{
	struct name_addr a;

	UNUSED;
	return part(ret, parse_addr(v->s, &a) ? a.params : SLICE_NULL);
}

/* ---- lists of parameters: a=1;b=2 ---- */

static char separator(struct slice s) { return s.len ? s.p[0] : ';'; }

static bool find_param(struct slice text, struct slice name, char sep, struct slice *value)
{
	struct slice key;

	while (uri_next_param(&text, sep, &key, value))
		if (slice_eq_nocase(slice_trim(key), name))
			return true;
	return false;
}

static bool nth_param(struct slice text, int64_t index, char sep, struct slice *name,
    struct slice *value)
{
	struct slice rest = text;
	int64_t count = 0;

	while (uri_next_param(&rest, sep, name, value))
		count++;
	if (index < 0)
		index += count;
	for (; index >= 0 && uri_next_param(&text, sep, name, value); index--)
		if (index == 0)
			return true;
	return false;
}

static bool there(struct value *ret, struct slice s)
{
	s = slice_trim(s);
	*ret = value_string(s.p ? s : SLICE(""));
	return true;
}

DEF(param_value)
{
	struct slice value;

	UNUSED;
	*ret = value_null();
	if (find_param(v[0].s, v[1].s, separator(v[2].s), &value))
		there(ret, value);
	return true;
}

DEF(param_in)
{
	struct slice value;

	UNUSED;
	*ret = value_int(find_param(v[0].s, v[1].s, separator(v[2].s), &value));
	return true;
}

DEF(param_valueat)
{
	struct slice name, value;

	UNUSED;
	*ret = value_null();
	if (nth_param(v[0].s, v[1].i, separator(v[2].s), &name, &value))
		there(ret, value);
	return true;
}

DEF(param_name)
{
	struct slice name, value;

	UNUSED;
	*ret = value_null();
	if (nth_param(v[0].s, v[1].i, separator(v[2].s), &name, &value))
		there(ret, name);
	return true;
}

DEF(param_count)
{
	struct slice rest = v[0].s, name, value;
	int64_t count = 0;

	UNUSED;
	while (uri_next_param(&rest, separator(v[1].s), &name, &value))
		count++;
	*ret = value_int(count);
	return true;
}

/* ---- addresses ---- */

DEF(ip_pton)
{
	struct ip_addr ip;

	(void)n;
	if (ip_parse(v->s, &ip) != 0) {
		*ret = value_null();
		return true;
	}
	return printed(run, arena_dup(run->arena, slice_of((const char *)ip.bytes,
	    ip.family == 4 ? 4 : 16)), ret);
}

DEF(ip_ntop)
{
	struct ip_addr ip = { .family = v->s.len == 4 ? 4 : 6 };
	char text[ADDR_TEXT_BYTES];

	(void)n;
	*ret = value_null();
	if (v->s.len != 4 && v->s.len != 16)
		return true;
	memcpy(ip.bytes, v->s.p, v->s.len);
	return printed(run, arena_dup(run->arena, slice_of(text, ip_format(&ip, text))), ret);
}

DEF(ip_family)
{
	struct ip_addr ip;

	UNUSED;
	return part(ret, ip_parse(v->s, &ip) != 0 ? SLICE_NULL :
	    ip.family == 4 ? SLICE("INET") : SLICE("INET6"));
}

static const struct builtin list[] = {
	{ "uri_user(uri: str) -> str?", "uri.user", uri_user, TRANS, "user part, as written" },
	{ "uri_host(uri: str) -> str?", "uri.host", uri_host, TRANS, "host" },
	{ "uri_domain(uri: str) -> str?", "uri.domain", uri_host, TRANS, "host" },
	{ "uri_passwd(uri: str) -> str?", "uri.passwd", uri_password, TRANS, "password part" },
	{ "uri_port(uri: str) -> int?", "uri.port", uri_port, TRANS, "port, null if not given" },
	{ "uri_params(uri: str) -> str?", "uri.params", uri_params, TRANS, "all parameters" },
	{ "uri_param(uri: str, name: str) -> str?", "uri.param", uri_named, TRANS,
	  "a parameter: empty if it has no value, null if it is not there" },
	{ "uri_headers(uri: str) -> str?", "uri.headers", uri_headers, TRANS,
	  "what stands behind the ?" },
	{ "uri_transport(uri: str) -> str?", "uri.transport", uri_transport, TRANS,
	  "parameter transport" },
	{ "uri_ttl(uri: str) -> str?", "uri.ttl", uri_ttl, TRANS, "parameter ttl" },
	{ "uri_uparam(uri: str) -> str?", "uri.uparam", uri_uparam, TRANS, "parameter user" },
	{ "uri_maddr(uri: str) -> str?", "uri.maddr", uri_maddr, TRANS, "parameter maddr" },
	{ "uri_method(uri: str) -> str?", "uri.method", uri_method, TRANS, "parameter method" },
	{ "uri_lr(uri: str) -> str?", "uri.lr", uri_lr, TRANS, "parameter lr" },
	{ "uri_r2(uri: str) -> str?", "uri.r2", uri_r2, TRANS, "parameter r2" },
	{ "uri_scheme(uri: str) -> str?", "uri.scheme", uri_scheme, TRANS, "sip, sips, tel, ..." },
	{ "uri_tosocket(uri: str) -> str?", "uri.tosocket", uri_tosocket, TRANS,
	  "transport:host:port" },
	{ "uri_duri(uri: str) -> str?", "uri.duri", uri_duri, TRANS,
	  "scheme, host, port and transport" },
	{ "uri_saor(uri: str) -> str?", "uri.saor", uri_saor, TRANS, "scheme, user and host" },
	{ "uri_suri(uri: str) -> str?", "uri.suri", uri_suri, TRANS,
	  "scheme, user, host, port and transport" },
	{ "uri_aor(uri: str) -> str?", "uri.aor", uri_aor, TRANS,
	  "user@host in its canonical form" },
	{ "urialias_encode(uri: str) -> str?", "urialias.encode", alias_encode, TRANS,
	  "address~port~transport of a URI" },
	{ "urialias_decode(alias: str) -> str?", "urialias.decode", alias_decode, TRANS,
	  "back to a URI" },
	{ "nameaddr_name(s: str) -> str?", "nameaddr.name", addr_name, TRANS,
	  "display name without its quotes" },
	{ "nameaddr_uri(s: str) -> str?", "nameaddr.uri", addr_uri, TRANS, "URI of a name-addr" },
	{ "nameaddr_len(s: str) -> int", "nameaddr.len", addr_len, TRANS,
	  "bytes of the name-addr, parameters of the header left out" },
	{ "tobody_uri(s: str) -> str?", "tobody.uri", addr_uri, TRANS, "URI of a To or From" },
	{ "tobody_display(s: str) -> str?", "tobody.display", addr_name, TRANS, "display name" },
	{ "tobody_tag(s: str) -> str?", "tobody.tag", addr_tag, TRANS, "tag" },
	{ "tobody_user(s: str) -> str?", "tobody.user", addr_user, TRANS, "user of the URI" },
	{ "tobody_host(s: str) -> str?", "tobody.host", addr_host, TRANS, "host of the URI" },
	{ "tobody_params(s: str) -> str?", "tobody.params", addr_params, TRANS,
	  "parameters of the header" },
	{ "param_value(s: str, name: str, separator: str = \";\") -> str?", "param.value",
	  param_value, TRANS, "value of a parameter in a=1;b=2" },
	{ "param_in(s: str, name: str, separator: str = \";\") -> int", "param.in", param_in,
	  TRANS, "1 if the parameter is there, else 0" },
	{ "param_valueat(s: str, index: int, separator: str = \";\") -> str?", "param.valueat",
	  param_valueat, TRANS, "value of the nth parameter, from 0" },
	{ "param_name(s: str, index: int, separator: str = \";\") -> str?", "param.name",
	  param_name, TRANS, "name of the nth parameter, from 0" },
	{ "param_count(s: str, separator: str = \";\") -> int", "param.count", param_count,
	  TRANS, "how many parameters there are" },
	{ "ip_pton(s: str) -> str?", "ip.pton", ip_pton, TRANS, "4 or 16 bytes of an address" },
	{ "ip_ntop(s: str) -> str?", "ip.ntop", ip_ntop, TRANS, "the address of 4 or 16 bytes" },
	{ "ip_family(s: str) -> str?", "ip.family", ip_family, TRANS, "INET or INET6" }
};

const struct builtin_table builtin_sip = { list, sizeof(list) / sizeof(list[0]) };
