/*
 * modules/auth_ntlm/token.h - the two messages of NTLM that travel: challenge and authenticate.
 *
 * Pure: bytes in, views out, and the other way round.
 */
#ifndef MODULES_AUTH_NTLM_TOKEN_H
#define MODULES_AUTH_NTLM_TOKEN_H

#include "utils/buf.h"

#define NTLM_NONCE_BYTES 8u

#define NTLM_UNICODE          0x00000001u
#define NTLM_EXTENDED         0x00080000u	/* EXTENDED_SESSIONSECURITY */
#define NTLM_128              0x20000000u
#define NTLM_KEY_EXCH         0x40000000u
#define NTLM_56               0x80000000u
/* What we offer: the datagram variant with signatures; clients insist on nearly all of it. */
#define NTLM_OFFER            0xE2998255u

struct ntlm_names {			/* UTF-8 */
	struct slice netbios_domain, netbios_name, dns_domain, dns_name;
};

/** Type 2. Problems with memory show in the buffer. */
void ntlm_put_challenge(struct buf *b, const unsigned char nonce[NTLM_NONCE_BYTES],
    const struct ntlm_names *names);

struct ntlm_answer {			/* borrowed from the token */
	struct slice lm, nt, domain, user, host, key;	/* names in UTF-16LE */
	uint32_t     flags;
	/* of an NTLMv2 response; empty for others */
	struct slice proof;		/* 16 bytes */
	struct slice temp;		/* what it covers besides the nonce */
	int64_t      time;		/* unix seconds */
};

/** Type 3. 0, or -EBADMSG: lengths or places that do not fit, or another type of message. */
int ntlm_read_answer(struct slice token, struct ntlm_answer *out);

/** UTF-8 to UTF-16LE and back, appended; what cannot be makes it fail with -EILSEQ. */
int ntlm_put_utf16(struct buf *b, struct slice utf8);
int ntlm_put_utf8(struct buf *b, struct slice utf16);
/** Append UTF-16LE in upper case. */
void ntlm_put_upper(struct buf *b, struct slice utf16);

#endif
