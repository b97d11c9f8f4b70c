/*
 * core/mod/settings.h - the settings of the core: their declarations, and their values in the
 * shape each room takes them.
 */
#ifndef CORE_MOD_SETTINGS_H
#define CORE_MOD_SETTINGS_H

#include "cfg/cfg.h"
#include "core/dns/resolve.h"
#include "core/mod/server.h"
#include "core/net/limit.h"
#include "core/store/store.h"

/** Declarations for the checker, the manual and lcs.cfg(5). */
const struct sym_setting *settings_table(unsigned *count);

/* What a process takes from its first configuration. */
struct settings {
	struct server_setup setup;
	struct net_limits   limits;
	struct dns_conf     dns;
	struct store_conf   store;
	bool                store_is_preset;	/* nobody set "store": opened only if needed */
	size_t              inbox_limit, trace_memory;
};

/**
 * Read a checked configuration. What cannot be decided by type alone ("auto", listen
 * addresses, names of users) is checked here.
 * @param arena  for the texts, which outlive the configuration
 * @return 0, -EINVAL (see diag), -ENOMEM
 */
int settings_read(const struct cfg *cfg, struct arena *arena, struct diag *diag,
    struct settings *out);

/** Text of a setting; empty if it is null. */
struct slice setting_text(const struct cfg *cfg, const char *name);
int64_t setting_int(const struct cfg *cfg, const char *name);
bool    setting_bool(const struct cfg *cfg, const char *name);
/** Milliseconds. */
msec_t  setting_msec(const struct cfg *cfg, const char *name);

#endif
