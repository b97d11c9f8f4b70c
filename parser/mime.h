/*
 * parser/mime.h - media types, and whether somebody accepts them (RFC 3261 20.1, 20.15).
 */
#ifndef PARSER_MIME_H
#define PARSER_MIME_H

#include "parser/defect.h"

struct sip_view;

struct mime_type {
	struct slice text;
	struct slice type, subtype;	/* "application", "sdp"; "*" in ranges of Accept */
	struct slice params;		/* without the leading ';' */
};

/** Value of Content-Type, or one range of Accept; 0 or -EBADMSG with why. Slices point into s. */
int mime_type_parse(struct slice s, struct mime_type *out, struct sip_defect *why);
/** Is it this one ("application/sdp"), case-blind, whatever the parameters? */
bool mime_type_is(const struct mime_type *t, struct slice name);

#define MIME_ACCEPT_ABSENT (-1)
#define MIME_ACCEPT_NONE   (-2)	/* no range of the list covers the type */

/**
 * How much the type is wanted, by the most specific range that covers it.
 * Malformed ranges cover nothing.
 * @param accept  value of an Accept header
 * @return thousandths; 0 is refused by name; MIME_ACCEPT_NONE
 */
int mime_accept(struct slice accept, const struct mime_type *offer);

/** The same over all Accept lines of a message; MIME_ACCEPT_ABSENT if there is none
 *  (the method or event package then has a default). */
int view_accept(const struct sip_view *view, const struct mime_type *offer);

/** Which of the offers is wanted most, the first of equals; -1 if none is, and if there
 *  is no Accept at all (ask view_accept() to tell). */
int view_accept_best(const struct sip_view *view, const struct slice *offers, size_t n);

#endif
