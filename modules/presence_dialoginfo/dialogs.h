/*
 * modules/presence_dialoginfo/dialogs.h - dialog-info documents (RFC 4235): read, merged, written.
 */
#ifndef MODULES_PRESENCE_DIALOGINFO_DIALOGS_H
#define MODULES_PRESENCE_DIALOGINFO_DIALOGS_H

#include "utils/buf.h"
#include "utils/xml_read.h"

#define DIALOG_INFO_TYPE SLICE("application/dialog-info+xml")

struct dialogs {			/* one published document; immutable */
	struct arena          *arena;
	const struct xml_node *root;
};

/** 0; -EBADMSG, -E2BIG with *why, static words; -ENOMEM. The caller owns *out. */
int  dialogs_read(struct slice body, const struct xml_limits *limits, struct dialogs **out,
    const char **why);
void dialogs_free(struct dialogs **d);

/* A document that is being written: begin, each source, end. The buffer's errors are sticky. */
void dialogs_begin(struct buf *out, struct slice aor, uint32_t version);
/** place: of the source among those of the user; makes ids unique. */
void dialogs_put(struct buf *out, const struct dialogs *d, unsigned place);
void dialogs_end(struct buf *out);

#endif
