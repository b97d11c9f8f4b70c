/*
 * modules/presence/roaming_api.h - what users keep with the server: contact lists, access lists.
 *
 * Such a list is the same on every machine its user signs in from. It is immutable, one piece
 * of memory, read by every worker without a lock, and has a number (LCS: delta number; fit for
 * an entity tag) that begins at 1 and goes up by one with each change. A change takes the
 * user's turn with his owner, makes a draft of the next list, writes to the store what differs,
 * and only then puts the next list in the place of the old one, tells the user's endpoints and
 * answers. What lists are made of a module says in a struct roaming_kind.
 */
#ifndef MODULES_PRESENCE_ROAMING_API_H
#define MODULES_PRESENCE_ROAMING_API_H

#include "modules/presence/presence_api.h"
#include "modules/service/service_api.h"
#include "utils/buf.h"
#include "utils/list.h"
#include "utils/rtab.h"

struct auth_db;
struct auth_db_api;

/* Begins every list; the user's AOR is at its end. */
struct roaming_list {
	struct rtab_node  node;		/* first */
	struct epoch_item item;		/* replaced: until every reader has gone on */
	uint32_t number;		/* never 0 */
	uint32_t count;			/* entries */
	size_t   size, aor_len;		/* bytes; size: of all */
};

static inline struct slice roaming_aor(const struct roaming_list *l)	/* borrowed */
{
	return slice_of((const char *)l + l->size - l->aor_len, l->aor_len);
}
/** For make(): a new list without entries, of that many bytes. */
static inline void roaming_begin(struct roaming_list *l, size_t size, uint32_t number,
    struct slice aor)
{
	*l = (struct roaming_list){ .number = number, .size = size, .aor_len = aor.len };
	if (aor.len)
		memcpy((char *)l + size - aor.len, aor.p, aor.len);
}
/** Who has never changed it has no list (NULL), and number 1. */
static inline uint32_t roaming_number(const struct roaming_list *l) { return l ? l->number : 1; }

static inline uint32_t roaming_count(const struct roaming_list *l) { return l ? l->count : 0; }

/* Begins every draft: the next list, as it is being made. */
struct roaming_draft {
	uint32_t number, prev;		/* of the next list, of the old one */
	unsigned rows;			/* row() knows so many */
	unsigned given;			/* number given to something new, for the answer */
};

/* For reading rows: room for one more in a draft's array. The bound is for what other hands
 * have written. */
static inline bool roaming_make_room(void **items, unsigned count, unsigned *room, size_t bytes)
{
	void *more;

	if (count < *room)
		return true;
	more = *room < 100000 ? realloc(*items, 2 * (size_t)*room * bytes) : NULL;
	if (!more)
		return false;
	*items = more;
	*room *= 2;
	return true;
}

/* 0 is never a number: after the last one comes 1 again. */
static inline uint32_t roaming_next(uint32_t number)
{
	return number == UINT32_MAX ? 1 : number + 1;
}

enum roaming_result {
	ROAMING_OK,
	ROAMING_OUT_OF_STEP,		/* another number is current */
	ROAMING_UNKNOWN,		/* nothing of that name there */
	ROAMING_EXISTS,			/* something of that name is there */
	ROAMING_NOT_EMPTY,		/* something else depends on it */
	ROAMING_RESERVED,		/* it always stays as it is */
	ROAMING_FORCED,			/* an administrator has set this entry */
	ROAMING_TOO_MANY,
	ROAMING_TOO_LONG,
	ROAMING_BAD,			/* malformed */
	ROAMING_NO_STORE,		/* could not be made durable: nothing changed */
	ROAMING_NO_MEMORY
};

/* What is asked of the owner. */
struct roaming_request {
	struct slice aor;		/* whose list: user@host */
	uint32_t     number;		/* must be current; 0: whatever is current */
	struct slice by;		/* an administrator, for the log; empty: the user */
};

/* number: the current one afterwards; why: what to tell who asked when it is not OK. */
struct roaming_answer {
	enum roaming_result result;
	uint32_t            number;
	unsigned            given;
	const char         *why;
};
typedef void roaming_done_fn(void *arg, const struct roaming_answer *answer);

/* ---- what a module brings ---- */

struct roaming_conf { bool resync; };	/* its conf struct begins with this */

struct roaming_local {			/* and its local struct with this */
	uint64_t lists, entries, changes, admin_changes, refused, out_of_step, store_failures,
		 too_many;
};
#define ROAMING_STATS                                                                         \
	LCS_STAT(struct roaming_local, changes, STAT_COUNTER, "changes by users, carried out"),   \
	LCS_STAT(struct roaming_local, admin_changes, STAT_COUNTER,                               \
	    "changes by administrators, carried out"),                                            \
	LCS_STAT(struct roaming_local, refused, STAT_COUNTER,                                     \
	    "changes refused, for whatever reason"),                                              \
	LCS_STAT(struct roaming_local, out_of_step, STAT_COUNTER,                                 \
	    "of these for a number that was not current (409)"),                                  \
	LCS_STAT(struct roaming_local, store_failures, STAT_COUNTER,                              \
	    "of these because the store could not take them (503)")

enum roaming_stmt {
	ROAMING_PUT_LIST,		/* takes AOR, number, time */
	ROAMING_LOAD_ALL,		/* list by list: its own row (AOR, 0, number, …), then those
					 * of what is in it (AOR, not 0, …) */
	ROAMING_STMTS			/* the others are the kind's own */
};

#define ROAMING_ARGS_MAX 9u
struct roaming_row {			/* of the store; texts are borrowed, or in text */
	const struct store_stmt *stmt;
	struct value             args[ROAMING_ARGS_MAX];
	char                     text[256];
};

struct roaming_audit {			/* a change by an administrator that counts, or failed */
	const struct roaming_request *req;
	const void                   *changes;
	unsigned                      count;
	const struct roaming_draft   *draft;
	const struct roaming_list    *old, *next;	/* old may be NULL */
	const char                   *outcome;	/* "done", "failed" */
};

struct roaming_operation {
	const char *name;		/* "setContact"; NULL ends */
	void      (*run)(struct service_request *req, const struct service_asked *asked, void *roaming);
};

struct roaming_kind {			/* kept by reference; functions are the owner's */
	const char  *log;		/* "contacts": before the colon of log lines */
	const char  *lists, *row_name;	/* "contact lists", "a row of a contact list" */
	const char  *out_of_step;	/* "The contact list has another number by now" */
	const char  *package, *content_type;	/* of the event package that shows it */
	bool         decides_rights;	/* after a change who watches the user is looked at anew */

	/* Changes: so long, with texts at these places. */
	size_t        change_bytes;
	const size_t *texts;
	unsigned      text_count;

	/* malloc'd, its texts borrowed from the old list and the changes, of which there are more;
	 * NULL: memory is short. */
	struct roaming_draft *(*draft_new)(const struct roaming_list *old, unsigned more);
	void                  (*draft_free)(struct roaming_draft **d);
	/* All of them, in order, and the next number; or a reason why not. conf: as it is now. */
	enum roaming_result   (*apply)(struct roaming_draft *d, const void *conf,
	    const struct roaming_request *req, const void *changes, unsigned count, const char **why);
	/* malloc'd; NULL: memory is short. */
	struct roaming_list  *(*make)(struct slice aor, const struct roaming_draft *d);
	void                  (*audit)(const struct roaming_audit *a);

	const struct store_schema *schema;	/* its first statements: enum roaming_stmt */
	/* Row i of a draft; false: it stays as it is. */
	bool (*row)(const struct roaming_draft *d, unsigned i, struct slice aor,
	    struct roaming_row *out);
	/* A row of ROAMING_LOAD_ALL into a draft; false: it makes no sense. Texts that stay: in arena. */
	bool (*load)(struct roaming_draft *d, struct arena *arena, const struct value *columns);

	/* Documents; l NULL: of somebody without one. put_delta NULL: endpoints get all of it. */
	void (*put)(struct buf *b, const struct roaming_list *l);
	void (*put_delta)(struct buf *b, const struct roaming_draft *d);

	/* When a user is renamed; both count without changes (NULL). The changes that make a list
	 * what l is, first those that clear it; l NULL: these alone. Texts are borrowed. */
	unsigned (*copy)(const struct roaming_list *l, void *changes);
	/* The changes that put to in the place of from, who is named in l; 0: he is not. */
	unsigned (*rename)(const struct roaming_list *l, struct slice from, struct slice to,
	    void *changes);

	bool takes_unnumbered;		/* what is changed says all: number 0, of a client that has
					 * not got its list yet, is as good as the current one */
	/* SERVICE requests of users; roaming is what serve() takes. */
	const struct roaming_operation *operations;

	/* lcsctl import, of what that command has printed: how many changes it makes (0: it is
	 * something else), and which. Texts are borrowed. 0 or -EINVAL. */
	const char *exporter;
	size_t    (*import_count)(const json_t *list);
	int       (*import)(const json_t *list, void *changes);
};

/* ---- what a module gets ---- */

#define ROAMING_OPERATIONS_MAX 8u

/* For the methods that may begin a list: it may be that of a user who is to come. */
#define ROAMING_FORCE { "force", VALUE_BOOL, false, "even if there is no such user (yet)" }

struct roaming {			/* in its shared struct; private to the engine, but for find */
	const struct roaming_kind *kind;
	const struct roaming_api  *api;	/* NULL: load() has not begun */
	struct lcs_mod            *mod;
	struct presence           *p;
	struct rtab               *table;
	struct presence_package    package;
	struct presence_format     formats[2];
	const struct service_api  *service;	/* NULL: nobody reads SERVICE requests */
	struct service            *service_state;
	const struct auth_db_api  *users;	/* NULL: nobody knows who is a user */
	struct auth_db            *users_state;
	struct service_operation   operations[ROAMING_OPERATIONS_MAX];
	bool                       loaded;
};

static inline bool roaming_is_of(const struct rtab_node *node, const void *aor)
{
	return slice_eq_nocase(roaming_aor(container_of(node, const struct roaming_list, node)),
	    *(const struct slice *)aor);
}

/** Any worker, or the control thread; borrowed until the next quiet point. NULL: never changed. */
static inline const struct roaming_list *roaming_find(const struct roaming *r, struct slice aor)
{
	const struct rtab_node *node = rtab_find(r->table, lcs_user_key(aor), roaming_is_of, &aor);

	return node ? container_of(node, const struct roaming_list, node) : NULL;
}

struct roaming_api {
	/** In the functions of the module's descriptor of these names. mod needs "presence", and
	 *  "service" and "auth_db" if they are there. 0 or -errno. */
	int  (*load)(struct lcs_mod *mod, struct roaming *r, const struct roaming_kind *kind);
	int  (*prepare)(struct roaming *r);
	int  (*worker_start)(struct roaming *r);
	void (*unload)(struct roaming *r);

	/**
	 * Change a user's list, all of it or nothing. Any worker; all texts are copied.
	 *
	 * @param done  once, on the calling worker, never before return; may be NULL
	 * @return 0 or -ENOMEM (done never runs)
	 */
	int  (*change)(struct roaming *r, const struct roaming_request *req, const void *changes,
	    unsigned count, roaming_done_fn *done, void *arg);
	/** The same for an operation, which is answered: number is its deltaNum.
	 *  answered (may be NULL): gives the 200, when it is more than that. */
	void (*serve)(struct roaming *r, struct service_request *req,
	    const struct service_asked *asked, const void *change,
	    void (*answered)(struct roaming *r, struct service_request *req,
	    const struct roaming_answer *answer));

	/** For lcsctl, on the control thread: parameter "user" and his list (NULL: none). */
	int  (*rpc_find)(struct roaming *r, struct lcs_rpc_call *call, struct slice *aor,
	    const struct roaming_list **list);
	/** Change the list of "user", and wait until it is on disk: *result gets user and number.
	 *  given may be NULL. */
	int  (*rpc_change)(struct roaming *r, struct lcs_rpc_call *call, const void *changes,
	    unsigned count, unsigned *given);
	/** Parameters "user" and "list". */
	int  (*rpc_import)(struct roaming *r, struct lcs_rpc_call *call);
};

#endif
