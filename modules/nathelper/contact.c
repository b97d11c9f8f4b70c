/*
 * modules/nathelper/contact.c - put into Contact where the message really came from, or
 * beside it as ";alias=address~port~transport"; follow such an alias in the Request-URI.
 */
#include "modules/nathelper/nathelper.h"

#include <errno.h>

/* ---- changing the first Contact ---- */

struct contact {
	struct hdr_ref   hdr;
	struct name_addr addr;		/* its first value */
	struct slice     rest;		/* further values, with their comma */
};

static bool find_contact(struct lcs_ctx *ctx, struct contact *c)
{
	struct sip_view view = lcs_view(ctx);
	struct slice rest, value;

	if (!view_hdr(&view, HDR_CONTACT, SLICE_NULL, 0, &c->hdr))
		return false;
	rest = c->hdr.value;
	if (!hdr_next_value(&rest, &value) || name_addr_parse(value, &c->addr, NULL) != 0)
		return false;
	c->rest = slice_between(slice_end(value), slice_end(c->hdr.value));
	return c->addr.uri.host.len > 0;
}

/* The same Contact with another URI and more parameters; 0, -ENOMEM, -EINVAL. */
static int write_contact(struct lcs_ctx *ctx, const struct contact *c, struct slice uri,
    struct slice more)
{
	struct arena *arena = lcs_arena(ctx);
	const struct name_addr *a = &c->addr;
	struct slice value;

	if (!uri.p || (more.len && !more.p))
		return -ENOMEM;
	value = arena_printf(arena, "%.*s%s<%.*s>%s%.*s%.*s%.*s", SLICE_ARG(a->display),
	    a->display.len ? " " : "", SLICE_ARG(uri), a->params.len ? ";" : "",
	    SLICE_ARG(a->params), SLICE_ARG(more), SLICE_ARG(c->rest));
	if (!value.p)
		return -ENOMEM;
	return edit_value(arena, lcs_edits(ctx), &c->hdr, value);
}

static enum fn_status finish(struct lcs_call *call, int err)
{
	call->ret = value_bool(err == 0);
	return err == -ENOMEM ? FN_FAILED : FN_DONE;
}

/* ---- the source's address ---- */

static struct slice source_host(struct lcs_ctx *ctx)
{
	const struct ip_addr *ip = &lcs_from(ctx)->remote.ip;
	char text[ADDR_TEXT_BYTES];

	ip_format(ip, text);
	return arena_printf(lcs_arena(ctx), ip->family == 6 ? "[%s]" : "%s", text);
}

/* Everything of the URI but its host and port. */
static struct slice with_source(struct lcs_ctx *ctx, const struct sip_uri *uri)
{
	struct slice host = source_host(ctx);
	struct slice user = uri->user;

	if (!host.p)
		return SLICE_NULL;
	if (uri->password.len)
		user = slice_between(uri->user.p, slice_end(uri->password));
	return arena_printf(lcs_arena(ctx), "%.*s:%.*s%s%.*s:%u%s%.*s%s%.*s",
	    SLICE_ARG(uri->scheme_text), SLICE_ARG(user), user.len ? "@" : "", SLICE_ARG(host),
	    lcs_from(ctx)->remote.port, uri->params.len ? ";" : "", SLICE_ARG(uri->params),
	    uri->headers.len ? "?" : "", SLICE_ARG(uri->headers));
}

enum fn_status nat_fix_contact(struct lcs_call *call)
{
	struct contact c;

	if (!find_contact(call->ctx, &c))
		return finish(call, -ENOENT);
	return finish(call, write_contact(call->ctx, &c, with_source(call->ctx, &c.addr.uri),
	    SLICE_NULL));
}

/* ---- alias ---- */

static struct slice alias_text(struct lcs_ctx *ctx, struct slice host, unsigned port,
    enum sip_transport t)
{
	return arena_printf(lcs_arena(ctx), ";alias=%.*s~%u~%u", SLICE_ARG(host), port, (unsigned)t);
}

/* In front of ?headers, if there are any. */
static struct slice with_param(struct lcs_ctx *ctx, const struct sip_uri *uri, struct slice param)
{
	size_t head = uri->headers.len ? (size_t)(uri->headers.p - 1 - uri->text.p) : uri->text.len;
	struct slice tail = slice_skip(uri->text, head);

	if (!param.p)
		return SLICE_NULL;
	return arena_printf(lcs_arena(ctx), "%.*s%.*s%.*s", SLICE_ARG(slice_first(uri->text, head)),
	    SLICE_ARG(param), SLICE_ARG(tail));
}

static bool has_alias(const struct sip_uri *uri)
{
	struct slice value;

	return sip_uri_param(uri, SLICE("alias"), &value);
}

static enum fn_status put_alias(struct lcs_call *call, const struct contact *c, struct slice alias)
{
	return finish(call, write_contact(call->ctx, c, with_param(call->ctx, &c->addr.uri, alias),
	    SLICE_NULL));
}

/* Where the Contact says so already, an alias tells nothing new. */
static bool is_source(struct lcs_ctx *ctx, const struct sip_uri *uri)
{
	const struct sip_hop *from = lcs_from(ctx);
	uint16_t port = uri->port ? uri->port : transport_default_port(from->transport);
	struct ip_addr ip;

	return ip_parse(uri->host, &ip) == 0 && ip_eq(&ip, &from->remote.ip) &&
	    port == from->remote.port;
}

enum fn_status nat_set_alias(struct lcs_call *call)
{
	const struct sip_hop *from = lcs_from(call->ctx);
	struct contact c;

	if (!find_contact(call->ctx, &c))
		return finish(call, -ENOENT);
	if (has_alias(&c.addr.uri) || is_source(call->ctx, &c.addr.uri))
		return finish(call, 0);
	return put_alias(call, &c, alias_text(call->ctx, source_host(call->ctx),
	    from->remote.port, from->transport));
}

/* argv: address, port, transport; all left out: the source's. */
enum fn_status nat_add_alias(struct lcs_call *call)
{
	enum sip_transport t = transport_parse(call->argv[2].s);
	struct slice host = call->argv[0].s;
	struct contact c;
	struct ip_addr ip;

	if (host.len == 0)
		return nat_set_alias(call);
	if (!find_contact(call->ctx, &c) || t == TRANSPORT_NONE || ip_parse(host, &ip) != 0)
		return finish(call, -EINVAL);
	return put_alias(call, &c, alias_text(call->ctx, host, (unsigned)call->argv[1].i, t));
}

/* "10.0.0.1~5060~1"; the numbers of transports are Kamailio's and ours alike. */
static bool read_alias(struct slice value, struct slice *host, uint32_t *port,
    enum sip_transport *t)
{
	struct slice rest = value;
	struct ip_addr ip;
	uint32_t number;

	*host = slice_split(&rest, '~');
	if (ip_parse(*host, &ip) != 0 || slice_to_u32(slice_split(&rest, '~'), port) != 0 ||
	    slice_to_u32(rest, &number) != 0)
		return false;
	*t = (enum sip_transport)number;
	return *port > 0 && *port < 65536 && number > TRANSPORT_NONE && number < TRANSPORT_COUNT;
}

/* The URI without its alias parameter. */
static struct slice without_alias(struct lcs_ctx *ctx, const struct sip_uri *uri)
{
	struct slice rest = uri->params, name, value;
	const char *from, *to;

	while (uri_next_param(&rest, ';', &name, &value)) {
		if (!slice_eq_nocase(name, SLICE("alias")))
			continue;
		from = name.p - 1;	/* with its ';' */
		to = value.len ? slice_end(value) : slice_end(name);
		return arena_printf(lcs_arena(ctx), "%.*s%.*s",
		    SLICE_ARG(slice_between(uri->text.p, from)),
		    SLICE_ARG(slice_between(to, slice_end(uri->text))));
	}
	return uri->text;
}

static int follow_alias(struct lcs_ctx *ctx, const struct sip_uri *uri, struct slice value)
{
	struct lcs_target *target = lcs_main_target(ctx);
	struct arena *arena = lcs_arena(ctx);
	struct slice host, text, next;
	enum sip_transport t;
	uint32_t port;
	int err;

	if (!read_alias(value, &host, &port, &t))
		return -EINVAL;
	text = without_alias(ctx, uri);
	next = arena_printf(arena, "sip:%.*s:%u;transport=%.*s", SLICE_ARG(host), port,
	    SLICE_ARG(transport_uri_name(t)));
	if (!text.p || !next.p)
		return -ENOMEM;
	err = edit_request_uri(arena, lcs_edits(ctx), text);
	if (!err) {
		target->next_uri = next;
		target->has_hop = false;
	}
	return err;
}

enum fn_status nat_handle_alias(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);
	struct slice value;

	/* A connection that Route has named already is the better way. */
	if (!uri || !sip_uri_param(uri, SLICE("alias"), &value) ||
	    lcs_main_target(call->ctx)->has_hop)
		return finish(call, -ENOENT);
	return finish(call, follow_alias(call->ctx, uri, value));
}

/* ---- received, for a registrar elsewhere ---- */

enum fn_status nat_add_received(struct lcs_call *call)
{
	const struct sip_hop *from = lcs_from(call->ctx);
	struct slice host = source_host(call->ctx), more;
	struct contact c;

	if (!find_contact(call->ctx, &c))
		return finish(call, -ENOENT);
	more = arena_printf(lcs_arena(call->ctx), ";received=\"sip:%.*s:%u;transport=%.*s\"",
	    SLICE_ARG(host), from->remote.port, SLICE_ARG(transport_uri_name(from->transport)));
	if (!host.p || !more.p)
		return FN_FAILED;
	return finish(call, write_contact(call->ctx, &c, c.addr.uri.text, more));
}
