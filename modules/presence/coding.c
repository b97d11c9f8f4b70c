/*
 * modules/presence/coding.c - bodies that come packed (RFC 3261 20.12), as linphone's lists do.
 *
 * "deflate" is zlib's format there as it is in HTTP; zlib itself tells it from gzip's.
 */
#include "modules/presence/presence.h"

#include <errno.h>
#define ZLIB_CONST
#include <zlib.h>

#define WINDOW_BITS 15
#define EITHER_FORM 32			/* added to the bits: zlib's or gzip's, as the data says */

static bool is_known(struct slice coding)
{
	return slice_eq_nocase(coding, SLICE("deflate")) || slice_eq_nocase(coding, SLICE("gzip")) ||
	    slice_eq_nocase(coding, SLICE("x-gzip"));
}

static int inflate_all(z_stream *z, struct buf *out, int64_t max_bytes)
{
	unsigned char chunk[4096];
	int err;

	do {
		z->next_out = chunk;
		z->avail_out = sizeof(chunk);
		err = inflate(z, Z_NO_FLUSH);
		buf_put(out, slice_of((const char *)chunk, sizeof(chunk) - z->avail_out));
	} while (err == Z_OK && (int64_t)out->len <= max_bytes && !out->failed);
	if (out->failed || err == Z_MEM_ERROR)
		return -ENOMEM;
	if ((int64_t)out->len > max_bytes)
		return -E2BIG;
	return err == Z_STREAM_END && !z->avail_in ? 0 : -EBADMSG;
}

static int unpack(struct arena *arena, int64_t max_bytes, struct slice *body)
{
	z_stream z = { .next_in = (const Bytef *)body->p, .avail_in = (uInt)body->len };
	struct buf *out = buf_new(4096);
	int err = -ENOMEM;

	if (out && inflateInit2(&z, WINDOW_BITS + EITHER_FORM) == Z_OK) {
		err = inflate_all(&z, out, max_bytes);
		inflateEnd(&z);
	}
	if (!err) {
		*body = arena_dup(arena, buf_slice(out));
		err = body->p || !out->len ? 0 : -ENOMEM;
	}
	buf_unref(&out);
	return err;
}

static int undo(struct arena *arena, struct sip_view *view, int64_t max_bytes,
    struct slice *body)
{
	struct hdr_ref h;

	if ((int64_t)body->len > max_bytes)
		return -E2BIG;
	if (!body->len || !view_hdr(view, HDR_CONTENT_ENCODING, SLICE_NULL, 0, &h) ||
	    slice_eq_nocase(h.value, SLICE("identity")))
		return 0;
	/* Packed more than once, or in a way that is not known. */
	if (view_value_count(view, HDR_CONTENT_ENCODING) != 1 || !is_known(h.value))
		return -EOPNOTSUPP;
	return unpack(arena, max_bytes, body);
}

int coding_body(struct arena *arena, struct sip_view *view, int64_t max_bytes,
    struct slice *out, uint16_t *status, const char **reason)
{
	static const struct { int err; uint16_t status; const char *reason; } refusals[] = {
		{ -E2BIG, 413, "Body Too Large" }, { -EBADMSG, 400, "Body Cannot Be Unpacked" },
		{ -EOPNOTSUPP, 415, "Unsupported Media Type" },
	};
	int err;

	*out = view_body(view);
	err = undo(arena, view, max_bytes, out);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].err != err)
			continue;
		*status = refusals[i].status;
		*reason = refusals[i].reason;
		return -EBADMSG;
	}
	return err;
}
