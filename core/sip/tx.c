/*
 * core/sip/tx.c - see tx.h. Written by load() before the workers start, then only read.
 */
#include "core/sip/tx.h"

#include <errno.h>

static const struct lcs_tx_ops *provided;

int lcs_tx_provide(const struct lcs_tx_ops *ops)
{
	if (provided)
		return -EEXIST;
	provided = ops;
	return 0;
}

const struct lcs_tx_ops *tx_ops(void) { return provided; }
void tx_ops_clear(void) { provided = NULL; }
