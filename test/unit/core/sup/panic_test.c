/*
 * What a dying process says last. Each death is that of a child, whose report comes by a pipe.
 */
#include "test/unit.h"

#include "core/mod/generation.h"
#include "core/run/worker.h"
#include "core/sip/route.h"
#include "core/sup/panic.h"
#include "test/unit/core/mod/fixture.h"
#include "utils/err.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Where nothing is mapped; not NULL, which the sanitizers look out for. */
#define NOWHERE ((uintptr_t)0x40)

struct death { char report[PANIC_MAX_BYTES]; size_t len; int status; };

/* ---- a function of the script that does it ---- */

static enum fn_status crash(struct lcs_call *call)
{
	int *volatile nowhere = (int *)NOWHERE;

	*nowhere = 1;
	return fn_bool(call, true);
}

static const struct lcs_func t_crash_funcs[] = {
	{ "t_crash() -> bool", crash, IN_ANY, 0, "end the process" }, { 0 }
};
LCS_MODULE(t_crash, .summary = "a function that crashes", .funcs = t_crash_funcs);

static const char script[] =
    "loadmodule \"t_crash\"\n"
    "request_route { route(DEEP); }\n"
    "route[DEEP] {\n"
    "	t_crash();\n"
    "}\n";

static const char options[] =
    "OPTIONS sip:a@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:b@example.com>;tag=1\r\n"
    "To: <sip:a@example.com>\r\nCall-ID: last-call@example.com\r\nCSeq: 1 OPTIONS\r\n"
    "Content-Length: 0\r\n\r\n";

static void not_reached(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	(void)ctx;
	(void)status;
	(void)arg;
}

static void prepare_script(void)
{
	struct fixture f;
	struct lcs_gen *gen;
	const char *why;

	fixture_open(&f);
	gen = fixture_build_all(&f, script);
	if (!gen || generation_prepare(gen, &why) != 0)
		_exit(3);
	generation_commit(&gen);
}

static void die_in_script(void *arg)
{
	const struct msg_limits limits = { 65536, 256, 1048576 };
	const struct sip_hop from = { .transport = TRANSPORT_UDP };
	struct sip_defect why;
	struct sip_msg *msg;
	struct lcs_ctx *ctx;

	(void)arg;
	if (sip_msg_parse(slice_str(options), &from, &limits, &msg, &why) != 0)
		_exit(4);
	ctx = lcs_ctx_new(msg, NULL, NULL, gen_peek(), ROUTE_REQUEST);
	ctx_note(ctx);
	lcs_route_run(ctx, ctx->gen->route[ROUTE_REQUEST], not_reached, NULL);
}

/* ---- ways to die; all on worker 1 ---- */

static void note_work(void)
{
	struct worker_note *note = worker_note();

	note->room = "sip";
	note->module = "tm";
	note->file = "lcs.cfg";
	note->line = 40;
	note->call_id = "abc\r\nsignal: fake\x01@host";
	note->call_id_len = 21;
}

static void die_of_wild_pointer(void *arg)
{
	int *volatile nowhere = (int *)NOWHERE;

	(void)arg;
	note_work();
	*nowhere = 1;
}

static void die_of_assertion(void *arg)
{
	note_work();
	lcs_assert(arg && "two and two is five");
}

#if !SANITIZED
/* Each frame is used after the next one returned, so that none can be left out. */
static unsigned dig(unsigned depth)
{
	volatile char room[4096];

	memset((char *)(uintptr_t)room, (int)depth, sizeof(room));
	if (depth == 0)
		return room[1];
	return dig(depth - 1) + (unsigned)room[7];
}

static void die_of_depth(void *arg)
{
	(void)arg;
	note_work();
	if (dig(100000000) == 1)
		_exit(0);
}
#endif

/* The note itself may be garbage: then the report ends there, but it has begun. */
static void die_with_wild_note(void *arg)
{
	int *volatile nowhere = (int *)NOWHERE;

	(void)arg;
	note_work();
	worker_note()->module = (const char *)NOWHERE;
	*nowhere = 1;
}

static void wait_for_ever(void *arg)
{
	note_work();
	for (;;)
		pause();
	(void)arg;
}

static _Noreturn void run_child(int fd, void (*die)(void *arg))
{
	static const struct worker_conf conf = { 2, 100 };
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	/* The assertion's own line is not what is tested here. */
	dup2(open("/dev/null", O_WRONLY), 2);
	if (panic_install(fd) != 0)
		_exit(1);
	panic_register_workers();
	if (die == die_in_script)
		prepare_script();
	if (workers_start(&conf) != 0)
		_exit(2);
	worker_post_fn(1, die, NULL);
	for (;;)
		pause();
}

static void collect(struct death *d, int fd, pid_t pid)
{
	ssize_t n;

	d->len = 0;
	while ((n = read(fd, d->report + d->len, sizeof(d->report) - 1 - d->len)) > 0)
		d->len += (size_t)n;
	d->report[d->len] = '\0';
	close(fd);
	assert_int_equal(waitpid(pid, &d->status, 0), pid);
}

static struct death death_by(void (*die)(void *arg))
{
	struct death d;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		run_child(ends[1], die);
	}
	close(ends[1]);
	collect(&d, ends[0], pid);
	return d;
}

static void has_line(const struct death *d, const char *line)
{
	struct slice rest = slice_of(d->report, d->len);

	while (rest.len > 0)
		if (slice_eq(slice_split(&rest, '\n'), slice_str(line)))
			return;
	fail_msg("no line \"%s\" in:\n%s", line, d->report);
}

static void is_complete(const struct death *d)
{
	has_line(d, "worker: 1");
	has_line(d, "room: sip");
	has_line(d, "module: tm");
	has_line(d, "script: lcs.cfg:40");
	/* What a peer chose cannot look like a line of ours. */
	has_line(d, "call-id: abc??signal: fake?@ho");
	has_line(d, "backtrace:");
	assert_non_null(strstr(d->report, "thread: worker 1 tid "));
}

static void a_wild_pointer_is_reported_and_kills(void **state)
{
	struct death d = death_by(die_of_wild_pointer);

	(void)state;
	has_line(&d, "signal: SIGSEGV at address 0x40");
	is_complete(&d);
	assert_true(WIFSIGNALED(d.status));
	assert_int_equal(WTERMSIG(d.status), SIGSEGV);
}

static void a_failed_assertion_too(void **state)
{
	struct death d = death_by(die_of_assertion);

	(void)state;
	assert_int_equal(strncmp(d.report, "signal: SIGABRT sent by process ", 32), 0);
	is_complete(&d);
	/* A sanitizer delivers signals in its own time, and shows its own frames. */
	if (!SANITIZED)
		assert_non_null(strstr(d.report, "lcs_assert_failed"));
	assert_int_equal(WTERMSIG(d.status), SIGABRT);
}

#if !SANITIZED
static void a_full_stack_leaves_room_for_the_report(void **state)
{
	struct death d = death_by(die_of_depth);

	(void)state;
	assert_int_equal(strncmp(d.report, "signal: SIGSEGV", 15), 0);
	is_complete(&d);
	assert_int_equal(WTERMSIG(d.status), SIGSEGV);
}
#endif

static void in_a_script_message_route_and_line_are_told(void **state)
{
	struct death d = death_by(die_in_script);

	(void)state;
	has_line(&d, "signal: SIGSEGV at address 0x40");
	has_line(&d, "worker: 1");
	has_line(&d, "room: call");
	has_line(&d, "script: test.cfg:5");
	has_line(&d, "route: route[DEEP]");
	has_line(&d, "message: OPTIONS sip:a@example.com SIP/2.0");
	has_line(&d, "call-id: last-call@example.com");
	assert_int_equal(WTERMSIG(d.status), SIGSEGV);
}

static void what_was_said_before_a_second_fault_remains(void **state)
{
	struct death d = death_by(die_with_wild_note);

	(void)state;
	has_line(&d, "signal: SIGSEGV at address 0x40");
	has_line(&d, "worker: 1");
	has_line(&d, "room: sip");
	assert_true(WIFSIGNALED(d.status));
	assert_int_equal(WTERMSIG(d.status), SIGSEGV);
}

/* As the supervisor does with a worker that makes no turn. */
static void a_stuck_thread_can_be_told_to_report(void **state)
{
	struct worker_heart *hearts;
	struct death d;
	int ends[2], tid = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	hearts = mmap(NULL, WORKERS_MAX * sizeof(*hearts), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(hearts != MAP_FAILED);
	worker_set_hearts(hearts);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		run_child(ends[1], wait_for_ever);
	}
	close(ends[1]);
	/* Four beats: it woke for its item and has not gone to sleep since. */
	for (int ms = 0; ms < 60000 && atomic_load(&hearts[1].beat) < 3; ms++)
		poll(NULL, 0, 1);
	tid = atomic_load(&hearts[1].tid);
	assert_true(tid > 0 && tid != pid);
	assert_int_equal(syscall(SYS_tgkill, pid, tid, SIGABRT), 0);
	collect(&d, ends[0], pid);
	is_complete(&d);
	assert_int_equal(WTERMSIG(d.status), SIGABRT);
	worker_set_hearts(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#if !SANITIZED
		cmocka_unit_test(a_full_stack_leaves_room_for_the_report),
#endif
		cmocka_unit_test(a_wild_pointer_is_reported_and_kills),
		cmocka_unit_test(a_failed_assertion_too),
		cmocka_unit_test(in_a_script_message_route_and_line_are_told),
		cmocka_unit_test(what_was_said_before_a_second_fault_remains),
		cmocka_unit_test(a_stuck_thread_can_be_told_to_report),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
