/*
 * modules/dirsync/gone.h - who was deleted or disabled a moment ago, and by which server's word.
 *
 * Servers of one directory learn of each other's changes with some delay. The next one that is
 * followed, or asked by a look-up, may still show who was deleted at the one before. So for a while
 * only the server that told of it can tell that the user is there again.
 *
 * The other way round a second list has who was added: the next server may not have him yet, and
 * a comparison there would take him for deleted.
 *
 * Control thread.
 */
#ifndef MODULES_DIRSYNC_GONE_H
#define MODULES_DIRSYNC_GONE_H

#include "utils/slice.h"
#include "utils/wheel.h"

#define GONE_MAX 1024u			/* of more the oldest are forgotten */

struct gone_entry;
struct gone { struct gone_entry *list; unsigned count; };	/* oldest first; begins as { 0 } */

void gone_free(struct gone *g);

/** key: as in struct auth_db_entry. now and until by clock_mono(). What is remembered already stays
 *  as it is, see gone_again(); what is not for lack of memory counts as never said. */
void gone_note(struct gone *g, struct slice key, uint64_t server, bool is_disabled, msec_t until);
/** Said once more: from now on it is that server's word. false: it was not remembered. */
bool gone_again(struct gone *g, struct slice key, uint64_t server, bool is_disabled);

/** Something else is known of it by now. */
void gone_forget(struct gone *g, struct slice key);

enum gone_what { GONE_NOT, GONE_DELETED, GONE_DISABLED };
/** A server has it, and enabled. What another one said a moment ago still counts; of the one that
 *  said it, it is forgotten. *is_new: this was not asked of it before. */
enum gone_what gone_still(struct gone *g, struct slice key, uint64_t server, msec_t now, bool *is_new);
/** Forget what is over. true: some of that was kept out, and has to be looked at again. */
bool gone_is_over(struct gone *g, msec_t now);

#endif
