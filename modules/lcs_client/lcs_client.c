/*
 * lcs_client - what LCS clients want to read in the answer to their REGISTER.
 *
 * They take the lifetime from an Expires header, subscribe only to what Allow-Events names,
 * and learn from Supported what the server can do.
 */
#include "modules/presence/presence_api.h"
#include "modules/registrar/registrar_api.h"

struct lcs_client_conf {
	struct slice       allow_events, server;
	struct lcs_strings supported;
	msec_t             keep_alive;
};

struct lcs_client_local { uint64_t added, refreshed, removed; };

struct lcs_client {
	struct lcs_mod            *mod;
	const struct presence_api *presence;	/* NULL: not loaded */
	struct presence           *presence_state;
};

/* They alone name their endpoint so. */
static bool is_lcs_client(struct lcs_ctx *ctx)
{
	const struct name_addr *from = msg_from(lcs_msg(ctx));
	struct slice epid;

	return from && hdr_param(from->params, SLICE("epid"), &epid) && epid.len;
}

static void put_line(struct buf *b, struct slice name, struct slice value)
{
	buf_put(b, name);
	buf_put(b, SLICE(": "));
	buf_put(b, value);
	buf_put(b, SLICE("\r\n"));
}

/* One header with commas and no blanks: clients do not trim what is between them. */
static void put_events(const struct lcs_client *client, const struct lcs_client_conf *conf,
    struct buf *b)
{
	struct slice ours = client->presence ?
	    client->presence->allow_events(client->presence_state) : SLICE_NULL;
	struct slice rest = conf->allow_events;
	bool any = ours.len > 0;

	if (!ours.len && !rest.len)
		return;
	buf_put(b, SLICE("Allow-Events: "));
	buf_put(b, ours);
	while (rest.len) {
		struct slice event = slice_trim(slice_split(&rest, ','));

		if (!event.len)
			continue;
		if (any)
			buf_put_char(b, ',');
		buf_put(b, event);
		any = true;
	}
	buf_put(b, SLICE("\r\n"));
}

static void put_keep_alive(const struct lcs_client_conf *conf, struct buf *b)
{
	if (conf->keep_alive <= 0)
		return;
	buf_put(b, SLICE("ms-keep-alive: UAS; tcp=no; hop-hop=yes; end-end=no; timeout="));
	buf_put_u64(b, (uint64_t)(conf->keep_alive / 1000));
	buf_put(b, SLICE("\r\n"));
}

static void put_state(struct lcs_client_local *stats, const struct registrar_answer *answer,
    struct buf *b)
{
	struct slice action = SLICE("removed");

	if (answer->expires > 0)
		action = answer->was_there ? SLICE("refreshed") : SLICE("added");
	lcs_count(answer->expires == 0 ? &stats->removed :
	    answer->was_there ? &stats->refreshed : &stats->added);
	buf_put(b, SLICE("presence-state: register-action=\""));
	buf_put(b, action);
	buf_put(b, SLICE("\"\r\n"));
}

static void put_answer(void *arg, const struct registrar_answer *answer, struct buf *b)
{
	struct lcs_client *client = arg;
	const struct lcs_client_conf *conf = lcs_conf(client->mod, lcs_ctx_gen(answer->ctx));

	if (!conf || !is_lcs_client(answer->ctx))
		return;
	buf_put(b, SLICE("Expires: "));
	buf_put_u64(b, (uint64_t)answer->expires);
	buf_put(b, SLICE("\r\n"));
	put_state(lcs_local(client->mod), answer, b);
	put_keep_alive(conf, b);
	put_events(client, conf, b);
	for (size_t i = 0; i < conf->supported.count; i++)
		put_line(b, SLICE("Supported"), conf->supported.items[i]);
	if (conf->server.len)
		put_line(b, SLICE("Server"), conf->server);
}

static int load(struct lcs_mod *mod)
{
	struct lcs_client *client = lcs_shared(mod);
	const struct registrar_api *registrar;
	void *state;

	client->mod = mod;
	registrar = lcs_import(mod, "registrar", &state);
	return registrar->on_answer(state, put_answer, client);
}

static bool is_line(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ')
			return false;
	return true;
}

static int check(const void *conf, struct diag *diag)
{
	const struct lcs_client_conf *c = conf;

	if (!is_line(c->server))
		return diag_error(diag, "server", "must be one line");
	if (!is_line(c->allow_events))
		return diag_error(diag, "allow_events", "must be one line");
	for (size_t i = 0; i < c->supported.count; i++)
		if (!c->supported.items[i].len || !is_line(c->supported.items[i]) ||
		    slice_eq_nocase(c->supported.items[i], SLICE("msrtc-event-categories")))
			return diag_error(diag, "supported", "must be one line, and not "
			    "msrtc-event-categories: clients would take us for a later product");
	return 0;
}

static const struct lcs_need needs[] = {
	{ .name = "registrar", .version = 1 },
	NEED_OPTIONAL(struct lcs_client, presence, presence, 1),
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_STRING(struct lcs_client_conf, allow_events, "",
	    "event packages that clients are told of besides those of the presence module, with "
	    "commas between"),
	PARAM_STRINGS(struct lcs_client_conf, supported,
	    "value of a Supported header, each on a line of its own: adhoclist says that one "
	    "SUBSCRIBE may be for many (with the module rls)"),
	PARAM_STRING(struct lcs_client_conf, server, "",
	    "a Server header for LCS clients, as \"RTC/2.0\"; empty: none"),
	PARAM_DURATION(struct lcs_client_conf, keep_alive, "5m", 0, 3600000, "s",
	    "clients send an empty line after so long a silence; 0: they are not asked to"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct lcs_client_local, added, STAT_COUNTER, "endpoints that signed in"),
	LCS_STAT(struct lcs_client_local, refreshed, STAT_COUNTER, "endpoints that were refreshed"),
	LCS_STAT(struct lcs_client_local, removed, STAT_COUNTER, "endpoints that signed off"),
	{ 0 }
};

LCS_MODULE(lcs_client,
	.summary = "answers to REGISTER as LCS clients need them",
	.conf_size = sizeof(struct lcs_client_conf),
	.local_size = sizeof(struct lcs_client_local),
	.shared_size = sizeof(struct lcs_client),
	.params = params,
	.needs = needs,
	.stats = stats,
	.load = load,
	.check = check,
	.flags = MODULE_AT_START,
	.manual = "A client is taken for one of LCS if From has an epid. Its REGISTER is answered with "
	    "an Expires header (it waits for ever without), with presence-state, ms-keep-alive, and "
	    "with the event packages that it may subscribe to: it asks for no others.\n",
);
