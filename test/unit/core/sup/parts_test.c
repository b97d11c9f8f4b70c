/*
 * The supervisor's smaller tools: crash files, the service manager, sockets, directories.
 */
#include "test/unit.h"

#include "core/sup/bind.h"
#include "core/sup/crash.h"
#include "core/sup/notify.h"
#include "core/sup/priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/lcs-sup-test-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static const char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* ---- crash reports ---- */

static struct crash_report report(const char *text)
{
	struct crash_report r = { .pid = 4711, .len = strlen(text) };

	memcpy(r.text, text, r.len);
	return r;
}

static void values_are_found_by_key(void **state)
{
	struct crash_report r = report("signal: SIGSEGV\nmodule: tm\nscript: a.cfg:12\nmod: x\n"
	    "call-id: a: b\nbacktrace:\nmodule: fake");

	(void)state;
	assert_slice(crash_value(&r, "module"), "tm");
	assert_slice(crash_value(&r, "script"), "a.cfg:12");
	assert_slice(crash_value(&r, "call-id"), "a: b");
	assert_slice(crash_value(&r, "worker"), "");
	assert_slice(crash_value(&r, "backtrace"), "");
}

static unsigned count_files(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void a_report_is_filed_for_the_operator_alone(void **state)
{
	struct crash_report r = report("signal: SIGSEGV\n");
	char path[512], got[64];
	struct stat st;
	FILE *f;

	(void)state;
	assert_int_equal(crash_file(&r, slice_str(dir), path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(got, 1, sizeof(got), f), r.len);
	assert_memory_equal(got, r.text, r.len);
	fclose(f);
	/* The same process cannot end twice in a second. */
	assert_int_equal(crash_file(&r, slice_str(dir), path), -EEXIST);
}

static void old_reports_make_room(void **state)
{
	struct crash_report r = report("signal: SIGSEGV\n");
	char path[512], other[256];

	(void)state;
	snprintf(other, sizeof(other), "%s/crash", dir);
	assert_int_equal(mkdir(other, 0750), 0);
	snprintf(other, sizeof(other), "%s/crash/notes", dir);
	assert_true(creat(other, 0640) >= 0);
	snprintf(other, sizeof(other), "%s/crash/crash-20000101T000000Z-1.txt", dir);
	assert_true(creat(other, 0640) >= 0);
	for (unsigned i = 0; i < CRASH_FILES_KEPT + 10; i++) {
		r.pid = (pid_t)(1000 + i);
		assert_int_equal(crash_file(&r, slice_str(dir), path), 0);
	}
	/* The oldest is gone, what is not a report stays. */
	assert_int_equal(access(other, F_OK), -1);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(count_files(in_dir("crash")), CRASH_FILES_KEPT + 1);
}

static void a_state_directory_that_is_not_there_is_told(void **state)
{
	struct crash_report r = report("x");
	char path[512];

	(void)state;
	assert_int_equal(crash_file(&r, SLICE("/nonexistent/lcs"), path), -ENOENT);
}

/* ---- the service manager ---- */

static int manager(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(sa.sun_path, path, strlen(path));
	if (path[0] == '@')
		sa.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&sa,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static void the_service_manager_is_told(void **state)
{
	char name[64], got[128];
	ssize_t n;
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@lcs-notify-test-%ld", (long)getpid());
	for (int i = 0; i < 2; i++) {
		fd = manager(i ? in_dir("notify") : name);
		notify("READY=1\nSTATUS=process %d", 7);
		n = recv(fd, got, sizeof(got), 0);
		assert_true(n > 0);
		assert_slice(slice_of(got, (size_t)n), "READY=1\nSTATUS=process 7");
		close(fd);
	}
	/* Nobody listens, or nobody asked: nothing happens. */
	notify("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify("READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify("READY=1");
}

static void the_watchdog_is_ours_only_by_process_id(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(notify_watchdog(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog(), 15000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog(), 0);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog(), 15000);
	setenv("WATCHDOG_USEC", "x", 1);
	assert_int_equal(notify_watchdog(), 0);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

/* ---- sockets ---- */

static void a_taken_port_is_named_with_advice(void **state)
{
	struct net_listener list[2] = { { .transport = TRANSPORT_TCP }, { .transport = TRANSPORT_UDP } };
	struct net_listener other = { .transport = TRANSPORT_UDP };
	const char *what;
	char text[512], addr[ADDR_TEXT_BYTES];

	(void)state;
	assert_int_equal(sock_addr_parse(SLICE("127.0.0.1:0"), &other.addr), 0);
	list[0].addr = other.addr;
	assert_int_equal(listener_open(&other, 1, &what), 0);
	list[1].addr = other.addr;
	assert_int_equal(bind_listeners(list, 2, 3, text), -EADDRINUSE);
	sock_addr_format(&other.addr, addr);
	assert_non_null(strstr(text, addr));
	assert_non_null(strstr(text, "udp:"));
	assert_non_null(strstr(text, "ss -lntup"));
	assert_int_equal(list[0].fd_count, 0);
	listener_close(&other);
	assert_int_equal(bind_listeners(list, 2, 3, text), 0);
	assert_int_equal(list[1].fd_count, 3);
	close_listeners(list, 2);
}

static void a_dead_servers_control_socket_is_replaced_and_a_live_ones_is_not(void **state)
{
	char text[512];
	const char *path = in_dir("ctl.sock");
	int first, second;

	(void)state;
	first = bind_control(slice_str(path), (uid_t)-1, (gid_t)-1, text);
	assert_true(first >= 0);
	assert_int_equal(bind_control(slice_str(path), (uid_t)-1, (gid_t)-1, text), -EADDRINUSE);
	assert_non_null(strstr(text, path));
	close(first);
	second = bind_control(slice_str(path), (uid_t)-1, (gid_t)-1, text);
	assert_true(second >= 0);
	close(second);
}

static void what_is_no_socket_is_left_alone(void **state)
{
	char text[512];
	const char *path = in_dir("precious");
	int fd = creat(path, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(bind_control(slice_str(path), (uid_t)-1, (gid_t)-1, text), -ENOTSOCK);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(bind_control(SLICE("/nonexistent/ctl.sock"), (uid_t)-1, (gid_t)-1, text),
	    -ENOENT);
	memset(text, 'a', sizeof(text));
	assert_int_equal(bind_control(slice_of(text, 200), (uid_t)-1, (gid_t)-1, text),
	    -ENAMETOOLONG);
}

/* ---- who we are ---- */

static void users_and_groups_are_found_or_named(void **state)
{
	struct identity id;
	char text[512];
	gid_t gid;

	(void)state;
	assert_int_equal(identity_find(SLICE_NULL, SLICE_NULL, &id, text), 0);
	assert_false(id.change);
	assert_int_equal(id.uid, geteuid());
	assert_int_equal(identity_find(SLICE("no-such-user"), SLICE_NULL, &id, text), -ENOENT);
	assert_non_null(strstr(text, "no-such-user"));
	assert_int_equal(identity_find(SLICE_NULL, SLICE("no-such-group"), &id, text), -ENOENT);
	assert_non_null(strstr(text, "no-such-group"));
	assert_int_equal(group_find("group", SLICE_NULL, &gid, text), 0);
	assert_int_equal(gid, (gid_t)-1);
	assert_int_equal(group_find("group", SLICE("root"), &gid, text), 0);
	assert_int_equal(gid, 0);
	assert_int_equal(identity_find(SLICE("nobody"), SLICE_NULL, &id, text),
	    geteuid() == 0 ? 0 : -EPERM);
}

/* What a child that gave up everything can still do; bits of its exit status. */
static int try_everything(const struct identity *id)
{
	char text[4096];
	int status = 0;
	FILE *f;

	if (privileges_drop(id) != 0)
		return 100;
	if (setuid(0) == 0 || seteuid(0) == 0)
		status |= 1;
	if (setgid(0) == 0)
		status |= 2;
	if (getuid() != id->uid || getgid() != id->gid)
		status |= 4;
	f = fopen("/proc/self/status", "r");
	if (!f)
		return 101;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	if (!strstr(text, "NoNewPrivs:\t1"))
		status |= 8;
	if (!strstr(text, "CapEff:\t0000000000000000") || !strstr(text, "CapPrm:\t0000000000000000"))
		status |= 16;
	if (!strstr(text, "Groups:\t65534"))
		status |= 32;
	return status;
}

static void there_is_no_way_back_from_giving_up_privileges(void **state)
{
	struct identity id;
	char text[512];
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		print_message("# only root has privileges to give up\n");
		return;
	}
	assert_int_equal(identity_find(SLICE("nobody"), SLICE_NULL, &id, text), 0);
	pid = fork();
	if (pid == 0)
		_exit(try_everything(&id));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_directory_is_made_once(void **state)
{
	struct identity nobody = { .change = false };
	const char *path = in_dir("state");
	struct stat st;

	(void)state;
	assert_int_equal(make_directory(slice_str(path), 0750, &nobody), 0);
	assert_int_equal(make_directory(slice_str(path), 0750, &nobody), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(make_directory(SLICE("/nonexistent/a/b"), 0750, &nobody), -ENOENT);
}

static void open_files_go_up_to_the_hard_limit(void **state)
{
	struct rlimit before, after;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &before);
	raise_open_files(0);
	getrlimit(RLIMIT_NOFILE, &after);
	assert_int_equal(after.rlim_cur, before.rlim_max);
	raise_open_files(64);
	getrlimit(RLIMIT_NOFILE, &after);
	assert_int_equal(after.rlim_cur, before.rlim_max);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_dir, remove_dir)

UNIT_MAIN(
	cmocka_unit_test(values_are_found_by_key),
	TEST(a_report_is_filed_for_the_operator_alone),
	TEST(old_reports_make_room),
	cmocka_unit_test(a_state_directory_that_is_not_there_is_told),
	TEST(the_service_manager_is_told),
	cmocka_unit_test(the_watchdog_is_ours_only_by_process_id),
	cmocka_unit_test(a_taken_port_is_named_with_advice),
	TEST(a_dead_servers_control_socket_is_replaced_and_a_live_ones_is_not),
	TEST(what_is_no_socket_is_left_alone),
	cmocka_unit_test(users_and_groups_are_found_or_named),
	cmocka_unit_test(there_is_no_way_back_from_giving_up_privileges),
	TEST(a_directory_is_made_once),
	cmocka_unit_test(open_files_go_up_to_the_hard_limit))
