/*
 * parser/hdr_find.h - inside the parser: the header whose name and colon begin a line, if they
 * are written as the RFC does and as nearly all are.
 *
 * The hash is of the first three letters, the colon among them, and of the length; then one
 * comparison tells. It takes 17 instructions, hdr_by_name() 50 and a look at the letters more.
 */
#ifndef PARSER_HDR_FIND_H
#define PARSER_HDR_FIND_H

#include "parser/hdr.h"
#include "parser/hdr_hash.h"
#include "parser/scan.h"

#include <endian.h>

/* Name and colon, filled up with NUL; bits has one bit for each byte of them. */
struct hdr_spelling { char text[30]; uint16_t bits; };

extern const uint8_t hdr_quick_slots[256];
extern const struct hdr_spelling hdr_spellings[HDR_KNOWN];

/**
 * @param p    sixteen bytes that can be read, the first one no line end
 * @param len  bytes before the colon, if there is one
 * @return HDR_OTHER if it is another spelling, a long name, no colon or not known
 */
static inline enum hdr_id hdr_find(const char *p, size_t len)
{
#if SCAN_SSE2
	const struct hdr_spelling *s;
	uint32_t key;
	size_t id;

	memcpy(&key, p, sizeof(key));
	key = ((le32toh(key) & 0xffffff) | 0x202020) + ((uint32_t)len << 24);
	id = hdr_quick_slots[(uint32_t)(key * HDR_QUICK_FACTOR) >> 24];
	s = &hdr_spellings[id];
	return scan_is_same(p, s->text, s->bits) ? (enum hdr_id)id : HDR_OTHER;
#else
	(void)p;
	(void)len;
	return HDR_OTHER;
#endif
}

#endif
