/*
 * core/mod/man_page.c - see man_page.h.
 */
#include "core/mod/man_page.h"

const struct man_kind man_kinds[] = {
	{ IN_REQUEST, "request_route" }, { IN_BRANCH, "branch_route" },
	{ IN_FAILURE, "failure_route" }, { IN_RESPONSE, "reply_route" },
	{ IN_ONSEND, "onsend_route" }, { IN_LOCAL, "local_route" },
	{ IN_EVENT, "event_route" }, { IN_TIMER, "timer_route" },
	{ IN_STARTUP, "startup_route" }, { 0 }
};

/* ---- plain pieces ---- */

static void put(const struct man_page *p, struct slice s)
{
	fwrite(s.p, 1, s.len, p->file);
}

/* In roff a backslash starts a request, and so does a dot or quote at the start of a line. */
static void put_roff(const struct man_page *p, struct slice s)
{
	bool at_start = true;

	for (size_t i = 0; i < s.len; i++) {
		if (at_start && (s.p[i] == '.' || s.p[i] == '\''))
			fputs("\\&", p->file);
		if (s.p[i] == '\\')
			fputs("\\e", p->file);
		else if (s.p[i] == '-')
			fputs("\\-", p->file);
		else
			fputc(s.p[i], p->file);
		at_start = s.p[i] == '\n';
	}
}

static void put_text(const struct man_page *p, const char *s)
{
	if (p->format == MAN_ROFF)
		put_roff(p, slice_str(s));
	else
		put(p, slice_str(s));
}

static void put_upper(const struct man_page *p, const char *s)
{
	for (; *s; s++)
		fputc(*s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s, p->file);
}

/* ---- parts of a page ---- */

static void roff_title(const struct man_page *p, const char *name, const char *summary)
{
	fputs(".TH \"LCS\\-", p->file);
	put_upper(p, name);
	fputs("\" 7 \"\" \"lcs\" \"lcs modules\"\n.SH NAME\nlcs\\-", p->file);
	put_text(p, name);
	fputs(" \\- ", p->file);
	put_text(p, summary);
	fputc('\n', p->file);
}

void man_title(const struct man_page *p, const char *name, const char *summary)
{
	if (p->format == MAN_ROFF)
		roff_title(p, name, summary);
	else if (p->format == MAN_MARKDOWN)
		fprintf(p->file, "# %s\n\n%s\n", name, summary);
	else
		fprintf(p->file, "%s - %s\n", name, summary);
}

void man_section(const struct man_page *p, const char *title)
{
	if (p->format == MAN_MARKDOWN) {
		fprintf(p->file, "\n## %s\n", title);
		return;
	}
	fputs(p->format == MAN_ROFF ? ".SH " : "\n", p->file);
	if (p->format == MAN_ROFF)
		put_upper(p, title);
	else
		fputs(title, p->file);
	fputc('\n', p->file);
}

/* Texts are written without a full stop; questions end by themselves. */
static const char *stop_of(const char *text)
{
	struct slice s = slice_str(text);

	return s.len && (s.p[s.len - 1] == '?' || s.p[s.len - 1] == '.') ? "" : ".";
}

static void roff_item(const struct man_page *p, const char *term, const char *facts,
    const char *text)
{
	fputs(".TP\n\\fB", p->file);
	put_text(p, term);
	fputs("\\fR\n", p->file);
	put_text(p, text);
	fprintf(p->file, "%s\n", stop_of(text));
	if (!*facts)
		return;
	fputs(".br\n\\fI", p->file);
	put_text(p, facts);
	fputs("\\fR\n", p->file);
}

void man_item(const struct man_page *p, const char *term, const char *facts, const char *text)
{
	if (p->format == MAN_ROFF)
		roff_item(p, term, facts, text);
	else if (p->format == MAN_MARKDOWN)
		fprintf(p->file, "\n`%s`\n: %s%s%s%s%s\n", term, text, stop_of(text),
		    *facts ? " *" : "", facts, *facts ? "*" : "");
	else
		fprintf(p->file, "  %s\n      %s%s%s%s\n", term, text, *facts ? " (" : "", facts,
		    *facts ? ")" : "");
}

/* ---- longer text ---- */

static void roff_line(const struct man_page *p, struct slice line, bool *in_code)
{
	bool code = slice_starts(line, SLICE("    "));

	if (code != *in_code)
		fputs(code ? ".PP\n.nf\n" : ".fi\n", p->file);
	*in_code = code;
	if (slice_starts(line, SLICE("#"))) {
		while (slice_starts(line, SLICE("#")))
			line = slice_skip(line, 1);
		fputs(".SS ", p->file);
		line = slice_trim(line);
	} else if (line.len == 0) {
		fputs(".PP", p->file);
	} else if (slice_starts(line, SLICE("- "))) {
		fputs(".IP \\(bu 2\n", p->file);
		line = slice_skip(line, 2);
	}
	put_roff(p, line);
	fputc('\n', p->file);
}

static void roff_text(const struct man_page *p, struct slice text)
{
	bool in_code = false;

	while (text.len)
		roff_line(p, slice_split(&text, '\n'), &in_code);
	if (in_code)
		fputs(".fi\n", p->file);
}

void man_text(const struct man_page *p, const char *markdown)
{
	if (p->format == MAN_ROFF) {
		roff_text(p, slice_str(markdown));
		return;
	}
	fputc('\n', p->file);
	put(p, slice_str(markdown));
	fputc('\n', p->file);
}
