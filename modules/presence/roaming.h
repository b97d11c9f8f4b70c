/*
 * modules/presence/roaming.h - what the files about roaming lists share.
 */
#ifndef MODULES_PRESENCE_ROAMING_H
#define MODULES_PRESENCE_ROAMING_H

#include "modules/auth_db/auth_db_api.h"
#include "modules/presence/presence.h"
#include "modules/presence/roaming_api.h"

/* ---- roaming.c ---- */
extern const struct roaming_api presence_roaming;

/* ---- roaming_change.c ---- */
/** The whole list (NULL: of who has none), as it is sent; NULL if memory is short. */
struct presence_body *roaming_body(const struct roaming *r, const struct roaming_list *l);
/** From any worker; the contract of roaming_api.change. From the control thread, too: then done runs
 *  on the owner. */
int roaming_change(struct roaming *r, const struct roaming_request *req, const void *changes,
    unsigned count, roaming_done_fn *done, void *arg);

/* ---- roaming_journal.c ---- */
/** Write what a draft changed; memory from arena. The contract of store_run_all(). */
int roaming_write(const struct roaming *r, struct slice aor, const struct roaming_draft *d,
    struct arena *arena, store_done_fn *done, void *arg);
/** Control thread, at start: all lists into the table. Count or error. */
int roaming_read_all(struct roaming *r);

/* ---- roaming_service.c ---- */
/** A request of a client's for one of the kind's operations; answered on its worker. */
void roaming_serve(struct roaming *r, struct service_request *req,
    const struct service_asked *asked, const void *change,
    void (*answered)(struct roaming *r, struct service_request *req,
    const struct roaming_answer *answer));
/** In load(). 0 or -errno. */
int  roaming_add_operations(struct roaming *r);

/* ---- roaming_order.c: changes by administrators; control thread ---- */
/** Begin one; all are ended with await_end(await). *answer, in the await's room, is what came of it:
 *  done only when the store has it. Texts are copied. 0 or -ENOMEM (nothing was begun). */
int roaming_order(struct roaming *r, struct slice aor, const void *changes, unsigned count,
    struct await *await, struct roaming_answer *answer);
/** The same, waited for. 0; -ENOMEM, -ETIMEDOUT (it may still happen); an answer that is no OK:
 *  -EIO (the store), -ENOMEM, -EINVAL (why tells). */
int roaming_order_one(struct roaming *r, struct slice aor, const void *changes, unsigned count,
    struct roaming_answer *answer);
/** What an answer is as an error; 0 for ROAMING_OK. */
int roaming_error(const struct roaming_answer *answer);

/* ---- roaming_rename.c ---- */
/** In load(): from now on the lists follow when users are renamed. 0 or -errno. */
int  roaming_follow_names(struct roaming *r);

/* ---- roaming_rpc.c: control thread; 0, or a negative code with call->error ---- */
/** Whose list the call is about; *list NULL: he has none. -ENOENT: he is no user either. */
int roaming_rpc_find(struct roaming *r, struct lcs_rpc_call *call, struct slice *aor,
    const struct roaming_list **list);
/** Change it, in one, on disk before return; call->result is set. *given (may be NULL): the number
 *  of what is new. */
int roaming_rpc_change(struct roaming *r, struct lcs_rpc_call *call, const void *changes,
    unsigned count, unsigned *given);
/** All of it anew, from parameter "list" as the kind's exporter prints it. */
int roaming_rpc_import(struct roaming *r, struct lcs_rpc_call *call);

#endif
