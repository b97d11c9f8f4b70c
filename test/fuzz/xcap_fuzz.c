/*
 * test/fuzz/xcap_fuzz.c - any bytes as an XCAP request: target, body, and rules.
 *
 * The first line is the request target, what follows the body of a PUT. What was put must be
 * found by its selector as it was put, and what was deleted must be gone.
 */
#include "modules/xcap_server/rules.h"
#include "modules/xcap_server/tree.h"

#include "core/lcs.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DOCUMENT "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" " \
	"xmlns:p=\"urn:p\"><list name=\"a\"><entry uri=\"sip:b@c\"><display-name>B</display-name>" \
	"</entry><entry uri=\"sip:d@c\"/></list><list name=\"e\"/><p:list/></resource-lists>"

static const struct xml_limits limits = { 1 << 16, 24, 16384 }, wide = { 1 << 22, 64, 1 << 18 };

static struct xml_node *document(struct arena *arena)
{
	struct xml_node *root = NULL;
	struct xml_defect why;

	lcs_assert(xml_read(arena, SLICE(DOCUMENT), &limits, &root, &why) == 0);
	return root;
}

static void check_written(struct arena *arena, struct xml_node *root, const struct xcap_node *where)
{
	struct buf *b = buf_new(1024);
	struct xml_node *again, *n;
	struct xml_defect why;

	xcap_write_document(b, root);
	lcs_assert(!b->failed && xml_read(arena, buf_slice(b), &wide, &again, &why) == 0);
	n = xcap_select(again, where->steps, where->count);
	lcs_assert(!n == !xcap_select(root, where->steps, where->count));
	buf_clear(b);
	if (n)
		xcap_write_piece(b, n, where);
	lcs_assert(!b->failed);
	buf_unref(&b);
}

static void check_error(const struct xcap_error *e)
{
	struct buf *b = buf_new(256);
	struct arena *arena = arena_new(0);
	struct xml_node *root;
	struct xml_defect why;

	lcs_assert(e->why < XCAP_WHY_COUNT);
	xcap_error_write(b, e);
	lcs_assert(xml_read(arena, buf_slice(b), &wide, &root, &why) == 0);
	buf_unref(&b);
	arena_free(&arena);
}

static void put(struct arena *arena, const struct xcap_node *where, struct slice body)
{
	struct xml_node *root = document(arena);
	struct xcap_error e = { .why = XCAP_WHY_COUNT };
	enum xcap_tree did = xcap_put(arena, &root, where, body, &limits, &e);

	if (did == XCAP_TREE_REFUSED) {
		check_error(&e);
		return;
	}
	lcs_assert(did == XCAP_TREE_CREATED || did == XCAP_TREE_REPLACED);
	lcs_assert(xcap_select(root, where->steps, where->count));
	check_written(arena, root, where);
}

static void delete(struct arena *arena, const struct xcap_node *where)
{
	struct xml_node *root = document(arena), *n;
	struct xcap_error e = { .why = XCAP_WHY_COUNT };
	enum xcap_tree did = xcap_delete(root, where, &e);

	if (did == XCAP_TREE_REFUSED) {
		check_error(&e);
		return;
	}
	n = xcap_select(root, where->steps, where->count);
	lcs_assert(!n || where->target == XCAP_ATTRIBUTE);
	lcs_assert(!n || !xcap_attr(n, where->attr_ns, where->attr_name));
	check_written(arena, root, where);
}

static void request(struct slice target, struct slice body)
{
	struct arena *arena = arena_new(0);
	struct xcap_path path;
	struct xcap_node where;

	if (xcap_path_parse(arena, target, SLICE("/x"), &path) == 0 &&
	    xcap_node_parse(arena, &path, SLICE("urn:ietf:params:xml:ns:resource-lists"),
	        &where) == 0 && (where.target == XCAP_ELEMENT || where.target == XCAP_ATTRIBUTE)) {
		put(arena, &where, body);
		delete(arena, &where);
	}
	arena_free(&arena);
}

static void rules(struct slice body)
{
	struct arena *arena = arena_new(0);
	struct xml_node *root;
	struct xml_defect why;
	struct ruleset r;
	struct xcap_error e;

	if (xml_read(arena, body, &limits, &root, &why) == 0) {
		if (ruleset_read(arena, root, &r, &e))
			ruleset_ask(&r, ACL_USER, SLICE("bob@example.com"));
		else
			check_error(&e);
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = slice_of((const char *)data, size), target = slice_split(&body, '\n');

	request(target, body);
	rules(body);
	return 0;
}
