/*
 * modules/tm/client.c - the client side of a transaction (RFC 3261 17.1, RFC 6026 7.2).
 *
 * Over datagrams a client keeps the bytes it sent. Over a stream the bytes are
 * written on another worker and sent only once; an INVITE keeps what they are
 * made of, for its ACK and CANCEL.
 */
#include "modules/tm/tm.h"
#include "modules/tm/via.h"

#include <errno.h>

_Static_assert(sizeof(void *) >= sizeof(uint64_t), "a client's id travels as a pointer");

#define MADE_BYTES 512u

static void fire(struct timer *t);

/* ---- tables ---- */

struct wanted { uint64_t id; bool is_cancel; };

static bool is_wanted(const struct htab_node *node, const void *key)
{
	const struct tm_client *c = container_of(node, const struct tm_client, node);
	const struct wanted *w = key;

	return node->hash == w->id && c->is_cancel == w->is_cancel;
}

struct tm_client *tm_client_find(struct tm_local *local, uint64_t id, bool is_cancel)
{
	const struct wanted w = { id, is_cancel };
	struct htab_node *node = htab_find(&local->clients, id, is_wanted, &w);

	return node ? container_of(node, struct tm_client, node) : NULL;
}

/* ---- life ---- */

static void set_base(struct tm_client *c, struct sip_msg *base)
{
	if (base)
		sip_msg_ref(base);
	if (c->base)
		sip_msg_unref(&c->base);
	c->base = base;
}

/* tx NULL: of a client whose transaction has gone. */
static struct tm_client *client_alloc(struct tm_local *local, struct tm_tx *tx, uint64_t id)
{
	struct tm_client *c = pool_get(&local->pool, sizeof(*c));

	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->local = local;
	c->tx = tx;
	c->machine.state = TM_TERMINATED;
	timer_init(&c->machine.timer, fire);
	list_init(&c->in_tx);
	if (tx)
		list_push_back(&tx->clients, &c->in_tx);
	htab_insert(&local->clients, &c->node, id);
	return c;
}

/* The branch no longer waits for this client. */
static struct tm_branch *detach(struct tm_client *c)
{
	struct tm_branch *b = c->branch;

	if (b && b->client == c)
		b->client = NULL;
	c->branch = NULL;
	return b;
}

static void client_free(struct tm_client *c)
{
	struct tm_local *local = c->local;

	tm_machine_stop(&c->machine);
	detach(c);
	tm_uac_lost(c);
	list_remove(&c->in_tx);
	if (c->machine.reliable)
		list_remove(&c->by_peer);
	htab_remove(&local->clients, &c->node);
	sip_out_unref(&c->out);
	set_base(c, NULL);
	tm_kept_free(&local->pool, &c->reason);
	pool_put(&local->pool, c, sizeof(*c));
}

void tm_client_drop(struct tm_client *c)
{
	tm_machine_stop(&c->machine);
	c->machine.state = TM_TERMINATED;
	detach(c);
	if (!c->is_busy)
		client_free(c);
}

void tm_client_detach(struct tm_client *c) { detach(c); }

/* A client that is still asking goes on, so that a request that is on its way to several
 * reaches them all. Over a stream there is nothing left to do. */
void tm_client_orphan(struct tm_client *c)
{
	list_remove(&c->in_tx);
	detach(c);
	tm_uac_lost(c);
	c->tx = NULL;
	if (c->machine.reliable && !c->is_invite)
		tm_client_drop(c);
}

/* ---- times ---- */

static struct tm_times times_of(const struct tm_client *c)
{
	const struct tm_tx *tx = c->tx;
	struct tm_times t;

	if (!tx)
		return tm_conf_now(c->local)->times;
	t = tm_conf_of(tx)->times;
	if (tx->work && tx->work->armed.fr)
		t.answer = tx->work->armed.fr;
	if (tx->work && tx->work->armed.fr_inv)
		t.ring = tx->work->armed.fr_inv;
	return t;
}

/* ---- sending ---- */

static void failed(struct sip_out *out, int err);

static struct sip_out *out_for(struct tm_client *c)
{
	struct sip_out *out = sip_out_new();

	if (!out)
		return NULL;
	out->hop = c->hop;
	out->failed = failed;
	out->arg = (void *)(uintptr_t)c->node.hash;
	return out;
}

/* TLS compares the name when it dials, which may be after the list of hops has gone. */
static int keep_name(struct tm_client *c, struct arena *a)
{
	if (c->hop.name.len == 0)
		return 0;
	c->hop.name = arena_dup(a, c->hop.name);
	return c->hop.name.p ? 0 : -ENOMEM;
}

static struct slice branch_of(const struct tm_client *c, struct arena *a)
{
	return tm_branch_in(a, c->node.hash, c->tx && c->tx->work ? c->tx->work->mark : SLICE_NULL);
}

static int prepare(struct tm_client *c, struct sip_msg *msg, const struct sip_edit *last,
    const struct sip_hop *hop)
{
	int err;

	c->hop = *hop;
	if (!c->hop.listener)
		c->hop.listener = (uint16_t)net_listener_for(hop->transport, &hop->remote,
		    msg->from.listener);
	c->method = msg->method;
	c->is_invite = c->method == METHOD_INVITE;
	err = keep_name(c, msg->arena);
	if (!err)
		err = lcs_add_via(msg->arena, &last, branch_of(c, msg->arena), &c->hop);
	if (err)
		return err;
	c->out = out_for(c);
	if (!c->out)
		return -ENOMEM;
	c->out->base = sip_msg_ref(msg);
	c->out->last = c->last = last;
	return 0;
}

int tm_client_new(struct tm_tx *tx, struct tm_branch *branch, struct sip_msg *msg,
    const struct sip_edit *last, const struct sip_hop *hop, struct tm_client **out)
{
	struct tm_client *c = client_alloc(tx->local, tx,
	    tm_branch_fresh((unsigned)worker_self()));

	if (!c)
		return -ENOMEM;
	if (prepare(c, msg, last, hop) != 0) {
		client_free(c);
		return -ENOMEM;
	}
	c->branch = branch;
	c->user = branch->tx->work->user;
	*out = c;
	return 0;
}

struct tm_client *tm_client_direct(struct tm_local *local, uint64_t id, enum sip_method method,
    struct sip_out **out)
{
	struct tm_client *c = client_alloc(local, NULL, id);

	if (!c)
		return NULL;
	c->out = *out;
	*out = NULL;
	c->out->failed = failed;
	c->out->arg = (void *)(uintptr_t)id;
	c->out->home = (unsigned)worker_self();	/* who wrote it may be another worker */
	c->hop = c->out->hop;
	c->method = method;
	return c;
}

static void begin(struct tm_client *c)
{
	bool reliable = transport_is_stream(c->hop.transport);
	struct tm_times times = times_of(c);

	tm_machine_begin(&c->machine, c->is_invite ? TM_ICT_CALLING : TM_NICT_TRYING, reliable,
	    &times, fire);
	if (reliable)
		tm_peer_join(c);
}

void tm_client_send(struct tm_client *c)
{
	struct sip_out *out = sip_out_ref(c->out);

	TM_COUNT(c->local, sent);
	/* A datagram is written here and now and needs its message no longer; what goes over a
	 * stream is written on the connection's worker. */
	if (c->hop.transport == TRANSPORT_UDP && sip_out_write(out) == 0)
		sip_msg_unref(&out->base);
	else if (c->is_invite)
		set_base(c, out->base);
	begin(c);
	net_send(&out);
}

/* ---- ACK and CANCEL ---- */

/* The INVITE as it was sent. Over a stream it is written once more, the same but for what
 * the connection's worker adds, which ACK and CANCEL do not take over. */
static struct buf *sent_invite(struct tm_client *c)
{
	struct buf *bytes;

	if (!c->base)
		return c->out && c->out->bytes ? buf_ref(c->out->bytes) : NULL;
	bytes = buf_new(c->base->raw.len + MADE_BYTES);
	if (bytes && sip_write(c->base, c->last, &c->hop, bytes) != 0)
		buf_unref(&bytes);
	return bytes;
}

static struct sip_out *made_out(struct tm_client *c)
{
	struct sip_out *out = out_for(c);

	if (!out)
		return NULL;
	out->bytes = buf_new(MADE_BYTES);
	if (!out->bytes) {
		sip_out_unref(&out);
		return NULL;
	}
	if (c->base)			/* the hop's name lives in it */
		out->base = sip_msg_ref(c->base);
	return out;
}

static struct sip_out *make_ack(struct tm_client *c, struct slice to)
{
	struct buf *invite = sent_invite(c);
	struct sip_out *ack = invite ? made_out(c) : NULL;

	if (ack && sip_build_ack(buf_slice(invite), to, ack->bytes) != 0)
		sip_out_unref(&ack);
	buf_unref(&invite);
	if (!ack)
		TM_COUNT(c->local, no_memory);
	return ack;
}

/* From the first ACK on it is what is repeated. */
static void send_ack(struct tm_client *c, struct sip_msg *response)
{
	struct sip_out *ack = c->is_acked ? NULL : make_ack(c, msg_value(response, HDR_TO));

	if (ack) {
		sip_out_unref(&c->out);
		c->out = ack;
		c->is_acked = true;
		set_base(c, NULL);
	}
	if (!c->is_acked)
		return;			/* a copy of the response is the next chance */
	ack = sip_out_ref(c->out);
	net_send(&ack);
}

static bool make_cancel(struct tm_client *c, struct tm_client *invite, struct slice reason)
{
	struct buf *sent = sent_invite(invite);

	c->is_cancel = true;
	c->user = invite->user;
	c->hop = invite->hop;
	set_base(c, invite->base);
	c->out = made_out(c);
	if (c->out && sent && sip_build_cancel(buf_slice(sent), reason, c->out->bytes) != 0)
		sip_out_unref(&c->out);
	if (!sent)
		sip_out_unref(&c->out);
	buf_unref(&sent);
	return c->out != NULL;
}

static void send_cancel(struct tm_client *invite, struct slice reason)
{
	struct tm_client *c = client_alloc(invite->local, invite->tx, invite->node.hash);
	struct sip_out *out;

	if (c && !make_cancel(c, invite, reason)) {
		client_free(c);
		c = NULL;
	}
	if (!c) {
		TM_COUNT(invite->local, no_memory);
		return;
	}
	out = sip_out_ref(c->out);
	begin(c);
	net_send(&out);
}

/* The first wish counts: who has answered elsewhere does not give up afterwards. */
static void want_cancel(struct tm_client *c, struct slice reason)
{
	if (!c->wants_cancel)
		c->reason = tm_kept_new(&c->local->pool, reason);
	c->wants_cancel = true;
}

/*
 * 9.1: a request that nobody has answered yet cannot be cancelled, only one that is
 * known to be under way; from then on a final response has to come within 64*T1.
 */
void tm_client_cancel(struct tm_client *c, struct slice reason)
{
	if (!c->is_invite || c->is_cancelled)
		return;
	if (c->machine.state != TM_ICT_PROCEEDING) {
		want_cancel(c, reason);
		return;
	}
	c->is_cancelled = true;
	tm_machine_end_in(&c->machine, times_of(c).linger);
	send_cancel(c, reason);
}

void tm_client_rings(struct tm_client *c)
{
	if (c->machine.state == TM_ICT_PROCEEDING && !c->is_cancelled)
		tm_machine_end_in(&c->machine, times_of(c).ring);
}

/* ---- inputs ---- */

static void repeat(struct tm_client *c)
{
	struct sip_out *out = sip_out_ref(c->out);

	net_send(&out);
	TM_COUNT(c->local, repeated_requests);
}

/* Timers B and F end the client. Timer C (16.8) does not: the call is cancelled, and who
 * waits for it is told now; if even a CANCEL brings nothing, the end is there. */
static void time_is_over(struct tm_client *c)
{
	bool has_ended = c->machine.state == TM_TERMINATED || c->is_cancelled;
	struct tm_branch *b;

	if (!c->is_cancel && !c->is_cancelled)
		lcs_count(has_ended ? &c->local->timeout_answer : &c->local->timeout_ring);
	if (has_ended) {
		c->machine.state = TM_TERMINATED;
		tm_machine_stop(&c->machine);
	} else {
		tm_client_cancel(c, SLICE_NULL);
	}
	b = detach(c);
	if (b)
		c->user->timeout(b);
	tm_uac_over(c, 408, NULL);
}

static void transport_failed(struct tm_client *c, int err)
{
	bool is_flow = c->hop.flow && (err == -ENOTCONN || err == TM_ENDED);
	struct tm_branch *b = detach(c);

	if (b)
		c->user->error(b, err);
	if (!c->uac)
		return;
	lcs_count(is_flow ? &c->local->flows_failed : &c->local->transport_errors);
	tm_uac_over(c, is_flow ? 430 : 503, NULL);
}

/* An accepted INVITE is not sent again, and its ACK is not ours. */
static void settle(struct tm_client *c)
{
	if (c->wants_cancel)
		tm_client_cancel(c, tm_kept_text(c->reason));
	if (c->machine.state != TM_ICT_ACCEPTED)
		return;
	sip_out_unref(&c->out);
	set_base(c, NULL);
}

/* Without a transaction. */
static void tell_uac(struct tm_client *c, const struct tm_answer *answer)
{
	if (answer->status >= 200)
		tm_uac_over(c, answer->status, answer->msg);
}

/* answer: NULL if this is no response. Those that want an ACK have been read. */
static void act(struct tm_client *c, unsigned actions, const struct tm_answer *answer, int err)
{
	if (actions & TM_DO_AGAIN)
		repeat(c);
	if (actions & TM_DO_ACK)
		send_ack(c, answer->msg);
	if ((actions & TM_DO_TELL) && c->tx && !c->is_cancel)
		c->user->response(c->tx, c, answer);
	else if ((actions & TM_DO_TELL) && c->uac)
		tell_uac(c, answer);
	if (actions & TM_DO_TIMEOUT)
		time_is_over(c);
	if (actions & TM_DO_ERROR)
		transport_failed(c, err);
}

/* Enter the transaction, do as the table says, leave; both may be gone after. */
static void input(struct tm_client *c, enum tm_input in, const struct tm_answer *answer, int err)
{
	struct tm_tx *tx = c->tx;
	const struct tm_user *user = c->user;
	struct tm_times times = times_of(c);

	if (tx)
		tm_enter(tx);
	c->is_busy = true;
	act(c, tm_machine_step(&c->machine, in, &times)->actions, answer, err);
	c->is_busy = false;
	if (c->machine.state == TM_TERMINATED)
		client_free(c);
	else
		settle(c);
	if (tx)
		user->leave(tx);
}

void tm_client_receive(struct tm_client *c, const struct tm_answer *answer)
{
	input(c, tm_input_recv(answer->status), answer, 0);
}

static void fire(struct timer *t)
{
	struct tm_client *c = container_of(t, struct tm_client, machine.timer);

	input(c, tm_machine_due(&c->machine), NULL, -ETIMEDOUT);
}

void tm_client_ended(struct tm_client *c) { input(c, TM_IN_ERROR, NULL, TM_ENDED); }

void tm_client_undelivered(struct tm_client *c, int err)
{
	if (c->hop.transport == TRANSPORT_UDP && !c->is_busy)
		input(c, TM_IN_ERROR, NULL, err);
}

/* The message may be one that the client has finished with. */
static void failed(struct sip_out *out, int err)
{
	uint64_t id = (uint64_t)(uintptr_t)out->arg;
	struct tm_local *local = tm_here();
	struct tm_client *c = tm_client_find(local, id, false);

	if (!c || c->out != out)
		c = tm_client_find(local, id, true);
	if (c && c->out == out)
		input(c, TM_IN_ERROR, NULL, err);
}
