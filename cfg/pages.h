/*
 * cfg/pages.h - a page for every code of a message: what it means, wrong and right form.
 */
#ifndef CFG_PAGES_H
#define CFG_PAGES_H

#include "utils/buf.h"

struct page {
	unsigned    code;		/* 201 */
	char        letter;		/* 'E' or 'W': how it is mostly said */
	const char *title;
	const char *text;
	const char *wrong, *right;	/* scripts but for their first line; NULL: nothing to show */
};

/** The nth page in the order of codes, NULL behind the last. */
const struct page *page_nth(unsigned n);
/** By "E0201", "W0201", "0201" or "201"; NULL if there is none. */
const struct page *page_of(struct slice word);
/** As plain text, or as Markdown. */
void page_text(const struct page *p, struct buf *out);
void page_markdown(const struct page *p, struct buf *out);

#endif
