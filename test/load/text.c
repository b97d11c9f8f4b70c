/*
 * test/load/text.c - the few things the crowd reads in a message.
 *
 * Written apart from the server's parser, so that one mistake does not hide another. Full
 * names only: that is what the server writes.
 */
#include "test/load/crowd.h"

#include "utils/hex.h"

#include <stdlib.h>

struct slice text_header(struct slice head, const char *name)
{
	struct slice want = slice_str(name);

	while (head.len) {
		struct slice line = slice_split(&head, '\n');

		if (line.len <= want.len || line.p[want.len] != ':' ||
		    !slice_starts_nocase(line, want))
			continue;
		return slice_trim(slice_skip(line, want.len + 1));
	}
	return SLICE_NULL;
}

static bool begins_word(struct slice all, size_t at)
{
	return at == 0 || !is_alnum(all.p[at - 1]);
}

struct slice text_param(struct slice value, const char *name)
{
	struct slice want = slice_str(name), rest = value;

	while (rest.len) {
		size_t at = slice_search(rest, want);
		struct slice found = slice_skip(rest, at + want.len);

		if (at == rest.len)
			return SLICE_NULL;
		if (begins_word(rest, at) && found.len && found.p[0] == '=') {
			found = slice_skip(found, 1);
			if (found.len && found.p[0] == '"') {
				found = slice_skip(found, 1);
				return slice_split(&found, '"');
			}
			found = slice_first(found, slice_find(found, ','));
			return slice_trim(slice_first(found, slice_find(found, ';')));
		}
		rest = found;
	}
	return SLICE_NULL;
}

struct slice text_uri(struct slice value)
{
	size_t at = slice_find(value, '<');

	if (at == value.len)
		return slice_first(value, slice_find(value, ';'));
	value = slice_skip(value, at + 1);
	return slice_split(&value, '>');
}

struct slice text_tag(struct slice value)
{
	size_t at = slice_search(value, SLICE(";tag="));
	struct slice tag = slice_skip(value, at + 5);

	return slice_split(&tag, ';');
}

uint16_t text_status(struct slice head)
{
	return slice_starts(head, SLICE("SIP/2.0 ")) ? (uint16_t)text_number(slice_skip(head, 8)) : 0;
}

struct slice text_method(struct slice head)
{
	struct slice cseq;

	if (!text_status(head))
		return slice_split(&head, ' ');
	cseq = text_header(head, "CSeq");
	slice_split(&cseq, ' ');
	return slice_trim(cseq);
}

unsigned text_number(struct slice s)
{
	uint32_t n = 0;

	s = slice_take_while(&s, is_digit);
	return slice_to_u32(s, &n) == 0 ? n : 0;
}

void text_keep(char *to, size_t size, struct slice s)
{
	size_t len = s.len < size ? s.len : size - 1;

	if (len)
		memcpy(to, s.p, len);
	to[len] = '\0';
}

/* ---- chance: the same in every run ---- */

unsigned random_below(unsigned n)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)((state >> 16) % n);
}

unsigned char random_byte(void) { return (unsigned char)random_below(256); }

void random_hex(char out[HEX_CHARS + 1])
{
	unsigned char bytes[HEX_CHARS / 2];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = random_byte();
	hex_encode(out, bytes, sizeof(bytes));
	out[HEX_CHARS] = '\0';
}
