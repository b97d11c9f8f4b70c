/*
 * core/mod/places.h - where the files are that come with lcs.
 */
#ifndef CORE_MOD_PLACES_H
#define CORE_MOD_PLACES_H

#include "utils/arena.h"

/**
 * Directories of profiles, separated by ':': what LCS_PROFILE_PATH of the environment says;
 * else the site's, those of the build tree that this program stands in, and the installed ones.
 * @return in the arena or static; NULL if memory is short
 */
const char *places_profiles(struct arena *arena);

/** The program that runs tests: beside this one in a build tree, else where it was installed. */
void places_lab(char *path, size_t room);

#endif
