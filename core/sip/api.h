/*
 * core/sip/api.h - a SIP message on its way through the rooms, as modules see it.
 *
 * Implemented in core/sip; part of what core/lcs.h shows. Everything about one
 * ctx happens on its owner (lcs_owner()), one thing at a time.
 */
#ifndef CORE_SIP_API_H
#define CORE_SIP_API_H

#include "cfg/vm.h"
#include "core/dns/resolve.h"
#include "core/net/flow.h"
#include "core/net/listen.h"
#include "core/run/await.h"
#include "core/run/gen.h"
#include "core/run/job.h"
#include "core/run/timer.h"
#include "core/store/kept_key.h"
#include "core/store/store.h"
#include "parser/build.h"
#include "parser/edit.h"

struct lcs_ctx;				/* one SIP message on its way */
struct lcs_mod;				/* one loaded module */
struct lcs_gen;				/* one configuration generation; starts with struct gen */

/* ---- script functions ---- */
struct lcs_call {
	struct lcs_ctx     *ctx;	/* never NULL; of an empty message in timer_route, startup_route */
	struct lcs_mod     *mod;
	const void         *conf;	/* this module's parameters, of ctx's generation */
	void               *local;	/* this module's state in this worker */
	void               *shared;	/* this module's state in the process */
	const struct value *argv;	/* counted and typed by the compiler; defaults filled in */
	unsigned            argc;
	struct value        ret;	/* starts as null */
};
typedef enum fn_status lcs_fn(struct lcs_call *call);

/** The end of a function that says yes or no. "No" is an answer, too: FN_DONE. */
static inline enum fn_status fn_bool(struct lcs_call *call, bool yes)
{
	call->ret = value_bool(yes);
	return FN_DONE;
}

struct lcs_func {
	const char *sig;		/* "lookup(domain: str = \"location\") -> bool" */
	lcs_fn     *call;
	unsigned    where;		/* IN_REQUEST | IN_RESPONSE | … */
	unsigned    flags;		/* FUNC_MAY_SUSPEND | … */
	const char *doc;		/* the manual is made from this */
};
/* In flags: the first argument names a route of this kind (see FUNC_ARMS). */
#define FUNC_ARMS_ROUTE(kind) (FUNC_ARMS | (unsigned)(kind) << 16)
#define FUNC_ARMED_KIND(flags) ((enum route_kind)((flags) >> 16 & 0xf))

/* ---- pseudo-variables ---- */
struct lcs_var {
	const char     *name;		/* "rU" */
	enum value_type type;
	bool            nullable;
	enum var_arg    arg;
	unsigned        form;		/* VAR_INDEXED | VAR_COUNTS; true is VAR_INDEXED */
	unsigned        read, write;	/* route kinds */
	/* argv[0] key or null, argv[1] index or null; the value comes back in ret. */
	lcs_fn         *get;
	/* argv[2] is the new value. NULL: read only. */
	lcs_fn         *set;
	const char     *doc;
};
#define VAR_INDEXED 0x1u		/* $(name(x)[n]) */
#define VAR_COUNTS  0x2u		/* incr(): set() gets a fourth argument and adds argv[2], a
					 * number, in one step; ret is the sum */

/* ---- stages: looking at a message outside the script ---- */
enum lcs_stage   { STAGE_RECEIVED, STAGE_REQUEST, STAGE_RESPONSE, STAGE_SENDING, STAGE_COUNT };
enum hook_result { HOOK_PASS, HOOK_TAKEN, HOOK_DROP };
struct lcs_hook {
	enum lcs_stage stage;		/* RECEIVED: flow's owner, of datagrams any worker;
					 * REQUEST, RESPONSE: call's owner; SENDING: owner of
					 * the way out */
	int            order;		/* smaller runs first; ties are a load error */
	/* SENDING: once for each message that is written from a received one and edits. The ctx
	 * lives for the call; its edits go into what is sent, lcs_main_target()->hop is the way.
	 * The message belongs to another worker, so typed views of it (msg_from() and such) are
	 * out of bounds; views (view_hdr()) are not. Anything but PASS keeps it from being sent. */
	enum hook_result (*run)(struct lcs_call *call);
};

/* ---- the message ---- */
struct arena   *lcs_arena(struct lcs_ctx *ctx);		/* the message's */
struct sip_msg *lcs_msg(struct lcs_ctx *ctx);		/* as received; borrowed */
struct sip_view lcs_view(struct lcs_ctx *ctx);		/* read through the edits */
/** For edit_*(): where the chain ends. */
const struct sip_edit **lcs_edits(struct lcs_ctx *ctx);
const struct sip_hop *lcs_from(struct lcs_ctx *ctx);	/* whom it came from */
/** The name, by its certificate, of the server of ours that it came from (a listener that faces
 *  peers); in the arena. Empty: it did not. */
struct slice lcs_peer(struct lcs_ctx *ctx);
/** A request that begins something. What is in a dialog, an ACK and a CANCEL belong to what has
 *  cost already and ends the sooner: when there is too much to do, they pass. */
bool            lcs_is_new_work(struct lcs_ctx *ctx);
/** How long the message lay in our queues before it was dealt with, in ms: grows when workers
 *  are behind. 0 for what was not received (timers, events). */
msec_t          lcs_waited(struct lcs_ctx *ctx);
/** How long ago it was received, in ms; 0 for what was not received. */
msec_t          lcs_age(struct lcs_ctx *ctx);
/** A second ctx for the same message is as old as the first. */
void            lcs_take_age(struct lcs_ctx *ctx, const struct lcs_ctx *first);
enum route_kind lcs_kind(struct lcs_ctx *ctx);
bool            lcs_is_request(struct lcs_ctx *ctx);
enum sip_method lcs_method(struct lcs_ctx *ctx);
/** Request-URI as it is now; NULL if it does not parse. */
const struct sip_uri *lcs_request_uri(struct lcs_ctx *ctx);
/** The fiber of this run ($err and place), NULL outside a script. */
struct fiber   *lcs_fiber(struct lcs_ctx *ctx);

/** Counted, from any thread; what is in it belongs to the worker that runs it. With the last
 *  count go those of its message, its bag and its generation. */
struct lcs_ctx *lcs_ctx_ref(struct lcs_ctx *ctx);
void            lcs_ctx_unref(struct lcs_ctx **ctx);

/* ---- who sent it ---- */
/**
 * Note who the sender has proved to be, as name@domain: for a module that has accepted
 * credentials. What the headers of the message claim is another matter (RFC 3261 22.4).
 *
 * @return 0 or -ENOMEM; the text is copied
 */
int lcs_set_identity(struct lcs_ctx *ctx, struct slice name, struct slice domain);
/** The last one noted; empty: nobody has proved anything. Lives as long as the message. */
struct slice lcs_identity(struct lcs_ctx *ctx);
/** The same, or if nobody has proved anything the AOR that From claims; .p NULL without both. */
struct slice lcs_sender(struct lcs_ctx *ctx);

/* ---- where it shall go ---- */
struct lcs_target {
	struct slice   request_uri;	/* main target: empty, the view's counts */
	struct slice   next_uri;	/* $du; empty: the first Route or the Request-URI decides */
	struct slice   path;		/* Path of the binding: values for Route headers, in order */
	struct sip_hop hop;		/* known way: its flow or address is used, nothing is resolved */
	bool           has_hop;
	bool           is_spare;	/* only if one of the same instance fails with 430 (RFC 5626) */
	uint16_t       q;		/* thousandths */
	uint64_t       flags;		/* branch flags: 0 to 31 by number, above by name */
	struct slice   instance, ruid;	/* of the binding, for logs and unregister */
	uint64_t       user_key;	/* key of the binding's owner, 0: none */
};
/** The target that the script edits ($ru, $du, branch flags). Never NULL. */
struct lcs_target *lcs_main_target(struct lcs_ctx *ctx);
/** One more branch; texts must live in the ctx's arena. 0, -ENOMEM, -E2BIG. */
int lcs_add_target(struct lcs_ctx *ctx, const struct lcs_target *t);
const struct lcs_target *lcs_targets(struct lcs_ctx *ctx, unsigned *count);	/* without the main one */
void lcs_clear_targets(struct lcs_ctx *ctx);

/* ---- answering ---- */
/** Through the transaction if there is one, else stateless. ACK is never answered (0).
 *  parts->to_tag is filled in if empty. 0 or -errno. */
int lcs_respond(struct lcs_ctx *ctx, const struct response_parts *parts);
int lcs_respond_stateless(struct lcs_ctx *ctx, const struct response_parts *parts);
/** Header lines (with CRLF, in the ctx's arena) for every response that is made through
 *  one of these from now on. 0 or -ENOMEM. */
int lcs_append_to_response(struct lcs_ctx *ctx, struct slice lines);
#define LCS_TAG_CHARS 16u
/** The To tag of our stateless responses to this request (RFC 3261 8.2.7). */
struct slice lcs_stateless_tag(struct lcs_ctx *ctx);
/** Does this response answer a request that we forwarded statelessly? Its branch shows it. */
bool lcs_is_answer(struct lcs_ctx *ctx);
/** Forward a response statelessly by its second Via (RFC 3261 16.11). Runs on the ctx.
 *  -EINVAL if it answers nothing that we forwarded. */
int lcs_forward_response(struct lcs_ctx *ctx);
/** Forward a request statelessly to its target (branch by 16.11). */
int lcs_forward_stateless(struct lcs_ctx *ctx);
/** Where the response to a request goes: RFC 3261 18.2.2, RFC 3581, its own connection. */
void lcs_response_hop(struct sip_msg *request, struct sip_hop *hop);

/* ---- forwarding: what stateless and stateful copies have in common ---- */
/**
 * The edits every forwarded request needs (RFC 3261 16.6, items 2, 3, 6): Request-URI and
 * Path of the target, Max-Forwards one less unless an edit set it already, the Request-URI
 * that a strict router wants.
 *
 * @param last      end of this copy's chain, moves on
 * @param next_uri  where to go (item 7): $du, else the first Route, else the Request-URI
 * @return 0, -ENOMEM, -EINVAL (that URI does not parse or has no host)
 */
int lcs_forward_edits(struct lcs_ctx *ctx, const struct lcs_target *t,
    const struct sip_edit **last, struct sip_uri *next_uri);
/** The line of our Via. */
void lcs_put_via(struct buf *out, const struct sip_hop *hop, struct slice branch);
/**
 * Our Via above all others.
 *
 * @param branch  lives in the arena; .p NULL counts as memory that was short
 * @param hop     the way as it is known now, so that ACK and CANCEL, made later, carry the very
 *                same value (RFC 3261 9.1, 17.1.1.3); NULL: as it is when the message is written
 * @return 0 or -ENOMEM
 */
int lcs_add_via(struct arena *a, const struct sip_edit **last, struct slice branch,
    const struct sip_hop *hop);
/**
 * What the end of our branches must be for loops to be seen (RFC 5393 4.2): a dot and eight
 * hex digits over all that decides where a request goes, the same when it comes back
 * unchanged. Put it behind the unique part of a branch. .p NULL if memory is short.
 */
struct slice lcs_loop_mark(struct lcs_ctx *ctx);
/** The same if somebody has asked for it, so that it will be looked for; else .p NULL. */
struct slice lcs_loop_mark_made(struct lcs_ctx *ctx);
/** Has the request been here before, unchanged? One of its Vias is ours with that mark. */
bool lcs_has_looped(struct lcs_ctx *ctx);
/** Our name in Server and User-Agent: the setting, empty: none. Lives as long as gen. */
struct slice lcs_signature(const struct gen *gen);
/** onsend_route, if the script has one: false if it says drop. Any kind of ctx. */
bool lcs_may_send(struct lcs_ctx *ctx, const struct sip_edit *last, const struct sip_hop *hop);
/** Does anything see requests of our own or the responses to them: local_route, onsend_route,
 *  a reply route, a hook at STAGE_SENDING? If not, they need no ctx. Any worker; asked of the
 *  generation that is current now. */
bool lcs_own_requests_are_seen(void);

/** The request of ctx has got this final response, whoever made it: for lcsctl trace. Its
 *  script may be over long since. */
void lcs_note_final(struct lcs_ctx *ctx, unsigned status);

/* ---- state that lives as long as the transaction: $avp, named flags ---- */
struct lcs_bag;				/* counted; made on first use */
struct lcs_bag *lcs_bag(struct lcs_ctx *ctx);		/* borrowed; NULL if memory is short */
struct lcs_bag *lcs_bag_ref(struct lcs_bag *bag);
void lcs_bag_unref(struct lcs_bag **bag);
bool lcs_bag_flag(const struct lcs_bag *bag, struct slice name);
bool lcs_has_flag(const struct lcs_ctx *ctx, struct slice name);	/* makes no bag to ask */
int  lcs_bag_set_flag(struct lcs_bag *bag, struct slice name, bool on);

/* ---- transactions: brought by tm, used by the core ---- */
struct lcs_tx_info {			/* texts borrowed for the call */
	struct slice      call_id;	/* empty: not kept any more */
	const struct gen *gen;		/* that it holds; NULL: none */
	bool              is_answered;
};
struct sip_glance;
struct lcs_tx_ops {
	/* A function is about to wait, or a script wants a transaction: make one. */
	int  (*ensure)(struct lcs_ctx *ctx);
	int  (*respond)(struct lcs_ctx *ctx, const struct response_parts *parts);
	/* The top route ended without or with an answer; may be NULL tx. */
	void (*script_done)(struct lcs_ctx *ctx, enum vm_status status);
	/* On a worker: show each of its transactions. May be NULL. */
	void (*each)(void (*fn)(const struct lcs_tx_info *info, void *arg), void *arg);
	/* On a worker, who may not know the branch: a request with it did not arrive (18.4).
	 * May be NULL. */
	void (*undelivered)(struct slice branch, bool is_cancel, int err);
	/* On a worker whose requests went by a connection that has ended: what still waits there
	 * waits in vain (18.4). May be NULL. */
	void (*ended)(flow_id flow, const struct sock_addr *remote);
	/* On the owner of the call: a response has come that no route and no hook wants to see.
	 * true: a glance was enough, and it has been dealt with; false: it has to be read. May be
	 * NULL. */
	bool (*answered)(struct sip_glance *glance);
	/* The worker that waits for responses with this branch, if it is one of ours; a peer can
	 * have made it up. -1: anybody's. */
	int  (*worker)(struct slice branch);
};
/** In load(). 0 or -EEXIST. */
int   lcs_tx_provide(const struct lcs_tx_ops *ops);
void *lcs_tx(struct lcs_ctx *ctx);			/* tm's, NULL if none */
void  lcs_set_tx(struct lcs_ctx *ctx, void *tx);

/* ---- running routes (tm: failure, branch, reply; others: events) ---- */
/**
 * A ctx for another run on a message: a failure route on the request, a reply
 * route on a response, a branch.
 *
 * @param msg   counted by the ctx; its arena is used
 * @param bag   shared, may be NULL
 * @param gen   the generation to run under, counted by the ctx
 */
struct lcs_ctx *lcs_ctx_new(struct sip_msg *msg, const struct sip_edit *last,
    struct lcs_bag *bag, struct gen *gen, enum route_kind kind);
struct gen *lcs_ctx_gen(struct lcs_ctx *ctx);		/* borrowed */

typedef void lcs_route_done_fn(struct lcs_ctx *ctx, enum vm_status status, void *arg);
/**
 * Run a route; done runs when it has ended, before return unless it suspended.
 * A failed run was logged and counted already. route < 0: done at once, VM_DONE.
 */
void lcs_route_run(struct lcs_ctx *ctx, int route, lcs_route_done_fn *done, void *arg);
/** id of a route in ctx's generation, -1 if the script has none. */
int  lcs_route_id(struct lcs_ctx *ctx, enum route_kind kind, struct slice name);
/** The transaction died while its script waited: cancel the run (defer blocks run; its done
 *  is told). The ctx runs nothing more until the function that waited has resumed it. */
void lcs_cancel(struct lcs_ctx *ctx);

/** From a function that returned FN_SUSPENDED; on any worker, exactly once. Posts to the
 *  ctx's owner, or goes on at once if that is here and the function has returned. */
void lcs_resume(struct lcs_ctx *ctx, struct value ret);
/** Where the script is: "lcs.cfg:12", in the ctx's arena; empty outside a run. For logs. */
struct slice lcs_where(struct lcs_ctx *ctx);
/** Set $err for a may_fail function: "timeout", "unavailable", "refused", "limit". */
void lcs_set_err(struct lcs_ctx *ctx, const char *word);

/* ---- other owners ---- */
uint64_t lcs_key(struct slice s);			/* keyed hash of a text: a Call-ID */
uint64_t lcs_user_key(struct slice aor);		/* of an AOR, without regard to case */
unsigned lcs_owner(struct lcs_ctx *ctx);		/* worker of this call */
/** The worker that sees to a message, and sends one of ours: that of its Call-ID; of a REGISTER,
 *  that of the user in To. But a response is seen to by the worker that its branch names, and
 *  OPTIONS outside of a dialog by the one that it came to. */
unsigned lcs_owner_of(struct sip_msg *msg);
/** Run fn(arg) on the owner of a key; arg is no longer yours. 0 or -ENOMEM. */
int      lcs_post(uint64_t owner_key, void (*fn)(void *arg), void *arg);

/* ---- blocking work ---- */
struct lcs_job {
	void (*run)(struct lcs_job *job);		/* pool thread; sees the job, nothing else */
	void (*done)(struct lcs_job *job, int err);	/* submitting worker; exactly once */
	int    err;		/* set by run; -ETIMEDOUT to done: run may still be busy */
};
/** Keeps call->ctx alive until run has returned and done has run. 0, -EAGAIN, -ENOENT, -ENOMEM. */
int lcs_job_submit(struct lcs_call *call, const char *pool, struct lcs_job *job, msec_t deadline);

/* ---- events: event_route[module:name] ---- */
/**
 * Run the event's route, if the script has one, under the current generation: on this
 * worker; from the control thread, on the first one.
 * @param event  as the descriptor declares it: "usrloc:contact-expired"
 * @param msg   message to show, or NULL (then an empty one is made)
 * @param data  read by the module's variables through lcs_event_data(); it must live in
 *              the arena given by make, which is called once with the arena of the run
 */
void  lcs_event(struct lcs_mod *mod, const char *event, struct sip_msg *msg,
    void *(*make)(struct arena *arena, const void *arg), const void *arg);
/** What make() gave; NULL if the run is of no event. */
void *lcs_event_data(struct lcs_ctx *ctx);

#endif
