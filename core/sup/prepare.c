/*
 * core/sup/prepare.c - what has to be there before the first server, and going into the background.
 */
#include "core/sup/room.h"

#include "core/sup/bind.h"
#include "utils/err.h"

#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int prepare_identity(char text[512])
{
	const struct server_setup *s = sup.setup;

	return identity_find(s->user, s->group, &sup.identity, text);
}

static int prepare_directory(const char *setting, struct slice path, mode_t mode, char text[512])
{
	int err = path.len > 0 ? make_directory(path, mode, &sup.identity) : 0;

	if (err)
		snprintf(text, 512, "cannot make the directory %.*s: %s: make it for this user, or set "
		    "%s to another", SLICE_ARG(path), err_text(err), setting);
	return err;
}

static int prepare_control(char text[512])
{
	gid_t gid;
	int err = group_find("control_socket_group", sup.setup->control_socket_group, &gid, text);

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

int sup_prepare(char text[512])
{
	int err = prepare_identity(text);

	raise_open_files(sup.setup->open_files);
	if (!err)
		err = prepare_directory("run_dir", sup.setup->run_dir, 0755, text);
	if (!err)
		err = prepare_directory("state_dir", sup.setup->state_dir, 0750, text);
	if (!err)
		err = prepare_sockets(text);
	if (!err)
		err = prepare_hearts(text);
	return err ? err : prepare_signals(text);
}

/* ---- into the background ---- */

void sup_become_daemon(void)
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

void sup_release_parent(void)
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

/* Who waits for the file finds it whole. */
static int write_pid_file(const char *path)
{
	char fresh[PATH_MAX];
	bool is_short = snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh);
	FILE *f = is_short ? NULL : fopen(fresh, "we");
	bool is_written = f && fprintf(f, "%ld\n", (long)getpid()) > 0;

	if (is_short)
		return -ENAMETOOLONG;
	if (f && fclose(f) == 0 && is_written && rename(fresh, path) == 0)
		return 0;
	return -errno;
}

void sup_write_pid_file(void)
{
	const char *path = sup.conf->pid_file;
	int err = path ? write_pid_file(path) : 0;

	if (err)
		SAY(warning, "cannot write the pid file path=%s error=\"%s\"", path, err_text(err));
}
