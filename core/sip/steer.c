/*
 * core/sip/steer.c - see steer.h.
 */
#include "core/sip/steer.h"

#include "core/sip/api.h"
#include "core/sip/counters.h"
#include "utils/list.h"
#include "utils/spare.h"

#include <string.h>

#define LINES_MAX 24u			/* that are looked at; Call-ID is among the first */

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

/* Folded values and strange names are left to the parser. */
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

bool steer_key(struct slice bytes, uint64_t *key)
{
	bool is_about_user = slice_starts(bytes, SLICE("REGISTER "));
	struct slice text = is_about_user ? aor_in(find_value(bytes, SLICE("to"), 't')) :
	    find_value(bytes, SLICE("call-id"), 'i');

	if (text.len == 0)
		return false;
	*key = is_about_user ? lcs_user_key(text) : lcs_key(text);
	return true;
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

/* If the other is behind, only the parsed message tells whether it may be refused. */
static bool take(struct slice bytes, const struct sip_hop *from)
{
	struct steered *s;
	uint64_t key;

	if (worker_count() < 2 || from->name.len > 0 || !steer_key(bytes, &key) ||
	    worker_of(key) == (unsigned)worker_self())
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

void steer_start(void)
{
	net_set_taker(take);
}
