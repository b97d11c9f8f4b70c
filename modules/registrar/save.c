/*
 * modules/registrar/save.c - save(): carry out a REGISTER and answer it.
 */
#include "modules/registrar/request.h"

#include <errno.h>

struct saving {
	struct lcs_call   *call;	/* while the function is on the stack, else NULL */
	struct lcs_ctx    *ctx;
	struct registrar  *reg;
	struct reg_request request;
	int64_t            flags;
	bool               done;
	bool               was_there;	/* for registrar_answer() */
	struct value       ret;
};

static const struct { enum usrloc_result result; uint16_t status; const char *reason; } verdicts[] = {
	{ USRLOC_OUT_OF_ORDER, 500, "A later request was here first" },
	{ USRLOC_TOO_MANY, 403, "Too Many Endpoints" },
	{ USRLOC_TOO_LONG, 413, "Contact Too Long" },
	{ USRLOC_NO_STORE, 503, "Bindings cannot be stored" },
	{ USRLOC_NO_MEMORY, 503, "Out of memory" },
};

static struct registrar_local *stats_of(struct registrar *reg)
{
	return lcs_local(reg->mod);
}

static void refuse(struct saving *s, uint16_t status, const char *reason, struct slice extra)
{
	struct response_parts parts = { .status = status, .reason = slice_str(reason),
	    .extra_lines = extra };

	if (s->flags & SAVE_NO_REPLY)
		return;
	lcs_respond(s->ctx, &parts);
}

static void refuse_result(struct saving *s, enum usrloc_result result)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (verdicts[i].result != result)
			continue;
		refuse(s, verdicts[i].status, verdicts[i].reason,
		    verdicts[i].status == 503 ? SLICE("Retry-After: 30\r\n") : SLICE_NULL);
		if (verdicts[i].status == 503) {
			stats_of(s->reg)->store_unavailable++;
			lcs_set_err(s->ctx, "unavailable");
		}
	}
	stats_of(s->reg)->rejected++;
}

/* Runs on the call's owner, before save() returns or later. */
static void saved(void *arg, enum usrloc_result result, const struct usrloc_aor *now)
{
	struct saving *s = arg;
	struct lcs_ctx *ctx = s->ctx;

	s->ret = value_bool(result == USRLOC_OK);
	if (result == USRLOC_OK) {
		stats_of(s->reg)->accepted++;
		if (!(s->flags & SAVE_NO_REPLY))
			registrar_answer(ctx, s->reg, s->request.change.aor, now,
			    s->request.outbound, s->was_there);
	} else {
		refuse_result(s, result);
	}
	s->done = true;
	if (s->call)
		return;
	lcs_resume(ctx, s->ret);
	lcs_ctx_unref(&ctx);
}

static enum fn_status refused(struct saving *s, struct lcs_call *call)
{
	struct registrar_local *stats = stats_of(s->reg);

	if (s->request.foreign)
		stats->foreign++;
	else if (s->request.status == 423)
		stats->too_brief++;
	else
		stats->bad++;
	refuse(s, s->request.status, s->request.reason, slice_str(s->request.extra));
	return fn_bool(call, false);
}

static enum fn_status query(struct saving *s, struct lcs_call *call)
{
	stats_of(s->reg)->queries++;
	if (!(s->flags & SAVE_NO_REPLY))
		registrar_answer(s->ctx, s->reg, s->request.change.aor,
		    s->reg->usrloc->find(s->reg->usrloc_state, s->request.change.aor), false, false);
	return fn_bool(call, true);
}

/* Is it known already? Only those who add to our answers want to know. */
static bool is_there(const struct saving *s)
{
	const struct usrloc_aor *aor = s->reg->usrloc->find(s->reg->usrloc_state, s->request.change.aor);
	const struct usrloc_binding *want = &s->request.change.wants[0].binding;
	struct usrloc_binding b;

	for (unsigned i = 0; aor && i < aor->count; i++) {
		s->reg->usrloc->binding(aor, i, &b);
		if (slice_eq(b.contact, want->contact) ||
		    (want->instance.len && slice_eq(b.instance, want->instance)))
			return true;
	}
	return false;
}

enum fn_status registrar_save(struct lcs_call *call)
{
	struct saving *s = arena_zalloc(lcs_arena(call->ctx), sizeof(*s));
	int err;

	if (!s || !registrar_is_table(call->argv[0].s))
		return FN_FAILED;
	s->ctx = call->ctx;
	s->reg = call->shared;
	s->flags = call->argv[1].i;
	err = reg_request_read(call, &s->request);
	if (err == -EBADMSG)
		return refused(s, call);
	if (err)
		return FN_FAILED;
	if (!s->request.change.count)
		return query(s, call);
	if (s->flags & SAVE_REPLACE_ALL) {
		s->request.change.max_contacts = 1;
		s->request.change.replace_oldest = true;
	}
	s->was_there = s->reg->listener_count && is_there(s);
	s->call = call;
	if (s->reg->usrloc->change(s->reg->usrloc_state, &s->request.change, saved, s) != 0)
		return FN_FAILED;
	s->call = NULL;
	if (!s->done) {
		lcs_ctx_ref(s->ctx);
		return FN_SUSPENDED;
	}
	call->ret = s->ret;
	return FN_DONE;
}
