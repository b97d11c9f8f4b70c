/*
 * modules/homing/homing_api.h - on which server a user lives (interface "homing", version 1).
 */
#ifndef MODULES_HOMING_HOMING_API_H
#define MODULES_HOMING_HOMING_API_H

#include "core/lcs.h"

struct homing;

struct homing_api {
	/** Any worker. aor: name@domain, any case. The server that the user lives on if it is not
	 *  this one, borrowed until the worker's next quiet point; empty: here, or nobody said. */
	struct slice (*elsewhere)(struct homing *h, struct slice aor);
};

#endif
