/*
 * modules/presence_xml/write_lcs.c - a state as LCS watchers know it: text/xml+msrtc.pidf.
 */
#include "modules/presence_xml/state.h"

#include "utils/xml_write.h"

#include <stdio.h>

/* A device has an epid of its own; what publishes without one gets a number that stays. */
static struct slice epid_of(const struct psource *s, char text[17])
{
	uint64_t hash = 14695981039346656037u;

	if (s->doc && s->doc->kind == PDOC_LCS)
		return s->key;
	for (size_t i = 0; i < s->key.len; i++)
		hash = (hash ^ (unsigned char)s->key.p[i]) * 1099511628211u;
	return slice_of(text, (size_t)snprintf(text, 17, "%012llx",
	    (unsigned long long)(hash & 0xffffffffffffu)));
}

static void put_number(struct xml_writer *w, const char *name, unsigned value,
    struct slice description, struct slice epid)
{
	xml_begin(w, name);
	xml_put_attr_u64(w, "aggregate", value);
	xml_put_attr(w, "description", description);
	if (epid.len)
		xml_put_attr(w, "epid", epid);
	xml_end(w);
}

static void put_top(struct xml_writer *w, const struct pstate *st)
{
	char text[17];
	struct slice epid = SLICE("");

	if (st->count && st->availability)
		epid = epid_of(&st->sources[0], text);
	put_number(w, "availability", st->availability, SLICE(""), epid);
	put_number(w, "activity", st->availability ? st->activity : 0, SLICE(""), epid);
}

static void put_names(struct xml_writer *w, const struct pstate *st)
{
	if (st->display_name.len) {
		xml_begin(w, "displayName");
		xml_put_attr(w, "displayName", st->display_name);
		xml_end(w);
	}
	if (st->email.len) {
		xml_begin(w, "email");
		xml_put_attr(w, "email", st->email);
		xml_end(w);
	}
	if (st->phone.len) {
		xml_begin(w, "phoneNumber");
		xml_put_attr(w, "label", SLICE(""));
		xml_put_attr(w, "number", st->phone);
		xml_end(w);
	}
}

/* Whoever never set userInfo but wrote a note elsewhere is read here, too. */
static void put_user_info(struct xml_writer *w, const struct pstate *st)
{
	if (st->user_info.len) {
		xml_put_raw(w, st->user_info);
	} else if (st->note.len) {
		xml_begin(w, "userInfo");
		xml_put_leaf(w, "note", st->note);
		xml_end(w);
	}
}

static void put_device(struct xml_writer *w, const struct pstate *st, const struct psource *s)
{
	char text[17];
	/* Since when somebody is merely registered is not known here. */
	int64_t age = s->changed && st->now > s->changed ? st->now - s->changed : 0;

	xml_begin(w, "devicePresence");
	xml_put_attr(w, "epid", epid_of(s, text));
	xml_put_attr_u64(w, "ageOfPresence", (uint64_t)age);
	put_number(w, "availability", psource_availability(s),
	    s->doc ? s->doc->availability_text : SLICE(""), SLICE(""));
	put_number(w, "activity", psource_activity(s), s->doc ? s->doc->activity_text : SLICE(""),
	    SLICE(""));
	if (s->doc)
		xml_put_raw(w, s->doc->device);
	xml_end(w);
}

void pstate_put_lcs(const struct pstate *st, struct buf *out)
{
	struct xml_writer w;

	xml_write_init(&w, out);
	xml_begin(&w, "presentity");
	xml_put_attr(&w, "uri", st->aor);
	xml_put_attr(&w, "xmlns", SLICE(LCS_NS));
	put_top(&w, st);
	put_names(&w, st);
	put_user_info(&w, st);
	xml_begin(&w, "devices");
	for (unsigned i = 0; i < st->count; i++)
		if (psource_availability(&st->sources[i]))
			put_device(&w, st, &st->sources[i]);
	xml_end(&w);
	xml_end(&w);
}

static const struct { const char *type; pstate_put_fn *put; } writers[] = {
	{ "application/pidf+xml", pstate_put_pidf },
	{ "application/cpim-pidf+xml", pstate_put_cpim },
	{ "application/xpidf+xml", pstate_put_xpidf },
	{ "text/xml+msrtc.pidf", pstate_put_lcs },
};

pstate_put_fn *pstate_writer(struct slice content_type)
{
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++)
		if (slice_eq_nocase(content_type, slice_str(writers[i].type)))
			return writers[i].put;
	return NULL;
}
