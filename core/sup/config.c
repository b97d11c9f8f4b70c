/*
 * core/sup/config.c - see config.h: what lcsctl and signals ask for.
 */
#include "core/sup/config.h"

#include "core/mod/rpc.h"
#include "core/sup/announce.h"
#include "core/sup/change.h"
#include "core/sup/past.h"
#include "core/sup/relisten.h"

#include <errno.h>
#include <time.h>

#define CONFIRM_MAX_MS 86400000

static struct { bool is_open; int link; } self;

static int run_commit(struct lcs_rpc_call *call)
{
	struct order o = { .how = "commit" };
	int err = lcs_rpc_time(call, "confirm", 1000, &o.confirm);

	if (err < 0)
		return err;
	if (err && (o.confirm == 0 || o.confirm > CONFIRM_MAX_MS))
		return lcs_rpc_fail(call, -EINVAL, "confirm wants a time of at most a day: "
		    "60s, 5m, 1h");
	err = change_carry_out(&o, call->arena, &call->result, &call->error);
	if (!err && o.confirm && call->result)
		json_object_set_new(call->result, "note", json_sprintf("undone by itself in %lld s, "
		    "unless: lcsctl config confirm", (long long)(o.confirm / 1000)));
	return err;
}

static int run_confirm(struct lcs_rpc_call *call)
{
	if (!change_waits())
		return lcs_rpc_fail(call, -ENOENT, "nothing waits to be confirmed");
	change_confirm();
	log_notice("config", "configuration confirmed entry=%u uid=%d", change_number(),
	    (int)rpc_caller());
	announce("READY=1", "running with a confirmed configuration");
	return lcs_rpc_done(call, json_pack("{s:s}", "result", HISTORY_COMMITTED));
}

static int undo_committed(struct arena *arena, json_t **result, struct slice *error)
{
	unsigned number = past_find_other(change_number(), change_texts());
	struct order o = { .how = "undo" };
	struct snapshot *texts;
	int err;

	if (number == 0) {
		*error = SLICE("the history knows no configuration before this one");
		return -ENOENT;
	}
	texts = history_texts(number);
	if (!texts) {
		*error = arena_printf(arena, "the text of entry %u cannot be read", number);
		return -EIO;
	}
	o.from = texts;
	err = change_carry_out(&o, arena, result, error);
	snapshot_free(&texts);
	if (!err)
		change_count_undone();
	return err;
}

static int run_undo(struct lcs_rpc_call *call)
{
	int err = change_waits() ?
	    change_go_back("undo", call->arena, &call->result, &call->error) :
	    undo_committed(call->arena, &call->result, &call->error);

	if (!err && call->result)
		json_object_set_new(call->result, "note", json_string("the file on the disk is as it "
		    "was: the next commit or start of lcs reads that"));
	return err;
}

static json_t *entry_row(const struct history_entry *e)
{
	char when[32] = "";
	struct tm tm;
	time_t t = (time_t)e->when;

	if (gmtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "number", (int)e->number,
	    "when", when, "who", e->who, "how", e->how, "hash", e->hash, "result", e->result,
	    "current", e->number == change_number(), "detail", e->detail);
}

static int run_history(struct lcs_rpc_call *call)
{
	const struct history_entry *list;
	unsigned count = history_list(&list);

	call->result = json_array();
	for (unsigned i = count; call->result && i-- > 0;)
		json_array_append_new(call->result, entry_row(&list[i]));
	return call->result ? 0 : -ENOMEM;
}

static int run_show(struct lcs_rpc_call *call)
{
	const json_t *number = json_object_get(call->params, "number");
	struct snapshot *texts = number ? history_texts((unsigned)json_integer_value(number)) :
	    change_texts();

	if (!texts)
		return lcs_rpc_fail(call, -ENOENT, "the history has no text of entry %lld",
		    (long long)json_integer_value(number));
	call->result = snapshot_json(texts);
	if (number)
		snapshot_free(&texts);
	return call->result ? 0 : -ENOMEM;
}

static int run_reopen(struct lcs_rpc_call *call)
{
	log_reopen();
	log_notice("sup", "log file opened again");
	call->result = json_true();
	return 0;
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg commit_args[] = {
	{ "confirm", VALUE_DURATION, false,
	  "undo it by itself unless confirmed within this time: 60s, 5m, 1h" }, { 0 }
};
static const struct lcs_rpc_arg show_args[] = {
	{ "number", VALUE_INT, false, "of the history; what runs if left out" }, { 0 }
};

static const struct lcs_rpc table[] = {
	{ "config.commit", RIGHT_ADMIN, commit_args, run_commit,
	  "check the file on the disk and let it take effect, without dropping anybody" },
	{ "config.confirm", RIGHT_ADMIN, no_args, run_confirm,
	  "keep what was committed with a time to confirm" },
	{ "config.undo", RIGHT_ADMIN, no_args, run_undo,
	  "go back to the configuration before this one" },
	{ "config.history", RIGHT_READ, no_args, run_history,
	  "who changed the configuration, when, and with what result; newest first" },
	{ "config.show", RIGHT_ADMIN, show_args, run_show, "the files of a configuration, as read" },
	{ "log.reopen", RIGHT_ADMIN, no_args, run_reopen, "open the log file again, after rotation" },
	{ 0 }
};

/* ---- life ---- */

void config_signal(void)
{
	log_reopen();
	log_notice("sup", "log file opened again");
	change_alone(&(struct order){ .how = "signal" });
}

int config_open(struct server *s, struct loop *loop, int link, bool is_again)
{
	int err = change_open(s, loop, link, is_again);

	self.is_open = true;
	self.link = link;
	return err ? err : rpc_register(table, NULL);
}

void config_tick(void)
{
	if (self.is_open)
		relisten_tick(self.link);
}

void config_close(void)
{
	if (!self.is_open)
		return;
	change_close();
	self.is_open = false;
}
