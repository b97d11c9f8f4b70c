/*
 * maxfwd - requests that have travelled too far, in circles, or too broadly.
 *
 * Max-Forwards by RFC 3261 16.3 and 16.6, loop check and Max-Breadth by
 * RFC 5393. The marks that the loop check looks for are put into our branches
 * by whoever forwards.
 */
#include "core/lcs.h"

#include <errno.h>

#define BREADTH_PRESET 60		/* RFC 5393 5.3.3 */

struct maxfwd_conf { int64_t max_limit; };
struct maxfwd_local { uint64_t too_many_hops, loops, too_broad; };

/* ---- numbers in headers ---- */

/* -ENOENT: no such header; -EBADMSG: no number up to 255 there. */
static int read_number(struct lcs_ctx *ctx, enum hdr_id id, struct hdr_ref *h, uint32_t *out)
{
	struct sip_view view = lcs_view(ctx);

	*h = (struct hdr_ref){ 0 };
	if (!view_hdr(&view, id, SLICE_NULL, 0, h))
		return -ENOENT;
	return slice_to_u32(h->value, out) == 0 && *out <= 255 ? 0 : -EBADMSG;
}

static int write_number(struct lcs_ctx *ctx, const struct hdr_ref *h, struct slice name, uint64_t n)
{
	struct arena *arena = lcs_arena(ctx);
	struct slice text = arena_decimal(arena, n);

	if (!text.p)
		return -ENOMEM;
	if (h->name.len)
		return edit_value_in_arena(arena, lcs_edits(ctx), h, text);
	return edit_add(arena, lcs_edits(ctx), EDIT_AT_END, name, text);
}

/* ---- Max-Forwards ---- */

/* Lowered at once, so that what is forwarded later is right whoever forwards it. */
static enum fn_status process(struct lcs_call *call)
{
	const struct maxfwd_conf *conf = call->conf;
	int64_t limit = call->argv[0].i;
	struct hdr_ref h;
	uint32_t n = 0;
	int err = read_number(call->ctx, HDR_MAX_FORWARDS, &h, &n);

	if (err == 0 && n == 0) {
		lcs_count(&((struct maxfwd_local *)call->local)->too_many_hops);
		return fn_bool(call, false);
	}
	/* Absent or absurd counts as the script's limit (16.6, item 3). */
	limit = err ? limit : n - 1;
	if (limit > conf->max_limit)
		limit = conf->max_limit;
	if (limit < 0)
		limit = 0;
	if (write_number(call->ctx, &h, SLICE("Max-Forwards"), (uint64_t)limit) != 0)
		return FN_FAILED;
	return fn_bool(call, true);
}

static enum fn_status is_below(struct lcs_call *call)
{
	struct hdr_ref h;
	uint32_t n;

	return fn_bool(call, read_number(call->ctx, HDR_MAX_FORWARDS, &h, &n) == 0 &&
	    (int64_t)n < call->argv[0].i);
}

/* ---- loops ---- */

static enum fn_status is_loop(struct lcs_call *call)
{
	bool looped = lcs_has_looped(call->ctx);

	if (looped)
		lcs_count(&((struct maxfwd_local *)call->local)->loops);
	return fn_bool(call, looped);
}

/* ---- Max-Breadth ---- */

static enum fn_status process_breadth(struct lcs_call *call)
{
	struct hdr_ref h;
	uint32_t n = 0;
	int err = read_number(call->ctx, HDR_MAX_BREADTH, &h, &n);

	call->ret = value_bool(err != 0 || n > 0);
	if (!call->ret.b)
		lcs_count(&((struct maxfwd_local *)call->local)->too_broad);
	else if (err && write_number(call->ctx, &h, SLICE("Max-Breadth"), BREADTH_PRESET) != 0)
		return FN_FAILED;
	return FN_DONE;
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_INT(struct maxfwd_conf, max_limit, "70", 1, 255,
	    "a request leaves with no more than this, whatever it came with"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "mf_process_maxfwd_header(limit: int 1..255 = 70) -> bool", process, IN_REQUEST, 0,
	  "lower Max-Forwards by one, or add it with this limit; false if it was 0 already: answer "
	  "483" },
	{ "is_maxfwd_lt(limit: int 1..255) -> bool", is_below, IN_REQUEST, 0,
	  "is Max-Forwards there and below the limit?" },
	{ "mf_is_loop() -> bool", is_loop, IN_REQUEST, 0,
	  "has this request been here before with the same Request-URI and Route (RFC 5393)? "
	  "answer 482" },
	{ "mf_process_max_breadth() -> bool", process_breadth, IN_REQUEST, 0,
	  "add Max-Breadth if it is missing; false if it is 0: answer 440 (RFC 5393)" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct maxfwd_local, too_many_hops, STAT_COUNTER, "requests with Max-Forwards 0"),
	LCS_STAT(struct maxfwd_local, loops, STAT_COUNTER, "requests that came back unchanged"),
	LCS_STAT(struct maxfwd_local, too_broad, STAT_COUNTER, "requests with Max-Breadth 0"),
	{ 0 }
};

LCS_MODULE(maxfwd,
	.summary = "Max-Forwards, loops and Max-Breadth",
	.flags = MODULE_MAY_LEAVE,
	.conf_size = sizeof(struct maxfwd_conf),
	.local_size = sizeof(struct maxfwd_local),
	.params = params,
	.funcs = funcs,
	.stats = stats,
);
