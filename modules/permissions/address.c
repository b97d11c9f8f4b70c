/*
 * modules/permissions/address.c - see address.h.
 */
#include "modules/permissions/address.h"

#include <errno.h>
#include <stdlib.h>

static bool is_word(char c) { return !is_lws(c); }

static struct slice next_word(struct slice *line)
{
	slice_skip_lws(line);
	return slice_take_while(line, is_word);
}

/* ---- lines ---- */

static const char *parse_net(struct slice word, struct slice *line, struct ip_net *out)
{
	bool has_mask = slice_find(word, '/') < word.len;
	uint32_t bits;

	if (ip_net_parse(word, out) != 0)
		return "the second word is no address or network";
	word = has_mask ? SLICE_NULL : next_word(line);
	if (!word.len)
		return NULL;
	if (slice_to_u32(word, &bits) != 0 || bits > (out->addr.family == 4 ? 32u : 128u))
		return "the mask is no number of bits (0 to 32, for IPv6 to 128)";
	out->bits = (uint8_t)bits;
	return NULL;
}

static void clear_host_bits(struct ip_net *net)
{
	for (unsigned i = 0; i < sizeof(net->addr.bytes); i++) {
		unsigned begin = i * 8;

		if (begin >= net->bits)
			net->addr.bytes[i] = 0;
		else if (net->bits - begin < 8)
			net->addr.bytes[i] &= (uint8_t)(0xffu << (8 - (net->bits - begin)));
	}
}

static const char *parse_port(struct slice word, uint16_t *out)
{
	uint32_t port = 0;

	if (word.len && (slice_to_u32(word, &port) != 0 || port > 65535))
		return "the port is no number from 0 (any) to 65535";
	*out = (uint16_t)port;
	return NULL;
}

const char *address_parse(struct slice line, struct address_entry *out)
{
	const char *wrong;

	*out = (struct address_entry){ 0 };
	if (slice_to_u32(next_word(&line), &out->group) != 0 || out->group > INT32_MAX)
		return "the first word is no group number";
	wrong = parse_net(next_word(&line), &line, &out->net);
	if (!wrong)
		wrong = parse_port(next_word(&line), &out->port);
	if (wrong)
		return wrong;
	clear_host_bits(&out->net);
	out->tag = next_word(&line);
	return slice_trim(line).len ? "there are words behind the tag" : NULL;
}

/* ---- order ---- */

static int compare(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

static int by_mask(const struct ip_net *a, const struct ip_net *b)
{
	int order = compare(a->addr.family, b->addr.family);

	return order ? order : compare(b->bits, a->bits);
}

static int by_network(const struct address_entry *a, const struct address_entry *b)
{
	int order = by_mask(&a->net, &b->net);

	if (!order)
		order = memcmp(a->net.addr.bytes, b->net.addr.bytes, sizeof(a->net.addr.bytes));
	return order;
}

static int by_all(const void *x, const void *y)
{
	const struct address_entry *a = x, *b = y;
	int order = by_network(a, b);

	if (!order)
		order = compare(a->group, b->group);
	return order ? order : compare(a->port, b->port);
}

static size_t spans_of(const struct address_entry *entries, size_t count,
    struct address_span *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || by_mask(&entries[i - 1].net, &entries[i].net) != 0)
			out[n++] = (struct address_span){ i, 0 };
		out[n - 1].count++;
	}
	return n;
}

#define SPANS_MAX (33 + 129)		/* mask lengths of both families */

int address_table_make(struct arena *arena, struct address_entry *entries, size_t count,
    struct address_table *out)
{
	struct address_span spans[SPANS_MAX];

	if (count)
		qsort(entries, count, sizeof(*entries), by_all);
	*out = (struct address_table){ .entries = entries, .count = count };
	out->span_count = spans_of(entries, count, spans);
	out->spans = arena_alloc(arena, out->span_count * sizeof(*spans));
	if (!out->spans)
		return -ENOMEM;
	if (out->span_count)
		memcpy(out->spans, spans, out->span_count * sizeof(*spans));
	return 0;
}

/* ---- search ---- */

/* Index of the first entry of the span that is not before key. */
static size_t lower_bound(const struct address_table *t, const struct address_span *span,
    const struct address_entry *key)
{
	size_t low = span->first, high = span->first + span->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_all(&t->entries[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct address_entry *find_in(const struct address_table *t,
    const struct address_span *span, int64_t group, const struct ip_addr *ip, uint16_t port)
{
	struct address_entry key = { .group = group < 0 ? 0 : (uint32_t)group,
	    .net = { *ip, t->entries[span->first].net.bits } };
	size_t end = span->first + span->count;

	clear_host_bits(&key.net);
	for (size_t i = lower_bound(t, span, &key); i < end; i++) {
		const struct address_entry *e = &t->entries[i];

		if (by_network(e, &key) != 0 || (group >= 0 && e->group != key.group))
			break;
		if (e->port == 0 || e->port == port)
			return e;
	}
	return NULL;
}

const struct address_entry *address_find(const struct address_table *table, int64_t group,
    const struct ip_addr *ip, uint16_t port)
{
	for (size_t i = 0; i < table->span_count; i++) {
		const struct address_span *span = &table->spans[i];
		const struct address_entry *found;

		if (table->entries[span->first].net.addr.family != ip->family)
			continue;
		found = find_in(table, span, group, ip, port);
		if (found)
			return found;
	}
	return NULL;
}
