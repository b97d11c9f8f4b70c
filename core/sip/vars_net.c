/*
 * core/sip/vars_net.c - the way a message came.
 */
#include "core/net/flow.h"
#include "core/sip/vars.h"

static enum fn_status get_ip(struct lcs_call *call, const struct sock_addr *sa)
{
	struct ip_net *net = arena_alloc(lcs_arena(call->ctx), sizeof(*net));

	if (!net)
		return FN_FAILED;
	*net = (struct ip_net){ sa->ip, sa->ip.family == 4 ? 32 : 128 };
	return var_value(call, (struct value){ .type = VALUE_IP, .ip = net });
}

static enum fn_status get_si(struct lcs_call *call)
{
	return get_ip(call, &lcs_from(call->ctx)->remote);
}

/* An IPv6 host commands a whole network: who counts its addresses one by one counts nothing. */
static enum fn_status get_snet(struct lcs_call *call)
{
	enum fn_status status = get_si(call);

	if (status == FN_DONE && call->ret.ip->addr.family == 6) {
		struct ip_net *net = arena_alloc(lcs_arena(call->ctx), sizeof(*net));

		if (!net)
			return FN_FAILED;
		*net = (struct ip_net){ call->ret.ip->addr, 64 };
		memset(net->addr.bytes + 8, 0, 8);
		return var_value(call, (struct value){ .type = VALUE_IP, .ip = net });
	}
	return status;
}

static enum fn_status get_Ri(struct lcs_call *call)
{
	return get_ip(call, &lcs_from(call->ctx)->local);
}

static enum fn_status get_sp(struct lcs_call *call)
{
	return var_value(call, value_int(lcs_from(call->ctx)->remote.port));
}

static enum fn_status get_Rp(struct lcs_call *call)
{
	return var_value(call, value_int(lcs_from(call->ctx)->local.port));
}

static enum fn_status get_proto(struct lcs_call *call)
{
	return var_text(call, transport_uri_name(lcs_from(call->ctx)->transport));
}

/* "sip:10.0.0.1:5060;transport=udp" */
static enum fn_status get_su(struct lcs_call *call)
{
	const struct sip_hop *from = lcs_from(call->ctx);
	char text[ADDR_TEXT_BYTES];
	size_t len = sock_addr_format(&from->remote, text);

	return var_text(call, arena_printf(lcs_arena(call->ctx), "sip:%.*s;transport=%.*s",
	    (int)len, text, SLICE_ARG(transport_uri_name(from->transport))));
}

/* ---- $sck(...): the listener ---- */

static enum fn_status listener_address(struct lcs_call *call, const struct net_listener *l)
{
	char text[ADDR_TEXT_BYTES];
	size_t len = ip_format(&l->addr.ip, text);

	return var_text(call, arena_dup(lcs_arena(call->ctx), slice_of(text, len)));
}

static enum fn_status get_sck(struct lcs_call *call)
{
	const struct net_listener *l = net_listener(lcs_from(call->ctx)->listener);
	struct slice what = call->argv[0].s;

	if (!l)
		return FN_DONE;
	if (slice_eq(what, SLICE("name")))
		return var_text_or_null(call, slice_str(l->name));
	if (slice_eq(what, SLICE("address")))
		return listener_address(call, l);
	if (slice_eq(what, SLICE("port")))
		return var_text(call, arena_printf(lcs_arena(call->ctx), "%u", l->addr.port));
	if (slice_eq(what, SLICE("proto")))
		return var_text(call, transport_uri_name(l->transport));
	if (slice_eq(what, SLICE("advertise")))
		return var_text_or_null(call, slice_str(l->advertise_host));
	return FN_DONE;
}

static enum fn_status get_tls_peer_name(struct lcs_call *call)
{
	flow_id flow = lcs_from(call->ctx)->flow;

	if (!flow)
		return FN_DONE;
	return var_text_or_null(call, flow_peer_name(flow, lcs_arena(call->ctx)));
}

static enum fn_status get_tls(struct lcs_call *call)
{
	flow_id flow = lcs_from(call->ctx)->flow;
	struct slice what = call->argv[0].s, name = SLICE_NULL;

	if (flow)
		name = flow_peer_name(flow, lcs_arena(call->ctx));
	if (slice_eq(what, SLICE("peer_name")))
		return var_text_or_null(call, name);
	if (slice_eq(what, SLICE("verified")))
		call->ret = value_bool(name.len > 0);
	else if (slice_eq(what, SLICE("active")))
		call->ret = value_bool(lcs_from(call->ctx)->transport == TRANSPORT_TLS);
	return FN_DONE;
}

static enum fn_status get_peer(struct lcs_call *call)
{
	return var_text_or_null(call, lcs_peer(call->ctx));
}

const struct lcs_var vars_net[] = {
	{ "si", VALUE_IP, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_si, NULL,
	  "address it came from" },
	{ "snet", VALUE_IP, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_snet, NULL,
	  "the same, of IPv6 its /64 network: what to count by who a host is" },
	{ "sp", VALUE_INT, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_sp, NULL,
	  "port it came from" },
	{ "su", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_su, NULL,
	  "where it came from, as a URI" },
	{ "Ri", VALUE_IP, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_Ri, NULL,
	  "address it came to" },
	{ "Rp", VALUE_INT, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_Rp, NULL,
	  "port it came to" },
	{ "proto", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_proto, NULL,
	  "transport it came by: udp, tcp, tls" },
	{ "pr", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_proto, NULL,
	  "the same as $proto" },
	{ "sck", VALUE_STRING, true, VAR_ARG_NAME, false, READ_MESSAGE, 0, get_sck, NULL,
	  "of the listener it came to: name, address, port, proto, advertise" },
	{ "tls_peer_name", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0,
	  get_tls_peer_name, NULL, "verified name of the peer's certificate; null without one" },
	{ "peer", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_peer, NULL,
	  "the server of ours that it came from, by its certificate (a listener with faces = "
	  "\"peers\"); null: it came from somebody else" },
	{ "tls", VALUE_ANY, true, VAR_ARG_NAME, false, READ_MESSAGE, 0, get_tls, NULL,
	  "of the connection it came by: active (is it TLS?), verified (has the peer shown a "
	  "certificate that verifies?), peer_name" },
	{ 0 }
};
