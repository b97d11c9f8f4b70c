/*
 * modules/dirsearch/search.h - a person, what is asked for, who may find whom.
 *
 * Pure: no table, no store, no wire.
 */
#ifndef MODULES_DIRSEARCH_SEARCH_H
#define MODULES_DIRSEARCH_SEARCH_H

#include "core/lcs.h"
#include "utils/buf.h"
#include "utils/xml.h"

/* Field, its name in the directory, its attribute in an answer (empty: not told), its name for
 * administrators. */
#define PERSON_FIELDS(F)                                                    \
	F(AOR,      "msRTCSIP-PrimaryUserAddress", "m:uri",         "user")         \
	F(GIVEN,    "givenName",                   "",              "given_name")   \
	F(SN,       "sn",                          "",              "sn")           \
	F(DISPLAY,  "displayName",                 "m:displayName", "display_name") \
	F(MAIL,     "mail",                        "m:email",       "mail")         \
	F(TITLE,    "title",                       "m:title",       "title")        \
	F(OFFICE,   "physicalDeliveryOfficeName",  "m:office",      "office")       \
	F(PHONE,    "telephoneNumber",             "m:phone",       "phone")        \
	F(COMPANY,  "company",                     "m:company",     "company")      \
	F(CITY,     "l",                           "m:city",        "city")         \
	F(STATE,    "st",                          "m:state",       "state")        \
	F(COUNTRY,  "c",                           "m:country",     "country")      \
	F(OU,       "",                            "",              "ou")

enum person_field {
#define F(id, ldap, attr, admin) PERSON_##id,
	PERSON_FIELDS(F)
#undef F
	PERSON_COUNT
};

struct person_view { struct slice field[PERSON_COUNT]; };	/* borrowed; empty: not known */

#define SEARCH_TERMS_MAX 12u

struct search {
	struct { enum person_field field; struct slice prefix; } terms[SEARCH_TERMS_MAX];
	unsigned count;
	uint32_t wanted;		/* maxResults; 0: the client does not care */
};

/**
 * Read a directorySearch and the array of its filter.
 *
 * @param why  set to a text for the answer when refused
 * @return 0, -EINVAL, -ENOMEM
 */
int search_read(struct arena *arena, const struct xml_node *operation, const struct xml_node *body,
    struct search *out, const char **why);
/** All terms are beginnings of what is known, without regard to the case of ASCII letters. */
bool search_matches(const struct search *s, const struct person_view *p);
/* The first ones of an answer, by name. */
struct found { struct person_view *people; unsigned count, limit; bool more; };
/** people has room for limit, which is above 0. What is borrowed stays so. */
void found_keep(struct found *f, const struct person_view *p);

/** The answer's elements below Body. */
void search_put(struct buf *b, const struct person_view *people, unsigned count, bool more);

/* ---- rules: who may find the people of a unit ("Sales/North") and of those below it ---- */

struct rule { struct slice ou, who; bool allowed; };	/* who: "all", a domain, user@domain */

/** The rule of the deepest unit that says anything about the asker; there a user's before a
 *  domain's before that for all. Without any: allowed. */
bool rules_allow(const struct rule *rules, unsigned count, struct slice ou, struct slice asker);

const char *person_field_name(enum person_field f);	/* for administrators */
const char *person_field_ldap(enum person_field f);	/* in a directory; empty: it has none */

#endif
