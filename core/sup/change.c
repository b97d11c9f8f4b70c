/*
 * core/sup/change.c - see change.h.
 *
 * A commit changes nothing until everything that can fail is behind it. What is
 * committed with a time to confirm is told to the supervisor when it is
 * confirmed: should the server crash before, the old one is back.
 */
#include "core/sup/change.h"

#include "core/lcs.h"
#include "core/mod/reload.h"
#include "core/mod/rpc.h"
#include "core/mod/stats.h"
#include "core/sup/announce.h"
#include "core/sup/link.h"
#include "core/sup/past.h"
#include "core/sup/relisten.h"
#include "core/sup/trial.h"
#include "utils/err.h"

#include <errno.h>

static struct {
	struct server     *server;
	struct loop       *loop;
	int                link;
	struct snapshot   *current;	/* the texts of what runs */
	unsigned           number;	/* its entry in the history, 0: none */
	struct snapshot   *back;	/* unconfirmed: what to go back to */
	unsigned           back_number;
	struct timer       confirm;
	struct reload_counts counts;
} self;

static void count(uint64_t *counter)
{
	++*counter;
	stats_reloads(&self.counts);
}

/* ---- one change ---- */

struct change { struct diag *diag; struct reload *reload; struct relisten *listeners; };

static int read(struct change *c, const struct order *o, struct arena *arena, struct slice *why)
{
	int err = reload_read(self.server, NULL, o->from, c->diag, &c->reload);

	if (err)
		*why = diag_errors(c->diag) ? diag_text(c->diag, DIAG_TEXT, arena) :
		    slice_str(err_text(err));
	return err;
}

/* What ran before was good enough then: the way back is never barred. */
static bool wants_trial(const struct change *c, const struct order *o)
{
	static const char name[] = "reload_requires_tests";
	const struct cfg *next = reload_cfg(c->reload);

	return !o->from && next->tests > 0 &&
	    (cfg_setting(next, name)->b || lcs_setting(gen_peek(), name)->b);
}

static int try(struct change *c, const struct order *o, struct arena *arena, struct slice *why)
{
	const struct cfg *next = reload_cfg(c->reload);

	if (!wants_trial(c, o))
		return 0;
	announce("RELOADING=1", "running the tests of the new configuration");
	return trial_run(server_conf_of(self.server), reload_snapshot(c->reload),
	    cfg_setting(next, "reload_tests_limit")->dur / 1000, arena, why);
}

/* All that can fail. *why in the arena. */
static int prepare(struct change *c, const struct order *o, struct arena *arena,
    struct slice *why)
{
	const char *module = "";
	char text[512] = "";
	int err = read(c, o, arena, why);

	if (!err)
		err = try(c, o, arena, why);
	if (err)
		return err;
	err = reload_prepare(c->reload, &module);
	if (err) {
		*why = arena_printf(arena, "module %s refused the configuration: %s; its reason is "
		    "in the log", module, err_text(err));
		return err;
	}
	/* After the modules: a listener may need the layer that one of them brings. */
	err = relisten_prepare(self.link, reload_setup(c->reload), &c->listeners, text);
	if (err)
		*why = arena_printf(arena, "%s", text);
	return err;
}

static void drop(struct change *c)
{
	relisten_drop(self.link, &c->listeners);
	reload_drop(&c->reload);
	diag_free(&c->diag);
}

static void make_final(void)
{
	wheel_stop(loop_wheel(self.loop), &self.confirm);
	snapshot_free(&self.back);
	if (link_keep(self.link, self.current) != 0)
		log_warning("config", "the supervisor was not told: a crash would bring the "
		    "configuration before this one back");
	relisten_release(self.link);
}

static void await_confirmation(struct snapshot *old, unsigned old_number, msec_t within)
{
	if (self.back) {
		/* The way back leads to what was confirmed last. */
		snapshot_free(&old);
	} else {
		self.back = old;
		self.back_number = old_number;
	}
	wheel_stop(loop_wheel(self.loop), &self.confirm);
	wheel_start(loop_wheel(self.loop), &self.confirm, loop_now(self.loop), within);
}

/* A text that runs already is read again for what it names: certificates, lists. That is no
 * new entry. */
static unsigned record_commit(const struct order *o, const struct reload *r)
{
	if (past_same_text(reload_snapshot(r), self.current) && !o->confirm && !self.back)
		return self.number;
	return past_record(o->how, reload_snapshot(r), o->confirm ? HISTORY_WAITING : HISTORY_COMMITTED,
	    reload_summary(r));
}

static void commit(struct change *c, const struct order *o)
{
	unsigned old_number = self.number;
	struct snapshot *old = self.current;

	self.number = record_commit(o, c->reload);
	self.current = reload_take_snapshot(c->reload);
	reload_commit(&c->reload);
	relisten_commit(&c->listeners);
	count(&self.counts.commits);
	if (o->confirm) {
		await_confirmation(old, old_number, o->confirm);
	} else {
		snapshot_free(&old);
		make_final();
	}
	server_tick(self.server);
}

/* From the line of the first error on: warnings may stand before it, and lists have room for
 * one line. */
static struct slice first_error(struct slice why)
{
	size_t at = slice_search(why, SLICE(": error["));

	if (at == why.len)
		return why;
	while (at > 0 && why.p[at - 1] != '\n')
		at--;
	return slice_skip(why, at);
}

/* Notes are for who asked, not for a log that is looked at for what is wrong. */
static struct slice for_log(const struct change *c, struct arena *arena, struct slice why)
{
	return c->diag && diag_errors(c->diag) ? diag_text(c->diag, DIAG_LOG, arena) : why;
}

int change_carry_out(const struct order *o, struct arena *arena, json_t **result,
    struct slice *error)
{
	struct change c = { .diag = diag_new() };
	struct slice why = SLICE("memory is short"), summary = SLICE(""), warnings = SLICE("");
	int err;

	log_reopen();
	announce_begin();
	err = c.diag ? prepare(&c, o, arena, &why) : -ENOMEM;
	if (err) {
		count(&self.counts.refused);
		announce_refusal(o->how, for_log(&c, arena, why), first_error(why));
		past_record(o->how, NULL, HISTORY_REFUSED, first_error(why));
		*error = why;
	} else {
		summary = arena_dup(arena, reload_summary(c.reload));
		warnings = diag_text(c.diag, DIAG_TEXT, arena);
		*result = json_pack("{s:s, s:s%, s:i, s:O, s:s%}", "result",
		    o->confirm ? HISTORY_WAITING : HISTORY_COMMITTED, "summary", summary.p,
		    summary.len, "warnings", (int)diag_warnings(c.diag), "restart",
		    reload_restart(c.reload), "text", warnings.p ? warnings.p : "", warnings.len);
		commit(&c, o);
		announce_commit(o->how, o->confirm > 0, c.diag, summary,
		    diag_text(c.diag, DIAG_LOG, arena));
	}
	drop(&c);
	return err;
}

int change_alone(const struct order *o)
{
	struct arena *arena = arena_new(0);
	json_t *result = NULL;
	struct slice error;
	int err = arena ? change_carry_out(o, arena, &result, &error) : -ENOMEM;

	json_decref(result);
	arena_free(&arena);
	return err;
}

/* ---- going back ---- */

int change_go_back(const char *how, struct arena *arena, json_t **result, struct slice *error)
{
	unsigned undone = self.number, to = self.back_number;
	const struct order o = { .how = how, .from = self.back };
	int err;

	/* Not unconfirmed any more, whatever comes: the timer must not do it again. */
	wheel_stop(loop_wheel(self.loop), &self.confirm);
	err = change_carry_out(&o, arena, result, error);
	if (err)
		return err;
	history_set_result(undone, HISTORY_UNDONE);
	log_notice("config", "unconfirmed configuration undone entry=%u back_to=%u", undone, to);
	count(&self.counts.undone);
	return 0;
}

static void confirm_late(struct timer *t)
{
	struct arena *arena = arena_new(0);
	json_t *result = NULL;
	struct slice error;

	(void)t;
	log_warning("config", "nobody has confirmed the configuration: it is undone");
	if (!arena || change_go_back("timeout", arena, &result, &error) != 0) {
		log_error("config", "the configuration before cannot be had back: what runs stays");
		wheel_start(loop_wheel(self.loop), &self.confirm, loop_now(self.loop), 10000);
	}
	json_decref(result);
	arena_free(&arena);
}

/* ---- what runs ---- */

bool change_waits(void) { return self.back != NULL; }
unsigned change_number(void) { return self.number; }
struct snapshot *change_texts(void) { return self.current; }
void change_count_undone(void) { count(&self.counts.undone); }

void change_confirm(void)
{
	make_final();
	history_set_result(self.number, HISTORY_COMMITTED);
}

int change_open(struct server *s, struct loop *loop, int link, bool is_again)
{
	const struct snapshot *from = server_snapshot(s);

	self.server = s;
	self.loop = loop;
	self.link = link;
	self.counts = (struct reload_counts){ 0 };
	stats_reloads(&self.counts);
	announce_open(link);
	timer_init(&self.confirm, confirm_late);
	self.current = snapshot_new();
	for (unsigned i = 0; self.current && i < from->count; i++)
		snapshot_add(self.current, from->texts[i].path, from->texts[i].text);
	if (!self.current || self.current->is_short)
		return -ENOMEM;
	history_open(server_setup(s)->state_dir);
	self.number = past_record_start(self.current, server_summary(s));
	if (is_again && !past_is_on_disk(self.current))
		log_warning("config", "what runs is not what is on the disk: the file was changed "
		    "after the last commit, \"lcsctl config diff\" shows how");
	return 0;
}

void change_close(void)
{
	wheel_stop(loop_wheel(self.loop), &self.confirm);
	snapshot_free(&self.current);
	snapshot_free(&self.back);
	history_close();
}
