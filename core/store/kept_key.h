/*
 * core/store/kept_key.h - keys that outlive the process: the same after a restart, and on all
 * nodes of a store.
 */
#ifndef CORE_STORE_KEPT_KEY_H
#define CORE_STORE_KEPT_KEY_H

#include "core/store/store.h"

#define KEPT_KEY_BYTES 32u

/* A module's place for one: it has a statement that gets the text and one that puts it, which
 * does nothing, or fails, if there is one already. */
struct kept_key_place {
	const char              *name;	/* of the key, for the log and for who has no store */
	const struct store_stmt *get, *put;
	const char              *loss;	/* what the end of the process costs; for the log */
};

/**
 * The key of a place: made from given (a parameter); if that is empty the store keeps one; without
 * a store it lives as long as the process, and is the same at each reload. Control thread.
 */
void kept_key_get(const struct kept_key_place *place, struct slice given,
    unsigned char key[KEPT_KEY_BYTES]);

#endif
