/*
 * modules/xcap_server/exchange.c - what a request points to, and who asks.
 */
#include "modules/xcap_server/exchange.h"

#include <errno.h>
#include <stdlib.h>

/* ---- life ---- */

struct xcap_exchange *xcap_exchange_new(struct xcap *x, struct inbox *inbox, xcap_ready_fn *ready,
    void *arg)
{
	struct arena *arena = arena_new(0);
	struct xcap_exchange *e = arena ? arena_zalloc(arena, sizeof(*e)) : NULL;

	if (!e) {
		arena_free(&arena);
		return NULL;
	}
	e->x = x;
	e->arena = arena;
	e->inbox = inbox;
	e->ready = ready;
	e->arg = arg;
	list_init(&e->node);
	return e;
}

void xcap_exchange_free(struct xcap_exchange **p)
{
	struct xcap_exchange *e = *p;

	*p = NULL;
	if (e && xcap_change_forget(e))
		xcap_release(e);
}

const struct xcap_answer *xcap_exchange_answer(const struct xcap_exchange *e)
{
	return &e->answer;
}

/* ---- what is asked for ---- */

static bool find_method(struct xcap_exchange *e)
{
	static const char *const names_of[XCAP_METHODS] = { "GET", "HEAD", "PUT", "DELETE" };

	for (unsigned i = 0; i < XCAP_METHODS; i++)
		if (slice_eq(e->request.method, slice_str(names_of[i]))) {
			e->method = (enum xcap_method)i;
			return true;
		}
	return false;
}

static bool find_usage(struct xcap_exchange *e)
{
	const struct xcap_usage *u;

	for (unsigned i = 0; (u = xcap_usage(e->x, i)) != NULL; i++)
		if (slice_eq(u->auid, e->path.auid) && u->is_global == e->path.is_global) {
			e->usage = u;
			return true;
		}
	return false;
}

/* Some leave the scheme out. */
static struct slice aor_of(struct arena *arena, struct slice user)
{
	struct sip_uri uri;
	struct slice text = slice_find(user, ':') < user.len ? user :
	    arena_printf(arena, "sip:%.*s", SLICE_ARG(user));

	if (!text.p || sip_uri_parse(text, &uri, NULL) != 0 || !uri.user.len)
		return SLICE_NULL;
	return sip_uri_aor(arena, &uri);
}

static bool find_target(struct xcap_exchange *e)
{
	int err = xcap_path_parse(e->arena, e->request.target, xcap_conf(e->x)->root, &e->path);

	if (err == -EBADMSG)
		return !xcap_say(e, 400, "The path is malformed.");
	if (err == -ENOMEM)
		return !xcap_say(e, 503, "Memory is short.");
	if (err || !find_usage(e) || !slice_eq(e->path.document, SLICE("index")))
		return !xcap_say(e, 404, "There is no such application or document.");
	if (!e->path.is_global) {
		e->aor = aor_of(e->arena, e->path.user);
		if (!e->aor.p)
			return !xcap_say(e, 404, "There is no such user.");
	}
	err = xcap_node_parse(e->arena, &e->path, e->usage->second_ns.len ? XML_ANY_NS :
	    e->usage->ns, &e->where);
	if (err == -E2BIG)
		return !xcap_say(e, 404, "No document is as deep as that.");
	return !err || !xcap_say(e, 400, "The node selector is malformed, or a prefix is not bound "
	    "by xmlns() in the query.");
}

static bool may_write(struct xcap_exchange *e)
{
	bool writes = e->method == XCAP_PUT || e->method == XCAP_DELETE;

	if (!writes || (!e->usage->is_global && e->where.target != XCAP_NAMESPACES))
		return true;
	xcap_say(e, 405, "This can only be read.");
	xcap_add_header(e, "Allow", "GET, HEAD");
	return false;
}

/* ---- who asks ---- */

/* The user's own domain; for what is nobody's, and for others' domains, our first. */
static struct slice realm_of(struct xcap_exchange *e)
{
	struct slice domain = slice_skip(e->aor, slice_find(e->aor, '@') + 1);
	const struct slice *aliases;

	if (domain.len && lcs_is_own_host(gen_peek(), domain, 0))
		return domain;
	return lcs_aliases(gen_peek(), &aliases) ? aliases[0] : SLICE("lcs");
}

static bool is_allowed(struct xcap_exchange *e)
{
	struct slice realm = realm_of(e), who;

	if (xcap_basic_is_meant(e))
		return xcap_basic_begin(e, realm, xcap_exchange_run);
	switch (xcap_login(e->x, e->arena, &e->request, realm, &who)) {
	case XCAP_LOGIN_OK:
		break;
	case XCAP_LOGIN_BAD:
		return !xcap_say(e, 400, "The credentials are malformed.");
	case XCAP_LOGIN_BRAKED:
		return !xcap_say_braked(e);
	case XCAP_LOGIN_STALE:
		return !xcap_challenge(e, realm, true);
	default:
		return !xcap_challenge(e, realm, false);
	}
	return xcap_belongs(e, who);
}

/* ---- from HTTP ---- */

static bool copy_request(struct xcap_exchange *e, const struct xcap_request *r)
{
	struct slice *const texts[] = { &e->request.method, &e->request.target,
	    &e->request.authorization, &e->request.if_match, &e->request.if_none_match,
	    &e->request.content_type };

	e->request = *r;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		/* With Basic there is a password in it. */
		if (texts[i]->len)
			*texts[i] = texts[i] == &e->request.authorization ?
			    arena_dup_secret(e->arena, *texts[i]) : arena_dup(e->arena, *texts[i]);
		if (texts[i]->len && !texts[i]->p)
			return false;
	}
	return true;
}

static void count_request(const struct xcap_exchange *e)
{
	struct xcap_local *stats = e->x->stats;

	lcs_count(e->method == XCAP_PUT ? &stats->puts : e->method == XCAP_DELETE ?
	    &stats->deletes : &stats->gets);
	if (e->usage)
		lcs_count((uint64_t *)(void *)((char *)stats + e->usage->stat));
}

bool xcap_exchange_head(struct xcap_exchange *e, const struct xcap_request *r)
{
	lcs_count(&e->x->stats->requests);
	if (!copy_request(e, r))
		return xcap_say(e, 503, "Memory is short.");
	if (!find_method(e)) {
		xcap_say(e, 405, "XCAP has GET, PUT and DELETE.");
		return xcap_add_header(e, "Allow", "GET, HEAD, PUT, DELETE");
	}
	if (!find_target(e) || !is_allowed(e) || !may_write(e)) {
		count_request(e);
		return true;
	}
	count_request(e);
	return false;
}

bool xcap_exchange_body(struct xcap_exchange *e, struct slice bytes)
{
	size_t most = (size_t)xcap_conf(e->x)->max_body;

	if (!e->body)
		e->body = buf_new(bytes.len);
	if (!e->body || bytes.len > most || e->body->len > most - bytes.len)
		return xcap_say(e, e->body ? 413 : 503, "Too long.");
	buf_put(e->body, bytes);
	return e->body->failed && xcap_say(e, 503, "Memory is short.");
}

bool xcap_exchange_run(struct xcap_exchange *e)
{
	e->is_whole = true;
	if (e->is_asking || e->is_refused)
		return !e->is_asking;
	return e->method == XCAP_GET || e->method == XCAP_HEAD ? xcap_get_run(e) : xcap_change_run(e);
}

void xcap_exchange_abandon(struct xcap_exchange *e)
{
	e->answer = (struct xcap_answer){ .status = 503 };
}
