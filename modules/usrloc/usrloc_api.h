/*
 * modules/usrloc/usrloc_api.h - where users are: AOR -> bindings (interface "usrloc", version 1).
 *
 * Truth is in memory with the user's owner (hash of the AOR), journalled
 * through the store. Reading is lock-free from every worker; changing goes to
 * the owner as one atomic request per REGISTER.
 */
#ifndef MODULES_USRLOC_USRLOC_API_H
#define MODULES_USRLOC_USRLOC_API_H

#include "core/lcs.h"

#define USRLOC_TEXT_MAX 65535u		/* bytes of one text of a binding */

struct usrloc;

struct usrloc_binding {			/* texts are borrowed from the record */
	struct slice   contact;		/* the URI as registered */
	struct slice   params;		/* header parameters that are kept (feature tags), each behind its
					 * ";"; an LCS client's epid first */
	struct slice   call_id, user_agent, instance, path, ruid;
	uint32_t       cseq, reg_id, methods;	/* methods: bit per enum sip_method, 0: not said */
	uint16_t       q;
	int64_t        expires;		/* unix seconds */
	int64_t        changed;
	struct sip_hop received;	/* the way back to the client: flow or address */
	struct slice   node;		/* server that holds the connection; empty: this one */
};

/* Which of a user's bindings; { 0 }: all. */
struct usrloc_which {
	struct slice ruid;		/* empty: any */
	flow_id      flow;		/* the connection it came by; 0: any */
};

struct usrloc_aor { uint32_t count; };	/* one user's bindings, highest q first; immutable */

/* What one REGISTER asks for, to be done together or not at all. */
struct usrloc_change {
	struct slice aor;
	bool         remove_all;	/* Contact: * */
	unsigned     count;
	const struct usrloc_want {
		struct usrloc_binding binding;	/* expires <= now: remove */
	} *wants;
	unsigned     max_contacts;	/* 0: no limit */
	bool         replace_oldest;	/* at the limit: push out the oldest instead of refusing */
	bool         durable_first;	/* answer after it is on disk */
};

enum usrloc_result {
	USRLOC_OK,
	USRLOC_OUT_OF_ORDER,		/* Call-ID / CSeq older than what is stored (10.3 step 7): 500 */
	USRLOC_TOO_MANY,		/* 403 / 503 by policy */
	USRLOC_TOO_LONG,		/* a text above USRLOC_TEXT_MAX: 413 */
	USRLOC_NO_STORE,		/* could not be made durable: 503, nothing changed */
	USRLOC_NO_MEMORY
};

/* now: the bindings after the change; borrowed for the call. On the calling worker, once. */
typedef void usrloc_done_fn(void *arg, enum usrloc_result result, const struct usrloc_aor *now);

/* A user's bindings are others than they were (NULL: none). On his owner, when readers see it
 * already; both are borrowed for the call. */
typedef void usrloc_watch_fn(void *arg, struct slice aor, const struct usrloc_aor *old,
    const struct usrloc_aor *now);

/* An administrator has had a user's binding dropped that came by this connection. Control thread,
 * when readers do not see it any more. */
typedef void usrloc_dropped_fn(void *arg, struct slice aor, flow_id flow);
/* A user whom the calling worker owns, and his bindings; borrowed for the call. */
typedef void usrloc_each_fn(void *arg, struct slice aor, const struct usrloc_aor *now);
#define USRLOC_PARTS 32u

struct usrloc_api {
	/** Any worker; borrowed until its next quiet point. NULL: nobody there. Expired
	 *  bindings may still be in it: compare expires with loop_wall(). */
	const struct usrloc_aor *(*find)(struct usrloc *ul, struct slice aor);
	/** Any worker: find() or change() comes soon; his record begins to be fetched. */
	void (*expect)(struct usrloc *ul, struct slice aor);
	/** The i-th of them (i < count), whose texts live as long as aor. */
	void (*binding)(const struct usrloc_aor *aor, unsigned i, struct usrloc_binding *out);
	/** Texts are copied before return. 0 or -ENOMEM (done never runs then). Done may run
	 *  before return if the owner is this worker and nothing has to wait. */
	int  (*change)(struct usrloc *ul, const struct usrloc_change *c, usrloc_done_fn *done, void *arg);
	/** Forget some of the bindings (a flow is gone, or an administrator says so), as they are
	 *  when the changes before this one are done. Done (may be NULL) as change()'s; also from
	 *  the control thread: then it runs on the owner. 0 or -ENOMEM. */
	int  (*remove)(struct usrloc *ul, struct slice aor, const struct usrloc_which *which,
	    usrloc_done_fn *done, void *arg);
	size_t (*count)(struct usrloc *ul);	/* bindings, roughly */
	/** In load() only. 0 or -ENOSPC. */
	int  (*watch)(struct usrloc *ul, usrloc_watch_fn *fn, void *arg);
	/** In load() only. 0 or -ENOSPC. */
	int  (*watch_dropped)(struct usrloc *ul, usrloc_dropped_fn *fn, void *arg);
	/** A worker: visit its own users in one of USRLOC_PARTS parts of all. fn may remove() a
	 *  binding of the user it was given. */
	void (*each)(struct usrloc *ul, unsigned part, usrloc_each_fn *fn, void *arg);
};

#endif
