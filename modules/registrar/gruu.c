/*
 * modules/registrar/gruu.c - one instance of a user by name: GRUUs (RFC 5627).
 *
 * sip:alice@example.com;gr=urn:uuid:... means the instance, on whichever connection it is. That is
 * its public one; what temporary ones are made of is in temp_gruu.c.
 */
#include "modules/registrar/registrar.h"

/* +sip.instance="<urn:uuid:...>": the brackets are no part of the name. */
static struct slice bare(struct slice instance)
{
	if (instance.len > 2 && instance.p[0] == '<' && instance.p[instance.len - 1] == '>')
		return slice_of(instance.p + 1, instance.len - 2);
	return instance;
}

/* RFC 3261 25.1: what may stand in a URI parameter as it is. */
static bool may_stand(char c)
{
	const struct slice others = SLICE("-_.!~*'()[]/:&+$");

	return is_alnum(c) || slice_find(others, c) < others.len;
}

static void put_escaped(struct buf *b, struct slice s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (may_stand(s.p[i])) {
			buf_put_char(b, s.p[i]);
			continue;
		}
		buf_put_char(b, '%');
		buf_put_char(b, digits[c >> 4]);
		buf_put_char(b, digits[c & 15]);
	}
}

static void put_uri(struct buf *b, struct slice aor, struct slice instance)
{
	buf_put(b, SLICE("sip:"));
	buf_put(b, aor);
	buf_put(b, SLICE(";gr="));
	put_escaped(b, bare(instance));
}

void gruu_put(struct buf *b, struct slice aor, struct slice instance)
{
	buf_put(b, SLICE(";pub-gruu=\""));
	put_uri(b, aor, instance);
	buf_put_char(b, '"');
}

bool gruu_asked(struct arena *arena, const struct sip_uri *uri, struct slice *instance)
{
	struct slice value;

	if (!sip_uri_param(uri, SLICE("gr"), &value))
		return false;
	*instance = bare(uri_unescape(arena, value));
	return true;
}

bool gruu_is_of(struct slice asked, struct slice instance)
{
	return asked.len > 0 && slice_eq_nocase(asked, bare(instance));
}

/* ---- temporary ones ---- */

/* Has the instance not begun anew meanwhile, with another Call-ID? Its old address may still be
 * there; flows with numbers of their own stand side by side. Within one second nobody knows. */
static bool is_latest(const struct registrar *reg, const struct usrloc_aor *aor,
    const struct usrloc_binding *b)
{
	struct usrloc_binding other;

	for (unsigned i = 0; i < aor->count; i++) {
		reg->usrloc->binding(aor, i, &other);
		if (other.changed > b->changed && other.reg_id == b->reg_id &&
		    slice_eq(other.instance, b->instance) && !slice_eq(other.call_id, b->call_id))
			return false;
	}
	return true;
}

/* Valid while a binding of the instance is there that its Call-ID has made (5.3). */
static struct slice instance_now(const struct registrar *reg, const struct registrar_conf *conf,
    const struct temp_gruu *gruu)
{
	const struct usrloc_aor *aor = reg->usrloc->find(reg->usrloc_state, gruu->aor);
	int64_t now = loop_wall(worker_loop());
	struct usrloc_binding b;

	for (unsigned i = 0; aor && i < aor->count; i++) {
		reg->usrloc->binding(aor, i, &b);
		if (b.expires > now && temp_gruu_is_of(gruu, conf->gruu_key, &b) &&
		    is_latest(reg, aor, &b))
			return b.instance;
	}
	return SLICE_NULL;
}

bool gruu_is_temporary(const struct registrar *reg, const struct registrar_conf *conf,
    struct arena *arena, const struct sip_uri *uri, struct slice *aor, struct slice *instance)
{
	struct temp_gruu gruu;

	if (!conf->temporary_gruus || !temp_gruu_read(arena, conf->gruu_key, uri, &gruu))
		return false;
	*aor = gruu.aor;
	*instance = arena_dup(arena, bare(instance_now(reg, conf, &gruu)));
	return true;
}

bool gruu_is_own(const struct registrar_conf *conf, struct arena *arena, const struct sip_uri *uri,
    struct slice aor)
{
	struct temp_gruu gruu;
	struct slice value;

	if (!uri->params.len || !sip_uri_param(uri, SLICE("gr"), &value))
		return false;
	if (conf->temporary_gruus && temp_gruu_read(arena, conf->gruu_key, uri, &gruu))
		return slice_eq(gruu.aor, aor);
	return slice_eq(sip_uri_aor(arena, uri), aor);
}

enum fn_status registrar_resolve_gruu(struct lcs_call *call)
{
	struct arena *arena = lcs_arena(call->ctx);
	struct slice aor, instance;
	struct buf *b;

	call->ret = value_bool(false);
	if (!gruu_is_temporary(call->shared, call->conf, arena, lcs_request_uri(call->ctx), &aor,
	    &instance) || !instance.len)
		return FN_DONE;
	b = buf_new(128);
	if (!b)
		return FN_FAILED;
	put_uri(b, aor, instance);
	if (b->failed || edit_request_uri(arena, lcs_edits(call->ctx),
	    arena_dup(arena, buf_slice(b))) != 0) {
		buf_unref(&b);
		return FN_FAILED;
	}
	buf_unref(&b);
	return fn_bool(call, true);
}
