/*
 * core/lcsctl/table.c - answers for people.
 */
#include "core/lcsctl/lcsctl.h"
#include "utils/printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS_MAX 32

struct table { const char *names[COLUMNS_MAX]; size_t widths[COLUMNS_MAX]; unsigned count; };

/* Programs get seconds; people a date, in columns of these names. What is small is no date, but
 * how many seconds are left. */
static const char *const dates[] = { "sent", "expires", "changed" };

#define DATE_MIN 1000000000
#define DATE_MAX 253402300799		/* the end of the year 9999 */

static char *date_text(const char *name, const json_t *v)
{
	json_int_t seconds = json_integer_value(v);
	bool is_date = false;
	time_t t = (time_t)seconds;
	char text[32];
	struct tm tm;

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
		is_date |= strcmp(name, dates[i]) == 0;
	if (!is_date || seconds < DATE_MIN || seconds > DATE_MAX || !gmtime_r(&t, &tm))
		return NULL;
	return strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) ? strdup(text) : NULL;
}

char *for_terminal(const char *text, bool lines)
{
	size_t len = text ? strlen(text) : 0;
	char *copy = text ? malloc(PRINTABLE_MOST * len + 1) : NULL;

	if (copy)
		*printable_put(copy, slice_of(text, len), lines) = '\0';
	return copy;
}

static char *shown_and_freed(char *text)
{
	char *shown = for_terminal(text, false);

	free(text);
	return shown;
}

/* What a cell shows: malloc'ed. name: of its column, or of what stands in a line. */
static char *cell_text(const char *name, const json_t *v)
{
	char *date = date_text(name, v);

	if (date)
		return date;
	if (!v || json_is_null(v))
		return strdup("");
	if (json_is_string(v))
		return for_terminal(json_string_value(v), false);
	if (json_is_boolean(v))
		return strdup(json_is_true(v) ? "yes" : "no");
	return shown_and_freed(json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6)));
}

/* Columns on a terminal: bytes that begin a character of UTF-8. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static unsigned column(struct table *t, const char *name)
{
	unsigned i = 0;

	while (i < t->count && strcmp(t->names[i], name) != 0)
		i++;
	if (i == t->count && i < COLUMNS_MAX) {
		t->names[t->count++] = name;
		t->widths[i] = width_of(name);
	}
	return i;
}

static void measure(struct table *t, const json_t *row)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(size_t)row, name, v) {
		unsigned i = column(t, name);
		char *text = cell_text(name, v);
		size_t width = text ? width_of(text) : 0;

		if (i < COLUMNS_MAX && width > t->widths[i])
			t->widths[i] = width;
		free(text);
	}
}

static void print_cell(const struct table *t, unsigned i, const char *text, bool right)
{
	size_t pad = t->widths[i] - width_of(text);

	if (right)
		printf("%*s%s", (int)pad, "", text);
	else
		printf("%s%*s", text, i + 1 < t->count ? (int)pad : 0, "");
	fputs(i + 1 < t->count ? "  " : "\n", stdout);
}

static void print_row(const struct table *t, const json_t *row)
{
	for (unsigned i = 0; i < t->count; i++) {
		const json_t *v = json_object_get(row, t->names[i]);
		char *text = cell_text(t->names[i], v);

		print_cell(t, i, text ? text : "", json_is_number(v));
		free(text);
	}
}

static bool is_table(const json_t *v)
{
	const json_t *row;
	size_t i;

	json_array_foreach(v, i, row)
		if (!json_is_object(row))
			return false;
	return json_is_array(v);
}

static bool has_lines(const json_t *v)
{
	const char *s = json_string_value(v);

	return s && strchr(s, '\n');
}

/* A text of several lines does not fit into a column. */
static bool is_deep(const json_t *rows)
{
	const json_t *row;
	const char *name;
	json_t *v;
	size_t i;

	json_array_foreach(rows, i, row)
		json_object_foreach((json_t *)(size_t)row, name, v)
			if (has_lines(v) || json_array_size(v) || json_object_size(v))
				return true;
	return false;
}

static void print_table(const json_t *rows)
{
	struct table t = { .count = 0 };
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		measure(&t, row);
	for (unsigned k = 0; k < t.count; k++)
		print_cell(&t, k, t.names[k], false);
	json_array_foreach(rows, i, row)
		print_row(&t, row);
	if (!json_array_size(rows))
		puts("(none)");
}

static bool is_nothing(const json_t *v)
{
	return (json_is_string(v) && !json_string_length(v)) ||
	    (json_is_array(v) && !json_array_size(v));
}

/* As it is where it goes into a file: a configuration's text is one then. */
static char *text_below(const json_t *v)
{
	const char *text = json_string_value(v);

	return text && !isatty(STDOUT_FILENO) ? strdup(text) : for_terminal(text, true);
}

/* What stands in one line after its name, the rest below, each under its own. */
static void print_below(const char *name, const json_t *v)
{
	char *text = text_below(v);

	printf("\n%s:\n", name);
	if (text)
		printf("%s%s", text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
	else
		print_result(v, false);
	free(text);
}

static void print_object(const json_t *object)
{
	size_t width = 0;
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(size_t)object, name, v)
		if (strlen(name) > width)
			width = strlen(name);
	json_object_foreach((json_t *)(size_t)object, name, v) {
		char *text = cell_text(name, v);

		if (!has_lines(v) && !is_nothing(v) && !json_is_array(v))
			printf("%-*s  %s\n", (int)width, name, text ? text : "");
		free(text);
	}
	json_object_foreach((json_t *)(size_t)object, name, v)
		if (has_lines(v) || (json_is_array(v) && json_array_size(v)))
			print_below(name, v);
}

static void print_objects(const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (i)
			putchar('\n');
		print_object(row);
	}
}

static void print_line(const char *line)
{
	char *text = for_terminal(line, false);

	puts(text ? text : "");
	free(text);
}

/* What the server has laid out itself: the lines of each. */
static bool print_lines(const json_t *object)
{
	const json_t *runs = json_object_get(object, "runs"), *run, *line;
	size_t i, k;

	if (!json_is_array(runs))
		return false;
	json_array_foreach(runs, i, run) {
		json_array_foreach(json_object_get(run, "lines"), k, line)
			print_line(json_string_value(line));
		putchar('\n');
	}
	return true;
}

void print_result(const json_t *result, bool as_json)
{
	if (!result)
		return;
	if (as_json) {
		json_dumpf(result, stdout, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
		putchar('\n');
	} else if (is_table(result) && is_deep(result)) {
		print_objects(result);
	} else if (is_table(result)) {
		print_table(result);
	} else if (print_lines(result)) {
		return;
	} else if (json_is_object(result)) {
		print_object(result);
	} else {
		char *text = cell_text("", result);

		puts(text ? text : "");
		free(text);
	}
}
