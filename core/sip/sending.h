/*
 * core/sip/sending.h - hooks that see a message when its way out is known (STAGE_SENDING).
 */
#ifndef CORE_SIP_SENDING_H
#define CORE_SIP_SENDING_H

#include "core/net/flow.h"

/** For net_above.sending. 0, -ENOMEM, -ECANCELED (a hook did not let it pass). */
net_sending_fn sending_hooks;
/** When the workers have stopped. */
void sending_forget(void);

#endif
