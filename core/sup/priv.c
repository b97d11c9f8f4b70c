/*
 * core/sup/priv.c - see priv.h.
 */
#include "core/sup/priv.h"

#include "utils/err.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int copy_name(struct slice s, char *out, size_t room)
{
	if (s.len >= room)
		return -ENAMETOOLONG;
	memcpy(out, s.p ? s.p : "", s.len);
	out[s.len] = '\0';
	return 0;
}

int group_find(const char *setting, struct slice name, gid_t *out, char text[512])
{
	char word[64];
	const struct group *gr = NULL;

	*out = (gid_t)-1;
	if (name.len == 0)
		return 0;
	if (copy_name(name, word, sizeof(word)) == 0)
		gr = getgrnam(word);
	if (!gr) {
		snprintf(text, 512, "there is no group \"%.*s\": make it (addgroup --system), or set %s "
		    "to one that exists", SLICE_ARG(name), setting);
		return -ENOENT;
	}
	*out = gr->gr_gid;
	return 0;
}

static int find_user(struct slice user, struct identity *out, char text[512])
{
	const struct passwd *pw = NULL;

	if (copy_name(user, out->name, sizeof(out->name)) == 0)
		pw = getpwnam(out->name);
	if (!pw) {
		snprintf(text, 512, "there is no user \"%.*s\": make it (adduser --system --group), "
		    "or set user to one that exists", SLICE_ARG(user));
		return -ENOENT;
	}
	out->uid = pw->pw_uid;
	out->gid = pw->pw_gid;
	return 0;
}

int identity_find(struct slice user, struct slice group, struct identity *out, char text[512])
{
	gid_t gid;
	int err = 0;

	*out = (struct identity){ .uid = geteuid(), .gid = getegid() };
	if (user.len > 0)
		err = find_user(user, out, text);
	if (!err)
		err = group_find("group", group, &gid, text);
	if (err)
		return err;
	if (gid != (gid_t)-1)
		out->gid = gid;
	out->change = out->uid != geteuid() || out->gid != getegid();
	if (!out->change || geteuid() == 0)
		return 0;
	snprintf(text, 512, "only root can run the server as user \"%.*s\" group \"%.*s\"; start "
	    "it as root, or remove these settings", SLICE_ARG(user), SLICE_ARG(group));
	return -EPERM;
}

/* Asked of the kernel directly: libcap would be a library for one call. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	return syscall(SYS_capset, &header, none) == 0 ? 0 : -errno;
}

static int change_identity(const struct identity *id)
{
	if (!id->change)
		return 0;
	if ((id->name[0] ? initgroups(id->name, id->gid) : setgroups(1, &id->gid)) != 0 ||
	    setresgid(id->gid, id->gid, id->gid) != 0 ||
	    setresuid(id->uid, id->uid, id->uid) != 0)
		return -errno;
	/* If there were a way back we would not have left. */
	if (id->uid != 0 && setuid(0) == 0)
		return -EPERM;
	return 0;
}

int privileges_drop(const struct identity *id)
{
	int err = change_identity(id);

	if (!err)
		err = drop_capabilities();
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		err = -errno;
	/* After the change of identity, which would reset it. */
	if (!err && prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0)
		err = -errno;
	return err;
}

void raise_open_files(unsigned wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (wanted > limit.rlim_max) {
		struct rlimit more = { wanted, wanted };

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return;
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int make_directory(struct slice path, mode_t mode, const struct identity *owner)
{
	char text[512];
	int err = copy_name(path, text, sizeof(text));

	if (err)
		return err;
	if (mkdir(text, mode) != 0 && errno != EEXIST)
		return -errno;
	if (geteuid() == 0 && owner->change && chown(text, owner->uid, owner->gid) != 0)
		return -errno;
	return 0;
}
