/*
 * test/scene/short.c - the server's nth allocation fails: what it may cost is one message.
 *
 * malloc and its relatives of this program come through here (--wrap). Only what
 * the server asks for is counted, not what the player does.
 */
#include "test/scene/scene.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

static struct { unsigned long count, fail_at; bool counting, has_failed; } room;

void short_fail_at(unsigned long nth) { room.fail_at = nth; }
void short_count(bool on) { room.counting = on; }
bool short_is_on(void) { return room.fail_at != 0; }
bool short_has_failed(void) { return room.has_failed; }

static bool fails(void)
{
	if (!room.counting || ++room.count != room.fail_at)
		return false;
	room.has_failed = true;
	return true;
}

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_realloc(void *p, size_t size) { return fails() ? NULL : __real_realloc(p, size); }
void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *short_never(size_t size) { return __real_calloc(1, size); }
