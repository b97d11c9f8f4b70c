/*
 * modules/auth_db/rpc_show.c - lcsctl users: list, show, whose.
 */
#include "modules/auth_db/rpc_user.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

static const char *password_of(const struct user *user)
{
	return user->by_directory ? "directory" : user->has_password ? "here" : "none";
}

static json_t *describe(const struct user *user)
{
	const struct user_texts *texts = &user->texts;
	char changed[32];
	time_t t = (time_t)user->changed;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(changed, sizeof(changed), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_pack("{s:s%, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "user", user->aor.p, user->aor.len,
	    "state", user->enabled ? "enabled" : "disabled", "changed", changed,
	    "from", texts->key.len ? "directory" : "here", "password", password_of(user),
	    "account", json_slice(texts->account), "account_domain", json_slice(texts->account_domain),
	    "display_name", json_slice(texts->display_name), "home", json_slice(texts->home));
}

int rpc_users_show(struct lcs_rpc_call *call)
{
	const struct user *user;
	struct rpc_user who;
	int err = rpc_user_read(call, "user", &who);
	json_t *shown;

	if (err)
		return err;
	user = users_find(rpc_users(call), who.aor);
	if (!user)
		return rpc_user_refuse(call, -ENOENT, who.aor);
	shown = describe(user);
	/* Too long for a list. */
	json_object_set_new(shown, "dn", json_slice(user->texts.dn));
	return lcs_rpc_done(call, shown);
}

struct listing { struct slice pattern; const struct user **users; size_t count, room; };

static void note_one(const struct user *user, void *arg)
{
	struct listing *l = arg;

	if (l->count < l->room && slice_fits(l->pattern, user->aor))
		l->users[l->count++] = user;
}

static int by_aor(const void *a, const void *b)
{
	return slice_cmp((*(const struct user *const *)a)->aor, (*(const struct user *const *)b)->aor);
}

int rpc_users_list(struct lcs_rpc_call *call)
{
	struct users *users = rpc_users(call);
	struct listing l = { .room = rtab_count(users->table) };

	l.pattern = arena_printf(call->arena, "*%.*s*", SLICE_ARG(json_text(call->params, "part")));
	l.users = calloc(l.room + 1, sizeof(l.users[0]));
	if (!l.users)
		return -ENOMEM;
	users_each(users, note_one, &l);
	qsort(l.users, l.count, sizeof(l.users[0]), by_aor);
	call->result = json_array();
	for (size_t i = 0; i < l.count; i++)
		json_array_append_new(call->result, describe(l.users[i]));
	free(l.users);
	return 0;
}

/* ---- accounts ---- */

/* "DOMAIN\\name", "name@realm" or a name alone. */
static struct auth_db_account read_account(struct slice text)
{
	size_t slash = slice_find(text, '\\'), at = slice_find(text, '@');

	if (slash < text.len)
		return (struct auth_db_account){ .name = slice_skip(text, slash + 1),
		    .domain = slice_first(text, slash), .is_short = true };
	return (struct auth_db_account){ .name = slice_first(text, at),
	    .domain = slice_skip(text, at + 1) };
}

int rpc_users_whose(struct lcs_rpc_call *call)
{
	struct slice text = json_text(call->params, "account"), aor;
	const struct auth_db_account who = read_account(text);
	int err = accounts_whose(rpc_users(call), &who, &aor);

	if (err == -ENOTUNIQ)
		return lcs_rpc_fail(call, err, "several users have the account %.*s: it signs in as nobody",
		    SLICE_ARG(text));
	if (err)
		return lcs_rpc_fail(call, err, "no user has the account %.*s by the directory; such a one "
		    "signs in as the user of its name", SLICE_ARG(text));
	return lcs_rpc_done(call, json_pack("{s:o, s:o}", "account", json_slice(text), "user",
	    json_slice(aor)));
}
