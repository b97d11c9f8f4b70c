/*
 * test/fuzz/xml_fuzz.c - any bytes as a document; what was read is written, and read again
 * it is the same.
 */
#include "utils/err.h"
#include "utils/xml_read.h"
#include "utils/xml_write.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf *written(const struct xml_node *root)
{
	struct buf *b = buf_new(256);
	struct xml_writer w;

	lcs_assert(b != NULL);
	xml_write_init(&w, b);
	xml_put_node(&w, root, SLICE(""));
	lcs_assert(!b->failed);
	return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct xml_limits wide = { 1 << 20, 200, 1 << 20 };
	struct xml_limits limits = XML_LIMITS_SMALL;
	struct arena *a = arena_new(0);
	struct xml_node *root, *again;
	struct xml_defect why = { .reason = "" };
	int err = xml_read(a, slice_of((const char *)data, size), &limits, &root, &why);

	lcs_assert(err == 0 || ((err == -EBADMSG || err == -E2BIG) && why.reason[0]));
	if (!err) {
		struct buf *once = written(root), *twice;

		lcs_assert(xml_read(a, buf_slice(once), &wide, &again, &why) == 0);
		twice = written(again);
		lcs_assert(slice_eq(buf_slice(once), buf_slice(twice)));
		buf_unref(&once);
		buf_unref(&twice);
	}
	arena_free(&a);
	return 0;
}
