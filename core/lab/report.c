/*
 * core/lab/report.c - see report.h.
 */
#include "core/lab/report.h"

#include "utils/json.h"

/* ---- TAP ---- */

static void tap_lines(const char *text)
{
	struct slice rest = slice_str(text);

	while (rest.len) {
		struct slice line = slice_split(&rest, '\n');

		printf("  # %.*s\n", SLICE_ARG(line));
	}
}

/* Behind "#" would stand a directive: "# SKIP" makes a failure none. */
static void tap_name(const char *name)
{
	for (const char *p = name; *p; p++) {
		if (*p == '#' || *p == '\\')
			putchar('\\');
		putchar(*p == '\n' || *p == '\r' ? ' ' : *p);
	}
}

static void tap_case(const struct case_list *list, const struct test_case *c)
{
	int pad = 60 - (int)strlen(c->name);

	printf("%sok %u - ", c->has_failed ? "not " : "", list->done);
	tap_name(c->name);
	printf("%*s(%.1f ms)\n", pad > 1 ? pad : 1, "", c->ms);
	tap_lines(c->why);
}

/* ---- JUnit ---- */

static void xml_text(const char *text)
{
	char *copy = lab_text("%s", text);

	utf8_scrub(copy, strlen(copy));
	for (const char *p = copy; *p; p++) {
		switch (*p) {
		case '<': fputs("&lt;", stdout); break;
		case '>': fputs("&gt;", stdout); break;
		case '&': fputs("&amp;", stdout); break;
		case '"': fputs("&quot;", stdout); break;
		default:
			if ((unsigned char)*p >= ' ' || *p == '\n' || *p == '\t')
				putchar(*p);
		}
	}
}

static void junit(const struct case_list *list, const char *path)
{
	printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"");
	xml_text(path);
	printf("\" tests=\"%u\" failures=\"%u\">\n", list->count, list->failed);
	for (const struct test_case *c = list->first; c; c = c->next) {
		printf("  <testcase name=\"");
		xml_text(c->name);
		printf("\" time=\"%.4f\"%s", c->ms / 1e3, c->has_failed ? ">\n    <failure>" : "/>\n");
		if (!c->has_failed)
			continue;
		xml_text(c->why);
		printf("</failure>\n  </testcase>\n");
	}
	printf("</testsuite>\n");
}

/* ---- JSON ---- */

static json_t *json_case(const struct test_case *c)
{
	json_t *one = json_pack("{s:o, s:b, s:f}", "name", json_slice(slice_str(c->name)),
	    "passed", !c->has_failed, "ms", c->ms);

	if (c->has_failed)
		json_object_set_new(one, "why", json_slice(slice_str(c->why)));
	return one;
}

static void json(const struct case_list *list, const char *path, const char *cover)
{
	json_t *all = json_array(), *root;

	for (const struct test_case *c = list->first; c; c = c->next)
		json_array_append_new(all, json_case(c));
	root = json_pack("{s:o, s:i, s:i, s:o, s:o}", "file", json_slice(slice_str(path)), "passed",
	    (int)(list->count - list->failed), "failed", (int)list->failed, "coverage",
	    json_slice(slice_str(cover)), "tests", all);
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

/* ---- whichever ---- */

void report_begin(const struct case_list *list, enum lab_format format)
{
	if (format == LAB_TAP)
		printf("1..%u\n", list->count);
}

void report_case(struct case_list *list, const struct test_case *c, enum lab_format format)
{
	list->done++;
	list->failed += c->has_failed;
	if (format == LAB_TAP)
		tap_case(list, c);
}

void report_end(const struct case_list *list, enum lab_format format, const char *path,
    const char *cover)
{
	if (format == LAB_JUNIT)
		junit(list, path);
	else if (format == LAB_JSON)
		json(list, path, cover);
	else
		printf("# %u passed, %u failed; %s\n", list->count - list->failed, list->failed, cover);
}
