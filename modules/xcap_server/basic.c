/*
 * modules/xcap_server/basic.c - HTTP's Basic (RFC 7617) over TLS: the directory is asked whether the
 * password is right, while the rest of the request comes in.
 *
 * From HTTP's thread to the worker of the user, from there to a pool (auth_ldap), and back.
 */
#include "modules/xcap_server/exchange.h"

#include "utils/base64.h"

#include <errno.h>

#define BASIC_BYTES_MAX 1024u		/* of a name and a password */

bool xcap_basic_is_meant(const struct xcap_exchange *e)
{
	return xcap_has_basic(e) && slice_starts_nocase(e->request.authorization, SLICE("Basic "));
}

/* ---- who it claims to be ---- */

static bool is_plain(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return false;
	return name.len > 0;
}

/* "alice" in the realm, or "alice@example.com" or its URI. */
static struct slice aor_of(struct xcap_exchange *e, struct slice name, struct slice realm)
{
	struct slice rest = sip_text_bare(name);
	const struct slice pieces[] = { rest, SLICE("@"), realm };

	if (!is_plain(rest))
		return SLICE_NULL;
	return slice_find(rest, '@') < rest.len ? arena_dup(e->arena, rest) :
	    arena_join(e->arena, pieces, 3);
}

/* 0, -EBADMSG or -ENOMEM. */
static int read_credentials(struct xcap_exchange *e, struct slice realm)
{
	struct slice text = slice_trim(slice_skip(e->request.authorization, 6));
	char bytes[BASIC_BYTES_MAX];
	size_t len = 0, at;
	int err = text.len > BASE64_LEN(BASIC_BYTES_MAX) - 4 ||
	    base64_decode(bytes, &len, text) != 0 ? -EBADMSG : 0;

	at = slice_find(slice_of(bytes, len), ':');
	if (!err && at == len)
		err = -EBADMSG;
	if (!err) {
		e->claimed = aor_of(e, slice_of(bytes, at), realm);
		e->password = arena_dup_secret(e->arena, slice_of(bytes + at + 1, len - at - 1));
		err = !e->claimed.p ? -EBADMSG : e->password.p || at + 1 == len ? 0 : -ENOMEM;
	}
	explicit_bzero(bytes, sizeof(bytes));
	return err;
}

/* ---- there and back ---- */

static void conclude(struct xcap_exchange *e)
{
	switch (e->verdict) {
	case AUTH_LDAP_OK:
		e->is_refused = !xcap_belongs(e, e->claimed);
		return;
	case AUTH_LDAP_WRONG:
		e->is_refused = xcap_challenge(e, e->realm, false);
		return;
	default:
		e->is_refused = xcap_say(e, 503, "The directory cannot be asked.");
	}
}

static void come_back(struct inbox_item *item)
{
	struct xcap_exchange *e = container_of(item, struct xcap_exchange, item);

	e->is_under_way = e->is_asking = false;
	xcap_guess_end(e->x, &e->guess, e->verdict == AUTH_LDAP_WRONG);
	if (e->is_orphan) {
		xcap_release(e);
		return;
	}
	conclude(e);
	if (e->is_whole && e->go_on(e))
		e->ready(e->arg);
}

static void judged(void *arg, enum auth_ldap_verdict verdict)
{
	struct xcap_exchange *e = arg;

	e->verdict = verdict;
	e->item.run = come_back;
	inbox_post(e->inbox, &e->item, INBOX_MUST);
}

static void on_worker(struct inbox_item *item)
{
	struct xcap_exchange *e = container_of(item, struct xcap_exchange, item);
	struct xcap *x = e->x;

	if (atomic_load_explicit(&x->is_ending, memory_order_acquire) ||
	    x->ldap->check(x->ldap_state, e->claimed, e->password, judged, e) != 0)
		judged(e, AUTH_LDAP_UNAVAILABLE);
}

bool xcap_basic_begin(struct xcap_exchange *e, struct slice realm, xcap_step_fn *go_on)
{
	int err = read_credentials(e, realm);

	e->realm = realm;
	e->go_on = go_on;
	if (err)
		return !xcap_say(e, err == -EBADMSG ? 400 : 503, "The credentials are malformed.");
	err = xcap_guess_begin(e->x, e->arena, &e->request, e->claimed, &e->guess);
	if (err)
		return err == -EACCES ? !xcap_say_braked(e) : !xcap_say(e, 503, "Too much to do.");
	/* Who is no user here is not worth a question. An empty password would be nobody's. */
	if (!e->password.len || e->x->users->state(e->x->users_state, e->claimed) != AUTH_DB_ENABLED) {
		xcap_guess_end(e->x, &e->guess, true);
		return !xcap_challenge(e, realm, false);
	}
	e->item.run = on_worker;
	e->is_under_way = e->is_asking = true;
	if (worker_post(worker_of(lcs_user_key(e->claimed)), &e->item, INBOX_MAY_REFUSE) == 0)
		return true;
	e->is_under_way = e->is_asking = false;
	xcap_guess_end(e->x, &e->guess, false);
	return !xcap_say(e, 503, "Too much to do.");
}
