/*
 * modules/presence/answer.c - the answer to a SUBSCRIBE (RFC 6665 4.2.1.3; LCS clients want
 * the first notice in it).
 */
#include "modules/presence/asking.h"

#include <errno.h>

static void respond(struct asking *a)
{
	struct response_parts parts = { .status = a->status, .reason = slice_str(a->reason),
	    .extra_lines = buf_slice(a->lines), .copy_record_route = a->status < 300 };

	if (a->has_tag)
		parts.to_tag = slice_of(a->tag, TAG_CHARS);
	if (a->body) {
		parts.content_type = a->body->content_type;
		parts.body = a->body->text;
	}
	if (a->lines->failed)
		parts = (struct response_parts){ .status = 500, .reason = SLICE("Out of memory") };
	lcs_respond(a->ctx, &parts);
	if (a->status >= 300)
		lcs_count(&local_of(a->p)->subscribes_refused);
	a->is_done = true;
}

/* The script goes on. */
static void deliver(struct inbox_item *item)
{
	struct asking *a = container_of(item, struct asking, item);
	struct lcs_ctx *ctx = a->ctx;
	bool is_good = a->status < 300;

	respond(a);
	buf_unref(&a->lines);
	presence_body_unref(&a->body);
	lcs_resume(ctx, value_bool(is_good));
	lcs_ctx_unref(&ctx);
}

void answer_give(struct asking *a)
{
	if ((int)a->home != worker_self()) {
		a->item.run = deliver;
		worker_post(a->home, &a->item, INBOX_MUST);
	} else if (a->is_sync) {
		respond(a);
	} else {
		deliver(&a->item);
	}
}

void answer_refuse(struct asking *a, uint16_t status, const char *reason)
{
	a->status = status;
	a->reason = reason;
	if (status == 503)
		buf_put(a->lines, SLICE("Retry-After: 30\r\n"));
	answer_give(a);
}

static const struct { int err; uint16_t status; const char *reason, *lines; } list_errors[] = {
	{ -EBADMSG, 400, "Malformed List", NULL },
	{ -E2BIG, 403, "Too Many Entries", NULL },
	{ -EACCES, 403, "Not Your List", NULL },
	{ -ENOENT, 404, "No Such List", NULL },
	{ -EMEDIUMTYPE, 415, "Unsupported Media Type", "Accept: application/resource-lists+xml, "
	    "application/adrl+xml\r\n" },
	{ -EPROTONOSUPPORT, 421, "Extension Required", "Require: eventlist\r\n" },
	{ -EOPNOTSUPP, 488, "The List Points Elsewhere", NULL },
	{ 0, 500, "Out of memory", NULL },
};

void answer_list_error(struct asking *a, int err)
{
	size_t i = 0;

	while (list_errors[i].err && list_errors[i].err != err)
		i++;
	if (list_errors[i].lines)
		buf_put(a->lines, slice_str(list_errors[i].lines));
	a->status = list_errors[i].status;
	a->reason = list_errors[i].reason;
}

static void put_lcs_lines(struct asking *a, const struct presence_sub *sub, int64_t expires)
{
	struct buf *b = a->lines;

	buf_put(b, SLICE("Event: "));
	buf_put(b, a->pkg->pk->name);
	buf_printf(b, "\r\nsubscription-state: %s;expires=%lld\r\n",
	    expires == 0 ? "terminated" :
	    sub->info.state == PRESENCE_SUB_PENDING ? "pending" : "active", (long long)expires);
	if (a->autoextend)
		buf_put(b, SLICE("Supported: com.microsoft.autoextend\r\n"));
	if (a->benotify)
		buf_put(b, SLICE("Supported: ms-benotify\r\n"));
	if (a->piggyback)
		buf_put(b, SLICE("Supported: ms-piggyback-first-notify\r\n"));
	if (a->body) {
		buf_printf(b, "ms-piggyback-cseq: %u\r\n", sub->dialog->local_cseq);
		buf_put(b, a->body->extra_lines);
	}
}

void answer_accept(struct asking *a, struct presence_sub *sub, int64_t expires)
{
	a->status = a->is_suppressed ? 204 : 200;
	a->reason = a->is_suppressed ? "No Notification" : "OK";
	memcpy(a->tag, sub->info.id.p, TAG_CHARS);
	a->has_tag = true;
	buf_put(a->lines, SLICE("Expires: "));
	buf_put_u64(a->lines, (uint64_t)expires);
	buf_put(a->lines, SLICE("\r\nContact: "));
	buf_put(a->lines, a->t.contact);
	buf_put(a->lines, SLICE("\r\n"));
	/* RFC 4662 4.2: the client shall know that it watches a list. A body says so itself. */
	if ((sub->info.flags & PRESENCE_SUB_LIST) && !a->body)
		buf_put(a->lines, SLICE("Require: eventlist\r\n"));
	if (a->benotify || a->piggyback)
		put_lcs_lines(a, sub, expires);
	answer_give(a);
}
