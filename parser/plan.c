/*
 * parser/plan.c - edits in the order in which a walk over the message meets them.
 */
#include "parser/plan.h"

#include <errno.h>
#include <stdlib.h>

static const enum hdr_id about_body[] = {
	HDR_CONTENT_LENGTH, HDR_CONTENT_TYPE, HDR_CONTENT_ENCODING, HDR_CONTENT_DISPOSITION,
	HDR_CONTENT_LANGUAGE,
};

/* Received headers that a body edit hides get a step each; count only if to is NULL. */
static size_t hide_received(const struct sip_msg *msg, const struct sip_edit *body,
    struct step *to)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(about_body) / sizeof(about_body[0]); i++) {
		const struct hdr *h = msg_hdr(msg, about_body[i]);

		for (; h && edit_body_hides(body, h->id); h = msg_hdr_next(msg, h), n++)
			if (to)
				to[n] = (struct step){
					edit_key_received((uint16_t)(h - msg->hdrs)), body };
	}
	return n;
}

/* Or more: edits of the start line take no step. */
static size_t step_count(const struct sip_msg *msg, const struct sip_edit *last)
{
	size_t n = 0;

	if (!last || !last->has_body)
		return last ? last->depth : 0;
	for (const struct sip_edit *e = last; e; e = e->before)
		n += e->kind == EDIT_BODY ? hide_received(msg, e, NULL) : 1;
	return n;
}

static int compare(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->edit->depth < y->edit->depth ? -1 : x->edit->depth > y->edit->depth;
}

static void sort(struct plan *p)
{
	if (p->count > PLAN_STEPS_INSIDE) {
		qsort(p->steps, p->count, sizeof(p->steps[0]), compare);
		return;
	}
	for (size_t i = 1; i < p->count; i++) {
		struct step moved = p->steps[i];
		size_t to = i;

		for (; to > 0 && compare(&moved, &p->steps[to - 1]) < 0; to--)
			p->steps[to] = p->steps[to - 1];
		p->steps[to] = moved;
	}
}

static uint64_t key_of(const struct sip_edit *e)
{
	if (e->kind == EDIT_ADD || e->kind == EDIT_LATE)
		return edit_key_added(e);
	return e->added ? edit_key_added(e->added) : edit_key_received(e->at);
}

/* Filled from the end, since the list runs from the youngest to the oldest:
 * then it is nearly sorted. */
static void fill(struct plan *p, const struct sip_msg *msg, const struct sip_edit *last)
{
	size_t at = p->count;		/* as many as there is room for */

	for (const struct sip_edit *e = last; e; e = e->before)
		switch (e->kind) {
		case EDIT_REQUEST_URI:
			p->uri = p->uri ? p->uri : e;
			break;
		case EDIT_STATUS:
			p->status = p->status ? p->status : e;
			break;
		case EDIT_BODY:
			p->body = p->body ? p->body : e;
			at -= hide_received(msg, e, NULL);
			hide_received(msg, e, &p->room[at]);
			break;
		default:
			p->room[--at] = (struct step){ key_of(e), e };
			break;
		}
	p->steps = p->room + at;
	p->count -= at;
}

int plan_init(struct plan *p, const struct sip_msg *msg, const struct sip_edit *last)
{
	p->uri = p->status = p->body = NULL;
	p->count = step_count(msg, last);
	p->room = p->inside;
	if (p->count > PLAN_STEPS_INSIDE) {
		p->room = calloc(p->count, sizeof(p->room[0]));
		if (!p->room)
			return -ENOMEM;
	}
	fill(p, msg, last);
	sort(p);
	return 0;
}

void plan_fini(struct plan *p)
{
	if (p->room != p->inside)
		free(p->room);
}
