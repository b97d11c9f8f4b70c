/*
 * cfg/prep_directive.c - lines that begin with #! (language 3.1, 3.2).
 */
#include "cfg/guest_prep.h"
#include "cfg/prep_int.h"
#include "cfg/gram.h"

struct line {				/* what stands behind the directive */
	struct token *tokens;
	unsigned      count, room;
	struct cfg_span at;		/* the directive itself */
};

static void read_line(struct prep *p, struct line *line)
{
	struct token t;

	for (;;) {
		lex_next(p->top->lex, &t);
		if (t.kind == TOKEN_EOL || t.kind == 0)
			return;
		*(struct token *)mem_push(&p->ld->mem, &line->tokens, &line->count,
		    &line->room, sizeof(t)) = t;
	}
}

static bool one_name(struct prep *p, const struct line *line, bool more_is_fine)
{
	if (line->count == 0 || line->tokens[0].kind != ID) {
		syntax_error(p->ld, 106, line->at, "a name is missing here");
		return false;
	}
	if (line->count > 1 && !more_is_fine) {
		syntax_error(p->ld, 106, line->tokens[1].at, "nothing may follow the name");
		return false;
	}
	return true;
}

/* ---- defines ---- */

static void define(struct prep *p, const struct line *line)
{
	struct macro *m = MEM_NEW(&p->ld->mem, struct macro), **at = &p->ld->first_macro;

	m->name = line->tokens[0].text;
	m->at = line->tokens[0].at;
	m->tokens = line->tokens + 1;
	m->count = line->count - 1;
	dict_put(&p->ld->macros, m->name, m);
	while (*at)
		at = &(*at)->next;
	*at = m;
}

static void do_define(struct prep *p, const struct line *line)
{
	struct macro *m;
	struct diag_item *item;

	if (!one_name(p, line, true))
		return;
	m = dict_get(&p->ld->macros, line->tokens[0].text);
	if (!m) {
		define(p, line);
		return;
	}
	item = load_error(p->ld, 203, line->tokens[0].at, "\"%.*s\" is already defined",
	    SLICE_ARG(m->name));
	diag_beside(item, m->at.source ? "defined before" : "defined on the command line (-A)");
	diag_see(item, m->at);
	diag_help(item, "#!trydef keeps the first definition, #!redef replaces it");
}

static void do_trydef(struct prep *p, const struct line *line)
{
	if (one_name(p, line, true) && !dict_get(&p->ld->macros, line->tokens[0].text))
		define(p, line);
}

static void do_undef(struct prep *p, const struct line *line)
{
	struct macro *m;

	if (!one_name(p, line, false))
		return;
	m = dict_get(&p->ld->macros, line->tokens[0].text);
	if (m)
		m->is_gone = true;
	dict_remove(&p->ld->macros, line->tokens[0].text);
}

static void do_redef(struct prep *p, const struct line *line)
{
	struct macro *m;

	if (!one_name(p, line, true))
		return;
	m = dict_get(&p->ld->macros, line->tokens[0].text);
	if (m)
		m->is_gone = true;
	define(p, line);
}

/* ---- conditions ---- */

static bool is_active(const struct prep *p) { return !p->cond || p->cond->is_active; }

static void set_active(struct prep *p)
{
	lex_skip(p->top->lex, !is_active(p));
}

static void open_cond(struct prep *p, const struct line *line, bool value)
{
	struct cond *c = MEM_NEW(&p->ld->mem, struct cond);

	c->outer = p->cond;
	c->lex = p->top->lex;
	c->at = line->at;
	c->outer_active = is_active(p);
	c->is_active = c->outer_active && value;
	c->was_true = value;
	p->cond = c;
	set_active(p);
}

static bool is_defined(struct prep *p, const struct line *line)
{
	return one_name(p, line, false) && dict_get(&p->ld->macros, line->tokens[0].text);
}

static bool condition(struct prep *p, const struct line *line)
{
	struct prep_line rest = { line->tokens, line->count, 0, line->at };

	return prep_condition(p->ld, &rest);
}

static void do_ifdef(struct prep *p, const struct line *line)
{
	open_cond(p, line, is_active(p) && is_defined(p, line));
}

static void do_ifndef(struct prep *p, const struct line *line)
{
	open_cond(p, line, is_active(p) && !is_defined(p, line));
}

static void do_if(struct prep *p, const struct line *line)
{
	open_cond(p, line, is_active(p) && condition(p, line));
}

/* The condition that an #!else or #!endif of this file belongs to. */
static struct cond *own_cond(struct prep *p, const struct line *line)
{
	if (p->cond && p->cond->lex == p->top->lex)
		return p->cond;
	diag_beside(syntax_error(p->ld, 106, line->at, "no condition is open here"),
	    "no #!ifdef, #!ifndef or #!if before it in this file");
	return NULL;
}

static void do_elif(struct prep *p, const struct line *line)
{
	struct cond *c = own_cond(p, line);
	bool value;

	if (!c)
		return;
	if (c->had_else) {
		syntax_error(p->ld, 106, line->at, "#!elif stands behind #!else");
		return;
	}
	value = c->outer_active && !c->was_true && condition(p, line);
	c->is_active = value;
	c->was_true |= value;
	set_active(p);
}

static void do_else(struct prep *p, const struct line *line)
{
	struct cond *c = own_cond(p, line);

	if (!c)
		return;
	if (c->had_else) {
		syntax_error(p->ld, 106, line->at, "a second #!else for one condition");
		return;
	}
	c->had_else = true;
	c->is_active = c->outer_active && !c->was_true;
	c->was_true = true;
	set_active(p);
}

static void do_endif(struct prep *p, const struct line *line)
{
	struct cond *c = own_cond(p, line);

	if (!c)
		return;
	p->cond = c->outer;
	set_active(p);
}

void prep_end_of_file(struct prep *p)
{
	while (p->cond && p->cond->lex == p->top->lex) {
		diag_beside(syntax_error(p->ld, 105, p->cond->at,
		    "this condition is not closed"), "#!endif is missing");
		p->cond = p->cond->outer;
	}
}

/* ---- the first line ---- */

static void do_lcs(struct prep *p, const struct line *line)
{
	if (line->count == 1 && line->tokens[0].kind == NUM && line->tokens[0].num == 1)
		return;
	diag_beside(syntax_error(p->ld, 111, line->count ? line->tokens[0].at : line->at,
	    "this lcs reads version 1 of the language"), "write: #!lcs 1");
}

/* The first line, but for one that is the kernel's. */
static bool begins_file(const struct cfg_source *s, uint32_t line)
{
	return !s->importer && (line == 1 ||
	    (line == 2 && slice_starts(source_line(s, 1), SLICE("#!/"))));
}

/* Only a whole configuration can be a guest. Reading a foreign part natively would bury
 * the reason under its consequences. */
static void do_guest(struct prep *p, const struct line *line)
{
	struct diag_item *item;

	if (p->ld->is_guest || begins_file(line->at.source, line->at.line)) {
		guest_begin(p->ld);
		return;
	}
	item = syntax_error(p->ld, 112, line->at, "this file is written for another server");
	diag_beside(item, "lcs reads files that begin with: #!lcs 1");
	diag_help(item, "the words and forms are nearly the same; "
	    "the differences are listed in lcs.cfg(5)");
	p->ended = true;
}

static void do_substdef(struct prep *p, const struct line *line)
{
	struct diag_item *item = syntax_error(p->ld, 113, line->at,
	    "text substitution is not part of the language");

	diag_help(item, "use const NAME = \"...\"; or \"${NAME}\" in settings instead");
}

/* ---- the same where it is allowed ---- */

static void define_text(struct prep *p, const struct line *line, struct slice text)
{
	struct input in = { .lex = lex_new(p->ld, source_of_text(&p->ld->mem, "#!subst", text)) };
	struct input *outer = p->top;
	struct line def = { .at = line->at };
	struct token t;

	p->top = &in;
	lex_next(in.lex, &t);
	read_line(p, &def);
	p->top = outer;
	for (unsigned i = 0; i < def.count; i++) {
		def.tokens[i].at = line->at;
		def.tokens[i].is_expanded = true;
	}
	if (def.count > 0 && def.tokens[0].kind == ID)
		do_redef(p, &def);
}

/* The text between quotes is replaced; the other two define a name as well. */
static void guest_line(struct prep *p, const struct line *line, const char *define)
{
	struct slice from, to;

	if (line->count != 1) {
		syntax_error(p->ld, 106, line->at, "a substitution is one text: \"/from/to/\"");
		return;
	}
	if (!guest_subst(p->ld, &line->tokens[0], &from, &to))
		return;
	guest_add_subst(p->ld, from, to);
	if (define)
		define_text(p, line, mem_printf(&p->ld->mem, "#!define %.*s %s%.*s%s",
		    SLICE_ARG(from), define, SLICE_ARG(to), define));
}

static void do_subst(struct prep *p, const struct line *line)
{
	if (p->ld->is_guest)
		guest_line(p, line, NULL);
	else
		do_substdef(p, line);
}

static void do_substdef_plain(struct prep *p, const struct line *line)
{
	if (p->ld->is_guest)
		guest_line(p, line, "");
	else
		do_substdef(p, line);
}

static void do_substdef_quoted(struct prep *p, const struct line *line)
{
	if (p->ld->is_guest)
		guest_line(p, line, "\"");
	else
		do_substdef(p, line);
}

static const struct directive {
	const char *name;
	void      (*run)(struct prep *p, const struct line *line);
	bool        always;		/* also where a condition is false */
} directives[] = {
	{ "define", do_define, false }, { "def", do_define, false },
	{ "trydefine", do_trydef, false }, { "trydef", do_trydef, false },
	{ "redefine", do_redef, false }, { "redef", do_redef, false },
	{ "undef", do_undef, false },
	{ "ifdef", do_ifdef, true }, { "ifndef", do_ifndef, true }, { "if", do_if, true },
	{ "elif", do_elif, true }, { "else", do_else, true }, { "endif", do_endif, true },
	{ "lcs", do_lcs, false },
	{ "KAMAILIO", do_guest, false }, { "OPENSIPS", do_guest, false },
	{ "OPENSER", do_guest, false }, { "SER", do_guest, false },
	{ "MAXCOMPAT", do_guest, false }, { "ALL", do_guest, false },
	{ "subst", do_subst, false }, { "substdef", do_substdef_plain, false },
	{ "substdefs", do_substdef_quoted, false }
};

#define DIRECTIVES (sizeof(directives) / sizeof(directives[0]))

static void unknown(struct prep *p, const struct token *word, struct slice name)
{
	struct diag_item *item = syntax_error(p->ld, 106, word->at,
	    "unknown directive \"#!%.*s\"", SLICE_ARG(name));
	const char *names[DIRECTIVES], *near;

	/* Kamailio's defenv, defenvs, trydefenv and trydefenvs. */
	if (slice_search(name, SLICE("defenv")) < name.len) {
		diag_beside(item, "write: #!define NAME \"${NAME}\"");
		return;
	}
	for (size_t i = 0; i < DIRECTIVES; i++)
		names[i] = directives[i].name;
	near = diag_nearest(name, names, DIRECTIVES);
	if (near) {
		diag_beside(item, "did you mean \"#!%s\"?", near);
		diag_fix(item, word->at, mem_printf(&p->ld->mem, "#!%s", near).p);
	}
}

void prep_directive(struct prep *p, const struct token *word)
{
	struct slice name = slice_skip(word->text, 2);
	struct line line = { .at = word->at };

	read_line(p, &line);
	for (size_t i = 0; i < DIRECTIVES; i++) {
		if (!slice_eq(name, slice_str(directives[i].name)))
			continue;
		if (directives[i].always || is_active(p))
			directives[i].run(p, &line);
		return;
	}
	if (is_active(p))
		unknown(p, word, name);
}

void prep_first_line(struct prep *p, const struct cfg_source *source)
{
	struct slice first = source_line(source, 1), second = source_line(source, 2);
	struct diag_item *item;

	if (slice_starts(first, SLICE(BYTE_ORDER_MARK)))
		first = slice_skip(first, 3);	/* the lexer has said so */
	/* A line for the kernel may come before ours. */
	if (slice_starts(first, SLICE("#!/")))
		first = second;
	if (slice_starts(first, SLICE("#!")))
		return;
	item = load_warning(p->ld, 101, source_span(source, 0, 0),
	    "the file does not say which version of the language it is written in");
	diag_beside(item, "write as the first line: #!lcs 1");
	diag_fix(item, source_span(source, 0, 0), "#!lcs 1\n");
}

/* ---- -A NAME[=tokens] ---- */

static void define_from(struct prep *p, const struct cfg_define *d)
{
	struct slice text = mem_printf(&p->ld->mem, "#!define %s %s", d->name,
	    d->tokens ? d->tokens : "");
	struct input in = { .lex = lex_new(p->ld, source_of_text(&p->ld->mem, "-A", text)) };
	struct line line = { 0 };
	struct token t;

	p->top = &in;
	lex_next(in.lex, &t);
	line.at = t.at;
	read_line(p, &line);
	do_redef(p, &line);
	p->top = NULL;
}

void prep_command_line(struct prep *p)
{
	for (unsigned i = 0; i < p->ld->host->define_count; i++)
		define_from(p, &p->ld->host->defines[i]);
	for (struct macro *m = p->ld->first_macro; m; m = m->next)
		m->at.source = NULL;
}
