/*
 * modules/dirsearch/answer.c - what was found goes back to the asker, wherever the people are kept.
 */
#include "modules/dirsearch/dirsearch.h"

bool dirsearch_room(const struct dirsearch_conf *conf, struct arena *arena, const struct search *s,
    struct found *out)
{
	unsigned limit = (unsigned)conf->max_results;

	if (s->wanted && s->wanted < limit)
		limit = s->wanted;
	*out = (struct found){ .limit = limit,
	    .people = arena_alloc(arena, limit * sizeof(*out->people)) };
	return out->people;
}

void dirsearch_answer(struct dirsearch *d, struct service_request *req, const struct found *f)
{
	struct dirsearch_local *stats = lcs_local(d->mod);
	struct buf *b = buf_new(1024);

	if (b)
		search_put(b, f->people, f->count, f->more);
	if (!b || b->failed) {
		d->service->refuse(req, 500, "");
	} else {
		lcs_count(&stats->searches);
		stats->found += f->count;
		if (f->more)
			lcs_count(&stats->too_many);
		d->service->answer_soap(req, buf_slice(b));
	}
	buf_unref(&b);
}

void dirsearch_refuse(struct dirsearch *d, struct service_request *req, uint16_t status,
    const char *reason)
{
	const struct service_response r = { .status = status, .reason = slice_str(reason),
	    .extra_lines = SLICE("Retry-After: 30\r\n") };

	d->service->answer(req, &r);
}
