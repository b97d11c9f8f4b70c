/*
 * core/lcs.h - what modules see: the only core header a module may include.
 */
#ifndef CORE_LCS_H
#define CORE_LCS_H

#include "cfg/diag.h"
#include "cfg/value.h"
#include "core/net/limit.h"
#include "core/net/stream.h"
#include "core/sip/api.h"
#include "core/store/backend.h"
#include "utils/count.h"
#include "utils/err.h"
#include "utils/json.h"
#include "utils/log.h"

#include <stddef.h>

#define LCS_ABI 1			/* grows when an existing field changes its meaning */

/* ---- parameters: bound by offset; a wrong C type does not compile ---- */
struct lcs_param {
	const char     *name;
	enum value_type type;		/* VALUE_LIST: may be given several times */
	size_t          offset;		/* into the module's conf struct */
	const char     *preset;		/* as one would write it in lcs.cfg; NULL: must be set */
	int64_t         min, max;	/* ints; durations in ms; 0, 0: no range */
	const char     *doc;
	const char     *legacy_unit;	/* of a bare number for a duration: "ms", "s" */
	const char     *words;		/* "a|b|c": allowed words of a string */
	unsigned        flags;		/* PARAM_SECRET | PARAM_FILE | PARAM_NEEDS_RESTART */
};
#define PARAM_SECRET        0x1u
#define PARAM_FILE          0x2u	/* names a file that must be readable (E0701) */
#define PARAM_NEEDS_RESTART 0x4u

struct lcs_strings { size_t count; const struct slice *items; };	/* repeated strings */
/** How many names stand in them, those with commas between them too. Any thread. */
static inline size_t lcs_count_names(const struct lcs_strings *lists)
{
	size_t n = 0;

	for (size_t i = 0; i < lists->count; i++)
		for (struct slice rest = lists->items[i]; rest.len; n++)
			slice_split(&rest, ',');
	return n;
}

#define LCS_AT(st, field, ctype)                                            \
	(offsetof(st, field) + 0 * sizeof(struct {                          \
		_Static_assert(_Generic(((st *)0)->field, ctype: 1,         \
		    default: 0), #field " is not a " #ctype); char c; }))
#define PARAM_STRING(st, f, preset, doc)                                    \
	{ #f, VALUE_STRING, LCS_AT(st, f, struct slice), preset, 0, 0, doc, NULL, NULL, 0 }
#define PARAM_SECRET_STRING(st, f, preset, doc)                             \
	{ #f, VALUE_STRING, LCS_AT(st, f, struct slice), preset, 0, 0, doc, NULL, NULL, PARAM_SECRET }
#define PARAM_FILE_NAME(st, f, preset, doc)                                 \
	{ #f, VALUE_STRING, LCS_AT(st, f, struct slice), preset, 0, 0, doc, NULL, NULL, PARAM_FILE }
#define PARAM_WORD(st, f, preset, words, doc)                               \
	{ #f, VALUE_STRING, LCS_AT(st, f, struct slice), preset, 0, 0, doc, NULL, words, 0 }
#define PARAM_STRINGS(st, f, doc)                                           \
	{ #f, VALUE_LIST, LCS_AT(st, f, struct lcs_strings), "", 0, 0, doc, NULL, NULL, 0 }
#define PARAM_INT(st, f, preset, lo, hi, doc)                               \
	{ #f, VALUE_INT, LCS_AT(st, f, int64_t), preset, lo, hi, doc, NULL, NULL, 0 }
#define PARAM_BOOL(st, f, preset, doc)                                      \
	{ #f, VALUE_BOOL, LCS_AT(st, f, bool), preset, 0, 0, doc, NULL, NULL, 0 }
/* Conf fields in milliseconds; unit: that of a bare number in a Kamailio script. */
#define PARAM_DURATION(st, f, preset, lo, hi, unit, doc)                    \
	{ #f, VALUE_DURATION, LCS_AT(st, f, msec_t), preset, lo, hi, doc, unit, NULL, 0 }
#define PARAM_URI(st, f, preset, doc)                                       \
	{ #f, VALUE_URI, LCS_AT(st, f, struct sip_uri), preset, 0, 0, doc, NULL, NULL, 0 }

/* ---- statistics: counters in the module's local struct, added up over workers ---- */
enum lcs_stat_kind { STAT_COUNTER, STAT_GAUGE };
struct lcs_stat { const char *name; enum lcs_stat_kind kind; size_t offset; const char *doc; };
#define LCS_STAT(st, field, kind, doc) { #field, kind, LCS_AT(st, field, uint64_t), doc }
/** One more; only the owning worker writes, anybody may read meanwhile. */
static inline void lcs_count(uint64_t *counter)
{
	count_by(counter, 1);
}

/** A statistic by "group.name" ("core.requests", "tm.created"), all workers together; false
 *  if there is none of that name. On a worker or the control thread. */
bool lcs_stat_value(struct slice name, uint64_t *out);

/* ---- methods of the control socket (lcsctl) ---- */
enum lcs_right { RIGHT_READ, RIGHT_ADMIN };
struct lcs_rpc_arg { const char *name; enum value_type type; bool required; const char *doc; };
/* One call. Control thread; in the arena may be what lives until it is answered. */
struct lcs_rpc_call {
	struct lcs_mod *mod;
	const json_t   *params;		/* an object, checked against args */
	struct arena   *arena;
	json_t         *result;		/* to be set: a new reference */
	struct slice    error;		/* to be set where it fails: why, for people */
};

struct lcs_rpc {
	const char               *method;	/* "users.add": lcsctl users add */
	enum lcs_right            right;
	const struct lcs_rpc_arg *args;		/* name NULL ends; in the order of the command line */
	/* May block. 0 with a result (an array of flat objects is shown as a table), or a
	 * negative code with an error. */
	int  (*run)(struct lcs_rpc_call *call);
	const char               *doc;
};

/** The end of a call that fails: why, as printf has it. @return err */
int lcs_rpc_fail(struct lcs_rpc_call *call, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** The end of a call: made is its result, which is taken over. 0, or -ENOMEM if it is NULL. */
int lcs_rpc_done(struct lcs_rpc_call *call, json_t *made);
/** A time among the parameters (VALUE_DURATION): "100ms", "40s", "5m", "1h", "2d"; a number without a
 *  unit counts units of `bare` milliseconds.
 *  @return 1; 0 if it is not given (*out stays as it is), or lcs_rpc_fail() for what is no time, -EINVAL */
int lcs_rpc_time(struct lcs_rpc_call *call, const char *name, msec_t bare, msec_t *out);
/** A parameter that names a user, "name@domain" with "sip:" or without: his AOR in arena. 0,
 *  -EINVAL with an error. */
int lcs_rpc_user(struct lcs_rpc_call *call, const char *name, struct slice *aor);

/* ---- between modules: named, versioned, typed tables ---- */
struct lcs_iface { const char *name; unsigned version; const void *table; };
struct lcs_need {			/* of an interface */
	const char *name;
	unsigned    version;
	bool        optional;		/* NULL if it is not there */
	bool        is_kept;		/* at these places of the shared struct, before load() */
	size_t      table_at, state_at;
};

/* A need that is kept: its table in st.f, the state that its functions take in st.f_state. The
 * types are called like the interface: const struct iface_api *, struct iface *. */
#define NEED_KEPT(st, f, iface, version, optional)                          \
	{ #iface, version, optional, true, LCS_AT(st, f, const struct iface##_api *), \
	  LCS_AT(st, f##_state, struct iface *) }
#define NEED(st, f, iface, version)          NEED_KEPT(st, f, iface, version, false)
#define NEED_OPTIONAL(st, f, iface, version) NEED_KEPT(st, f, iface, version, true)

/** In load() only, for a need that is not kept: the table; *shared (may be NULL) receives the
 *  exporting module's state. Both are NULL if an optional one is not there. */
const void *lcs_import(struct lcs_mod *mod, const char *name, void **shared);

/* ---- a module's own places, from code that has no lcs_call ---- */
/** shared_size bytes, one piece for the process. Any thread; who writes what is the module's
 *  affair. */
void       *lcs_shared(const struct lcs_mod *mod);
/** local_size bytes, those of the calling worker: on workers only. */
void       *lcs_local(const struct lcs_mod *mod);
/** Of any worker, for adding up what its owner counts; NULL before it has started. */
const void *lcs_local_of(const struct lcs_mod *mod, unsigned worker);
/** Parameters under a generation: of a message lcs_ctx_gen(), elsewhere (timers, RPC) the current
 *  one, gen_peek(). NULL: the module is not in it. Lives as long as gen. */
const void *lcs_conf(const struct lcs_mod *mod, const struct gen *gen);
/** As loadmodule has it, with "_" for "-"; for logs. Any thread. */
const char *lcs_mod_name(const struct lcs_mod *mod);

/* ---- core settings that modules may ask for ---- */
/** A setting of the core by its name, "server_name"; as preset if the configuration is silent.
 *  NULL: there is none of that name. Lives as long as gen. Any thread. */
const struct value *lcs_setting(const struct gen *gen, const char *name);
/** Is host one of our domains or addresses (alias, listeners, server_name)? port 0: any. */
bool lcs_is_own_host(const struct gen *gen, struct slice host, uint16_t port);
/** Our domains (aliases) in the order of the configuration: how many; *out lives as long as gen. */
unsigned lcs_aliases(const struct gen *gen, const struct slice **out);

/** name and doc are read at once, not kept. */
typedef void lcs_show_stat_fn(void *arg, const char *name, uint64_t value, const char *doc);

struct lcs_event_decl { const char *name, *doc; };	/* "usrloc:contact-expired" */

struct lcs_module {
	uint32_t    abi, size;		/* LCS_ABI, sizeof(struct lcs_module); new fields last */
	const char *build;		/* hash over the public headers, made by configure */
	const char *name, *summary;
	size_t      conf_size;		/* per generation, filled from params */
	size_t      local_size;		/* per worker, zeroed */
	size_t      shared_size;	/* per process, zeroed */
	const struct lcs_param      *params;	/* these tables end with a zeroed entry */
	const struct lcs_func       *funcs;
	const struct lcs_var        *vars;
	const struct lcs_hook       *hooks;	/* run NULL ends */
	const struct lcs_need       *needs;
	const struct lcs_iface      *ifaces;
	const struct lcs_event_decl *events;
	const struct lcs_stat       *stats;
	const struct lcs_rpc        *rpcs;
	const struct store_schema   *schema;	/* one, or NULL */

	int  (*load)(struct lcs_mod *mod);			/* once, after its needs; control thread,
								 * before the workers and the store */
	int  (*check)(const void *conf, struct diag *diag);	/* across parameters; also in lcs -c:
								 * touches nothing but conf */
	int  (*prepare)(struct lcs_mod *mod, struct gen *next, void *conf);	/* may fail: old
								 * stays; the store is open, workers may run */
	void (*commit)(struct lcs_mod *mod, struct gen *next);	/* cannot fail */
	void (*retire)(struct lcs_mod *mod, struct gen *old, void *conf);	/* its last message is gone */
	int  (*worker_start)(struct lcs_mod *mod, void *local);	/* on that worker */
	void (*worker_stop)(struct lcs_mod *mod, void *local);
	void (*unload)(struct lcs_mod *mod);			/* workers have stopped */
	const char *manual;		/* longer text for the manual, markdown */
	/* Of the module's variables in the form $name(table=>key): is there such a table? Also
	 * in lcs -c; NULL: any name will do. */
	bool (*has_table)(const void *conf, struct slice table);
	const char *const *conflicts;	/* modules that this one cannot stand beside; NULL ends */
	unsigned    flags;		/* MODULE_AT_START | MODULE_MAY_LEAVE */
	/* The server is told to end in good order: once, control thread, workers run, requests
	 * that begin something are refused already. What the module has to say is said from its
	 * workers; transactions that begin meanwhile are waited for, and whoever has more to do
	 * says so by lcs_hold_end(), in all for stop_timeout at most. Not called if that is 0, or
	 * when the server falls. */
	void (*stopping)(struct lcs_mod *mod);
	/* Statistics whose names the configuration gives: show() each, with arg. Any thread. */
	void (*named_stats)(struct lcs_mod *mod, lcs_show_stat_fn *show, void *arg);
};
/** From stopping() on: the end waits until as many lcs_let_end() have come. Any thread. */
void lcs_hold_end(void);
void lcs_let_end(void);

/* load() must run before the workers: a reload cannot bring the module in. Modules that keep
 * state in the store are so without saying it. */
#define MODULE_AT_START  0x1u
/* A reload may take it out: nothing of it is reached when no message is under a generation
 * with it: no timer, no interface, nothing registered in load() but by its tables. */
#define MODULE_MAY_LEAVE 0x2u

/* The section is how the loader finds modules that are linked into the program. */
#define LCS_MODULE(ident, ...)                                              \
	extern const struct lcs_module lcs_module_##ident;                  \
	__attribute__((visibility("default")))                              \
	const struct lcs_module lcs_module_##ident = {                      \
		.abi = LCS_ABI, .size = sizeof(struct lcs_module),          \
		.build = LCS_BUILD_HASH, .name = #ident, __VA_ARGS__        \
	};                                                                  \
	static const struct lcs_module *const lcs_module_here_##ident       \
	__attribute__((section("lcs_modules"), used)) = &lcs_module_##ident
#ifndef LCS_BUILD_HASH
#include "build_hash.h"
#endif

#endif
