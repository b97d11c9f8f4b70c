/*
 * parser/quick.h - inside the parser: the short way for values written as nearly all are.
 *
 * Each takes a value apart with one look at each byte, or says that it is not so simple, and
 * then the long way reads it and finds its defect if it has one. What the short way takes
 * the long way takes too, with the same result: test/unit/parser/index_test compares them.
 */
#ifndef PARSER_QUICK_H
#define PARSER_QUICK_H

#include "parser/nameaddr.h"
#include "parser/via.h"

/**
 * "sip:user@host:port;params", user, port and parameters or not.
 * @return behind it, at the first byte that cannot belong to it; NULL: not so simple. Who
 *         finds anything there but the end he expected takes the long way as well
 */
const char *uri_quick(const char *p, const char *end, struct sip_uri *out);

/** "name=value" or "name", no blanks: behind it; NULL: not so simple. */
const char *param_quick(const char *p, const char *end, struct slice *name, struct slice *value);
/* The long ways of hdr_take_param() and auth_next_param(). */
int param_read(struct slice *rest, struct slice *name, struct slice *value);
int auth_param_read(struct slice *rest, struct slice *name, struct slice *value);

/** "SIP/2.0/UDP host:port;params", alone or the first of a list. false: not so simple. */
bool via_quick(struct slice values, struct sip_via *out);

/* The long way; what *out holds after a failure means nothing. */
int via_read(struct slice value, struct sip_via *out, struct sip_defect *why);
int uri_read(struct slice s, struct sip_uri *out, struct sip_defect *why);

/** name_addr_parse() into *out, which holds anything after a failure; either way. */
int name_addr_read(struct slice s, struct name_addr *out, struct sip_defect *why);
int name_addr_read_long(struct slice s, struct name_addr *out, struct sip_defect *why);
/** One parameter of an address: 0, or what sip_defect() gave. It may come twice, in order. */
typedef int name_addr_param_fn(void *arg, struct slice name, struct slice value,
    struct sip_defect *why);
/** name_addr_read() that shows the parameters to somebody on its way. */
int name_addr_read_with(struct slice s, struct name_addr *out, name_addr_param_fn *see, void *arg,
    struct sip_defect *why);
/** sip_contact_parse() in the same way. */
int sip_contact_read(struct slice s, struct sip_contact *out, struct sip_defect *why);

#endif
