/*
 * The intrusive list.
 */
#include "utils/list.h"

#include "test/unit.h"

struct item { char name; struct list node; };

static void check_names(struct list *l, const char *names)
{
	char got[8] = "", back[8] = "";
	size_t n = 0;

	list_for_each(it, l)
		got[n++] = container_of(it, struct item, node)->name;
	assert_string_equal(got, names);
	for (struct list *it = l->prev; it != l; it = it->prev)
		back[--n] = container_of(it, struct item, node)->name;
	assert_string_equal(back, names);
}

static void order_and_removal(void **state)
{
	struct item a = { .name = 'a' }, b = { .name = 'b' }, c = { .name = 'c' };
	struct list l = LIST_INIT(l);

	(void)state;
	assert_true(list_is_empty(&l));
	assert_null(list_pop_front(&l));
	list_push_back(&l, &b.node);
	list_push_back(&l, &c.node);
	list_push_front(&l, &a.node);
	check_names(&l, "abc");
	list_remove(&b.node);
	list_remove(&b.node);		/* twice is fine */
	assert_true(list_is_empty(&b.node));
	check_names(&l, "ac");
	list_insert_after(&a.node, &b.node);
	check_names(&l, "abc");
	assert_ptr_equal(list_pop_front(&l), &a.node);
	check_names(&l, "bc");
	list_for_each_safe(it, &l)
		list_remove(it);
	assert_true(list_is_empty(&l));
}

UNIT_MAIN(cmocka_unit_test(order_and_removal))
