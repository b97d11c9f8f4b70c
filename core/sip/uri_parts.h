/*
 * core/sip/uri_parts.h - a URI taken apart, changed, put together again.
 */
#ifndef CORE_SIP_URI_PARTS_H
#define CORE_SIP_URI_PARTS_H

#include "parser/uri.h"
#include "utils/arena.h"

/** Text of a URI from its parts (u->text is not looked at); .p NULL if memory is short. */
struct slice uri_parts_text(struct arena *arena, const struct sip_uri *u);

enum uri_part { URI_PART_USER, URI_PART_HOST, URI_PART_PORT };

/**
 * The text of *u with one part replaced; an empty value removes user or port.
 * @return 0 with *out, -EINVAL (a tel URI has no such part, no number, no host), -ENOMEM
 */
int uri_parts_set(struct arena *arena, const struct sip_uri *u, enum uri_part part,
    struct slice value, struct slice *out);

/** Port that a URI means: its own, or its scheme's and transport's. */
uint16_t uri_parts_port(const struct sip_uri *u);
/** "udp", "tcp", "tls" by its parameter or scheme; "udp" if it says nothing. */
struct slice uri_parts_transport(const struct sip_uri *u);

#endif
