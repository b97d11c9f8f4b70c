/*
 * modules/tm/tm.h - what the files of this module share: transactions and their parts.
 *
 * A request that we received has a tm_tx, the server side. What it takes to
 * decide about its answer is its tm_work, which lives in the request's arena and
 * goes with it as soon as the final response is out; what stays is small. Each
 * target is a tm_branch of the work; each attempt to reach it a tm_client, the
 * client side, which may outlive both. A request of our own is a tm_tx without a
 * server side.
 *
 * Who owns tells what is to be done: the response context (context.c) starts and cancels
 * branches (branch.c), a branch its client (client.c), and all of them send by the server
 * side (server.c), which knows nobody but whoever asked. Upwards goes only what has come of
 * it, by the functions of struct tm_user: who is owned names nobody above.
 *
 * Everything is touched by the owner of the Call-ID alone.
 */
#ifndef MODULES_TM_TM_H
#define MODULES_TM_TM_H

#include "modules/tm/key.h"
#include "modules/tm/machine.h"
#include "modules/tm/tm_api.h"
#include "utils/htab.h"
#include "utils/pool.h"

struct tm { struct lcs_mod *mod; };

struct tm_conf {
	msec_t t1, t2, t4, fr_timer, fr_inv_timer, wt_timer;
	msec_t shun_time, resolve_timeout;
	int64_t udp_mtu;
	int64_t redirect_max;
	bool   auto_inv_100, failover, serial_forking, follow_redirects;
	struct tm_times times;		/* of the above, by prepare */
};

/* Statistic, its field in struct tm_local, its sentence. */
#define TM_COUNTERS(C)                                                                     \
	C(created, "transactions made for received requests")                              \
	C(local, "transactions made for requests of our own")                              \
	C(sent, "requests sent to a next hop, repetitions not counted")                     \
	C(absorbed, "repeated requests that were dealt with before the script")            \
	C(acks, "ACKs for non-2xx responses, dealt with before the script")                \
	C(cancels, "CANCELs that matched a transaction")                                   \
	C(repeated_requests, "requests sent again by timer A or E")                        \
	C(repeated_responses, "responses sent again by timer G or for a copy of the request") \
	C(responses_1xx, "provisional responses sent to clients, 100 not counted")         \
	C(responses_2xx, "2xx responses sent to clients")                                  \
	C(responses_3xx, "3xx responses sent to clients")                                  \
	C(responses_4xx, "4xx responses sent to clients")                                  \
	C(responses_5xx, "5xx responses sent to clients")                                  \
	C(responses_6xx, "6xx responses sent to clients")                                  \
	C(made_here, "final responses that no next hop gave")                              \
	C(timeout_answer, "next hops that did not answer (timers B and F)")                \
	C(timeout_ring, "calls that rang too long (timer C)")                              \
	C(timeout_ack, "final responses to INVITE without an ACK (timer H)")               \
	C(silent_408, "non-INVITE transactions that ended without answer (RFC 4320)")      \
	C(transport_errors, "requests that the transport could not send")                  \
	C(flows_failed, "requests whose connection to the client was gone (430)")          \
	C(other_flows, "requests that went by another connection of the same instance after 430") \
	C(unresolved, "targets whose host has no address")                                 \
	C(failovers, "times the next address of a target was tried (RFC 3263 4.3)")        \
	C(redirects, "contacts of 3xx responses that were tried")                          \
	C(loops, "requests not forked because they had been here before (RFC 5393)")       \
	C(strays, "responses to requests that are forgotten, dropped (RFC 6026)")          \
	C(unanswered, "transactions whose script ended without answer")                    \
	C(no_memory, "steps that failed because memory was short")

struct tm_pattern;			/* status.c */

#define TM_PEER_BITS 9u
#define TM_PEERS     ((size_t)1 << TM_PEER_BITS)

struct tm_local {			/* of one worker */
	struct tm  *tm;
	struct htab servers;		/* tm_tx by key.call */
	struct htab clients;	/* tm_client by id */
	struct list all;		/* tm_tx, oldest first */
	struct list direct;		/* tm_uac of the short way that wait, oldest first */
	struct list peers[TM_PEERS];	/* tm_client over streams, see ended.c */
	struct pool pool;
	/* The request whose script runs now: its key, and what it armed before there was a
	 * transaction. Overwritten by the next one. */
	struct lcs_ctx *now;
	struct tm_key   now_key;
	struct lcs_ctx *arming;
	struct tm_armed {
		int    failure, branch, reply;	/* route ids, -1: none */
		msec_t fr, fr_inv;	/* 0: as configured */
	} armed;
	struct tm_pattern *patterns;	/* of t_check_status() */
	unsigned pattern_count;
	uint64_t active, waiting;	/* transactions now; those that are answered and linger */
#define C(name, doc) uint64_t name;
	TM_COUNTERS(C)
#undef C
};

#define TM_PATTERNS_MAX 64u

#define TM_COUNT(local, name) lcs_count(&(local)->name)

struct sip_glance;			/* parser/glance.h */

/* What a next hop has said: a message with the edits that hooks made, or a glance at it, where
 * nothing but its bytes is wanted. */
struct tm_answer {
	uint16_t                 status;
	struct sip_msg          *msg;
	const struct sip_edit   *last;
	const struct sip_glance *glance;
};

struct tm_client;
struct tm_branch;
struct tm_work;
struct tm_uac;
struct tm_contacts;

struct tm_watch {
	struct tm_watch *next;
	tm_event_fn     *fn;
	void            *arg;
};

struct tm_routes { int reply_all, reply_armed, onsend; };	/* ids, -1: none */

/* Of an accepted INVITE: when its 2xx come again the same routes run again. */
struct tm_late {
	struct gen      *gen;		/* counted */
	struct lcs_bag  *bag;		/* counted, or NULL */
	struct tm_routes routes;
};

/* A text of the pool. */
struct tm_kept { size_t len; char bytes[]; };

/** A copy; NULL for an empty text, and if memory is short. */
static inline struct tm_kept *tm_kept_new(struct pool *pool, struct slice text)
{
	struct tm_kept *k = text.len ? pool_get(pool, sizeof(*k) + text.len) : NULL;

	if (!k)
		return NULL;
	k->len = text.len;
	memcpy(k->bytes, text.p, text.len);
	return k;
}

static inline void tm_kept_free(struct pool *pool, struct tm_kept **k)
{
	if (*k)
		pool_put(pool, *k, sizeof(**k) + (*k)->len);
	*k = NULL;
}

static inline struct slice tm_kept_text(const struct tm_kept *k)
{
	return k ? slice_of(k->bytes, k->len) : SLICE_NULL;
}

/* The transaction user (RFC 3261 17): what it is told by branches and clients. */
struct tm_user {
	/* A branch has its final status. */
	void (*settled)(struct tm_branch *b);
	/* A response for a client; without a branch it is late. */
	void (*response)(struct tm_tx *tx, struct tm_client *c, const struct tm_answer *answer);
	/* Of a branch whose client is at an end: of its patience, or of its transport. */
	void (*timeout)(struct tm_branch *b);
	void (*error)(struct tm_branch *b, int err);
	/* What the client had to tell is told: as tm_leave(). */
	void (*leave)(struct tm_tx *tx);
};

struct tm_tx {
	struct htab_node  node;		/* in local->servers, unless is_local */
	struct tm_key     key;
	struct tm_machine machine;	/* server side; of a request of our own: unused */
	struct tm_local  *local;
	struct tm_work   *work;		/* NULL: decided */
	struct list       clients;
	struct list       by_age;	/* in local->all */
	msec_t            born;
	struct sip_hop    way;		/* of the responses */
	struct tm_kept   *kept;		/* the response, for copies of the request */
	struct tm_watch  *watches;
	struct tm_uac    *uac;		/* whose request this is */
	uint64_t          answered_tag;	/* tm_key_tag() of our final response */
	struct tm_late   *late;		/* what copies of a 2xx will need; or NULL */
	unsigned          holds;	/* runs and callbacks that are in the middle of it */
	uint16_t          status;	/* sent last; 0: nothing yet */
	bool              is_invite, is_local, is_canceled, has_script;
};

/* What lcs_tx() of a ctx points to: which transaction, which branch. */
struct tm_at { struct tm_tx *tx; struct tm_branch *branch; };

enum tm_phase {
	TM_BRANCH_WAITING,		/* for those of higher q (serial forking) */
	TM_BRANCH_ROUTE,		/* its branch route runs */
	TM_BRANCH_RESOLVING,
	TM_BRANCH_SENT,
	TM_BRANCH_DONE			/* has its final status */
};

struct tm_branch {			/* in the request's arena */
	struct tm_branch      *next;
	struct tm_tx          *tx;
	struct tm_at           at;
	unsigned               index;
	enum tm_phase          phase;
	struct lcs_target      target;
	const struct sip_edit *last;	/* this copy's edits, without Via */
	struct slice           request_uri;
	struct sip_uri         next_uri;
	struct lcs_ctx        *ctx;	/* counted: its branch route runs */
	struct hop_list       *hops;	/* counted */
	unsigned               hop;	/* the one in use */
	bool                   by_stream;	/* TCP instead of UDP, because it is large */
	bool                   stream_failed;	/* and that did not work */
	struct resolve        *question;
	struct tm_client      *client;
	uint16_t               status;	/* final, 0: none yet; last provisional in `provisional` */
	uint16_t               provisional;
	struct sip_msg        *response;	/* counted; NULL: status was made here */
	const struct sip_edit *response_last;
	unsigned               breadth;	/* its share of Max-Breadth; 0: the header stays as it is */
	msec_t                 shun_for;	/* what a 503 asked for; 0: nothing */
	bool                   timed_out, is_dropped;
};

struct tm_work {			/* in the request's arena */
	struct lcs_ctx        *ctx;	/* counted */
	const struct tm_conf  *conf;	/* of its generation */
	struct tm_at           at;
	const struct sip_edit *last;	/* as the script left it when it relayed */
	struct tm_branch      *first, **tail;
	const struct tm_user  *user;	/* who decides about it; from tm_relay() on */
	unsigned               count;
	unsigned               round_began;	/* index of the first branch of the last round */
	unsigned               count_before;	/* as the failure route began */
	struct tm_armed        armed;
	struct tm_routes       routes;
	struct lcs_ctx        *failure;	/* counted: its failure route runs */
	struct tm_at           failure_at;
	const struct sip_edit *failure_last;	/* as it began */
	const char            *failure_next;	/* text of its next_uri, as it began */
	struct tm_branch      *picked;	/* best of those that failed */
	struct tm_branch      *next_of;	/* the next main target continues its list of hops */
	struct loop_task       task;	/* to look at it again when this turn ends */
	bool                   task_queued;
	bool                   is_relaying;	/* branches are being added */
	bool                   is_closed;	/* a 6xx, or the client gave up: no more branches */
	bool                   is_over;	/* to be dropped when nobody is in the middle of it */
	struct tm_contacts    *contacts;	/* t_load_contacts() */
	struct slice           mark;	/* lcs_loop_mark(), if loops are looked for */
	unsigned               redirected;	/* branches that are contacts of a 3xx */
};

struct tm_client {
	struct htab_node       node;	/* hash: the id in our branch parameter */
	struct tm_machine      machine;
	struct list            in_tx;
	struct list            by_peer;	/* over a stream, from tm_client_send() on */
	struct tm_local       *local;
	struct tm_tx          *tx;	/* NULL: it has gone before */
	struct tm_branch      *branch;	/* NULL: nobody waits for the response */
	const struct tm_user  *user;	/* of tx; NULL without one */
	struct tm_uac         *uac;	/* counted: who waits without a transaction (own.h); or NULL */
	struct sip_out        *out;	/* what is repeated: the request, later the ACK */
	struct sip_msg        *base;	/* INVITE: counted, for ACK and CANCEL */
	const struct sip_edit *last;
	struct tm_kept        *reason;	/* of a CANCEL that waits; NULL: it has none */
	struct sip_hop         hop;
	enum sip_method        method;
	bool                   is_invite, is_cancel;
	bool                   wants_cancel;	/* as soon as a provisional response is there */
	bool                   is_cancelled;	/* CANCEL was sent */
	bool                   is_acked;	/* out is the ACK now */
	bool                   is_busy;	/* do not free it under its own feet */
};

/* ---- here.c ---- */
/** In load(). */
void tm_here_is(struct lcs_mod *mod);
/** State of this worker, from callbacks that carry nothing. */
struct tm_local *tm_here(void);
/** Parameters where there is no request any more. */
const struct tm_conf *tm_conf_now(const struct tm_local *local);
/** Those that a transaction runs under. */
static inline const struct tm_conf *tm_conf_of(const struct tm_tx *tx)
{
	return tx->work ? tx->work->conf : tm_conf_now(tx->local);
}
static inline struct tm_at *tm_at_of(struct lcs_ctx *ctx) { return lcs_tx(ctx); }

/* ---- tx.c: the life of a transaction and of all that it owns ---- */
/** Who steps into a transaction from outside holds it meanwhile; tx may be gone after leave. */
static inline void tm_enter(struct tm_tx *tx) { tx->holds++; }
void tm_leave(struct tm_tx *tx);

/** One whose server side is still to begin; the count of ctx that it needs is given by the
 *  caller. NULL if memory is short. */
struct tm_tx *tm_tx_new(struct tm_local *local, struct lcs_ctx *ctx);
/** One without a server side, for a request of our own; takes a count of ctx, even if it fails. */
int  tm_local_new(struct tm_local *local, struct lcs_ctx *ctx, struct tm_tx **out);
/** The worker ends: free it, whoever is in the middle of it. */
void tm_abandon(struct tm_tx *tx);
/** Keep a copy of a response in the place of the one that is kept; none if it is empty or memory
 *  is short. */
void tm_keep(struct tm_tx *tx, struct slice bytes);
/** Tell its watchers. response: borrowed, or NULL. */
void tm_tell(struct tm_tx *tx, enum tm_event event, uint16_t status, struct sip_msg *response);
/** Is a final response out, or is there nobody to send one to? */
static inline bool tm_is_answered(const struct tm_tx *tx)
{
	return tx->status >= 200 || !tx->work || tx->work->is_over;
}

/* ---- server.c: the side of whoever asked ---- */
/** Make the transaction of a request. 0, -EEXIST (there is one already), -ENOMEM. */
int  tm_server_new(struct tm_local *local, struct lcs_ctx *ctx, struct tm_tx **out);
/** Send a response to whoever asked; takes out (base and last, or bytes), its hop is set here.
 *  response: to show to watchers, NULL if it was made here. 0 or -EALREADY. */
int  tm_server_send(struct tm_tx *tx, uint16_t status, struct sip_out *out,
    struct sip_msg *response);
/** Make a response from nothing and send it; no branch is cancelled. 0, -EALREADY, -EINVAL (see
 *  tm_respond()), -ENOMEM. */
int  tm_server_respond(struct tm_tx *tx, const struct response_parts *parts);
int  tm_server_status(struct tm_tx *tx, uint16_t status, struct slice reason);
/** A copy of the request came, or an ACK. */
void tm_server_copy(struct tm_tx *tx);
/** true: the ACK ends here. */
bool tm_server_ack(struct tm_tx *tx);
/** Send the kept response once more, if there is one. */
void tm_server_repeat(struct tm_tx *tx);
/** Nobody will answer: end it without a word. */
void tm_server_forget(struct tm_tx *tx);

/* ---- find.c ---- */
/** The transaction that a request is a copy of, whose response it acknowledges (17.2.3), or that it
 *  cancels (9.2); borrowed. NULL: none. */
struct tm_tx *tm_find_copy(struct tm_local *local, const struct tm_key *key);
struct tm_tx *tm_find_ack(struct tm_local *local, const struct tm_key *key);
struct tm_tx *tm_find_cancel(struct tm_local *local, const struct tm_key *key);
/** An accepted INVITE of the same call and CSeq: what the ACK for a 2xx belongs to. */
struct tm_tx *tm_find_accepted(struct tm_local *local, const struct tm_key *key);
/** Key of the request of ctx, remembered from the hook if it is the last one. */
void tm_key_of(struct tm_local *local, struct lcs_ctx *ctx, struct tm_key *key);

/* ---- client.c: the side of whoever is asked ---- */
/** A client that has not been sent: Via is added, out is ready but not written. */
int  tm_client_new(struct tm_tx *tx, struct tm_branch *branch, struct sip_msg *msg,
    const struct sip_edit *last, const struct sip_hop *hop, struct tm_client **out);
/** One without a transaction, for what is written already; takes out. NULL if memory is short. */
struct tm_client *tm_client_direct(struct tm_local *local, uint64_t id, enum sip_method method,
    struct sip_out **out);
/** On its way; from now on the network and its timers tell what comes of it. */
void tm_client_send(struct tm_client *c);
/** Give up without a word: nothing is repeated, its response is a stray one. */
void tm_client_drop(struct tm_client *c);
/** The network says that a datagram of it did not arrive (18.4): the same as if it could not
 *  have been sent. What went over a stream is not concerned. */
void tm_client_undelivered(struct tm_client *c, int err);
/** The connection that its request went by has ended. */
/* The error of a request whose connection took it and ended before the answer. */
#define TM_ENDED (-ESHUTDOWN)
void tm_client_ended(struct tm_client *c);
/** CANCEL an INVITE, now or when a provisional response comes. No effect on others. */
void tm_client_cancel(struct tm_client *c, struct slice reason);
struct tm_client *tm_client_find(struct tm_local *local, uint64_t id, bool is_cancel);
void tm_client_receive(struct tm_client *c, const struct tm_answer *answer);
/** Its branch no longer waits for it. */
void tm_client_detach(struct tm_client *c);
/** A provisional response that says more than "Trying": timer C begins again (16.7, item 2). */
void tm_client_rings(struct tm_client *c);
/** The transaction goes; what must go on goes on alone. */
void tm_client_orphan(struct tm_client *c);

/* ---- peers.c: connections that clients wait by ---- */
void tm_peers_init(struct tm_local *local);
/** Clients whose requests went to that address, and some that went to others. */
struct list *tm_peers_at(struct tm_local *local, const struct sock_addr *remote);
/** It is about to be sent over a stream. */
void tm_peer_join(struct tm_client *c);
/* ---- ended.c ---- */
/** This worker's clients whose requests went by that connection hear of it. */
void tm_ended(flow_id flow, const struct sock_addr *remote);

/* ---- branch.c: from a target to a client ---- */
/** One more branch, which waits for tm_start_group(). last: its edits so far; is_main: it may
 *  continue the list of hops of the one that failed. 0, -ENOMEM. */
int  tm_branch_add(struct tm_tx *tx, const struct sip_edit *last,
    const struct lcs_target *target, bool is_main);
/** Its branch route, its way, its client; may fail at once, and says so. */
void tm_branch_start(struct tm_branch *b);
/** Its final status is known, and was made here. */
void tm_branch_fail(struct tm_branch *b, uint16_t status);
/** Are there addresses of its target that were not tried? */
bool tm_branch_has_next(const struct tm_branch *b);
/** Try the next address after a failure that another one may not have. */
bool tm_branch_next(struct tm_branch *b);
/** Stop what it is about to do, CANCEL what it has done. */
void tm_branch_cancel(struct tm_branch *b, struct slice reason);
/** The client's transport or patience is at an end. */
void tm_branch_timeout(struct tm_branch *b);
void tm_branch_error(struct tm_branch *b, int err);

/* ---- context.c: the response context (RFC 3261 16.7) ---- */
/** Relay the request to the targets of ctx. 0, -EALREADY, -ENOENT (no target), -ENOMEM. */
int  tm_relay(struct tm_tx *tx, struct lcs_ctx *ctx);
/** Start the branches whose turn it is: of those that wait, the ones of highest q if
 *  serial_forking says so, as many as Max-Breadth allows. true if that was any. */
bool tm_start_group(struct tm_tx *tx);
/** Answer in the place of all branches: those that are under way are cancelled. 0, -EALREADY,
 *  -EINVAL (a provisional response other than 100 to a non-INVITE), -ENOMEM. */
int  tm_respond(struct tm_tx *tx, const struct response_parts *parts);
/** Something changed: decide, if it can be decided. */
void tm_look(struct tm_tx *tx);
/** The same when this turn ends: from inside a script's function. */
void tm_look_later(struct tm_tx *tx);
/** The client gave up, or an operator did. */
void tm_cancel(struct tm_tx *tx, struct slice reason);
/** Cancel branches that are under way; except may be NULL. */
void tm_cancel_others(struct tm_tx *tx, const struct tm_branch *except, struct slice reason);

/* ---- conclude.c: the best response goes back (16.7, items 6 to 9) ---- */
/** The best of those that failed; NULL if the script has dropped them all. */
struct tm_branch *tm_pick(const struct tm_work *work);
/** All branches have ended: answer with what the best of them has, NULL if there is none. */
void tm_conclude(struct tm_tx *tx, struct tm_branch *best);
/** A response could not be passed on, for err: that must not leave the client waiting. */
void tm_answer_instead(struct tm_tx *tx, int err);

/* ---- breadth.c: Max-Breadth (RFC 5393 5.3) ---- */
/** How many of n branches may start now; *each is told the share of the next one of them. */
struct tm_shares { unsigned start, each, more; };
void tm_breadth_share(const struct tm_tx *tx, unsigned n, struct tm_shares *out);
/** The next one's share; 0: its header stays as it is. */
unsigned tm_breadth_next(struct tm_shares *shares);
/** Write a branch's share into its copy. 0 or -ENOMEM. */
int  tm_breadth_write(struct tm_branch *b);

/* ---- redirect.c ---- */
/** Add the contacts of a branch's 3xx to its transaction (16.7, item 4). true: some wait to be
 *  started. */
bool tm_redirect(struct tm_tx *tx, struct tm_branch *b);

/* ---- callid.c ---- */
/** Cancel what this worker has of a call; cseq 0: whatever number. How many there were. */
unsigned tm_cancel_call(struct tm_local *local, struct slice call_id, uint32_t cseq);

/* ---- failure.c ---- */
/** Run the failure route over the branch that was picked; done gets tx, which is held until then.
 *  0, or -ENOMEM: done does not run, nor is the route asked again. */
int  tm_failure_run(struct tm_tx *tx, struct tm_branch *picked, lcs_route_done_fn *done);
/** It has ended: takes the count of ctx. */
void tm_failure_done(struct tm_tx *tx, struct lcs_ctx *ctx);
/** Did the route name a new main target? */
bool tm_failure_has_target(struct tm_work *work);
/** Before it is used: the way of the branch that failed goes. */
void tm_failure_clean_target(struct tm_work *work);
/** Point the main target at the next address of the picked one; false if there is none. */
bool tm_failure_next_hop(struct tm_work *work);

/* ---- reply.c ---- */
/** Run the reply routes on a response; its edits move on. false: the script says drop. */
bool tm_reply_routes(struct tm_tx *tx, struct tm_branch *b, struct tm_answer *answer);
/** Would a response of a next hop go on as it came, seen by no route and no watcher? */
bool tm_passes_unread(const struct tm_tx *tx, struct sip_glance *response);
/** Send a response of a next hop on to whoever asked. 0 or -errno. */
int  tm_forward(struct tm_tx *tx, const struct tm_answer *answer);

/* ---- stage.c, ops.c ---- */
/** STAGE_REQUEST: copies, ACK and CANCEL end here, and STAGE_RESPONSE: what is ours. */
enum hook_result tm_on_request(struct lcs_call *call);
enum hook_result tm_on_response(struct lcs_call *call);
extern const struct lcs_tx_ops tm_ops;
extern const struct tm_api tm_table_api;

/* ---- report.c: what came of a request of our own ---- */
/** Tell who made the request, if he still waits: the first final response, and of an INVITE each
 *  2xx. response: borrowed, or NULL. */
void tm_uac_provisional(struct tm_tx *tx, uint16_t status, struct sip_msg *response);
void tm_uac_final(struct tm_tx *tx, uint16_t status, struct sip_msg *response);
void tm_uac_gone(struct tm_tx *tx);
/** Its worker ends: nobody is told. */
void tm_uac_abandon(struct tm_tx *tx);
/** Of a client without a transaction: this is what came of it. */
void tm_uac_over(struct tm_client *c, uint16_t status, struct sip_msg *response);
/** It goes, or goes on alone: nobody is told. */
void tm_uac_lost(struct tm_client *c);
/** Does it want to know no more than that a 2xx came? */
bool tm_uac_is_terse(const struct tm_client *c);

/* ---- uac.c: requests of our own ---- */
struct tm_uac_info { msec_t born; const struct sip_hop *hop; };
/** Those of the short way that wait on this worker; what fn gets is borrowed for the call. */
void tm_uac_each(struct tm_local *local, void (*fn)(const struct tm_uac_info *info, void *arg),
    void *arg);
/* As struct tm_api says. */
int  tm_uac_request(struct tm *tm, const struct tm_request *r, tm_event_fn *fn, void *arg,
    struct tm_uac **out);
void tm_uac_forget(struct tm *tm, struct tm_uac **uac);
/** The same for who does not care what comes of it. */
int  tm_uac_send(struct tm *tm, const struct tm_request *r);

/* ---- once.c ---- */
int  tm_uac_once(struct tm *tm, const struct tm_request *r);

/* ---- tables of functions, variables, methods ---- */
extern const struct lcs_func tm_funcs[];
extern const struct lcs_var tm_vars[];
extern const struct lcs_rpc tm_rpcs[];

#endif
