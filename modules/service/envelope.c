/*
 * modules/service/envelope.c - SOAP 1.1 envelopes, read and written.
 */
#include "modules/service/service.h"

#include "utils/xml_write.h"

#include <errno.h>

static int refused(struct service_refusal *why, uint16_t status, struct slice reason)
{
	why->status = status;
	why->reason = reason;
	why->extra = "";
	return -EBADMSG;
}

static int unreadable(struct arena *arena, int err, const struct xml_defect *defect,
    struct service_refusal *why)
{
	struct slice reason = defect->line > 1 ?
	    arena_printf(arena, "Bad XML in line %u: %s", defect->line, defect->reason) :
	    arena_printf(arena, "Bad XML: %s", defect->reason);

	if (err == -ENOMEM || !reason.p)
		return -ENOMEM;
	return refused(why, err == -E2BIG ? 413 : 400, reason);
}

/* Blanks may stand in front; whoever gives them a name of their own is not understood. */
static const struct xml_node *body_of(const struct xml_node *root)
{
	if (!xml_is(root, SERVICE_SOAP_NS, SLICE("Envelope")))
		return NULL;
	return xml_child(root, SERVICE_SOAP_NS, SLICE("Body"));
}

/* SOAP 1.1, 4.2.3. */
static bool must_understand(const struct xml_node *root)
{
	const struct xml_node *header = xml_child(root, SERVICE_SOAP_NS, SLICE("Header"));
	bool must;

	xml_for_each(n, header)
		if (xml_bool(xml_attr(n, SERVICE_SOAP_NS, SLICE("mustUnderstand")), &must) == 0 && must)
			return true;
	return false;
}

int service_read_body(struct arena *arena, struct slice body, const struct service_conf *conf,
    struct service_asked *asked, struct service_refusal *why)
{
	struct xml_limits limits = { (size_t)conf->max_body, (unsigned)conf->max_depth,
	    (unsigned)conf->max_nodes };
	struct xml_defect defect;
	struct xml_node *root;
	int err = xml_read(arena, body, &limits, &root, &defect);

	if (err)
		return unreadable(arena, err, &defect, why);
	asked->body = body_of(root);
	if (!asked->body)
		return refused(why, 400, SLICE("Not a SOAP 1.1 envelope with a Body"));
	if (must_understand(root))
		return refused(why, 400, SLICE("A SOAP header that must be understood is not"));
	asked->operation = xml_child(asked->body, XML_ANY_NS, SLICE_NULL);
	if (!asked->operation)
		return refused(why, 400, SLICE("The SOAP Body names no operation"));
	if (!slice_eq(asked->operation->ns, SERVICE_NS))
		return refused(why, 400, SLICE("The operation is in no namespace that is known"));
	return 0;
}

struct slice service_wrap(struct arena *arena, struct slice body)
{
	const struct slice pieces[] = {
		SLICE("<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		    "xmlns:m=\"http://schemas.microsoft.com/winrtc/2002/11/sip\"><SOAP-ENV:Body>"),
		body,
		SLICE("</SOAP-ENV:Body></SOAP-ENV:Envelope>"),
	};

	return arena_join(arena, pieces, 3);
}
