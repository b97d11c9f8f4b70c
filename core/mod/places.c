/*
 * core/mod/places.c - see places.h.
 */
#include "core/mod/places.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef LCS_CONF_DIR
#define LCS_CONF_DIR "/etc/lcs"
#endif
#ifndef LCS_LIBEXEC_DIR
#define LCS_LIBEXEC_DIR "/usr/libexec/lcs"
#endif
#ifndef LCS_DATA_DIR
#define LCS_DATA_DIR "/usr/share/lcs"
#endif

static struct slice without_last(struct slice path)
{
	while (path.len > 0 && path.p[path.len - 1] != '/')
		path.len--;
	return path.len > 1 ? slice_first(path, path.len - 1) : path;
}

/* The programs of a build tree stand at its top, those of tests two directories below. */
static struct slice in_build_tree(struct arena *arena)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path));
	struct slice top = slice_of(path, len > 0 ? (size_t)len : 0), dir;

	for (unsigned up = 0; up < 3 && top.len > 1; up++) {
		top = without_last(top);
		dir = arena_printf(arena, "%.*s/cfg/profiles", SLICE_ARG(top));
		if (dir.p && access(dir.p, R_OK | X_OK) == 0)
			return dir;
	}
	return SLICE("");
}

const char *places_profiles(struct arena *arena)
{
	const char *path = getenv("LCS_PROFILE_PATH");
	struct slice built, all;

	if (path && *path)
		return arena_dup_cstr(arena, slice_str(path));
	built = in_build_tree(arena);
	all = arena_printf(arena, "%s/profiles:%.*s%s%s/profiles", LCS_CONF_DIR, SLICE_ARG(built),
	    built.len ? ":" : "", LCS_DATA_DIR);
	return all.p ? arena_dup_cstr(arena, all) : NULL;
}

void places_lab(char *path, size_t room)
{
	ssize_t len = readlink("/proc/self/exe", path, room - 1);

	while (len > 0 && path[len - 1] != '/')
		len--;
	len = len > 0 ? len : 0;
	snprintf(path + len, room - (size_t)len, "lcs-lab");
	if (len == 0 || access(path, X_OK) != 0)
		snprintf(path, room, "%s/lcs-lab", LCS_LIBEXEC_DIR);
}
