/*
 * modules/htable/spec.c - a table as the parameter describes it, in Kamailio's form.
 */
#include "modules/htable/htable.h"

#define SIZE_DEFAULT 8u
#define MAX_DEFAULT  1000000u

static bool is_name_char(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }

static bool to_switch(struct slice s, bool *out)
{
	*out = slice_eq(s, SLICE("1"));
	return *out || slice_eq(s, SLICE("0"));
}

/* Kamailio's, of tables that begin with what a database has. */
static bool is_of_a_database(struct slice key)
{
	return slice_starts(key, SLICE("db")) || slice_eq(key, SLICE("cols")) ||
	    slice_eq(key, SLICE("coldelim")) || slice_eq(key, SLICE("colnull"));
}

static const char *read_one(struct slice key, struct slice value, struct table_spec *out)
{
	int64_t n = -1;
	bool is_number = slice_to_i64(value, &n) == 0;

	if (slice_eq(key, SLICE("size"))) {
		out->bits = (unsigned)n;
		return is_number && n >= 1 && n <= 24 ? NULL : "size is 1 to 24: 2 to that power";
	}
	if (slice_eq(key, SLICE("autoexpire"))) {
		out->expire = n * 1000;
		return is_number && n >= 0 && n <= 31536000 ? NULL :
		    "autoexpire is a number of seconds, 0 to 31536000";
	}
	if (slice_eq(key, SLICE("maxitems"))) {
		out->max_items = (uint64_t)n;
		return is_number && n >= 1 ? NULL : "maxitems is a number above 0";
	}
	if (slice_eq(key, SLICE("initval"))) {
		out->initial = n;
		out->has_initial = true;
		return is_number ? NULL : "initval is a number";
	}
	if (slice_eq(key, SLICE("updateexpire")))
		return to_switch(value, &out->update_expire) ? NULL : "updateexpire is 0 or 1";
	if (is_of_a_database(key))
		return "tables begin empty, not from a database: startup_route or "
		    "lcsctl htable set fills them";
	return "known are size, autoexpire, updateexpire, initval and maxitems";
}

const char *spec_read(struct slice text, struct table_spec *out)
{
	size_t at = slice_search(text, SLICE("=>"));
	struct slice rest = slice_trim(slice_skip(text, at + 2)), name;

	*out = (struct table_spec){ .name = slice_trim(slice_first(text, at)),
	    .bits = SIZE_DEFAULT, .update_expire = true, .max_items = MAX_DEFAULT };
	name = out->name;
	slice_take_while(&name, is_name_char);
	if (out->name.len == 0 || name.len > 0)
		return "the form is name=>size=8;autoexpire=60;";
	while (rest.len > 0) {
		struct slice value = slice_trim(slice_split(&rest, ';'));
		struct slice key = slice_trim(slice_split(&value, '='));
		const char *why = key.len ? read_one(key, slice_trim(value), out) : NULL;

		if (why)
			return why;
	}
	return NULL;
}
