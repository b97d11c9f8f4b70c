/*
 * modules/xcap_server/rules.h - presence rules as they are read, and what they say.
 *
 * Pure: knows the access list's entries, but no list.
 */
#ifndef MODULES_XCAP_SERVER_RULES_H
#define MODULES_XCAP_SERVER_RULES_H

#include "modules/presence_acl/presence_acl_api.h"
#include "modules/xcap_server/error.h"
#include "utils/xml.h"

#define RULES_NS         SLICE("urn:ietf:params:xml:ns:common-policy")
#define RULES_HANDLE_NS  SLICE("urn:ietf:params:xml:ns:pres-rules")

/* Whom a rule is for: one user, or many but for some. */
struct rule_who {
	enum acl_type    type;
	struct slice     mask;		/* user@host, a domain, or empty */
	struct rule_who *but;		/* users and domains */
	struct rule_who *next;
};

struct rule {
	char             presence;	/* 'A', 'P', 'B', 'D' as in struct acl_rights */
	struct slice     id;
	struct rule_who *who;
	struct rule     *next;
};

struct ruleset { struct arena *arena; struct rule *first; };

/** False: *e says why; its .why is XCAP_WHY_COUNT if memory is short. */
bool ruleset_read(struct arena *arena, const struct xml_node *root, struct ruleset *out,
    struct xcap_error *e);
/** What all rules together give to a user, to those of a domain of whom nothing else is said, or
 *  to everybody else. 'D' if no rule is for them (RFC 5025 3.2.1). */
char ruleset_ask(const struct ruleset *r, enum acl_type type, struct slice mask);
/** "allow" for 'A'; and how much that is: rules add up to the greatest. */
const char *rule_word(char presence);
unsigned rule_rank(char presence);
/** The host of user@host. */
struct slice rule_host(struct slice user);

#endif
