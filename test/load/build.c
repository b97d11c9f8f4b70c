/*
 * test/load/build.c - what the crowd's requests look like, and its answers.
 */
#include "test/load/crowd.h"

#include <arpa/inet.h>
#include <stdio.h>

#define LIST_TYPE "application/adrl+xml"
#define SOAP_TYPE "application/SOAP+xml"
#define PIDF_TYPE "application/pidf+xml"
#define LCS_TYPE  "text/xml+msrtc.pidf"
#define SOAP_NS   "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_OPS  "http://schemas.microsoft.com/winrtc/2002/11/sip"
#define DOC_NS    "http://schemas.microsoft.com/2002/09/sip/presence"

struct recipe {			/* of one kind of request */
	const char *method[2];	/* standard, LCS */
	const char *event, *accept, *type;	/* type: of its body */
	bool        is_dialog;
};

static const struct recipe recipes[ASK_COUNT] = {
	[ASK_WAITING] = { { NULL, "SUBSCRIBE" }, "presence.wpending", "text/xml+msrtc.wpending",
	    NULL, true },
	[ASK_ACL] = { { NULL, "SUBSCRIBE" }, "vnd-microsoft-roaming-ACL",
	    "application/vnd-microsoft-roaming-acls+xml", NULL, true },
	[ASK_ROAMING] = { { NULL, "SUBSCRIBE" }, "vnd-microsoft-roaming-contacts",
	    "application/vnd-microsoft-roaming-contacts+xml", NULL, true },
	[ASK_PROVISIONING] = { { NULL, "SUBSCRIBE" }, "vnd-microsoft-provisioning",
	    "application/vnd-microsoft-roaming-provisioning+xml", NULL, true },
	[ASK_LIST] = { { NULL, "SUBSCRIBE" }, "presence",
	    "application/rlmi+xml, multipart/related, " LCS_TYPE, LIST_TYPE, true },
	[ASK_WATCH] = { { "SUBSCRIBE", NULL }, "presence", PIDF_TYPE, NULL, true },
	[ASK_REGISTER] = { { "REGISTER", "REGISTER" }, NULL, NULL, NULL, false },
	[ASK_PUBLISH] = { { "PUBLISH", "SERVICE" }, NULL, NULL, NULL, false },
	[ASK_MESSAGE] = { { "MESSAGE", "MESSAGE" }, NULL, NULL, "text/plain", false },
	[ASK_CONTACT] = { { NULL, "SERVICE" }, NULL, NULL, SOAP_TYPE, false },
};

static unsigned dialog_of(const struct ask *a)
{
	return a->what == ASK_WATCH ? a->number : (unsigned)a->what;
}

/* ---- who, whom ---- */

static unsigned whom(const struct user *u, const struct ask *a)
{
	if (a->what == ASK_WATCH)
		return u->contacts[a->number];
	return a->what == ASK_MESSAGE ? u->contacts[a->number % u->c->contact_count] : u->index;
}

static void put_target(struct user *u, const struct ask *a, struct buf *b)
{
	if (recipes[a->what].is_dialog && u->dialogs[dialog_of(a)].tag[0])
		buf_put(b, slice_str(u->dialogs[dialog_of(a)].target));
	else if (a->what == ASK_REGISTER)
		buf_printf(b, "sip:%s", u->c->domain);
	else
		buf_printf(b, "sip:w%u@%s", whom(u, a), u->c->domain);
}

static void put_from(struct user *u, const struct ask *a, struct buf *b)
{
	buf_printf(b, "From: <sip:w%u@%s>;tag=f%u-%u", u->index, u->c->domain, a->what,
	    recipes[a->what].is_dialog ? dialog_of(a) : a->serial);
	if (u->kind == KIND_LCS)
		buf_printf(b, ";epid=%012x", u->index);
	buf_printf(b, "\r\nTo: <sip:w%u@%s>", whom(u, a), u->c->domain);
	if (recipes[a->what].is_dialog && u->dialogs[dialog_of(a)].tag[0])
		buf_printf(b, ";tag=%s", u->dialogs[dialog_of(a)].tag);
	buf_put(b, SLICE("\r\n"));
}

static void put_ids(struct user *u, const struct ask *a, const char *method, struct buf *b)
{
	struct dialog *d = recipes[a->what].is_dialog ? &u->dialogs[dialog_of(a)] : NULL;
	uint32_t cseq = d ? ++d->cseq : ++u->cseq;

	if (d)
		buf_printf(b, "Call-ID: d%u.%u.%u@crowd\r\n", u->index, dialog_of(a), d->version);
	else if (a->what == ASK_MESSAGE)
		buf_printf(b, "Call-ID: m%u.%u@crowd\r\n", a->number, a->tries);
	else if (a->what == ASK_REGISTER)
		buf_printf(b, "Call-ID: r%u.%u@crowd\r\n", u->index, u->kind == KIND_LCS ? u->lives : 0);
	else
		buf_printf(b, "Call-ID: x%u@crowd\r\n", a->serial);
	buf_printf(b, "CSeq: %u %s\r\n", cseq, method);
}

static const char *transport_of(const struct user *u)
{
	return u->kind == KIND_UDP ? "udp" : u->c->tls ? "tls" : "tcp";
}

static void put_contact(struct user *u, struct buf *b)
{
	char host[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &u->local.sin_addr, host, sizeof(host));
	if (u->kind == KIND_LCS)
		buf_printf(b, "Contact: <sip:w%u@%s:%u;maddr=%s;transport=%s>;proxy=replace\r\n",
		    u->index, u->c->domain, ntohs(u->local.sin_port), host, transport_of(u));
	else
		buf_printf(b, "Contact: <sip:w%u@%s:%u;transport=%s>\r\n", u->index, host,
		    u->contact_port, transport_of(u));
}

/* ---- headers of one kind ---- */

static void put_subscribe(const struct recipe *r, const struct user *u, const struct ask *a,
    struct buf *b)
{
	buf_printf(b, "Event: %s\r\nAccept: %s\r\n", r->event, r->accept);
	if (u->kind != KIND_LCS) {
		buf_put(b, SLICE("Expires: 7200\r\n"));
		return;
	}
	if (a->what == ASK_PROVISIONING)
		buf_put(b, SLICE("Expires: 0\r\n"));
	if (a->what == ASK_LIST)
		buf_put(b, SLICE("Require: adhoclist\r\nSupported: eventlist\r\n"));
	buf_put(b, SLICE("Supported: com.microsoft.autoextend\r\nSupported: ms-benotify\r\n"
	    "Proxy-Require: ms-benotify\r\nSupported: ms-piggyback-first-notify\r\n"));
}

static void put_special(const struct recipe *r, struct user *u, const struct ask *a, struct buf *b)
{
	if (r->event)
		put_subscribe(r, u, a, b);
	else if (a->what == ASK_REGISTER && u->kind == KIND_LCS)
		buf_put(b, SLICE("Event: registration\r\nAllow-Events: presence\r\n"
		    "Supported: com.microsoft.msrtc.presence\r\n"
		    "ms-keep-alive: UAC;hop-hop=yes\r\n"));
	else if (a->what == ASK_REGISTER)
		buf_put(b, SLICE("Expires: 3600\r\n"));
	else if (a->what == ASK_PUBLISH && u->kind != KIND_LCS) {
		buf_put(b, SLICE("Event: presence\r\nExpires: 7200\r\n"));
		if (u->etag[0])
			buf_printf(b, "SIP-If-Match: %s\r\n", u->etag);
	}
}

/* ---- bodies ---- */

static void put_list(const struct user *u, struct buf *b)
{
	buf_printf(b, "<adhoclist xmlns=\"urn:ietf:params:xml:ns:adrl\" uri=\"sip:w%u@%s\" "
	    "name=\"sip:w%u@%s\"><create xmlns=\"\">", u->index, u->c->domain, u->index, u->c->domain);
	for (unsigned i = 0; i < u->c->contact_count; i++)
		buf_printf(b, "<resource uri=\"sip:w%u@%s\"/>", u->contacts[i], u->c->domain);
	buf_printf(b, "<resource uri=\"sip:w%u@%s\"/></create></adhoclist>", u->index,
	    u->c->domain);
}

static void put_presence(const struct user *u, unsigned number, struct buf *b)
{
	if (u->kind != KIND_LCS) {
		buf_printf(b, "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
		    "entity=\"sip:w%u@%s\"><tuple id=\"t\"><status><basic>open</basic></status>"
		    "<note>n%u</note></tuple></presence>", u->index, u->c->domain, number);
		return;
	}
	buf_printf(b, "<s:Envelope xmlns:s=\"" SOAP_NS "\" xmlns:m=\"" SOAP_OPS "\"><s:Body>"
	    "<m:setPresence><m:presentity m:uri=\"sip:w%u@%s\"><m:availability m:aggregate=\"300\"/>"
	    "<m:activity m:aggregate=\"%u\"/><deviceName xmlns=\"" DOC_NS "\" name=\"VM\"/>"
	    "<userInfo xmlns=\"" DOC_NS "\"><note>n%u</note></userInfo></m:presentity>"
	    "</m:setPresence></s:Body></s:Envelope>", u->index, u->c->domain,
	    number % 2 ? 400u : 600u, number);
}

static void put_contact_change(const struct user *u, unsigned number, struct buf *b)
{
	buf_printf(b, "<s:Envelope xmlns:s=\"" SOAP_NS "\" xmlns:m=\"" SOAP_OPS "\"><s:Body>"
	    "<m:setContact><m:displayName>Number %u</m:displayName><m:groups></m:groups>"
	    "<m:subscribed>false</m:subscribed><m:URI>sip:extra%u@%s</m:URI><m:externalURI />"
	    "<m:deltaNum>%u</m:deltaNum></m:setContact></s:Body></s:Envelope>", number, number,
	    u->c->domain, u->delta);
}

static void put_body(const struct user *u, const struct ask *a, struct buf *b)
{
	if (a->what == ASK_LIST)
		put_list(u, b);
	else if (a->what == ASK_PUBLISH)
		put_presence(u, a->number, b);
	else if (a->what == ASK_MESSAGE)
		buf_printf(b, "crowd %u", a->number);
	else if (a->what == ASK_CONTACT)
		put_contact_change(u, a->number, b);
}

static void put_end(struct buf *b, const char *type, struct slice body)
{
	if (body.len)
		buf_printf(b, "Content-Type: %s\r\n", type);
	buf_printf(b, "Content-Length: %zu\r\n\r\n", body.len);
	buf_put(b, body);
}

/* ---- whole ---- */

struct buf *build_request(struct user *u, const struct ask *a)
{
	const struct recipe *r = &recipes[a->what];
	const char *method = r->method[u->kind == KIND_LCS], *type = r->type;
	struct buf *b = buf_new(1024), *body = buf_new(1024);
	char host[INET_ADDRSTRLEN], chance[HEX_CHARS + 1];

	if (a->what == ASK_PUBLISH)
		type = u->kind == KIND_LCS ? SOAP_TYPE : PIDF_TYPE;
	inet_ntop(AF_INET, &u->local.sin_addr, host, sizeof(host));
	random_hex(chance);
	buf_printf(b, "%s ", method);
	put_target(u, a, b);
	buf_printf(b, " SIP/2.0\r\nVia: SIP/2.0/%s %s:%u;branch=z9hG4bK%s.%u;rport\r\n",
	    transport_of(u), host, ntohs(u->local.sin_port), chance, a->serial);
	put_from(u, a, b);
	put_ids(u, a, method, b);
	buf_put(b, SLICE("Max-Forwards: 70\r\nUser-Agent: crowd\r\n"));
	if (a->what != ASK_MESSAGE)
		put_contact(u, b);
	put_special(r, u, a, b);
	sign_put(u, b);
	put_body(u, a, body);
	put_end(b, type, buf_slice(body));
	buf_unref(&body);
	return b;
}

/* What an answer takes from its request, line by line. */
struct buf *build_answer(struct user *u, struct slice head, unsigned status)
{
	static const char *const copied[] = { "Via", "From", "To", "Call-ID", "CSeq", "Record-Route" };
	struct buf *b = buf_new(512);
	struct slice rest = head;

	buf_printf(b, "SIP/2.0 %u %s\r\n", status, status == 200 ? "OK" : "No");
	while (rest.len) {
		struct slice line = slice_split(&rest, '\n');

		for (unsigned i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
			struct slice name = slice_str(copied[i]);

			if (line.len <= name.len || line.p[name.len] != ':' ||
			    !slice_starts_nocase(line, name))
				continue;
			buf_put(b, slice_trim(line));
			if (i == 2 && !text_tag(line).len)
				buf_printf(b, ";tag=a%u", u->index);
			buf_put(b, SLICE("\r\n"));
		}
	}
	sign_put(u, b);
	put_end(b, NULL, SLICE_NULL);
	return b;
}
