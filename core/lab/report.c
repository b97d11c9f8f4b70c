/*
 * core/lab/report.c - see report.h.
 */
#include "core/lab/report.h"

#include <jansson.h>

/* ---- TAP ---- */

static void tap_lines(const char *text)
{
	struct slice rest = slice_str(text);

	while (rest.len) {
		struct slice line = slice_split(&rest, '\n');

		printf("  # %.*s\n", SLICE_ARG(line));
	}
}

static void tap_case(const struct case_list *list, const struct test_case *c)
{
	int pad = 60 - (int)strlen(c->name);

	printf("%sok %u - %s%*s(%.1f ms)\n", c->has_failed ? "not " : "", list->done, c->name,
	    pad > 1 ? pad : 1, "", c->ms);
	tap_lines(c->why);
}

/* ---- JUnit ---- */

static void xml_text(const char *text)
{
	for (const char *p = text; *p; p++) {
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
	return json_pack("{s:s, s:b, s:f, s:s*}", "name", c->name, "passed", !c->has_failed,
	    "ms", c->ms, "why", c->has_failed ? c->why : NULL);
}

static void json(const struct case_list *list, const char *path, const char *cover)
{
	json_t *all = json_array(), *root;

	for (const struct test_case *c = list->first; c; c = c->next)
		json_array_append_new(all, json_case(c));
	root = json_pack("{s:s, s:i, s:i, s:s, s:o}", "file", path, "passed",
	    (int)(list->count - list->failed), "failed", (int)list->failed, "coverage", cover,
	    "tests", all);
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
