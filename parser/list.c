/*
 * parser/list.c - membership in list headers (RFC 3261 20.5, 20.32, 20.37).
 */
#include "parser/list.h"

bool hdr_list_has(struct slice list, struct slice word)
{
	struct slice value;

	while (hdr_next_value(&list, &value))
		if (slice_eq_nocase(slice_trim(slice_first(value, slice_find(value, ';'))), word))
			return true;
	return false;
}

bool msg_list_has(const struct sip_msg *msg, enum hdr_id id, struct slice word)
{
	for (const struct hdr *h = msg_hdr(msg, id); h; h = msg_hdr_next(msg, h))
		if (hdr_list_has(h->value, word))
			return true;
	return false;
}

bool view_list_has(const struct sip_view *view, enum hdr_id id, struct slice word)
{
	struct hdr_ref h = { 0 };

	while (view_next_hdr(view, id, SLICE_NULL, &h))
		if (hdr_list_has(h.value, word))
			return true;
	return false;
}

bool view_list_unknown(const struct sip_view *view, enum hdr_id id, struct slice list,
    struct slice *unknown)
{
	struct hdr_ref h = { 0 };

	while (view_next_hdr(view, id, SLICE_NULL, &h)) {
		struct slice rest = h.value;

		while (hdr_next_value(&rest, unknown))
			if (!hdr_list_has(list, *unknown))
				return true;
	}
	return false;
}

/* To out, if there is one; how many bytes. */
static size_t put_lacking(const struct sip_view *view, enum hdr_id id, struct slice list,
    char *out)
{
	struct value_walk w = { 0 };
	struct slice value;
	size_t len = 0;

	while (view_next_value(view, id, &w, &value)) {
		size_t comma = len ? 2 : 0;

		if (hdr_list_has(list, value))
			continue;
		if (out) {
			memcpy(out + len, ", ", comma);
			memcpy(out + len + comma, value.p, value.len);
		}
		len += comma + value.len;
	}
	return len;
}

struct slice view_list_lacking(struct arena *a, const struct sip_view *view, enum hdr_id id,
    struct slice list)
{
	size_t len = put_lacking(view, id, list, NULL);
	char *text;

	if (!len)
		return SLICE("");
	text = arena_bytes(a, len);
	if (!text)
		return SLICE_NULL;
	put_lacking(view, id, list, text);
	return slice_of(text, len);
}
