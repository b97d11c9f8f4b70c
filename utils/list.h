/*
 * utils/list.h - intrusive doubly linked list; the head is a node too.
 */
#ifndef UTILS_LIST_H
#define UTILS_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list { struct list *next, *prev; };

#define LIST_INIT(name) { &(name), &(name) }
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

static inline void list_init(struct list *l) { l->next = l->prev = l; }
static inline bool list_is_empty(const struct list *l) { return l->next == l; }

static inline void list_insert_after(struct list *at, struct list *node)
{
	node->prev = at;
	node->next = at->next;
	at->next->prev = node;
	at->next = node;
}
static inline void list_push_front(struct list *l, struct list *node)
{
	list_insert_after(l, node);
}
static inline void list_push_back(struct list *l, struct list *node)
{
	list_insert_after(l->prev, node);
}
/** Take out; the node is a list of its own afterwards, so twice is fine. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}
static inline struct list *list_pop_front(struct list *l)
{
	struct list *node = l->next;

	if (node == l)
		return NULL;
	list_remove(node);
	return node;
}

#define list_for_each(it, head) \
	for (struct list *it = (head)->next; it != (head); it = it->next)
/* The current node may be removed or freed in the body. */
#define list_for_each_safe(it, head)                                       \
	for (struct list *it = (head)->next, *it##_next = it->next;        \
	    it != (head); it = it##_next, it##_next = it->next)

#endif
