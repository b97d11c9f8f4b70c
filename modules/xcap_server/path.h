/*
 * modules/xcap_server/path.h - what an XCAP URI points to (RFC 4825 section 6).
 *
 * Pure: bytes in, views out. Texts are decoded into the arena; nothing is looked up.
 */
#ifndef MODULES_XCAP_SERVER_PATH_H
#define MODULES_XCAP_SERVER_PATH_H

#include "utils/arena.h"

#define XCAP_STEPS_MAX 16u		/* our documents have five elements inside each other */

struct xcap_step {			/* one step of an element selector */
	struct slice ns, name;		/* name.p NULL: "*"; ns.p NULL: whatever it is */
	unsigned     position;		/* from 1; 0: not given */
	struct slice attr_ns, attr_name, attr_value;	/* attr_name.p NULL: not given */
};

enum xcap_target { XCAP_DOCUMENT, XCAP_ELEMENT, XCAP_ATTRIBUTE, XCAP_NAMESPACES };

struct xcap_path {
	struct slice auid;
	bool         is_global;
	struct slice user;		/* as in the URI, decoded: "sip:alice@example.com" */
	struct slice document;		/* "index" */
	struct slice node, query;	/* raw; node.p NULL: the document */
};

struct xcap_node {
	enum xcap_target target;
	unsigned         count;
	struct xcap_step steps[XCAP_STEPS_MAX];
	struct slice     attr_ns, attr_name;	/* of XCAP_ATTRIBUTE */
};

/**
 * Split a request target, as it came in the request line.
 *
 * @param root  "/xcap-root"; no slash at its end
 * @return 0; -ENOENT: nothing that could be here; -EBADMSG: malformed; -ENOMEM
 */
int xcap_path_parse(struct arena *arena, struct slice target, struct slice root,
    struct xcap_path *out);

/**
 * Read the node selector of a path and its namespace bindings (xmlns() in the query).
 *
 * @param default_ns  of names without a prefix; .p NULL: whatever it is
 * @return 0; -EBADMSG: not the grammar, or a prefix that is not bound; -E2BIG: more steps than
 *         any of our documents is deep, so nothing can be there; -ENOMEM
 */
int xcap_node_parse(struct arena *arena, const struct xcap_path *path, struct slice default_ns,
    struct xcap_node *out);

/** Percent signs resolved: 0, -EBADMSG (malformed, or not xcap_is_xml_text()), -ENOMEM. */
int xcap_decode(struct arena *arena, struct slice raw, struct slice *out);
/** Valid UTF-8 of characters that XML allows? */
bool xcap_is_xml_text(struct slice s);

#endif
