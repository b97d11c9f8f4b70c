/*
 * test/scene/order.c - reading what stands behind the arrow.
 */
#include "test/scene/agent.h"

struct order order_read(struct slice text, unsigned line)
{
	struct order o = { .first = take_word(&text) };
	const struct { const char *word; struct slice *into; } words[] = {
		{ "via", &o.via }, { "at", &o.to }, { "as", &o.as }, { "in", &o.in },
		{ "with", &o.with }, { "to", &o.answers },
	};

	o.rest = text;
	if (text.len && slice_find(text, ':') < slice_find(text, ' '))
		o.uri = take_word(&text);
	while (text.len) {
		struct slice word = take_word(&text);
		size_t i = 0, n = sizeof(words) / sizeof(words[0]);

		while (i < n && !slice_eq(word, slice_str(words[i].word)))
			i++;
		if (i < n)
			*words[i].into = take_word(&text);
		else if (!is_digit(o.first.p[0]))
			scene_fail(line, "what is \"%.*s\"?", SLICE_ARG(word));
	}
	return o;
}

enum sip_transport order_transport(const struct order *o, unsigned line)
{
	enum sip_transport t = o->via.len ? transport_parse(o->via) : TRANSPORT_UDP;

	if (t == TRANSPORT_NONE)
		scene_fail(line, "there is no transport \"%.*s\"", SLICE_ARG(o->via));
	return t;
}
