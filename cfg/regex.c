/*
 * cfg/regex.c - PCRE2 behind a narrow door.
 */
#include "cfg/regex.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* A pattern from the script meets texts from the wire: what takes longer than this is an
 * attack or a mistake, and never waited for. */
#define MATCH_LIMIT 200000u
#define HEAP_LIMIT_KB 1024u

struct regex { pcre2_code *code; };

struct cached {
	struct cached *next;		/* newest first */
	struct regex  *re;
	bool           caseless;
	size_t         len;
	char           pattern[];
};

struct thread_state {
	pcre2_match_data    *data;
	pcre2_match_context *context;
	struct cached       *cache;
	unsigned             cached;
};

static _Thread_local struct thread_state *mine;
static pthread_key_t at_exit;
static pthread_once_t at_exit_once = PTHREAD_ONCE_INIT;

/* ---- what a thread keeps ---- */

static void cached_free(struct cached *c)
{
	regex_free(c->re);
	free(c);
}

static void state_free(void *arg)
{
	struct thread_state *s = arg;

	while (s->cache) {
		struct cached *c = s->cache;

		s->cache = c->next;
		cached_free(c);
	}
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	free(s);
}

static void make_key(void)
{
	/* Without the key a thread's state is lost at its end, which harms nobody. */
	(void)pthread_key_create(&at_exit, state_free);
}

static struct thread_state *state(void)
{
	struct thread_state *s = mine;

	if (s)
		return s;
	(void)pthread_once(&at_exit_once, make_key);
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->data = pcre2_match_data_create(REGEX_CAPTURES, NULL);
	s->context = pcre2_match_context_create(NULL);
	if (!s->data || !s->context) {
		state_free(s);
		return NULL;
	}
	(void)pcre2_set_match_limit(s->context, MATCH_LIMIT);
	(void)pcre2_set_heap_limit(s->context, HEAP_LIMIT_KB);
	(void)pthread_setspecific(at_exit, s);
	mine = s;
	return s;
}

void regex_thread_flush(void)
{
	if (!mine)
		return;
	(void)pthread_setspecific(at_exit, NULL);
	state_free(mine);
	mine = NULL;
}

/* ---- compiling ---- */

static int fail(int code, size_t offset, struct regex_error *error)
{
	if (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)
		return -ENOMEM;
	error->offset = offset;
	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)error->text, sizeof(error->text)) < 0)
		error->text[0] = '\0';
	return -EINVAL;
}

int regex_compile(struct slice pattern, bool caseless, struct regex **out,
    struct regex_error *error)
{
	uint32_t options = caseless ? PCRE2_CASELESS : 0;
	struct regex *re = malloc(sizeof(*re));
	size_t offset = 0;
	int code = 0, err;

	if (!re)
		return -ENOMEM;
	re->code = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.len, options,
	    &code, &offset, NULL);
	if (!re->code) {
		err = fail(code, offset, error);
		free(re);
		return err;
	}
	/* No JIT on this machine: the interpreter matches the same. */
	(void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
	*out = re;
	return 0;
}

void regex_free(struct regex *re)
{
	if (!re)
		return;
	pcre2_code_free(re->code);
	free(re);
}

void regex_drop(void *re)
{
	regex_free(re);
}

/* ---- matching ---- */

static void take_captures(const struct thread_state *s, struct slice text, int groups,
    struct slice captures[REGEX_CAPTURES])
{
	const size_t *at = pcre2_get_ovector_pointer(s->data);

	for (int i = 0; i < (int)REGEX_CAPTURES; i++) {
		bool set = i < groups && at[2 * i] != PCRE2_UNSET && at[2 * i] <= at[2 * i + 1];

		captures[i] = set ? slice_of(text.p + at[2 * i], at[2 * i + 1] - at[2 * i]) :
		    SLICE_NULL;
	}
}

int regex_search(const struct regex *re, struct slice text, size_t offset,
    struct slice captures[REGEX_CAPTURES], size_t *from, size_t *to)
{
	struct thread_state *s = state();
	const size_t *at;
	int n;

	if (!s)
		return -ENOMEM;
	if (!text.p)
		text.p = "";
	n = pcre2_match(re->code, (PCRE2_SPTR)text.p, text.len, offset, 0, s->data, s->context);
	if (n == PCRE2_ERROR_NOMATCH)
		return 0;
	if (n < 0)
		return n == PCRE2_ERROR_NOMEMORY ? -ENOMEM : -ETIMEDOUT;
	/* 0: more groups than fit; those that do are there. */
	take_captures(s, text, n == 0 ? (int)REGEX_CAPTURES : n, captures);
	at = pcre2_get_ovector_pointer(s->data);
	*from = at[0];
	*to = at[1];
	return 1;
}

int regex_match(const struct regex *re, struct slice text,
    struct slice captures[REGEX_CAPTURES])
{
	size_t from, to;

	return regex_search(re, text, 0, captures, &from, &to);
}

/* ---- patterns known only at run time ---- */

static struct cached *find(struct thread_state *s, struct slice pattern, bool caseless)
{
	for (struct cached **at = &s->cache; *at; at = &(*at)->next) {
		struct cached *c = *at;

		if (c->caseless != caseless || !slice_eq(slice_of(c->pattern, c->len), pattern))
			continue;
		*at = c->next;		/* to the front: it was wanted last */
		c->next = s->cache;
		s->cache = c;
		return c;
	}
	return NULL;
}

static void drop_oldest(struct thread_state *s)
{
	struct cached **at = &s->cache;

	while ((*at)->next)
		at = &(*at)->next;
	cached_free(*at);
	*at = NULL;
	s->cached--;
}

int regex_cached(struct slice pattern, bool caseless, const struct regex **out,
    struct regex_error *error)
{
	struct thread_state *s = state();
	struct cached *c = s ? find(s, pattern, caseless) : NULL;
	int err;

	if (c) {
		*out = c->re;
		return 0;
	}
	c = s ? calloc(1, sizeof(*c) + pattern.len) : NULL;
	if (!c)
		return -ENOMEM;
	err = regex_compile(pattern, caseless, &c->re, error);
	if (err) {
		free(c);
		return err;
	}
	c->caseless = caseless;
	c->len = pattern.len;
	if (pattern.len)
		memcpy(c->pattern, pattern.p, pattern.len);
	if (s->cached == REGEX_CACHE_PATTERNS)
		drop_oldest(s);
	c->next = s->cache;
	s->cache = c;
	s->cached++;
	*out = c->re;
	return 0;
}
