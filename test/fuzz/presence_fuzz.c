/*
 * test/fuzz/presence_fuzz.c - any bytes as a published document or a setPresence; what comes of
 * it is written in every format, and our own reader takes that.
 */
#include "modules/presence_xml/state.h"

#include "utils/err.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pdoc_limits limits = { { 65536, 32, 4096 }, 1024, 4096 };
static const struct xml_limits wide = { 1 << 22, 200, 1 << 20 };

static void check_written(const struct pstate *st, struct slice type)
{
	struct buf *b = buf_new(256);
	struct arena *a = arena_new(0);
	struct xml_defect why;
	struct xml_node *root;

	pstate_writer(type)(st, b);
	lcs_assert(!b->failed);
	/* XPIDF wants a document type, which our reader refuses. */
	lcs_assert(slice_eq(type, XPIDF_TYPE) || xml_read(a, buf_slice(b), &wide, &root, &why) == 0);
	buf_unref(&b);
	arena_free(&a);
}

static void check_state(const struct pdoc *doc)
{
	struct pstate st;
	bool is_user = doc->kind == PDOC_USER_INFO;

	pstate_init(&st, SLICE("bob@example.com"), 1000);
	pstate_add(&st, &(struct psource){ is_user ? NULL : doc, SLICE("6a5dd544d8bb"), 900 });
	pstate_add(&st, &(struct psource){ is_user ? NULL : doc, SLICE("6a5dd544d8bc"), 800 });
	pstate_compose(&st, doc->info.xml.p ? &doc->info : NULL);
	check_written(&st, PIDF_TYPE);
	check_written(&st, CPIM_TYPE);
	check_written(&st, XPIDF_TYPE);
	check_written(&st, MSRTC_TYPE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct slice types[] = {
		{ "application/pidf+xml", 20 }, { "text/xml+msrtc.pidf", 19 },
		{ "text/xml+msrtc.userinfo", 23 },
	};

	for (unsigned i = 0; i < 3; i++) {
		struct pdoc *doc = NULL;
		const char *why = NULL;
		int err = pdoc_read(types[i], slice_of((const char *)data, size), &limits, &doc, &why);

		lcs_assert(!err || ((err == -EBADMSG || err == -E2BIG) && why));
		if (!err)
			check_state(doc);
		pdoc_free(&doc);
	}
	return 0;
}
