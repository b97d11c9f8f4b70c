/*
 * The supervisor with a server that does as it is told: be ready, crash, hang, refuse to
 * start or to stop. What it sees and says is in memory that all processes share.
 */
#include "test/unit.h"

#include "core/mod/server_room.h"
#include "core/run/worker.h"
#include "core/sup/process.h"
#include "core/sup/supervisor.h"
#include "utils/err.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum order { DO_NOTHING, DO_CRASH, DO_HANG, DO_EXIT };

static struct shared {
	_Atomic int      starts;	/* of server_start() */
	_Atomic int      ready_pid;
	_Atomic int      order;		/* carried out by the next tick, or by server_start() */
	_Atomic bool     at_start;	/* carry it out in server_start() already */
	_Atomic bool     fail_start, refuse_stop;
	_Atomic int      stops;
	_Atomic int      under_way;	/* transactions */
	_Atomic uint16_t port;
} *shared;

static char          dir[64], run_dir[80], state_dir[80], control[96];
static struct server the_server;

/* ---- a server that does as it is told (core/mod/server.h) ---- */

static void crash_here(void *arg)
{
	/* Nothing is mapped there; NULL is what the sanitizers look out for. */
	int *volatile nowhere = (int *)(uintptr_t)0x40;

	(void)arg;
	worker_note()->room = "sip";
	worker_note()->module = "test";
	*nowhere = 1;
}

static void hang_here(void *arg)
{
	(void)arg;
	worker_note()->module = "stuck";
	for (;;)
		pause();
}

static void carry_out(void)
{
	switch (atomic_exchange(&shared->order, DO_NOTHING)) {
	case DO_CRASH:
		worker_post_fn(1, crash_here, NULL);
		break;
	case DO_HANG:
		worker_post_fn(1, hang_here, NULL);
		break;
	case DO_EXIT:
		_exit(3);
	default:
		break;
	}
}

const struct server_setup *server_setup(const struct server *s) { return &s->settings.setup; }
struct slice server_summary(const struct server *s) { (void)s; return SLICE("test"); }
const struct cfg *server_cfg(const struct server *s) { (void)s; return NULL; }
void server_free(struct server **s) { *s = NULL; }
void server_begin_end(struct server *s) { (void)s; }
uint64_t server_under_way(struct server *s) { (void)s; return atomic_load(&shared->under_way); }
const struct server_conf *server_conf_of(const struct server *s) { (void)s; return NULL; }
void server_keep_settings(struct server *s, const struct server *first) { (void)s; (void)first; }

const struct snapshot *server_snapshot(const struct server *s)
{
	static const struct snapshot none;

	(void)s;
	return &none;
}

int server_read(struct server *s, const char *path, const struct snapshot *from,
    struct snapshot *into, struct diag *diag, struct cfg **out)
{
	(void)s;
	(void)path;
	(void)from;
	(void)into;
	(void)diag;
	(void)out;
	return -EIO;			/* nothing can be committed here */
}

int server_load(const struct server_conf *conf, struct diag *diag, struct server **out)
{
	(void)conf;
	(void)diag;
	*out = &the_server;
	return 0;
}

int server_start(struct server *s, const struct net_listener *listeners, unsigned count,
    struct slice *why)
{
	const struct worker_conf conf = { s->settings.setup.workers, 100 };
	struct rlimit no_core = { 0, 0 };

	(void)count;
	setrlimit(RLIMIT_CORE, &no_core);
	shared->starts++;
	if (shared->fail_start) {
		*why = SLICE("told to");
		return -EIO;
	}
	assert_int_equal(workers_start(&conf), 0);
	shared->port = listeners[0].addr.port;
	shared->ready_pid = (int)getpid();
	if (shared->at_start)
		carry_out();
	return 0;
}

void server_tick(struct server *s)
{
	(void)s;
	carry_out();
}

void server_stop(struct server **s)
{
	shared->stops++;
	while (shared->refuse_stop)
		pause();
	workers_stop();
	*s = NULL;
}

/* ---- the process under test ---- */

static pid_t sup_pid;

static void set_up_server(void)
{
	struct server_setup *setup = &the_server.settings.setup;

	*setup = (struct server_setup){
		.workers = 2, .listener_count = 1, .run_dir = slice_str(run_dir),
		.state_dir = slice_str(state_dir), .control_socket = slice_str(control),
		.log = { .level = LOG_LEVEL_NOTICE, .sink = LOG_SINK_STDERR },
		.watchdog = 2000,
	};
	setup->listeners[0] = (struct net_listener){ .transport = TRANSPORT_TCP };
	assert_int_equal(sock_addr_parse(SLICE("127.0.0.1:0"), &setup->listeners[0].addr), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/lcs-super-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(run_dir, sizeof(run_dir), "%s/run", dir);
	snprintf(state_dir, sizeof(state_dir), "%s/state", dir);
	snprintf(control, sizeof(control), "%s/ctl.sock", run_dir);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	    -1, 0);
	assert_true(shared != MAP_FAILED);
	set_up_server();
	the_server.loader = loader_new("/nowhere");
	return the_server.loader ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	munmap(shared, sizeof(*shared));
	loader_free(&the_server.loader);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void start_supervisor_as(bool foreground)
{
	static char pid_file[96], log_file[96];
	const struct sup_conf conf = { .server = &the_server, .foreground = foreground,
				       .pid_file = pid_file };

	snprintf(pid_file, sizeof(pid_file), "%s/pid", dir);
	snprintf(log_file, sizeof(log_file), "%s/log", dir);
	sup_pid = fork();
	if (sup_pid == 0) {
		if (foreground)
			prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		dup2(open(log_file, O_WRONLY | O_CREAT | O_APPEND, 0600), 2);
		_exit(supervisor_run(&conf));
	}
	assert_true(sup_pid > 0);
}

static void start_supervisor(void)
{
	start_supervisor_as(true);
}

static int end_of_supervisor(void)
{
	int status;

	assert_int_equal(waitpid(sup_pid, &status, 0), sup_pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int stop_supervisor(void)
{
	kill(sup_pid, SIGTERM);
	return end_of_supervisor();
}

static bool log_says(const char *what)
{
	static char text[65536];
	char path[96];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/log", dir);
	f = fopen(path, "r");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return strstr(text, what) != NULL;
}

static bool is_alive(int pid)
{
	return kill(pid, 0) == 0;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- clients ---- */

static int connect_tcp(void)
{
	struct sock_addr addr;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	assert_int_equal(sock_addr_parse(SLICE("127.0.0.1:1"), &addr), 0);
	addr.port = shared->port;
	len = sock_addr_to(&addr, &ss);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
	close(fd);
	return -1;
}

static void ask(const char *method, char *answer, size_t room)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), len;
	char text[256];
	size_t got = 0;
	ssize_t n;

	memcpy(sa.sun_path, control, strlen(control));
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	len = snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}\n",
	    method);
	assert_int_equal(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
	while (got < room - 1 && (n = recv(fd, answer + got, 1, 0)) == 1 && answer[got] != '\n')
		got++;
	answer[got] = '\0';
	close(fd);
}

static long pid_in_file(void)
{
	char path[96];
	long pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/pid", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &pid), 1);
	fclose(f);
	return pid;
}

/* The pid file is there when the supervisor knows that the server is ready. */
static void start_and_wait(void)
{
	char path[96];

	start_supervisor();
	snprintf(path, sizeof(path), "%s/pid", dir);
	await(access(path, F_OK) == 0);
	assert_int_not_equal(shared->ready_pid, 0);
}

/* ---- the tests ---- */

static void it_starts_serves_and_stops(void **state)
{
	char answer[4096], path[96];
	int server;

	(void)state;
	start_and_wait();
	server = shared->ready_pid;
	ask("workers.list", answer, sizeof(answer));
	assert_non_null(strstr(answer, "\"worker\":1"));
	snprintf(path, sizeof(path), "%s/pid", dir);
	assert_int_equal(pid_in_file(), sup_pid);
	assert_int_equal(stop_supervisor(), 0);
	assert_false(is_alive(server));
	assert_int_equal(shared->stops, 1);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(control, F_OK), -1);
	assert_true(log_says("server is running workers=2"));
	assert_false(log_says("error"));
}

static void the_control_socket_can_stop_it(void **state)
{
	char answer[256];

	(void)state;
	start_and_wait();
	ask("shutdown", answer, sizeof(answer));
	assert_non_null(strstr(answer, "stopping"));
	assert_int_equal(end_of_supervisor(), 0);
	assert_int_equal(shared->stops, 1);
	assert_int_equal(shared->starts, 1);
}

static void what_cannot_start_is_not_tried_again(void **state)
{
	(void)state;
	shared->fail_start = true;
	start_supervisor();
	assert_int_equal(end_of_supervisor(), 1);
	assert_int_equal(shared->starts, 1);
	assert_true(log_says("the server does not start: told to"));
}

static void a_taken_port_is_told_and_nothing_starts(void **state)
{
	struct net_listener other = { .transport = TRANSPORT_TCP };
	const char *what;

	(void)state;
	assert_int_equal(sock_addr_parse(SLICE("127.0.0.1:0"), &other.addr), 0);
	assert_int_equal(listener_open(&other, 1, &what), 0);
	the_server.settings.setup.listeners[0].addr = other.addr;
	start_supervisor();
	assert_int_equal(end_of_supervisor(), 1);
	assert_int_equal(shared->starts, 0);
	assert_true(log_says("cannot listen on tcp:127.0.0.1:"));
	listener_close(&other);
}

static unsigned reports(void)
{
	char path[96];
	DIR *d;
	unsigned n = 0;

	snprintf(path, sizeof(path), "%s/crash", state_dir);
	d = opendir(path);
	if (!d)
		return 0;
	for (struct dirent *e; (e = readdir(d));)
		n += strncmp(e->d_name, "crash-", 6) == 0;
	closedir(d);
	return n;
}

static void crash(void)
{
	shared->order = DO_CRASH;
}

static void after_a_crash_it_is_back_at_once(void **state)
{
	int first, waiting;
	int64_t died;

	(void)state;
	start_and_wait();
	first = shared->ready_pid;
	crash();
	await(!is_alive(first));
	died = now_ms();
	/* Nobody serves, and still nobody is turned away. */
	waiting = connect_tcp();
	assert_true(waiting >= 0);
	await(shared->ready_pid != first);
	/* Well below a second; but who is to start it may be a machine that is busy. */
	assert_in_range(now_ms() - died, 0, 5000);
	assert_int_equal(shared->starts, 2);
	assert_int_equal(reports(), 1);
	await(log_says("ended by signal 11"));
	await(log_says("module=test"));
	await(log_says("server restarted: the one before ended by signal 11"));
	assert_int_equal(stop_supervisor(), 0);
	close(waiting);
}

static void kill_9_too_and_no_report_is_made_up(void **state)
{
	int first;

	(void)state;
	start_and_wait();
	first = shared->ready_pid;
	kill(first, SIGKILL);
	await(shared->ready_pid != first);
	assert_int_equal(reports(), 0);
	assert_int_equal(stop_supervisor(), 0);
	assert_true(log_says("ended by signal 9"));
}

static void one_that_crashes_again_and_again_is_slowed_down(void **state)
{
	int64_t began;

	(void)state;
	start_and_wait();
	shared->at_start = true;
	began = now_ms();
	for (int crashes = 1; crashes <= 4; crashes++) {
		int last = shared->starts;

		shared->order = DO_EXIT;
		await(shared->starts > last);
	}
	/* 0, 200, 400 and 800 ms, but for the first, which waits for a tick of the server. */
	assert_in_range(now_ms() - began, 1300, 60000);
	shared->at_start = false;
	await(is_alive(shared->ready_pid));
	assert_int_equal(stop_supervisor(), 0);
}

static void a_worker_that_makes_no_turn_is_ended_with_a_report(void **state)
{
	int first;

	(void)state;
	start_and_wait();
	first = shared->ready_pid;
	shared->order = DO_HANG;
	await(shared->ready_pid != first);
	await(log_says("worker 1 has made no turn for 2000 ms"));
	await(log_says("ended by signal 6"));
	await(log_says("module=stuck"));
	assert_int_equal(reports(), 1);
	/* Those that sleep because there is nothing to do are left alone. */
	for (int ms = 0; ms < 3500; ms += 50)
		poll(NULL, 0, 50);
	assert_int_equal(shared->starts, 2);
	assert_int_equal(stop_supervisor(), 0);
}

static void the_server_does_not_outlive_its_supervisor(void **state)
{
	int server;

	(void)state;
	start_and_wait();
	server = shared->ready_pid;
	kill(sup_pid, SIGKILL);
	waitpid(sup_pid, NULL, 0);
	await(!is_alive(server));
	assert_int_equal(shared->stops, 1);
}

static void hang_up_is_passed_on(void **state)
{
	(void)state;
	start_and_wait();
	await(log_says("server is running"));
	kill(sup_pid, SIGHUP);
	await(log_says("log file opened again"));
	await(log_says("configuration refused: what runs stays"));
	assert_int_equal(shared->starts, 1);
	assert_int_equal(stop_supervisor(), 0);
}

static void an_interrupt_of_the_terminal_stops_once(void **state)
{
	(void)state;
	start_and_wait();
	/* ^C goes to all processes of the group. */
	kill(shared->ready_pid, SIGINT);
	kill(sup_pid, SIGINT);
	assert_int_equal(end_of_supervisor(), 0);
	assert_int_equal(shared->stops, 1);
	assert_int_equal(shared->starts, 1);
}

static void the_end_waits_for_transactions(void **state)
{
	(void)state;
	the_server.settings.setup.stop_timeout = 60000;
	shared->under_way = 3;
	start_and_wait();
	kill(sup_pid, SIGTERM);
	await(log_says("server waits for transactions before it ends count=3"));
	assert_int_equal(shared->stops, 0);
	shared->under_way = 0;
	assert_int_equal(end_of_supervisor(), 0);
	assert_int_equal(shared->stops, 1);
	assert_false(log_says("cut off"));
}

static void the_second_signal_does_not_wait(void **state)
{
	(void)state;
	the_server.settings.setup.stop_timeout = 60000;
	shared->under_way = 3;
	start_and_wait();
	kill(sup_pid, SIGTERM);
	await(log_says("server waits for transactions"));
	assert_int_equal(stop_supervisor(), 0);
	assert_int_equal(shared->stops, 1);
}

static void nobody_is_waited_for_longer_than_allowed(void **state)
{
	(void)state;
	the_server.settings.setup.stop_timeout = 200;
	shared->under_way = 3;
	start_and_wait();
	assert_int_equal(stop_supervisor(), 0);
	assert_int_equal(shared->stops, 1);
	assert_true(log_says("transactions are cut off count=3"));
}

/* Who started it gets the terminal back when the server is there, not before. */
static void without_foreground_it_goes_on_alone(void **state)
{
	char answer[256], log_file[96];
	long daemon;

	(void)state;
	snprintf(log_file, sizeof(log_file), "%s/daemon.log", dir);
	the_server.settings.setup.log.sink = LOG_SINK_FILE;
	the_server.settings.setup.log.path = log_file;
	start_supervisor_as(false);
	assert_int_equal(end_of_supervisor(), 0);
	assert_int_not_equal(shared->ready_pid, 0);
	daemon = pid_in_file();
	assert_int_not_equal(daemon, sup_pid);
	assert_int_equal(getsid((pid_t)daemon), daemon);
	ask("shutdown", answer, sizeof(answer));
	await(!is_alive((int)daemon));
	assert_int_equal(access(log_file, F_OK), 0);
	assert_int_equal(shared->stops, 1);
}

static void what_cannot_start_is_told_to_the_terminal(void **state)
{
	(void)state;
	the_server.settings.setup.log.sink = LOG_SINK_FILE;
	the_server.settings.setup.log.path = "/nonexistent/log";
	start_supervisor_as(false);
	assert_int_equal(end_of_supervisor(), 1);
	assert_int_equal(shared->starts, 0);
	assert_true(log_says("cannot open the log"));
}

static void the_service_manager_hears_of_it(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char path[96], got[512];
	struct timeval limit = { 10, 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	(void)state;
	snprintf(path, sizeof(path), "%s/notify", dir);
	memcpy(sa.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "200000", 1);
	start_supervisor();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > 0);
	got[n] = '\0';
	assert_int_equal(strncmp(got, "READY=1\n", 8), 0);
	n = recv(fd, got, sizeof(got) - 1, 0);
	assert_true(n > 0);
	assert_slice(slice_of(got, (size_t)n), "WATCHDOG=1");
	kill(sup_pid, SIGTERM);
	do {
		n = recv(fd, got, sizeof(got) - 1, 0);
		assert_true(n > 0);
		got[n] = '\0';
	} while (strcmp(got, "WATCHDOG=1") == 0);
	assert_int_equal(strncmp(got, "STOPPING=1", 10), 0);
	assert_int_equal(end_of_supervisor(), 0);
	close(fd);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

UNIT_MAIN(
	TEST(it_starts_serves_and_stops),
	TEST(the_control_socket_can_stop_it),
	TEST(what_cannot_start_is_not_tried_again),
	TEST(a_taken_port_is_told_and_nothing_starts),
	TEST(after_a_crash_it_is_back_at_once),
	TEST(kill_9_too_and_no_report_is_made_up),
	TEST(one_that_crashes_again_and_again_is_slowed_down),
	TEST(a_worker_that_makes_no_turn_is_ended_with_a_report),
	TEST(the_server_does_not_outlive_its_supervisor),
	TEST(hang_up_is_passed_on),
	TEST(an_interrupt_of_the_terminal_stops_once),
	TEST(the_end_waits_for_transactions),
	TEST(the_second_signal_does_not_wait),
	TEST(nobody_is_waited_for_longer_than_allowed),
	TEST(without_foreground_it_goes_on_alone),
	TEST(what_cannot_start_is_told_to_the_terminal),
	TEST(the_service_manager_hears_of_it))
