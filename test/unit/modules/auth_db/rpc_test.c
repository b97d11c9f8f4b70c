/*
 * rpc_test - lcsctl users: what others do not take leaves nothing behind.
 */
#include "core/sip/plan.h"
#include "test/unit/modules/auth_db/table.h"

static unsigned forgotten;		/* passwords that others were told to forget */

static int refuse_password(void *arg, struct slice name, struct slice domain, struct slice password)
{
	(void)arg;
	(void)name;
	(void)domain;
	return slice_eq(password, SLICE("bad")) ? -EIO : 0;
}

static int refuse_name(void *arg, struct slice aor, struct slice display_name)
{
	(void)arg;
	(void)display_name;
	assert_slice(aor, "Kim@example.com");
	return -ENOSPC;
}

static void note_gone(void *arg, struct slice aor)
{
	(void)arg;
	assert_true(slice_eq_nocase(aor, SLICE("kim@example.com")));
	forgotten++;
}

static const struct auth_db_watch watch = { .password = refuse_password, .named = refuse_name,
	.password_gone = note_gone };

static int begin(void **state)
{
	(void)state;
	forgotten = 0;
	return table_begin(&watch);
}

static int say(const char *method, const char *password, const char *display_name)
{
	struct lcs_mod mod = { .shared = &table_db };
	json_t *params = json_pack("{s:s, s:s, s:s*}", "user", "Kim@Example.COM", "password", password,
	    "display_name", display_name);
	struct lcs_rpc_call call = { .mod = &mod, .params = params, .arena = arena_new(0) };
	const struct lcs_rpc *rpc = auth_db_rpcs;
	int err;

	while (!slice_eq(slice_str(rpc->method), slice_str(method)))
		rpc++;
	err = rpc->run(&call);
	assert_true(err == 0 || call.error.len > 0);
	arena_free(&call.arena);
	json_decref(params);
	return err;
}

static void whom_others_do_not_take_is_not_added(void **state)
{
	(void)state;
	assert_int_equal(say("users.add", "bad", NULL), -EIO);
	assert_null(users_find(&table_db.users, SLICE("kim@example.com")));
	assert_int_equal(forgotten, 1);
	assert_int_equal(say("users.add", "good", "Kim"), -ENOSPC);
	assert_null(users_find(&table_db.users, SLICE("kim@example.com")));
	assert_int_equal(forgotten, 2);
}

static void who_was_there_before_stays(void **state)
{
	const struct user_texts kim = { .name = SLICE("kim"), .domain = SLICE("example.com") };

	(void)state;
	assert_int_equal(users_put(&table_db.users, &kim, SLICE("old"), true), 0);
	assert_int_equal(say("users.add", "good", NULL), -EEXIST);
	assert_int_equal(say("users.passwd", "bad", NULL), -EIO);
	assert_non_null(users_find(&table_db.users, SLICE("kim@example.com")));
	assert_int_equal(forgotten, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, table_end)

UNIT_MAIN(
	T(whom_others_do_not_take_is_not_added),
	T(who_was_there_before_stays)
)
