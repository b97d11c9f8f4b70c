/*
 * parser/write.h - message + edits + hop -> bytes.
 */
#ifndef PARSER_WRITE_H
#define PARSER_WRITE_H

#include "parser/edit.h"
#include "utils/buf.h"

/**
 * Write what will be sent, in one walk; untouched neighbours are copied as one run.
 * Content-Length is set right if the body was edited, and added if the message
 * had none and the hop is a stream (RFC 3261 18.3).
 *
 * Reads only immutable parts of the message, so any thread that holds a
 * reference may call it.
 *
 * @return 0 or -ENOMEM
 */
int sip_write(const struct sip_msg *msg, const struct sip_edit *last,
    const struct sip_hop *hop, struct buf *out);

#endif
