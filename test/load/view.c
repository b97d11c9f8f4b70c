/*
 * test/load/view.c - what watchers have seen, and whether it is what there is.
 */
#include "test/load/crowd.h"

/* "sip:w12@example.test" or without the scheme; false: nobody of the crowd. */
static bool index_of(const struct crowd *c, struct slice uri, unsigned *out)
{
	if (slice_starts(uri, SLICE("sip:")))
		uri = slice_skip(uri, 4);
	if (!uri.len || uri.p[0] != 'w')
		return false;
	*out = text_number(slice_skip(uri, 1));
	return *out < c->n;
}

/* The highest, if several tuples have one. */
static unsigned number_in(struct slice document)
{
	unsigned highest = 0;

	for (;;) {
		size_t at = slice_search(document, SLICE("<note"));
		struct slice note = slice_skip(document, at);
		unsigned n;

		if (at == document.len)
			return highest;
		slice_split(&note, '>');
		document = note;
		n = note.len && note.p[0] == 'n' ? text_number(slice_skip(note, 1)) : 0;
		highest = n > highest ? n : highest;
	}
}

void latency_add(struct latency *l, int64_t us)
{
	int64_t ms = us / 1000;

	l->count[ms < 0 ? 0 : ms > LATENCY_MS ? LATENCY_MS : ms]++;
	l->total++;
}

static void take(struct user *u, unsigned whom, unsigned number)
{
	const struct user *other = &u->c->users[whom];

	for (unsigned i = 0; i < u->c->contact_count; i++) {
		if (u->contacts[i] != whom)
			continue;
		if (number == other->said && u->seen[i] != number)
			latency_add(&u->c->t.notice, u->c->now - other->said_at);
		u->seen[i] = number;
	}
}

void view_read(struct user *u, struct slice body)
{
	for (;;) {
		size_t at = slice_search(body, SLICE("<presen"));
		struct slice document = slice_skip(body, at), rest, tag, uri;
		unsigned whom;

		if (at == body.len)
			return;
		rest = document;
		tag = slice_split(&rest, '>');
		uri = text_param(tag, "entity");
		uri = uri.len ? uri : text_param(tag, "uri");
		body = rest;
		if (index_of(u->c, uri, &whom))
			take(u, whom, number_in(slice_first(document,
			    slice_search(document, SLICE("</presen")))));
	}
}

/* Contacts are added one after the other: the highest says how many there are. */
void view_read_contacts(struct user *u, struct slice body)
{
	struct slice number = text_param(body, "deltaNum");

	if (number.len)
		u->delta = text_number(number);
	for (;;) {
		size_t at = slice_search(body, SLICE("extra"));
		unsigned n;

		if (at == body.len)
			return;
		body = slice_skip(body, at + 5);
		n = text_number(body);
		if (n > u->added_seen)
			u->added_seen = n;
	}
}

static void compare_user(const struct user *u, struct view_sum *sum)
{
	for (unsigned i = 0; i < u->c->contact_count; i++) {
		const struct user *other = &u->c->users[u->contacts[i]];

		sum->views++;
		if (u->seen[i] == other->acked)
			continue;
		if (u->seen[i] < other->acked)
			sum->behind++;
		else
			sum->ahead++;
		sum->watcher = u->index;
		sum->watched = other->index;
		sum->seen = u->seen[i];
		sum->said = other->acked;
	}
	sum->contacts_lost += u->added_seen < u->added_acked;
}

struct view_sum view_compare(const struct crowd *c)
{
	struct view_sum sum = { 0 };

	for (unsigned i = 0; i < c->n; i++)
		compare_user(&c->users[i], &sum);
	return sum;
}
