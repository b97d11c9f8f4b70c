/*
 * modules/msilo/rpc.c - lcsctl messages: what waits, without what it says, and deleting it.
 */
#include "modules/msilo/msilo.h"

#include <errno.h>
#include <stdlib.h>

/* ---- showing ---- */

static void list_row(void *arg, const struct value *c, unsigned columns)
{
	lcs_assert(columns == 7);
	json_array_append_new(arg, json_pack("{s:o, s:I, s:o, s:o, s:I, s:I, s:I}",
	    "user", json_slice(c[0].s), "message", (json_int_t)c[1].i, "from", json_slice(c[2].s),
	    "type", json_slice(c[3].s), "bytes", (json_int_t)c[4].i, "sent", (json_int_t)c[5].i,
	    "expires", (json_int_t)c[6].i));
}

static int rpc_list(struct lcs_rpc_call *call)
{
	struct slice aor = SLICE("");
	int n = json_object_get(call->params, "user") ? lcs_rpc_user(call, "user", &aor) : 0;

	if (n)
		return n;
	call->result = json_array();
	n = msilo_journal_list(aor, list_row, call->result);
	return n < 0 ? lcs_rpc_fail(call, n, "the store cannot be read") : 0;
}

/* ---- deleting ---- */

/* To the owner. Too high a number does no harm, since who delivers finds nothing and sets it right;
 * too low a one would leave a message behind. So only a number that nothing has come between is
 * taken. */
struct recount { struct msilo *m; int64_t last_id; size_t len; char aor[]; };

static void recounted(void *arg, int err, const struct store_rows *rows)
{
	struct recount *r = arg;
	struct box *b = box_find(r->m, slice_of(r->aor, r->len), false);
	bool is_still = --b->storing == 0 && !b->is_busy && b->last_id == r->last_id;

	if (!err && is_still && rows->count == 1 && rows->cells[0].type == VALUE_INT &&
	    rows->cells[0].i < b->stored) {
		if (!box_is_blind(b))
			msilo_local(r->m)->waiting -= b->stored - (unsigned)rows->cells[0].i;
		b->stored = (unsigned)rows->cells[0].i;
	}
	box_settle(b);
	free(r);
}

static void count_again(void *arg)
{
	struct recount *r = arg;
	struct slice aor = slice_of(r->aor, r->len);
	struct box *b = box_find(r->m, aor, false);

	r->last_id = b ? b->last_id : 0;
	if (b && !b->storing && !b->is_busy && msilo_journal_count(aor, recounted, r) == 0)
		b->storing++;			/* keeps the box until the answer */
	else
		free(r);
}

void msilo_recount(struct msilo *m, struct slice aor)
{
	struct recount *r = malloc(sizeof(*r) + aor.len);

	if (!r)
		return;
	*r = (struct recount){ .m = m, .len = aor.len };
	memcpy(r->aor, aor.p, aor.len);
	if (lcs_post(lcs_user_key(aor), count_again, r) != 0)
		free(r);
}

static int delete(struct lcs_rpc_call *call, struct slice aor, int64_t id)
{
	int n = msilo_journal_delete_now(aor, id);

	log_notice("audit", "messages deleted by=administrator user=%.*s message=%lld count=%d "
	    "outcome=%s", SLICE_ARG(aor), (long long)id, n > 0 ? n : 0, n < 0 ? "failed" : "done");
	if (n < 0)
		return lcs_rpc_fail(call, n, "the store cannot delete them: %s", err_text(n));
	if (n == 0 && id)
		return lcs_rpc_fail(call, -ENOENT, "no message %lld waits for %.*s", (long long)id,
		    SLICE_ARG(aor));
	if (!id)
		msilo_forget_blind(lcs_shared(call->mod), aor);
	msilo_recount(lcs_shared(call->mod), aor);
	return lcs_rpc_done(call, json_pack("{s:o, s:i}", "user", json_slice(aor), "deleted", n));
}

static int rpc_delete(struct lcs_rpc_call *call)
{
	const json_t *message = json_object_get(call->params, "message");
	bool all = json_is_true(json_object_get(call->params, "all"));
	struct slice aor = SLICE_NULL;
	int err = lcs_rpc_user(call, "user", &aor);

	if (err)
		return err;
	if (all == (message != NULL) || (message && json_integer_value(message) <= 0))
		return lcs_rpc_fail(call, -EINVAL, "say which one, by its number in \"messages list\", "
		    "or --all");
	return delete(call, aor, json_integer_value(message));
}

/* ---- tables ---- */

static const struct lcs_rpc_arg list_args[] = {
	{ "user", VALUE_STRING, false, "only for this user (name@domain)" }, { 0 }
};
static const struct lcs_rpc_arg delete_args[] = {
	{ "user", VALUE_STRING, true, "name@domain: for whom it waits" },
	{ "message", VALUE_INT, false, "its number in \"messages list\"" },
	{ "all", VALUE_BOOL, false, "all that wait for the user" }, { 0 }
};

const struct lcs_rpc msilo_rpcs[] = {
	{ "messages.list", RIGHT_READ, list_args, rpc_list,
	  "messages that wait for somebody to sign in; never what they say" },
	{ "messages.delete", RIGHT_ADMIN, delete_args, rpc_delete,
	  "delete a message that waits, or all of a user; one that is being delivered arrives" },
	{ 0 }
};
