/*
 * core/sip/vars_bag.c - $avp(x) and $xavp(x=>y), which live as long as the transaction.
 */
#include "core/sip/bag.h"
#include "core/sip/vars.h"

static enum fn_status get_avp(struct lcs_call *call)
{
	const struct lcs_bag *bag = call->ctx->bag;	/* reading makes none */
	const struct value *index = &call->argv[1];

	if (!bag)
		return FN_DONE;
	if (index->type == VALUE_ANY)
		return var_value(call, bag_list(bag, call->argv[0].s, lcs_arena(call->ctx)));
	return var_value(call, bag_get(bag, call->argv[0].s, index->type == VALUE_INT ? index->i : 0));
}

static enum fn_status set_avp(struct lcs_call *call)
{
	struct lcs_bag *bag = lcs_bag(call->ctx);

	return var_status(bag ? bag_set(bag, call->argv[0].s, call->argv[2]) : -1);
}

enum fn_status push_avp(struct lcs_call *call)
{
	struct lcs_bag *bag = lcs_bag(call->ctx);

	return var_status(bag ? bag_push(bag, call->argv[0].s, call->argv[2]) : -1);
}

/* "group=>field", "group[1]=>field" */
static struct slice split_key(struct lcs_call *call, int64_t *nth, struct slice *field)
{
	struct slice key = call->argv[0].s, group, index;
	size_t at = slice_search(key, SLICE("=>"));

	*field = slice_trim(slice_skip(key, at + 2));
	group = slice_trim(slice_first(key, at));
	index = slice_skip(group, slice_find(group, '['));
	*nth = 0;
	if (index.len < 3 || !slice_ends(index, SLICE("]")) ||
	    slice_to_i64(slice_of(index.p + 1, index.len - 2), nth) != 0)
		return group;
	return slice_first(group, group.len - index.len);
}

static enum fn_status get_xavp(struct lcs_call *call)
{
	int64_t nth;
	struct slice field, group = split_key(call, &nth, &field);

	if (!call->ctx->bag)
		return FN_DONE;
	return var_value(call, bag_field(call->ctx->bag, group, nth, field));
}

static enum fn_status set_xavp(struct lcs_call *call)
{
	int64_t nth;
	struct slice field, group = split_key(call, &nth, &field);
	struct lcs_bag *bag = lcs_bag(call->ctx);

	return var_status(bag ? bag_set_field(bag, group, nth, field, call->argv[2]) : -1);
}

enum fn_status push_xavp(struct lcs_call *call)
{
	int64_t nth;
	struct slice field, group = split_key(call, &nth, &field);
	struct lcs_bag *bag = lcs_bag(call->ctx);

	return var_status(bag ? bag_push_field(bag, group, field, call->argv[2]) : -1);
}

const struct lcs_var vars_bag[] = {
	{ "avp", VALUE_ANY, true, VAR_ARG_NAME, true, IN_ANY, IN_ANY, get_avp, set_avp,
	  "a value that lives as long as the transaction; push() keeps several, [n] the nth, [*] all" },
	{ "xavp", VALUE_ANY, true, VAR_ARG_KEYED, false, IN_ANY, IN_ANY, get_xavp, set_xavp,
	  "the same in groups: $xavp(group=>field); push() begins a new group before the others, "
	  "$xavp(group[1]=>field) is of the one before, [-1] the oldest" },
	{ 0 }
};
