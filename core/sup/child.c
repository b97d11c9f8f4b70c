/*
 * core/sup/child.c - the server's process: its beginning, its end, and a worker of it that is stuck.
 */
#include "core/sup/room.h"

#include "core/sup/crash.h"
#include "core/sup/notify.h"
#include "core/sup/process.h"
#include "utils/err.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ABORT_LIMIT_MS 5000		/* one that does not die of SIGABRT either */
#define STEADY_MS      30000		/* a server that ran so long crashed for a new reason */
#define BACKOFF_MIN_MS 100

static void run_child(int status, int panic)
{
	struct process_conf conf = {
		.server = sup_server_now(), .listeners = sup.listeners,
		.listener_count = sup.listener_count, .control_fd = sup.control,
		.status_fd = status, .panic_fd = panic, .hearts = sup.hearts,
		.identity = sup.identity, .supervisor = sup.pid, .log = sup.log, .foreground = sup.conf->foreground,
		.last_end = sup.last_end[0] ? sup.last_end : NULL,
	};

	close(sup.signals);
	if (sup.waiting_parent >= 0)
		close(sup.waiting_parent);
	exit(process_run(&conf));
}

static int open_ends(int status[2], int panic[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, status) != 0)
		return -errno;
	if (pipe2(panic, O_CLOEXEC | O_NONBLOCK) == 0)
		return 0;
	close(status[0]);
	close(status[1]);
	return -errno;
}

int sup_start_child(void)
{
	int status[2], panic[2], err = open_ends(status, panic);
	pid_t pid;

	if (err)
		return err;
	memset(sup.hearts, 0, WORKERS_MAX * sizeof(*sup.hearts));
	pid = fork();
	if (pid == 0) {
		close(status[0]);
		close(panic[0]);
		run_child(status[1], panic[1]);
	}
	close(status[1]);
	close(panic[1]);
	if (pid < 0) {
		close(status[0]);
		close(panic[0]);
		return -errno;
	}
	sup.child = (struct child){ .pid = pid, .status = status[0], .panic = panic[0],
				    .started = sup_now() };
	return 0;
}

/* ---- its end ---- */

static void read_report(struct crash_report *r)
{
	ssize_t n;

	r->pid = sup.child.pid;
	r->len = 0;
	while (r->len < sizeof(r->text) &&
	    (n = read(sup.child.panic, r->text + r->len, sizeof(r->text) - r->len)) > 0)
		r->len += (size_t)n;
}

static void describe_end(int status, const struct crash_report *r)
{
	struct slice worker = crash_value(r, "worker"), module = crash_value(r, "module");
	struct slice script = crash_value(r, "script"), call = crash_value(r, "call-id");
	int n;

	if (WIFEXITED(status))
		n = snprintf(sup.last_end, sizeof(sup.last_end), "exit status %d",
		    WEXITSTATUS(status));
	else
		n = snprintf(sup.last_end, sizeof(sup.last_end), "signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (r->len > 0)
		snprintf(sup.last_end + n, sizeof(sup.last_end) - (size_t)n,
		    " worker=%.*s module=%.*s script=%.*s call_id=%.*s", SLICE_ARG(worker),
		    SLICE_ARG(module), SLICE_ARG(script), SLICE_ARG(call));
}

static void file_report(int status)
{
	struct crash_report r;
	char path[512] = "none";
	int err;

	read_report(&r);
	describe_end(status, &r);
	err = r.len > 0 ? crash_file(&r, sup.setup->state_dir, path) : 0;
	if (err)
		SAY(error, "cannot file the crash report error=\"%s\" path=%s", err_text(err), path);
	SAY(error, "server process %ld ended by %s report=%s", (long)r.pid, sup.last_end, path);
}

/* The first crash costs no time; a server that crashes again and again is slowed down. */
static void plan_restart(void)
{
	msec_t delay = 0;

	if (sup_now() - sup.child.started > STEADY_MS)
		sup.quick_crashes = 0;
	if (sup.quick_crashes > 0)
		delay = (msec_t)BACKOFF_MIN_MS << (sup.quick_crashes < 9 ? sup.quick_crashes : 9);
	if (delay > SUP_BACKOFF_MAX_MS)
		delay = SUP_BACKOFF_MAX_MS;
	sup.quick_crashes++;
	sup.restart_at = sup_now() + delay;
	if (delay > 0)
		SAY(warning, "the server ended soon after its start: the next one waits delay_ms=%lld",
		    (long long)delay);
	notify("STATUS=the server ended by %.200s; restarted in %lld ms", sup.last_end,
	    (long long)delay);
}

/* A configuration that a server could not even begin with is not tried again. */
static void distrust(void)
{
	if (sup.child.ready || !sup.adopted)
		return;
	SAY(error, "the server does not start with the committed configuration: the first one is "
	    "used");
	sup_drop_adopted(&sup.adopted);
}

void sup_child_ended(int status, bool asked)
{
	if (!asked)
		file_report(status);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		SAY(warning, "server ended by %s while stopping",
		    WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "an error");
	close(sup.child.status);
	close(sup.child.panic);
	sup.child.pid = 0;
	if (asked)
		return;
	if (sup.ever_ready) {
		distrust();
		plan_restart();
		return;
	}
	/* What cannot even begin would not do better the next time. */
	sup.exit_status = EXIT_FAILURE;
	sup.stopping = true;
}

/* ---- the watchdog ---- */

static void end_stuck(unsigned worker)
{
	int tid = atomic_load_explicit(&sup.hearts[worker].tid, memory_order_relaxed);

	SAY(error, "worker %u has made no turn for %lld ms: the server is ended with a report",
	    worker, (long long)sup.setup->watchdog);
	syscall(SYS_tgkill, sup.child.pid, tid, SIGABRT);
	sup.child.kill_at = sup_now() + ABORT_LIMIT_MS;
}

/*
 * Time is counted in our own ticks: were the whole machine halted, nobody would
 * have been slow. An odd beat is a turn under way (core/run/worker.h).
 */
void sup_watch_workers(void)
{
	unsigned limit = (unsigned)((sup.setup->watchdog + SUP_TICK_MS - 1) / SUP_TICK_MS);

	if (!sup.child.ready || sup.stopping || sup.child.kill_at || limit == 0)
		return;
	for (unsigned i = 0; i < sup.setup->workers; i++) {
		uint64_t beat = atomic_load_explicit(&sup.hearts[i].beat, memory_order_relaxed);

		if (beat % 2 == 0 || beat != sup.child.watched[i].beat) {
			sup.child.watched[i].beat = beat;
			sup.child.watched[i].ticks = 0;
		} else if (++sup.child.watched[i].ticks > limit) {
			end_stuck(i);
			return;
		}
	}
}
