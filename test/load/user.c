/*
 * test/load/user.c - a user of the crowd: signs in, watches, publishes, writes, comes back.
 *
 * A standard client keeps its dialogs when its connection ends, and registers again with the
 * same Contact; an LCS client begins everything anew, as the real ones do.
 */
#include "test/load/crowd.h"

#include <stdlib.h>

#define SPREAD 7919u		/* a prime: contacts of one are far apart */

static unsigned dialog_count(const struct user *u)
{
	return u->kind == KIND_LCS ? ASK_WATCH : u->c->contact_count;
}

static enum kind kind_of(const struct crowd *c, unsigned index)
{
	enum kind k = KIND_UDP;

	while (index >= c->kinds[k])
		index -= c->kinds[k++];
	return k;
}

void users_make(struct crowd *c)
{
	c->users = calloc(c->n, sizeof(*c->users));
	for (unsigned i = 0; i < c->n; i++) {
		struct user *u = &c->users[i];

		*u = (struct user){ .c = c, .index = i, .kind = kind_of(c, i), .fd = -1 };
		list_init(&u->asks);
		u->dialogs = calloc(dialog_count(u), sizeof(*u->dialogs));
		for (unsigned k = 0; k < c->contact_count; k++)
			u->contacts[k] = (i + (k + 1) * SPREAD) % c->n;
	}
}

/* ---- signing in ---- */

static void is_in(struct user *u)
{
	u->is_in = true;
	u->c->in_count++;
	u->c->starting--;
	u->c->t.sign_ins++;
}

static void expect(struct user *u, enum what what, unsigned number)
{
	u->missing++;
	ask_begin(u, what, number);
}

static void publish(struct user *u, unsigned number)
{
	if (number != u->said) {
		u->said = number;
		u->said_at = u->c->now;
	}
	ask_begin(u, ASK_PUBLISH, number);
}

static void first_publish(struct user *u)
{
	u->missing++;
	publish(u, u->said ? u->said : 1);
}

static void watch_all(struct user *u)
{
	for (unsigned k = 0; k < u->c->contact_count; k++) {
		struct dialog *d = &u->dialogs[k];

		if (d->is_up)
			continue;
		/* Asked for, but the connection ended before the answer: another dialog. */
		if (d->cseq)
			*d = (struct dialog){ .version = d->version + 1 };
		expect(u, ASK_WATCH, k);
	}
	if (u->said == 0 || u->said != u->acked)
		first_publish(u);
	if (!u->missing)
		is_in(u);
}

static void registered(struct user *u)
{
	if (u->is_in)
		return;			/* a refresh */
	if (u->kind != KIND_LCS) {
		watch_all(u);
		return;
	}
	u->sign.stage = SIGN_UP;
	for (unsigned what = ASK_WAITING; what <= ASK_PROVISIONING; what++)
		expect(u, (enum what)what, 0);
}

/* The contact list is there: then the contacts are watched. */
static void arrived(struct user *u, enum what what)
{
	if (u->is_in || !u->missing || --u->missing)
		return;
	if (u->kind == KIND_LCS && what < ASK_LIST) {
		expect(u, ASK_LIST, 0);
		first_publish(u);
	} else {
		is_in(u);
	}
}

void user_connected(struct user *u)
{
	u->lives++;
	u->missing = 0;
	if (!u->contact_port)
		u->contact_port = ntohs(u->local.sin_port);
	if (u->kind == KIND_LCS) {
		sign_forget(u);
		for (unsigned i = 0; i < dialog_count(u); i++)
			u->dialogs[i] = (struct dialog){ .version = u->lives };
	}
	ask_begin(u, ASK_REGISTER, 0);
}

void user_lost(struct user *u)
{
	if (u->is_in) {
		u->is_in = false;
		u->c->in_count--;
		u->c->t.lost++;
	} else {
		u->c->starting--;
	}
	asks_drop(u);
	link_close(u);
}

/* ---- answers ---- */

static void refused(struct user *u, uint16_t status)
{
	u->c->t.refused++;
	if (!u->c->t.first_refusal)
		u->c->t.first_refusal = status;
}

static void subscribed(struct user *u, const struct ask *a, struct slice head, struct slice body)
{
	struct dialog *d = &u->dialogs[a->what == ASK_WATCH ? a->number : (unsigned)a->what];

	d->is_up = true;
	u->c->t.subscribed += a->what == ASK_WATCH;
	text_keep(d->tag, sizeof(d->tag), text_tag(text_header(head, "To")));
	text_keep(d->target, sizeof(d->target), text_uri(text_header(head, "Contact")));
	if (text_header(head, "ms-piggyback-cseq").len)
		d->seen = 1;
	if (a->what == ASK_ROAMING)
		view_read_contacts(u, body);
	else
		view_read(u, body);
}

static void published(struct user *u, const struct ask *a, struct slice head)
{
	struct slice etag = text_header(head, "SIP-ETag");

	u->acked = a->number;
	if (etag.len)
		text_keep(u->etag, sizeof(u->etag), etag);
	u->c->t.published++;
	latency_add(&u->c->t.publish, u->c->now - a->begun);
}

static void written(struct crowd *c, const struct ask *a, uint16_t status)
{
	c->arrived[a->number] |= 2;
	c->t.messages++;
	c->t.stored += status == 202;
	latency_add(&c->t.message, c->now - a->begun);
}

static void good(struct user *u, const struct ask *a, uint16_t status, struct slice head,
    struct slice body)
{
	if (a->what == ASK_REGISTER)
		registered(u);
	else if (a->what <= ASK_WATCH)
		subscribed(u, a, head, body);
	else if (a->what == ASK_PUBLISH)
		published(u, a, head);
	else if (a->what == ASK_MESSAGE)
		written(u->c, a, status);
	else
		u->added_acked = a->number, u->c->t.added++;
}

/* What is wanted to sign in is asked for again; a message is lost, and counted so. */
static void bad(struct user *u, const struct ask *a, uint16_t status, struct slice head)
{
	unsigned pause = text_number(text_header(head, "Retry-After"));

	if (a->what == ASK_PUBLISH && status == 412) {
		u->etag[0] = '\0';
		ask_begin(u, ASK_PUBLISH, a->number);
		return;
	}
	refused(u, status);
	if (!u->is_in)
		ask_postpone(u, a, pause * 1000000 + random_below(1000000));
}

void user_answer(struct user *u, const struct ask *a, uint16_t status, struct slice head,
    struct slice body)
{
	if (status >= 300) {
		bad(u, a, status, head);
		return;
	}
	good(u, a, status, head, body);
	if (a->what != ASK_REGISTER)
		arrived(u, a->what);
}

/* ---- what the server sends ---- */

/* Call-ID: d<user>.<dialog>.<version>@crowd */
static struct dialog *dialog_of(struct user *u, struct slice head, unsigned *number)
{
	struct slice id = text_header(head, "Call-ID");

	slice_split(&id, '.');
	*number = text_number(slice_split(&id, '.'));
	return *number < dialog_count(u) && text_number(id) == u->dialogs[*number].version ?
	    &u->dialogs[*number] : NULL;
}

static bool has_ended(struct slice head)
{
	struct slice state = text_header(head, "Subscription-State");

	return slice_starts_nocase(state, SLICE("terminated"));
}

/* One that was overtaken says nothing new. */
static void notified(struct user *u, struct slice head, struct slice body)
{
	unsigned number, cseq = text_number(text_header(head, "CSeq"));
	struct dialog *d = dialog_of(u, head, &number);

	if (!d)
		return;
	u->c->t.notices++;
	if (cseq <= d->seen) {		/* by UDP it may come twice: the answer was late */
		u->c->t.repeated += cseq == d->seen;
		u->c->t.reordered += cseq < d->seen;
		return;
	}
	d->seen = cseq;
	if (has_ended(head) && !(u->kind == KIND_LCS && number == ASK_PROVISIONING)) {
		u->c->t.terminated++;
		*d = (struct dialog){ .version = d->version + 1 };
		if (u->kind != KIND_LCS)
			ask_begin(u, ASK_WATCH, number);
	} else if (u->kind == KIND_LCS && number == ASK_ROAMING) {
		view_read_contacts(u, body);
	} else {
		view_read(u, body);
	}
}

/* By its text: one that was kept for him comes in a request of the server's own, and says when
 * it was written before the text. */
static void got_message(struct user *u, struct slice body)
{
	struct crowd *c = u->c;
	struct slice begin = SLICE("crowd ");
	size_t at = slice_search(body, begin);
	unsigned number = text_number(slice_skip(body, at + begin.len));

	if (at < body.len && number < c->t.message_asks)
		c->arrived[number] |= 1;
	else
		c->t.strangers_messages++;
}

void user_message(struct user *u, struct slice head, struct slice body)
{
	struct slice method = text_method(head);
	struct buf *answer;

	sign_check(u, head);
	if (slice_eq(method, SLICE("MESSAGE")))
		got_message(u, body);
	else if (slice_ends(method, SLICE("NOTIFY")))
		notified(u, head, body);
	if (u->fd < 0 || slice_eq(method, SLICE("BENOTIFY")) || slice_eq(method, SLICE("ACK")))
		return;
	answer = build_answer(u, head, 200);
	link_send(u, buf_slice(answer));
	buf_unref(&answer);
}

/* ---- under load ---- */

bool user_publish(struct user *u)
{
	if (!u->is_in || ask_is_under_way(u, ASK_PUBLISH))
		return false;
	publish(u, u->said == u->acked ? u->said + 1 : u->said);
	return true;
}

bool user_write(struct user *u)
{
	if (!u->is_in || u->c->t.message_asks >= u->c->arrived_size)
		return false;
	ask_begin(u, ASK_MESSAGE, u->c->t.message_asks++);
	return true;
}

bool user_add_contact(struct user *u)
{
	if (u->kind != KIND_LCS || !u->is_in || ask_is_under_way(u, ASK_CONTACT) ||
	    u->added_seen < u->added_acked)
		return false;
	u->added = u->added_seen + 1;
	ask_begin(u, ASK_CONTACT, u->added);
	return true;
}

/* The connection ends in the middle of whatever it is; he is back at once. */
bool user_drop(struct user *u)
{
	if (u->kind == KIND_UDP || !u->is_in)
		return false;
	user_lost(u);
	u->retry = u->c->now;
	return true;
}
