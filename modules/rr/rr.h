/*
 * modules/rr/rr.h - what the files of this module share.
 */
#ifndef MODULES_RR_RR_H
#define MODULES_RR_RR_H

#include "core/lcs.h"

struct rr_conf { bool append_fromtag, foreign_routes; };

struct rr_local { uint64_t recorded, followed, repaired, foreign, bad_token; };

/* ---- token.c: a connection named in the user part of our own URIs (RFC 5626 5.2) ---- */

#define FLOW_TOKEN_CHARS 27		/* 'f', flow, listener, MAC */

void flow_token_write(char out[FLOW_TOKEN_CHARS], flow_id flow, uint16_t listener);
/** false if it is none of this process: made by another, or tampered with. */
bool flow_token_read(struct slice user, flow_id *flow, uint16_t *listener);

/* ---- record.c ---- */
enum fn_status rr_record_route(struct lcs_call *call);
enum fn_status rr_record_route_preset(struct lcs_call *call);
enum fn_status rr_add_param(struct lcs_call *call);

/* ---- route.c ---- */
enum fn_status rr_loose_route(struct lcs_call *call);
enum fn_status rr_remove_record_route(struct lcs_call *call);
enum fn_status rr_check_param(struct lcs_call *call);
enum fn_status rr_is_direction(struct lcs_call *call);

#endif
