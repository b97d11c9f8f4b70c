/*
 * modules/dirsearch/filter.c - see filter.h.
 */
#include "config.h"
#include "modules/dirsearch/filter.h"

#ifdef HAVE_LIBLDAP

#include <ldap.h>

#define ADDRESS "msRTCSIP-PrimaryUserAddress"

static void put_value(struct buf *b, struct slice value)
{
	struct berval in = { .bv_len = value.len, .bv_val = (char *)(uintptr_t)value.p }, out = { 0 };

	if (ldap_bv2escaped_filter_value(&in, &out) != 0)
		b->failed = true;
	else
		buf_put(b, slice_of(out.bv_val, out.bv_len));
	/* Where nothing has to be escaped it may be what went in. */
	if (out.bv_val != in.bv_val)
		ber_memfree(out.bv_val);
}

static const char *finished(struct arena *arena, struct buf *b)
{
	const char *text = b->failed ? NULL : arena_dup_cstr(arena, buf_slice(b));

	buf_unref(&b);
	return text;
}

static void put_term(struct buf *b, const struct search *s, unsigned i)
{
	enum person_field field = s->terms[i].field;

	buf_put_char(b, '(');
	buf_put(b, slice_str(person_field_ldap(field)));
	buf_put_char(b, '=');
	if (field == PERSON_AOR)
		buf_put(b, SLICE("sip:"));
	put_value(b, s->terms[i].prefix);
	buf_put(b, SLICE("*)"));
}

const char *filter_of_search(struct arena *arena, const struct search *s, struct slice extra)
{
	struct buf *b = buf_new(256);

	if (!b)
		return NULL;
	buf_put(b, SLICE("(&(" ADDRESS "=*)"));
	buf_put(b, extra);
	for (unsigned i = 0; i < s->count; i++)
		put_term(b, s, i);
	buf_put_char(b, ')');
	return finished(arena, b);
}

const char *filter_of_user(struct arena *arena, struct slice aor)
{
	struct buf *b = buf_new(128);

	if (!b)
		return NULL;
	buf_put(b, SLICE("(" ADDRESS "=sip:"));
	put_value(b, aor);
	buf_put_char(b, ')');
	return finished(arena, b);
}

#endif
