/*
 * modules/presence/roaming_rpc.c - what lcsctl does with roaming lists: look, change, import.
 */
#include "modules/presence/roaming.h"

#include "utils/json.h"

#include <errno.h>

/* Whose list: of a name that is no user's, and has none, it is a slip of the pen. Nobody is
 * refused what is left of a user who is gone. */
static int whose(struct roaming *r, struct lcs_rpc_call *call, struct slice *aor,
    const struct roaming_list **list)
{
	int err = lcs_rpc_user(call, "user", aor);

	*list = err ? NULL : roaming_find(r, *aor);
	if (err || *list || !r->users || json_is_true(json_object_get(call->params, "force")) ||
	    r->users->state(r->users_state, *aor) != AUTH_DB_UNKNOWN)
		return err;
	return lcs_rpc_fail(call, -ENOENT, "there is no user \"%.*s\"; for one who is to come, "
	    "\"set\", \"addgroup\" and \"import\" take --force", SLICE_ARG(*aor));
}

int roaming_rpc_find(struct roaming *r, struct lcs_rpc_call *call, struct slice *aor,
    const struct roaming_list **list)
{
	return whose(r, call, aor, list);
}

/* ---- changing: on the owner, who says at once what will come of it ---- */

struct roaming_admin {
	struct roaming        *r;
	struct roaming_request req;
	const void            *changes;
	unsigned               count;
	struct roaming_answer  answer;
	bool                   is_early;
	int                    err;
};

static void change_on_owner(unsigned index, void *arg)
{
	struct roaming_admin *a = arg;

	if (index == worker_of(lcs_user_key(a->req.aor)))
		a->err = roaming_change_here(a->r, &a->req, a->changes, a->count, &a->answer,
		    &a->is_early);
}

int roaming_rpc_change(struct roaming *r, struct lcs_rpc_call *call, const void *changes,
    unsigned count, unsigned *given)
{
	struct roaming_admin a = { .r = r, .req = { .by = SLICE("administrator") },
	    .changes = changes, .count = count };
	const struct roaming_list *list;
	int err = whose(r, call, &a.req.aor, &list);

	if (err)
		return err;
	worker_on_each(change_on_owner, &a);
	if (a.err)
		return a.err;
	if (a.is_early && a.answer.result != ROAMING_OK)
		return lcs_rpc_fail(call, -EINVAL, "%s; nothing has changed", a.answer.why);
	call->result = json_pack("{s:o, s:I}", "user", json_slice(a.req.aor), "number",
	    (json_int_t)(a.is_early ? a.answer.number : 0));
	if (given)
		*given = a.is_early ? a.answer.given : 0;
	return 0;
}

/* ---- importing: what there was goes, all of it is one change ---- */

#define IMPORT_MAX 20000u

int roaming_rpc_import(struct roaming *r, struct lcs_rpc_call *call)
{
	const struct roaming_kind *kind = r->kind;
	struct slice text = json_text(call->params, "list");
	json_t *list = json_loadb(text.p ? text.p : "", text.len, 0, NULL);
	size_t count = kind->import_count(list);
	void *changes = count && count <= IMPORT_MAX ?
	    arena_zalloc(call->arena, count * kind->change_bytes) : NULL;
	int err = changes ? kind->import(list, changes) : -EINVAL;

	if (err)
		call->error = arena_printf(call->arena, "the list must be what \"%s\" prints",
		    kind->exporter);
	else
		err = roaming_rpc_change(r, call, changes, (unsigned)count, NULL);
	json_decref(list);
	return err;
}
