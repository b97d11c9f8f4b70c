/*
 * cfg/flow.h - the ways through routes: what the files about them share.
 */
#ifndef CFG_FLOW_H
#define CFG_FLOW_H

#include "cfg/check.h"
#include "cfg/profile.h"

/* Methods that have rules of their own; a set of them says what may be under way. */
enum { M_ACK = 1, M_CANCEL = 2, M_INVITE = 4, M_MESSAGE = 8, M_OTHER = 16, M_ALL = 31 };

/* Responses that are under way, in the routes for them. */
enum { R_PROVISIONAL = 1, R_FINAL = 2, R_ALL = 3 };

struct flow_state {
	unsigned  methods;		/* that get here; none: nothing does */
	unsigned  open;			/* that get here without an answer */
	unsigned  responses;		/* that get here; none: it is a request that does */
	bool      relayed;		/* on some way */
	bool      to_tag;		/* known to be there */
	bool      logged;		/* the statement before wrote a log line */
	unsigned  called;		/* of the profile's "before" rules: on all ways */
	uint64_t *set;			/* $var(x) that have a value on all ways */
};

struct flow_sum {
	struct flow_state entry;	/* of all callers together */
	struct flow_state exit;		/* where it returns; with everything open at its begin */
	bool              has_entry;
};

/* What break and continue lead out of. */
struct flow_place {
	struct flow_state  breaks, continues;
	struct flow_place *outer;
	bool               is_loop;
};

struct flow {
	struct load             *ld;
	const struct route_decl *route;
	struct flow_state        returns;
	struct flow_place       *place;
	unsigned                 words;
	bool                     reports;
	bool                     null_is_asked;
};

/* ---- flow_state.c ---- */
/** States that are changed apart from here on. */
struct flow_state flow_copy(struct flow *f, const struct flow_state *from);
/** Nothing gets here: joined with anything it gives the other. */
struct flow_state flow_nowhere(struct flow *f);
/** Nothing goes on. */
void flow_stop(struct flow *f, struct flow_state *s);
/** Two ways meet. */
void flow_join(struct flow *f, struct flow_state *to, const struct flow_state *from);
/** Only these methods get here. */
void flow_only(struct flow_state *s, unsigned methods);
/** $var(x), by its slot. */
bool flow_is_set(const struct flow_state *s, unsigned slot);
void flow_set_var(struct flow_state *s, unsigned slot);

/* ---- flow_say.c: s is what is known at the place that is spoken of ---- */
/** Is this the round that speaks, and can anything get here? */
bool flow_may_say(const struct flow *f, const struct flow_state *s);
/** An answer, a relay, Record-Route; the end of a route, drop, a variable that is read: what s
 *  shows to be wrong with it is said. */
void flow_say_reply(struct flow *f, const struct flow_state *s, const struct expr *e);
void flow_say_relay(struct flow *f, const struct flow_state *s, const struct expr *e);
void flow_say_record(struct flow *f, const struct flow_state *s, const struct expr *e);
void flow_say_silence(struct flow *f, const struct flow_state *s, struct cfg_span at);
void flow_say_lost(struct flow *f, const struct flow_state *s, struct cfg_span at);
void flow_say_unset(struct flow *f, const struct flow_state *s, const struct expr *e);
/** For rules of profiles about what is called before what. */
void flow_note_called(struct flow *f, struct flow_state *s, struct slice name);
void flow_say_uncalled(struct flow *f, const struct flow_state *s, const struct expr *e,
    enum rule_kind kind);

/* ---- flow_learn.c ---- */
/** "INVITE|ACK": the set of them. */
unsigned flow_methods(struct slice list);
/** Is it $rm, $rs? And what a value, or a list of them, means beside it. */
bool flow_is_method(const struct expr *e);
unsigned flow_methods_of(const struct value *v);
bool flow_is_status(const struct expr *e);
unsigned flow_classes_of(const struct value *v);
/** What is known where a condition holds, and where it does not; before: where it was asked. */
void flow_learn(const struct expr *e, struct flow_state *yes, struct flow_state *no,
    const struct flow_state *before);

/* ---- flow_eval.c ---- */
/** What evaluating e does to s, calls and all. */
void flow_eval(struct flow *f, struct flow_state *s, const struct expr *e);
/** A condition: s is used up, yes and no are what it leaves. */
void flow_branch(struct flow *f, struct flow_state *s, const struct expr *e,
    struct flow_state *yes, struct flow_state *no);

#endif
