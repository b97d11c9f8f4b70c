/*
 * test/fuzz/lists_fuzz.c - any bytes as a list of resources, and as what a phone says of its calls.
 */
#include "modules/presence_dialoginfo/dialogs.h"
#include "modules/rls/rls.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A step begins without a resource, which then come one by one. */
static int take(void *arg, enum rls_step step, struct slice uri)
{
	int *steps = arg;

	lcs_assert(step == RLS_CREATE || step == RLS_ADD || step == RLS_DELETE);
	if (!uri.p)
		++*steps;
	else
		lcs_assert(*steps > 0 && uri.len > 0);
	return 0;
}

static void check_dialogs(struct slice body)
{
	const struct xml_limits limits = { 65536, 16, 8192 }, wide = { 1 << 22, 200, 1 << 20 };
	struct dialogs *d = NULL;
	const char *why = NULL;
	int err = dialogs_read(body, &limits, &d, &why);
	struct buf *b = buf_new(256);
	struct arena *a = arena_new(0);
	struct xml_defect defect;
	struct xml_node *root;

	lcs_assert(!err || ((err == -EBADMSG || err == -E2BIG) && why));
	if (!err) {
		dialogs_begin(b, SLICE("bob@example.com"), 1);
		dialogs_put(b, d, 0);
		dialogs_put(b, d, 1);
		dialogs_end(b);
		lcs_assert(!b->failed && xml_read(a, buf_slice(b), &wide, &root, &defect) == 0);
	}
	dialogs_free(&d);
	buf_unref(&b);
	arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = slice_of((const char *)data, size);
	const struct slice types[] = { ADRL_TYPE, LISTS_TYPE };

	for (unsigned i = 0; i < 2; i++) {
		struct arena *a = arena_new(0);
		int steps = 0, err = rls_read(a, types[i], body, take, &steps);

		lcs_assert(err == -EBADMSG || err == -EOPNOTSUPP || (!err && steps > 0));
		arena_free(&a);
	}
	check_dialogs(body);
	return 0;
}
