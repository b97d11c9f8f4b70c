/*
 * permissions - who may, by address: groups of networks, and peers trusted without a password.
 *
 * Lists come from parameters and from files; a reload reads the files again.
 * For a list that only the script needs, an acl block does the same without a module.
 */
#include "core/lcs.h"
#include "modules/permissions/permit.h"
#include "utils/json.h"

#include <errno.h>

struct permissions_conf {
	struct lcs_strings address, trusted;
	struct slice       address_file, trusted_file;
	struct permit     *permit;	/* by prepare */
};

struct permissions_local { uint64_t allowed, refused; };	/* statistics of one worker */

static const struct permit *permit_of(const struct lcs_call *call)
{
	return ((const struct permissions_conf *)call->conf)->permit;
}

static enum fn_status answer(struct lcs_call *call, bool allowed)
{
	struct permissions_local *local = call->local;

	lcs_count(allowed ? &local->allowed : &local->refused);
	return fn_bool(call, allowed);
}

/* An address as the script has it: $si, or text. */
static bool to_ip(struct lcs_call *call, struct value v, struct ip_addr *out)
{
	if (v.type == VALUE_IP) {
		*out = v.ip->addr;
		return true;
	}
	if (v.type == VALUE_STRING && ip_parse(v.s, out) == 0)
		return true;
	lcs_set_err(call->ctx, "malformed");
	return false;
}

/* ---- groups ---- */

static const struct address_entry *source_entry(struct lcs_call *call, int64_t group)
{
	const struct sock_addr *source = &lcs_from(call->ctx)->remote;

	return address_find(&permit_of(call)->addresses, group, &source->ip, source->port);
}

static enum fn_status fn_allow_source_address(struct lcs_call *call)
{
	return answer(call, source_entry(call, call->argv[0].i) != NULL);
}

static enum fn_status fn_allow_address(struct lcs_call *call)
{
	struct ip_addr ip;

	if (!to_ip(call, call->argv[1], &ip))
		return answer(call, false);
	return answer(call, address_find(&permit_of(call)->addresses, call->argv[0].i, &ip,
	    (uint16_t)call->argv[2].i) != NULL);
}

static enum fn_status group_of(struct lcs_call *call, const struct address_entry *entry)
{
	answer(call, entry != NULL);
	call->ret = value_int(entry ? (int64_t)entry->group : -1);
	return FN_DONE;
}

static enum fn_status fn_allow_source_address_group(struct lcs_call *call)
{
	return group_of(call, source_entry(call, -1));
}

static enum fn_status fn_allow_address_group(struct lcs_call *call)
{
	struct ip_addr ip;

	if (!to_ip(call, call->argv[0], &ip))
		return group_of(call, NULL);
	return group_of(call, address_find(&permit_of(call)->addresses, -1, &ip,
	    (uint16_t)call->argv[1].i));
}

static enum fn_status fn_source_address_tag(struct lcs_call *call)
{
	const struct address_entry *entry = source_entry(call, call->argv[0].i);

	if (entry)
		call->ret = value_string(entry->tag);
	return FN_DONE;
}

/* ---- trusted peers ---- */

static struct slice from_uri(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	const struct name_addr *from = view_name_addr(lcs_arena(call->ctx), &view, HDR_FROM);

	return from ? from->uri.text : SLICE_NULL;
}

static enum fn_status fn_allow_trusted(struct lcs_call *call)
{
	const struct sip_hop *source = lcs_from(call->ctx);
	enum sip_transport transport = source->transport;
	struct ip_addr ip = source->remote.ip;
	struct sip_view view = lcs_view(call->ctx);

	if (call->argv[0].type != VALUE_NULL && !to_ip(call, call->argv[0], &ip))
		return answer(call, false);
	if (call->argv[1].s.len)
		transport = transport_parse(call->argv[1].s);
	return answer(call, trusted_find(&permit_of(call)->trusted, &ip, transport,
	    from_uri(call), view_request_uri(&view)) != NULL);
}

/* ---- lcsctl permissions ---- */

static json_t *describe(const struct address_entry *e)
{
	char net[ADDR_TEXT_BYTES];

	ip_format(&e->net.addr, net);
	return json_pack("{s:I, s:s, s:i, s:i, s:o}", "group", (json_int_t)e->group,
	    "address", net, "bits", (int)e->net.bits, "port", (int)e->port, "tag", json_slice(e->tag));
}

static const struct permit *current(struct lcs_mod *mod)
{
	return ((const struct permissions_conf *)lcs_conf(mod, gen_peek()))->permit;
}

static int rpc_list(struct lcs_rpc_call *call)
{
	const struct address_table *t = &current(call->mod)->addresses;
	json_t *array = json_array();

	for (size_t i = 0; i < t->count; i++)
		json_array_append_new(array, describe(&t->entries[i]));
	call->result = array;
	return array ? 0 : -ENOMEM;
}

/* "192.0.2.1", "192.0.2.1:5060", "[2001:db8::1]:5060"; the port may stand behind it, too. */
static int read_peer(const json_t *params, struct sock_addr *out)
{
	const json_t *port = json_object_get(params, "port");
	struct slice word = slice_str(json_string_value(json_object_get(params, "address")));

	*out = (struct sock_addr){ .port = 0 };
	if (ip_parse(word, &out->ip) != 0 && (port || sock_addr_parse(word, out) != 0))
		return -EINVAL;
	if (!port)
		return 0;
	if (json_integer_value(port) < 1 || json_integer_value(port) > 65535)
		return -EINVAL;
	out->port = (uint16_t)json_integer_value(port);
	return 0;
}

static int rpc_find(struct lcs_rpc_call *call)
{
	const char *word = json_string_value(json_object_get(call->params, "address"));
	const struct address_entry *found;
	struct sock_addr peer;

	if (read_peer(call->params, &peer) != 0)
		return lcs_rpc_fail(call, -EINVAL, "\"%s\" is no address, or the port no "
		    "port", word);
	found = address_find(&current(call->mod)->addresses, -1, &peer.ip, peer.port);
	if (!found)
		return lcs_rpc_fail(call, -ENOENT, "no entry covers %s%s", word, peer.port ? "" :
		    "; entries for one port only are found by address and port");
	call->result = describe(found);
	return 0;
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg find_args[] = {
	{ "address", VALUE_STRING, true, "IPv4 or IPv6 address: 192.0.2.1, 192.0.2.1:5060, [2001:db8::1]:5060" },
	{ "port", VALUE_INT, false, "for entries that are for one port only" },
	{ 0 }
};
static const struct lcs_rpc rpcs[] = {
	{ "permissions.list", RIGHT_READ, no_args, rpc_list, "the networks of all groups" },
	{ "permissions.find", RIGHT_READ, find_args, rpc_find,
	  "the entry that decides for an address" },
	{ 0 }
};

/* ---- life ---- */

static struct permit *read_lists(const struct permissions_conf *c, struct permit_error *error)
{
	struct permit_source source = {
		.address = { c->address.count, c->address.items },
		.trusted = { c->trusted.count, c->trusted.items },
		.address_file = c->address_file,
		.trusted_file = c->trusted_file,
	};

	return permit_new(&source, error);
}

static int check(const void *conf, struct diag *diag)
{
	struct permit_error error;
	struct permit *permit = read_lists(conf, &error);

	if (!permit)
		return diag_error(diag, error.param, "%s", error.text);
	permit_free(&permit);
	return 0;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct permissions_conf *c = conf;
	struct permit_error error;

	(void)next;
	c->permit = read_lists(c, &error);
	if (!c->permit) {
		log_error(lcs_mod_name(mod), "cannot read a list parameter=%s reason=\"%s\"",
		    error.param, error.text);
		return -EINVAL;
	}
	log_info(lcs_mod_name(mod), "lists read addresses=%zu trusted=%zu",
	    c->permit->addresses.count, c->permit->trusted.count);
	return 0;
}

static void retire(struct lcs_mod *mod, struct gen *old, void *conf)
{
	(void)mod;
	(void)old;
	permit_free(&((struct permissions_conf *)conf)->permit);
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_STRINGS(struct permissions_conf, address,
	    "a network of a group, as \"1 10.0.0.0/8\" or \"1 192.0.2.1/32 5060 tag\"; may be "
	    "given several times"),
	PARAM_FILE_NAME(struct permissions_conf, address_file, "",
	    "file with one such entry a line; # begins a comment"),
	PARAM_STRINGS(struct permissions_conf, trusted,
	    "a peer that needs no password, as \"192.0.2.0/24 tls\" or \"any udp ^sip:.*@a[.]test$\"; "
	    "may be given several times"),
	PARAM_FILE_NAME(struct permissions_conf, trusted_file, "",
	    "file with one such entry a line; # begins a comment"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "allow_source_address(group: int 0..2147483647 = 1) -> bool", fn_allow_source_address,
	  IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "does the group hold the address and port that the request came from" },
	{ "allow_address(group: int 0..2147483647, address: any, port: int 0..65535 = 0) -> bool",
	  fn_allow_address, IN_ANY, FUNC_MUST_CHECK,
	  "does the group hold this address (and port, for entries that name one)" },
	{ "allow_source_address_group() -> int", fn_allow_source_address_group,
	  IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "the group of the closest network around the source; -1 if there is none" },
	{ "allow_address_group(address: any, port: int 0..65535 = 0) -> int",
	  fn_allow_address_group, IN_ANY, FUNC_MUST_CHECK,
	  "the group of the closest network around this address; -1 if there is none" },
	{ "source_address_tag(group: int 0..2147483647 = 1) -> str?", fn_source_address_tag,
	  IN_REQUEST | IN_FAILURE, 0,
	  "the tag of the group's entry for the source; null if the group does not hold it" },
	{ "allow_trusted(address: any = null, transport: str = \"\") -> bool", fn_allow_trusted,
	  IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "is the request's source (or this address and transport) trusted with this From and "
	  "Request-URI" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct permissions_local, allowed, STAT_COUNTER, "questions answered with yes"),
	LCS_STAT(struct permissions_local, refused, STAT_COUNTER, "questions answered with no"),
	{ 0 }
};

LCS_MODULE(permissions,
	.summary = "who may, by address",
	.flags = MODULE_MAY_LEAVE,
	.conf_size = sizeof(struct permissions_conf),
	.local_size = sizeof(struct permissions_local),
	.params = params,
	.funcs = funcs,
	.stats = stats,
	.rpcs = rpcs,
	.check = check,
	.prepare = prepare,
	.retire = retire,
	.manual =
	    "An address entry is `GROUP ADDRESS/BITS [PORT [TAG]]`, or with blanks throughout,\n"
	    "`GROUP ADDRESS BITS PORT TAG`. Of several that cover an address the longest mask\n"
	    "decides. Without a mask an entry is one address, without a port any.\n"
	    "\n"
	    "A trusted entry is `SOURCE TRANSPORT [FROM-PATTERN [URI-PATTERN [TAG]]]`: a network or\n"
	    "`any`; `udp`, `tcp`, `tls` or `any`; regular expressions without blanks over the URI in\n"
	    "From and the Request-URI, `-` for any.\n"
	    "\n"
	    "A source address over UDP can be forged by anybody whom the network lets do so.\n",
);
