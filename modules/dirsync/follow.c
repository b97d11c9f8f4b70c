/*
 * modules/dirsync/follow.c - the thread: connect, follow, and after a failure begin anew.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void follow_wake(struct dirsync *d)
{
	const uint64_t one = 1;

	/* A count that is full wakes, too. */
	if (d->wake >= 0 && write(d->wake, &one, sizeof(one)) < 0)
		return;
}

#ifdef HAVE_LIBLDAP

#define RETRY_MIN_MS 1000

bool dirsync_is_built(void) { return true; }

/* ---- a session ---- */

static bool has_value(LDAP *ld, LDAPMessage *entry, const char *attr, const char *wanted)
{
	struct berval **values = ldap_get_values_len(ld, entry, attr);
	bool found = false;

	for (int i = 0; values && values[i]; i++)
		found |= slice_eq(slice_of(values[i]->bv_val, values[i]->bv_len), slice_str(wanted));
	ldap_value_free_len(values);
	return found;
}

static const struct way { const char *name; int (*run)(struct follow *f); } ways[] = {
	{ "syncrepl", follow_sync }, { "ad", follow_usn }, { "compare", follow_compare },
};

#define CAP_ACTIVE_DIRECTORY "1.2.840.113556.1.4.800"

/* What the root of the directory says it can do. */
static int choose(struct follow *f, const struct way **out)
{
	char *attrs[] = { (char *)(uintptr_t)"supportedControl",
	    (char *)(uintptr_t)"supportedCapabilities", NULL };
	LDAPMessage *res = NULL, *root;
	int code = 0, at = 0;

	for (at = 0; at < 3; at++)
		if (slice_eq(slice_str(f->setup->kind), slice_str(ways[at].name)))
			break;
	if (at == 3) {
		code = ldap_search_ext_s(f->ld, "", LDAP_SCOPE_BASE, "(objectClass=*)", attrs, 0, NULL,
		    NULL, NULL, 1, &res);
		root = res ? ldap_first_entry(f->ld, res) : NULL;
		at = root && has_value(f->ld, root, "supportedCapabilities", CAP_ACTIVE_DIRECTORY) ? 1 :
		    root && has_value(f->ld, root, "supportedControl", LDAP_CONTROL_SYNC) ? 0 : 2;
		ldap_msgfree(res);
	}
	*out = &ways[at];
	return code ? follow_failed(f, "root", code) : 0;
}

static int connect_to(struct follow *f)
{
	struct ldap_servers *servers = &f->d->servers;
	struct ldap_opened opened;
	uint64_t switches;
	int code = ldap_servers_open(servers, f->setup->place, clock_mono() +
	    f->setup->timeout * ldap_servers_count(servers), &opened);

	f->ld = opened.ld;
	memcpy(f->uri, opened.uri, sizeof(f->uri));
	if (code)
		return follow_failed(f, opened.step, code);
	if (ldap_servers_used(servers, &switches) > 0)
		f->return_at = clock_mono() + f->setup->return_after;
	return 0;
}

static int go(struct follow *f, const struct way *way)
{
	lock_take(&f->d->lock);
	f->d->state = STATE_LOADING;
	snprintf(f->d->kind, sizeof(f->d->kind), "%s", way->name);
	memcpy(f->d->uri, f->uri, sizeof(f->d->uri));
	lock_drop(&f->d->lock);
	atomic_store(&f->d->is_ad, way->run == follow_usn);
	atomic_store(&f->d->is_well, true);
	if (!f->cookie)
		follow_load(f);
	return way->run(f);
}

static int run_session(struct follow *f)
{
	const struct way *way = NULL;
	int err = connect_to(f);

	if (err)
		return err;
	err = choose(f, &way);
	if (!err)
		err = follow_group(f);
	if (!err)
		err = go(f, way);
	if (ldap_is_away(err))
		ldap_servers_failed(&f->d->servers, f->uri, f->why);
	return err;
}

/* Take over what was changed since; false: the thread ends. */
static bool begin(struct follow *f)
{
	struct dirsync *d = f->d;
	struct dirsync_setup *next;
	bool go;

	lock_take(&d->lock);
	go = !d->must_end;
	next = d->next_setup;
	d->next_setup = NULL;
	f->session = ++d->session;
	f->cookie = d->cookie && !d->must_compare ? strdup(d->cookie) : NULL;
	d->must_restart = d->must_compare = false;
	d->state = STATE_CONNECTING;
	lock_drop(&d->lock);
	f->was_synced = f->is_load = f->no_hash_told = false;
	f->return_at = 0;
	if (next) {
		setup_free(&f->setup);
		f->setup = next;
	}
	return go;
}

static void end(struct follow *f)
{
	if (f->ld)
		ldap_unbind_ext_s(f->ld, NULL, NULL);
	f->ld = NULL;
	batch_free(&f->batch);
	ids_free(&f->seen);
	json_decref(f->homes);
	json_decref(f->domains);
	json_decref(f->units);
	f->homes = f->domains = f->units = NULL;
	free(f->cookie);
	f->cookie = NULL;
}

/* Said once, until it works again. */
static void lament(struct follow *f, int err, bool is_new)
{
	struct dirsync *d = f->d;

	atomic_fetch_add(&d->failures, 1);
	atomic_store(&d->is_well, false);
	lock_take(&d->lock);
	d->state = STATE_LOST;
	snprintf(d->why, sizeof(d->why), "%s", f->why[0] ? f->why : err_text(err));
	lock_drop(&d->lock);
	if (is_new)
		log_error("dirsync", "the directory cannot be followed, users stay as they are: is it "
		    "running, with a certificate that ca vouches for, and what uri, base, bind_dn and "
		    "password say right? uri=%s why=\"%s\"",
		    f->uri, d->why);
}

static msec_t next_delay(const struct follow *f, msec_t delay)
{
	msec_t next = delay ? 2 * delay : RETRY_MIN_MS;

	return next > f->setup->retry_max ? f->setup->retry_max : next;
}

static void forget_cookie(struct follow *f)
{
	log_notice("dirsync", "all users are compared with the directory uri=%s why=\"%s\"",
	    f->uri, f->why);
	lock_take(&f->d->lock);
	free(f->d->cookie);
	f->d->cookie = NULL;
	lock_drop(&f->d->lock);
}

void *follow_thread(void *arg)
{
	struct follow f = { .d = arg };
	bool lost = false;
	msec_t delay = 0;

	log_thread_name("dirsync");
	while (begin(&f)) {
		int err;

		f.why[0] = '\0';
		err = run_session(&f);
		lost &= !f.was_synced;
		delay = f.was_synced ? 0 : delay;
		end(&f);
		if (err == -ESTALE) {
			forget_cookie(&f);
		} else if (err != -ECANCELED) {
			lament(&f, err, !lost);
			lost = true;
			delay = next_delay(&f, delay);
			f.session = 0;
			follow_wait(&f, -1, delay);
		}
	}
	end(&f);
	setup_free(&f.setup);
	arena_thread_flush();
	return NULL;
}

#else

bool dirsync_is_built(void) { return false; }
void *follow_thread(void *arg) { return arg; }

#endif
