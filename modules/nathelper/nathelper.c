/*
 * nathelper - clients behind NATs: notice them, and remember where they really are.
 *
 * Clients on TCP and TLS need none of this: their own connection is used
 * (registrar, rr). It is for UDP, and for peers that look at Contact.
 */
#include "modules/nathelper/nathelper.h"

static enum fn_status fn_test(struct lcs_call *call)
{
	call->ret = value_bool(nat_test(call->ctx, (unsigned)call->argv[0].i));
	return FN_DONE;
}

static enum fn_status fn_is_private(struct lcs_call *call)
{
	struct ip_addr ip;

	call->ret = value_bool(ip_parse(call->argv[0].s, &ip) == 0 && nat_is_private(&ip));
	return FN_DONE;
}

/* The registrar looks at this flag: the binding's address is the source's. */
static enum fn_status fn_fix_register(struct lcs_call *call)
{
	struct lcs_bag *bag = lcs_bag(call->ctx);

	if (!bag || lcs_bag_set_flag(bag, SLICE("use_received"), true) != 0)
		return FN_FAILED;
	call->ret = value_bool(true);
	return FN_DONE;
}

/*
 * As if the client had written ";rport" (RFC 3581): its response goes to the port it
 * came from. The message remembers its typed Via for the owner of the call, who is us.
 */
static enum fn_status fn_force_rport(struct lcs_call *call)
{
	const struct sip_via *via = msg_via(lcs_msg(call->ctx));

	call->ret = value_bool(via != NULL);
	if (via)
		((struct sip_via *)(uintptr_t)via)->has_rport = true;
	return FN_DONE;
}

static const struct lcs_func funcs[] = {
	{ "nat_uac_test(tests: int 1..511) -> bool", fn_test, IN_MESSAGE, 0,
	  "signs of a NAT, as a sum: 1 private address in Contact, 2 Via names another host than the "
	  "source, 4 private address in Via, 8 private address in SDP, 16 Via names another port "
	  "than the source, 32 the source is private, 64 WebSocket, 128 Contact names another port "
	  "than the source, 256 SDP names another host than the source" },
	{ "is_rfc1918(address: str) -> bool", fn_is_private, IN_ANY, 0,
	  "is this a private address (RFC 1918, RFC 6598 and their like)?" },
	{ "fix_nated_contact() -> bool", nat_fix_contact, IN_MESSAGE & ~IN_ONSEND, 0,
	  "put the source's address and port into the first Contact; false if there is none" },
	{ "fix_nated_register() -> bool", fn_fix_register, IN_REQUEST, 0,
	  "let save() keep the source's address as the way to the client" },
	{ "set_contact_alias() -> bool", nat_set_alias, IN_MESSAGE & ~IN_ONSEND, 0,
	  "add ;alias=address~port~transport of the source to the first Contact, unless that "
	  "is its address anyway" },
	{ "add_contact_alias(address: str = \"\", port: int 0..65535 = 0, transport: str = \"udp\") "
	  "-> bool", nat_add_alias, IN_MESSAGE & ~IN_ONSEND, 0,
	  "the same with another address; without one, the source's" },
	{ "handle_ruri_alias() -> bool", nat_handle_alias, IN_REQUEST | IN_BRANCH | IN_FAILURE, 0,
	  "take an alias out of the Request-URI and send the request there; false if there is none, "
	  "or Route named the client's connection" },
	{ "add_rcv_param() -> bool", nat_add_received, IN_REQUEST, 0,
	  "add ;received=\"sip:…\" of the source to the first Contact, for a registrar elsewhere" },
	{ "force_rport() -> bool", fn_force_rport, IN_REQUEST, 0,
	  "answer to the port the request came from, as if the client had asked for it (RFC 3581)" },
	{ "add_rport() -> bool", fn_force_rport, IN_REQUEST, 0, "the same as force_rport()" },
	{ 0 }
};

LCS_MODULE(nathelper,
	.summary = "clients behind NATs",
	.flags = MODULE_MAY_LEAVE,
	.funcs = funcs,
);
