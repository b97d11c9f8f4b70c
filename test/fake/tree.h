/*
 * test/fake/tree.h - what a text means: its tree as text, without places.
 */
#ifndef TEST_FAKE_TREE_H
#define TEST_FAKE_TREE_H

#include "cfg/cfg.h"

/**
 * Parse, and show the tree; two texts with one tree mean the same.
 * @return false if there are errors of syntax
 */
bool tree_of(const char *name, struct slice text, const struct cfg_host *host,
    struct arena *arena, struct slice *out);

#endif
