/*
 * modules/presence_xml/doc.h - what one source says about a user: read once, then immutable.
 *
 * A source is a client that publishes PIDF (RFC 3863, with the data model of RFC 4479 and
 * RPID, RFC 4480), or an endpoint of an LCS client (setPresence). Both are brought to the
 * numbers of LCS, by which sources are compared; the elements stay to be passed on.
 */
#ifndef MODULES_PRESENCE_XML_DOC_H
#define MODULES_PRESENCE_XML_DOC_H

#include "utils/xml_read.h"

#define PIDF_NS      "urn:ietf:params:xml:ns:pidf"
#define CPIM_NS      "urn:ietf:params:xml:ns:cpim-pidf"
#define MODEL_NS     "urn:ietf:params:xml:ns:pidf:data-model"
#define RPID_NS      "urn:ietf:params:xml:ns:pidf:rpid"
#define CIPID_NS     "urn:ietf:params:xml:ns:pidf:cipid"
#define LCS_NS       "http://schemas.microsoft.com/2002/09/sip/presence"

#define PIDF_TYPE    SLICE("application/pidf+xml")
#define CPIM_TYPE    SLICE("application/cpim-pidf+xml")
#define XPIDF_TYPE   SLICE("application/xpidf+xml")
#define MSRTC_TYPE   SLICE("text/xml+msrtc.pidf")
/* Kept with the engine by this module alone. */
#define USERINFO_TYPE SLICE("text/xml+msrtc.userinfo")
#define GONE_TYPE     SLICE("text/x-lcs-unregistered")
#define SILENT_TYPE   SLICE("text/x-lcs-silent")

/* Availability: from here on somebody can be reached (LCS classes are hundreds). */
#define AVAILABILITY_ONLINE    100u
#define AVAILABILITY_CONNECTED 200u
#define AVAILABILITY_NEAR      300u

enum lcs_activity {
	ACTIVITY_UNKNOWN = 0, ACTIVITY_AWAY = 100, ACTIVITY_LUNCH = 150, ACTIVITY_IDLE = 200,
	ACTIVITY_BACK_SOON = 300, ACTIVITY_ACTIVE = 400, ACTIVITY_IN_CALL = 500, ACTIVITY_BUSY = 600
};

/* The scale of later clients, in userInfo's states: larger is less available. */
enum lcs_scale {
	SCALE_NONE = 0, SCALE_AVAILABLE = 3500, SCALE_BUSY = 6500, SCALE_DND = 9500,
	SCALE_BACK_SOON = 12500, SCALE_AWAY = 15500, SCALE_OFFLINE = 18500
};

enum pdoc_kind { PDOC_PIDF, PDOC_LCS, PDOC_USER_INFO, PDOC_GONE, PDOC_SILENT };

struct pdoc_tuple {
	struct pdoc_tuple     *next;
	const struct xml_node *node;
	struct slice           id, contact, priority;
	bool                   has_basic, is_open;
};

/* What an LCS client keeps with the user, for all of his endpoints. */
struct puser_info {
	struct slice xml;			/* the element, for LCS_NS; .p NULL: none */
	struct slice note;
	unsigned     scale;			/* of its first state; SCALE_NONE */
};

struct pdoc {
	struct arena   *arena;		/* it lies in it; NULL: in memory of its own */
	enum pdoc_kind  kind;
	unsigned        availability, activity;
	struct slice    note, display_name;

	struct pdoc_tuple     *tuples;		/* PIDF */
	const struct xml_node *root, *person;	/* person NULL: none */
	bool                   has_activities;

	struct slice    availability_text, activity_text;	/* LCS: descriptions */
	struct slice    device;			/* LCS: what else the endpoint says, XML for LCS_NS */
	struct puser_info info;			/* LCS, USER_INFO */
};

struct pdoc_limits { struct xml_limits xml; size_t user_info_chars, device_bytes; };

/**
 * Read a body. Any worker.
 *
 * @param out  the caller owns it
 * @return 0; -EBADMSG or -E2BIG with *why, a few static words; -EINVAL: no such content type;
 *         -ENOMEM
 */
int  pdoc_read(struct slice content_type, struct slice body, const struct pdoc_limits *limits,
    struct pdoc **out, const char **why);
/** NULL is fine; *doc is NULL after. */
void pdoc_free(struct pdoc **doc);

/* ---- read_pidf.c, read_lcs.c: fill in the rest ---- */
/* For pdoc_read(): 0, -EBADMSG or -E2BIG with *why, -ENOMEM. root is borrowed. */
int pdoc_read_pidf(struct pdoc *doc, const struct xml_node *root, const char **why);
int pdoc_read_lcs(struct pdoc *doc, const struct xml_node *root,
    const struct pdoc_limits *limits, const char **why);
int pdoc_read_user_info(struct pdoc *doc, const struct xml_node *root,
    const struct pdoc_limits *limits, const char **why);

/* ---- numbers.c ---- */
/** LCS activity for an RPID activity ("on-the-phone"); 0: says nothing. *rank: of several the
 *  smallest counts. */
unsigned activity_of_rpid(struct slice name, unsigned *rank);
/** The activity, or what stands for the scale where userInfo has made it another. */
unsigned activity_with(unsigned scale, unsigned activity);
/** The other way: the element's name with prefix rpid:, NULL if there is nothing to say. */
const char *rpid_of_scale(unsigned scale, unsigned activity);
/** A word for people where RPID has none: "Be right back"; NULL: none. */
const char *words_of_scale(unsigned scale, unsigned activity);
/** Where an activity stands on the later scale. */
unsigned scale_of(unsigned availability, unsigned activity);
/** For administrators: XPIDF's substatus, or "do-not-disturb", or "offline". */
const char *state_of_scale(unsigned scale, unsigned activity);
/** XPIDF's substatus. */
const char *substatus_of(unsigned scale, unsigned activity);

#endif
