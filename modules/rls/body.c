/*
 * modules/rls/body.c - a list and its resources as multipart/related (RFC 4662).
 *
 * LCS clients name parts without angle brackets, and cut the last four bytes off each: an empty
 * line stands before every boundary, which harms nobody else.
 */
#include "modules/rls/rls.h"

#include "utils/rand.h"
#include "utils/xml_write.h"

#include <errno.h>
#include <stdio.h>

#define RLMI_NS "urn:ietf:params:xml:ns:rlmi"

struct making {
	struct rls_list *l;
	struct buf      *out;
	char             boundary[40];
	char             host[24];	/* of content ids: one of a kind */
	bool             full;
};

static bool is_told(const struct making *m, const struct rls_entry *e)
{
	return m->full || e->is_changed;
}

static bool has_part(const struct rls_entry *e)
{
	return e->body && e->state != RLS_UNKNOWN && e->state != RLS_ELSEWHERE;
}

/* The same in the list and above the part. */
static void put_cid(struct making *m, struct buf *b, const struct rls_entry *e, unsigned n)
{
	if (m->l->is_lcs)
		buf_put(b, e->aor.len ? e->aor : e->uri);
	else
		buf_printf(b, "%u@%s", n, m->host);
}

/* ---- the list ---- */

static const char *state_word(const struct rls_list *l, const struct rls_entry *e)
{
	switch (e->state) {
	case RLS_ELSEWHERE:
		return l->is_lcs ? "resubscribe" : "terminated";
	case RLS_TERMINATED:
		return l->is_lcs ? "active" : "terminated";
	case RLS_PENDING:
		return l->is_lcs ? "active" : "pending";
	default:
		return "active";
	}
}

static void put_instance(struct making *m, struct xml_writer *w, const struct rls_entry *e,
    unsigned n)
{
	const char *word = state_word(m->l, e);
	struct buf *cid;

	xml_begin(w, "instance");
	xml_put_attr(w, "id", SLICE("0"));
	xml_put_attr(w, "state", slice_str(word));
	if (word[0] == 't')
		xml_put_attr(w, "reason", slice_str(e->reason[0] ? e->reason : "noresource"));
	cid = has_part(e) ? buf_new(64) : NULL;
	if (cid) {
		put_cid(m, cid, e, n);
		xml_put_attr(w, "cid", buf_slice(cid));
		m->out->failed |= cid->failed;
		buf_unref(&cid);
	} else if (has_part(e)) {
		m->out->failed = true;
	}
	xml_end(w);
}

static void put_resource(struct making *m, struct xml_writer *w, const struct rls_entry *e,
    unsigned n)
{
	xml_begin(w, "resource");
	xml_put_attr(w, "uri", e->uri);
	if (e->state != RLS_UNKNOWN)
		put_instance(m, w, e, n);
	xml_end(w);
}

static void put_list(struct making *m)
{
	struct rls_list *l = m->l;
	struct xml_writer w;
	unsigned n = 0;

	xml_write_init(&w, m->out);
	xml_begin(&w, "list");
	xml_put_attr(&w, "xmlns", SLICE(RLMI_NS));
	xml_put_attr_pair(&w, "uri", SLICE("sip:"), l->uri);
	xml_put_attr_u64(&w, "version", l->version);
	xml_put_attr(&w, "fullState", m->full ? SLICE("true") : SLICE("false"));
	for (struct list *i = l->entries.next; i != &l->entries; i = i->next, n++) {
		const struct rls_entry *e = container_of(i, struct rls_entry, node);

		if (is_told(m, e))
			put_resource(m, &w, e, n);
	}
	xml_end(&w);
}

/* ---- parts ---- */

static void put_boundary(struct making *m, const char *end)
{
	buf_put(m->out, SLICE("--"));
	buf_put(m->out, slice_str(m->boundary));
	buf_put(m->out, slice_str(end));
	buf_put(m->out, SLICE("\r\n"));
}

static void begin_part(struct making *m, const struct rls_entry *e, unsigned n,
    struct slice content_type)
{
	const struct rls_list *l = m->l;

	put_boundary(m, "");
	buf_put(m->out, SLICE("Content-Transfer-Encoding: binary\r\n"));
	/* Linphone looks for this name with a small d alone. */
	buf_put(m->out, !l->is_plain ? SLICE("Content-ID: <") : l->is_lcs ?
	    SLICE("Content-ID: ") : SLICE("Content-Id: "));
	if (e)
		put_cid(m, m->out, e, n);
	else if (l->is_lcs)
		buf_put(m->out, SLICE("resourceList"));
	else
		buf_printf(m->out, "list@%s", m->host);
	if (!l->is_plain)
		buf_put_char(m->out, '>');
	buf_put(m->out, SLICE("\r\nContent-Type: "));
	buf_put(m->out, content_type);
	buf_put(m->out, SLICE("\r\n\r\n"));
}

static void put_parts(struct making *m)
{
	unsigned n = 0;

	for (struct list *i = m->l->entries.next; i != &m->l->entries; i = i->next, n++) {
		struct rls_entry *e = container_of(i, struct rls_entry, node);

		if (!is_told(m, e) || !has_part(e))
			continue;
		begin_part(m, e, n, e->body->content_type);
		buf_put(m->out, e->body->text);
		buf_put(m->out, SLICE("\r\n\r\n"));
	}
}

static struct presence_body *finish(struct making *m)
{
	char type[160], start[48] = "resourceList";
	int len;

	if (!m->l->is_lcs)
		snprintf(start, sizeof(start), "\"<list@%s>\"", m->host);
	/* The boundary last and bare: linphone takes all that follows for it, quotes, too. */
	len = snprintf(type, sizeof(type), "multipart/related;type=\"application/rlmi+xml\";"
	    "start=%s;boundary=%s", start, m->boundary);
	return presence_body_new(slice_of(type, (size_t)len), SLICE("Require: eventlist\r\n"),
	    buf_slice(m->out));
}

static bool anything_changed(const struct rls_list *l)
{
	for (struct list *i = l->entries.next; i != &l->entries; i = i->next)
		if (container_of(i, struct rls_entry, node)->is_changed)
			return true;
	return false;
}

static void all_told(struct rls_list *l)
{
	for (struct list *i = l->entries.next; i != &l->entries; i = i->next)
		container_of(i, struct rls_entry, node)->is_changed = false;
	l->is_cut = false;
	l->version++;
	lcs_count(&rls_local(l->r)->bodies);
}

static int make(struct making *m, struct presence_body **out)
{
	unsigned long long unique = (unsigned long long)rand_u64();

	snprintf(m->boundary, sizeof(m->boundary), "lcs-presence-part-%016llx", unique);
	snprintf(m->host, sizeof(m->host), "%016llx", unique);
	begin_part(m, NULL, 0, SLICE("application/rlmi+xml"));
	put_list(m);
	buf_put(m->out, SLICE("\r\n\r\n"));
	put_parts(m);
	put_boundary(m, "--");
	if (m->out->failed)
		return -ENOMEM;
	*out = finish(m);
	return *out ? 0 : -ENOMEM;
}

/* One look does not wait. */
static bool is_once(const struct rls_list *l)
{
	return l->r->presence->sub_info(l->sub)->flags & PRESENCE_SUB_ONCE;
}

struct slice rls_list_write(const struct rls_list *l, struct buf *out)
{
	struct xml_writer w;

	if (l->owner.len)
		return SLICE_NULL;
	xml_write_init(&w, out);
	xml_begin(&w, l->is_lcs ? "adhoclist" : "resource-lists");
	xml_put_attr(&w, "xmlns", l->is_lcs ? ADRL_NS : LISTS_NS);
	xml_begin(&w, l->is_lcs ? "create" : "list");
	for (const struct list *n = l->entries.next; n != &l->entries; n = n->next) {
		xml_begin(&w, l->is_lcs ? "resource" : "entry");
		xml_put_attr(&w, "uri", container_of(n, struct rls_entry, node)->uri);
		xml_end(&w);
	}
	xml_end(&w);
	xml_end(&w);
	return l->is_lcs ? ADRL_TYPE : LISTS_TYPE;
}

int rls_body(struct rls_list *l, bool full, struct presence_body **out)
{
	struct making m = { .l = l, .full = full || l->is_cut };
	int err;

	*out = NULL;
	if (l->unknown && !l->is_late && !is_once(l))
		return -EAGAIN;
	if (!m.full && !anything_changed(l))
		return 0;
	m.out = buf_new(4096);
	if (!m.out)
		return -ENOMEM;
	err = make(&m, out);
	buf_unref(&m.out);
	if (!err)
		all_told(l);
	return err;
}
