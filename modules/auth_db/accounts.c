/*
 * modules/auth_db/accounts.c - from the name of an account in a domain to the user whose it is.
 *
 * Names of accounts are the directory's; several entries may have one, in domains of their own. Who
 * cannot be told apart signs in as nobody.
 */
#include "modules/auth_db/auth_db.h"

#include "utils/siphash.h"

#include <errno.h>

static uint64_t hash_of(struct slice account)
{
	return siphash_nocase(siphash_boot_key(), account);
}

static const struct user *from_account(const struct rtab_node *node)
{
	return (const struct user *)(const void *)((const char *)node -
	    offsetof(struct user, by_account));
}

/* The new one first: in between, nobody else has the account. */
void accounts_link(struct users *u, struct user *old, struct user *user)
{
	if (user && user->texts.account.len)
		rtab_insert(u->accounts, &user->by_account, hash_of(user->texts.account));
	if (old && old->texts.account.len)
		rtab_remove(u->accounts, &old->by_account);
}

/* Several names of one domain have blanks between them; without any it is that of the address.
 * The NetBIOS name is guessed where there is but one: of several it is one, and another domain may
 * be called as their first label is. */
static bool is_domain_of(const struct user *user, const struct auth_db_account *who)
{
	struct slice names = slice_trim(user->texts.account_domain.len ? user->texts.account_domain :
	    user->texts.domain);
	bool is_guess = who->is_short && slice_find(names, ' ') == names.len;

	if (is_guess && slice_eq_nocase(slice_first(names, slice_find(names, '.')), who->domain))
		return true;
	while (names.len)
		if (slice_eq_nocase(slice_split(&names, ' '), who->domain))
			return true;
	return !who->domain.len;
}

struct tally { const struct auth_db_account *who; const struct user **found; bool *is_several; };

/* All that fit are looked at: none is taken. Old and new of one user may be seen both. */
static bool count_one(const struct rtab_node *node, const void *key)
{
	const struct tally *t = key;
	const struct user *user = from_account(node);

	if (!slice_eq_nocase(user->texts.account, t->who->name) || !is_domain_of(user, t->who))
		return false;
	if (*t->found && !slice_eq_nocase((*t->found)->aor, user->aor))
		*t->is_several = true;
	*t->found = user;
	return false;
}

/* By its name alone, as it is without a directory; but nobody takes the place of another account, of
 * that name in another domain, either. */
static int plainly(const struct users *u, const struct auth_db_account *who, struct slice *aor)
{
	const struct user *user = who->plain.p ? users_find(u, who->plain) : NULL;

	if (!who->plain.p)
		return -ENOENT;
	if (user && user->texts.account.len)
		return -EPERM;
	*aor = who->plain;
	return 0;
}

int accounts_whose(const struct users *u, const struct auth_db_account *who, struct slice *aor)
{
	const struct user *found = NULL;
	bool is_several = false;
	const struct tally tally = { who, &found, &is_several };

	if (who->name.len)
		rtab_find(u->accounts, hash_of(who->name), count_one, &tally);
	if (is_several)
		return -ENOTUNIQ;
	if (!found)
		return plainly(u, who, aor);
	*aor = found->aor;
	return 0;
}
