/*
 * All a message goes through, with each allocation failing once: nothing leaks, nothing is
 * half done, and the error says what it was.
 */
#include "parser/auth.h"
#include "test/oom.h"
#include "test/unit/parser/parse.h"

static void late(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	(void)edit;
	(void)hop;
	buf_put(out, SLICE("Via: SIP/2.0/TCP me\r\n"));
}

/* Edits that need a chunk of their own now and then. */
static int edit(struct sip_msg *msg, const struct sip_edit **last)
{
	struct sip_view v = { msg, NULL };
	char big[5000];
	int err;

	memset(big, 'x', sizeof(big));
	err = edit_add(msg->arena, &v.last, EDIT_AT_TOP, SLICE("X"), slice_of(big, sizeof(big)));
	if (!err)
		err = edit_late(msg->arena, &v.last, EDIT_AT_TOP, late, NULL);
	for (int i = 0; !err && i < 60; i++)
		err = edit_add(msg->arena, &v.last, EDIT_AT_END, SLICE("Y"), SLICE("z"));
	if (!err)
		err = edit_body(msg->arena, &v.last, slice_of(big, sizeof(big)), SLICE("a/b"));
	if (!err && edit_drop_all(msg->arena, &v, HDR_OTHER, SLICE("Y")) < 0)
		err = -ENOMEM;
	if (!err)
		err = edit_drop_first_value(msg->arena, &v, HDR_VIA);
	*last = v.last;
	return err;
}

static int go_through(void)
{
	const struct response_parts parts = { .status = 404, .to_tag = SLICE("t") };
	struct sip_hop hop = { .transport = TRANSPORT_TCP, .name = SLICE("peer.example") };
	struct sip_msg *msg = NULL;
	struct buf *out = buf_new(8);
	const struct sip_edit *last;
	struct sip_defect why;
	int err = out ? 0 : -ENOMEM;

	if (!err)
		err = sip_msg_parse(slice_str(parse_invite), &hop, &parse_limits, &msg, &why);
	assert_int_equal(err == 0, msg != NULL);
	if (!err)
		err = sip_msg_check(msg, &why);
	if (!err)
		err = edit(msg, &last);
	if (!err)
		err = sip_write(msg, last, &hop, out);
	if (!err)
		err = sip_build_response(msg, &parts, out);
	if (!err)
		err = sip_build_ack(slice_str(parse_invite), SLICE("x"), out);
	if (!err)
		err = sip_build_cancel(slice_str(parse_invite), SLICE(""), out);
	sip_msg_unref(&msg);
	buf_unref(&out);
	arena_thread_flush();
	return err;
}

static void every_failed_allocation_is_told(void **state)
{
	unsigned failures = 0;

	(void)state;
	arena_thread_flush();
	OOM_WALK(nth) {
		int err = go_through();

		if (err && err != -ENOMEM)
			fail_msg("allocation %u: error %d", nth, err);
		failures += err == -ENOMEM;
	}
	assert_true(failures >= 5);
	assert_int_equal(go_through(), 0);
}

/* The arena's cap instead of malloc: each size up to what is needed. */
static void every_cap_is_told(void **state)
{
	struct msg_limits limits = parse_limits;
	struct sip_defect why;
	bool parsed = false;

	(void)state;
	for (limits.arena_bytes = 256; !parsed; limits.arena_bytes += 16) {
		const struct sip_edit *last = NULL;
		struct sip_msg *msg;
		int err = sip_msg_parse(slice_str(parse_invite), NULL, &limits, &msg, &why);

		if (!err)
			err = sip_msg_check(msg, &why);
		if (!err)
			err = edit(msg, &last);
		assert_true(err == 0 || err == -ENOMEM);
		parsed = err == 0;
		sip_msg_unref(&msg);
	}
	assert_true(limits.arena_bytes > 10000);
}

/* A view that could not be made for want of memory is not remembered as malformed. */
static void want_of_memory_is_not_remembered(void **state)
{
	struct sip_msg *msg = parse_ok(parse_invite);
	const struct name_addr *from;

	(void)state;
	arena_thread_flush();
	oom_fail_from(1);
	while (arena_alloc(msg->arena, 16))
		;
	from = msg_from(msg);
	assert_true(oom_reset());
	assert_null(from);
	assert_non_null(msg_from(msg));
	sip_msg_unref(&msg);
}

UNIT_MAIN(cmocka_unit_test(every_failed_allocation_is_told), cmocka_unit_test(every_cap_is_told),
    cmocka_unit_test(want_of_memory_is_not_remembered))
