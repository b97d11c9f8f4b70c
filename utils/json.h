/*
 * utils/json.h - texts between slices and JSON.
 */
#ifndef UTILS_JSON_H
#define UTILS_JSON_H

#include "utils/utf8.h"

#include <jansson.h>
#include <stdlib.h>

/** The string of that name, borrowed from the object; .p NULL if there is none. */
static inline struct slice json_text(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);

	return json_is_string(v) ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NULL;
}

/** A new string, with '?' where something is no UTF-8: texts of files and of the wire need not
 *  be. NULL if memory is short. */
static inline json_t *json_slice(struct slice s)
{
	json_t *v = json_stringn(s.p ? s.p : "", s.len);
	char *copy;

	if (v || !(copy = malloc(s.len + 1)))
		return v;
	memcpy(copy, s.p, s.len);
	utf8_scrub(copy, s.len);
	v = json_stringn(copy, s.len);
	free(copy);
	return v;
}

#endif
