/*
 * core/lab/world.c - the server that a test has for itself: real but for clock, wire, resolver,
 * store threads and log.
 */
#include "core/lab/dns.h"
#include "core/lab/draft.h"
#include "core/lab/lab.h"
#include "core/lab/net.h"
#include "core/lab/run.h"
#include "core/lab/steps.h"
#include "core/lab/store.h"
#include "utils/err.h"
#include "utils/rand.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>

#define OUR_ADDRESS "198.18.0.1"		/* RFC 2544: never anybody's */

static struct net_listener listeners[LISTENERS_MAX];

/* ---- loading ---- */

int lab_load(const struct server_conf *conf)
{
	static struct server_conf lab_conf;	/* the server keeps a reference */
	struct diag *diag = diag_new();
	int err;

	if (!lab.arena)
		lab.arena = arena_new(0);
	if (!diag || !lab.arena)
		abort();
	lab_conf = *conf;
	lab_conf.workers = 1;
	lab_conf.trace_memory = LAB_TRACE_BYTES;
	err = server_load(&lab_conf, diag, &lab.server);
	if (err)
		diag_print(diag, DIAG_TEXT, stderr);
	if (err && diag_errors(diag) == 0)
		fprintf(stderr, "lcs: %s: %s\n", conf->path, err_text(err));
	diag_free(&diag);
	if (err)
		return err == -ENOENT || err == -EACCES ? 3 : 1;
	lab.cfg = server_cfg(lab.server);
	return 0;
}

/* ---- the wire ---- */

static bool was_sent(struct slice bytes)
{
	for (const struct lab_out *o = lab.out; o; o = o->next)
		if (slice_eq(o->bytes, bytes))
			return true;
	return false;
}

/* It has the branch of the INVITE that it ends; that for a 2xx has one of its own. */
static bool is_hop_ack(struct sip_msg *ack)
{
	const struct sip_via *via = ack && ack->method == METHOD_ACK ? msg_via(ack) : NULL;
	const struct sip_via *other;

	for (const struct lab_out *o = lab.out; via && o; o = o->next) {
		other = o->msg && o->msg->method == METHOD_INVITE ? msg_via(o->msg) : NULL;
		if (other && slice_eq(other->branch, via->branch))
			return true;
	}
	return false;
}

static int sent(const struct sip_hop *hop, struct slice bytes)
{
	struct lab_out *o = arena_zalloc(lab.arena, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->hop = *hop;
	o->is_copy = was_sent(bytes);
	o->bytes = arena_dup(lab.arena, bytes);
	o->msg = draft_parsed(o->bytes);
	o->is_hop_ack = is_hop_ack(o->msg);
	o->at = fake_now();
	o->step = steps_now();
	*lab.out_end = o;
	lab.out_end = &o->next;
	return 0;
}

/* ---- starting ---- */

/* Where a script says "any address", the lab has to have one. */
static void settle_addresses(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (ip_is_any(&listeners[i].addr.ip))
			ip_parse(listeners[i].addr.ip.family == 6 ? SLICE("2001:db8::1") :
			    SLICE(OUR_ADDRESS), &listeners[i].addr.ip);
}

/* Nobody is verified where nobody connects; reading the system's authorities takes a
 * hundred milliseconds, each time. */
static void forget_authorities(void)
{
	setenv("SSL_CERT_FILE", "/dev/null", 1);
	setenv("SSL_CERT_DIR", "/dev/null", 1);
}

bool lab_start(void)
{
	const struct server_setup *setup = server_setup(lab.server);
	struct slice why = SLICE_NULL;
	struct cfg_span nowhere = { 0 };

	forget_authorities();
	siphash_set_boot_key((struct siphash_key){ 1, 2 });
	rand_seed_for_tests(1);
	memcpy(listeners, setup->listeners, sizeof(listeners));
	settle_addresses(setup->listener_count);
	fake_store_in_memory(true);
	fake_dns_any(true);
	fake_dns_cache(true);
	lab_mock_begin();
	if (server_start(lab.server, listeners, setup->listener_count, &why) != 0) {
		lab_fail(nowhere, "the script does not start: %.*s", SLICE_ARG(why));
		return false;
	}
	fake_set_wire(sent);
	fake_settle();
	return true;
}

void lab_stop(void)
{
	server_stop(&lab.server);
	for (struct lab_out *o = lab.out; o; o = o->next)
		sip_msg_unref(&o->msg);
	arena_free(&lab.arena);
}
