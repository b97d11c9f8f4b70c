/*
 * modules/usrloc/event.c - event_route[usrloc:contact-expired] and $ulc(...).
 */
#include "modules/usrloc/usrloc.h"

struct event_data { struct slice aor, contact, ruid, instance, user_agent, call_id; };

static void *make_data(struct arena *arena, const void *arg)
{
	const struct event_data *from = arg;
	struct event_data *d = arena_alloc(arena, sizeof(*d));

	if (!d)
		return NULL;
	d->aor = arena_dup(arena, from->aor);
	d->contact = arena_dup(arena, from->contact);
	d->ruid = arena_dup(arena, from->ruid);
	d->instance = arena_dup(arena, from->instance);
	d->user_agent = arena_dup(arena, from->user_agent);
	d->call_id = arena_dup(arena, from->call_id);
	return d;
}

void usrloc_event_expired(struct usrloc *ul, struct slice aor, const struct binding *b)
{
	struct event_data d = {
		aor, binding_text(b, TEXT_CONTACT), binding_text(b, TEXT_RUID),
		binding_text(b, TEXT_INSTANCE), binding_text(b, TEXT_USER_AGENT),
		binding_text(b, TEXT_CALL_ID),
	};

	lcs_event(ul->mod, "usrloc:contact-expired", NULL, make_data, &d);
}

static enum fn_status get_ulc(struct lcs_call *call)
{
	const struct event_data *d = lcs_event_data(call->ctx);
	static const struct { const char *name; size_t at; } fields[] = {
		{ "aor", offsetof(struct event_data, aor) },
		{ "contact", offsetof(struct event_data, contact) },
		{ "ruid", offsetof(struct event_data, ruid) },
		{ "endpoint", offsetof(struct event_data, ruid) },
		{ "instance", offsetof(struct event_data, instance) },
		{ "user_agent", offsetof(struct event_data, user_agent) },
		{ "callid", offsetof(struct event_data, call_id) },
	};

	if (!d || call->argv[0].type != VALUE_STRING)
		return FN_DONE;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (slice_eq(call->argv[0].s, slice_str(fields[i].name))) {
			const struct slice *s = (const void *)((const char *)d + fields[i].at);

			if (s->len)
				call->ret = value_string(*s);
			return FN_DONE;
		}
	return FN_DONE;
}

const struct lcs_var usrloc_vars[] = {
	{ "ulc", VALUE_STRING, true, VAR_ARG_NAME, false, IN_EVENT, 0, get_ulc, NULL,
	  "binding of a usrloc event: aor, contact, ruid (endpoint), instance, user_agent, callid" },
	{ 0 }
};
