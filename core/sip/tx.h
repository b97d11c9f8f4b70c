/*
 * core/sip/tx.h - the transaction layer that a module brought, if any.
 */
#ifndef CORE_SIP_TX_H
#define CORE_SIP_TX_H

#include "core/sip/api.h"

/** NULL if no module provides transactions. */
const struct lcs_tx_ops *tx_ops(void);
/** Tests and the end of the process: forget them. */
void tx_ops_clear(void);

#endif
