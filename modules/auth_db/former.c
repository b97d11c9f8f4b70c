/*
 * modules/auth_db/former.c - names of users who were deleted. Control thread.
 *
 * What other modules keep under a name stays when its user is deleted: a filter of the directory
 * that was wrong for a minute must not cost anybody his contacts. Who comes back as the same entry
 * finds it. Somebody else who gets the name does not: it is put aside before he is there.
 */
#include "modules/auth_db/auth_db.h"

#include <errno.h>

static struct slice lower(struct slice aor, char text[static FORMER_AOR])
{
	size_t n = aor.len < FORMER_AOR ? aor.len : FORMER_AOR;

	for (size_t i = 0; i < n; i++)
		text[i] = ascii_lower(aor.p[i]);
	return slice_of(text, n);
}

void former_args(struct value args[static 3], const struct user *user, char text[static FORMER_AOR])
{
	args[0] = value_string(lower(user->aor, text));
	args[1] = store_text(user->texts.key);
	args[2] = value_int(clock_wall());
}

struct asked { struct slice key; bool is_another; };

/* One who was made here bears no mark of his own: whoever follows him is taken for another. */
static void compare(void *arg, const struct value *cells, unsigned columns)
{
	struct asked *a = arg;

	lcs_assert(columns == 1);
	a->is_another = !a->key.len || !slice_eq(cells[0].s, a->key);
}

static int put_aside(struct auth_db *db, struct slice aor)
{
	struct arena *arena = arena_new(0);
	struct slice aside = arena ? arena_printf(arena, "%.*s.former.invalid", SLICE_ARG(aor)) :
	    SLICE_NULL;
	int moved = aside.p ? news_succeeded(db, aor, aside) : -ENOMEM;

	if (moved < 0)
		log_error("auth_db", "nobody gets this name while what its former user has left cannot be "
		    "put aside user=%.*s error=\"%s\"", SLICE_ARG(aor), err_text(moved));
	else if (moved)
		log_notice("audit", "lists of a deleted user are put aside, since somebody else gets his "
		    "name user=%.*s to=%.*s", SLICE_ARG(aor), SLICE_ARG(aside));
	arena_free(&arena);
	return moved < 0 ? moved : 0;
}

/* While a directory is moved all its entries are others, and the people the same. */
static bool all_inherit(struct auth_db *db)
{
	const struct auth_db_conf *conf = lcs_conf(db->mod, gen_peek());

	return conf->inherit;
}

/* While all inherit, what comes is for the same person, and his lists take it. */
int former_is_there(struct auth_db *db, struct slice aor)
{
	struct asked asked = { .key = SLICE("") };
	char text[FORMER_AOR];
	const struct value name = value_string(lower(aor, text));
	int n = users_find_former(&db->users, &name, compare, &asked);

	return n < 0 ? n : n > 0 && !all_inherit(db);
}

/* What comes under the name from now on is not the former one's, and is not put aside after him. */
int former_expect(struct auth_db *db, struct slice aor)
{
	char text[FORMER_AOR];
	const struct value name = value_string(lower(aor, text));
	int n = former_is_there(db, aor);

	if (n <= 0)
		return n;
	n = put_aside(db, aor);
	return n ? n : users_forget_former(&db->users, &name);
}

int former_succeed(struct auth_db *db, struct slice aor, struct slice key, bool inherits)
{
	struct asked asked = { .key = key };
	char text[FORMER_AOR];
	const struct value name = value_string(lower(aor, text));
	int n = users_find_former(&db->users, &name, compare, &asked);

	if (n <= 0)
		return n;
	return asked.is_another && !inherits && !all_inherit(db) ? put_aside(db, aor) : 0;
}
