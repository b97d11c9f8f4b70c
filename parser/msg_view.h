/*
 * parser/msg_view.h - inside the parser: the questions behind the typed views of msg.h.
 */
#ifndef PARSER_MSG_VIEW_H
#define PARSER_MSG_VIEW_H

#include "parser/msg.h"

/**
 * Make and remember the typed view of the first header of that id.
 * @return 0: msg->typed[id] is there; -ENOENT, -EBADMSG (with why, if asked for), -ENOMEM
 */
int msg_ask(struct sip_msg *msg, enum hdr_id id, struct sip_defect *why);
/** The same for the Request-URI. */
int msg_ask_uri(struct sip_msg *msg, struct sip_defect *why);

/** Is the typed view of these headers a struct name_addr? */
bool msg_is_name_addr(enum hdr_id id);

#endif
