/*
 * parser/contact.c - Contact values with what registrars and proxies ask of them
 * (RFC 3261 20.10, RFC 5626 11).
 */
#include "parser/quick.h"
#include "parser/token.h"

#define EXPIRES_IF_MALFORMED 3600u	/* RFC 3261 20.10 */

static struct slice strip_quotes(struct slice s)
{
	if (s.len < 2 || *s.p != '"' || s.p[s.len - 1] != '"')
		return s;
	return slice_of(s.p + 1, s.len - 2);
}

static int note_param(void *contact, struct slice name, struct slice value, struct sip_defect *why)
{
	struct sip_contact *c = contact;

	if (token_is_word(name, SLICE("q"))) {
		if (token_to_q(value, &c->q) != 0)
			return sip_defect(why, value, "Contact with a q outside 0 to 1");
	} else if (token_is_word(name, SLICE("expires"))) {
		c->has_expires = true;
		if (slice_to_u32(value, &c->expires) != 0)
			c->expires = EXPIRES_IF_MALFORMED;
	} else if (token_is_word(name, SLICE("+sip.instance"))) {
		c->instance = strip_quotes(value);
	} else if (token_is_word(name, SLICE("reg-id"))) {
		if (slice_to_u32(value, &c->reg_id) != 0 || c->reg_id == 0)
			return sip_defect(why, value, "Contact with a bad reg-id");
	}
	return 0;
}

int sip_contact_read(struct slice s, struct sip_contact *out, struct sip_defect *why)
{
	s = token_trim(s);
	out->star = slice_eq(s, SLICE("*"));
	out->q = 1000;
	out->has_expires = false;
	out->expires = out->reg_id = 0;
	out->instance = SLICE_NULL;
	if (out->star) {
		out->addr = (struct name_addr){ .text = s };
		return 0;
	}
	return name_addr_read_with(s, &out->addr, note_param, out, why);
}

int sip_contact_parse(struct slice s, struct sip_contact *out, struct sip_defect *why)
{
	struct sip_contact c;
	int err = sip_contact_read(s, &c, why);

	if (!err)
		*out = c;
	return err;
}
