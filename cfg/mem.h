/*
 * cfg/mem.h - memory for reading a configuration: it is there or the load ends.
 *
 * Everything that a load makes lives in one arena. So when memory is short there
 * is one thing to do, free that arena, and one place to do it: where the load
 * began. mem_short() jumps there; nothing between may own more than the arena.
 */
#ifndef CFG_MEM_H
#define CFG_MEM_H

#include "utils/arena.h"

#include <setjmp.h>

struct mem {
	struct arena *arena;
	jmp_buf       begin;
};

_Noreturn void mem_short(struct mem *m);
/** Zeroed, aligned; never NULL. */
void *mem_zero(struct mem *m, size_t size_bytes);
char *mem_bytes(struct mem *m, size_t size_bytes);
struct slice mem_dup(struct mem *m, struct slice s);
char *mem_cstr(struct mem *m, struct slice s);
struct slice mem_printf(struct mem *m, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** Run drop(obj) when the arena dies; if that cannot be noted, now. */
void mem_hold(struct mem *m, void *obj, void (*drop)(void *obj));

#define MEM_NEW(m, type) ((type *)mem_zero((m), sizeof(type)))
#define MEM_ARRAY(m, type, n) ((type *)mem_zero((m), (n) * sizeof(type)))

/* ---- names to things ---- */
struct dict_entry {
	struct dict_entry *next;
	struct slice       key;
	void              *value;
	uint64_t           hash;
};
struct dict {
	struct mem         *mem;
	struct dict_entry **slots;
	size_t              mask, count;
};

void  dict_init(struct dict *d, struct mem *m);
/** NULL if there is none. */
void *dict_get(const struct dict *d, struct slice key);
/** Adds or replaces; the key is borrowed and must live as long as the dict. */
void  dict_put(struct dict *d, struct slice key, void *value);
void  dict_remove(struct dict *d, struct slice key);

/* ---- growing arrays ---- */
/**
 * Room for one more item of size_bytes: a copy twice as long when full.
 * @param items  the array's address; replaced when it grows
 */
void *mem_push(struct mem *m, void *items, unsigned *count, unsigned *room, size_t size_bytes);

#endif
