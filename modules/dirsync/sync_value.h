/*
 * modules/dirsync/sync_value.h - the values of RFC 4533's controls and messages. Pure; only where
 * libldap is.
 */
#ifndef MODULES_DIRSYNC_SYNC_VALUE_H
#define MODULES_DIRSYNC_SYNC_VALUE_H

#include "modules/dirsync/dirsync.h"

#ifdef HAVE_LIBLDAP

struct sync_state { int state; unsigned char id[DIRSYNC_ID_BYTES]; struct slice cookie; };

enum sync_info_kind { SYNC_INFO_COOKIE, SYNC_INFO_DELETE, SYNC_INFO_PRESENT, SYNC_INFO_IDS };
struct sync_info {
	enum sync_info_kind kind;
	bool                refresh_done, refresh_deletes;
	struct slice        cookie;	/* .p NULL: none */
	BerVarray           ids;	/* to be freed by ber_bvarray_free() */
};

/** The request (2.2): stay and go on after the cookie, which may be empty. To be freed by
 *  ber_memfree(out->bv_val). 0 or -ENOMEM. */
int sync_request(struct slice cookie, struct berval *out);
/* Answers; slices are borrowed from the value. 0, -EBADMSG or -ENOMEM. */
int sync_read_state(const struct berval *value, struct sync_state *out);
int sync_read_info(const struct berval *value, struct sync_info *out);

#endif
#endif
