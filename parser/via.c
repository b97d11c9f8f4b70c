/*
 * parser/via.c - one Via value (RFC 3261 20.42, 25.1; RFC 3581).
 */
#include "parser/quick.h"
#include "parser/scan.h"

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

int via_read(struct slice value, struct sip_via *out, struct sip_defect *why)
{
	struct slice s = token_trim(value);
	int err;

	*out = (struct sip_via){ .text = s, .ttl = -1 };
	if (!take_protocol(&s))
		return sip_defect(why, out->text, "Via protocol is not SIP/2.0");
	out->transport_text = token_take(&s, TOKEN_CHAR);
	if (out->transport_text.len == 0 || s.len == 0 || !token_is(*s.p, TOKEN_LWS))
		return sip_defect(why, out->text, "Via without a transport");
	out->transport = transport_parse(out->transport_text);
	token_skip_lws(&s);
	err = take_sent_by(&s, out, why);
	return err ? err : take_params(s, out, why);
}

/* The transports that have a name of three letters, in capitals and with a blank behind it. */
static enum sip_transport quick_transport(const char *p)
{
	if (memcmp(p, "UDP ", 4) == 0)
		return TRANSPORT_UDP;
	if (memcmp(p, "TCP ", 4) == 0)
		return TRANSPORT_TCP;
	return memcmp(p, "TLS ", 4) == 0 ? TRANSPORT_TLS : TRANSPORT_NONE;
}

/* The one without a value, as nearly all clients write it. */
static bool is_bare_rport(const char *p, const char *end)
{
	return end - p >= 5 && memcmp(p, "rport", 5) == 0 && (end - p == 5 || p[5] == ';');
}

/* One parameter: where it ends, NULL if it is not so simple. */
static const char *quick_param(const char *p, const char *end, struct sip_via *out)
{
	struct slice name, value;
	const char *at;

	if (is_bare_rport(p, end) && !out->has_rport) {
		out->has_rport = true;
		out->rport_end = p + 5;
		return p + 5;
	}
	if (end - p > 7 && memcmp(p, "branch=", 7) == 0) {
		at = scan_value_end(p + 7, end);
		out->branch = slice_between(p + 7, at);
		return at == p + 7 ? NULL : at;
	}
	at = param_quick(p, end, &name, &value);
	if (!at || (value.len > 0 && *value.p == '"'))
		return NULL;
	return note_param(out, name, value, NULL) == 0 ? at : NULL;
}

/* Parameters from p on, all of them "name" or "name=value"; where they end, NULL if one is not. */
static const char *quick_params(const char *p, const char *end, struct sip_via *out)
{
	while ((p = quick_param(p, end, out)) && p < end && *p == ';')
		p++;
	return p;
}

bool via_quick(struct slice values, struct sip_via *out)
{
	const char *begin = values.p, *end = slice_end(values), *host, *p;

	if (values.len < 13 || memcmp(begin, "SIP/2.0/", 8) != 0)
		return false;
	host = begin + 12;
	*out = (struct sip_via){ .ttl = -1, .is_plain = true, .transport = quick_transport(begin + 8),
		.transport_text = { begin + 8, 3 } };
	p = scan_host_end(host, end);
	if (out->transport == TRANSPORT_NONE || p == host)
		return false;
	out->host = slice_between(host, p);
	if (p < end && *p == ':') {
		p = uri_port_end(p + 1, end, &out->port);
		if (!p)
			return false;
	}
	if (p < end && *p == ';') {
		out->params.p = p + 1;
		p = quick_params(p + 1, end, out);
		if (!p)
			return false;
		out->params.len = (size_t)(p - out->params.p);
	}
	out->text = slice_between(begin, p);
	return p == end || *p == ',';
}

int sip_via_parse(struct slice value, struct sip_via *out, struct sip_defect *why)
{
	struct sip_via via;
	int err;

	/* A comma ends the first of a list, and this is to be one. */
	if (via_quick(value, &via) && via.text.len == value.len)
		err = 0;
	else
		err = via_read(value, &via, why);
	if (!err)
		*out = via;
	return err;
}
