/*
 * test/scene/run.c - plays scenes: test/scene/run FILE... writes TAP.
 *
 * Each scene has a process of its own. -v shows the server's log lines,
 * -n (no fork) plays one scene in this process, for debuggers. -o plays each
 * scene again and again, with the 1st, 2nd, ... allocation of the server failing.
 */
#include "test/scene/scene.h"

#include "core/lab/dns.h"
#include "core/lab/log.h"
#include "core/lab/run.h"
#include "core/lab/store.h"
#include "core/sip/api.h"
#include "utils/rand.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool verbose, no_fork, short_of_memory;

#define WALK_OVER 42			/* exit status: no allocation was left to fail */

/* ---- words that are no messages ---- */

static enum sip_transport transport_word(struct slice word)
{
	return word.len ? transport_parse(word) : TRANSPORT_NONE;
}

/* agent bob 10.9.9.9:5070 */
static void do_agent(const struct step *step, struct slice rest)
{
	struct slice name = take_word(&rest);
	struct sock_addr addr;

	if (sock_addr_parse(rest, &addr) != 0)
		scene_fail(step->line, "agent NAME ADDRESS:PORT");
	agent_declare(name, &addr);
}

/* dns example.org bob [tcp], dns example.org slow 3s, dns example.org fails */
static void do_dns(const struct step *step, struct slice rest)
{
	struct slice name = take_word(&rest), word = take_word(&rest);
	char *host = text_of("%.*s", SLICE_ARG(name));
	msec_t delay;

	if (slice_eq(word, SLICE("slow")) && read_time(take_word(&rest), &delay))
		fake_dns_slow(host, delay, 0);
	else if (slice_eq(word, SLICE("fails")))
		fake_dns_slow(host, 0, -EIO);
	else if (word.len)
		fake_dns_add(host, transport_word(rest), &agent_named(word)->addr);
	else
		scene_fail(step->line, "dns NAME AGENT [TRANSPORT] | slow TIME | fails");
}

static void do_wait(const struct step *step, struct slice rest)
{
	msec_t time;

	if (!read_time(rest, &time))
		scene_fail(step->line, "wait TIME");
	short_count(true);
	fake_advance_to(fake_now() + time);
	short_count(false);
}

static void do_stat(const struct step *step, struct slice rest)
{
	struct slice name = take_word(&rest);
	uint64_t want, have = server_stat(name, step->line);

	if (slice_to_u64(rest, &want) != 0)
		scene_fail(step->line, "stat NAME NUMBER");
	if (have != want)
		scene_fail(step->line, "%.*s is %llu", SLICE_ARG(name), (unsigned long long)have);
}

static struct slice unquoted(struct slice s)
{
	s = slice_trim(s);
	if (s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"')
		return slice_of(s.p + 1, s.len - 2);
	return s;
}

static void do_log(const struct step *step, struct slice rest)
{
	if (!fake_log_has(unquoted(rest)))
		scene_fail(step->line, "no such line in the log");
}

static void do_nolog(const struct step *step, struct slice rest)
{
	if (fake_log_has(unquoted(rest)))
		scene_fail(step->line, "the log has such a line");
}

static void do_store(const struct step *step, struct slice rest)
{
	static const struct { const char *word; int err; } words[] = {
		{ "works", 0 }, { "full", -ENOSPC }, { "read-only", -EROFS }, { "broken", -EIO },
	};
	bool for_all = slice_ends(rest, SLICE(" for all"));

	if (for_all)
		rest = slice_first(rest, rest.len - strlen(" for all"));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq(rest, slice_str(words[i].word))) {
			fake_store_fail(words[i].err);
			fake_store_fail_now(for_all ? words[i].err : 0);
			return;
		}
	if (slice_eq(rest, SLICE("slow")) || slice_eq(rest, SLICE("quick")))
		fake_store_hold(slice_eq(rest, SLICE("slow")));
	else
		scene_fail(step->line, "store works | full | read-only | broken [for all] | slow | quick");
	fake_settle();
}

static void do_jobs(const struct step *step, struct slice rest)
{
	(void)step;
	fake_hold_jobs(slice_eq(rest, SLICE("wait")));
	fake_settle();
}

static void do_busy(const struct step *step, struct slice rest)
{
	uint32_t n;

	if (slice_to_u32(rest, &n) != 0)
		scene_fail(step->line, "busy NUMBER");
	fake_refuse_posts(n);
}

/* The worker of a user: "stuck bob@example.com" until "stuck nobody". */
static void do_stuck(const struct step *step, struct slice rest)
{
	bool nobody = slice_eq(rest, SLICE("nobody"));

	if (!nobody && slice_find(rest, '@') == rest.len)
		scene_fail(step->line, "stuck NAME@DOMAIN | nobody");
	if (!nobody)
		fake_hold_worker(worker_of(lcs_user_key(rest)), true);
	for (unsigned i = 0; nobody && i < worker_count(); i++)
		fake_hold_worker(i, false);
}

static void do_late(const struct step *step, struct slice rest)
{
	uint32_t n;

	if (slice_to_u32(rest, &n) != 0)
		scene_fail(step->line, "late MILLISECONDS");
	fake_be_late(n);
}

static void do_ignore(const struct step *step, struct slice rest)
{
	(void)step;
	expect_ignore(rest);
}

static void do_restart(const struct step *step, struct slice rest)
{
	(void)step;
	(void)rest;
	server_again();
}

static void do_stopping(const struct step *step, struct slice rest)
{
	(void)step;
	(void)rest;
	server_stopping();
}

/* Looking on changes nothing; the log is that of the last step that did. */
static bool looks_on(const struct step *step)
{
	struct slice rest = step->what, word = take_word(&rest);

	return step->kind == STEP_WORD && (slice_eq(word, SLICE("log")) ||
	    slice_eq(word, SLICE("nolog")) || slice_eq(word, SLICE("stat")));
}

static const struct { const char *word; void (*fn)(const struct step *, struct slice); } words[] = {
	{ "agent", NULL }, { "dns", do_dns }, { "wait", do_wait }, { "stat", do_stat },
	{ "log", do_log }, { "nolog", do_nolog }, { "store", do_store }, { "jobs", do_jobs },
	{ "busy", do_busy }, { "stuck", do_stuck }, { "late", do_late }, { "ignore", do_ignore }, { "restart", do_restart },
	{ "rpc", server_rpc }, { "reload", server_reload }, { "stopping", do_stopping },
};

/* alice closes [tcp], bob refuses, is gone, accepts, ignores, listens */
static bool do_agent_word(const struct step *step, struct slice name, struct slice rest)
{
	struct slice verb = take_word(&rest);

	if (slice_eq(verb, SLICE("closes")))
		agent_close(agent_named(name), rest, step->line);
	else if (slice_eq(verb, SLICE("refuses")))
		agent_named(name)->refuses = true;
	else if (slice_eq(verb, SLICE("is")) && slice_eq(rest, SLICE("gone")))
		agent_named(name)->gone = true;
	else if (slice_eq(verb, SLICE("accepts")))
		agent_named(name)->refuses = agent_named(name)->gone = false;
	else if (slice_eq(verb, SLICE("ignores")))
		agent_named(name)->deaf = true;
	else if (slice_eq(verb, SLICE("listens")))
		agent_named(name)->deaf = false;
	else
		return false;
	return true;
}

static void do_word(const struct step *step)
{
	struct slice rest = step->what, word = take_word(&rest);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq(word, slice_str(words[i].word))) {
			if (words[i].fn)
				words[i].fn(step, rest);
			return;
		}
	if (!do_agent_word(step, word, rest))
		scene_fail(step->line, "what is \"%.*s\"?", SLICE_ARG(word));
}

/* ---- one scene ---- */

/* Who is declared is where it says; the others get addresses in the order of mention. */
static void seat_agents(void)
{
	for (const struct step *step = scene.steps; step; step = step->next) {
		struct slice rest = step->what;

		if (step->kind == STEP_WORD && slice_eq(take_word(&rest), SLICE("agent")))
			do_agent(step, rest);
	}
	for (const struct step *step = scene.steps; step; step = step->next)
		if (step->kind != STEP_WORD && step->agent.p[0] != '(')
			agent_named(step->agent);
}

static void play_steps(void)
{
	msec_t base = fake_now();
	unsigned line = 0;

	for (const struct step *step = scene.steps; step; step = step->next) {
		if (step->kind != STEP_EXPECT) {
			expect_nothing_else(line);
			base = fake_now();
			if (!looks_on(step))
				fake_log_forget();
		}
		line = step->line;
		if (step->kind == STEP_SEND)
			agent_send(agent_named(step->agent), step);
		else if (step->kind == STEP_EXPECT)
			expect_message(step, base);
		else
			do_word(step);
	}
	expect_nothing_else(line);
}

static void play(const char *path)
{
	siphash_set_boot_key((struct siphash_key){ 1, 2 });
	rand_seed_for_tests(1);
	fake_log_show(verbose);
	scene_read(path);
	seat_agents();
	server_begin();
	play_steps();
	server_end();
	if (short_is_on() && !short_has_failed())
		exit(WALK_OVER);
}

/* Exit status, or 128 and the signal. */
static int play_apart(const char *path, unsigned long fail_at)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		short_fail_at(fail_at);
		play(path);
		fflush(stdout);
		exit(0);		/* so that leak checkers look */
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int play_short(const char *path)
{
	int status = 0;

	for (unsigned long nth = 1; status == 0; nth++) {
		status = play_apart(path, nth);
		if (status && status != WALK_OVER)
			printf("# with allocation %lu failing\n", nth);
	}
	return status == WALK_OVER ? 0 : status;
}

/* scene/tm/invite.scene -> scene/tm/invite */
static struct slice test_name(const char *path)
{
	struct slice s = slice_str(path);
	size_t at = slice_search(s, SLICE("scene/"));

	if (at < s.len)
		s = slice_skip(s, at);
	if (slice_ends(s, SLICE(".scene")))
		s.len -= 6;
	return s;
}

int main(int argc, char **argv)
{
	int first = 1, failed = 0;

	for (; first < argc && argv[first][0] == '-'; first++) {
		verbose |= strchr(argv[first], 'v') != NULL;
		no_fork |= strchr(argv[first], 'n') != NULL;
		short_of_memory |= strchr(argv[first], 'o') != NULL;
	}
	printf("1..%d\n", argc - first);
	for (int i = first; i < argc; i++) {
		int status = 0;

		if (no_fork)
			play(argv[i]);
		else if (short_of_memory)
			status = play_short(argv[i]);
		else
			status = play_apart(argv[i], 0);
		if (status > 128)
			printf("# killed by signal %d\n", status - 128);
		printf("%sok %d - %.*s\n", status ? "not " : "", i - first + 1,
		    SLICE_ARG(test_name(argv[i])));
		failed += status != 0;
	}
	return failed ? 1 : 0;
}
