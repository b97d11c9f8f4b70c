/*
 * modules/presence/roaming_rpc.c - what lcsctl does with roaming lists: look, change, import.
 */
#include "modules/presence/roaming.h"

#include "utils/json.h"

#include <errno.h>

static bool is_forced(const struct lcs_rpc_call *call)
{
	return json_is_true(json_object_get(call->params, "force"));
}

static bool is_user(const struct roaming *r, struct slice aor)
{
	return !r->users || r->users->state(r->users_state, aor) != AUTH_DB_UNKNOWN;
}

/* Of a name that is no user's, and has no list, it is a slip of the pen. Nobody is refused what is
 * left of a user who is gone. */
int roaming_rpc_find(struct roaming *r, struct lcs_rpc_call *call, struct slice *aor,
    const struct roaming_list **list)
{
	int err = lcs_rpc_user(call, "user", aor);

	*list = err ? NULL : roaming_find(r, *aor);
	if (err || *list || is_forced(call) || is_user(r, *aor))
		return err;
	return lcs_rpc_fail(call, -ENOENT, "there is no user \"%.*s\"; for one who is to come, "
	    "\"set\", \"addgroup\" and \"import\" take --force", SLICE_ARG(*aor));
}

/* ---- changing: answered when it is on disk ---- */

static int refused(struct lcs_rpc_call *call, int err, const struct roaming_answer *answer)
{
	if (err == -ETIMEDOUT)
		return lcs_rpc_fail(call, err, "the store has not answered in %d s: the change may "
		    "be made or not, and looking at the list will tell", AWAIT_MOST / 1000);
	return answer->why ? lcs_rpc_fail(call, err, "%s; nothing has changed", answer->why) : err;
}

/* What the changes would make of an empty list; nobody sees it. */
static int try(struct roaming *r, struct slice aor, const void *changes, unsigned count,
    struct roaming_answer *answer)
{
	const struct roaming_request req = { .aor = aor, .by = SLICE("administrator") };
	struct roaming_draft *draft = r->kind->draft_new(NULL, count);

	*answer = (struct roaming_answer){ .result = ROAMING_NO_MEMORY, .why = "Memory is short" };
	if (draft)
		answer->result = r->kind->apply(draft, lcs_conf(r->mod, gen_peek()), &req, changes, count,
		    &answer->why);
	r->kind->draft_free(&draft);
	return roaming_error(answer);
}

/* For one who is to come: what a former user of the name has left is not his. It makes room for
 * a change that will be made, and for no other. */
static int expect(struct roaming *r, struct lcs_rpc_call *call, struct slice aor,
    const void *changes, unsigned count)
{
	struct roaming_answer answer;
	int n = r->users->has_former(r->users_state, aor);
	int err = n > 0 ? try(r, aor, changes, count, &answer) : 0;

	if (err)
		return refused(call, err, &answer);
	if (n > 0)
		n = r->users->expect(r->users_state, aor);
	return n ? lcs_rpc_fail(call, n, "what a former user \"%.*s\" has left cannot be put "
	    "aside (%s); nothing has changed", SLICE_ARG(aor), err_text(n)) : 0;
}

int roaming_rpc_change(struct roaming *r, struct lcs_rpc_call *call, const void *changes,
    unsigned count, unsigned *given)
{
	struct roaming_answer answer = { 0 };
	const struct roaming_list *list;
	struct slice aor;
	int err = roaming_rpc_find(r, call, &aor, &list);

	if (!err && is_forced(call) && !is_user(r, aor))
		err = expect(r, call, aor, changes, count);
	if (err)
		return err;
	err = roaming_order_one(r, aor, changes, count, &answer);
	if (err)
		return refused(call, err, &answer);
	call->result = json_pack("{s:o, s:I}", "user", json_slice(aor), "number",
	    (json_int_t)answer.number);
	if (given)
		*given = answer.given;
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
