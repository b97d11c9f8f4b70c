/*
 * core/sip/steer.c - see steer.h.
 */
#include "core/sip/steer.h"

#include "core/sip/counters.h"
#include "core/sip/plan.h"
#include "utils/list.h"
#include "utils/siphash.h"
#include "utils/spare.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define LINES_MAX 24u			/* that are looked at; Call-ID is among the first */
#define KNOWN_BYTES 64u

/* ---- the guess ---- */

/* `line` begins with the name in lower case or its short form, and a colon; *value is set. */
static bool is_hdr(struct slice line, struct slice name, char brief, struct slice *value)
{
	struct slice s = line;

	if (s.len > name.len && slice_eq_nocase(slice_first(s, name.len), name))
		s = slice_skip(s, name.len);
	else if (s.len > 1 && ascii_lower(*s.p) == brief)
		s = slice_skip(s, 1);
	else
		return false;
	slice_skip_lws(&s);
	if (s.len == 0 || *s.p != ':')
		return false;
	*value = slice_trim(slice_skip(s, 1));
	return true;
}

/* Where a line may begin with the two letters; NULL if none is found, which proves nothing. */
static const char *find_line(struct slice bytes, const char letters[2])
{
#if defined(__SSE2__)
	const __m128i lf = _mm_set1_epi8('\n'), first = _mm_set1_epi8(letters[0]),
	    second = _mm_set1_epi8(letters[1]);
	const char *p = bytes.p, *end = slice_end(bytes);

	for (; end - p >= 18; p += 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + 1));
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(p + 2));
		__m128i hits = _mm_and_si128(_mm_cmpeq_epi8(a, lf), _mm_and_si128(
		    _mm_cmpeq_epi8(b, first), _mm_cmpeq_epi8(c, second)));
		unsigned mask = (unsigned)_mm_movemask_epi8(hits);

		if (mask)
			return p + __builtin_ctz(mask) + 1;
	}
#else
	(void)bytes;
	(void)letters;
#endif
	return NULL;
}

/* The usual spelling, found without looking at each line. The head must not have ended before:
 * whoever finds one in a body has guessed wrong, and no more. */
static bool find_usual(struct slice bytes, struct slice name, struct slice *value)
{
	const char *line = find_line(bytes, name.p), *lf;
	struct slice rest;

	if (!line)
		return false;
	rest = slice_between(line, slice_end(bytes));
	if (!slice_starts(rest, name))
		return false;
	rest = slice_skip(rest, name.len);
	lf = memchr(rest.p, '\n', rest.len);
	if (!lf)
		return false;
	*value = slice_trim(slice_between(rest.p, lf));
	return value->len > 0;
}

/* Any spelling. Folded values and strange names are left to the parser. */
static struct slice find_value(struct slice bytes, struct slice name, char brief)
{
	struct slice value;
	const char *eol;

	for (unsigned n = 0; n < LINES_MAX && bytes.len > 0; n++) {
		char first = ascii_lower(*bytes.p);

		eol = memchr(bytes.p, '\n', bytes.len);
		if (!eol || eol - bytes.p < 2)
			break;
		if ((first == *name.p || first == brief) && n > 0 &&
		    is_hdr(slice_between(bytes.p, eol), name, brief, &value))
			return value;
		bytes = slice_between(eol + 1, slice_end(bytes));
	}
	return SLICE_NULL;
}

static bool ends_aor(char c)
{
	return c == '>' || c == ';' || c == ':' || c == '?' || is_lws(c);
}

/* As it stands: nearly all write their address of record in its canonical form. */
static struct slice aor_in(struct slice to)
{
	struct slice aor;
	size_t at = slice_find(to, ':');

	if (at >= to.len)
		return SLICE_NULL;
	aor = slice_skip(to, at + 1);
	for (at = 0; at < aor.len && !ends_aor(aor.p[at]);)
		at++;
	return slice_first(aor, at);
}

static struct slice find(struct slice bytes, bool in_to)
{
	struct slice value;

	if (find_usual(bytes, in_to ? SLICE("To:") : SLICE("Call-ID:"), &value))
		return value;
	return in_to ? find_value(bytes, SLICE("to"), 't') :
	    find_value(bytes, SLICE("call-id"), 'i');
}

bool steer_key(struct slice bytes, uint64_t *key)
{
	bool is_about_user = slice_starts(bytes, SLICE("REGISTER "));
	struct slice text = find(bytes, is_about_user);

	if (is_about_user)
		text = aor_in(text);
	if (text.len == 0)
		return false;
	*key = is_about_user ? lcs_user_key(text) : steer_call_key(text);
	return true;
}

/* OPTIONS outside of a dialog, see ctx.c. */
static bool stays(struct slice bytes)
{
	struct slice to;

	if (!slice_starts(bytes, SLICE("OPTIONS ")))
		return false;
	to = find(bytes, true);
	return to.len > 0 && slice_search(to, SLICE(";tag=")) == to.len;
}

/* ---- the last key ---- */

/* It is asked for again as soon as the message is parsed, that of a user several times. */
struct known { size_t len; uint64_t key; char text[KNOWN_BYTES]; };

static bool is_known(const struct known *k, struct slice text)
{
	return text.len && text.len == k->len && memcmp(text.p, k->text, text.len) == 0;
}

static uint64_t remember(struct known *k, struct slice text, uint64_t key)
{
	k->key = key;
	k->len = text.len <= KNOWN_BYTES ? text.len : 0;
	if (k->len)
		memcpy(k->text, text.p, text.len);
	return key;
}

uint64_t steer_call_key(struct slice call_id)
{
	static _Thread_local struct known last;

	return is_known(&last, call_id) ? last.key : remember(&last, call_id, lcs_key(call_id));
}

uint64_t lcs_user_key(struct slice aor)
{
	static _Thread_local struct known last;

	if (is_known(&last, aor))
		return last.key;
	return remember(&last, aor, siphash_pieces(siphash_boot_key(), &aor, 1, 1u << 0));
}

/* ---- the way ---- */

struct steered {
	struct inbox_item item;
	msec_t            received_at;
	struct sip_hop    from;
	size_t            len;
	char              bytes[];
};

/* Of the message that was steered here and is being delivered; -1: none is. */
static _Thread_local msec_t read_at = -1;

msec_t steer_received_at(void)
{
	return read_at >= 0 ? read_at : loop_now(worker_loop());
}

static void arrived(struct inbox_item *item)
{
	struct steered *s = container_of(item, struct steered, item);

	read_at = s->received_at;
	net_deliver_taken(slice_of(s->bytes, s->len), &s->from);
	read_at = -1;
	spare_put(s, sizeof(*s) + s->len);
}

static struct steered *steered_new(struct slice bytes, const struct sip_hop *from)
{
	struct steered *s = spare_get(sizeof(*s) + bytes.len);

	if (!s)
		return NULL;
	s->item.run = arrived;
	s->received_at = loop_now(worker_loop());
	s->from = *from;
	s->len = bytes.len;
	memcpy(s->bytes, bytes.p, bytes.len);
	return s;
}

/* What looks at the messages of connections before anybody else does so on their owner. */
static bool is_watched(const struct sip_hop *from)
{
	const struct lcs_gen *gen = plan_of(gen_peek());

	return from->flow && (!gen || gen->hooks[STAGE_RECEIVED].count > 0);
}

/* If the other is behind, only the parsed message tells whether it may be refused. */
bool steer_take(struct slice bytes, const struct sip_hop *from)
{
	struct steered *s;
	uint64_t key;

	if (worker_count() < 2 || from->name.len > 0 || is_watched(from) || stays(bytes) ||
	    !steer_key(bytes, &key) || worker_of(key) == (unsigned)worker_self())
		return false;
	s = steered_new(bytes, from);
	if (!s)
		return false;
	if (worker_post(worker_of(key), &s->item, INBOX_MAY_REFUSE) != 0) {
		spare_put(s, sizeof(*s) + s->len);
		return false;
	}
	SIP_COUNT(handed_over);
	return true;
}
