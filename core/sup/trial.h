/*
 * core/sup/trial.h - the tests of a configuration, run before it may take effect.
 *
 * They run in a process of their own (lcs-lab), so that workers notice nothing of
 * it but that the machine has something else to do. The control thread waits.
 */
#ifndef CORE_SUP_TRIAL_H
#define CORE_SUP_TRIAL_H

#include "core/mod/server.h"
#include "core/mod/snapshot.h"

/**
 * Run all test blocks of a configuration.
 * @param conf   the server's: path, defines, place of modules
 * @param texts  the files as they would be committed
 * @param limit  milliseconds for all tests together
 * @param why    set if it is not 0: which tests have failed and with what, in the arena
 * @return 0 if none has failed, -EINVAL after a failure, -ETIMEDOUT, -errno if they cannot run
 */
int trial_run(const struct server_conf *conf, const struct snapshot *texts, msec_t limit,
    struct arena *arena, struct slice *why);

#endif
