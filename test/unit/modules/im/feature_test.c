/*
 * What a message or an invitation begins, and how many take part.
 */
#include "modules/im/feature.h"

#include "test/unit.h"

#define FILE_INVITE "Application-Name: File Transfer\r\nApplication-GUID: " \
	"{5D3E02AB-6190-11d3-BBBB-00C04F795683}\r\nInvitation-Command: INVITE\r\n" \
	"Invitation-Cookie: 707120631\r\nApplication-File: notes.bin\r\n\r\n"

static const struct { char method; const char *type, *format, *body, *feature; } cases[] = {
	{ 'M', "text/plain; charset=UTF-8", "", "hello", "im" },
	{ 'M', "application/im-iscomposing+xml", "", "<x/>", "typing" },
	{ 'M', "text/x-msmsgsinvite; charset=UTF-8", "", FILE_INVITE, "file-transfer" },
	{ 'M', "Text/X-MsmsgsInvite", "", "invitation-command:INVITE\napplication-guid: "
	  "{5d3e02ab-6190-11d3-bbbb-00c04f795683}", "file-transfer" },
	{ 'M', "text/x-msmsgsinvite", "", "Application-Name: Whiteboard\r\n"
	  "Invitation-Command: INVITE\r\n", "whiteboard" },
	{ 'M', "text/x-msmsgsinvite", "", "Application-Name: Something New\r\n"
	  "Invitation-Command: INVITE\r\n", "file-transfer" },
	{ 'M', "text/x-msmsgsinvite", "", "Invitation-Command: INVITE", "file-transfer" },
	{ 'M', "text/x-msmsgsinvite", "", "Invitation-Command: ACCEPT\r\nInvitation-Cookie: 7\r\n",
	  "im" },
	{ 'M', "text/x-msmsgsinvite", "", "", "im" },
	{ 'M', "text/plain", "", FILE_INVITE, "im" },		/* words are not invitations */
	{ 'I', "application/sdp", "", "v=0\r\nm=x-ms-message 5060 sip null\r\n", "im" },
	{ 'I', "application/sdp", "", "v=0\r\nm=message 5060 sip null\r\n", "im" },
	{ 'I', "application/sdp", "", "v=0\r\nm=audio 9 RTP/AVP 0\r\n", "audio" },
	{ 'I', "application/sdp", "", "m=audio 9 RTP/AVP 0\r\nm=video 9 RTP/AVP 34", "video" },
	{ 'I', "application/sdp", "", "m=application 9 tcp 1\nm=audio 9 RTP/AVP 0\n",
	  "application-sharing" },
	{ 'I', "multipart/alternative", "", "--x\r\n\r\nm=audio 9 RTP/AVP 0\r\n--x--", "audio" },
	{ 'I', "application/sdp", "text/plain; charset=UTF-8;ms-body=aGVsbG8=",
	  "m=x-ms-message 5060 sip null\r\n", "im" },
	/* "Application-Name: File Transfer\r\nInvitation-Command: INVITE\r\n" */
	{ 'I', "application/sdp", "text/x-msmsgsinvite; charset=UTF-8;ms-body="
	  "QXBwbGljYXRpb24tTmFtZTogRmlsZSBUcmFuc2Zlcg0KSW52aXRhdGlvbi1Db21tYW5kOiBJTlZJVEUNCg==",
	  "m=x-ms-message 5060 sip null\r\n", "file-transfer" },
	{ 'I', "application/sdp", "text/x-msmsgsinvite; ms-body=???", "m=message 1 sip null",
	  "file-transfer" },
	{ 'I', "application/sdp", "text/x-msmsgsinvite", "m=message 1 sip null", "file-transfer" },
	{ 'I', "", "", "", "" },
	{ 'O', "application/xml", "", "<?xml version=\"1.0\"?><KeyboardActivity> <status "
	  "status=\"type\" /></KeyboardActivity>", "typing" },
	{ 'O', "text/plain", "", "hello", "" },
};

static void test_features(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct feature_input in = { cases[i].method == 'I', cases[i].method == 'M',
		    slice_str(cases[i].type), slice_str(cases[i].body), slice_str(cases[i].format) };
		struct arena *arena = arena_new(0);
		struct slice feature = feature_of(arena, &in);

		if (!slice_eq(feature, slice_str(cases[i].feature)))
			fail_msg("case %zu: \"%.*s\"", i, SLICE_ARG(feature));
		arena_free(&arena);
	}
}

static const struct { const char *endpoints; unsigned count; } lists[] = {
	{ "", 0 },
	{ "<sip:a@b>", 1 },
	{ "<sip:alice@example.com>, <sip:bob@example.com>;epid=1, \"Carol, C\" <sip:c@d>", 3 },
	{ "<sip:a@b>,,", 1 },
};

static void test_parties(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++)
		assert_int_equal(feature_parties(slice_str(lists[i].endpoints)), lists[i].count);
}

UNIT_MAIN(cmocka_unit_test(test_features), cmocka_unit_test(test_parties))
