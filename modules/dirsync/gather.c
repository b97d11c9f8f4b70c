/*
 * modules/dirsync/gather.c - what the thread sees, in batches for control; and waiting for it.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#ifdef HAVE_LIBLDAP

#include "utils/hex.h"
#include "utils/siphash.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define WAITING_MAX 4u			/* batches that control has not looked at */

/* ---- waiting ---- */

/* Is there anything that ends this session? */
static int look(struct follow *f)
{
	struct dirsync *d = f->d;
	int err = 0;

	lock_take(&d->lock);
	if (d->must_end || d->must_restart || d->must_compare ||
	    (f->was_synced && f->return_at && clock_mono() >= f->return_at))
		err = -ECANCELED;
	else if (f->session && f->session <= d->broken)
		err = -EIO;
	lock_drop(&d->lock);
	if (err == -EIO)
		snprintf(f->why, sizeof(f->why), "what it says cannot be taken over");
	return err;
}

static void wait_for(struct follow *f, int fd, msec_t ms)
{
	struct pollfd fds[2] = { { .fd = f->d->wake, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	uint64_t n;

	/* What woke us is looked for, not counted. */
	if (poll(fds, fd < 0 ? 1 : 2, ms > INT32_MAX ? INT32_MAX : (int)ms) > 0 &&
	    fds[0].revents && read(f->d->wake, &n, sizeof(n)) < 0)
		return;
}

int follow_wait(struct follow *f, int fd, msec_t ms)
{
	msec_t end = clock_mono() + ms, left = ms;
	int err = look(f);

	/* Control wakes us for each batch it has taken: that is no reason to stop waiting here. */
	while (!err && left > 0) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		wait_for(f, fd, left);
		err = look(f);
		if (fd >= 0 && poll(&ready, 1, 0) > 0)
			return err;
		left = end - clock_mono();
	}
	return err;
}

/* ---- batches ---- */

static struct dirsync_batch *open_batch(struct follow *f)
{
	if (!f->batch)
		f->batch = batch_new();
	if (f->batch) {
		f->batch->session = f->session;
		f->batch->server = siphash(siphash_boot_key(), slice_str(f->uri));
		f->batch->is_load = f->is_load;
	}
	return f->batch;
}

static bool put(struct follow *f)
{
	struct dirsync *d = f->d;
	bool has_room;

	lock_take(&d->lock);
	has_room = d->waiting < WAITING_MAX;
	if (has_room)
		batch_append(d, f->batch);
	lock_drop(&d->lock);
	if (has_room)
		f->batch = NULL;
	return has_room;
}

static int pass_on(struct follow *f)
{
	int err = look(f);

	while (!err && !put(f)) {
		wait_for(f, -1, 1000);
		err = look(f);
	}
	return err ? err : batch_kick(f->d);
}

static struct auth_db_entry *add_entry(struct follow *f, const unsigned char *id, int *err)
{
	struct dirsync_batch *b = f->batch;
	struct auth_db_entry *e;
	char key[DIRSYNC_KEY_CHARS];

	*err = b && b->count == DIRSYNC_BATCH ? pass_on(f) : 0;
	b = *err ? NULL : open_batch(f);
	if (!b) {
		*err = *err ? *err : -ENOMEM;
		return NULL;
	}
	e = &b->entries[b->count++];
	hex_encode(key, id, DIRSYNC_ID_BYTES);
	*e = (struct auth_db_entry){ .key = arena_dup(b->arena, slice_of(key, sizeof(key))) };
	*err = e->key.p ? 0 : -ENOMEM;
	return e;
}

int follow_gone(struct follow *f, const unsigned char *id)
{
	int err;
	struct auth_db_entry *e = add_entry(f, id, &err);

	if (e)
		e->gone = true;
	return err;
}

int follow_send(struct follow *f, struct slice cookie, int64_t synced, bool sweep)
{
	struct dirsync_batch *b = open_batch(f);

	if (!b)
		return -ENOMEM;
	b->synced = synced;
	if (cookie.p)
		b->cookie = arena_dup(b->arena, cookie);
	b->has_ids = sweep;
	if (sweep) {
		b->ids = f->seen;
		f->seen = (struct dirsync_ids){ 0 };
	}
	if (synced && !f->was_synced) {
		lock_take(&f->d->lock);
		f->d->state = STATE_FOLLOWING;
		lock_drop(&f->d->lock);
		log_notice("dirsync", "the directory is followed uri=%s way=%s", f->uri, f->d->kind);
		f->was_synced = true;
	}
	return pass_on(f);
}

/* ---- entries ---- */

static const size_t max_bytes[ATTR_COUNT] = {	/* columns of the store */
	[ATTR_ADDRESS] = 512, [ATTR_ENABLED] = 16, [ATTR_CONTROL] = 16, [ATTR_ACCOUNT] = 128,
	[ATTR_NAME] = 255, [ATTR_HOME] = 512,
};

/* What is no text, or no end of it, is no value: all of this comes to logs, lists and documents.
 * Of an address it is said elsewhere. */
static struct slice text_value(struct follow *f, const struct berval *bv, enum dirsync_attr attr)
{
	struct slice s = slice_trim(slice_of(bv->bv_val, bv->bv_len));
	json_t *utf8 = json_stringn(s.p, s.len);
	bool good = attr == ATTR_ADDRESS || (utf8 && s.len <= max_bytes[attr]);

	json_decref(utf8);
	if (good)
		return arena_dup(f->batch->arena, slice_first(s, max_bytes[ATTR_ADDRESS] + 1));
	log_warning("dirsync", "value is too long or not UTF-8 and does not count attribute=%s bytes=%zu",
	    f->setup->attr[attr], s.len);
	return SLICE("");
}

static bool is_sip(const struct berval *bv)
{
	return slice_starts_nocase(slice_of(bv->bv_val, bv->bv_len), SLICE("sip:"));
}

/* The first value; of several addresses the one for SIP. */
static struct slice value_of(struct follow *f, LDAPMessage *entry, enum dirsync_attr attr)
{
	struct berval **values = f->setup->attr[attr] ? ldap_get_values_len(f->ld, entry,
	    f->setup->attr[attr]) : NULL;
	const struct berval *best = values ? values[0] : NULL;
	struct slice text;

	for (int i = 0; attr == ATTR_ADDRESS && best && values[i]; i++)
		if (is_sip(values[i]) && !is_sip(best))
			best = values[i];
	text = best ? text_value(f, best, attr) : SLICE("");
	ldap_value_free_len(values);
	return text;
}

#define ACCOUNT_DISABLED 0x2u		/* of userAccountControl */

static bool is_enabled(struct follow *f, LDAPMessage *entry)
{
	struct slice enabled = value_of(f, entry, ATTR_ENABLED);
	struct slice control = value_of(f, entry, ATTR_CONTROL);
	uint32_t bits;

	if (f->setup->attr[ATTR_ENABLED] && !slice_eq_nocase(enabled, SLICE("TRUE")) &&
	    !slice_eq_nocase(enabled, SLICE("yes")) && !slice_eq(enabled, SLICE("1")))
		return false;
	return slice_to_u32(control, &bits) != 0 || !(bits & ACCOUNT_DISABLED);
}

int follow_entry(struct follow *f, LDAPMessage *entry, const unsigned char *id)
{
	int err;
	struct auth_db_entry *e = add_entry(f, id, &err);

	if (err)
		return err;
	err = follow_dn(f, entry, &e->dn);
	if (err)
		return err;
	e->aor = value_of(f, entry, ATTR_ADDRESS);
	e->enabled = is_enabled(f, entry);
	e->account = value_of(f, entry, ATTR_ACCOUNT);
	e->display_name = value_of(f, entry, ATTR_NAME);
	e->home = value_of(f, entry, ATTR_HOME);
	if (!e->aor.p || !e->account.p || !e->display_name.p || !e->home.p)
		return -ENOMEM;
	err = follow_account(f, entry, e);
	return err ? err : follow_home(f, &e->home);
}

void follow_load(struct follow *f)
{
	free(f->cookie);
	f->cookie = NULL;
	f->is_load = true;
	ids_free(&f->seen);
	atomic_fetch_add(&f->d->resyncs, 1);
}

#endif
