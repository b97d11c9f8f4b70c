/*
 * core/lab/given.c - what comes to the server in a test: correct messages out of little, with
 * what the test says in place of what would be filled in.
 */
#include "cfg/source.h"
#include "core/lab/draft.h"
#include "core/lab/lab.h"
#include "core/lab/net.h"
#include "core/lab/run.h"
#include "core/lab/way.h"
#include "parser/build.h"
#include "utils/err.h"

#include <errno.h>

static unsigned given_count;
static struct slice last_invite;		/* as it was given: CANCEL and ACK are made from it */
static struct sip_hop last_invite_way;

/* ---- what the test says ---- */

static struct slice header_text(const struct cfg_test_header *h)
{
	return arena_dup(lab.arena, value_text(lab.arena, lab_ask(h->value, NULL)));
}

static struct slice said(const struct cfg_test_given *g, const char *name)
{
	for (unsigned i = 0; i < g->header_count; i++)
		if (slice_eq_nocase(g->headers[i].name, slice_str(name)))
			return header_text(&g->headers[i]);
	return SLICE_NULL;
}

static bool says(const struct cfg_test_given *g, enum hdr_id id)
{
	for (unsigned i = 0; i < g->header_count; i++)
		if (hdr_by_name(g->headers[i].name) == id)
			return true;
	return false;
}

/* A name once replaces what was filled in, further times it adds. */
static void apply_headers(struct draft *d, const struct cfg_test_given *g)
{
	for (unsigned i = 0; i < g->header_count; i++) {
		struct slice name = g->headers[i].name, text = header_text(&g->headers[i]);
		bool again = false;

		if (slice_eq_nocase(name, SLICE("body"))) {
			d->body = text;
			continue;
		}
		for (unsigned k = 0; k < i; k++)
			again |= slice_eq_nocase(g->headers[k].name, name);
		draft_change(d, slice_str(lab_text("%s%.*s: %.*s", again ? "+" : "",
		    SLICE_ARG(name), SLICE_ARG(text))));
	}
	if (d->body.len && !says(g, HDR_CONTENT_TYPE))
		draft_change(d, slice_starts(d->body, SLICE("v=0")) ?
		    SLICE("Content-Type: application/sdp") : SLICE("Content-Type: text/plain"));
}

static struct slice with_tag(struct slice value)
{
	if (slice_search(value, SLICE("tag=")) < value.len)
		return value;
	return slice_str(lab_text("%.*s%s;tag=t%u", SLICE_ARG(value), "", given_count));
}

/* ---- requests ---- */

static struct slice plain_address(struct slice uri)
{
	struct sip_uri u;

	if (sip_uri_parse(uri, &u, NULL) != 0 || u.scheme == URI_OTHER || u.scheme == URI_TEL)
		return slice_str(lab_text("<%.*s>", SLICE_ARG(uri)));
	return slice_str(lab_text("<%.*s:%.*s%s%.*s>", SLICE_ARG(u.scheme_text), SLICE_ARG(u.user),
	    u.user.len ? "@" : "", SLICE_ARG(u.host)));
}

static struct slice host_of(struct slice uri)
{
	struct sip_uri u;

	return sip_uri_parse(uri, &u, NULL) == 0 && u.host.len ? u.host : SLICE("example.com");
}

struct parties { struct slice from, to; };

/* Who registers is From and To; a call comes from somebody of the same domain. */
static struct parties parties_of(const struct cfg_test_given *g, struct slice method,
    struct slice uri)
{
	bool registers = slice_eq(method, SLICE("REGISTER"));
	struct parties p = { said(g, "From"), said(g, "To") };
	struct slice plain;

	if (!p.from.len)
		p.from = registers && p.to.len ? p.to : slice_str(lab_text("<sip:alice@%.*s>",
		    SLICE_ARG(host_of(uri))));
	plain = slice_first(p.from, slice_search(p.from, SLICE(";tag=")));
	if (!p.to.len)
		p.to = registers ? plain : plain_address(uri);
	p.from = with_tag(p.from);
	return p;
}

static struct slice user_of(struct slice from)
{
	struct slice s = slice_skip(from, slice_search(from, SLICE("sip")));
	struct slice user = slice_first(s, slice_find(s, '@'));

	return user.len < s.len ? slice_skip(user, slice_find(user, ':') + 1) : SLICE("tester");
}

static void put_request(struct draft *d, const struct cfg_test_given *g, const struct sip_hop *hop)
{
	struct slice uri = g->text, method = slice_split(&uri, ' ');
	struct parties p = parties_of(g, method, uri);
	char peer[ADDR_TEXT_BYTES];

	sock_addr_format(&hop->remote, peer);
	d->head = slice_str(lab_text("%.*s %.*s SIP/2.0", SLICE_ARG(method), SLICE_ARG(uri)));
	draft_line(d, slice_str(lab_text("Via: SIP/2.0/%.*s %s;rport;branch=" VIA_COOKIE "-test-%u",
	    SLICE_ARG(transport_via_name(hop->transport)), peer, given_count)));
	draft_line(d, SLICE("Max-Forwards: 70"));
	draft_line(d, slice_str(lab_text("From: %.*s", SLICE_ARG(p.from))));
	draft_line(d, slice_str(lab_text("To: %.*s", SLICE_ARG(p.to))));
	draft_line(d, slice_str(lab_text("Call-ID: test-%u@%s", given_count, peer)));
	draft_line(d, slice_str(lab_text("CSeq: %u %.*s", given_count, SLICE_ARG(method))));
	draft_line(d, slice_str(lab_text("Contact: <sip:%.*s@%s%s%.*s>", SLICE_ARG(user_of(p.from)),
	    peer, hop->transport == TRANSPORT_UDP ? "" : ";transport=",
	    hop->transport == TRANSPORT_UDP ? 0 : 3, transport_uri_name(hop->transport).p)));
}

/* From and To were put already, with what belongs there. */
static bool is_party(struct slice name)
{
	return hdr_by_name(name) == HDR_FROM || hdr_by_name(name) == HDR_TO;
}

static struct cfg_test_given without_parties(const struct cfg_test_given *g)
{
	struct cfg_test_header *list = arena_zalloc(lab.arena,
	    (g->header_count + 1) * sizeof(*list));
	struct cfg_test_given rest = *g;

	rest.headers = list;
	rest.header_count = 0;
	for (unsigned i = 0; list && i < g->header_count; i++)
		if (!is_party(g->headers[i].name))
			list[rest.header_count++] = g->headers[i];
	return rest;
}

static const struct lab_out *final_for_invite(void)
{
	const struct lab_out *found = NULL;

	for (const struct lab_out *o = lab.out; o; o = o->next)
		if (o->msg && !o->msg->is_request && o->msg->method == METHOD_INVITE &&
		    o->msg->status >= 200)
			found = o;
	return found;
}

/* RFC 3261 9.1 and 17.1.1.3: made from the INVITE. An ACK for a 2xx is a request of its own. */
static bool made_from_invite(struct draft *d, const struct cfg_test_given *g)
{
	bool cancels = slice_starts(g->text, SLICE("CANCEL "));
	const struct lab_out *final = final_for_invite();
	struct buf *out;

	if (!last_invite.len || (!cancels && (!slice_starts(g->text, SLICE("ACK ")) || !final ||
	    final->msg->status < 300)))
		return false;
	out = buf_new(1024);
	if (!out)
		return false;
	if (cancels)
		sip_build_cancel(last_invite, SLICE_NULL, out);
	else
		sip_build_ack(last_invite, msg_value(final->msg, HDR_TO), out);
	draft_read(d, arena_dup(lab.arena, buf_slice(out)));
	buf_unref(&out);
	return true;
}

static bool give_request(const struct cfg_test_given *g, struct cfg_span at)
{
	struct cfg_test_given rest = without_parties(g);
	struct draft d = { .count = 0 };
	struct sip_hop hop;
	struct slice bytes;

	if (!way_from(g, at, &hop))
		return false;
	if (made_from_invite(&d, g)) {
		apply_headers(&d, g);
		hop = last_invite_way;
	} else {
		put_request(&d, g, &hop);
		apply_headers(&d, &rest);
	}
	bytes = draft_bytes(&d, lab.arena);
	if (slice_starts(g->text, SLICE("INVITE "))) {
		last_invite = bytes;
		last_invite_way = hop;
	}
	way_deliver(&hop, bytes);
	return true;
}

/* ---- replies ---- */

static struct lab_out *request_to_answer(const struct cfg_test_given *g)
{
	struct lab_out *found = NULL;

	for (struct lab_out *o = lab.out; o; o = o->next) {
		if (!o->msg || !o->msg->is_request || o->is_copy || o->msg->method == METHOD_ACK)
			continue;
		if (g->from && !ip_eq(&g->from->addr, &o->hop.remote.ip))
			continue;
		if (g->port && g->port != o->hop.remote.port)
			continue;
		found = o;
	}
	return found;
}

static bool give_reply(const struct cfg_test_given *g, struct cfg_span at)
{
	struct lab_out *request = request_to_answer(g);
	struct slice reason = g->text;
	struct response_parts parts = { .to_tag = SLICE("callee"), .copy_record_route = true };
	struct draft d = { .count = 0 };
	struct buf *out;
	struct sip_hop hop;
	uint32_t status = 0;

	slice_to_u32(slice_split(&reason, ' '), &status);
	parts.status = (uint16_t)status;
	parts.reason = reason;
	if (!request) {
		lab_fail(at, "nothing was relayed there that could be answered");
		return false;
	}
	out = sip_response_bytes(request->msg, &parts);
	if (!out)
		return false;
	draft_read(&d, arena_dup(lab.arena, buf_slice(out)));
	buf_unref(&out);
	if (request->msg->method == METHOD_INVITE && status > 100 && status < 300 &&
	    !says(g, HDR_CONTACT)) {
		char peer[ADDR_TEXT_BYTES];

		sock_addr_format(&request->hop.remote, peer);
		draft_line(&d, slice_str(lab_text("Contact: <sip:callee@%s>", peer)));
	}
	apply_headers(&d, g);
	hop = way_back(request);
	way_deliver(&hop, draft_bytes(&d, lab.arena));
	return true;
}

/* ---- files ---- */

struct slice lab_beside(struct cfg_span at, struct slice name)
{
	struct slice own = slice_str(at.source->name);
	size_t cut = own.len;

	if (name.len && name.p[0] == '/')
		return name;
	while (cut > 0 && own.p[cut - 1] != '/')
		cut--;
	return slice_str(lab_text("%.*s%.*s", (int)cut, own.p, SLICE_ARG(name)));
}

struct slice lab_read_file(struct cfg_span at, struct slice name)
{
	const char *path = lab_text("%.*s", SLICE_ARG(lab_beside(at, name)));
	char *bytes = arena_bytes(lab.arena, FILE_BYTES_MAX);
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f || !bytes) {
		lab_fail(at, "cannot read \"%s\": %s", path, err_text(-errno));
		if (f)
			fclose(f);
		return SLICE_NULL;
	}
	len = fread(bytes, 1, FILE_BYTES_MAX, f);
	if (ferror(f) || !feof(f))
		lab_fail(at, "\"%s\" is %s", path, ferror(f) ? "no file" : "longer than any message");
	fclose(f);
	return lab.failed ? SLICE_NULL : slice_of(bytes, len);
}

static bool give_file(const struct cfg_test_given *g, struct cfg_span at, struct slice name)
{
	struct slice bytes = lab_read_file(at, name);
	struct sip_hop hop;

	if (!bytes.p || !way_from(g, at, &hop))
		return false;
	way_deliver(&hop, bytes);
	return true;
}

bool lab_give(const struct cfg_test_given *g, struct cfg_span at, const char *file)
{
	given_count++;
	if (g->source == GIVEN_ANY)
		return give_file(g, at, slice_str(file));
	if (g->source == GIVEN_FILE)
		return give_file(g, at, g->text);
	return g->is_reply ? give_reply(g, at) : give_request(g, at);
}
