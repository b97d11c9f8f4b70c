/*
 * cfg/profile_read.c - finding the files of profiles, and reading them.
 *
 *	about                               "what a server of this role does"
 *	no listener|module|call NAMES       "why"
 *	no reply FIRST..LAST                "why"
 *	certificate LISTENER                "why"
 *	want module|call NAMES              "why"
 *	may module|call NAMES               "why"
 *	before relay|reply [of METHODS] NAMES "why"
 *
 * NAMES are "a|b*". "with MODULE" before the reason makes a rule count only where that
 * module is loaded. '#' begins a comment.
 */
#include "cfg/profile.h"

#include "utils/err.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#define SUFFIX    ".profile"
#define NAMES_MAX 64u

struct reader {
	struct load             *ld;
	struct profile          *profile;
	const struct cfg_source *source;
	struct slice             line;	/* what is left of it */
};

/* ---- words of a line ---- */

static bool is_no_blank(char c) { return c != ' ' && c != '\t'; }

static struct slice next_word(struct reader *r)
{
	r->line = slice_trim(r->line);
	return slice_take_while(&r->line, is_no_blank);
}

static struct slice peek(const struct reader *r)
{
	struct slice rest = slice_trim(r->line);

	return slice_take_while(&rest, is_no_blank);
}

static struct cfg_span place(const struct reader *r, struct slice word)
{
	size_t from = (size_t)(word.p - r->source->text.p);

	return source_span(r->source, from, from + (word.len ? word.len : 1));
}

static void say(const struct reader *r, struct slice word, const char *what)
{
	if (!word.p)
		word = slice_first(r->line, 0);
	diag_beside(load_error(r->ld, 609, place(r, word), "profile \"%.*s\" cannot be read",
	    SLICE_ARG(r->profile->name)), "%s", what);
}

/* ---- one rule ---- */

static const struct form {
	const char    *verb, *what;	/* what NULL: no second word */
	enum rule_kind kind;
} forms[] = {
	{ "no", "listener", RULE_NO_LISTENER },
	{ "no", "module", RULE_NO_MODULE },
	{ "no", "call", RULE_NO_CALL },
	{ "no", "reply", RULE_NO_REPLY },
	{ "certificate", NULL, RULE_CERTIFICATE },
	{ "want", "module", RULE_WANT_MODULE },
	{ "want", "call", RULE_WANT_CALL },
	{ "may", "module", RULE_MAY_MODULE },
	{ "may", "call", RULE_MAY_CALL },
	{ "before", "relay", RULE_BEFORE_RELAY },
	{ "before", "reply", RULE_BEFORE_REPLY },
};

static const struct form *form_of(struct slice verb, struct slice what)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (slice_eq(verb, slice_str(forms[i].verb)) &&
		    (!forms[i].what || slice_eq(what, slice_str(forms[i].what))))
			return &forms[i];
	return NULL;
}

/* "300..399" or "302" */
static bool read_codes(struct slice word, struct profile_rule *rule)
{
	size_t dots = slice_search(word, SLICE(".."));
	struct slice last = dots < word.len ? slice_skip(word, dots + 2) : word;

	return slice_to_i64(slice_first(word, dots), &rule->min) == 0 &&
	    slice_to_i64(last, &rule->max) == 0 && rule->min >= 100 && rule->max <= 699 &&
	    rule->min <= rule->max;
}

static bool read_names(struct reader *r, struct profile_rule *rule)
{
	struct slice word = next_word(r);

	if (word.len == 0 || word.p[0] == '"') {
		say(r, word, "a name is missing in this rule");
		return false;
	}
	rule->names = word;
	if (rule->kind == RULE_NO_REPLY && !read_codes(word, rule)) {
		say(r, word, "codes of responses are wanted: 300..399");
		return false;
	}
	return true;
}

/* The text between double quotes, and nothing but a comment behind it. */
static bool read_text(struct reader *r, struct slice *out)
{
	struct slice rest = slice_trim(r->line);
	size_t end = slice_find(slice_skip(rest, 1), '"');

	if (rest.len < 3 || rest.p[0] != '"' || end + 1 >= rest.len) {
		say(r, rest, "a text between double quotes ends every line");
		return false;
	}
	*out = slice_of(rest.p + 1, end);
	rest = slice_trim(slice_skip(rest, end + 2));
	if (rest.len == 0 || rest.p[0] == '#')
		return true;
	say(r, rest, "nothing may stand behind the text");
	return false;
}

static bool read_options(struct reader *r, struct profile_rule *rule)
{
	if (!slice_eq(peek(r), SLICE("with")))
		return true;
	next_word(r);
	rule->with = next_word(r);
	if (rule->with.len && rule->with.p[0] != '"')
		return true;
	say(r, rule->with, "behind \"with\" stands the name of a module");
	return false;
}

static void number_it(struct reader *r, struct profile_rule *rule, struct slice word)
{
	rule->bit = r->ld->profiles->before_count;
	if (rule->bit == PROFILE_BEFORE_MAX)
		say(r, word, "more \"before\" rules than a script can have (16)");
	else
		r->ld->profiles->before_count++;
}

static void read_rule(struct reader *r, struct slice verb, const struct form *form)
{
	struct profile_rule *rule = MEM_NEW(&r->ld->mem, struct profile_rule);

	rule->kind = form->kind;
	rule->owner = r->profile;
	if (form->what)
		next_word(r);
	if (rule_is_before(form->kind) && slice_eq(peek(r), SLICE("of"))) {
		next_word(r);
		rule->methods = next_word(r);
	}
	if (!read_names(r, rule) || !read_options(r, rule) || !read_text(r, &rule->why))
		return;
	if (rule_is_before(form->kind))
		number_it(r, rule, verb);
	*r->profile->last = rule;
	r->profile->last = &rule->next;
}

static void read_line(struct reader *r)
{
	struct slice verb = next_word(r);
	const struct form *form;

	if (verb.len == 0 || verb.p[0] == '#')
		return;
	if (slice_eq(verb, SLICE("about"))) {
		read_text(r, &r->profile->about);
		return;
	}
	form = form_of(verb, peek(r));
	if (form)
		read_rule(r, verb, form);
	else
		say(r, verb, "rules begin: about, no listener, no module, no call, no reply, "
		    "certificate, want module, want call, may module, may call, before relay, before reply");
}

/* ---- one file ---- */

static void read_file(struct load *ld, struct profile *p, const struct cfg_source *source)
{
	struct reader r = { .ld = ld, .profile = p, .source = source };
	struct slice rest = source->text;

	while (rest.len > 0) {
		r.line = slice_split(&rest, '\n');
		read_line(&r);
	}
}

/* Texts of a time before the profile was a file do not have it: then the disk's counts. */
static int fetch(struct load *ld, const char *path, struct cfg_source **out)
{
	int err = source_fetch(&ld->mem, ld->host, path, out);

	if (err == -ENOENT && ld->host->texts)
		err = source_read(&ld->mem, path, path, out);
	return err;
}

/* 0, -ENOENT, or what hindered it, with the path in *where. */
static int find(struct load *ld, struct slice name, struct cfg_source **out, const char **where)
{
	struct slice dirs = slice_str(ld->host->profile_path);
	int err = -ENOENT;

	while (err == -ENOENT && dirs.len > 0) {
		struct slice dir = slice_split(&dirs, ':');

		if (!dir.len)
			continue;
		*where = mem_cstr(&ld->mem, mem_printf(&ld->mem, "%.*s/%.*s" SUFFIX,
		    SLICE_ARG(dir), SLICE_ARG(name)));
		err = fetch(ld, *where, out);
	}
	return err;
}

static void add(struct load *ld, struct slice name, struct cfg_source *source)
{
	struct profile *p = MEM_NEW(&ld->mem, struct profile);

	p->name = name;
	p->last = &p->first;
	source->seq = ld->sources++;
	read_file(ld, p, source);
	*ld->profiles->last = p;
	ld->profiles->last = &p->next;
}

/* ---- names ---- */

static void list_directory(struct load *ld, struct slice path, const char **names, unsigned *count)
{
	DIR *dir = opendir(mem_cstr(&ld->mem, path));
	struct slice text, file;

	for (struct dirent *e; dir && *count < NAMES_MAX && (e = readdir(dir));) {
		file = slice_str(e->d_name);
		if (!slice_ends(file, SLICE(SUFFIX)))
			continue;
		text = slice_first(file, file.len - strlen(SUFFIX));
		/* mem_cstr() may jump: then the directory would stay open. */
		names[*count] = arena_dup_cstr(ld->mem.arena, text);
		*count += names[*count] != NULL;
	}
	if (dir)
		closedir(dir);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void say_unknown(struct load *ld, struct slice name, struct cfg_span at)
{
	const char *names[NAMES_MAX], *near;
	struct slice dirs = slice_str(ld->host->profile_path), all = SLICE("");
	struct diag_item *d = load_error(ld, 201, at, "there is no profile \"%.*s\"",
	    SLICE_ARG(name));
	unsigned count = 0;

	while (dirs.len > 0)
		list_directory(ld, slice_split(&dirs, ':'), names, &count);
	qsort(names, count, sizeof(names[0]), by_name);
	near = diag_nearest(name, names, count);
	for (unsigned i = 0; i < count; i++)
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			all = mem_printf(&ld->mem, "%.*s%s%s", SLICE_ARG(all), i ? ", " : "",
			    names[i]);
	if (near)
		diag_beside(d, "did you mean \"%s\"?", near);
	else if (count)
		diag_beside(d, "profiles: %.*s", SLICE_ARG(all));
	else
		diag_beside(d, "no file *" SUFFIX " in %s", ld->host->profile_path);
}

static bool is_name_char(char c) { return is_alnum(c) || c == '-' || c == '_'; }

static bool is_known(const struct load *ld, struct slice name)
{
	for (const struct profile *p = ld->profiles->first; p; p = p->next)
		if (slice_eq(p->name, name))
			return true;
	return false;
}

static void settle_one(struct load *ld, struct slice name, struct cfg_span at)
{
	struct slice rest = name;
	struct cfg_source *source = NULL;
	const char *where = "";
	int err;

	if (is_known(ld, name))
		return;
	slice_take_while(&rest, is_name_char);
	err = rest.len ? -ENOENT : find(ld, name, &source, &where);
	if (!err)
		add(ld, name, source);
	else if (err == -ENOENT)
		say_unknown(ld, name, at);
	else
		load_error(ld, 701, at, "cannot read \"%s\": %s", where, err_text(err));
}

void profile_settle(struct load *ld, const struct setting_item *item)
{
	const struct value *v = item->value->konst;
	struct slice rest;

	if (!v || v->type != VALUE_STRING || !ld->host->profile_path)
		return;
	ld->profiles = MEM_NEW(&ld->mem, struct profiles);
	ld->profiles->last = &ld->profiles->first;
	ld->profiles->at = item->value->at;
	for (rest = v->s; rest.len > 0;) {
		struct slice name = slice_trim(slice_split(&rest, ','));

		if (name.len)
			settle_one(ld, name, item->value->at);
	}
}
