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
