/*
 * test/fuzz/soap_fuzz.c - any bytes as the body of a SERVICE: an operation, or a reason.
 */
#include "modules/dirsearch/search.h"
#include "modules/service/service.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

/* A search has something to look for, or a reason why it has not. */
static void read_search(const struct service_asked *asked)
{
	struct search s;
	const char *why;

	if (search_read(asked->arena, asked->operation, asked->body, &s, &why) != 0) {
		lcs_assert(is_printable(slice_str(why)));
		return;
	}
	lcs_assert(s.count > 0 && s.count <= SEARCH_TERMS_MAX);
	for (unsigned i = 0; i < s.count; i++)
		lcs_assert(s.terms[i].prefix.len > 0 && person_field_ldap(s.terms[i].field)[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct service_conf conf = { .max_body = 32768, .max_depth = 24,
	    .max_nodes = 2000 };
	struct arena *a = arena_new(0);
	struct service_asked asked = { .arena = a };
	struct service_refusal why = { .status = 0 };
	int err = service_read_body(a, slice_of((const char *)data, size), &conf, &asked, &why);

	lcs_assert(!err || err == -EBADMSG);
	if (err) {
		/* It becomes a status line. */
		lcs_assert(why.status >= 400 && why.reason.len > 0 && is_printable(why.reason));
	} else {
		lcs_assert(asked.operation->name.len > 0 && asked.operation->parent == asked.body);
		lcs_assert(slice_eq(asked.operation->ns, SERVICE_NS));
		service_field(&asked, "deltaNum");
		read_search(&asked);
	}
	arena_free(&a);
	return 0;
}
