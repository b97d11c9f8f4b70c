/*
 * core/mod/explain.c - see explain.h.
 */
#include "core/mod/explain.h"

#include "cfg/diag.h"
#include "cfg/pages.h"
#include "core/mod/verb.h"

#include <stdio.h>

#define CODES_MAX 200u

bool explain_is_code(const char *word)
{
	struct slice s = slice_str(word);

	if (s.len && (s.p[0] == 'E' || s.p[0] == 'W' || s.p[0] == 'N'))
		s = slice_skip(s, 1);
	return s.len >= 3 && slice_take_while(&s, is_digit).len >= 3 && s.len == 0;
}

static int no_page(const char *word)
{
	static char texts[CODES_MAX][8];
	const char *names[CODES_MAX], *near;
	unsigned n = 0;

	for (const struct page *p; n < CODES_MAX && (p = page_nth(n)); n++) {
		snprintf(texts[n], sizeof(texts[n]), "%c%04u", p->letter, p->code);
		names[n] = texts[n];
	}
	near = diag_nearest(slice_str(word), names, n);
	fprintf(stderr, "lcs: there is no message %s", word);
	if (near)
		fprintf(stderr, "; did you mean %s?\n", near);
	else
		fputs("; \"lcs explain --all\" shows all there are\n", stderr);
	return VERB_WRONG;
}

static int write_out(struct buf *out)
{
	if (!out->failed)
		fwrite(out->data, 1, out->len, stdout);
	return out->failed ? VERB_WRONG : VERB_FINE;
}

static void put_all(struct buf *out, bool markdown)
{
	if (markdown)
		buf_put(out, SLICE("# Messages of the check\n\nMade by `lcs explain --all --markdown`; "
		    "`lcs explain E0201` shows one.\nThe scripts stand without their first line, "
		    "`#!lcs 1`.\n\n"));
	for (unsigned n = 0; page_nth(n); n++) {
		if (n)
			buf_put_char(out, '\n');
		if (markdown)
			page_markdown(page_nth(n), out);
		else
			page_text(page_nth(n), out);
	}
}

static int explain_codes(int argc, char **argv, struct buf *out)
{
	for (int i = 0; i < argc; i++) {
		const struct page *p = page_of(slice_str(argv[i]));

		if (!p)
			return no_page(argv[i]);
		if (i)
			buf_put_char(out, '\n');
		page_text(p, out);
	}
	return write_out(out);
}

int explain_main(int argc, char **argv)
{
	struct buf *out = buf_new(4096);
	bool markdown = argc == 2 && slice_eq(slice_str(argv[1]), SLICE("--markdown"));
	int status = VERB_WRONG;

	if (!out)
		return status;
	if (slice_eq(slice_str(argv[0]), SLICE("--all")) && (argc == 1 || markdown)) {
		put_all(out, markdown);
		status = write_out(out);
	} else if (argv[0][0] == '-') {
		status = verb_misused("explain", "explain takes codes of messages, or --all "
		    "[--markdown], not \"%s\"", argv[argc > 1]);
	} else {
		status = explain_codes(argc, argv, out);
	}
	buf_unref(&out);
	return status;
}
