/*
 * modules/tm/direct.c - the short way for requests of our own (own.h).
 */
#include "modules/tm/own.h"
#include "modules/tm/tm.h"

#include <errno.h>

/* An INVITE wants ACK and CANCEL, a REGISTER belongs to the owner of the user in To. */
static bool is_plain_method(struct slice method)
{
	switch (sip_method_parse(method)) {
	case METHOD_INVITE:
	case METHOD_ACK:
	case METHOD_CANCEL:
	case METHOD_REGISTER:
	case METHOD_OTHER:
		return false;
	default:
		return true;
	}
}

/* A strict router wants Request-URI and Route changed about (RFC 3261 16.6, item 6). */
static bool is_loose(struct slice route_set)
{
	struct slice value, first;
	struct name_addr router;

	if (route_set.len == 0)
		return true;
	return hdr_next_value(&route_set, &first) && name_addr_parse(first, &router, NULL) == 0 &&
	    sip_uri_param(&router.uri, SLICE("lr"), &value);
}

static bool is_one_word(struct slice uri)
{
	return uri.len > 0 && slice_find(uri, ' ') == uri.len;
}

bool tm_direct_suits(const struct tm_request *r)
{
	return r->has_hop && r->hop.name.len == 0 && r->hop.remote.port != 0 &&
	    r->next_uri.len == 0 && is_plain_method(r->method) && is_one_word(r->request_uri) &&
	    is_loose(r->route_set) && !lcs_own_requests_are_seen();
}

/* RFC 3261 18.1.1, where another way can be found. */
static bool is_too_large(const struct tm_request *r, const struct buf *bytes)
{
	const struct tm_conf *conf = tm_conf_now(tm_here());

	return r->is_located && r->hop.transport == TRANSPORT_UDP && conf->udp_mtu &&
	    bytes->len > (size_t)conf->udp_mtu;
}

int tm_direct_out(const struct tm_request *r, struct slice call_id, struct slice branch,
    struct sip_out **out)
{
	struct sip_out *o = sip_out_new();
	int err = -ENOMEM;

	if (!o)
		return -ENOMEM;
	o->hop = r->hop;
	if (!o->hop.listener)
		o->hop.listener = (uint16_t)net_listener_for(o->hop.transport, &o->hop.remote, 0);
	o->bytes = tm_own_write(r, call_id, &(struct tm_way){ &o->hop, branch });
	if (o->bytes)
		err = is_too_large(r, o->bytes) ? -EMSGSIZE : 0;
	if (err)
		sip_out_unref(&o);
	else
		*out = o;
	return err;
}
