/*
 * modules/ratelimit/limits.c - limits as they are written: NAME=COUNT/TIME, or Kamailio's
 * NAME:TAILDROP:COUNT.
 */
#include "modules/ratelimit/ratelimit.h"

#include <errno.h>
#include <stdlib.h>

static bool to_count(struct slice s, uint32_t *out)
{
	return slice_to_u32(s, out) == 0 && *out > 0 && *out <= RATE_MAX;
}

/* "s", "10s", "500ms": ms; 0 if it is none. */
static msec_t to_window(struct slice s)
{
	static const struct { const char *unit; msec_t ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	};
	struct slice digits = slice_take_while(&s, is_digit);
	uint32_t n = 1;

	if (digits.len && (slice_to_u32(digits, &n) != 0 || n == 0 || n > 86400))
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (slice_eq(s, slice_str(units[i].unit)))
			return n * units[i].ms;
	return 0;
}

/* NAME=COUNT/TIME */
static bool read_limit(struct slice text, struct limit *out)
{
	struct slice rest = text, count;

	out->name = slice_split(&rest, '=');
	count = slice_split(&rest, '/');
	out->window = to_window(rest);
	return out->name.len > 0 && out->window > 0 && to_count(count, &out->count);
}

/* NAME:TAILDROP:COUNT, a second, as Kamailio has it. */
static bool read_pipe(struct slice text, struct limit *out)
{
	struct slice rest = text, algorithm;

	out->name = slice_split(&rest, ':');
	algorithm = slice_split(&rest, ':');
	out->window = 1000;
	return out->name.len > 0 && slice_eq_nocase(algorithm, SLICE("TAILDROP")) &&
	    to_count(rest, &out->count);
}

const struct limit *limits_find(const struct ratelimit_conf *conf, struct slice name)
{
	for (size_t i = 0; i < conf->limit_count; i++)
		if (slice_eq(conf->limits[i].name, name))
			return &conf->limits[i];
	return NULL;
}

int limits_check(const struct ratelimit_conf *c, struct diag *diag)
{
	struct limit limit;

	for (size_t i = 0; i < c->limit.count; i++)
		if (!read_limit(c->limit.items[i], &limit))
			return diag_error(diag, "limit", "must be NAME=COUNT/TIME, as in "
			    "\"signup=10/1m\", not \"%.*s\"", SLICE_ARG(c->limit.items[i]));
	for (size_t i = 0; i < c->pipe.count; i++)
		if (!read_pipe(c->pipe.items[i], &limit))
			return diag_error(diag, "pipe", "must be NAME:TAILDROP:COUNT, not "
			    "\"%.*s\"; other algorithms there are none", SLICE_ARG(c->pipe.items[i]));
	return 0;
}

int limits_read(struct ratelimit_conf *c)
{
	c->limits = calloc(c->limit.count + c->pipe.count + 1, sizeof *c->limits);
	if (!c->limits)
		return -ENOMEM;
	for (size_t i = 0; i < c->limit.count; i++)
		if (read_limit(c->limit.items[i], &c->limits[c->limit_count]))
			c->limit_count++;
	for (size_t i = 0; i < c->pipe.count; i++)
		if (read_pipe(c->pipe.items[i], &c->limits[c->limit_count]))
			c->limit_count++;
	return 0;
}

void limits_free(struct ratelimit_conf *c)
{
	free(c->limits);
	c->limits = NULL;
}
