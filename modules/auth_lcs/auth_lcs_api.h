/*
 * modules/auth_lcs/auth_lcs_api.h - schemes by which LCS clients sign in (interface "auth_lcs",
 * version 1).
 *
 * This module speaks the headers, keeps the security associations and signs; a scheme knows
 * tokens and keys. It is provided in load().
 */
#ifndef MODULES_AUTH_LCS_AUTH_LCS_API_H
#define MODULES_AUTH_LCS_AUTH_LCS_API_H

#include "core/lcs.h"

#define AUTH_LCS_MAC_MAX 128u		/* bytes of a signature */

struct auth_lcs;

enum auth_lcs_result {
	AUTH_LCS_OK,
	AUTH_LCS_REFUSED,		/* not who they say: $err "refused" */
	AUTH_LCS_BAD,			/* the token makes no sense: "malformed" */
	AUTH_LCS_CLOCK,			/* the clocks differ too much: "clock" */
	AUTH_LCS_WEAK,			/* our policy wants more: "downgrade" */
	AUTH_LCS_DISABLED,		/* who they say, and may not sign in: "disabled" */
	AUTH_LCS_LOCKED,		/* too many wrong passwords, says the directory: "locked" */
	AUTH_LCS_UNAVAILABLE,		/* whoever could tell does not answer: "unavailable" */
	AUTH_LCS_WAIT			/* finished() will be called */
};

/* A token that came in a REGISTER. Lives in the message's arena until it is finished. */
struct auth_lcs_handshake {
	struct lcs_call *call;		/* until accept() returns */
	struct lcs_ctx  *ctx;
	flow_id          flow;
	struct slice     token;		/* decoded */
	struct slice     opaque;	/* as the client gives it back; may be empty */
	struct slice     target;	/* our name as the client has it: with the scheme's prefix */
	unsigned         version;	/* of the signature's text: 2, 3 or 4 */
	struct slice     aor;		/* name@domain of the user in To */
	/* results, in the arena */
	void            *keys;		/* with AUTH_LCS_OK: ours from then on, see free() */
	struct slice     name, domain;	/* the identity: a SIP user */
	struct slice     association;	/* our name of it; empty: one is made */
	uint64_t         stamp;		/* when the challenge was made, ms since 1970: one that is
					 * not later than that of the connection's last association
					 * is refused. 0: there was none */
	int64_t          expires;	/* unix seconds; 0: as long as the parameter says */
	/* with anything else: why not, for the log and for the client. Static or in the arena;
	 * NULL: nothing is said. What is told has no quotes, and is no help to who guesses. */
	const char      *why, *told;
};

struct auth_lcs_scheme {
	struct slice name;		/* "NTLM", as in the headers */
	struct slice target_prefix;	/* in front of the server's name: "sip/" */
	bool         one_leg;		/* the client has its keys when it gets the first challenge */
	/* More for the challenge, each piece with ", " in front. token: the client has sent this
	 * (base64), .p NULL: nothing. On the call's owner. 0 or -ENOMEM. */
	int  (*challenge)(void *state, struct lcs_ctx *ctx, struct slice token, struct buf *out);
	/* On the call's owner; not for an empty token. */
	enum auth_lcs_result (*accept)(void *state, struct auth_lcs_handshake *h);
	/* On the connection's owner; no blocking. Bytes of mac, or a negative error. */
	int  (*sign)(void *keys, struct slice text, unsigned char mac[AUTH_LCS_MAC_MAX]);
	bool (*verify)(void *keys, struct slice text, struct slice mac);
	/* On any worker; once. */
	void (*free)(void *keys);
};

/* Why a user is signed off; his client shows it. */
enum auth_lcs_farewell {
	AUTH_LCS_USER_DISABLED,
	AUTH_LCS_USER_GONE,		/* deleted, or renamed */
	AUTH_LCS_SIGNED_OFF		/* by an administrator; may come back */
};

struct auth_lcs_api {
	/** In load(); scheme and state stay. 0 or -ENOSPC. */
	int  (*provide)(struct auth_lcs *lcs, const struct auth_lcs_scheme *scheme, void *state);
	/** After AUTH_LCS_WAIT, on the call's owner. */
	void (*finished)(struct auth_lcs_handshake *h, enum auth_lcs_result result);
	/** Close the connections of a user who may not be signed in any more. Control thread. */
	void (*sign_out)(struct auth_lcs *lcs, struct slice aor, enum auth_lcs_farewell why);
};

#endif
