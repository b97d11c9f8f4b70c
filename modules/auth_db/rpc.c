/*
 * modules/auth_db/rpc.c - lcsctl users: add, list, show, passwd, enable, disable, rename, delete.
 */
#include "modules/auth_db/auth_db.h"

#include <errno.h>
#include <time.h>

static struct users *users_of(struct lcs_mod *mod)
{
	return &((struct auth_db *)lcs_shared(mod))->users;
}

static int refuse(struct lcs_rpc_call *call, int err, struct slice aor)
{
	switch (err) {
	case -EINVAL:
		call->error = arena_printf(call->arena, "\"%.*s\" is not a user: write name@domain",
		    SLICE_ARG(aor));
		break;
	case -EEXIST:
		call->error = arena_printf(call->arena, "user %.*s exists already; use "
		    "\"users passwd\" to change the password", SLICE_ARG(aor));
		break;
	case -ENOENT:
		call->error = arena_printf(call->arena, "there is no user %.*s",
		    SLICE_ARG(aor));
		break;
	case -ENODEV:
		call->error = SLICE("no store is configured, so users cannot be kept "
		    "(setting \"store\")");
		break;
	default:
		call->error = arena_printf(call->arena, "the store refused: %s", err_text(err));
	}
	return err;
}

/* "sip:name@domain" or "name@domain"; both halves must be there and clean. */
static int split_aor(struct slice text, struct slice *name, struct slice *domain)
{
	struct slice rest = slice_starts_nocase(text, SLICE("sip:")) ? slice_skip(text, 4) : text;
	char uri_text[512];
	struct sip_uri uri;

	if (rest.len + 4 > sizeof(uri_text))
		return -EINVAL;
	memcpy(uri_text, "sip:", 4);
	memcpy(uri_text + 4, rest.p, rest.len);
	if (sip_uri_parse(slice_of(uri_text, rest.len + 4), &uri, NULL) != 0 || !uri.user.len ||
	    uri.port || uri.params.len || uri.headers.len || uri.password.len)
		return -EINVAL;
	*name = slice_first(rest, uri.user.len);
	*domain = slice_skip(rest, uri.user.len + 1);
	return 0;
}

static json_t *describe(const struct user *user)
{
	const struct user_texts *texts = &user->texts;
	char changed[32];
	time_t t = (time_t)user->changed;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(changed, sizeof(changed), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_pack("{s:s%, s:s, s:s, s:s, s:o, s:o, s:o}", "user", user->aor.p, user->aor.len,
	    "state", user->enabled ? "enabled" : "disabled", "changed", changed,
	    "from", texts->key.len ? "directory" : "here", "account", json_slice(texts->account),
	    "display_name", json_slice(texts->display_name), "home", json_slice(texts->home));
}

static int put(struct lcs_rpc_call *call, bool is_new)
{
	struct slice text = json_text(call->params, "user"), name, domain;
	struct slice password = json_text(call->params, "password");
	int err = split_aor(text, &name, &domain);

	if (!err && !password.len)
		return lcs_rpc_fail(call, -EINVAL, "the password is empty");
	if (!err)
		err = users_put(users_of(call->mod), name, domain, password, is_new);
	if (!err)
		err = news_password(lcs_shared(call->mod), name, domain, password);
	if (err)
		return refuse(call, err, text);
	log_notice("auth_db", "user %s user=%.*s", is_new ? "added" : "has a new password",
	    SLICE_ARG(text));
	call->result = json_pack("{s:s%}", "user", text.p, text.len);
	return 0;
}

static int rpc_add(struct lcs_rpc_call *call)
{
	return put(call, true);
}

static int rpc_passwd(struct lcs_rpc_call *call)
{
	return put(call, false);
}

/* aor in the form of the table: without "sip:". */
static int aor_of(const json_t *params, const char *param, struct arena *arena, struct slice *aor)
{
	struct slice name, domain;
	int err = split_aor(json_text(params, param), &name, &domain);

	if (!err)
		*aor = arena_printf(arena, "%.*s@%.*s", SLICE_ARG(name), SLICE_ARG(domain));
	return err ? err : aor->p ? 0 : -ENOMEM;
}

static int aor_param(const json_t *params, struct arena *arena, struct slice *aor)
{
	return aor_of(params, "user", arena, aor);
}

/* What the directory says of its users holds; deleted, they are back when it says so again. */
static int refuse_foreign(struct lcs_rpc_call *call, struct slice aor)
{
	const struct user *user = users_find(users_of(call->mod), aor);

	if (!user || !user->texts.key.len)
		return 0;
	return lcs_rpc_fail(call, -EPERM, "user %.*s comes from the directory: change the entry there "
	    "(or delete the user here, until the next resync)", SLICE_ARG(aor));
}

static int change(struct lcs_rpc_call *call, const char *what)
{
	struct slice aor = SLICE_NULL;
	int err = aor_param(call->params, call->arena, &aor);

	if (!err && what[0] == 'd' && what[1] == 'e') {
		err = users_delete(users_of(call->mod), aor);
	} else if (!err) {
		if (refuse_foreign(call, aor) != 0)
			return -EPERM;
		err = users_enable(users_of(call->mod), aor, what[0] == 'e');
	}
	if (err)
		return refuse(call, err, json_text(call->params, "user"));
	if (what[0] == 'd')
		news_locked_out(lcs_shared(call->mod), aor, what[1] == 'e');
	log_notice("auth_db", "user %s user=%.*s", what, SLICE_ARG(aor));
	call->result = json_pack("{s:s%, s:s}", "user", aor.p, aor.len, "state", what);
	return 0;
}

static int rpc_enable(struct lcs_rpc_call *call)
{
	return change(call, "enabled");
}

static int rpc_disable(struct lcs_rpc_call *call)
{
	return change(call, "disabled");
}

static int rpc_delete(struct lcs_rpc_call *call)
{
	return change(call, "deleted");
}

/* ---- renaming: a new user takes the place of the old one ---- */

static int put_new(struct auth_db *db, struct slice to, const struct user *old,
    struct slice password)
{
	size_t at = slice_find(to, '@');
	struct slice name = slice_first(to, at), domain = slice_skip(to, at + 1);
	bool enabled = old->enabled;
	int err = users_put(&db->users, name, domain, password, true);

	if (err)
		return err;
	if (!enabled)
		err = users_enable(&db->users, to, false);
	if (!err)
		err = news_password(db, name, domain, password);
	if (err)
		users_delete(&db->users, to);
	return err;
}

static int rename_user(struct auth_db *db, struct slice from, struct slice to,
    struct slice password)
{
	const struct user *old = users_find(&db->users, from);
	int err = old ? put_new(db, to, old, password) : -ENOENT;

	return err ? err : news_move(db, from, to);
}

static int rpc_rename(struct lcs_rpc_call *call)
{
	struct slice from = SLICE_NULL, to = SLICE_NULL;
	struct slice password = json_text(call->params, "password");
	int err = aor_param(call->params, call->arena, &from);

	if (!err)
		err = aor_of(call->params, "to", call->arena, &to);
	if (!err && !password.len)
		return lcs_rpc_fail(call, -EINVAL, "the password is empty; it is needed, as "
		    "digests are made of the name, too");
	if (!err && refuse_foreign(call, from) != 0)
		return -EPERM;
	if (!err)
		err = rename_user(lcs_shared(call->mod), from, to, password);
	if (err)
		return refuse(call, err, json_text(call->params, err == -EEXIST ? "to" : "user"));
	log_notice("auth_db", "user renamed user=%.*s to=%.*s", SLICE_ARG(from), SLICE_ARG(to));
	call->result = json_pack("{s:s%, s:s%}", "user", to.p, to.len, "was", from.p, from.len);
	return 0;
}

static int rpc_show(struct lcs_rpc_call *call)
{
	struct slice aor = SLICE_NULL;
	int err = aor_param(call->params, call->arena, &aor);
	const struct user *user = err ? NULL : users_find(users_of(call->mod), aor);

	if (!user)
		return refuse(call, err ? err : -ENOENT, json_text(call->params, "user"));
	call->result = describe(user);
	return 0;
}

static void list_one(const struct user *user, void *arg)
{
	json_array_append_new(arg, describe(user));
}

static int rpc_list(struct lcs_rpc_call *call)
{
	call->result = json_array();
	users_each(users_of(call->mod), list_one, call->result);
	return 0;
}

static const struct lcs_rpc_arg one_user[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ 0 }
};
static const struct lcs_rpc_arg user_and_password[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "password", VALUE_STRING, true, "the password; lcsctl asks for it if it is left out" },
	{ 0 }
};
static const struct lcs_rpc_arg names_and_password[] = {
	{ "user", VALUE_STRING, true, "name@domain, as it is now" },
	{ "to", VALUE_STRING, true, "name@domain, as it is to be" },
	{ "password", VALUE_STRING, true, "for the new name; lcsctl asks for it if it is left out" },
	{ 0 }
};
static const struct lcs_rpc_arg no_args[] = { { 0 } };

const struct lcs_rpc auth_db_rpcs[] = {
	{ "users.add", RIGHT_ADMIN, user_and_password, rpc_add, "add a user" },
	{ "users.passwd", RIGHT_ADMIN, user_and_password, rpc_passwd, "set a user's password" },
	{ "users.enable", RIGHT_ADMIN, one_user, rpc_enable, "let a disabled user in again" },
	{ "users.disable", RIGHT_ADMIN, one_user, rpc_disable, "refuse a user without deleting it" },
	{ "users.rename", RIGHT_ADMIN, names_and_password, rpc_rename,
	  "give a user another address: his lists go with him, and those of others follow" },
	{ "users.delete", RIGHT_ADMIN, one_user, rpc_delete, "delete a user" },
	{ "users.show", RIGHT_READ, one_user, rpc_show, "one user" },
	{ "users.list", RIGHT_READ, no_args, rpc_list, "all users" },
	{ 0 }
};
