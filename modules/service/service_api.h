/*
 * modules/service/service_api.h - operations asked for in SERVICE requests (interface "service",
 * version 1).
 *
 * A SERVICE carries a SOAP 1.1 envelope; the first element in its Body names the operation. The
 * module has read the envelope, knows who asks and has checked that self operations are asked
 * for oneself; the operation does the work and answers, at once or later.
 */
#ifndef MODULES_SERVICE_SERVICE_API_H
#define MODULES_SERVICE_SERVICE_API_H

#include "core/lcs.h"
#include "utils/xml.h"

/* Operations, and most of what is in them. */
#define SERVICE_NS SLICE("http://schemas.microsoft.com/winrtc/2002/11/sip")
#define SERVICE_SOAP_NS SLICE("http://schemas.xmlsoap.org/soap/envelope/")
#define SERVICE_SOAP_TYPE SLICE("application/SOAP+xml")

struct service;				/* the module's state */
struct service_request;			/* one SERVICE under way */

/* What an operation may read as long as it has not answered. Texts live in arena, which is the
 * operation's to use too; all of it moves with the request to the worker it runs on. */
struct service_asked {
	const struct xml_node *operation;	/* the element that names it */
	const struct xml_node *body;		/* SOAP Body: what else is in it, as the array of a search */
	struct arena          *arena;
	struct slice           aor;	/* "alice@example.com": whose data it is about, as sip_uri_aor()
					 * writes it; empty if the request goes to the domain */
	struct slice           asker;	/* AOR of who asks: proved; or From, if the script trusts it */
	struct slice           domain;	/* the Request-URI's host */
	struct slice           epid;	/* of From; empty if there is none */
	struct slice           call_id, from_tag;
	struct sip_hop         from;	/* whom it came from */
};

/* Where an operation runs, and for whom it is. */
#define SERVICE_SELF   0x1u		/* Request-URI, To, From and asker are one user, else 403 */
#define SERVICE_DOMAIN 0x2u		/* about no user: runs where the request is, not with an owner */

struct service_operation {
	const char *name;		/* "setContact" */
	unsigned    flags;
	/* On the owner of aor (lcs_user_key()); with SERVICE_DOMAIN on any worker. It must see to
	 * it that service_api.answer() is called exactly once. */
	void      (*run)(struct service_request *req, const struct service_asked *asked, void *arg);
	void       *arg;
};

struct service_response {
	uint16_t     status;
	struct slice reason;		/* empty: the RFC's phrase */
	struct slice content_type, body;
	struct slice extra_lines;	/* whole header lines with CRLF */
};

struct service_api {
	/** In load(): op is borrowed for the life of the process. 0, -EEXIST (another has that
	 *  name), -ENOSPC. */
	int (*add_operation)(struct service *s, const struct service_operation *op);
	/** Any worker that has the request; texts are copied. req and what was asked are gone
	 *  after that. */
	void (*answer)(struct service_request *req, const struct service_response *r);
	/** The common case: a status and a reason. "" : the RFC's phrase. */
	void (*refuse)(struct service_request *req, uint16_t status, const char *reason);
	/** 200 with an envelope around body, which is XML already, with prefix m: for SERVICE_NS. */
	void (*answer_soap)(struct service_request *req, struct slice body);
};

/* A child element's text in SERVICE_NS: .p NULL if there is no such element or memory is short. */
static inline struct slice service_field(const struct service_asked *asked, const char *name)
{
	return xml_text(asked->arena, xml_child(asked->operation, SERVICE_NS, slice_str(name)));
}

#endif
