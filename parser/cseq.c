/*
 * parser/cseq.c - CSeq (RFC 3261 20.16, 8.1.1.5).
 */
#include "parser/msg.h"

#include "parser/token.h"

int sip_cseq_parse(struct slice s, struct sip_cseq *out, struct sip_defect *why)
{
	struct sip_cseq cseq;
	struct slice num;
	size_t n = 0;

	s = token_trim(s);
	while (n < s.len && is_digit(s.p[n]))
		n++;
	num = slice_first(s, n);
	s = slice_skip(s, n);
	if (slice_to_u32(num, &cseq.seq) != 0 || cseq.seq > SIP_CSEQ_MAX)
		return sip_defect(why, num, "CSeq number missing or above 2**31-1");
	if (s.len == 0 || !token_is(*s.p, TOKEN_LWS))
		return sip_defect(why, s, "CSeq without a method");
	token_skip_lws(&s);
	cseq.method_text = s;
	if (!token_all(s, TOKEN_CHAR))
		return sip_defect(why, s, "CSeq with a malformed method");
	cseq.method = sip_method_parse(s);
	*out = cseq;
	return 0;
}
