/*
 * modules/presence/way.c - the connection a watcher is told by: there, lost, found again.
 */
#include "modules/presence/sub.h"

/* The first router, or the watcher himself. A strict router is left to who sends. */
static bool next_uri(const struct sub_client *c, struct sip_uri *next)
{
	struct slice routes = c->route_set, first, value;
	struct name_addr router;

	if (!hdr_next_value(&routes, &first))
		return sip_uri_parse(c->target, next, NULL) == 0;
	if (name_addr_parse(first, &router, NULL) != 0)
		return false;
	*next = router.uri;
	return sip_uri_param(next, SLICE("lr"), &value);
}

/* RFC 3263 4.1 and 4.2 where nothing has to be asked. Over TLS the connection wants the name. */
static bool hop_of_number(const struct sip_uri *uri, struct sip_hop *hop)
{
	struct slice value;

	*hop = (struct sip_hop){ .transport = TRANSPORT_UDP };
	hop->remote.port = uri->port ? uri->port : transport_default_port(TRANSPORT_UDP);
	if (uri->scheme != URI_SIP || uri_host_ip(uri->host, &hop->remote.ip) != 0 ||
	    sip_uri_param(uri, SLICE("maddr"), &value))
		return false;
	if (sip_uri_param(uri, SLICE("transport"), &value))
		hop->transport = transport_parse(value);
	return (hop->transport == TRANSPORT_UDP || hop->transport == TRANSPORT_TCP) &&
	    net_listener_for(hop->transport, &hop->remote, 0) != 0;
}

/* A number leads to the same place each time, so it is asked for once. */
void way_locate(struct sub_client *c)
{
	struct sip_uri next;
	struct sip_hop hop;

	c->is_located = !c->has_hop && next_uri(c, &next) && hop_of_number(&next, &hop);
	if (c->is_located)
		c->hop = hop;
}

static struct slice unquoted(struct slice s)
{
	return s.len >= 2 && *s.p == '"' ? slice_of(s.p + 1, s.len - 2) : s;
}

static bool is_same_endpoint(const struct presence_sub *sub, const struct usrloc_binding *b)
{
	struct slice instance = sub->dialog->client->instance, epid;

	if (sub->info.epid.len && hdr_param(b->params, SLICE("epid"), &epid))
		return slice_eq_nocase(epid, sub->info.epid);
	return instance.len && slice_eq_nocase(unquoted(b->instance), unquoted(instance));
}

static bool is_same_contact(const struct usrloc_binding *b, const struct sip_uri *target)
{
	struct sip_uri contact;

	return sip_uri_parse(b->contact, &contact, NULL) == 0 &&
	    slice_eq(contact.user, target->user) && slice_eq_nocase(contact.host, target->host) &&
	    contact.port == target->port;
}

static bool take_binding(struct presence_sub *sub, const struct usrloc_binding *b,
    const struct sip_uri *target)
{
	struct sip_hop hop;

	return b->received.flow && flow_is_alive(b->received.flow) &&
	    (is_same_contact(b, target) || is_same_endpoint(sub, b)) &&
	    flow_hop(b->received.flow, &hop) && sub_move(sub, &hop) == 0;
}

/* The watcher has come back by another connection, and registered the contact that he
 * subscribed with, or another one of the same endpoint. His bindings may be read from every worker. */
static bool find_way(struct presence_sub *sub)
{
	const struct presence *p = sub->user->p;
	const struct usrloc_aor *aor = p->usrloc ?
	    p->usrloc->find(p->usrloc_state, sub->info.watcher) : NULL;
	struct usrloc_binding b;
	struct sip_uri target;

	if (!aor || sip_uri_parse(sub->dialog->client->target, &target, NULL) != 0)
		return false;
	for (unsigned i = 0; i < aor->count; i++) {
		p->usrloc->binding(aor, i, &b);
		if (take_binding(sub, &b, &target)) {
			sub->dialog->way_lost = 0;
			sub_follow(sub);
			return true;
		}
	}
	return false;
}

bool way_is_there(struct presence_sub *sub)
{
	const struct sub_client *c = sub->watch ? NULL : sub->dialog->client;

	if (!c || !c->has_hop || !transport_is_stream(c->hop.transport))
		return true;
	return (!sub->dialog->way_lost && flow_is_alive(c->hop.flow)) || find_way(sub);
}

/* Its connection is gone. An LCS client begins anew with another; any other may come back. */
void way_lose(struct presence_sub *sub)
{
	if (sub->info.flags & PRESENCE_SUB_BENOTIFY) {
		sub_drop(sub, PRESENCE_EVENT_TIMEOUT);
		return;
	}
	if (!sub->dialog->way_lost)
		sub->dialog->way_lost = loop_wall(worker_loop());
	sub->owed = OWED_FULL;
	notify_wait(sub, conf_of(sub->user->p)->retry_time);
}

bool way_is_given_up(const struct presence_sub *sub)
{
	int64_t lost = sub->watch ? 0 : sub->dialog->way_lost;
	int64_t lost_for = lost ? loop_wall(worker_loop()) - lost : 0;

	return lost_for * 1000 > conf_of(sub->user->p)->return_time;
}

void way_flow_gone(struct presence_user *u, flow_id flow)
{
	list_for_each_safe(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (!sub->watch && flow && sub->dialog->client->has_hop &&
		    sub->dialog->client->hop.flow == flow)
			way_lose(sub);
	}
}
