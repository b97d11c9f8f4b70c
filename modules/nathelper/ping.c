/*
 * modules/nathelper/ping.c - keeping the way to UDP clients behind a NAT open, and noticing
 * when it has closed.
 *
 * Every worker sees to the bindings of its own users, one part of them at a time, so that pings
 * go out evenly over the interval. A binding is remembered only while a ping is under way, or
 * has had no answer: the client that answers costs nothing between two pings.
 */
#include "modules/nathelper/nathelper.h"

#include "utils/hex.h"
#include "utils/rand.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MS   5000			/* to see that a reload wants pings */
#define TAG_BYTES 8u

struct pinged {
	struct htab_node  node;
	struct nat_local *local;
	struct tm_uac    *uac;		/* a ping under way */
	int64_t           changed;	/* the binding's: a REGISTER shows that the client lives */
	uint32_t          round;	/* in which it was seen last */
	unsigned          missed;	/* pings without answer, one after the other */
	bool              is_held;	/* the request is being made: not to be freed */
	bool              is_gone;	/* to be freed then */
	size_t            aor_len, ruid_len;
	char              text[];	/* AOR, ruid */
};

/* NULL: the module came by a reload that is not done yet. */
static const struct nat_conf *conf_now(const struct nat_local *local)
{
	return lcs_conf(local->nat->mod, gen_peek());
}

/* ---- what is remembered ---- */

struct pinged_key { struct slice aor, ruid; };

static struct pinged_key key_of(const struct pinged *p)
{
	return (struct pinged_key){ slice_of(p->text, p->aor_len),
	    slice_of(p->text + p->aor_len, p->ruid_len) };
}

static uint64_t hash_of(const struct pinged_key *key)
{
	const struct slice pieces[] = { key->aor, key->ruid };

	return siphash_pieces(siphash_boot_key(), pieces, 2, 0);
}

static bool is_it(const struct htab_node *node, const void *arg)
{
	struct pinged_key a = key_of(container_of(node, const struct pinged, node));
	const struct pinged_key *b = arg;

	return slice_eq(a.aor, b->aor) && slice_eq(a.ruid, b->ruid);
}

static struct pinged *pinged_find(struct nat_local *local, const struct pinged_key *key)
{
	struct htab_node *node = htab_find(&local->pinged, hash_of(key), is_it, key);

	return node ? container_of(node, struct pinged, node) : NULL;
}

static struct pinged *pinged_add(struct nat_local *local, const struct pinged_key *key)
{
	struct pinged *p = calloc(1, sizeof(*p) + key->aor.len + key->ruid.len);

	if (!p)
		return NULL;
	p->local = local;
	p->aor_len = key->aor.len;
	p->ruid_len = key->ruid.len;
	memcpy(p->text, key->aor.p, key->aor.len);
	if (key->ruid.len)
		memcpy(p->text + key->aor.len, key->ruid.p, key->ruid.len);
	htab_insert(&local->pinged, &p->node, hash_of(key));
	return p;
}

static void pinged_free(struct pinged *p)
{
	if (p->is_held) {
		p->is_gone = true;
		return;
	}
	htab_remove(&p->local->pinged, &p->node);
	free(p);
}

/* ---- answers ---- */

static void drop(struct pinged *p)
{
	struct pinged_key key = key_of(p);
	const struct usrloc_which which = { .ruid = key.ruid };
	struct nathelper *nat = p->local->nat;

	if (nat->usrloc->remove(nat->usrloc_state, key.aor, &which, NULL, NULL) != 0)
		return;			/* the next unanswered ping tries it again */
	lcs_count(&p->local->pings_dropped);
	log_info("nathelper", "a client does not answer, its binding goes user=%.*s pings=%u",
	    SLICE_ARG(key.aor), p->missed);
}

/* A REGISTER that came while the ping was under way has shown that the client lives. */
static bool came_again(const struct pinged *p)
{
	struct nathelper *nat = p->local->nat;
	struct pinged_key key = key_of(p);
	const struct usrloc_aor *all = nat->usrloc->find(nat->usrloc_state, key.aor);
	struct usrloc_binding b;

	for (unsigned i = 0; all && i < all->count; i++) {
		nat->usrloc->binding(all, i, &b);
		if (slice_eq(b.ruid, key.ruid))
			return b.changed != p->changed;
	}
	return false;
}

static void missed(struct pinged *p)
{
	int64_t limit = conf_now(p->local)->natping_max_unanswered;

	if (came_again(p)) {
		p->missed = 0;
		return;
	}
	p->missed++;
	lcs_count(&p->local->pings_unanswered);
	if (limit && p->missed >= limit)
		drop(p);
}

/* Any answer has come through, whatever it says; 408 and 503 without one are tm's own. */
static void on_event(void *arg, enum tm_event event, uint16_t status, struct sip_msg *response)
{
	struct pinged *p = arg;

	if (event == TM_FINAL && (response || status < 300)) {
		p->missed = 0;
		lcs_count(&p->local->pings_answered);
	} else if (event == TM_FINAL) {
		missed(p);
	}
	if (event != TM_GONE)
		return;
	p->uac = NULL;
	if (p->missed == 0)
		pinged_free(p);
}

/* ---- pings ---- */

static int make_request(struct arena *arena, const struct nat_conf *conf,
    const struct usrloc_binding *b, struct tm_request *out)
{
	struct slice from = conf->sipping_from;
	unsigned char tag[TAG_BYTES];
	char hex[2 * TAG_BYTES];

	rand_bytes(tag, sizeof(tag));
	hex_encode(hex, tag, sizeof(tag));
	if (!from.len)
		from = arena_printf(arena, "sip:ping@%.*s", SLICE_ARG(conf->host));
	*out = (struct tm_request){
		.method = conf->sipping_method,
		.request_uri = b->contact,
		.from = arena_printf(arena, "<%.*s>;tag=%.*s", SLICE_ARG(from), (int)sizeof(hex),
		    hex),
		.to = arena_printf(arena, "<%.*s>", SLICE_ARG(b->contact)),
		.hop = b->received, .has_hop = true, .is_terse = true,
	};
	return out->from.p && out->to.p ? 0 : -ENOMEM;
}

static int send_request(struct pinged *p, const struct nat_conf *conf,
    const struct usrloc_binding *b)
{
	struct nathelper *nat = p->local->nat;
	struct arena *arena = arena_new(0);
	struct tm_request r;
	int err = arena ? make_request(arena, conf, b, &r) : -ENOMEM;

	p->is_held = true;
	if (!err)
		err = nat->tm->request(nat->tm_state, &r, on_event, p, &p->uac);
	p->is_held = false;
	arena_free(&arena);
	return err;
}

/* tm may report before its request() returns: then p has been let go meanwhile. */
static void ping_by_request(struct nat_local *local, const struct nat_conf *conf,
    const struct pinged_key *key, const struct usrloc_binding *b)
{
	struct pinged *p = pinged_find(local, key);
	int err;

	if (p)
		p->round = local->round;
	if (p && p->uac)
		return;			/* the one before still waits */
	if (!p && !(p = pinged_add(local, key)))
		return;
	p->round = local->round;
	if (p->changed != b->changed)
		p->missed = 0;
	p->changed = b->changed;
	err = send_request(p, conf, b);
	if (!err)
		lcs_count(&local->pings_sent);
	if (p->is_gone || (err && p->missed == 0))
		pinged_free(p);
}

static void ping_by_crlf(struct nat_local *local, const struct usrloc_binding *b)
{
	struct sip_out *out = sip_out_new();

	if (!out)
		return;
	out->hop = b->received;
	out->bytes = buf_new(4);
	if (out->bytes)
		buf_put(out->bytes, SLICE("\r\n\r\n"));
	if (!out->bytes || out->bytes->failed) {
		sip_out_unref(&out);
		return;
	}
	lcs_count(&local->pings_sent);
	net_send(&out);
}

/* The way back is kept for UDP clients whose Contact does not lead to them; what came by way
 * of another proxy, or belongs to another server, is theirs to keep open. */
static bool wants_ping(const struct usrloc_binding *b, int64_t now)
{
	return b->received.transport == TRANSPORT_UDP && b->received.remote.ip.family != 0 &&
	    !b->path.len && !b->node.len && b->expires > now;
}

static void ping_user(void *arg, struct slice aor, const struct usrloc_aor *bindings)
{
	struct nat_local *local = arg;
	const struct nat_conf *conf = conf_now(local);
	int64_t now = loop_wall(worker_loop());
	struct usrloc_binding b;

	for (unsigned i = 0; i < bindings->count; i++) {
		local->nat->usrloc->binding(bindings, i, &b);
		if (!wants_ping(&b, now))
			continue;
		if (conf->with_crlf)
			ping_by_crlf(local, &b);
		else
			ping_by_request(local, conf, &(struct pinged_key){ aor, b.ruid }, &b);
	}
}

/* ---- round and round ---- */

/* Bindings that went in another way are not asked after any more. */
static void forget_unseen(struct htab_node *node, void *arg)
{
	struct pinged *p = container_of(node, struct pinged, node);
	struct nat_local *local = arg;

	if (!p->uac && local->round - p->round > 1)
		pinged_free(p);
}

static void tick(struct timer *t)
{
	struct nat_local *local = container_of(t, struct nat_local, tick);
	const struct nat_conf *conf = conf_now(local);
	msec_t interval = conf ? conf->natping_interval : 0;

	if (interval > 0) {
		if (local->part == 0) {
			local->round++;
			htab_each(&local->pinged, forget_unseen, local);
		}
		local->nat->usrloc->each(local->nat->usrloc_state, local->part, ping_user, local);
		local->part = (local->part + 1) % USRLOC_PARTS;
	}
	timer_start(&local->tick, interval > 0 ? interval / USRLOC_PARTS : IDLE_MS);
}

int nat_ping_start(struct nathelper *nat, struct nat_local *local)
{
	const struct nat_conf *conf;

	local->nat = nat;
	conf = conf_now(local);
	timer_init(&local->tick, tick);
	if (htab_init(&local->pinged, 16) != 0)
		return -ENOMEM;
	if (nat->usrloc)
		timer_start(&local->tick, conf && conf->natping_interval > 0 ? 0 : IDLE_MS);
	return 0;
}

static void stop_one(struct htab_node *node, void *arg)
{
	struct pinged *p = container_of(node, struct pinged, node);
	struct nathelper *nat = arg;

	if (p->uac)
		nat->tm->forget(nat->tm_state, &p->uac);
	pinged_free(p);
}

void nat_ping_stop(struct nat_local *local)
{
	timer_stop(&local->tick);
	htab_each(&local->pinged, stop_one, local->nat);
	htab_fini(&local->pinged);
}
