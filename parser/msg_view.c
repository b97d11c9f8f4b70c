/*
 * parser/msg_view.c - asking a message: headers as they came, and typed views that are
 * made at the first question and remembered, failure too.
 */
#include "parser/msg_view.h"

#include "parser/quick.h"

#include <errno.h>

static bool same_name(const struct hdr *a, const struct hdr *b)
{
	return a->id == b->id &&
	    (a->id != HDR_OTHER || slice_eq_nocase(a->name, b->name));
}

const struct hdr *msg_hdr_next(const struct sip_msg *msg, const struct hdr *h)
{
	const struct hdr *end = msg->hdrs + msg->hdr_count;

	for (const struct hdr *next = h + 1; next < end; next++)
		if (same_name(next, h))
			return next;
	return NULL;
}

const struct hdr *msg_hdr_named(const struct sip_msg *msg, struct slice name)
{
	enum hdr_id id = hdr_by_name(name);
	const struct hdr *h = msg_hdr(msg, id);

	if (id != HDR_OTHER || !h)
		return h;
	for (; h < msg->hdrs + msg->hdr_count; h++)
		if (h->id == HDR_OTHER && slice_eq_nocase(h->name, name))
			return h;
	return NULL;
}

static int make_uri(struct slice value, void *out, struct sip_defect *why)
{
	const char *end = slice_end(value);

	if (value.len > 0 && uri_quick(value.p, end, out) == end)
		return 0;
	return uri_read(value, out, why);
}

static int make_name_addr(struct slice value, void *out, struct sip_defect *why)
{
	return name_addr_read(value, out, why);
}

static int make_cseq(struct slice value, void *out, struct sip_defect *why)
{
	return sip_cseq_parse(value, out, why);
}

static int make_first_via(struct slice value, void *out, struct sip_defect *why)
{
	struct slice first;

	if (via_quick(value, out))
		return 0;
	if (!hdr_next_value(&value, &first))
		return sip_defect(why, value, "Via is empty");
	return via_read(first, out, why);
}

static int make_first_name_addr(struct slice value, void *out, struct sip_defect *why)
{
	struct slice first;

	if (!hdr_next_value(&value, &first))
		return sip_defect(why, value, "Header has no value");
	return name_addr_read(first, out, why);
}

static const struct {
	size_t size;
	int  (*make)(struct slice value, void *out, struct sip_defect *why);
} makers[HDR_TYPED] = {
	[HDR_VIA] = { sizeof(struct sip_via), make_first_via },
	[HDR_FROM] = { sizeof(struct name_addr), make_name_addr },
	[HDR_TO] = { sizeof(struct name_addr), make_name_addr },
	[HDR_CSEQ] = { sizeof(struct sip_cseq), make_cseq },
	[HDR_CONTACT] = { sizeof(struct name_addr), make_first_name_addr },
	[HDR_ROUTE] = { sizeof(struct name_addr), make_first_name_addr },
	[HDR_RECORD_ROUTE] = { sizeof(struct name_addr), make_first_name_addr },
	[HDR_PATH] = { sizeof(struct name_addr), make_first_name_addr },
	[HDR_SERVICE_ROUTE] = { sizeof(struct name_addr), make_first_name_addr },
	[HDR_P_ASSERTED_IDENTITY] = { sizeof(struct name_addr), make_first_name_addr },
	[HDR_P_PREFERRED_IDENTITY] = { sizeof(struct name_addr), make_first_name_addr },
	[HDR_REFER_TO] = { sizeof(struct name_addr), make_name_addr },
	[HDR_REFERRED_BY] = { sizeof(struct name_addr), make_name_addr },
	[HDR_REPLY_TO] = { sizeof(struct name_addr), make_name_addr },
};

bool msg_is_name_addr(enum hdr_id id)
{
	return id < HDR_TYPED &&
	    (makers[id].make == make_name_addr || makers[id].make == make_first_name_addr);
}

static inline bool is_made(const void *view)
{
	return view && view != SIP_TYPED_BAD;
}

static inline int remember(struct sip_msg *msg, const void **slot, size_t size,
    int (*make)(struct slice, void *, struct sip_defect *), struct slice value,
    struct sip_defect *why)
{
	void *out;
	int err;

	if (is_made(*slot))
		return 0;
	if (*slot && !why)
		return -EBADMSG;
	out = arena_alloc(msg->arena, size);
	if (!out)
		return -ENOMEM;
	err = make(value, out, why);
	*slot = err ? SIP_TYPED_BAD : out;
	return err;
}

int msg_ask(struct sip_msg *msg, enum hdr_id id, struct sip_defect *why)
{
	const struct hdr *h = msg_hdr(msg, id);

	if (!h)
		return -ENOENT;
	return remember(msg, &msg->typed[id], makers[id].size, makers[id].make, h->value, why);
}

int msg_ask_uri(struct sip_msg *msg, struct sip_defect *why)
{
	if (!msg->is_request)
		return -ENOENT;
	return remember(msg, &msg->typed_uri, sizeof(struct sip_uri), make_uri,
	    msg->request_uri, why);
}

const void *msg_typed(struct sip_msg *msg, enum hdr_id id)
{
	if (is_made(msg->typed[id]))
		return msg->typed[id];
	return msg_ask(msg, id, NULL) == 0 ? msg->typed[id] : NULL;
}

const struct sip_uri *msg_request_uri(struct sip_msg *msg)
{
	if (is_made(msg->typed_uri))
		return msg->typed_uri;
	return msg_ask_uri(msg, NULL) == 0 ? msg->typed_uri : NULL;
}

const struct name_addr *msg_name_addr(struct sip_msg *msg, enum hdr_id id)
{
	return msg_is_name_addr(id) ? msg_typed(msg, id) : NULL;
}

struct slice msg_to_aor(struct sip_msg *msg)
{
	const struct name_addr *to = msg->to_aor.p ? NULL : msg_to(msg);

	if (to)
		msg->to_aor = sip_uri_aor(msg->arena, &to->uri);
	return msg->to_aor;
}

static int64_t number(const struct sip_msg *msg, enum hdr_id id, uint32_t max)
{
	const struct hdr *h = msg_hdr(msg, id);
	uint32_t n;

	if (!h)
		return -1;
	return slice_to_u32(h->value, &n) == 0 && n <= max ? (int64_t)n : -EBADMSG;
}

int64_t msg_max_forwards(struct sip_msg *msg)
{
	return number(msg, HDR_MAX_FORWARDS, 255);	/* RFC 3261 20.22 */
}

int64_t msg_expires(struct sip_msg *msg)
{
	return number(msg, HDR_EXPIRES, UINT32_MAX);
}
