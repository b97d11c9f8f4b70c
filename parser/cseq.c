/*
 * parser/cseq.c - CSeq (RFC 3261 20.16, 8.1.1.5).
 */
#include "parser/msg.h"

#include "parser/token.h"

/* Behind the number at p; NULL if there is none or it is too large. */
static const char *take_seq(const char *p, const char *end, uint32_t *seq)
{
	const char *begin = p;
	uint32_t n = 0;

	/* Ten times as much still fits the type; a digit that is left makes it too large. */
	for (; p < end && is_digit(*p) && n <= SIP_CSEQ_MAX / 10; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	*seq = n;
	return p == begin || n > SIP_CSEQ_MAX || (p < end && is_digit(*p)) ? NULL : p;
}

int sip_cseq_parse(struct slice s, struct sip_cseq *out, struct sip_defect *why)
{
	struct sip_cseq cseq;
	const char *p;

	s = token_trim(s);
	p = take_seq(s.p, slice_end(s), &cseq.seq);
	if (!p)
		return sip_defect(why, slice_take_while(&s, is_digit),
		    "CSeq number missing or above 2**31-1");
	s = slice_between(p, slice_end(s));
	if (s.len == 0 || !token_is(*s.p, TOKEN_LWS))
		return sip_defect(why, s, "CSeq without a method");
	token_skip_lws(&s);
	cseq.method_text = s;
	cseq.method = sip_method_parse(s);
	if (cseq.method == METHOD_OTHER && !token_all(s, TOKEN_CHAR))
		return sip_defect(why, s, "CSeq with a malformed method");
	*out = cseq;
	return 0;
}
