/*
 * parser/via.c - one Via value (RFC 3261 20.42, 25.1; RFC 3581).
 */
#include "parser/via.h"

#include "parser/nameaddr.h"
#include "parser/token.h"

/* "SIP/2.0/" with LWS allowed round the slashes. */
static bool take_protocol(struct slice *s)
{
	if (slice_starts(*s, SLICE("SIP/2.0/")) && s->len > 8 && !token_is(s->p[8], TOKEN_LWS)) {
		*s = slice_skip(*s, 8);
		return true;
	}
	return slice_eq_nocase(token_take(s, TOKEN_CHAR), SLICE("SIP")) &&
	    token_take_sep(s, '/') && slice_eq(token_take(s, TOKEN_CHAR), SLICE("2.0")) &&
	    token_take_sep(s, '/');
}

static int take_sent_by(struct slice *s, struct sip_via *via, struct sip_defect *why)
{
	struct slice at = *s;

	if (uri_take_host(s, &via->host) != 0)
		return sip_defect(why, at, "Via without a valid sent-by");
	if (token_take_sep(s, ':') && uri_take_port(s, &via->port) != 0)
		return sip_defect(why, at, "Via with a bad port");
	return 0;
}

static int note_param(struct sip_via *via, struct slice name, struct slice value,
    struct sip_defect *why)
{
	uint32_t n;

	if (token_is_word(name, SLICE("branch"))) {
		via->branch = value;
	} else if (token_is_word(name, SLICE("rport"))) {
		via->rport_end = via->has_rport || value.p ? NULL : slice_end(name);
		via->has_rport = true;
		if (value.len > 0 && (slice_to_u32(value, &n) != 0 || n > UINT16_MAX))
			return sip_defect(why, value, "Via with a bad rport");
		via->rport = value.len > 0 ? (uint16_t)n : 0;
	} else if (token_is_word(name, SLICE("received"))) {
		via->received = value.p ? value : SLICE("");
	} else if (token_is_word(name, SLICE("maddr"))) {
		via->maddr = value;
	} else if (token_is_word(name, SLICE("ttl"))) {
		if (slice_to_u32(value, &n) != 0 || n > UINT8_MAX)
			return sip_defect(why, value, "Via with a bad ttl");
		via->ttl = (int)n;
	}
	return 0;
}

static int take_params(struct slice s, struct sip_via *via, struct sip_defect *why)
{
	struct slice rest, name, value;
	int got;

	if (!token_take_sep(&s, ';'))
		return s.len == 0 ? 0 : sip_defect(why, s, "Via sent-by ends badly");
	via->params = rest = s;
	if (rest.len == 0)
		return sip_defect(why, via->text, "Via with an empty parameter");
	while ((got = hdr_take_param(&rest, &name, &value)) > 0) {
		int err = note_param(via, name, value, why);

		if (err)
			return err;
	}
	return got == 0 ? 0 : sip_defect(why, via->params, "Via with a malformed parameter");
}

int sip_via_parse(struct slice value, struct sip_via *out, struct sip_defect *why)
{
	struct sip_via via = { .text = token_trim(value), .ttl = -1 };
	struct slice s = via.text;
	int err;

	if (!take_protocol(&s))
		return sip_defect(why, via.text, "Via protocol is not SIP/2.0");
	via.transport_text = token_take(&s, TOKEN_CHAR);
	if (via.transport_text.len == 0 || s.len == 0 || !token_is(*s.p, TOKEN_LWS))
		return sip_defect(why, via.text, "Via without a transport");
	via.transport = transport_parse(via.transport_text);
	token_skip_lws(&s);
	err = take_sent_by(&s, &via, why);
	if (!err)
		err = take_params(s, &via, why);
	if (err)
		return err;
	*out = via;
	return 0;
}
