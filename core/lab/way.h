/*
 * core/lab/way.h - the ways between the peers of a test and the server.
 */
#ifndef CORE_LAB_WAY_H
#define CORE_LAB_WAY_H

#include "core/lab/lab.h"

#define FILE_BYTES_MAX (1u << 17)		/* of a message in a file */

/** From where a test says to the listener that it says; a connection is opened once per peer.
 *  False: the test has failed, for the server does not listen there. */
bool way_from(const struct cfg_test_given *g, struct cfg_span at, struct sip_hop *out);
/** Back to the server from where it has sent something. */
struct sip_hop way_back(const struct lab_out *to);
/** Deliver, and let everything happen that is due now. */
void way_deliver(const struct sip_hop *hop, struct slice bytes);

#endif
