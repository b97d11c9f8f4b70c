/*
 * test/load/ask.c - requests under way: found by the branch of the answer, repeated over UDP.
 */
#include "test/load/crowd.h"

#include <stdlib.h>

#define T1_US       500000
#define T2_US       4000000
#define PATIENCE_US 32000000
#define TRIES_MAX   4u

static void ask_free(struct ask *a)
{
	list_remove(&a->node);
	buf_unref(&a->bytes);
	free(a);
}

static struct ask *ask_new(struct user *u, enum what what, unsigned number)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->what = what;
	a->number = number;
	a->begun = u->c->now;
	list_push_back(&u->asks, &a->node);
	return a;
}

static void ask_send(struct user *u, struct ask *a)
{
	a->serial = ++u->c->serial;
	a->gap = T1_US;
	a->again = u->c->now + a->gap;
	a->bytes = build_request(u, a);
	link_send(u, buf_slice(a->bytes));
}

void ask_begin(struct user *u, enum what what, unsigned number)
{
	ask_send(u, ask_new(u, what, number));
}

void ask_postpone(struct user *u, const struct ask *refused, int64_t delay)
{
	struct ask *a = ask_new(u, refused->what, refused->number);

	a->again = u->c->now + delay;
}

bool ask_is_under_way(const struct user *u, enum what what)
{
	list_for_each(it, &u->asks)
		if (container_of(it, struct ask, node)->what == what)
			return true;
	return false;
}

static struct ask *find(struct user *u, struct slice head)
{
	struct slice branch = text_param(text_header(head, "Via"), "branch");
	unsigned serial;

	slice_split(&branch, '.');
	serial = text_number(branch);
	list_for_each(it, &u->asks) {
		struct ask *a = container_of(it, struct ask, node);

		if (a->serial == serial)
			return a;
	}
	return NULL;
}

void ask_answered(struct user *u, struct slice head, struct slice body)
{
	uint16_t status = text_status(head);
	struct ask *a = find(u, head);
	struct ask answered;

	if (!a) {
		u->c->t.strays++;
		return;
	}
	if (status < 200) {
		a->gap = T2_US;
		return;
	}
	answered = *a;
	ask_free(a);
	if (status == 401 || status == 407) {
		u->c->t.challenged++;
		if (answered.tries < TRIES_MAX && sign_challenged(u, head)) {
			a = ask_new(u, answered.what, answered.number);
			a->tries = answered.tries + 1;
			a->begun = answered.begun;
			ask_send(u, a);
			return;
		}
	}
	sign_check(u, head);
	user_answer(u, &answered, status, head, body);
}

void ask_tick(struct user *u)
{
	list_for_each_safe(it, &u->asks) {
		struct ask *a = container_of(it, struct ask, node);

		if (!a->bytes) {
			if (u->c->now >= a->again)
				ask_send(u, a);
			continue;
		}
		if (u->c->now - a->begun > PATIENCE_US) {
			struct ask late = *a;

			ask_free(a);
			u->c->t.timeouts++;
			user_answer(u, &late, 408, SLICE_NULL, SLICE_NULL);
			return;
		}
		if (u->kind != KIND_UDP || u->c->now < a->again)
			continue;
		u->c->t.resent++;
		a->gap = 2 * a->gap < T2_US ? 2 * a->gap : T2_US;
		a->again = u->c->now + a->gap;
		link_send(u, buf_slice(a->bytes));
	}
}

void asks_drop(struct user *u)
{
	list_for_each_safe(it, &u->asks)
		ask_free(container_of(it, struct ask, node));
}
