/*
 * modules/xcap_server/answer.c - what goes back to the client, and is counted.
 */
#include "modules/xcap_server/exchange.h"

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

bool xcap_answer(struct xcap_exchange *e, unsigned status, const char *type, struct slice body)
{
	e->answer.status = status;
	e->answer.content_type = body.p ? type : NULL;
	e->answer.body = body;
	count(e->x->stats, status);
	return true;
}

bool xcap_say(struct xcap_exchange *e, unsigned status, const char *text)
{
	return xcap_answer(e, status, "text/plain; charset=utf-8",
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
	return xcap_answer(e, 409, "application/xcap-error+xml", body);
}

bool xcap_add_header(struct xcap_exchange *e, const char *name, const char *value)
{
	if (!value || e->answer.header_count == XCAP_HEADERS_MAX)
		return false;
	e->answer.headers[e->answer.header_count].name = name;
	e->answer.headers[e->answer.header_count++].value = value;
	return true;
}

struct slice xcap_etag(struct xcap_exchange *e, uint32_t number, bool is_kept)
{
	return arena_printf(e->arena, "\"%u%s\"", number, is_kept ? "k" : "");
}

void xcap_add_etag(struct xcap_exchange *e, uint32_t number, bool is_kept)
{
	struct slice text = xcap_etag(e, number, is_kept);

	xcap_add_header(e, "ETag", text.p ? arena_dup_cstr(e->arena, text) : NULL);
}

static void offer_basic(struct xcap_exchange *e, struct slice realm)
{
	struct slice value = xcap_has_basic(e) ? arena_printf(e->arena,
	    "Basic realm=\"%.*s\", charset=\"UTF-8\"", SLICE_ARG(realm)) : SLICE_NULL;

	if (value.p)
		xcap_add_header(e, "WWW-Authenticate", arena_dup_cstr(e->arena, value));
}

bool xcap_challenge(struct xcap_exchange *e, struct slice realm, bool stale)
{
	struct slice values[AUTH_OFFERS_MAX];
	unsigned n = e->x->auth->offers(e->x->auth_state, e->arena, realm, stale, values);

	xcap_say(e, 401, "Say who you are.");
	for (unsigned i = 0; i < n; i++)
		xcap_add_header(e, "WWW-Authenticate", arena_dup_cstr(e->arena, values[i]));
	offer_basic(e, realm);
	return true;
}

bool xcap_say_braked(struct xcap_exchange *e)
{
	lcs_count(&e->x->stats->braked);
	xcap_say(e, 403, "Too many wrong passwords, try later.");
	return xcap_add_header(e, "Retry-After", "900");
}

bool xcap_belongs(struct xcap_exchange *e, struct slice who)
{
	if (e->usage->is_global || slice_eq_nocase(who, e->aor))
		return true;
	return !xcap_say(e, 403, "This belongs to another user.");
}
