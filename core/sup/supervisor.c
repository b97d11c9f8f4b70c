/*
 * core/sup/supervisor.c - see supervisor.h: what it hears, and its loop.
 *
 * One thread and one poll(): fork() must not find a lock held by another thread.
 */
#include "core/sup/room.h"

#include "core/sup/bind.h"
#include "core/sup/notify.h"
#include "utils/err.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOP_LIMIT_MS  20000		/* a server that does not stop by then is killed */

/* ---- a server begins, and ends ---- */

static void start_or_retry(void)
{
	int err;

	if (sup.ever_ready) {
		sup_adopt();
		sup_settle_listeners();
	}
	err = sup_start_child();
	sup.restart_at = 0;
	if (!err)
		return;
	SAY(error, "cannot start the server process error=\"%s\"", err_text(err));
	sup.restart_at = sup_now() + SUP_BACKOFF_MAX_MS;
}

static void child_ready(void)
{
	sup.child.ready = true;
	if (!sup.ever_ready)
		sup_write_pid_file();
	sup.ever_ready = true;
	sup_release_parent();
	notify("READY=1\nMAINPID=%ld\nSTATUS=running as process %ld", (long)getpid(),
	    (long)sup.child.pid);
}

/* Asked again, the server does not wait for transactions any longer. */
static void stop(void)
{
	msec_t grace = sup.stopping ? 0 : server_setup(sup_server_now())->stop_timeout;

	if (!sup.stopping)
		notify("STOPPING=1\nSTATUS=stopping");
	sup.stopping = true;
	if (sup.child.pid > 0) {
		kill(sup.child.pid, SIGTERM);
		sup.child.kill_at = sup_now() + STOP_LIMIT_MS + grace;
	}
}

/* ---- what it said ---- */

static void act_on_word(struct link_msg *m)
{
	struct net_listener *l;
	struct snapshot *texts;

	switch (m->kind) {
	case LINK_READY:
		child_ready();
		break;
	case LINK_STOP:
		stop();
		break;
	case LINK_NOTIFY:
		notify("%s", m->text);
		break;
	case LINK_OPEN:
		sup_open_listener(m);
		break;
	case LINK_GONE:
		l = sup_socket_of(&m->listener);
		if (l)
			sup_forget_listener(l);
		break;
	case LINK_KEEP:
		texts = link_read_kept(m);
		if (!texts)
			break;
		snapshot_free(&sup.told);
		sup.told = texts;
		break;
	}
}

static void read_status(void)
{
	struct link_msg m;

	while (link_receive(sup.child.status, &m, 0) == 0)
		act_on_word(&m);
}

/* ---- signals ---- */

/* A stop that is among its last words was not carried out: its end is one to be reported. */
static void child_gone(int status)
{
	bool asked = sup.stopping;

	read_status();
	sup_child_ended(status, asked);
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == sup.child.pid)
			child_gone(status);
}

static void handle_signal(int number)
{
	switch (number) {
	case SIGTERM:
	case SIGINT:
		stop();
		break;
	case SIGHUP:
		if (sup.child.pid > 0)
			kill(sup.child.pid, SIGHUP);
		break;
	case SIGCHLD:
		reap();
		break;
	default:
		break;
	}
}

static void read_signals(void)
{
	struct signalfd_siginfo info;

	while (read(sup.signals, &info, sizeof(info)) == sizeof(info))
		handle_signal((int)info.ssi_signo);
}

/* ---- the loop ---- */

static void notify_alive(void)
{
	msec_t every = notify_watchdog(), now = sup_now();

	if (every == 0 || now - sup.notified_at < every)
		return;
	sup.notified_at = now;
	notify("WATCHDOG=1");
}

static void tick(void)
{
	sup_adopt();
	sup_watch_workers();
	notify_alive();
}

static void act_on_time(void)
{
	msec_t now = sup_now();

	if (sup.child.pid > 0 && sup.child.kill_at > 0 && now >= sup.child.kill_at) {
		kill(sup.child.pid, SIGKILL);
		sup.child.kill_at = 0;
	}
	if (sup.child.pid == 0 && !sup.stopping && sup.restart_at > 0 && now >= sup.restart_at)
		start_or_retry();
}

static int poll_ms(msec_t next_tick)
{
	msec_t now = sup_now(), at = next_tick;

	if (sup.child.pid == 0 && sup.restart_at > 0 && sup.restart_at < at)
		at = sup.restart_at;
	return at > now ? (int)(at - now) : 0;
}

static void turn(msec_t *next_tick)
{
	struct pollfd fds[2] = { { .fd = sup.signals, .events = POLLIN },
				 { .fd = sup.child.pid > 0 ? sup.child.status : -1,
				   .events = POLLIN } };

	poll(fds, 2, poll_ms(*next_tick));
	if (fds[1].revents & POLLIN)
		read_status();
	if (fds[0].revents & POLLIN)
		read_signals();
	if (sup_now() >= *next_tick) {
		*next_tick = sup_now() + SUP_TICK_MS;
		tick();
	}
	act_on_time();
}

static void run(void)
{
	msec_t next_tick = sup_now() + SUP_TICK_MS;

	start_or_retry();
	while (!sup.stopping || sup.child.pid > 0)
		turn(&next_tick);
}

static void clean_up(void)
{
	char path[512];

	close_listeners(sup.listeners, sup.listener_count);
	if (sup.control >= 0) {
		snprintf(path, sizeof(path), "%.*s", SLICE_ARG(sup.setup->control_socket));
		unlink(path);
		close(sup.control);
	}
	if (sup.conf->pid_file && sup.ever_ready)
		unlink(sup.conf->pid_file);
}

int supervisor_run(const struct sup_conf *conf)
{
	struct server *server = conf->server;
	char text[512];

	sup = (struct sup){ .conf = conf, .setup = server_setup(server), .control = -1 };
	sup.log = sup.setup->log;
	if (!conf->foreground && sup.log.sink == LOG_SINK_STDERR)
		sup.log.sink = LOG_SINK_SYSLOG;
	log_set_level(sup.log.level);
	if (sup_prepare(text) != 0) {
		fprintf(stderr, "lcs: %s\n", text);
		sup.exit_status = EXIT_FAILURE;
	} else {
		sup_become_daemon();
		sup.pid = getpid();
		run();
	}
	clean_up();
	snapshot_free(&sup.told);
	sup_drop_adopted(&sup.adopted);
	server_free(&server);
	return sup.exit_status;
}
