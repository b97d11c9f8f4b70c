/*
 * modules/tm/own.h - requests of our own: their bytes, and the short way for most of them.
 *
 * Where nothing looks at requests of ours and the next hop is known they need no message, no
 * context and no branches: their bytes are written once, as they go out, and a client sends,
 * repeats and matches them. All others take the long way (uac.c, once.c) through local_route.
 */
#ifndef MODULES_TM_OWN_H
#define MODULES_TM_OWN_H

#include "modules/tm/tm_api.h"
#include "modules/tm/via.h"

/* The top of what goes out as it is. */
struct tm_way { const struct sip_hop *hop; struct slice branch; };

/* ---- own.c ---- */
/** The request, with Via and Max-Forwards if there is a way. Counted; NULL if memory is short. */
struct buf *tm_own_write(const struct tm_request *r, struct slice call_id,
    const struct tm_way *way);
/** The request as a message of nobody's. 0, -ENOMEM, -EINVAL. */
int  tm_own_message(const struct tm_request *r, struct slice call_id, struct sip_msg **out);

/* ---- direct.c ---- */
/** May it take the short way? Asked of the generation that is current now. */
bool tm_direct_suits(const struct tm_request *r);
/**
 * What goes out, ready for net_send(); any worker.
 *
 * @return 0, -ENOMEM, -EMSGSIZE: too large for the way, which may not be the only one
 */
int  tm_direct_out(const struct tm_request *r, struct slice call_id, struct slice branch,
    struct sip_out **out);

#endif
