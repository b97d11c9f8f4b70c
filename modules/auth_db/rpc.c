/*
 * modules/auth_db/rpc.c - lcsctl users: add, import, passwd, enable, disable, rename, delete.
 */
#include "modules/auth_db/rpc_user.h"

#include "utils/hex.h"

#include <errno.h>

#define DISPLAY_MAX 255u		/* a column of the store */

/* ---- made here ---- */

/* A domain that is misspelt makes a user who can never sign in. Takes result. */
static json_t *noted(json_t *result, struct slice domain)
{
	const struct slice *aliases;

	if (lcs_aliases(gen_peek(), &aliases) && !lcs_is_own_host(gen_peek(), domain, 0))
		json_object_set_new(result, "note",
		    json_string("the domain is none of this server's (alias)"));
	return result;
}

static int done_with(struct lcs_rpc_call *call, const struct rpc_user *who)
{
	return lcs_rpc_done(call, noted(json_pack("{s:s%}", "user", who->aor.p, who->aor.len),
	    who->domain));
}

/* Others are told the password, and how people call him. */
static int tell_of(struct lcs_rpc_call *call, const struct rpc_user *who, struct slice password,
    struct slice display_name)
{
	struct auth_db *db = lcs_shared(call->mod);
	int err = news_password(db, who->name, who->domain, password);
	struct slice aor;

	if (err || !display_name.len)
		return err;
	aor = sip_text_aor(call->arena, who->aor);
	return aor.p ? news_named(db, aor, display_name) : -ENOMEM;
}

/* Whom others do not take is none, so that it can be tried again. */
static void take_back(struct auth_db *db, struct slice aor)
{
	users_delete(&db->users, aor, false);
	news_password_gone(db, aor);
}

static bool inherits(struct lcs_rpc_call *call)
{
	return json_is_true(json_object_get(call->params, "inherit"));
}

static int succeed(struct lcs_rpc_call *call, struct slice aor)
{
	struct auth_db *db = lcs_shared(call->mod);

	return users_find(&db->users, aor) ? 0 :
	    former_succeed(db, aor, SLICE(""), inherits(call));
}

static int put_and_tell(struct lcs_rpc_call *call, const struct rpc_user *who,
    struct slice password, bool is_new)
{
	struct auth_db *db = lcs_shared(call->mod);
	const struct user_texts t = { .name = who->name, .domain = who->domain,
	    .display_name = json_text(call->params, "display_name") };
	int err;

	if (t.display_name.len > DISPLAY_MAX)
		return lcs_rpc_fail(call, -EINVAL, "display_name is longer than %u bytes", DISPLAY_MAX);
	err = is_new ? succeed(call, who->aor) : 0;
	if (!err)
		err = users_put(&db->users, &t, password, is_new);
	if (err)
		return rpc_user_refuse(call, err, who->aor);
	err = tell_of(call, who, password, t.display_name);
	if (err && is_new)
		take_back(db, who->aor);
	return err ? rpc_user_refuse(call, err, who->aor) : 0;
}

static int put(struct lcs_rpc_call *call, bool is_new)
{
	struct slice password = json_text(call->params, "password");
	struct rpc_user who;
	int err = rpc_user_read(call, "user", &who);

	if (!err && !password.len)
		return lcs_rpc_fail(call, -EINVAL, "the password is empty");
	if (!err)
		err = put_and_tell(call, &who, password, is_new);
	if (err)
		return err;
	log_notice("audit", "user %s by=administrator user=%.*s",
	    is_new ? "added" : "has a new password", SLICE_ARG(who.aor));
	return done_with(call, &who);
}

static int rpc_add(struct lcs_rpc_call *call)
{
	return put(call, true);
}

static int rpc_passwd(struct lcs_rpc_call *call)
{
	return put(call, false);
}

/* ---- users of another server ---- */

#define MD5_HEX 32

/* In lower case, as ours are; 0 or -EINVAL. */
static int take_md5(struct slice hex, char out[static MD5_HEX])
{
	unsigned char raw[MD5_HEX / 2];
	int err = hex_decode(raw, sizeof(raw), hex);

	if (!err)
		hex_encode(out, raw, sizeof(raw));
	return err;
}

static int rpc_import(struct lcs_rpc_call *call)
{
	struct slice ha1b = json_text(call->params, "ha1b");
	char md5[MD5_HEX], full[MD5_HEX];
	struct rpc_user who;
	int err = rpc_user_read(call, "user", &who);

	if (err)
		return err;
	if (take_md5(json_text(call->params, "ha1"), md5) != 0 ||
	    (ha1b.len && take_md5(ha1b, full) != 0))
		return lcs_rpc_fail(call, -EINVAL, "a digest is 32 hex digits: MD5 of "
		    "name:domain:password");
	err = succeed(call, who.aor);
	if (!err)
		err = users_adopt(rpc_users(call), who.name, who.domain, slice_of(md5, MD5_HEX),
	    slice_of(full, ha1b.len ? MD5_HEX : 0));
	if (err)
		return rpc_user_refuse(call, err, who.aor);
	log_notice("audit", "user imported by=administrator user=%.*s", SLICE_ARG(who.aor));
	return done_with(call, &who);
}

/* ---- who may sign in ---- */

static bool is_of_directory(struct lcs_rpc_call *call, struct slice aor)
{
	const struct user *user = users_find(rpc_users(call), aor);

	return user && user->texts.key.len;
}

/* What the directory says of its users holds; deleted, they are back when it says so again. */
static int refuse_foreign(struct lcs_rpc_call *call, struct slice aor)
{
	if (!is_of_directory(call, aor))
		return 0;
	return lcs_rpc_fail(call, -EPERM, "user %.*s comes from the directory: change the entry there "
	    "(or delete the user here, until it is read again)", SLICE_ARG(aor));
}

static int changed(struct lcs_rpc_call *call, struct slice aor, const char *state)
{
	log_notice("audit", "user %s by=administrator user=%.*s", state, SLICE_ARG(aor));
	return lcs_rpc_done(call, json_pack("{s:s%, s:s}", "user", aor.p, aor.len, "state", state));
}

static int set_enabled(struct lcs_rpc_call *call, bool enabled)
{
	struct rpc_user who;
	int err = rpc_user_read(call, "user", &who);

	if (!err)
		err = refuse_foreign(call, who.aor);
	if (err)
		return err;
	err = users_enable(rpc_users(call), who.aor, enabled);
	if (err)
		return rpc_user_refuse(call, err, who.aor);
	if (!enabled)
		news_locked_out(lcs_shared(call->mod), who.aor, false);
	return changed(call, who.aor, enabled ? "enabled" : "disabled");
}

static int rpc_enable(struct lcs_rpc_call *call)
{
	return set_enabled(call, true);
}

static int rpc_disable(struct lcs_rpc_call *call)
{
	return set_enabled(call, false);
}

static int rpc_delete(struct lcs_rpc_call *call)
{
	struct rpc_user who;
	bool again;
	int err = rpc_user_read(call, "user", &who);

	if (err)
		return err;
	again = is_of_directory(call, who.aor);
	err = users_delete(rpc_users(call), who.aor, !inherits(call));
	if (err)
		return rpc_user_refuse(call, err, who.aor);
	news_locked_out(lcs_shared(call->mod), who.aor, true);
	err = changed(call, who.aor, "deleted");
	if (again && call->result)
		json_object_set_new(call->result, "note", json_string("the directory still has him: he is "
		    "back when his entry changes there, or with \"dirsync resync\""));
	return err;
}

/* ---- renaming: a new user takes the place of the old one ---- */

static int put_new(struct auth_db *db, const struct rpc_user *to, const struct user *old,
    struct slice password)
{
	const struct user_texts t = { .name = to->name, .domain = to->domain,
	    .display_name = old->texts.display_name };
	bool enabled = old->enabled;
	int err = users_find(&db->users, to->aor) ? -EEXIST :
	    former_succeed(db, to->aor, SLICE(""), false);

	if (!err)
		err = users_put(&db->users, &t, password, true);
	if (err)
		return err;
	if (!enabled)
		err = users_enable(&db->users, to->aor, false);
	if (!err)
		err = news_password(db, t.name, t.domain, password);
	if (err)
		take_back(db, to->aor);
	return err;
}

static int rename_user(struct auth_db *db, struct slice from, const struct rpc_user *to,
    struct slice password)
{
	const struct user *old = users_find(&db->users, from);
	int err = old ? put_new(db, to, old, password) : -ENOENT;

	return err ? err : news_move(db, from, to->aor);
}

/* err of a renaming that is not done: of the old name, or of the new one. */
static int refuse_rename(struct lcs_rpc_call *call, int err, struct slice from, struct slice to)
{
	if (err == -ETIMEDOUT)
		return lcs_rpc_fail(call, err, "the store has not answered in %d s: %.*s is still his "
		    "name, and %.*s no user. He is signed out, and of his lists and of others' that "
		    "name him some may have changed to the new name, or will. Rename him once more when "
		    "the store is quick again: that takes over the rest", AWAIT_MOST / 1000,
		    SLICE_ARG(from), SLICE_ARG(to));
	if (err == -EEXIST)
		return lcs_rpc_fail(call, err, "user %.*s exists already", SLICE_ARG(to));
	return rpc_user_refuse(call, err, from);
}

static int rpc_rename(struct lcs_rpc_call *call)
{
	struct slice password = json_text(call->params, "password");
	struct rpc_user from, to;
	int err = rpc_user_read(call, "user", &from);

	if (!err)
		err = rpc_user_read(call, "to", &to);
	if (!err && !password.len)
		return lcs_rpc_fail(call, -EINVAL, "the password is empty; it is needed, as "
		    "digests are made of the name, too");
	if (!err)
		err = refuse_foreign(call, from.aor);
	if (err)
		return err;
	err = rename_user(lcs_shared(call->mod), from.aor, &to, password);
	if (err)
		return refuse_rename(call, err, from.aor, to.aor);
	log_notice("audit", "user renamed by=administrator user=%.*s to=%.*s", SLICE_ARG(from.aor),
	    SLICE_ARG(to.aor));
	return lcs_rpc_done(call, noted(json_pack("{s:s%, s:s%}", "user", to.aor.p, to.aor.len, "was",
	    from.aor.p, from.aor.len), to.domain));
}

/* ---- tables ---- */

static const struct lcs_rpc_arg one_user[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ 0 }
};
static const struct lcs_rpc_arg user_and_password[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "password", VALUE_STRING, true, "the password; lcsctl asks for it if it is left out" },
	{ 0 }
};
static const struct lcs_rpc_arg user_to_delete[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "inherit", VALUE_BOOL, false, "whoever gets this name next gets his contacts and access list" },
	{ 0 }
};
static const struct lcs_rpc_arg new_user[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "password", VALUE_STRING, true, "the password; lcsctl asks for it if it is left out" },
	{ "display_name", VALUE_STRING, false, "as lists show it, and as others find him (dirsearch)" },
	{ "inherit", VALUE_BOOL, false, "he is the one who had this name before and was deleted: his "
	  "contacts and access list are not put aside" },
	{ 0 }
};
static const struct lcs_rpc_arg user_and_digests[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "ha1", VALUE_STRING, true, "MD5 of name:domain:password, in hex; the realm is the domain" },
	{ "ha1b", VALUE_STRING, false, "of name@domain:domain:password, for clients that sign in so" },
	{ 0 }
};
static const struct lcs_rpc_arg names_and_password[] = {
	{ "user", VALUE_STRING, true, "name@domain, as it is now" },
	{ "to", VALUE_STRING, true, "name@domain, as it is to be" },
	{ "password", VALUE_STRING, true, "for the new name; lcsctl asks for it if it is left out" },
	{ 0 }
};
static const struct lcs_rpc_arg one_account[] = {
	{ "account", VALUE_STRING, true, "DOMAIN\\name as for NTLM, name@REALM as for Kerberos" },
	{ 0 }
};
static const struct lcs_rpc_arg some_users[] = {
	{ "part", VALUE_STRING, false, "only those in whose name@domain this stands" },
	{ 0 }
};

const struct lcs_rpc auth_db_rpcs[] = {
	{ "users.add", RIGHT_ADMIN, new_user, rpc_add, "add a user" },
	{ "users.import", RIGHT_ADMIN, user_and_digests, rpc_import,
	  "add a user of another server by the digests that it kept, as Kamailio's ha1 and ha1b" },
	{ "users.passwd", RIGHT_ADMIN, user_and_password, rpc_passwd, "set a user's password" },
	{ "users.enable", RIGHT_ADMIN, one_user, rpc_enable, "let a disabled user in again" },
	{ "users.disable", RIGHT_ADMIN, one_user, rpc_disable, "refuse a user without deleting it" },
	{ "users.rename", RIGHT_ADMIN, names_and_password, rpc_rename,
	  "give a user another address: his lists go with him, and those of others follow" },
	{ "users.delete", RIGHT_ADMIN, user_to_delete, rpc_delete, "delete a user" },
	{ "users.whose", RIGHT_READ, one_account, rpc_users_whose,
	  "who signs in with an account of the directory's domain (module dirsync)" },
	{ "users.show", RIGHT_READ, one_user, rpc_users_show, "one user" },
	{ "users.list", RIGHT_READ, some_users, rpc_users_list, "users in order of their names" },
	{ 0 }
};
