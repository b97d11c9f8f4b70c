/*
 * modules/homing/mesh.c - see mesh.h.
 */
#include "modules/homing/mesh.h"

#include "modules/homing/homes.h"
#include "utils/hex.h"
#include "utils/rand.h"

#include <errno.h>
#include <stdlib.h>

#define TICK_MS   1000
#define TAG_BYTES 8u

static const struct homing_conf *conf_of(const struct mesh *m)
{
	return lcs_conf(m->mod, gen_peek());
}

static struct homing_local *stats_of(const struct mesh *m) { return lcs_local(m->mod); }

static msec_t now(void) { return loop_now(worker_loop()); }

/* ---- what is known of them ---- */

static void show(const struct mesh *m)
{
	struct homing_local *stats = stats_of(m);

	stats->homes = m->count;
	stats->homes_up = stats->slowest = 0;
	for (unsigned i = 0; i < m->count; i++) {
		const struct mesh_peer *p = m->peers[i];

		if (p->state != MESH_UP)
			continue;
		stats->homes_up++;
		if ((uint64_t)p->round_trip > stats->slowest)
			stats->slowest = (uint64_t)p->round_trip;
	}
}

static void become(struct mesh_peer *p, enum mesh_state state)
{
	if (p->state == state)
		return;
	p->state = state;
	p->since = loop_wall(worker_loop());
	if (state == MESH_UP)
		log_notice("homing", "home answers home=%s round_trip_us=%lld", p->name,
		    (long long)p->round_trip);
	else
		log_warning("homing", "home does not answer home=%s why=\"%s\"", p->name, p->why);
}

/* Any answer will do: whoever refuses is there. */
static void answered(struct mesh_peer *p)
{
	p->round_trip = clock_mono_us() - p->asked;
	become(p, MESH_UP);
	show(p->mesh);
}

static void failed(struct mesh_peer *p, const char *why)
{
	snprintf(p->why, sizeof(p->why), "%s", why);
	lcs_count(&stats_of(p->mesh)->probes_failed);
	become(p, MESH_DOWN);
	show(p->mesh);
}

static const char *reason(uint16_t status)
{
	switch (status) {
	case 408:
		return "it does not answer";
	case 503:
		return "no connection to it can be made, or TLS refuses it";
	default:
		return "its name leads nowhere, or memory is short";
	}
}

/* ---- asking ---- */

static void on_event(void *arg, enum tm_event event, uint16_t status, struct sip_msg *response)
{
	struct mesh_peer *p = arg;

	if (event == TM_FINAL && p->is_waiting) {
		p->is_waiting = false;
		p->due = now() + conf_of(p->mesh)->probe_every;
		response ? answered(p) : failed(p, reason(status));
	}
	if (event == TM_GONE) {
		p->is_told = false;
		p->uac = NULL;
	}
}

static int make_request(struct arena *arena, const struct mesh_peer *p, struct tm_request *out)
{
	const struct value *own = lcs_setting(gen_peek(), "server_name");
	int port = (int)conf_of(p->mesh)->port;
	unsigned char tag[TAG_BYTES];
	char hex[2 * TAG_BYTES];

	rand_bytes(tag, sizeof(tag));
	hex_encode(hex, tag, sizeof(tag));
	*out = (struct tm_request){
		.method = SLICE("OPTIONS"),
		.request_uri = arena_printf(arena, "sip:%s", p->name),
		.from = arena_printf(arena, "<sip:%.*s>;tag=%.*s", SLICE_ARG(own && own->s.len ?
		    own->s : SLICE("anonymous.invalid")), (int)sizeof(hex), hex),
		.to = arena_printf(arena, "<sip:%s>", p->name),
		/* Named with the transport, or it would be looked for in plain. */
		.next_uri = port ? arena_printf(arena, "sip:%s:%d;transport=tls", p->name, port) :
		    arena_printf(arena, "sip:%s;transport=tls", p->name),
	};
	return out->request_uri.p && out->from.p && out->to.p && out->next_uri.p ? 0 : -ENOMEM;
}

static void let_go(struct mesh_peer *p)
{
	if (p->uac)
		p->mesh->tm->forget(p->mesh->tm_state, &p->uac);
	p->is_told = p->is_waiting = false;
}

static void ask(struct mesh_peer *p)
{
	struct mesh *m = p->mesh;
	struct arena *arena = arena_new(0);
	struct tm_request r;
	int err = arena ? make_request(arena, p, &r) : -ENOMEM;

	lcs_count(&stats_of(m)->probes);
	p->due = now() + conf_of(m)->probe_timeout;
	p->asked = clock_mono_us();
	p->is_waiting = p->is_told = true;
	if (!err)
		err = m->tm->request(m->tm_state, &r, on_event, p, &p->uac);
	/* It may have been over before we were given it. */
	if (err || !p->is_told)
		p->uac = NULL;
	arena_free(&arena);
	if (!err)
		return;
	let_go(p);
	failed(p, reason(500));
}

static void look_at(struct mesh_peer *p)
{
	if (p->due > now())
		return;
	if (!p->is_waiting) {
		let_go(p);
		ask(p);
		return;
	}
	let_go(p);
	failed(p, reason(408));
	p->due = now() + conf_of(p->mesh)->probe_every;
}

/* ---- who they are ---- */

static void peer_free(struct mesh_peer **p)
{
	if (*p)
		let_go(*p);
	free(*p);
	*p = NULL;
}

/* NULL: none of that name. It is no longer among the others. */
static struct mesh_peer *take_old(struct mesh *m, struct slice name)
{
	for (unsigned i = 0; i < m->count; i++) {
		struct mesh_peer *p = m->peers[i];

		if (p && slice_eq_nocase(slice_str(p->name), name)) {
			m->peers[i] = NULL;
			return p;
		}
	}
	return NULL;
}

static struct mesh_peer *peer_of(struct mesh *m, struct slice name)
{
	struct mesh_peer *p = take_old(m, name);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->mesh = m;
	memcpy(p->name, name.p, name.len);
	return p;
}

static bool is_among(struct mesh_peer *const *peers, unsigned count, struct slice name)
{
	for (unsigned i = 0; i < count; i++)
		if (slice_eq_nocase(slice_str(peers[i]->name), name))
			return true;
	return false;
}

struct gathering { struct mesh *mesh; struct mesh_peer **peers; unsigned count; bool is_short; };

/* This server may stand in the list, too, so that it is the same everywhere. */
static void gather(struct gathering *g, struct slice name)
{
	struct mesh_peer *p;

	if (lcs_is_own_host(gen_peek(), name, 0) || is_among(g->peers, g->count, name))
		return;
	p = peer_of(g->mesh, name);
	if (p)
		g->peers[g->count++] = p;
	else
		g->is_short = true;
}

/* Whoever stays goes on as he is. Without memory it is tried once more at the next tick. */
static void take_names(struct mesh *m, const struct gen *gen)
{
	const struct lcs_strings *lists = &conf_of(m)->server;
	struct gathering g = { .mesh = m,
	    .peers = calloc(lcs_count_names(lists) + 1, sizeof(*g.peers)) };

	if (!g.peers)
		return;
	for (size_t i = 0; i < lists->count; i++)
		for (struct slice rest = lists->items[i]; rest.len; )
			gather(&g, slice_trim(slice_split(&rest, ',')));
	for (unsigned i = 0; i < m->count; i++)
		peer_free(&m->peers[i]);
	free(m->peers);
	m->peers = g.peers;
	m->count = g.count;
	m->gen = g.is_short ? 0 : gen->number;
	show(m);
}

int mesh_check(const struct homing_conf *conf, struct diag *diag)
{
	for (size_t i = 0; i < conf->server.count; i++)
		for (struct slice rest = conf->server.items[i]; rest.len; ) {
			struct slice name = slice_trim(slice_split(&rest, ','));

			if (!homes_is_server(name))
				return diag_error(diag, "server", "\"%.*s\" is no name of a server: write it "
				    "without port, as in its certificate", SLICE_ARG(name));
		}
	return 0;
}

/* ---- the clock ---- */

static void on_tick(struct timer *t)
{
	struct mesh *m = container_of(t, struct mesh, tick);
	const struct gen *gen = gen_peek();

	if (gen->number != m->gen)
		take_names(m, gen);
	for (unsigned i = 0; m->tm && i < m->count; i++)
		look_at(m->peers[i]);
	timer_start(&m->tick, TICK_MS);
}

void mesh_init(struct mesh *m, struct lcs_mod *mod)
{
	m->mod = mod;
	timer_init(&m->tick, on_tick);
}

void mesh_start(struct mesh *m) { timer_start(&m->tick, TICK_MS); }

void mesh_stop(struct mesh *m)
{
	timer_stop(&m->tick);
	for (unsigned i = 0; i < m->count; i++)
		peer_free(&m->peers[i]);
	free(m->peers);
	m->peers = NULL;
	m->count = 0;
	m->gen = 0;
}
