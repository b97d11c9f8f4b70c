/*
 * modules/auth_db/rpc.c - lcsctl users: add, list, show, passwd, enable, disable, rename, delete.
 */
#include "modules/auth_db/auth_db.h"

#include "utils/hex.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define DISPLAY_MAX 255u		/* a column of the store */

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
	case -EPERM:
		call->error = arena_printf(call->arena, "the password of %.*s is kept in the directory: "
		    "change it there", SLICE_ARG(aor));
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
	struct slice rest = sip_text_bare(text);
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

/* A domain that is misspelt makes a user who can never sign in. */
static int told_user(struct lcs_rpc_call *call, struct slice name, struct slice domain)
{
	struct slice aor = arena_printf(call->arena, "%.*s@%.*s", SLICE_ARG(name), SLICE_ARG(domain));
	const struct slice *aliases;

	call->result = json_pack("{s:s%}", "user", aor.p, aor.len);
	if (lcs_aliases(gen_peek(), &aliases) && !lcs_is_own_host(gen_peek(), domain, 0))
		json_object_set_new(call->result, "note",
		    json_string("the domain is none of this server's (alias)"));
	return 0;
}

/* What was told to everybody: the password, and how people call him. */
static int tell_of(struct lcs_rpc_call *call, const struct user_texts *t, struct slice aor,
    struct slice password)
{
	struct auth_db *db = lcs_shared(call->mod);
	int err = news_password(db, t->name, t->domain, password);

	if (err || !t->display_name.len)
		return err;
	aor = sip_text_aor(call->arena, aor);
	return aor.p ? news_named(db, aor, t->display_name) : -ENOMEM;
}

/* Whom others do not take is none, so that it can be tried again. */
static void take_back(struct auth_db *db, struct slice aor)
{
	users_delete(&db->users, aor);
	news_password_gone(db, aor);
}

static int put(struct lcs_rpc_call *call, bool is_new)
{
	struct slice text = json_text(call->params, "user");
	struct slice password = json_text(call->params, "password");
	struct user_texts t = { .display_name = json_text(call->params, "display_name") };
	struct auth_db *db = lcs_shared(call->mod);
	struct slice aor = SLICE_NULL;
	int err = split_aor(text, &t.name, &t.domain);

	if (!err)
		aor = arena_printf(call->arena, "%.*s@%.*s", SLICE_ARG(t.name), SLICE_ARG(t.domain));
	if (!err && !password.len)
		return lcs_rpc_fail(call, -EINVAL, "the password is empty");
	if (t.display_name.len > DISPLAY_MAX)
		return lcs_rpc_fail(call, -EINVAL, "display_name is longer than %u bytes", DISPLAY_MAX);
	if (!err)
		err = aor.p ? users_put(&db->users, &t, password, is_new) : -ENOMEM;
	if (err)
		return refuse(call, err, text);
	err = tell_of(call, &t, aor, password);
	if (err && is_new)
		take_back(db, aor);
	if (err)
		return refuse(call, err, text);
	log_notice("audit", "user %s by=administrator user=%.*s@%.*s",
	    is_new ? "added" : "has a new password", SLICE_ARG(t.name), SLICE_ARG(t.domain));
	return told_user(call, t.name, t.domain);
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
	struct slice text = json_text(call->params, "user"), name, domain;
	struct slice ha1b = json_text(call->params, "ha1b");
	char md5[MD5_HEX], full[MD5_HEX];
	int err = split_aor(text, &name, &domain);

	if (!err && (take_md5(json_text(call->params, "ha1"), md5) != 0 ||
	    (ha1b.len && take_md5(ha1b, full) != 0)))
		return lcs_rpc_fail(call, -EINVAL, "a digest is 32 hex digits: MD5 of "
		    "name:domain:password");
	if (!err)
		err = users_adopt(users_of(call->mod), name, domain, slice_of(md5, MD5_HEX),
		    slice_of(full, ha1b.len ? MD5_HEX : 0));
	if (err)
		return refuse(call, err, text);
	log_notice("audit", "user imported by=administrator user=%.*s@%.*s", SLICE_ARG(name),
	    SLICE_ARG(domain));
	return told_user(call, name, domain);
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
	    "(or delete the user here, until it is read again)", SLICE_ARG(aor));
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
	log_notice("audit", "user %s by=administrator user=%.*s", what, SLICE_ARG(aor));
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
	const struct user_texts t = { .name = slice_first(to, at), .domain = slice_skip(to, at + 1),
	    .display_name = old->texts.display_name };
	bool enabled = old->enabled;
	int err = users_put(&db->users, &t, password, true);

	if (err)
		return err;
	if (!enabled)
		err = users_enable(&db->users, to, false);
	if (!err)
		err = news_password(db, t.name, t.domain, password);
	if (err)
		take_back(db, to);
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
	log_notice("audit", "user renamed by=administrator user=%.*s to=%.*s", SLICE_ARG(from),
	    SLICE_ARG(to));
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

static int rpc_whose(struct lcs_rpc_call *call)
{
	struct slice text = json_text(call->params, "account"), aor;
	const struct auth_db_account who = read_account(text);
	int err = accounts_whose(users_of(call->mod), &who, &aor);

	if (err == -ENOTUNIQ)
		return lcs_rpc_fail(call, err, "several users have the account %.*s: it signs in as nobody",
		    SLICE_ARG(text));
	if (err)
		return lcs_rpc_fail(call, err, "no user has the account %.*s by the directory; such a one "
		    "signs in as the user of its name", SLICE_ARG(text));
	return lcs_rpc_done(call, json_pack("{s:o, s:o}", "account", json_slice(text), "user",
	    json_slice(aor)));
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

static int rpc_list(struct lcs_rpc_call *call)
{
	struct users *users = users_of(call->mod);
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

static const struct lcs_rpc_arg one_user[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ 0 }
};
static const struct lcs_rpc_arg user_and_password[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "password", VALUE_STRING, true, "the password; lcsctl asks for it if it is left out" },
	{ 0 }
};
static const struct lcs_rpc_arg new_user[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ "password", VALUE_STRING, true, "the password; lcsctl asks for it if it is left out" },
	{ "display_name", VALUE_STRING, false, "as lists show it, and as others find him (dirsearch)" },
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
	{ "users.delete", RIGHT_ADMIN, one_user, rpc_delete, "delete a user" },
	{ "users.whose", RIGHT_READ, one_account, rpc_whose,
	  "who signs in with an account of the directory's domain (module dirsync)" },
	{ "users.show", RIGHT_READ, one_user, rpc_show, "one user" },
	{ "users.list", RIGHT_READ, some_users, rpc_list, "users in order of their names" },
	{ 0 }
};
