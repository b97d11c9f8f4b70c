/*
 * modules/presence_xml/presence_xml_api.h - the presence document, for other modules (interface
 * "presence_xml", version 1).
 */
#ifndef MODULES_PRESENCE_XML_PRESENCE_XML_API_H
#define MODULES_PRESENCE_XML_PRESENCE_XML_API_H

#include "modules/presence/presence_api.h"

struct presence_xml;			/* the module's state */

/* What the directory knows of a user; empty: nothing. */
struct presence_xml_names { struct slice display_name, email, phone; };

/* What all endpoints and the user's own words (userInfo) say together. */
struct presence_xml_summary {
	unsigned availability, activity;	/* LCS numbers: of the best source, or as userInfo says */
	bool     is_undisturbed;	/* does not want to be disturbed */
	/* The epid of the LCS endpoint that is best: of those that can be reached the most available,
	 * then the most active, then the latest. Borrowed from the user until his state changes; empty: none. */
	struct slice endpoint;
};

struct presence_xml_api {
	/** In load(): who knows names. Called by the owner of aor each time a document is made,
	 *  so it must not wait: false if nothing is known (yet; call presence_api.changed() when it
	 *  is). Texts live in the arena. 0 or -EEXIST. */
	int (*set_names)(struct presence_xml *px, bool (*fn)(void *arg, struct slice aor,
	    struct arena *arena, struct presence_xml_names *out), void *arg);
	/** Any worker: the document of somebody who is not there. 0, -EINVAL (no such format),
	 *  -ENOMEM. */
	int (*offline)(struct presence_xml *px, struct slice aor, struct slice content_type,
	    struct presence_body **out);
	/** The package; any thread after load. */
	const struct presence_package *(*package)(struct presence_xml *px);
	/** Owner of u: is the user reachable, by the rules of documents? false: *out may be as it
	 *  was. */
	bool (*is_online)(struct presence_xml *px, struct presence_user *u,
	    struct presence_xml_summary *out);
};

#endif
