/*
 * cfg/import.h - a native configuration out of one that was written for Kamailio
 * (language 5).
 */
#ifndef CFG_IMPORT_H
#define CFG_IMPORT_H

#include "cfg/cfg.h"

struct import_line { struct import_line *next; uint32_t line; struct slice text, nearest; };

struct import_report {			/* everything lives in the arena of the call */
	unsigned            lines, changed, dropped;
	struct import_line *calls;	/* functions, variables and modules without counterpart */
	struct import_line *params;	/* settings and parameters without counterpart */
	struct import_line *notes;	/* what means something else natively */
	unsigned            call_count, param_count, note_count;
};

/**
 * Read as a guest and write natively: comments and layout stay, what lcs does not have
 * is put into comments. Control thread.
 *
 * @param diag    receives errors of syntax; then there is no result
 * @return 0, -EINVAL (see diag), -ENOMEM
 */
int cfg_import(const char *name, struct slice text, const struct cfg_host *host,
    struct diag *diag, struct arena *arena, struct slice *out, struct import_report *report);

#endif
