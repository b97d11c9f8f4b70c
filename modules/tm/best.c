/*
 * modules/tm/best.c - see best.h.
 */
#include "modules/tm/best.h"

/* Within a class: what lets the client try again with more, then what a person decided,
 * then what only tells that somebody could not be reached or was stopped. */
static unsigned rank_in_class(uint16_t status)
{
	switch (status) {
	case 401:
	case 407:
		return 0;
	case 415:
	case 420:
	case 484:
		return 1;
	case 408:
	case 430:
	case 478:
	case 487:
	case 503:
		return 3;
	default:
		return 2;
	}
}

unsigned tm_rank(uint16_t status, bool made_here)
{
	unsigned class = status >= 600 ? 0 : status / 100;

	return class * 100 + rank_in_class(status) * 10 + made_here;
}
