/*
 * core/sup/process.c - see process.h.
 */
#include "core/sup/process.h"

#include "core/mod/rpc.h"
#include "core/run/loop.h"
#include "core/sup/config.h"
#include "core/sup/ctl.h"
#include "core/sup/leap.h"
#include "core/sup/link.h"
#include "core/sup/panic.h"
#include "core/sup/reclaim.h"
#include "utils/arena.h"
#include "utils/epoch.h"
#include "utils/err.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS 1000

static struct process {
	const struct process_conf *conf;
	struct server             *server;
	struct loop               *loop;
	struct ctl                *ctl;
	struct watch               signals;
	bool                       stopping, asleep;
	struct timer               grace;	/* while transactions may get their answers */
	msec_t                     stop_at;	/* 0: nobody has asked */
	bool                       reads;	/* registered with utils/epoch.h */
	struct reclaim             reclaim;
	struct leap                leap;
} proc;

/* ---- "shutdown" ---- */

/* The supervisor sends SIGTERM in turn; without one there is nobody but ourselves. */
static int run_shutdown(struct lcs_rpc_call *call)
{
	log_notice("ctl", "shutdown was asked for");
	if (link_say(proc.conf->status_fd, LINK_STOP, NULL) != 0)
		proc.stopping = true;
	return lcs_rpc_done(call, json_pack("{s:b}", "stopping", true));
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc own_methods[] = {
	{ "shutdown", RIGHT_ADMIN, no_args, run_shutdown, "stop the server and its supervisor" },
	{ 0 }
};

/* ---- a soft end ---- */

#define LOOK_EVERY_MS 50

static void look_again(struct timer *t)
{
	msec_t now = loop_now(proc.loop);
	uint64_t left = server_under_way(proc.server);

	if (left == 0 || now >= proc.stop_at) {
		if (left > 0)
			log_warning("sup", "transactions are cut off count=%llu",
			    (unsigned long long)left);
		proc.stopping = true;
		return;
	}
	wheel_start(loop_wheel(proc.loop), t, now, LOOK_EVERY_MS);
}

/* Who calls for the second time does not want to wait. */
static void begin_stop(void)
{
	msec_t limit = server_setup(proc.server)->stop_timeout;
	uint64_t left;

	if (proc.stop_at > 0 || limit == 0) {
		proc.stopping = true;
		return;
	}
	server_begin_end(proc.server);
	left = server_under_way(proc.server);
	if (left == 0) {
		proc.stopping = true;
		return;
	}
	log_notice("sup", "server waits for transactions before it ends count=%llu limit_ms=%lld",
	    (unsigned long long)left, (long long)limit);
	proc.stop_at = loop_now(proc.loop) + limit;
	wheel_start(loop_wheel(proc.loop), &proc.grace, loop_now(proc.loop), LOOK_EVERY_MS);
}

/* ---- signals ---- */

static void handle_signal(int number)
{
	switch (number) {
	case SIGTERM:
		begin_stop();
		break;
	case SIGHUP:
		config_signal();
		break;
	default:
		/* SIGINT of a terminal comes to the supervisor too, which decides. */
		break;
	}
}

static void signals_ready(struct watch *w, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	while (read(w->fd, &info, sizeof(info)) == sizeof(info))
		handle_signal((int)info.ssi_signo);
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	proc.signals = (struct watch){ fd, signals_ready };
	return loop_watch(proc.loop, &proc.signals, EPOLLIN);
}

/* ---- the loop of the control thread ---- */

static bool before_sleep(void *arg)
{
	(void)arg;
	epoch_offline();
	proc.asleep = true;
	return true;
}

static void after_sleep(void *arg)
{
	(void)arg;
	if (proc.asleep)
		epoch_online();
	else
		epoch_quiet();
	proc.asleep = false;
}

static int open_loop(void)
{
	const struct loop_sleep sleep = { .before = before_sleep, .after = after_sleep };
	int err = epoch_thread_register();

	if (err)
		return err;
	proc.reads = true;
	proc.loop = loop_new();
	if (!proc.loop)
		return -ENOMEM;
	loop_set_sleep(proc.loop, &sleep);
	control_set_loop(proc.loop);
	return open_signals();
}

static void turn_until_stopped(void)
{
	while (!proc.stopping) {
		loop_turn(proc.loop, TICK_MS);
		server_tick(proc.server);
		config_tick();
		reclaim_tick(&proc.reclaim, loop_now(proc.loop));
		leap_tick(&proc.leap);
	}
}

/* ---- beginning and end ---- */

static const char *log_advice(enum log_sink sink)
{
	if (sink == LOG_SINK_SYSLOG)
		return "nobody listens at the system's log (/dev/log), where lines go without -D; "
		    "set log_to = \"file\" and log_file, or leave log_to out and start with -D";
	return "see log_to and log_file, and whether the server's user may write there";
}

static int become_server(const struct process_conf *conf)
{
	int err = privileges_drop(&conf->identity);

	/* Had it ended before we asked to be told, nobody would tell us. */
	if (!err && getppid() != conf->supervisor)
		return -ESRCH;
	if (err) {
		log_error("sup", "cannot give up privileges error=\"%s\"", err_text(err));
		return err;
	}
	err = log_start(&conf->log);
	if (err) {
		log_error("sup", "cannot open the log error=\"%s\": %s", err_text(err),
		    log_advice(conf->log.sink));
		return err;
	}
	log_thread_name("control");
	signal(SIGPIPE, SIG_IGN);
	err = panic_install(conf->panic_fd);
	return err ? err : open_loop();
}

static int start_server(const struct process_conf *conf)
{
	struct slice why = SLICE_NULL;
	int err;

	worker_set_hearts(conf->hearts);
	panic_register_workers();
	err = server_start(proc.server, conf->listeners, conf->listener_count, &why);
	if (err)
		log_error("sup", "the server does not start: %.*s", SLICE_ARG(why));
	return err;
}

static int open_ctl(const struct process_conf *conf)
{
	int err = ctl_register_methods();

	if (!err)
		err = rpc_register(own_methods, NULL);
	if (!err)
		err = config_open(proc.server, proc.loop, conf->status_fd, conf->last_end != NULL);
	if (err || conf->control_fd < 0)
		return err;
	return ctl_open(proc.loop, conf->control_fd, &proc.ctl);
}

/* What held the terminal until now could have said something wrong; nothing did. */
static void leave_terminal(const struct process_conf *conf)
{
	int null = conf->foreground ? -1 : open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	close(null);
}

static void say_ready(const struct process_conf *conf)
{
	struct slice summary = server_summary(proc.server);

	if (conf->last_end)
		log_error("sup", "server restarted: the one before ended by %s", conf->last_end);
	log_notice("sup", "server is running workers=%u listeners=%u %.*s", worker_count(),
	    conf->listener_count, SLICE_ARG(summary));
	if (geteuid() == 0)
		log_warning("sup", "the server runs as root; what attacks it has root's rights: set "
		    "user = \"lcs\", or another account of its own");
	link_say(conf->status_fd, LINK_READY, NULL);
	leave_terminal(conf);
}

static void finish(void)
{
	if (proc.stopping)
		log_notice("sup", "server is stopping");
	ctl_close(&proc.ctl);
	config_close();
	server_stop(&proc.server);
	if (proc.reads)
		epoch_thread_unregister();
	epoch_drain();
	control_set_loop(NULL);
	loop_free(&proc.loop);
	arena_thread_flush();
	panic_thread_leave();
	log_stop();
}

int process_run(const struct process_conf *conf)
{
	int err;

	proc = (struct process){ .conf = conf, .server = conf->server };
	timer_init(&proc.grace, look_again);
	err = become_server(conf);
	if (!err)
		err = start_server(conf);
	if (!err)
		err = open_ctl(conf);
	if (!err) {
		say_ready(conf);
		turn_until_stopped();
	}
	finish();
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
