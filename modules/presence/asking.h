/*
 * modules/presence/asking.h - a SUBSCRIBE on its way: read, carried out, answered.
 */
#ifndef MODULES_PRESENCE_ASKING_H
#define MODULES_PRESENCE_ASKING_H

#include "modules/presence/sub.h"

/* What a SUBSCRIBE brings, read on the call's worker; then the answer, made on the user's. */
struct asking {
	struct inbox_item    item;
	struct presence     *p;
	struct lcs_ctx      *ctx;	/* counted while it travels */
	unsigned             home;
	bool                 is_sync;	/* the script function is still on the stack */
	bool                 is_done;
	struct package      *pkg;
	struct presence_request req;
	struct sub_texts     t;
	struct slice         local_tag;	/* To tag; empty: begins a subscription */
	uint64_t             key;	/* of whom it is about */
	struct sip_hop       hop;
	bool                 has_hop;
	int64_t              expires;	/* seconds asked for, limited */
	uint32_t             cseq;
	unsigned             format;
	bool                 is_list, benotify, piggyback, autoextend;
	msec_t               min_gap, max_gap, pace_gap;
	struct slice         suppress;	/* Suppress-If-Match */
	/* the answer */
	uint16_t             status;
	bool                 is_suppressed;	/* 204: what the client has is as it is (RFC 5839) */
	const char          *reason;
	struct buf          *lines;
	char                 tag[TAG_CHARS];
	bool                 has_tag;
	struct presence_body *body;
	/* between journal and memory */
	struct presence_user *user;
	struct presence_sub *sub;	/* new or found */
	bool                 was_user, had_user;	/* who watches, and whom, when it came */
};

/* ---- request.c ---- */
/** Read a SUBSCRIBE. 0; -EBADMSG: a->status and a->reason say why not; -ENOMEM. */
int  asking_read(struct lcs_call *call, struct asking *a);

/* ---- subscribe.c ---- */
enum fn_status presence_handle_subscribe(struct lcs_call *call);
enum fn_status presence_is_ours(struct lcs_call *call);
enum fn_status presence_serves_event(struct lcs_call *call);

/* ---- answer.c ---- */
/** Give the answer in a, on whatever worker; a's memory goes with its message. */
void answer_give(struct asking *a);
void answer_refuse(struct asking *a, uint16_t status, const char *reason);
/** What an error of the list handler is answered with; its lines go to a. */
void answer_list_error(struct asking *a, int err);
void answer_accept(struct asking *a, struct presence_sub *sub, int64_t expires);

#endif
