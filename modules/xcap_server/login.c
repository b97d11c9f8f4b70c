/*
 * modules/xcap_server/login.c - digest against the users of auth_db, and a brake on guessing.
 */
#include "modules/xcap_server/xcap.h"

#include <errno.h>

/* The same bounds as in the samples' scripts, for the same time. */
#define WINDOW_MS     (15 * 60 * 1000)
#define WRONG_BY_BOTH 5u		/* so many for one user from one address */
#define WRONG_BY_HOST 30u		/* from one address, whomever they are for */
#define WRONG_BY_USER 100u		/* for one user, wherever they are from: then one each */

/* An IPv6 host commands a whole network. */
static bool make_keys(struct arena *arena, const struct xcap_request *r, struct slice aor,
    struct xcap_guess *k)
{
	struct ip_addr ip = r->from.ip;
	char text[ADDR_TEXT_BYTES];
	char *lower = arena_bytes(arena, aor.len + 1);
	struct slice host;

	if (ip.family == 6)
		memset(ip.bytes + 8, 0, 8);
	host = slice_of(text, ip_format(&ip, text));
	for (size_t i = 0; lower && i < aor.len; i++)
		lower[i] = ascii_lower(aor.p[i]);
	k->host = arena_dup(arena, host);
	k->user = lower ? slice_of(lower, aor.len) : SLICE_NULL;
	k->both = arena_printf(arena, "%.*s %.*s", SLICE_ARG(host), SLICE_ARG(k->user));
	return k->host.p && k->user.p && k->both.p;
}

static uint32_t count(const struct xcap *x, struct slice key)
{
	return rate_look(x->wrong, key, clock_mono(), WINDOW_MS);
}

static bool is_braked(const struct xcap *x, const struct xcap_guess *k)
{
	uint32_t tries = count(x, k->user) >= WRONG_BY_USER ? 1 : WRONG_BY_BOTH;

	return count(x, k->host) >= WRONG_BY_HOST || count(x, k->both) >= tries;
}

static void note_wrong(struct xcap *x, const struct xcap_guess *k)
{
	const struct slice keys[] = { k->host, k->user, k->both };

	for (unsigned i = 0; i < 3; i++)
		rate_add(x->wrong, keys[i], clock_mono(), WINDOW_MS);
	lcs_count(&x->stats->wrong_passwords);
	if (is_braked(x, k))
		log_warning("xcap_server", "too many wrong passwords from=%.*s user=%.*s",
		    SLICE_ARG(k->host), SLICE_ARG(k->user));
}

/* "alice" in a realm, or "alice@example.com". */
static struct slice aor_of(struct arena *arena, const struct auth_asked *a)
{
	const struct slice pieces[] = { a->username, SLICE("@"),
	    a->domain.len ? a->domain : a->cred.realm };

	return arena_join(arena, pieces, 3);
}

/* A response is good for what it was made for (RFC 7616 3.4.6); some give the whole URL. */
static bool is_for(struct slice uri, struct slice target)
{
	size_t at = slice_search(uri, SLICE("://"));

	if (at < uri.len) {
		uri = slice_skip(uri, at + 3);
		uri = slice_skip(uri, slice_find(uri, '/'));
	}
	return slice_eq(uri, target);
}

static enum xcap_login judge(struct xcap *x, const struct xcap_request *r,
    const struct auth_asked *a, const struct xcap_guess *k, struct slice aor)
{
	struct slice ha1 = x->users->ha1(x->users_state, aor, a->domain.len > 0, a->alg);
	enum auth_verdict verdict = AUTH_WRONG;

	if (ha1.len && x->users->state(x->users_state, aor) == AUTH_DB_ENABLED)
		verdict = x->auth->judge(x->auth_state, a, r->method, ha1);
	switch (verdict) {
	case AUTH_OK:
		return XCAP_LOGIN_OK;
	case AUTH_STALE:
		return XCAP_LOGIN_STALE;
	case AUTH_BAD:
		return XCAP_LOGIN_BAD;
	default:
		note_wrong(x, k);
		return XCAP_LOGIN_CHALLENGE;
	}
}

enum xcap_login xcap_login(struct xcap *x, struct arena *arena, const struct xcap_request *r,
    struct slice domain, struct slice *aor)
{
	struct auth_asked a;
	struct xcap_guess k;

	switch (x->auth->read(x->auth_state, arena, r->authorization, domain, &a)) {
	case AUTH_OK:
		break;
	case AUTH_BAD:
		return XCAP_LOGIN_BAD;
	default:
		return XCAP_LOGIN_CHALLENGE;
	}
	*aor = aor_of(arena, &a);
	if (!aor->p || !make_keys(arena, r, *aor, &k))
		return XCAP_LOGIN_CHALLENGE;
	if (is_braked(x, &k))
		return XCAP_LOGIN_BRAKED;
	if (!is_for(a.cred.uri, r->target))
		return XCAP_LOGIN_BAD;
	return judge(x, r, &a, &k, *aor);
}

static bool is_crowded(const struct xcap *x, const struct xcap_guess *k)
{
	uint32_t host = count(x, k->host), both = count(x, k->both);

	for (const struct list *at = x->guessing.next; at != &x->guessing; at = at->next) {
		const struct xcap_guess *g = container_of(at, const struct xcap_guess, node);

		host += slice_eq(g->host, k->host);
		both += slice_eq(g->both, k->both);
	}
	return host >= WRONG_BY_HOST || both >= WRONG_BY_BOTH;
}

int xcap_guess_begin(struct xcap *x, struct arena *arena, const struct xcap_request *r,
    struct slice aor, struct xcap_guess *g)
{
	if (!make_keys(arena, r, aor, g))
		return -ENOMEM;
	if (is_braked(x, g))
		return -EACCES;
	if (is_crowded(x, g))
		return -EBUSY;
	list_push_back(&x->guessing, &g->node);
	return 0;
}

void xcap_guess_end(struct xcap *x, struct xcap_guess *g, bool was_wrong)
{
	list_remove(&g->node);
	if (was_wrong)
		note_wrong(x, g);
}
