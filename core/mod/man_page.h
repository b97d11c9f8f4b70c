/*
 * core/mod/man_page.h - one manual page, written as text, Markdown or roff.
 */
#ifndef CORE_MOD_MAN_PAGE_H
#define CORE_MOD_MAN_PAGE_H

#include "core/mod/man.h"

#include <stdio.h>

struct man_page { FILE *file; enum man_format format; };	/* not MAN_JSON */

/** Once, before all else: what this is the page of. */
void man_title(const struct man_page *p, const char *name, const char *summary);
/** A heading; what follows belongs below it. */
void man_section(const struct man_page *p, const char *title);
/** A thing by its name or signature, what there is to know about it at a glance (may be
 *  empty), and its text. */
void man_item(const struct man_page *p, const char *term, const char *facts, const char *text);
/** Longer text in Markdown: paragraphs, "#" headings, lists and indented code. */
void man_text(const struct man_page *p, const char *markdown);

/* ---- shared by the pages and the JSON ---- */

/* Route kinds by the words of the script; word NULL ends. */
struct man_kind { unsigned bit; const char *word; };
extern const struct man_kind man_kinds[];

#endif
