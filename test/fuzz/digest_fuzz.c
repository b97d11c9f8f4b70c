/*
 * test/fuzz/digest_fuzz.c - any bytes as credentials.
 */
#include "parser/auth.h"
#include "test/fuzz/random.h"
#include "utils/err.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each field is what looking its name up gives. */
static void check_field(struct arena *a, const struct auth_credentials *c, struct slice name,
    struct slice field)
{
	struct slice found;

	if (auth_param(a, c->params, name, &found))
		lcs_assert(slice_eq(found, field));
	else
		lcs_assert(!field.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of((const char *)data, size);
	struct arena *a = arena_new(0);
	struct auth_credentials c;
	struct sip_defect why = { 0 };
	int err = auth_credentials_parse(a, s, &c, &why);

	lcs_assert(err == 0 || (err == -EBADMSG && why.reason && slice_lies_in(why.where, s)));
	if (!err) {
		lcs_assert(c.scheme.len > 0 && slice_lies_in(c.params, s));
		lcs_assert(c.nc.len == 0 || c.nc.len == 8 || !slice_eq_nocase(c.scheme, SLICE("Digest")));
	}
	if (!err && slice_eq_nocase(c.scheme, SLICE("Digest"))) {
		check_field(a, &c, SLICE("username"), c.username);
		check_field(a, &c, SLICE("realm"), c.realm);
		check_field(a, &c, SLICE("nonce"), c.nonce);
		check_field(a, &c, SLICE("uri"), c.uri);
		check_field(a, &c, SLICE("response"), c.response);
		check_field(a, &c, SLICE("cnonce"), c.cnonce);
		check_field(a, &c, SLICE("opaque"), c.opaque);
		check_field(a, &c, SLICE("algorithm"), c.algorithm);
		check_field(a, &c, SLICE("qop"), c.qop);
		check_field(a, &c, SLICE("nc"), c.nc);
	}
	arena_free(&a);
	return 0;
}
