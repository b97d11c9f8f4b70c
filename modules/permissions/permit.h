/*
 * modules/permissions/permit.h - the tables of one generation, read from parameters and files.
 */
#ifndef MODULES_PERMISSIONS_PERMIT_H
#define MODULES_PERMISSIONS_PERMIT_H

#include "modules/permissions/address.h"
#include "modules/permissions/trusted.h"

struct permit_lines { size_t count; const struct slice *items; };	/* as struct lcs_strings */

struct permit_source {			/* where entries come from; files may be empty names */
	struct permit_lines address, trusted;
	struct slice        address_file, trusted_file;
};

struct permit {
	struct arena        *arena;
	struct address_table addresses;
	struct trusted_list  trusted;
};

struct permit_error { const char *param; char text[320]; };

/**
 * Read everything. Control thread; may block on files.
 * @return the tables, owned by the caller, or NULL with *error
 */
struct permit *permit_new(const struct permit_source *source, struct permit_error *error);
/** NULL is fine; *p is NULL after. */
void permit_free(struct permit **p);

#endif
