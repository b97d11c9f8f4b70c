/*
 * modules/msilo/note.c - see note.h.
 */
#include "modules/msilo/note.h"

#include "parser/date.h"

#include <errno.h>

/* What else belongs to the body or to the conversation. Names of headers lcs has no number for
 * are looked for by their text. */
static const char *const kept[] = {
	"Subject", "Content-Encoding", "Content-Language", "Content-Disposition", "In-Reply-To",
	"Priority", "Ms-Conversation-ID", "Ms-Sender",
};

static struct slice value_of(const struct sip_view *v, const char *name)
{
	enum hdr_id id = hdr_by_name(slice_str(name));
	struct hdr_ref h;

	return view_hdr(v, id, id == HDR_OTHER ? slice_str(name) : SLICE_NULL, 0, &h) ? h.value :
	    SLICE_NULL;
}

static int read_lines(struct arena *arena, const struct sip_view *v, struct slice *out)
{
	*out = SLICE("");
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		struct slice value = value_of(v, kept[i]);

		if (!value.len)
			continue;
		*out = arena_printf(arena, "%.*s%s: %.*s\r\n", SLICE_ARG(*out), kept[i],
		    SLICE_ARG(hdr_unfold(arena, value)));
		if (!out->p)
			return -ENOMEM;
	}
	return 0;
}

static int read_sender(struct arena *arena, const struct sip_view *v, struct slice *out)
{
	const struct name_addr *from = view_name_addr(arena, v, HDR_FROM);

	if (!from)
		return -EINVAL;
	*out = arena_printf(arena, "%.*s%s<%.*s>", SLICE_ARG(from->display),
	    from->display.len ? " " : "", SLICE_ARG(from->uri.text));
	return out->p ? 0 : -ENOMEM;
}

static void read_times(const struct sip_view *v, int64_t now, int64_t longest, struct note *out)
{
	struct slice date = value_of(v, "Date"), expires = value_of(v, "Expires");
	uint64_t seconds;

	out->sent = now;
	if (date.len && sip_date_parse(date, &out->sent) != 0)
		out->sent = now;
	out->expires = now + longest;
	if (expires.len && slice_to_u64(slice_trim(expires), &seconds) == 0 &&
	    seconds < (uint64_t)longest)
		out->expires = now + (int64_t)seconds;
}

static bool is_of_type(struct slice value, struct slice type)
{
	struct slice head = slice_trim(slice_split(&value, ';'));

	return slice_eq_nocase(head, type);
}

int note_read(struct arena *arena, const struct sip_view *view, int64_t now, int64_t longest,
    struct note *out)
{
	const struct name_addr *to = view_name_addr(arena, view, HDR_TO);
	int err;

	out->type = value_of(view, "Content-Type");
	out->body = view_body(view);
	if (!out->type.len || !out->body.len || (to && to->tag.len) ||
	    is_of_type(out->type, SLICE("application/im-iscomposing+xml")))
		return -EINVAL;
	out->type = hdr_unfold(arena, out->type);
	err = read_sender(arena, view, &out->sender);
	if (!err)
		err = read_lines(arena, view, &out->lines);
	read_times(view, now, longest, out);
	return err;
}

struct slice note_body(struct arena *arena, const struct note *n, bool with_date)
{
	char date[SIP_DATE_BYTES];
	size_t len = sip_date_format(n->sent, date);

	if (!with_date || !len || !is_of_type(n->type, SLICE("text/plain")) ||
	    slice_search(n->lines, SLICE("Content-Encoding")) < n->lines.len)
		return n->body;
	return arena_printf(arena, "[Offline message - %s] %.*s", date, SLICE_ARG(n->body));
}

/* These speak of the way, not of the message: tm's own among them (430, 440, 478). */
static bool may_change(unsigned status)
{
	static const uint16_t of_the_way[] = { 401, 405, 407, 408, 430, 440, 478, 480, 481, 486 };

	for (size_t i = 0; i < sizeof(of_the_way) / sizeof(of_the_way[0]); i++)
		if (of_the_way[i] == status)
			return true;
	return false;
}

bool note_is_settled(unsigned status)
{
	if (status < 300 || status >= 600)
		return true;
	return status >= 400 && status < 500 && !may_change(status);
}
