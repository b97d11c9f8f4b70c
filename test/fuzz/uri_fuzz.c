/*
 * test/fuzz/uri_fuzz.c - any bytes as one URI, or as two to compare (divided by a line feed).
 */
#include "parser/uri.h"
#include "test/fuzz/random.h"
#include "utils/addr.h"
#include "utils/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_params(struct slice params, char sep)
{
	struct slice rest = params, name, value, found;
	size_t n = 0;

	while (n++ < 100 && uri_next_param(&rest, sep, &name, &value)) {
		lcs_assert(slice_lies_in(name, params) && slice_lies_in(value, params));
		lcs_assert(uri_param(params, sep, name, &found));
	}
}

/* The canonical form of the canonical form is itself. */
static void check_aor(struct arena *a, const struct sip_uri *uri)
{
	struct slice aor = sip_uri_aor(a, uri), text;
	struct sip_uri again;

	if (!aor.p) {
		lcs_assert(uri->scheme == URI_OTHER);
		return;
	}
	if (uri->scheme == URI_TEL || slice_find(uri->host, '[') < uri->host.len)
		return;
	text = arena_printf(a, "sip:%.*s", SLICE_ARG(aor));
	if (sip_uri_parse(text, &again, NULL) != 0) {
		/* Only a host of one dot may have lost what made it one. */
		lcs_assert(uri->host.len <= 1);
		return;
	}
	lcs_assert(slice_eq(sip_uri_aor(a, &again), aor) ||
	    slice_ends(uri->host, SLICE("..")));
}

static bool check_one(struct arena *a, struct slice text, struct sip_uri *uri)
{
	struct sip_defect why = { 0 };
	struct ip_addr ip;

	if (sip_uri_parse(text, uri, &why) != 0) {
		lcs_assert(why.reason && why.status == 400 && slice_lies_in(why.where, text));
		return false;
	}
	lcs_assert(slice_eq(uri->text, text));
	lcs_assert(slice_lies_in(uri->user, text) && slice_lies_in(uri->password, text));
	lcs_assert(slice_lies_in(uri->host, text) && slice_lies_in(uri->params, text));
	lcs_assert(slice_lies_in(uri->headers, text));
	lcs_assert(uri->scheme == URI_OTHER || uri->scheme == URI_TEL || uri->host.len > 0);
	lcs_assert(uri_unescape(a, text).len <= text.len);
	lcs_assert(sip_uri_eq(uri, uri));
	if (uri->host.len > 0)
		uri_host_ip(uri->host, &ip);
	check_params(uri->params, ';');
	check_params(uri->headers, '&');
	check_aor(a, uri);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice second = slice_of((const char *)data, size);
	struct slice first = slice_split(&second, '\n');
	struct arena *a = arena_new(0);
	struct sip_uri x, y;
	bool is_x = check_one(a, first, &x), is_y = check_one(a, second, &y);

	if (is_x && is_y)
		lcs_assert(sip_uri_eq(&x, &y) == sip_uri_eq(&y, &x));
	arena_free(&a);
	return 0;
}
