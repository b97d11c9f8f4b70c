/*
 * core/sup/change.h - carrying out a change of configuration: everything that can fail first,
 * then all of it, with a way back where one is wanted. Control thread.
 */
#ifndef CORE_SUP_CHANGE_H
#define CORE_SUP_CHANGE_H

#include "core/mod/server.h"
#include "core/run/loop.h"

#include <jansson.h>

struct order {				/* what somebody wants to be done */
	const char            *how;	/* as history_entry.how */
	const struct snapshot *from;	/* NULL: the file on the disk */
	msec_t                 confirm;	/* 0: final at once */
};

/** As config_open(). */
int  change_open(struct server *s, struct loop *loop, int link, bool is_again);
void change_close(void);

/** 0 with *result, or a negative code with *error, in the arena. */
int  change_carry_out(const struct order *o, struct arena *arena, json_t **result,
    struct slice *error);
/** Nobody waits for an answer: the log has it. */
int  change_alone(const struct order *o);
/** Does what runs wait to be confirmed? */
bool change_waits(void);
void change_confirm(void);
/** Undo what waits to be confirmed. As change_carry_out(). */
int  change_go_back(const char *how, struct arena *arena, json_t **result, struct slice *error);
/** One more that was undone, for the statistics. */
void change_count_undone(void);
/** What runs: its entry in the history (0: none), and its texts, borrowed. */
unsigned change_number(void);
struct snapshot *change_texts(void);

#endif
