/*
 * modules/permissions/trusted.c - see trusted.h.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "modules/permissions/trusted.h"

#include <pcre2.h>

/* Patterns meet text of strangers: what takes longer than this does not match. */
#define MATCH_LIMIT 100000u

struct pattern { pcre2_code *code; pcre2_match_context *limits; };

static bool is_word(char c) { return !is_lws(c); }

static struct slice next_word(struct slice *line)
{
	slice_skip_lws(line);
	return slice_take_while(line, is_word);
}

static void pattern_drop(void *arg)
{
	struct pattern *p = arg;

	pcre2_match_context_free(p->limits);
	pcre2_code_free(p->code);
}

static const char *explain(struct arena *arena, int code, size_t offset)
{
	PCRE2_UCHAR text[160];
	struct slice said;

	if (pcre2_get_error_message(code, text, sizeof(text)) < 0)
		text[0] = '\0';
	said = arena_printf(arena, "a pattern is wrong at its character %zu: %s", offset + 1,
	    (const char *)text);
	return said.p ? arena_dup_cstr(arena, said) : "a pattern is wrong";
}

static const char *compile(struct arena *arena, struct slice word, struct pattern **out)
{
	struct pattern *p;
	size_t offset;
	int code;

	if (!word.len || slice_eq(word, SLICE("-")))
		return NULL;
	p = arena_zalloc(arena, sizeof(*p));
	if (!p || arena_hold(arena, p, pattern_drop) != 0)
		return "no memory";
	p->code = pcre2_compile((PCRE2_SPTR)word.p, word.len, 0, &code, &offset, NULL);
	if (!p->code)
		return explain(arena, code, offset);
	/* No JIT (-ENOMEM, or a kernel that forbids it) only makes it slower. */
	(void)pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->limits)
		return "no memory";
	pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	*out = p;
	return NULL;
}

const char *trusted_parse(struct arena *arena, struct slice line, struct trusted_entry *out)
{
	struct slice source = next_word(&line), transport = next_word(&line);
	const char *wrong;

	*out = (struct trusted_entry){ .transport = transport_parse(transport) };
	out->any_source = slice_eq_nocase(source, SLICE("any"));
	if (!out->any_source && ip_net_parse(source, &out->net) != 0)
		return "the first word is no network, and not \"any\"";
	if (out->transport == TRANSPORT_NONE && !slice_eq_nocase(transport, SLICE("any")))
		return "the second word is no transport: udp, tcp, tls or any";
	wrong = compile(arena, next_word(&line), &out->from);
	if (!wrong)
		wrong = compile(arena, next_word(&line), &out->request_uri);
	if (wrong)
		return wrong;
	out->tag = next_word(&line);
	return slice_trim(line).len ? "there are words behind the tag" : NULL;
}

static bool matches(const struct pattern *p, struct slice text)
{
	pcre2_match_data *data;
	int rc;

	if (!p)
		return true;
	data = pcre2_match_data_create(1, NULL);
	if (!data)
		return false;
	rc = pcre2_match(p->code, (PCRE2_SPTR)(text.len ? text.p : ""), text.len, 0, 0, data,
	    p->limits);
	pcre2_match_data_free(data);
	return rc >= 0;
}

const struct trusted_entry *trusted_find(const struct trusted_list *list,
    const struct ip_addr *ip, enum sip_transport transport, struct slice from_uri,
    struct slice request_uri)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct trusted_entry *e = &list->entries[i];

		if (e->transport != TRANSPORT_NONE && e->transport != transport)
			continue;
		if (!e->any_source && !ip_net_covers(&e->net, ip))
			continue;
		if (matches(e->from, from_uri) && matches(e->request_uri, request_uri))
			return e;
	}
	return NULL;
}
