/*
 * core/store/mirror_join.c - connect to the mirror and agree on whose rows are whose; see
 * mirror_room.h.
 *
 * There, lcs_home has a row per server: its number, which all rows carry, the store that may write
 * them, and the number of the last mark that came. By these two a store that was replaced, copied
 * or put back from a backup is known before it does harm, and a database that was put back is
 * filled up.
 */
#include "core/store/migrate.h"
#include "core/store/mirror_room.h"

#include "utils/log.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define REASON_BYTES 380u	/* of a text that more is said behind */

static const struct store_stmt
	stmt_home = { "mirror_home", "select id, store, seq from lcs_home where name = ?", "s", "isi",
		NULL },
	stmt_new_home = { "mirror_new_home", "insert into lcs_home(name, store, seq, seen) values "
		"(?, ?, 0, ?)", "ssi", NULL, NULL },
	stmt_take_home = { "mirror_take_home", "update lcs_home set store = ?, seq = ?, seen = ? where "
		"id = ? and store = ?", "siiis", NULL, NULL };

/* ---- whose rows ---- */

struct home { int64_t id, seq; char store[80]; bool is_there; };

static void take_home(void *arg, const struct value *cells, unsigned columns)
{
	struct home *h = arg;
	size_t len = cells[1].s.len < sizeof(h->store) ? cells[1].s.len : 0;

	(void)columns;
	h->id = cells[0].i;
	h->seq = cells[2].i;
	if (len)
		memcpy(h->store, cells[1].s.p, len);
	h->store[len] = '\0';
	h->is_there = true;
}

static int find_home(struct mirror *m, struct home *h)
{
	struct value name = value_string(slice_str(m->start.conf->home));
	int rows;

	*h = (struct home){ .id = 0 };
	rows = m->there->run(m->remote, &stmt_home, &name, take_home, h);
	if (rows < 0)
		return mirror_fail_there(m, rows, "lcs_home");
	m->home = h->id;
	return 0;
}

static int make_home(struct mirror *m, struct home *h)
{
	struct value args[] = { value_string(slice_str(m->start.conf->home)),
		value_string(slice_str(m->id)), value_int(time(NULL)) };
	int rows = m->there->run(m->remote, &stmt_new_home, args, NULL, NULL);

	return rows < 0 ? mirror_fail_there(m, rows, "lcs_home") : find_home(m, h);
}

static int take_over(struct mirror *m, struct home *h, int64_t seq)
{
	struct value args[] = { value_string(slice_str(m->id)), value_int(seq), value_int(time(NULL)),
		value_int(h->id), value_string(slice_str(h->store)) };
	int err = mirror_promise(m, seq), rows;

	if (err)
		return err;
	rows = m->there->run(m->remote, &stmt_take_home, args, NULL, NULL);
	if (rows < 0)
		return mirror_fail_there(m, rows, "lcs_home");
	if (rows == 0)
		return mirror_fail(m, -EAGAIN, "another server changed lcs_home at the same time");
	h->seq = seq;
	return 0;
}

static int refuse(struct mirror *m, bool is_ours)
{
	if (is_ours)
		return mirror_fail(m, -EPERM, "the mirror has newer rows of the home \"%s\" than this "
		    "store, which may be a backup or a copy: to go on with what is here: lcsctl store claim; with "
		    "what is there: stop the server, move its store away, start it",
		    m->start.conf->home);
	return mirror_fail(m, -EPERM, "the rows of the home \"%s\" there were written from another "
	    "store: give each server a store_mirror_home of its own; if this server is the right one: "
	    "lcsctl store claim; to go on with what is there: stop it, move its store away, start it",
	    m->start.conf->home);
}

struct state { bool at_start, claim, joined_here, joined, empty; int64_t highest, shipped; };

static int know_state(struct mirror *m, struct state *s)
{
	int err = mirror_is_joined(m, &s->joined_here, &s->joined);

	if (!err)
		err = mirror_is_empty(m, &s->empty);
	if (!err)
		err = mirror_shipped(m, &s->shipped);
	return err ? err : mirror_highest(m, &s->highest);
}

/* Every row is compared after it, also if we fall before that is done. Copies of this store have its
 * identity, and perhaps higher numbers; by a new one they are told apart. */
static int claim_home(struct mirror *m, struct home *h, int64_t seq)
{
	int err = mirror_set_joined(m, false);

	if (!err)
		err = mirror_new_id(m);
	return err ? err : take_over(m, h, seq);
}

/* However many rows there are, that they wait for the first time is no reason to begin anew. */
int mirror_compare_all(struct mirror *m)
{
	uint64_t waiting = 0, refused;
	int err = m->is_unmarked ? mirror_start_marks(m) : 0;

	if (!err)
		err = mirror_mark_all(m);
	if (!err)
		err = mirror_waiting(m, &waiting, &refused);
	if (m->marks_most < 2 * waiting)
		m->marks_most = 2 * waiting;
	return err;
}

static int settle(struct mirror *m, struct home *h, const struct state *s)
{
	bool is_ours = slice_eq(slice_str(h->store), slice_str(m->id));
	bool may_fill = h->is_there && s->at_start && s->empty && !s->joined;
	bool has_lost = is_ours && !s->claim && h->seq < s->shipped;
	int err = 0;

	if (!h->is_there)
		err = make_home(m, h);
	else if (!may_fill && !s->claim && (!is_ours || h->seq > m->known_seq))
		return refuse(m, is_ours);
	else if (may_fill)
		err = take_over(m, h, s->highest);
	else if (s->claim)
		err = claim_home(m, h, s->highest);
	if (err)
		return err;
	m->last_seq = h->seq;
	if (may_fill)
		return mirror_fill(m);
	if (has_lost)
		log_warning("store", "the SQL mirror has lost what it had, as one put back from a backup: "
		    "every row is compared home=%s", m->start.conf->home);
	else if (s->joined_here && is_ours && !s->claim)
		return 0;
	err = mirror_compare_all(m);
	return err ? err : mirror_set_joined(m, true);
}

static int agree(struct mirror *m, bool at_start, bool claim)
{
	struct state s = { .at_start = at_start, .claim = claim };
	struct home h;
	int err = mirror_make_schema(m);

	if (!err)
		err = find_home(m, &h);
	if (!err)
		err = know_state(m, &s);
	return err ? err : settle(m, &h, &s);
}

/* ---- the connection ---- */

void mirror_part(struct mirror *m)
{
	if (m->remote)
		m->there->close(m->remote);
	m->remote = NULL;
}

int mirror_join(struct mirror *m, bool at_start, bool claim)
{
	const struct store_mirror_conf *conf = m->start.conf;
	const struct store_login login = { .password = conf->password, .ca = conf->ca,
		.tls = (enum store_tls)conf->tls, .timeout = conf->timeout };
	const struct store_open how = { .rest = m->start.rest, .control = true, .login = &login };
	struct store_conn *conn = NULL;
	const char *why = "";
	int err = m->there->open(&how, &conn, &why);

	if (err)
		return mirror_fail(m, err, "%s", why);
	m->remote = conn;
	err = agree(m, at_start, claim);
	if (err)
		mirror_part(m);
	return err;
}

/* ---- before anybody writes ---- */

/* Where it is, and which steps the schema has. */
static void know_place(struct mirror *m)
{
	const struct store_mirror_conf *c = m->start.conf;

	m->place = arena_printf(m->arena, "%s %s %s", c->url, c->live ? c->live : "", c->home);
	for (unsigned i = 0; i < m->start.schemas->count && m->place.p; i++) {
		const struct store_schema *schema = m->start.schemas->list[i];

		if (schema->share != STORE_LOCAL)
			m->place = arena_printf(m->arena, "%.*s %s=%u", SLICE_ARG(m->place),
			    schema->module, store_last_step(schema));
	}
}

/* A store that has nothing yet must not begin before it knows what the mirror has. */
static int join_at_start(struct mirror *m)
{
	bool here, anywhere, empty = false;
	int err = mirror_is_joined(m, &here, &anywhere);
	size_t at;

	if (!err && !anywhere)
		err = mirror_is_empty(m, &empty);
	if (err || !empty)
		return err;
	err = mirror_join(m, true, false);
	if (!err)
		return 0;
	at = strlen(m->why);
	at = at < REASON_BYTES ? at : REASON_BYTES;
	snprintf(m->why + at, sizeof(m->why) - at, "; the store here is empty and does not begin before "
	    "it is known what the mirror has; to begin without: store_mirror = \"\"");
	return err;
}

int mirror_open(struct mirror *m, const struct mirror_start *start)
{
	int err;

	m->start = *start;
	m->here = &store_sqlite;
	m->there = start->remote;
	m->marks_most = start->conf->marks;
	m->arena = arena_new(0);
	if (!m->arena)
		return mirror_fail(m, -ENOMEM, "out of memory");
	if (start->conf->live && strchr(start->conf->live, '`'))
		return mirror_fail(m, -EINVAL, "store_mirror_live is the name of a database, and that "
		    "has no backtick in it");
	know_place(m);
	err = m->place.p ? mirror_local_open(m) : -ENOMEM;
	if (!err)
		err = mirror_try_refused(m);
	return err ? err : join_at_start(m);
}
