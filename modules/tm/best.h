/*
 * modules/tm/best.h - which of several final responses goes upstream (RFC 3261 16.7, item 6).
 */
#ifndef MODULES_TM_BEST_H
#define MODULES_TM_BEST_H

#include <stdbool.h>
#include <stdint.h>

/**
 * How much a final response other than 2xx is worth passing on: smaller is better.
 *
 * @param made_here  no next hop said it: a timeout, a failed transport
 */
unsigned tm_rank(uint16_t status, bool made_here);

#endif
