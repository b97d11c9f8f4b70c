/*
 * modules/tm/find.c - from a request to its server transaction.
 */
#include "modules/tm/tm.h"

static const struct tm_tx *tx_of(const struct htab_node *node)
{
	return container_of(node, const struct tm_tx, node);
}

static bool is_copy(const struct htab_node *node, const void *key)
{
	return tm_key_is_copy(&tx_of(node)->key, key);
}

static bool is_acked(const struct htab_node *node, const void *key)
{
	const struct tm_tx *tx = tx_of(node);

	return tx->is_invite && tm_key_is_ack(&tx->key, tx->answered_tag, key);
}

static bool is_cancelled(const struct htab_node *node, const void *key)
{
	const struct tm_tx *tx = tx_of(node);

	return tx->is_invite && tm_key_is_cancel(&tx->key, key);
}

static bool is_accepted(const struct htab_node *node, const void *key)
{
	const struct tm_tx *tx = tx_of(node);

	(void)key;
	return tx->machine.state == TM_IST_ACCEPTED;
}

static struct tm_tx *find(struct tm_local *local, const struct tm_key *key, htab_match_fn *match)
{
	struct htab_node *node = htab_find(&local->servers, key->call, match, key);

	return node ? container_of(node, struct tm_tx, node) : NULL;
}

struct tm_tx *tm_find_copy(struct tm_local *local, const struct tm_key *key)
{
	return find(local, key, is_copy);
}

struct tm_tx *tm_find_ack(struct tm_local *local, const struct tm_key *key)
{
	return find(local, key, is_acked);
}

struct tm_tx *tm_find_cancel(struct tm_local *local, const struct tm_key *key)
{
	return find(local, key, is_cancelled);
}

struct tm_tx *tm_find_accepted(struct tm_local *local, const struct tm_key *key)
{
	return find(local, key, is_accepted);
}

void tm_key_of(struct tm_local *local, struct lcs_ctx *ctx, struct tm_key *key)
{
	if (local->now == ctx)
		*key = local->now_key;
	else
		tm_key_make(lcs_msg(ctx), key);
}
