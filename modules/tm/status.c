/*
 * modules/tm/status.c - see status.h.
 *
 * A script has a handful of patterns, written down once; each worker keeps them
 * compiled.
 */
#include "modules/tm/status.h"

#include "utils/log.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>

struct tm_pattern {
	struct tm_pattern *next;
	regex_t            regex;
	size_t             len;
	char               text[];
};

uint16_t tm_status_of(struct lcs_ctx *ctx)
{
	const struct tm_at *at = tm_at_of(ctx);
	struct sip_view view = lcs_view(ctx);

	if (!lcs_is_request(ctx))
		return view_status(&view);
	if (!at)
		return 0;
	if (at->branch)
		return at->branch->status ? at->branch->status : at->branch->provisional;
	return at->tx->status;
}

static struct tm_pattern *find(struct tm_local *local, struct slice text)
{
	for (struct tm_pattern *p = local->patterns; p; p = p->next)
		if (slice_eq(slice_of(p->text, p->len), text))
			return p;
	return NULL;
}

static int compile(struct tm_local *local, struct slice text, struct tm_pattern **out)
{
	struct tm_pattern *p = malloc(sizeof(*p) + text.len + 1);

	if (!p)
		return -ENOMEM;
	p->len = text.len;
	if (text.len)
		memcpy(p->text, text.p, text.len);
	p->text[text.len] = '\0';
	if (regcomp(&p->regex, p->text, REG_EXTENDED | REG_NOSUB) != 0) {
		log_error("tm", "t_check_status: \"%s\" is no regular expression", p->text);
		free(p);
		return -EINVAL;
	}
	p->next = local->patterns;
	local->patterns = p;
	local->pattern_count++;
	*out = p;
	return 0;
}

void tm_patterns_free(struct tm_local *local)
{
	while (local->patterns) {
		struct tm_pattern *p = local->patterns;

		local->patterns = p->next;
		regfree(&p->regex);
		free(p);
	}
	local->pattern_count = 0;
}

int tm_status_matches(struct tm_local *local, struct slice pattern, uint16_t status, bool *out)
{
	char digits[4] = { (char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10),
	    (char)('0' + status % 10), '\0' };
	struct tm_pattern *p = find(local, pattern);
	int err = 0;

	if (!p && local->pattern_count >= TM_PATTERNS_MAX)
		tm_patterns_free(local);	/* they were made at run time: begin anew */
	if (!p)
		err = compile(local, pattern, &p);
	if (!err)
		*out = status && regexec(&p->regex, digits, 0, NULL, 0) == 0;
	return err;
}
