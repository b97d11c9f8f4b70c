/*
 * parser/list.h - is something named in a list header: an option tag in Supported or
 * Require, a method in Allow, a package in Allow-Events?
 */
#ifndef PARSER_LIST_H
#define PARSER_LIST_H

#include "parser/edit.h"

/** In one value, case-blind; parameters behind the words are not compared. */
bool hdr_list_has(struct slice list, struct slice word);
/** In any line of that header, as received. */
bool msg_list_has(const struct sip_msg *msg, enum hdr_id id, struct slice word);
/** In any line of that header, through the edits. */
bool view_list_has(const struct sip_view *view, enum hdr_id id, struct slice word);
/** All values of the header that the list does not have, separated by ", ", in the arena (RFC
 *  3261 8.2.2.3, 16.3 item 5); empty: none, .p NULL: memory is short. */
struct slice view_list_lacking(struct arena *a, const struct sip_view *view, enum hdr_id id,
    struct slice list);
/** The first value of the header that the list does not have (RFC 3261 8.2.2.3); false if
 *  there is none. */
bool view_list_unknown(const struct sip_view *view, enum hdr_id id, struct slice list,
    struct slice *unknown);

#endif
