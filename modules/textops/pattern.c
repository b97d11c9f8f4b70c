/*
 * modules/textops/pattern.c - regular expressions of the script.
 *
 * Patterns are constants of the script in all but name, so each worker keeps
 * the compiled ones. A match is bounded: a message must not be able to make a
 * pattern run for seconds.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "modules/textops/textops.h"

#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>

struct pattern {
	struct pattern   *next;
	pcre2_code       *code;
	pcre2_match_data *match;
	size_t            len;
	char              text[];
};

static void pattern_free(struct pattern *p)
{
	pcre2_match_data_free(p->match);
	pcre2_code_free(p->code);
	free(p);
}

void patterns_free(struct textops_local *local)
{
	while (local->patterns) {
		struct pattern *p = local->patterns;

		local->patterns = p->next;
		pattern_free(p);
	}
	local->count = 0;
}

static void log_wrong(struct slice text, int code)
{
	PCRE2_UCHAR why[128] = "";

	pcre2_get_error_message(code, why, sizeof(why));
	log_error("textops", "regular expression is wrong pattern=\"%.*s\" error=\"%s\"",
	    SLICE_ARG(text), (const char *)why);
}

static struct pattern *compile(struct slice text)
{
	struct pattern *p = calloc(1, sizeof(*p) + text.len);
	PCRE2_SIZE where;
	int code;

	if (!p)
		return NULL;
	p->len = text.len;
	if (text.len)
		memcpy(p->text, text.p, text.len);
	p->code = pcre2_compile((PCRE2_SPTR)(text.p ? text.p : ""), text.len, 0, &code, &where, NULL);
	if (!p->code)
		log_wrong(text, code);
	else
		p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
	if (p->match) {
		pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);	/* slower without, not wrong */
		return p;
	}
	pattern_free(p);
	return NULL;
}

static void forget_last(struct textops_local *local)
{
	struct pattern **at = &local->patterns;

	while ((*at)->next)
		at = &(*at)->next;
	pattern_free(*at);
	*at = NULL;
	local->count--;
}

/* The one used last is first. */
static struct pattern *find(struct textops_local *local, struct slice text)
{
	for (struct pattern **at = &local->patterns; *at; at = &(*at)->next) {
		struct pattern *p = *at;

		if (!slice_eq(slice_of(p->text, p->len), text))
			continue;
		*at = p->next;
		p->next = local->patterns;
		return local->patterns = p;
	}
	return NULL;
}

static struct pattern *pattern_of(struct textops_local *local, struct slice text)
{
	struct pattern *p = find(local, text);

	if (p)
		return p;
	p = compile(text);
	if (!p) {
		lcs_count(&local->failed);
		return NULL;
	}
	lcs_count(&local->compiled);
	if (local->count == PATTERNS_MAX)
		forget_last(local);
	p->next = local->patterns;
	local->patterns = p;
	local->count++;
	return p;
}

static pcre2_match_context *bounded(const struct textops_conf *conf)
{
	pcre2_match_context *c = pcre2_match_context_create(NULL);

	if (c)
		pcre2_set_match_limit(c, (uint32_t)conf->match_limit);
	return c;
}

int pattern_find(struct lcs_call *call, struct slice text_of_pattern, struct slice text,
    size_t from, struct found *out)
{
	struct pattern *p = pattern_of(call->local, text_of_pattern);
	pcre2_match_context *limits = p ? bounded(call->conf) : NULL;
	PCRE2_SIZE *at;
	int n;

	if (!limits)
		return -EINVAL;
	n = pcre2_match(p->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.len, from, 0, p->match, limits);
	pcre2_match_context_free(limits);
	if (n == PCRE2_ERROR_NOMATCH)
		return 0;
	if (n < 0) {
		log_wrong(text_of_pattern, n);
		return -EINVAL;
	}
	at = pcre2_get_ovector_pointer(p->match);
	*out = (struct found){ at[0], at[1] };
	return 1;
}

#define REPLACE_OPTIONS (PCRE2_SUBSTITUTE_EXTENDED | PCRE2_SUBSTITUTE_UNSET_EMPTY)

/* Twice if the first room is too small; PCRE2 says how much it takes. */
static int substitute(struct lcs_call *call, struct pattern *p, pcre2_match_context *limits,
    struct slice text, struct slice with, uint32_t options, struct slice *out)
{
	PCRE2_SIZE len = text.len + with.len + 256;
	int n = PCRE2_ERROR_NOMEMORY;

	for (int tries = 0; tries < 2 && n == PCRE2_ERROR_NOMEMORY; tries++) {
		char *room = arena_bytes(lcs_arena(call->ctx), len);

		if (!room)
			return -ENOMEM;
		*out = slice_of(room, 0);
		n = pcre2_substitute(p->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.len, 0,
		    options | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH, p->match, limits,
		    (PCRE2_SPTR)(with.p ? with.p : ""), with.len, (PCRE2_UCHAR *)room, &len);
		out->len = len;
	}
	return n;
}

int pattern_replace(struct lcs_call *call, struct slice text_of_pattern, struct slice text,
    struct slice with, bool all, struct slice *out)
{
	struct pattern *p = pattern_of(call->local, text_of_pattern);
	pcre2_match_context *limits = p ? bounded(call->conf) : NULL;
	uint32_t options = REPLACE_OPTIONS | (all ? PCRE2_SUBSTITUTE_GLOBAL : 0);
	int n;

	if (!limits)
		return -EINVAL;
	n = substitute(call, p, limits, text, with, options, out);
	pcre2_match_context_free(limits);
	if (n == 0)
		*out = text;
	if (n >= 0 || n == -ENOMEM)
		return n;
	log_wrong(text_of_pattern, n);
	return -EINVAL;
}
