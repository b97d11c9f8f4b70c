/*
 * core/sup/supervisor.c - see supervisor.h.
 *
 * One thread and one poll(): fork() must not find a lock held by another thread.
 */
#include "core/sup/supervisor.h"

#include "core/sup/bind.h"
#include "core/sup/crash.h"
#include "core/sup/link.h"
#include "core/sup/notify.h"
#include "core/sup/priv.h"
#include "core/sup/process.h"
#include "utils/err.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS        1000
#define STOP_LIMIT_MS  20000		/* a server that does not stop by then is killed */
#define ABORT_LIMIT_MS 5000		/* one that does not die of SIGABRT either */
#define STEADY_MS      30000		/* a server that ran so long crashed for a new reason */
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 30000

struct child {
	pid_t  pid;			/* 0: none */
	int    status, panic;		/* our ends */
	bool   ready;
	msec_t started;
	msec_t kill_at;			/* 0: not to be killed */
	struct { uint64_t beat; unsigned ticks; } watched[WORKERS_MAX];
};

/* What the running server has committed since it began. */
struct adopted { struct server_conf conf; struct snapshot *texts; struct server *server; };

static struct sup {
	const struct sup_conf     *conf;
	const struct server_setup *setup;	/* of the first configuration */
	struct adopted            *adopted;	/* NULL: none */
	struct snapshot           *told;	/* committed, not loaded here yet; or NULL */
	struct identity            identity;
	struct log_conf            log;
	struct net_listener        listeners[LISTENERS_MAX];	/* sockets that there are */
	unsigned                   listener_count;
	struct net_listener        first[LISTENERS_MAX];	/* of the first configuration, as bound */
	unsigned                   first_count;
	int                        control;
	int                        signals;
	int                        waiting_parent;	/* of a daemon: told when we are ready */
	struct worker_heart       *hearts;
	pid_t                      pid;		/* ours */
	struct child               child;
	unsigned                   quick_crashes;
	msec_t                     restart_at;	/* 0: no restart is due */
	msec_t                     notified_at;
	char                       last_end[512];
	bool                       ever_ready, stopping;
	int                        exit_status;
} sup;

static msec_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (msec_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* What a server that begins now begins with. */
static struct server *server_now(void)
{
	return sup.adopted ? sup.adopted->server : sup.conf->server;
}

/*
 * The log has a thread of its own, which a fork() must not meet: it is started
 * for the few lines that the supervisor has to say, and stopped again.
 */
#define SAY(level, ...)                                                     \
	do {                                                                \
		bool logs = log_start(&sup.log) == 0;                       \
		log_##level("sup", __VA_ARGS__);                            \
		if (logs)                                                   \
			log_stop();                                         \
	} while (0)

/* ---- preparations ---- */

static int prepare_identity(char text[512])
{
	const struct server_setup *s = sup.setup;

	return identity_find(s->user, s->group, &sup.identity, text);
}

static int prepare_directory(struct slice path, mode_t mode, char text[512])
{
	int err = path.len > 0 ? make_directory(path, mode, &sup.identity) : 0;

	if (err)
		snprintf(text, 512, "cannot make the directory %.*s: %s", SLICE_ARG(path),
		    err_text(err));
	return err;
}

static int prepare_control(char text[512])
{
	gid_t gid;
	int err = group_find(sup.setup->control_socket_group, &gid, text);

	sup.control = -1;
	if (err || sup.setup->control_socket.len == 0)
		return err;
	if (gid == (gid_t)-1)
		gid = sup.identity.gid;
	sup.control = bind_control(sup.setup->control_socket, sup.identity.uid, gid, text);
	return sup.control < 0 ? sup.control : 0;
}

static int prepare_sockets(char text[512])
{
	const struct server_setup *s = sup.setup;
	int err;

	memcpy(sup.listeners, s->listeners, sizeof(sup.listeners));
	err = bind_listeners(sup.listeners, s->listener_count, s->workers, text);
	if (err)
		return err;
	sup.listener_count = sup.first_count = s->listener_count;
	memcpy(sup.first, sup.listeners, sizeof(sup.first));
	return prepare_control(text);
}

static int prepare_hearts(char text[512])
{
	sup.hearts = mmap(NULL, WORKERS_MAX * sizeof(*sup.hearts), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sup.hearts != MAP_FAILED)
		return 0;
	snprintf(text, 512, "no shared memory: %s", err_text(errno));
	return -errno;
}

static int prepare_signals(char text[512])
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sup.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (sup.signals >= 0)
		return 0;
	snprintf(text, 512, "no signal descriptor: %s", err_text(errno));
	return -errno;
}

static int prepare(char text[512])
{
	int err = prepare_identity(text);

	raise_open_files(sup.setup->open_files);
	if (!err)
		err = prepare_directory(sup.setup->run_dir, 0755, text);
	if (!err)
		err = prepare_directory(sup.setup->state_dir, 0750, text);
	if (!err)
		err = prepare_sockets(text);
	if (!err)
		err = prepare_hearts(text);
	return err ? err : prepare_signals(text);
}

/* ---- into the background ---- */

static void become_daemon_or_wait(void)
{
	int ends[2];
	char status;
	pid_t pid;

	sup.waiting_parent = -1;
	if (sup.conf->foreground)
		return;
	if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		perror("lcs: fork");
		exit(EXIT_FAILURE);
	}
	if (pid == 0) {
		close(ends[0]);
		sup.waiting_parent = ends[1];
		setsid();
		return;
	}
	close(ends[1]);
	/* Nothing to read means that it ended before it was ready, and has said why. */
	_exit(read(ends[0], &status, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void release_parent(void)
{
	int null;

	if (sup.waiting_parent < 0)
		return;
	(void)!write(sup.waiting_parent, "", 1);
	close(sup.waiting_parent);
	sup.waiting_parent = -1;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

static void write_pid_file(void)
{
	FILE *f = sup.conf->pid_file ? fopen(sup.conf->pid_file, "we") : NULL;

	if (f) {
		fprintf(f, "%ld\n", (long)getpid());
		fclose(f);
	} else if (sup.conf->pid_file) {
		SAY(warning, "cannot write the pid file path=%s error=\"%s\"", sup.conf->pid_file,
		    err_text(errno));
	}
}

/* ---- the child ---- */

static void run_child(int status, int panic)
{
	struct process_conf conf = {
		.server = server_now(), .listeners = sup.listeners,
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

static int start_child(void)
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
				    .started = now_ms() };
	return 0;
}

static void adopt(void);
static void settle_listeners(void);

static void start_or_retry(void)
{
	int err;

	if (sup.ever_ready) {
		adopt();
		settle_listeners();
	}
	err = start_child();
	sup.restart_at = 0;
	if (!err)
		return;
	SAY(error, "cannot start the server process error=\"%s\"", err_text(err));
	sup.restart_at = now_ms() + BACKOFF_MAX_MS;
}

static void child_ready(void)
{
	sup.child.ready = true;
	if (!sup.ever_ready)
		write_pid_file();
	sup.ever_ready = true;
	release_parent();
	notify("READY=1\nMAINPID=%ld\nSTATUS=running as process %ld", (long)getpid(),
	    (long)sup.child.pid);
}

/* Asked again, the server does not wait for transactions any longer. */
static void stop(void)
{
	msec_t grace = sup.stopping ? 0 : server_setup(server_now())->stop_timeout;

	if (!sup.stopping)
		notify("STOPPING=1\nSTATUS=stopping");
	sup.stopping = true;
	if (sup.child.pid > 0) {
		kill(sup.child.pid, SIGTERM);
		sup.child.kill_at = now_ms() + STOP_LIMIT_MS + grace;
	}
}

/* ---- listeners that come and go ---- */

static struct net_listener *socket_of(const struct net_listener *l)
{
	for (unsigned i = 0; i < sup.listener_count; i++)
		if (net_listener_is_stream(&sup.listeners[i]) == net_listener_is_stream(l) &&
		    sock_addr_eq(&sup.listeners[i].addr, &l->addr))
			return &sup.listeners[i];
	return NULL;
}

static void forget_listener(struct net_listener *l)
{
	listener_close(l);
	*l = sup.listeners[--sup.listener_count];
}

/* 0 or -errno with text. */
static int have_listener(const struct net_listener *want, struct net_listener **out,
    char text[512])
{
	struct net_listener *l = socket_of(want);
	int err;

	if (!l) {
		if (sup.listener_count == LISTENERS_MAX) {
			snprintf(text, 512, "more than %d listeners", LISTENERS_MAX);
			return -ENOSPC;
		}
		l = &sup.listeners[sup.listener_count];
		*l = *want;
		l->fd_count = 0;
		err = bind_listeners(l, 1, sup.setup->workers, text);
		if (err)
			return err;
		sup.listener_count++;
	}
	*out = l;
	return 0;
}

static void open_listener(const struct link_msg *asked)
{
	struct link_msg answer = { .kind = LINK_OPEN };
	struct net_listener *l;

	answer.err = have_listener(&asked->listener, &l, answer.text);
	if (!answer.err) {
		answer.fd_count = l->fd_count;
		memcpy(answer.fds, l->fds, l->fd_count * sizeof(int));
	}
	link_send(sup.child.status, &answer);
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
		open_listener(m);
		break;
	case LINK_GONE:
		l = socket_of(&m->listener);
		if (l)
			forget_listener(l);
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

/* ---- what the next server begins with ---- */

static void drop_adopted(struct adopted **p)
{
	struct adopted *a = *p;

	*p = NULL;
	if (!a)
		return;
	server_free(&a->server);
	snapshot_free(&a->texts);
	free(a);
}

/* 0 with the server object of the texts, or a negative code. Takes the texts. */
static int load_adopted(struct snapshot *texts, struct adopted **out)
{
	struct adopted *a = calloc(1, sizeof(*a));
	struct diag *diag = diag_new();
	int err = -ENOMEM;

	if (a && diag) {
		a->texts = texts;
		a->conf = *server_conf_of(sup.conf->server);
		a->conf.texts = texts;
		err = server_load(&a->conf, diag, &a->server);
	}
	diag_free(&diag);
	if (err) {
		if (!a)
			snapshot_free(&texts);
		drop_adopted(&a);
		return err;
	}
	/* What this process has done already (sockets, users, directories) cannot be done anew. */
	server_keep_settings(a->server, sup.conf->server);
	*out = a;
	return 0;
}

/*
 * What was committed is loaded here at leisure: a restart then needs neither the
 * disk's files nor time. Many commits in a row cost one loading.
 */
static void adopt(void)
{
	struct snapshot *texts = sup.told;
	struct adopted *next;
	int err;

	sup.told = NULL;
	if (!texts)
		return;
	err = load_adopted(texts, &next);
	if (err) {
		SAY(error, "cannot load the committed configuration: a restart would begin with "
		    "the one before error=\"%s\"", err_text(err));
		return;
	}
	drop_adopted(&sup.adopted);
	sup.adopted = next;
}

/* Sockets and words as the next server wants them; what cannot be had is left out. */
static void settle_listeners(void)
{
	const struct server_setup *setup = server_setup(server_now());
	const struct net_listener *want = sup.adopted ? setup->listeners : sup.first;
	unsigned count = sup.adopted ? setup->listener_count : sup.first_count;
	bool is_wanted[LISTENERS_MAX] = { false };
	struct net_listener *l;
	char text[512];

	for (unsigned i = 0; i < count; i++) {
		struct net_listener words = want[i];

		if (have_listener(&words, &l, text) != 0) {
			SAY(error, "%s", text);
			continue;
		}
		memcpy(words.fds, l->fds, sizeof(words.fds));
		words.fd_count = l->fd_count;
		*l = words;
		is_wanted[l - sup.listeners] = true;
	}
	for (unsigned i = sup.listener_count; i-- > 0;)
		if (!is_wanted[i])
			forget_listener(&sup.listeners[i]);
}

/* ---- the end of a child ---- */

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

	if (now_ms() - sup.child.started > STEADY_MS)
		sup.quick_crashes = 0;
	if (sup.quick_crashes > 0)
		delay = (msec_t)BACKOFF_MIN_MS << (sup.quick_crashes < 9 ? sup.quick_crashes : 9);
	if (delay > BACKOFF_MAX_MS)
		delay = BACKOFF_MAX_MS;
	sup.quick_crashes++;
	sup.restart_at = now_ms() + delay;
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
	drop_adopted(&sup.adopted);
}

static void child_ended(int status)
{
	bool asked = sup.stopping;

	read_status();
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

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == sup.child.pid)
			child_ended(status);
}

/* ---- signals ---- */

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

/* ---- the watchdog ---- */

static void end_stuck(unsigned worker)
{
	int tid = atomic_load_explicit(&sup.hearts[worker].tid, memory_order_relaxed);

	SAY(error, "worker %u has made no turn for %lld ms: the server is ended with a report",
	    worker, (long long)sup.setup->watchdog);
	syscall(SYS_tgkill, sup.child.pid, tid, SIGABRT);
	sup.child.kill_at = now_ms() + ABORT_LIMIT_MS;
}

/*
 * Time is counted in our own ticks: were the whole machine halted, nobody would
 * have been slow. An odd beat is a turn under way (core/run/worker.h).
 */
static void watch_workers(void)
{
	unsigned limit = (unsigned)((sup.setup->watchdog + TICK_MS - 1) / TICK_MS);

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

/* ---- the loop ---- */

static void notify_alive(void)
{
	msec_t every = notify_watchdog(), now = now_ms();

	if (every == 0 || now - sup.notified_at < every)
		return;
	sup.notified_at = now;
	notify("WATCHDOG=1");
}

static void tick(void)
{
	adopt();
	watch_workers();
	notify_alive();
}

static void act_on_time(void)
{
	msec_t now = now_ms();

	if (sup.child.pid > 0 && sup.child.kill_at > 0 && now >= sup.child.kill_at) {
		kill(sup.child.pid, SIGKILL);
		sup.child.kill_at = 0;
	}
	if (sup.child.pid == 0 && !sup.stopping && sup.restart_at > 0 && now >= sup.restart_at)
		start_or_retry();
}

static int poll_ms(msec_t next_tick)
{
	msec_t now = now_ms(), at = next_tick;

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
	if (now_ms() >= *next_tick) {
		*next_tick = now_ms() + TICK_MS;
		tick();
	}
	act_on_time();
}

static void run(void)
{
	msec_t next_tick = now_ms() + TICK_MS;

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
	if (prepare(text) != 0) {
		fprintf(stderr, "lcs: %s\n", text);
		sup.exit_status = EXIT_FAILURE;
	} else {
		become_daemon_or_wait();
		sup.pid = getpid();
		run();
	}
	clean_up();
	snapshot_free(&sup.told);
	drop_adopted(&sup.adopted);
	server_free(&server);
	return sup.exit_status;
}
