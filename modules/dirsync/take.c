/*
 * modules/dirsync/take.c - what the thread has seen becomes users. Control thread.
 *
 * Users first, then the cookie: after a fall between the two the directory says the same once more.
 */
#include "modules/dirsync/dirsync.h"

#include "utils/hex.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- entries that are no users ---- */

static void forget_problem(struct dirsync *d, struct slice key)
{
	json_object_deln(d->problems, key.p, key.len);
}

/* Said once in the log, and for as long as it lasts by lcsctl dirsync problems. */
static void note_problem(struct dirsync *d, const struct auth_db_entry *e, struct slice address,
    const char *why, bool clash)
{
	const json_t *old = json_object_getn(d->problems, e->key.p, e->key.len);
	bool is_new = !old || !slice_eq(json_text(old, "why"), slice_str(why));

	json_object_setn_new(d->problems, e->key.p, e->key.len, json_pack("{s:o, s:s, s:b}",
	    "address", json_slice(address), "why", why, "clash", clash));
	if (is_new)
		log_warning("dirsync", "entry of the directory is no user here: %s address=%.*s key=%.*s",
		    why, SLICE_ARG(address), SLICE_ARG(e->key));
}

static bool any_clash(const struct dirsync *d)
{
	const char *key;
	json_t *v;

	json_object_foreach(d->problems, key, v)
		if (json_is_true(json_object_get(v, "clash")))
			return true;
	return false;
}

/* What another server said of it a moment ago counts: this one may not know it yet. NULL: it is
 * there, perhaps disabled. */
static const char *still_gone(struct dirsync *d, struct auth_db_entry *e, uint64_t server)
{
	enum gone_what what;
	bool is_new;

	if (!e->enabled && gone_again(&d->gone, e->key, server, true))
		return NULL;
	what = gone_still(&d->gone, e->key, server, clock_mono(), &is_new);
	atomic_fetch_add(&d->kept_out, is_new);
	if (what == GONE_DELETED)
		return "another server of the directory said a moment ago that it is deleted";
	if (what == GONE_DISABLED && is_new)
		log_notice("dirsync", "a user stays disabled, as another server of the directory said a "
		    "moment ago key=%.*s", SLICE_ARG(e->key));
	e->enabled &= what == GONE_NOT;
	return NULL;
}

/* Which of ours is it? What is nobody's is gone for us; why it is so is noted where it surprises. */
static void look_at(struct dirsync *d, struct auth_db_entry *e, uint64_t server)
{
	struct slice address = e->aor, aor;
	const char *why = NULL;

	if (e->gone || !address.len) {
		e->gone = true;
		gone_again(&d->gone, e->key, server, false);
		forget_problem(d, e->key);
		return;
	}
	if (entry_aor(address, &aor, &why) == 0 && !lcs_is_own_host(gen_peek(),
	    slice_skip(aor, slice_find(aor, '@') + 1), 0))
		why = "its address is not of a domain of this server";
	gone_again(&d->fresh, e->key, server, false);
	if (!why)
		why = still_gone(d, e, server);
	if (why) {
		note_problem(d, e, address, why, false);
		e->gone = true;
		return;
	}
	e->aor = aor;
}

/* ---- what became of them ---- */

/* is_first: whom nobody had before, no other server is thought to have lost. */
static void remember(struct dirsync *d, const struct auth_db_entry *e, uint64_t server, bool is_first)
{
	msec_t until = clock_mono() + d->stays_gone;

	if (e->change == AUTH_DB_GONE || (e->change == AUTH_DB_CHANGED && !e->enabled))
		gone_note(&d->gone, e->key, server, e->change == AUTH_DB_CHANGED, until);
	if (e->change == AUTH_DB_GONE)
		gone_forget(&d->fresh, e->key);
	else if (e->change == AUTH_DB_ADDED && !is_first)
		gone_note(&d->fresh, e->key, server, false, until);
}

/* quietly: a first load adds thousands. */
static void say(struct dirsync *d, const struct auth_db_entry *e, bool quietly)
{
	static const char *const words[] = {
		[AUTH_DB_ADDED] = "added", [AUTH_DB_CHANGED] = "changed", [AUTH_DB_GONE] = "deleted",
	};

	switch (e->change) {
	case AUTH_DB_CLASH:
		note_problem(d, e, e->aor, e->why, true);
		return;
	case AUTH_DB_SAME:
		break;
	case AUTH_DB_ADDED:
		atomic_fetch_add(&d->added, 1);
		break;
	case AUTH_DB_CHANGED:
		atomic_fetch_add(&d->changed, 1);
		break;
	case AUTH_DB_GONE:
		atomic_fetch_add(&d->deleted, 1);
		break;
	}
	if (!e->gone)
		forget_problem(d, e->key);
	if (e->change != AUTH_DB_SAME && (e->change != AUTH_DB_ADDED || !quietly))
		log_notice("audit", "user %s by=directory user=%.*s state=%s key=%.*s dn=\"%.*s\"",
		    words[e->change], SLICE_ARG(e->aor), e->gone ? "gone" : e->enabled ? "enabled" :
		    "disabled", SLICE_ARG(e->key), SLICE_ARG(e->dn));
}

/* As b's server says. */
static int apply(struct dirsync *d, const struct dirsync_batch *b, struct auth_db_entry *entries,
    unsigned count, bool quietly)
{
	bool is_first = quietly && !atomic_load(&d->synced);
	int err;

	for (unsigned i = 0; i < count; i++)
		look_at(d, &entries[i], b->server);
	err = count ? d->users->apply(d->db, entries, count) : 0;
	for (unsigned i = 0; i < count; i++) {
		remember(d, &entries[i], b->server, is_first);
		say(d, &entries[i], quietly);
	}
	return err;
}

/* ---- who is not there any more ---- */

struct missing {
	struct dirsync       *d;
	struct dirsync_ids   *ids;
	uint64_t              server;
	struct auth_db_entry *entries;
	unsigned              count, room;
	struct arena         *arena;
};

static void count_key(struct slice key, void *arg)
{
	(void)key;
	++*(unsigned *)arg;
}

/* Another server has added him a moment ago, and this one may not know it yet. */
static bool is_fresh(struct dirsync *d, struct slice key, uint64_t server)
{
	bool is_new;

	if (gone_still(&d->fresh, key, server, clock_mono(), &is_new) == GONE_NOT)
		return false;
	if (is_new)
		log_notice("dirsync", "a user stays whom another server of the directory has added a "
		    "moment ago key=%.*s", SLICE_ARG(key));
	return true;
}

static void look_for(struct slice key, void *arg)
{
	struct missing *m = arg;
	unsigned char id[DIRSYNC_ID_BYTES];
	struct slice copy;

	if ((hex_decode(id, sizeof(id), key) == 0 && ids_have(m->ids, id)) ||
	    is_fresh(m->d, key, m->server))
		return;
	copy = arena_dup(m->arena, key);
	if (copy.p && m->count < m->room)
		m->entries[m->count++] = (struct auth_db_entry){ .key = copy, .gone = true };
}

unsigned take_count(struct dirsync *d)
{
	unsigned n = 0;

	d->users->each(d->db, count_key, &n);
	return n;
}

/* A directory that has lost most of its people has more likely lost its mind. */
static bool is_too_many(struct dirsync *d, unsigned gone, unsigned all)
{
	const struct dirsync_conf *conf;

	if (d->allow_gone || gone < 10)
		return false;
	conf = lcs_conf(d->mod, gen_peek());
	if ((int64_t)gone * 100 <= conf->max_gone * all)
		return false;
	log_error("dirsync", "the directory does not have %u of %u users any more: they stay until "
	    "\"lcsctl dirsync resync force\" says that it is so", gone, all);
	return true;
}

/* -ESTALE: it must not be so. */
static int sweep(struct dirsync *d, struct dirsync_batch *b)
{
	unsigned all = take_count(d);
	struct missing m = { .d = d, .ids = &b->ids, .server = b->server, .room = all,
	    .arena = arena_new(0), .entries = calloc(all ? all : 1, sizeof(*m.entries)) };
	int err = m.arena && m.entries ? 0 : -ENOMEM;

	if (!err)
		d->users->each(d->db, look_for, &m);
	if (!err)
		err = is_too_many(d, m.count, all) ? -ESTALE :
		    apply(d, b, m.entries, m.count, false);
	d->allow_gone = false;
	free(m.entries);
	arena_free(&m.arena);
	return err;
}

/* ---- a batch ---- */

int take_batch(struct dirsync *d, struct dirsync_batch *b)
{
	int err = apply(d, b, b->entries, b->count, b->is_load);

	if (!err && b->has_ids)
		err = sweep(d, b);
	if (err)
		return err;
	if (b->synced)
		atomic_store(&d->synced, b->synced);
	if (b->cookie.p)
		err = state_keep(d, b->cookie);
	if (b->count || b->has_ids)
		atomic_store(&d->entries, take_count(d));
	atomic_store(&d->refused, json_object_size(d->problems));
	return err;
}

/* The thread begins anew from what the store has. */
static void give_up(struct dirsync *d, unsigned session, int err)
{
	if (err != -ESTALE)
		log_error("dirsync", "users of the directory cannot be written error=\"%s\": it is tried "
		    "again", err_text(err));
	lock_take(&d->lock);
	d->broken = session;
	lock_drop(&d->lock);
}

static struct dirsync_batch *next_batch(struct dirsync *d)
{
	struct dirsync_batch *b;

	lock_take(&d->lock);
	b = d->first;
	if (b) {
		d->first = b->next;
		d->last = d->first ? d->last : &d->first;
		d->waiting--;
	}
	lock_drop(&d->lock);
	return b;
}

static void take_next(struct dirsync *d, struct dirsync_batch *b)
{
	bool is_good = b->ticket ? lookup_is_fresh(d, b) : b->session > d->broken;
	int err;

	if (!b->ticket && (b->count || b->has_ids))
		lookup_news(d);
	err = is_good ? take_batch(d, b) : 0;
	if (b->ticket)
		lookup_taken(d, b->ticket);
	else if (err)
		give_up(d, b->session, err);
	batch_free(&b);
	follow_wake(d);			/* there is room */
}

/* One for each turn of the loop: others want to be heard, too. */
void take_ready(struct watch *w, uint32_t events)
{
	struct dirsync *d = container_of(w, struct dirsync, watch);
	struct dirsync_batch *b = next_batch(d);
	bool is_over;
	uint64_t n;

	(void)events;
	if (!b && read(d->kick, &n, sizeof(n)) > 0)
		b = next_batch(d);	/* one that came between the two */
	if (b)
		take_next(d, b);
	/* An address is free that another entry may want; or who was kept out is there all the same, and
	 * who stayed is not. */
	is_over = gone_is_over(&d->gone, clock_mono());
	is_over |= gone_is_over(&d->fresh, clock_mono());
	if ((d->freed && any_clash(d)) || is_over)
		take_compare(d, false);
	d->freed = false;
}

void take_compare(struct dirsync *d, bool with_force)
{
	d->allow_gone |= with_force;
	lock_take(&d->lock);
	d->must_compare = true;
	lock_drop(&d->lock);
	follow_wake(d);
}

void take_freed(void *dirsync, struct slice aor, bool deleted)
{
	struct dirsync *d = dirsync;
	const uint64_t one = 1;

	(void)aor;
	if (!deleted)
		return;
	d->freed = true;
	/* A count that is full wakes, too. */
	if (d->kick >= 0 && write(d->kick, &one, sizeof(one)) < 0)
		return;
}
