/*
 * modules/homing/mesh_rpc.c - lcsctl homes mesh: what there is between this server and the others.
 */
#include "modules/homing/homing.h"

#include <stdlib.h>
#include <time.h>

struct row {
	struct mesh_peer peer;		/* as it was: its pointers are of no use here */
	bool             is_server;	/* one of parameter server; else users are said to live there */
	unsigned         out, in;	/* connections */
	msec_t           age;		/* of the oldest */
	struct sock_addr remote;	/* of one we made, else of any */
	int64_t          expires;
	uint64_t         users;
};

struct rows { struct mesh *mesh; struct row *row; unsigned count, room; bool is_short; };

/* NULL if memory is short. */
static struct row *add(struct rows *rows, struct slice name)
{
	unsigned room = rows->room ? 2 * rows->room : 8;
	struct row *more = rows->row, *r;

	if (rows->count == rows->room) {
		more = realloc(rows->row, room * sizeof(*more));
		if (!more) {
			rows->is_short = true;
			return NULL;
		}
		rows->row = more;
		rows->room = room;
	}
	r = &rows->row[rows->count++];
	*r = (struct row){ .users = 0 };
	memcpy(r->peer.name, name.p, name.len);
	return r;
}

static struct row *find(const struct rows *rows, struct slice name)
{
	for (unsigned i = 0; i < rows->count; i++)
		if (slice_eq_nocase(slice_str(rows->row[i].peer.name), name))
			return &rows->row[i];
	return NULL;
}

/* ---- gathering ---- */

static void copy_peers(unsigned worker, void *arg)
{
	struct rows *rows = arg;

	for (unsigned i = 0; worker == 0 && i < rows->mesh->count; i++) {
		const struct mesh_peer *p = rows->mesh->peers[i];
		struct row *r = add(rows, slice_str(p->name));

		if (!r)
			return;
		r->peer = *p;
		r->is_server = true;
	}
}

static void count_user(struct slice aor, struct slice server, void *arg)
{
	struct rows *rows = arg;
	struct row *r = find(rows, server);

	(void)aor;
	if (!r && !lcs_is_own_host(gen_peek(), server, 0))
		r = add(rows, server);
	if (r)
		r->users++;
}

static void count_connection(const struct flow_info *info, void *arg)
{
	struct row *r = info->peer_name.len ? find(arg, info->peer_name) : NULL;

	if (!r)
		return;
	if (!info->inbound || !(r->in + r->out))
		r->remote = info->remote;
	(*(info->inbound ? &r->in : &r->out))++;
	if (info->age > r->age)
		r->age = info->age;
	if (info->peer_expires)
		r->expires = info->peer_expires;
}

static void count_connections(unsigned worker, void *arg)
{
	(void)worker;
	flow_each(count_connection, arg);
}

/* ---- showing ---- */

static json_t *date(int64_t t)
{
	time_t at = (time_t)t;
	char text[32] = "";
	struct tm tm;

	if (t && gmtime_r(&at, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static const char *state_of(const struct row *r)
{
	static const char *const words[] = {
		[MESH_UNKNOWN] = "not asked", [MESH_UP] = "up", [MESH_DOWN] = "down",
	};

	return r->is_server ? words[r->peer.state] : "no server";
}

static json_t *describe(const struct row *r)
{
	char address[ADDR_TEXT_BYTES] = "";

	if (r->in + r->out)
		sock_addr_format(&r->remote, address);
	return json_pack("{s:s, s:s, s:o, s:s, s:I, s:I, s:o, s:I, s:o, s:I, s:s}",
	    "home", r->peer.name, "state", state_of(r), "since", date(r->peer.since),
	    "address", address, "out", (json_int_t)r->out, "in", (json_int_t)r->in,
	    "connected", date(r->in + r->out ? clock_wall() - r->age / 1000 : 0),
	    "round_trip_us", (json_int_t)r->peer.round_trip, "certificate", date(r->expires),
	    "users", (json_int_t)r->users, "why", r->peer.why);
}

int homing_rpc_mesh(struct lcs_rpc_call *call)
{
	struct rows rows = { .mesh = &homing_of(call->mod)->mesh };
	json_t *list = json_array();

	worker_on_each(copy_peers, &rows);
	homing_each_user(homing_of(call->mod), count_user, &rows);
	worker_on_each(count_connections, &rows);
	for (unsigned i = 0; i < rows.count; i++)
		json_array_append_new(list, describe(&rows.row[i]));
	free(rows.row);
	if (!rows.is_short)
		return lcs_rpc_done(call, list);
	json_decref(list);
	return lcs_rpc_done(call, NULL);
}
