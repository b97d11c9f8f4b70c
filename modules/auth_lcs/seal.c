/*
 * modules/auth_lcs/seal.c - what goes out over a connection with associations is signed.
 */
#include "modules/auth_lcs/guard.h"

#include <errno.h>

/* Whom it goes to: the endpoint named in it; without a name, whoever signed in last. */
static struct sa *receiver_of(struct guard *g, const struct sa_fields *f)
{
	struct slice epid = f->is_request ? f->to_epid : f->from_epid;
	struct sa *sa = g->count > 1 && epid.len ? sa_by_epid(&g->sas, epid) : NULL;

	if (!sa && g->count)
		sa = container_of(g->sas.next, struct sa, node);
	return sa;
}

/* RFC 3261 has no signatures: provisional responses and challenges go without. */
static bool wants_signature(const struct sa_fields *f)
{
	return f->is_request || (f->status >= 200 && f->status != 401);
}

/* What real servers add to the client's Via; the port it is seen with, and our number for
 * the connection. */
static void put_via_params(struct guard *g, struct buf *to)
{
	struct sip_hop hop;

	if (!flow_hop(g->flow, &hop))
		return;
	buf_put(to, SLICE(";ms-received-port="));
	buf_put_u64(to, hop.remote.port);
	buf_printf(to, ";ms-received-cid=%llX", (unsigned long long)(g->flow & 0xffffffff));
}

/* A challenge after which the client may have other keys than we. */
static bool changes_keys(const struct sa *sa, const struct sa_fields *f, struct slice message)
{
	const struct slice token = SLICE("gssapi-data=\"T");

	return f->status == 401 && slice_eq(f->method, SLICE("REGISTER")) &&
	    slice_eq_nocase(f->from_epid, sa->epid) &&
	    (sa->scheme->one_leg || slice_search(message, token) < message.len);
}

/* The answer to a REGISTER ends the handshake, however it ends. */
static int keep_back(struct sa *sa, const struct sa_fields *f, struct slice message)
{
	if (!f->is_request && slice_eq(f->method, SLICE("REGISTER")))
		return 0;
	return held_keep(sa, message);
}

/* The signature goes above all other headers, where it is found first. */
int guard_seal(struct flow_guard *guard, struct slice message, struct buf *to)
{
	struct guard *g = container_of(guard, struct guard, guard);
	struct sa_fields f;
	struct sa *sa;
	int err;

	if (sa_fields_read(message, &f) != 0 || !(sa = receiver_of(g, &f)))
		return -ENOENT;
	if (changes_keys(sa, &f, message))
		held_begin(sa);
	if (!wants_signature(&f))
		return -ENOENT;
	err = keep_back(sa, &f, message);
	if (err)
		return err;
	buf_put(to, slice_between(message.p, slice_end(f.first_line)));
	err = sa_sign(sa, &f, g->text, to);
	if (err)
		return err;
	if (!f.is_request && f.via.len) {
		buf_put(to, slice_between(slice_end(f.first_line), slice_end(f.via)));
		put_via_params(g, to);
		buf_put(to, slice_between(slice_end(f.via), slice_end(message)));
	} else {
		buf_put(to, slice_between(slice_end(f.first_line), slice_end(message)));
	}
	lcs_count(&auth_lcs_stats(g->lcs)->signed_messages);
	return 0;
}
