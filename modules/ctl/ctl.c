/*
 * ctl - the way from the control socket into the script.
 *
 * lcsctl script command NAME TEXT runs event_route[ctl:command], so that an
 * operator can tell a running server what its script has been taught: to
 * refuse calls, to forget a gateway, to write a line.
 */
#include "core/lcs.h"

#include <errno.h>

#define NAME_MAX_BYTES 64u
#define TEXT_MAX_BYTES 4096u

struct command { struct slice name, text; };

/* ---- variables of the event ---- */

static enum fn_status get_ctl(struct lcs_call *call)
{
	const struct command *c = lcs_event_data(call->ctx);
	struct slice what = call->argv[0].s;

	if (!c)
		return FN_DONE;
	if (slice_eq(what, SLICE("name")))
		call->ret = value_string(c->name);
	else if (slice_eq(what, SLICE("text")))
		call->ret = value_string(c->text);
	return FN_DONE;
}

/* ---- control method ---- */

static void *make_command(struct arena *arena, const void *arg)
{
	const struct command *from = arg;
	struct command *c = arena_alloc(arena, sizeof(*c));

	if (!c)
		return NULL;
	c->name = arena_dup(arena, from->name);
	c->text = arena_dup(arena, from->text);
	return c->name.p && c->text.p ? c : NULL;
}

static struct slice text_of(const json_t *params, const char *name)
{
	const json_t *v = json_object_get(params, name);

	return v ? slice_of(json_string_value(v), json_string_length(v)) : SLICE("");
}

static int run_command(struct lcs_rpc_call *call)
{
	const struct command c = { text_of(call->params, "name"), text_of(call->params, "text")
	    };

	if (c.name.len > NAME_MAX_BYTES || c.text.len > TEXT_MAX_BYTES)
		return lcs_rpc_fail(call, -EMSGSIZE, "name or text is too long");
	lcs_event(call->mod, "ctl:command", NULL, make_command, &c);
	call->result = json_true();
	return 0;
}

/* ---- tables ---- */

static const struct lcs_event_decl events[] = {
	{ "ctl:command", "somebody ran lcsctl script command; $ctl(name) and $ctl(text) tell what" },
	{ 0 }
};

static const struct lcs_var vars[] = {
	{ "ctl", VALUE_STRING, true, VAR_ARG_NAME, false, IN_EVENT, 0, get_ctl, NULL,
	  "name or text of the command, in event_route[ctl:command]" },
	{ 0 }
};

static const struct lcs_rpc_arg command_args[] = {
	{ "name", VALUE_STRING, true, "word the script looks at" },
	{ "text", VALUE_STRING, false, "what else it shall know" },
	{ 0 }
};

static const struct lcs_rpc rpcs[] = {
	{ "script.command", RIGHT_ADMIN, command_args, run_command,
	  "run event_route[ctl:command] of the script" },
	{ 0 }
};

LCS_MODULE(ctl,
	.summary = "commands of lcsctl for the script",
	.flags = MODULE_MAY_LEAVE,
	.vars = vars,
	.events = events,
	.rpcs = rpcs,
);
