/*
 * modules/htable/find.c - tables by name, and what scripts write for an item: "table=>key".
 */
#include "modules/htable/htable.h"

struct table *htable_find(const struct htable_shared *shared, struct slice name)
{
	unsigned count = shared->count;

	for (unsigned i = 0; i < count; i++)
		if (slice_eq(table_name(shared->tables[i]), name))
			return shared->tables[i];
	return NULL;
}

struct table *htable_split(struct lcs_call *call, struct slice text, struct slice *key)
{
	size_t at = slice_search(text, SLICE("=>"));
	struct slice name = slice_trim(slice_first(text, at));
	struct table *t = htable_find(call->shared, name);

	*key = slice_trim(slice_skip(text, at + 2));
	if (!t) {
		struct slice where = lcs_where(call->ctx);

		log_error("htable", "there is no such table table=%.*s at=%.*s", SLICE_ARG(name),
		    SLICE_ARG(where));
	}
	return t;
}
