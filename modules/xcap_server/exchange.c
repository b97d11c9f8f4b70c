/*
 * modules/xcap_server/exchange.c - what a request points to, who asks, and what is read.
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
	struct arena *arena;

	*p = NULL;
	if (!e || !xcap_change_forget(e))
		return;
	buf_unref(&e->body);
	arena = e->arena;
	arena_free(&arena);
}

const struct xcap_answer *xcap_exchange_answer(const struct xcap_exchange *e)
{
	return &e->answer;
}

/* ---- answers ---- */

static void count(struct xcap_local *stats, unsigned status)
{
	const struct { unsigned status; uint64_t *counter; } table[] = {
		{ 200, &stats->ok }, { 201, &stats->created }, { 304, &stats->not_modified },
		{ 401, &stats->unauthorized }, { 403, &stats->forbidden }, { 404, &stats->not_found },
		{ 409, &stats->conflicts }, { 412, &stats->not_met }, { 413, &stats->too_large },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].status == status) {
			lcs_count(table[i].counter);
			return;
		}
	lcs_count(status < 500 ? &stats->refused : &stats->failures);
}

static bool answer(struct xcap_exchange *e, unsigned status, const char *type, struct slice body)
{
	e->answer.status = status;
	e->answer.content_type = body.p ? type : NULL;
	e->answer.body = body;
	count(e->x->stats, status);
	return true;
}

bool xcap_say(struct xcap_exchange *e, unsigned status, const char *text)
{
	return answer(e, status, "text/plain; charset=utf-8",
	    text ? arena_printf(e->arena, "%s\n", text) : SLICE_NULL);
}

bool xcap_say_error(struct xcap_exchange *e, const struct xcap_error *error)
{
	struct buf *b = buf_new(512);
	struct slice body = SLICE_NULL;

	if (b)
		xcap_error_write(b, error);
	if (b && !b->failed)
		body = arena_dup(e->arena, buf_slice(b));
	buf_unref(&b);
	return answer(e, 409, "application/xcap-error+xml", body);
}

static bool add_header(struct xcap_exchange *e, const char *name, const char *value)
{
	if (!value || e->answer.header_count == XCAP_HEADERS_MAX)
		return false;
	e->answer.headers[e->answer.header_count].name = name;
	e->answer.headers[e->answer.header_count++].value = value;
	return true;
}

static struct slice etag(struct xcap_exchange *e, uint32_t number, bool is_kept)
{
	return arena_printf(e->arena, "\"%u%s\"", number, is_kept ? "k" : "");
}

void xcap_add_etag(struct xcap_exchange *e, uint32_t number, bool is_kept)
{
	struct slice text = etag(e, number, is_kept);

	add_header(e, "ETag", text.p ? arena_dup_cstr(e->arena, text) : NULL);
}

/* ---- the document ---- */

static bool is_of_part(const struct xcap_kept *kept, const struct xcap_state *s)
{
	return kept && kept->number == s->number;
}

int xcap_state(struct xcap_exchange *e, struct xcap_state *s)
{
	const struct xcap_kept *kept = e->usage->is_global ? NULL :
	    xcap_kept_find(e->x, e->usage, e->aor);
	struct buf *b;

	*s = (struct xcap_state){ .number = e->usage->number(e->x, e->aor) };
	if (is_of_part(kept, s)) {
		s->exists = s->is_kept = true;
		s->text = arena_dup(e->arena, kept->text);
		return s->text.p ? 0 : -ENOMEM;
	}
	if (!e->usage->write)
		return 0;
	b = buf_new(1024);
	if (!b)
		return -ENOMEM;
	s->exists = e->usage->write(e->x, e->aor, b, &s->number);
	s->text = s->exists && !b->failed ? arena_dup(e->arena, buf_slice(b)) : SLICE_NULL;
	buf_unref(&b);
	return s->exists && !s->text.p ? -ENOMEM : 0;
}

/* ---- conditions (RFC 9110 13.1, RFC 4825 7.11) ---- */

static bool names(struct slice list, struct slice tag, bool exists, bool weak)
{
	while (list.len) {
		struct slice one = slice_trim(slice_split(&list, ','));

		if (weak && slice_starts(one, SLICE("W/")))
			one = slice_skip(one, 2);
		if (exists && (slice_eq(one, SLICE("*")) || slice_eq(one, tag)))
			return true;
	}
	return false;
}

bool xcap_is_met(struct xcap_exchange *e, const struct xcap_state *s, bool exists)
{
	struct slice tag = etag(e, s->number, s->is_kept);

	if (e->request.if_match.len && !names(e->request.if_match, tag, exists, false)) {
		xcap_say(e, 412, "The document is another by now.");
		return false;
	}
	if (!e->request.if_none_match.len || !names(e->request.if_none_match, tag, exists, true))
		return true;
	if (e->method == XCAP_GET || e->method == XCAP_HEAD) {
		xcap_say(e, 304, NULL);
		xcap_add_etag(e, s->number, s->is_kept);
	} else {
		xcap_say(e, 412, "There is one already.");
	}
	return false;
}

/* ---- GET ---- */

struct xml_limits xcap_limits(const struct xcap_exchange *e)
{
	return (struct xml_limits){ (size_t)xcap_conf(e->x)->max_body + 4096, 24, 16384 };
}

static const char *const piece_types[] = {
	[XCAP_ELEMENT] = "application/xcap-el+xml",
	[XCAP_ATTRIBUTE] = "application/xcap-att+xml",
	[XCAP_NAMESPACES] = "application/xcap-ns+xml",
};

static struct xml_node *find_piece(struct xcap_exchange *e, const struct xcap_state *s)
{
	const struct xml_limits limits = xcap_limits(e);
	struct xml_defect why;
	struct xml_node *root;

	if (!s->exists || xml_read(e->arena, s->text, &limits, &root, &why) != 0)
		return NULL;
	return xcap_select(root, e->where.steps, e->where.count);
}

static bool get_piece(struct xcap_exchange *e, const struct xcap_state *s)
{
	struct xml_node *n = find_piece(e, s);
	struct buf *b = buf_new(512);
	struct slice body = SLICE_NULL;
	bool is_there = n && b && xcap_write_piece(b, n, &e->where);

	if (is_there && !b->failed)
		body = arena_dup(e->arena, buf_slice(b));
	buf_unref(&b);
	if (!is_there)
		return xcap_say(e, 404, "There is nothing in the document that this leads to.");
	if (!xcap_is_met(e, s, true))
		return true;
	answer(e, 200, piece_types[e->where.target], body);
	xcap_add_etag(e, s->number, s->is_kept);
	return true;
}

static bool get(struct xcap_exchange *e)
{
	struct xcap_state s;

	if (xcap_state(e, &s) != 0)
		return xcap_say(e, 503, "Memory is short.");
	if (!s.exists && e->where.target == XCAP_DOCUMENT)
		return xcap_say(e, 404, "There is no such document.");
	if (e->where.target != XCAP_DOCUMENT)
		return get_piece(e, &s);
	if (!xcap_is_met(e, &s, true))
		return true;
	answer(e, 200, arena_dup_cstr(e->arena, e->usage->mime), s.text);
	xcap_add_etag(e, s.number, s.is_kept);
	return true;
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
	add_header(e, "Allow", "GET, HEAD");
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

static void challenge(struct xcap_exchange *e, struct slice realm, bool stale)
{
	struct slice values[AUTH_OFFERS_MAX];
	unsigned n = e->x->auth->offers(e->x->auth_state, e->arena, realm, stale, values);

	xcap_say(e, 401, "Say who you are.");
	for (unsigned i = 0; i < n; i++)
		add_header(e, "WWW-Authenticate", arena_dup_cstr(e->arena, values[i]));
}

static bool is_allowed(struct xcap_exchange *e)
{
	struct slice realm = realm_of(e), who;

	switch (xcap_login(e->x, e->arena, &e->request, realm, &who)) {
	case XCAP_LOGIN_OK:
		break;
	case XCAP_LOGIN_BAD:
		return !xcap_say(e, 400, "The credentials are malformed.");
	case XCAP_LOGIN_BRAKED:
		lcs_count(&e->x->stats->braked);
		xcap_say(e, 403, "Too many wrong passwords, try later.");
		add_header(e, "Retry-After", "900");
		return false;
	case XCAP_LOGIN_STALE:
		challenge(e, realm, true);
		return false;
	default:
		challenge(e, realm, false);
		return false;
	}
	if (e->usage->is_global || slice_eq_nocase(who, e->aor))
		return true;
	return !xcap_say(e, 403, "This belongs to another user.");
}

/* ---- from HTTP ---- */

static bool copy_request(struct xcap_exchange *e, const struct xcap_request *r)
{
	struct slice *const texts[] = { &e->request.method, &e->request.target,
	    &e->request.authorization, &e->request.if_match, &e->request.if_none_match,
	    &e->request.content_type };

	e->request = *r;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (texts[i]->len)
			*texts[i] = arena_dup(e->arena, *texts[i]);
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
		return add_header(e, "Allow", "GET, HEAD, PUT, DELETE");
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
	return e->method == XCAP_GET || e->method == XCAP_HEAD ? get(e) : xcap_change_run(e);
}

void xcap_exchange_abandon(struct xcap_exchange *e)
{
	e->answer = (struct xcap_answer){ .status = 503 };
}
