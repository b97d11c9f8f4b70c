/*
 * test/unit/parser/parse.c - messages for tests, from text.
 */
#include "test/unit/parser/parse.h"

const struct msg_limits parse_limits = { 1 << 20, MSG_MAX_HDRS, 16 << 20 };

const char parse_invite[] =
	"INVITE sip:bob@bench.example SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 127.0.0.1:20003;branch=z9hG4bKsl.1f.2a.1;rport\r\n"
	"Max-Forwards: 70\r\n"
	"From: \"User 17\" <sip:u17@bench.example>;tag=f1f.2a;epid=00000011\r\n"
	"To: <sip:u16@bench.example>\r\n"
	"Call-ID: sl1f.2a@127.0.0.1\r\n"
	"CSeq: 1 INVITE\r\n"
	"Contact: <sip:u17@127.0.0.1:20003>\r\n"
	"User-Agent: sipload\r\n"
	"Allow: INVITE, ACK, BYE, CANCEL\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: 10\r\n"
	"\r\n"
	"0123456789";

const char parse_ringing[] =
	"SIP/2.0 180 Ringing\r\n"
	"Via: SIP/2.0/UDP 127.0.0.1:15060;branch=z9hG4bK71de.9251bf23.0\r\n"
	"Via: SIP/2.0/UDP 127.0.0.1:20003;branch=z9hG4bKsl.20.31.1;rport=20003\r\n"
	"Record-Route: <sip:127.0.0.1;lr>\r\n"
	"From: <sip:u17@bench.example>;tag=f1f.2a\r\n"
	"To: <sip:u16@bench.example>;tag=slb\r\n"
	"Call-ID: sl1f.2a@127.0.0.1\r\n"
	"CSeq: 1 INVITE\r\n"
	"Content-Length: 0\r\n"
	"\r\n";

struct sip_hop hop_from(enum sip_transport t, const char *remote)
{
	struct sip_hop hop = { .transport = t };

	if (sock_addr_parse(slice_str(remote), &hop.remote) != 0)
		fail_msg("%s is no address", remote);
	return hop;
}

struct sip_msg *parse_ok(const char *text)
{
	struct sip_hop from = hop_from(TRANSPORT_UDP, "192.0.2.33:4242");
	struct sip_defect why = { 0 };
	struct sip_msg *msg;

	if (sip_msg_parse(slice_str(text), &from, &parse_limits, &msg, &why) != 0)
		fail_msg("%s in:\n%s", why.reason ? why.reason : "no reason", text);
	return msg;
}

const char *parse_reason(struct slice text, uint16_t *status)
{
	struct sip_defect why = { 0 };
	struct sip_msg *msg;
	int err = sip_msg_parse(text, NULL, &parse_limits, &msg, &why);

	if (!err)
		err = sip_msg_check(msg, &why);
	sip_msg_unref(&msg);
	*status = why.status;
	if (err && err != -EBADMSG)
		fail_msg("error %d", err);
	return err ? why.reason : "";
}

struct slice written(const struct sip_msg *msg, const struct sip_edit *last, enum sip_transport t)
{
	static char text[1 << 16];
	struct sip_hop hop = hop_from(t, "192.0.2.99:5060");
	struct buf *out = buf_new(16);
	struct slice s;

	assert_int_equal(sip_write(msg, last, &hop, out), 0);
	s = buf_slice(out);
	assert_true(s.len <= sizeof(text));
	memcpy(text, s.p, s.len);
	buf_unref(&out);
	return slice_of(text, s.len);
}
