/*
 * core/sup/config.c - see config.h.
 *
 * A commit changes nothing until everything that can fail is behind it. What is
 * committed with a time to confirm is told to the supervisor when it is
 * confirmed: should the server crash before, the old one is back.
 */
#include "core/sup/config.h"

#include "core/mod/reload.h"
#include "core/mod/rpc.h"
#include "core/mod/stats.h"
#include "core/sup/history.h"
#include "core/sup/link.h"
#include "core/sup/relisten.h"
#include "utils/err.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CONFIRM_MAX_MS 86400000

static struct {
	struct server     *server;
	struct loop       *loop;
	int                link;
	struct snapshot   *current;	/* the texts of what runs */
	unsigned           number;	/* its entry in the history, 0: none */
	struct snapshot   *back;	/* unconfirmed: what to go back to */
	unsigned           back_number;
	struct wheel_timer confirm;
	struct reload_counts counts;
} self;

static void count(uint64_t *counter)
{
	++*counter;
	stats_reloads(&self.counts);
}

/* ---- telling ---- */

/* One datagram is enough for a status line: more would be cut by whoever shows it. */
static void notify(const char *state, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "%s\nSTATUS=%.300s", state, text);
	for (char *p = line + strlen(state) + 1; *p; p++)
		if (*p == '\n')
			*p = ' ';
	link_say(self.link, LINK_NOTIFY, line);
}

static void notify_begin(void)
{
	struct timespec ts;
	char state[64];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	notify(state, "reading the configuration");
}

static void log_lines(bool is_error, struct slice text)
{
	while (text.len > 0) {
		struct slice line = slice_split(&text, '\n');

		if (slice_trim(line).len == 0)
			continue;
		if (is_error)
			log_error("config", "%.*s", SLICE_ARG(line));
		else
			log_warning("config", "%.*s", SLICE_ARG(line));
	}
}

/* ---- who ---- */

static void name_user(unsigned uid, char *out, size_t room)
{
	const struct passwd *pw = uid == (unsigned)-1 ? NULL : getpwuid(uid);

	if (pw)
		snprintf(out, room, "%s", pw->pw_name);
	else if (uid == (unsigned)-1)
		snprintf(out, room, "system");
	else
		snprintf(out, room, "uid %u", uid);
}

/* ---- history ---- */

struct order {				/* what somebody wants to be done */
	const char            *how;	/* as history_entry.how */
	const struct snapshot *from;	/* NULL: the file on the disk */
	msec_t                 confirm;	/* 0: final at once */
};

static bool same_text(const struct snapshot *a, const struct snapshot *b)
{
	char x[SNAPSHOT_HASH_CHARS + 1], y[SNAPSHOT_HASH_CHARS + 1];

	snapshot_hash(a, x);
	snapshot_hash(b, y);
	return slice_eq(slice_str(x), slice_str(y));
}

static unsigned record(const struct order *o, const struct snapshot *texts, const char *result,
    struct slice detail)
{
	struct history_entry e = { 0 };

	detail = slice_first(detail, slice_find(detail, '\n'));
	name_user(rpc_caller(), e.who, sizeof(e.who));
	snprintf(e.how, sizeof(e.how), "%s", o->how);
	snprintf(e.result, sizeof(e.result), "%s", result);
	snprintf(e.detail, sizeof(e.detail), "%.*s", (int)(detail.len < 180 ? detail.len : 180),
	    detail.p ? detail.p : "");
	if (texts)
		snapshot_hash(texts, e.hash);
	return history_add(&e, texts);
}

/* ---- one change ---- */

struct change { struct diag *diag; struct reload *reload; struct relisten *listeners; };

/* All that can fail. *why in the arena. */
static int prepare(struct change *c, const struct order *o, struct arena *arena,
    struct slice *why)
{
	const char *module = "";
	char text[512] = "";
	int err = reload_read(self.server, NULL, o->from, c->diag, &c->reload);

	if (err) {
		*why = diag_errors(c->diag) ? diag_text(c->diag, DIAG_TEXT, arena) :
		    slice_str(err_text(err));
		return err;
	}
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
	if (same_text(reload_snapshot(r), self.current) && !o->confirm && !self.back)
		return self.number;
	return record(o, reload_snapshot(r), o->confirm ? HISTORY_WAITING : HISTORY_COMMITTED,
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

static void report_commit(const struct order *o, const struct diag *diag, struct slice summary,
    struct slice warnings)
{
	const struct gen *gen = gen_peek();
	char text[400];

	log_lines(false, warnings);
	log_notice("config", "configuration committed generation=%llu how=%s uid=%d warnings=%u %.*s",
	    (unsigned long long)gen->number, o->how, (int)rpc_caller(), diag_warnings(diag),
	    SLICE_ARG(summary));
	snprintf(text, sizeof(text), "running with generation %llu of the configuration%s",
	    (unsigned long long)gen->number, o->confirm ? ", unconfirmed" : "");
	notify("READY=1", text);
}

static void report_refusal(const struct order *o, struct slice why)
{
	char text[400];

	count(&self.counts.refused);
	log_lines(true, why);
	log_error("config", "configuration refused: what runs stays how=%s uid=%d", o->how,
	    (int)rpc_caller());
	snprintf(text, sizeof(text), "the new configuration was refused, the old one runs: %.*s",
	    (int)(why.len < 200 ? why.len : 200), why.p);
	notify("READY=1", text);
}

/* 0 with *result, or a negative code with *error; both may be NULL, nobody listens then. */
static int carry_out(const struct order *o, struct arena *arena, json_t **result,
    struct slice *error)
{
	struct change c = { .diag = diag_new() };
	struct slice why = SLICE("memory is short"), summary = SLICE(""), warnings = SLICE("");
	int err;

	log_reopen();
	notify_begin();
	err = c.diag ? prepare(&c, o, arena, &why) : -ENOMEM;
	if (err) {
		report_refusal(o, why);
		record(o, NULL, HISTORY_REFUSED, why);
		*error = why;
	} else {
		summary = arena_dup(arena, reload_summary(c.reload));
		warnings = diag_text(c.diag, DIAG_TEXT, arena);
		*result = json_pack("{s:s, s:s%, s:i, s:O, s:s%}", "result",
		    o->confirm ? HISTORY_WAITING : HISTORY_COMMITTED, "summary", summary.p,
		    summary.len, "warnings", (int)diag_warnings(c.diag), "restart",
		    reload_restart(c.reload), "text", warnings.p ? warnings.p : "", warnings.len);
		commit(&c, o);
		report_commit(o, c.diag, summary, warnings);
	}
	drop(&c);
	return err;
}

/* Nobody waits for an answer: the log has it. */
static int carry_out_alone(const struct order *o)
{
	struct arena *arena = arena_new(0);
	json_t *result = NULL;
	struct slice error;
	int err = arena ? carry_out(o, arena, &result, &error) : -ENOMEM;

	json_decref(result);
	arena_free(&arena);
	return err;
}

void config_signal(void)
{
	log_reopen();
	log_notice("sup", "log file opened again");
	carry_out_alone(&(struct order){ .how = "signal" });
}

/* ---- going back ---- */

static int go_back(const char *how, struct arena *arena, json_t **result, struct slice *error)
{
	unsigned undone = self.number, to = self.back_number;
	const struct order o = { .how = how, .from = self.back };
	int err;

	/* Not unconfirmed any more, whatever comes: the timer must not do it again. */
	wheel_stop(loop_wheel(self.loop), &self.confirm);
	err = carry_out(&o, arena, result, error);
	if (err)
		return err;
	history_set_result(undone, HISTORY_UNDONE);
	log_notice("config", "unconfirmed configuration undone entry=%u back_to=%u", undone, to);
	count(&self.counts.undone);
	return 0;
}

static void confirm_late(struct wheel_timer *t)
{
	struct arena *arena = arena_new(0);
	json_t *result = NULL;
	struct slice error;

	(void)t;
	log_warning("config", "nobody has confirmed the configuration: it is undone");
	if (!arena || go_back("timeout", arena, &result, &error) != 0) {
		log_error("config", "the configuration before cannot be had back: what runs stays");
		wheel_start(loop_wheel(self.loop), &self.confirm, loop_now(self.loop), 10000);
	}
	json_decref(result);
	arena_free(&arena);
}

/* The newest committed entry with other text than what runs, that came before it. */
static unsigned find_previous(void)
{
	const struct history_entry *list;
	unsigned count = history_list(&list), found = 0;
	char hash[SNAPSHOT_HASH_CHARS + 1];

	snapshot_hash(self.current, hash);
	for (unsigned i = 0; i < count && (!self.number || list[i].number < self.number); i++)
		if (slice_eq(slice_str(list[i].result), SLICE(HISTORY_COMMITTED)) &&
		    !slice_eq(slice_str(list[i].hash), slice_str(hash)))
			found = list[i].number;
	return found;
}

/* ---- control methods ---- */

static bool read_duration(struct slice s, msec_t *out)
{
	static const struct { struct slice unit; msec_t ms; } units[] = {
		{ { "", 0 }, 1000 }, { { "s", 1 }, 1000 }, { { "m", 1 }, 60000 },
		{ { "h", 1 }, 3600000 },
	};
	struct slice digits = slice_take_while(&s, is_digit);
	uint32_t n;

	if (slice_to_u32(digits, &n) != 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!slice_eq(s, units[i].unit))
			continue;
		*out = n * units[i].ms;
		return *out > 0 && *out <= CONFIRM_MAX_MS;
	}
	return false;
}

static int run_commit(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	const json_t *within = json_object_get(params, "confirm");
	struct order o = { .how = "commit" };

	(void)mod;
	if (within && !read_duration(slice_str(json_string_value(within)), &o.confirm)) {
		*error = SLICE("confirm wants a time of at most a day: 60s, 5m, 1h");
		return -EINVAL;
	}
	return carry_out(&o, arena, result, error);
}

static int run_confirm(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	(void)mod;
	(void)params;
	(void)arena;
	if (!self.back) {
		*error = SLICE("nothing waits to be confirmed");
		return -ENOENT;
	}
	make_final();
	history_set_result(self.number, HISTORY_COMMITTED);
	log_notice("config", "configuration confirmed entry=%u uid=%d", self.number,
	    (int)rpc_caller());
	notify("READY=1", "running with a confirmed configuration");
	*result = json_pack("{s:s}", "result", HISTORY_COMMITTED);
	return *result ? 0 : -ENOMEM;
}

static int undo_committed(struct arena *arena, json_t **result, struct slice *error)
{
	unsigned number = find_previous();
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
	err = carry_out(&o, arena, result, error);
	snapshot_free(&texts);
	if (!err)
		count(&self.counts.undone);
	return err;
}

static int run_undo(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	int err = self.back ? go_back("undo", arena, result, error) :
	    undo_committed(arena, result, error);

	(void)mod;
	(void)params;
	if (!err && *result)
		json_object_set_new(*result, "note", json_string("the file on the disk is as it "
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
	    "current", e->number == self.number, "detail", e->detail);
}

static int run_history(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	const struct history_entry *list;
	unsigned count = history_list(&list);

	(void)mod;
	(void)params;
	(void)arena;
	(void)error;
	*result = json_array();
	for (unsigned i = count; *result && i-- > 0;)
		json_array_append_new(*result, entry_row(&list[i]));
	return *result ? 0 : -ENOMEM;
}

static int run_show(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	const json_t *number = json_object_get(params, "number");
	struct snapshot *texts = number ? history_texts((unsigned)json_integer_value(number)) :
	    self.current;

	(void)mod;
	if (!texts) {
		*error = arena_printf(arena, "the history has no text of entry %lld",
		    (long long)json_integer_value(number));
		return -ENOENT;
	}
	*result = snapshot_json(texts);
	if (number)
		snapshot_free(&texts);
	return *result ? 0 : -ENOMEM;
}

static int run_reopen(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	(void)mod;
	(void)params;
	(void)arena;
	(void)error;
	log_reopen();
	log_notice("sup", "log file opened again");
	*result = json_true();
	return 0;
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg commit_args[] = {
	{ "confirm", VALUE_STRING, false,
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

static bool is_on_disk(const struct snapshot *s)
{
	struct snapshot *disk = snapshot_new();
	bool same = disk != NULL;

	for (unsigned i = 0; same && i < s->count; i++)
		same = snapshot_add_file(disk, s->texts[i].path);
	same = same && same_text(s, disk);
	snapshot_free(&disk);
	return same;
}

/* The last entry that says what ran. */
static unsigned last_committed(char hash[SNAPSHOT_HASH_CHARS + 1])
{
	const struct history_entry *list;
	unsigned count = history_list(&list), found = 0;

	for (unsigned i = 0; i < count; i++) {
		if (slice_eq(slice_str(list[i].result), SLICE(HISTORY_WAITING)))
			history_set_result(list[i].number, HISTORY_UNDONE);
		if (!slice_eq(slice_str(list[i].result), SLICE(HISTORY_COMMITTED)))
			continue;
		found = list[i].number;
		memcpy(hash, list[i].hash, SNAPSHOT_HASH_CHARS + 1);
	}
	return found;
}

static void record_start(void)
{
	char last[SNAPSHOT_HASH_CHARS + 1] = "", now[SNAPSHOT_HASH_CHARS + 1];

	self.number = last_committed(last);
	snapshot_hash(self.current, now);
	if (!slice_eq(slice_str(last), slice_str(now)))
		self.number = record(&(struct order){ .how = "start" }, self.current,
		    HISTORY_COMMITTED, server_summary(self.server));
}

int config_open(struct server *s, struct loop *loop, int link, bool is_again)
{
	const struct snapshot *from = server_snapshot(s);

	self.server = s;
	self.loop = loop;
	self.link = link;
	self.counts = (struct reload_counts){ 0 };
	stats_reloads(&self.counts);
	wheel_timer_init(&self.confirm, confirm_late);
	self.current = snapshot_new();
	for (unsigned i = 0; self.current && i < from->count; i++)
		snapshot_add(self.current, from->texts[i].path, from->texts[i].text);
	if (!self.current || self.current->is_short)
		return -ENOMEM;
	history_open(server_setup(s)->state_dir);
	record_start();
	if (is_again && !is_on_disk(self.current))
		log_warning("config", "what runs is not what is on the disk: the file was changed "
		    "after the last commit, \"lcsctl config diff\" shows how");
	return rpc_register(table, NULL);
}

void config_tick(void)
{
	if (self.server)
		relisten_tick(self.link);
}

void config_close(void)
{
	if (!self.server)
		return;
	wheel_stop(loop_wheel(self.loop), &self.confirm);
	snapshot_free(&self.current);
	snapshot_free(&self.back);
	history_close();
	self.server = NULL;
}
