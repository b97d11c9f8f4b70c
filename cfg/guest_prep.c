/*
 * cfg/guest_prep.c - what Kamailio has below the grammar: selects and text substitution.
 */
#include "cfg/guest_prep.h"
#include "cfg/gram.h"

#include <stdio.h>

struct mapping { const char *from, *to; };

/* Selects for which there is a variable. */
static const struct mapping selects[] = {
	{ "ruri", "$ru" }, { "ruri.user", "$rU" }, { "ruri.host", "$rd" }, { "ruri.port", "$rp" },
	{ "from", "$hdr(From)" }, { "from.uri", "$fu" }, { "from.uri.user", "$fU" },
	{ "from.uri.host", "$fd" }, { "from.tag", "$ft" }, { "from.name", "$fn" },
	{ "to", "$hdr(To)" }, { "to.uri", "$tu" }, { "to.uri.user", "$tU" },
	{ "to.uri.host", "$td" }, { "to.tag", "$tt" }, { "to.name", "$tn" },
	{ "contact", "$ct" }, { "contact.uri", "$ctu" },
	{ "call_id", "$ci" }, { "callid", "$ci" }, { "cseq", "$hdr(CSeq)" },
	{ "cseq.num", "$cs" }, { "cseq.method", "$rm" }, { "method", "$rm" },
	{ "src.ip", "$si" }, { "src.port", "$sp" }, { "dst.ip", "$Ri" }, { "dst.port", "$Rp" },
	{ "received.ip", "$Ri" }, { "received.port", "$Rp" }, { "received.proto", "$proto" },
	{ "next_hop", "$du" }, { "msg.body", "$rb" }, { "msg.len", "$ml" },
	{ "expires", "$hdr(Expires)" }, { "event", "$hdr(Event)" },
	{ "user_agent", "$ua" }, { "via", "$hdr(Via)" }, { "via[0]", "$hdr(Via)" },
	{ "via[1]", "$hdr(Via)" }, { "via[2]", "$(hdr(Via)[1])" },
	{ "msg.event", "$hdr(Event)" }, { "msg.supported", "$hdr(Supported)" },
	{ NULL, NULL }
};

/* "@hf_value.x_name" and "@msg.header.X-Name". */
static bool header_select(struct slice name, struct slice *out, char *room, size_t size)
{
	static const char *const before[] = { "hf_value.", "msg.header.", "hf.", NULL };

	for (const char *const *b = before; *b; b++) {
		struct slice rest, prefix = slice_str(*b);
		size_t n;

		if (!slice_starts(name, prefix))
			continue;
		rest = slice_skip(name, prefix.len);
		n = (size_t)snprintf(room, size, "$hdr(%.*s)", SLICE_ARG(rest));
		for (size_t i = 0; i < n && i < size; i++)
			room[i] = room[i] == '_' ? '-' : room[i];
		*out = slice_of(room, n);
		return rest.len > 0 && n < size && slice_find(rest, '.') == rest.len &&
		    slice_find(rest, '[') == rest.len;
	}
	return false;
}

bool guest_select(struct slice select, struct slice *variable)
{
	static _Thread_local char room[200];
	struct slice name = slice_skip(select, 1);

	for (const struct mapping *m = selects; m->from; m++)
		if (slice_eq(name, slice_str(m->from))) {
			*variable = slice_str(m->to);
			return true;
		}
	return header_select(name, variable, room, sizeof(room));
}

/* The place stays that of the text, so that messages point to it. */
void guest_replace_token(struct load *ld, struct token *t, int kind, struct slice text)
{
	t->kind = kind;
	t->text = mem_dup(&ld->mem, text);
	t->is_expanded = true;
}

void guest_begin(struct load *ld)
{
	if (!ld->is_guest)
		dict_init(&ld->guest_said, &ld->mem);
	ld->is_guest = true;
}

/* ---- substitution ---- */

struct guest_subst { struct guest_subst *next; struct slice from, to; };

static bool say_subst(struct load *ld, const struct token *t)
{
	diag_beside(syntax_error(ld, 113, t->at, "this is no substitution"),
	    "write \"/from/to/\" with any sign for \"/\"");
	return false;
}

bool guest_subst_parts(struct slice text, struct slice *from, struct slice *to)
{
	struct slice rest = slice_skip(text, 1);
	char sep;

	if (text.len < 3)
		return false;
	sep = text.p[0];
	if (slice_find(rest, sep) == rest.len)
		return false;
	*from = slice_split(&rest, sep);
	if (from->len == 0 || slice_find(rest, sep) == rest.len)
		return false;
	*to = slice_split(&rest, sep);
	return true;
}

bool guest_subst(struct load *ld, const struct token *t, struct slice *from, struct slice *to)
{
	return (t->kind == STR && guest_subst_parts(t->text, from, to)) || say_subst(ld, t);
}

void guest_add_subst(struct load *ld, struct slice from, struct slice to)
{
	struct guest_subst *s = MEM_NEW(&ld->mem, struct guest_subst), **at = &ld->substs;

	s->from = from;
	s->to = to;
	while (*at)
		at = &(*at)->next;
	*at = s;
}

static struct slice replaced(struct load *ld, struct slice text, const struct guest_subst *s)
{
	struct slice out = SLICE(""), rest = text;
	size_t at;

	while ((at = slice_search(rest, s->from)) < rest.len) {
		out = mem_printf(&ld->mem, "%.*s%.*s%.*s", SLICE_ARG(out),
		    SLICE_ARG(slice_first(rest, at)), SLICE_ARG(s->to));
		rest = slice_skip(rest, at + s->from.len);
	}
	if (rest.len == text.len)
		return text;
	return mem_printf(&ld->mem, "%.*s%.*s", SLICE_ARG(out), SLICE_ARG(rest));
}

void guest_apply_subst(struct load *ld, struct token *t)
{
	struct slice text = t->text;

	for (const struct guest_subst *s = ld->substs; s; s = s->next)
		text = replaced(ld, text, s);
	if (text.p == t->text.p)
		return;
	guest_fix(ld, t->at, mem_printf(&ld->mem, "\"%.*s\"", SLICE_ARG(text)).p);
	guest_replace_token(ld, t, t->kind, text);
}
