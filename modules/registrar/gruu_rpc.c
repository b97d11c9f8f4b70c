/*
 * modules/registrar/gruu_rpc.c - lcsctl gruus: whose a GRUU is, and which ones a user has.
 */
#include "modules/registrar/registrar.h"

#include <errno.h>

struct asking {
	struct registrar            *reg;
	const struct registrar_conf *conf;
	struct arena                *arena;
	struct slice                 aor;	/* whose GRUUs are listed */
	struct sip_uri               uri;	/* or which one is looked up */
	json_t                      *result;
	int                          err;
};

/* The text between the quotes of ;name="..." that put makes. */
static json_t *quoted(const struct buf *b)
{
	struct slice text = buf_slice(b);
	size_t from = slice_find(text, '"') + 1;

	return text.len <= from ? json_string("") :
	    json_slice(slice_of(text.p + from, text.len - from - 1));
}

static void describe(struct asking *a, const struct usrloc_binding *b)
{
	struct buf *pub = buf_new(128), *temp = buf_new(256);

	if (pub && temp) {
		gruu_put(pub, a->aor, b->instance);
		if (a->conf->temporary_gruus)
			temp_gruu_put(temp, a->conf->gruu_key, a->aor, b);
		json_array_append_new(a->result, json_pack("{s:o, s:o, s:o, s:o}", "endpoint",
		    json_slice(b->ruid), "contact", json_slice(b->contact), "public", quoted(pub),
		    "temporary", quoted(temp)));
	} else {
		a->err = -ENOMEM;
	}
	buf_unref(&pub);
	buf_unref(&temp);
}

/* Bindings are looked at on a worker: there they stay while we look. */
static void list_on_worker(unsigned index, void *arg)
{
	struct asking *a = arg;
	const struct usrloc_aor *aor = index ? NULL : a->reg->usrloc->find(a->reg->usrloc_state, a->aor);
	int64_t now = loop_wall(worker_loop());
	struct usrloc_binding b;

	for (unsigned i = 0; aor && i < aor->count; i++) {
		a->reg->usrloc->binding(aor, i, &b);
		if (b.expires > now && b.instance.len)
			describe(a, &b);
	}
}

static int rpc_list(struct lcs_rpc_call *call)
{
	struct asking a = { .reg = lcs_shared(call->mod), .conf = lcs_conf(call->mod,
	    gen_peek()),
	    .arena = call->arena };
	int err = lcs_rpc_user(call, "user", &a.aor);

	if (err)
		return err;
	a.result = json_array();
	worker_on_each(list_on_worker, &a);
	call->result = a.result;
	return a.err;
}

static void find_on_worker(unsigned index, void *arg)
{
	struct asking *a = arg;
	struct slice aor, instance;

	if (index == 0 && gruu_is_temporary(a->reg, a->conf, a->arena, &a->uri, &aor, &instance))
		a->result = json_pack("{s:o, s:o, s:b}", "user", json_slice(aor), "instance",
		    json_slice(instance), "valid", instance.len > 0);
}

static int rpc_find(struct lcs_rpc_call *call)
{
	struct asking a = { .reg = lcs_shared(call->mod), .conf = lcs_conf(call->mod,
	    gen_peek()),
	    .arena = call->arena };
	struct slice text = json_text(call->params, "uri");

	if (sip_uri_parse(text, &a.uri, NULL) != 0)
		return lcs_rpc_fail(call, -EINVAL, "this is no SIP URI");
	worker_on_each(find_on_worker, &a);
	if (!a.result)
		return lcs_rpc_fail(call, -ENOENT, "this is no temporary GRUU that was made "
		    "here");
	call->result = a.result;
	return 0;
}

static const struct lcs_rpc_arg list_args[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ 0 }
};
static const struct lcs_rpc_arg find_args[] = {
	{ "uri", VALUE_STRING, true, "the temporary GRUU, \"sip:tgruu....@domain;gr\"" },
	{ 0 }
};

const struct lcs_rpc gruu_rpcs[] = {
	{ "gruus.list", RIGHT_READ, list_args, rpc_list,
	  "the names by which a user's endpoints are reached, one by one (RFC 5627)" },
	{ "gruus.find", RIGHT_READ, find_args, rpc_find,
	  "who is behind a temporary GRUU, and whether it is still valid" },
	{ 0 }
};
