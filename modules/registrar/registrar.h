/*
 * modules/registrar/registrar.h - what the files of this module share.
 */
#ifndef MODULES_REGISTRAR_REGISTRAR_H
#define MODULES_REGISTRAR_REGISTRAR_H

#include "modules/registrar/registrar_api.h"
#include "modules/registrar/temp_gruu.h"
#include "modules/usrloc/usrloc_api.h"

struct registrar_conf {
	msec_t       default_expires, min_expires, max_expires;
	int64_t      max_contacts;
	bool         replace_oldest, append_branches, method_filtering, dial_contacts, detect_nat;
	bool         temporary_gruus, epid_in_to;
	struct slice path_mode, service_route, foreign, gruu_secret;
	unsigned char gruu_key[KEPT_KEY_BYTES];
};

struct method_list { size_t len; uint32_t bits; char text[256]; };	/* as read last */

struct registrar_local {
	uint64_t accepted, queries, rejected, too_brief, bad, foreign, store_unavailable, found,
	         not_found, gruus_gone;
	struct method_list methods;
};

#define REGISTRAR_LISTENERS 4u

struct registrar {
	struct lcs_mod          *mod;
	const struct usrloc_api *usrloc;
	struct usrloc           *usrloc_state;
	/* who adds to our answers */
	struct {
		void (*put)(void *arg, const struct registrar_answer *answer, struct buf *lines);
		void  *arg;
	} listeners[REGISTRAR_LISTENERS];
	unsigned                 listener_count;
};

#define SAVE_NO_REPLY     0x02		/* flags of save(), as Kamailio has them */
#define SAVE_REPLACE_ALL  0x04

/** The one table there is. false (and logged) for another name. */
bool registrar_is_table(struct slice name);

/* save(), lookup() and their relatives: the manual says what each does. */
enum fn_status registrar_save(struct lcs_call *call);
enum fn_status registrar_lookup(struct lcs_call *call);
enum fn_status registrar_lookup_contact(struct lcs_call *call);
enum fn_status registrar_registered(struct lcs_call *call);
enum fn_status registrar_unregister(struct lcs_call *call);
enum fn_status registrar_resolve_gruu(struct lcs_call *call);	/* gruu.c */

/** Answer 200 with the bindings as they are now (RFC 3261 10.3 step 8); was_there: for those
 *  who add to it. 0 or -errno. */
int registrar_answer(struct lcs_ctx *ctx, const struct registrar *reg, struct slice aor,
    const struct usrloc_aor *now, bool outbound, bool was_there);

/* ---- gruu.c: RFC 5627 ---- */
/** ;pub-gruu="..." of an instance as +sip.instance names it; aor without its scheme. */
void gruu_put(struct buf *b, struct slice aor, struct slice instance);
/** Does the URI ask for one instance? Which one, in the arena; empty: for none there can be. */
bool gruu_asked(struct arena *arena, const struct sip_uri *uri, struct slice *instance);
bool gruu_is_of(struct slice asked, struct slice instance);
/**
 * Whose temporary GRUU is a URI?
 * @param aor, instance  in the arena; instance empty: it is not valid any more
 * @return false: it is none of ours
 */
bool gruu_is_temporary(const struct registrar *reg, const struct registrar_conf *conf,
    struct arena *arena, const struct sip_uri *uri, struct slice *aor, struct slice *instance);
/** Is the URI, a contact, a GRUU of this user itself? It would lead in circles (5.1). */
bool gruu_is_own(const struct registrar_conf *conf, struct arena *arena, const struct sip_uri *uri,
    struct slice aor);

extern const struct lcs_rpc gruu_rpcs[];	/* gruu_rpc.c */

/* ---- endpoint.c: LCS clients ---- */

/* Which endpoint a request means. They write it into the Request-URI (user@domain:port;maddr=),
 * and servers its epid into To. */
struct endpoint_wish {
	bool         by_address;
	struct slice host;
	uint16_t     port;
	struct slice epid, best;	/* best: where the script says that the user is; or empty */
};

/** Into out; texts are the request's. */
void endpoint_wish_read(struct lcs_ctx *ctx, const struct sip_uri *uri, struct endpoint_wish *out);
/** The epid that an LCS client has put into From; empty: it is none. */
struct slice endpoint_epid_of(struct lcs_ctx *ctx);
/** The one that a binding was made with; empty: not by an LCS client. */
struct slice endpoint_epid(const struct usrloc_binding *b);
/**
 * Of LCS endpoints one is meant: that which is asked for, else that which the script names, else
 * the latest. Others are taken as they come.
 * @return false: the i-th binding of aor is passed over
 */
bool endpoint_is_meant(const struct registrar *reg, const struct usrloc_aor *aor, unsigned i,
    const struct usrloc_binding *mine, const struct endpoint_wish *wish, int64_t now);

/**
 * Write the epid of the one endpoint that a request goes to into To, as LCS does; empty: none,
 * so what an earlier call has written is taken out again. What came with the request stays.
 * @return 0 or -ENOMEM
 */
int endpoint_put_in_to(struct lcs_ctx *ctx, struct slice epid);

/** Is an option tag in Supported? */
bool registrar_supports(struct lcs_ctx *ctx, struct slice tag);

#endif
