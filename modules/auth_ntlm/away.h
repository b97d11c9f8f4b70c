/*
 * modules/auth_ntlm/away.h - which domains answer, and what of that is worth a line in the log.
 *
 * In an outage everybody tries again and again, and where controllers stand still answers and
 * failures take turns. So a change is said, for each domain, and each of the two at most once a
 * minute; what was left out is said when the minute is over and it is still so.
 */
#ifndef MODULES_AUTH_NTLM_AWAY_H
#define MODULES_AUTH_NTLM_AWAY_H

#include "utils/lockorder.h"
#include "utils/slice.h"
#include "utils/wheel.h"

#define AWAY_DOMAINS    32u		/* of more within AWAY_SAY_MS, later ones count as one */
#define AWAY_NAME_BYTES 64u		/* longer ones, too */
#define AWAY_SAY_MS     60000

struct away_domain {
	unsigned char len;
	char          name[AWAY_NAME_BYTES];
	bool          is_away;		/* so it was said */
	bool          was_said[2];	/* that it is back, that it is away */
	msec_t        said[2];		/* when */
};

struct away {
	struct lock        lock;
	unsigned           count;
	struct away_domain list[AWAY_DOMAINS];	/* the first: all that have no place */
};

void away_init(struct away *a);
void away_fini(struct away *a);

/** A domain has answered, or not; any thread. true: it is to be said. now by clock_mono(). */
bool away_note(struct away *a, struct slice domain, bool is_away, msec_t now);

#endif
