/*
 * modules/registrar/registrar.h - what the files of this module share.
 */
#ifndef MODULES_REGISTRAR_REGISTRAR_H
#define MODULES_REGISTRAR_REGISTRAR_H

#include "modules/usrloc/usrloc_api.h"

struct registrar_conf {
	msec_t       default_expires, min_expires, max_expires;
	int64_t      max_contacts;
	bool         replace_oldest, append_branches, method_filtering, dial_contacts, detect_nat;
	struct slice path_mode, service_route, foreign;
};

struct registrar_local {
	uint64_t accepted, queries, rejected, too_brief, bad, foreign, store_unavailable, found, not_found;
};

struct registrar {
	struct lcs_mod          *mod;
	const struct usrloc_api *usrloc;
	struct usrloc           *ul;
};

#define SAVE_NO_REPLY     0x02		/* flags of save(), as Kamailio has them */
#define SAVE_REPLACE_ALL  0x04

/** The one table there is. false (and logged) for another name. */
bool registrar_is_table(struct slice name);

enum fn_status registrar_save(struct lcs_call *call);
enum fn_status registrar_lookup(struct lcs_call *call);
enum fn_status registrar_registered(struct lcs_call *call);
enum fn_status registrar_unregister(struct lcs_call *call);

/** Answer 200 with the bindings as they are now (RFC 3261 10.3 step 8). 0 or -errno. */
int registrar_answer(struct lcs_ctx *ctx, const struct registrar *reg, struct slice aor,
    const struct usrloc_aor *now, bool outbound);

/* ---- gruu.c: RFC 5627 ---- */
/** ;pub-gruu="..." of an instance as +sip.instance names it; aor without its scheme. */
void gruu_put(struct buf *b, struct slice aor, struct slice instance);
/** Does the URI ask for one instance? Which one, in the arena; empty: for none there can be. */
bool gruu_asked(struct arena *arena, const struct sip_uri *uri, struct slice *instance);
bool gruu_is_of(struct slice asked, struct slice instance);

/** Is an option tag in Supported? */
bool registrar_supports(struct lcs_ctx *ctx, struct slice tag);

#endif
