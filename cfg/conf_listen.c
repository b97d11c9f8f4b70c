/*
 * cfg/conf_listen.c - where the server listens, and the names that it answers to.
 */
#include "cfg/check.h"
#include "cfg/guest.h"

static const struct sym_setting listen_options[] = {
	{ .name = "name", .type = VALUE_STRING, .preset = "",
	  .doc = "what $sck(name) and the logs call it" },
	{ .name = "advertise", .type = VALUE_STRING, .preset = "",
	  .doc = "host or host:port that others are told, in Via, Record-Route and Contact" },
	{ .name = "as", .type = VALUE_STRING, .preset = "", .doc = "the same as advertise" },
	{ .name = "virtual", .type = VALUE_BOOL, .preset = "no",
	  .doc = "the address may not be there yet (freebind)" },
	{ .name = "anycast", .type = VALUE_BOOL, .preset = "no",
	  .doc = "other servers have this address, too" },
	{ .name = "tos", .type = VALUE_INT, .max = 255, .preset = "0",
	  .doc = "type of service of what is sent" },
	{ .name = "require_client_certificate", .type = VALUE_BOOL, .preset = "no",
	  .doc = "TLS: refuse who does not show a certificate that verifies" },
	{ .name = "faces", .type = VALUE_STRING, .preset = "", .words = "clients|peers",
	  .doc = "TLS: who comes here. clients: users' programs, which are never asked for a certificate. "
	  "peers: other servers of ours, by mutual TLS alone; they show a certificate of the "
	  "authorities in parameter peer_ca of module tls that names one of its peers" }
};
#define LISTEN_OPTIONS (sizeof(listen_options) / sizeof(listen_options[0]))

const struct sym_setting *cfg_listen_option(unsigned n)
{
	return n < LISTEN_OPTIONS ? &listen_options[n] : NULL;
}

static const struct sym_setting *find_option(const struct load *ld, struct slice key)
{
	const struct sym_module *core = ld->host->core;
	const struct sym_setting *s = setting_find(listen_options, LISTEN_OPTIONS, key);

	return s ? s : setting_find(core->listen_options, core->listen_option_count, key);
}

static void say_no_option(struct load *ld, const struct setting_item *item)
{
	const struct sym_module *core = ld->host->core;
	struct candidates all = { .ld = ld };
	struct diag_item *d = load_error(ld, 401, item->key_at, "a listener has no option \"%.*s\"",
	    SLICE_ARG(item->key));

	for (size_t i = 0; i < LISTEN_OPTIONS; i++)
		candidates_add(&all, slice_str(listen_options[i].name));
	for (unsigned i = 0; i < core->listen_option_count; i++)
		candidates_add(&all, slice_str(core->listen_options[i].name));
	candidates_say(&all, item->key, d, item->key_at, "\"", "\"");
}

/* "host", "host:port", "[v6]:port"; false if the port is none. */
static bool split_host(struct slice s, struct slice *host, uint16_t *port)
{
	size_t colon = s.len;
	uint32_t n;

	*host = s;
	*port = 0;
	for (size_t i = s.len; i > 0 && s.p[i - 1] != ']'; i--)
		if (s.p[i - 1] == ':')
			colon = i - 1;
	/* More than one colon outside brackets: an IPv6 address without a port. */
	if (colon == s.len || (s.len && s.p[0] != '[' &&
	    slice_find(slice_skip(s, colon + 1), ':') < s.len - colon - 1))
		return true;
	*host = slice_first(s, colon);
	if (slice_to_u32(slice_skip(s, colon + 1), &n) != 0 || n == 0 || n > 65535)
		return false;
	*port = (uint16_t)n;
	return true;
}

static void set_advertised(struct load *ld, struct cfg_listener *l, const struct setting_item *i,
    struct slice text)
{
	if (!split_host(text, &l->advertise_host, &l->advertise_port))
		load_error(ld, 405, i->value->at, "a port is a number from 1 to 65535");
}

static void set_option(struct load *ld, struct cfg_listener *l, struct cfg_listener_opt *opts,
    struct setting_item *i)
{
	const struct sym_setting *decl = find_option(ld, i->key);
	struct value v = value_null();

	if (!decl) {
		say_no_option(ld, i);
		return;
	}
	if (!convert_setting(ld, decl, NULL, i, &v))
		return;
	if (slice_eq(i->key, SLICE("name")))
		l->name = v.s;
	else if (slice_eq(i->key, SLICE("advertise")) || slice_eq(i->key, SLICE("as")))
		set_advertised(ld, l, i, v.s);
	else
		opts[l->opt_count++] = (struct cfg_listener_opt){ i->key, v, i->value->at };
}

static void set_options(struct load *ld, struct cfg_listener *l, struct setting_item *first)
{
	struct cfg_listener_opt *opts;
	unsigned n = 0;

	for (const struct setting_item *i = first; i; i = i->next)
		n++;
	opts = MEM_ARRAY(&ld->mem, struct cfg_listener_opt, n + 1);
	l->opts = opts;
	for (struct setting_item *i = first; i; i = i->next)
		set_option(ld, l, opts, i);
}

/* ---- who comes to it: one or the other, and never without saying so ---- */

const struct cfg_listener_opt *cfg_listener_opt(const struct cfg_listener *l, struct slice key)
{
	for (unsigned i = 0; i < l->opt_count; i++)
		if (slice_eq(l->opts[i].key, key))
			return &l->opts[i];
	return NULL;
}

bool cfg_listener_faces(const struct cfg_listener *l, struct slice who)
{
	const struct cfg_listener_opt *faces = cfg_listener_opt(l, SLICE("faces"));

	return faces && slice_eq(faces->value.s, who);
}

static void check_faces(struct load *ld, const struct cfg_listener *l)
{
	const struct cfg_listener_opt *faces = cfg_listener_opt(l, SLICE("faces"));
	const struct cfg_listener_opt *wants = cfg_listener_opt(l,
	    SLICE("require_client_certificate"));
	bool peers = cfg_listener_faces(l, SLICE("peers"));

	if (!faces)
		return;
	if (peers && !slice_eq(l->proto, SLICE("tls")))
		diag_beside(load_error(ld, 413, faces->at, "peers do not come by %.*s",
		    SLICE_ARG(l->proto)), "servers talk to each other by mutual TLS alone: tls:");
	if (peers && wants && !wants->value.b)
		diag_beside(load_error(ld, 413, wants->at, "peers always show a certificate"),
		    "leave this out, or let the listener face clients");
	if (!peers && wants && wants->value.b)
		diag_beside(load_error(ld, 413, wants->at, "clients are not asked for a certificate"),
		    "where servers come, the listener faces \"peers\"; without \"faces\" anybody with "
		    "a certificate is let in");
}

static const char *const transports[] = { "udp", "tcp", "tls" };

static bool set_transport(struct load *ld, struct cfg_listener *l, struct slice proto)
{
	struct diag_item *d;
	const char *near;

	for (size_t i = 0; i < 3; i++)
		if (slice_eq(proto, slice_str(transports[i]))) {
			l->proto = slice_str(transports[i]);
			return true;
		}
	d = load_error(ld, 407, l->at, "there is no transport \"%.*s\"", SLICE_ARG(proto));
	near = diag_nearest(proto, transports, 3);
	diag_beside(d, near ? "did you mean \"%s\"?" : "transports: udp, tcp, tls", near);
	return false;
}

static bool has_transport(struct slice address)
{
	size_t n = slice_find(address, ':');

	for (size_t i = 0; i < n; i++)
		if (address.p[i] < 'a' || address.p[i] > 'z')
			return false;
	/* "localhost:5060" is a host and a port. */
	return n > 0 && n < address.len && n + 1 < address.len &&
	    (slice_find(slice_skip(address, n + 1), ':') < address.len - n - 1 ||
	    !is_digit(address.p[n + 1]) || slice_find(slice_skip(address, n + 1), '.') <
	    address.len - n - 1);
}

static bool make_listener(struct load *ld, const struct listen_item *item,
    struct cfg_listener *l)
{
	struct slice address = item->address;

	l->at = item->address_at;
	if (!has_transport(address)) {
		diag_beside(load_error(ld, 407, item->address_at, "a listener needs a transport"),
		    "write udp:%.*s, tcp:%.*s or tls:%.*s", SLICE_ARG(address),
		    SLICE_ARG(address), SLICE_ARG(address));
		return false;
	}
	if (!set_transport(ld, l, slice_split(&address, ':')))
		return false;
	if (!split_host(address, &l->host, &l->port)) {
		load_error(ld, 405, item->address_at, "a port is a number from 1 to 65535");
		return false;
	}
	set_options(ld, l, item->options);
	check_faces(ld, l);
	return true;
}

static uint16_t real_port(const struct cfg_listener *l)
{
	return l->port ? l->port : slice_eq(l->proto, SLICE("tls")) ? 5061 : 5060;
}

/* TLS runs over TCP: the two cannot share a port either. */
static bool same_socket(const struct cfg_listener *a, const struct cfg_listener *b)
{
	bool udp_a = slice_eq(a->proto, SLICE("udp")), udp_b = slice_eq(b->proto, SLICE("udp"));

	return udp_a == udp_b && real_port(a) == real_port(b) &&
	    slice_eq_nocase(a->host, b->host);
}

static void check_collision(struct load *ld, const struct cfg_listener *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct diag_item *d;

		if (!same_socket(&list[i], &list[n]))
			continue;
		d = load_error(ld, 412, list[n].at, "two listeners on one address");
		diag_beside(d, "the first one:");
		diag_see(d, list[i].at);
		return;
	}
}

/* A host name or address, maybe with a port; the letters of an address are among them. */
static bool is_host(struct slice s)
{
	struct slice host;
	uint16_t port;

	if (!split_host(s, &host, &port) || host.len == 0)
		return false;
	for (size_t i = 0; i < host.len; i++)
		if (!is_alpha(host.p[i]) && !is_digit(host.p[i]) &&
		    slice_find(SLICE(".-_:[]"), host.p[i]) == 6)
			return false;
	return true;
}

static bool check_alias(struct load *ld, const struct setting_item *i, struct slice s)
{
	if (is_host(s))
		return true;
	diag_beside(load_error(ld, 405, i->value->at, "this names no domain"),
	    "write it as in alias = \"example.com\"");
	return false;
}

static void check_aliases(struct load *ld)
{
	struct slice *list = MEM_ARRAY(&ld->mem, struct slice, ld->ast->aliases.count + 1);
	static const struct sym_setting decl = { .name = "alias", .type = VALUE_STRING };
	struct value v;
	unsigned n = 0;

	for (struct setting_item *i = ld->ast->aliases.first; i; i = i->next)
		if (convert_setting(ld, &decl, NULL, i, &v) && check_alias(ld, i, v.s))
			list[n++] = v.s;
	ld->cfg->aliases = list;
	ld->cfg->alias_count = n;
}

static void name_transports(struct load *ld)
{
	for (struct listen_item *i = ld->ast->listens.first; i; i = i->next)
		if (!has_transport(i->address))
			guest_listener(ld, i);
}

void check_listeners(struct load *ld)
{
	struct cfg_listener *list;
	unsigned n = 0;

	if (is_guest(ld))
		name_transports(ld);
	list = MEM_ARRAY(&ld->mem, struct cfg_listener, ld->ast->listens.count + 1);

	for (const struct listen_item *i = ld->ast->listens.first; i; i = i->next) {
		memset(&list[n], 0, sizeof(list[n]));
		if (!make_listener(ld, i, &list[n]))
			continue;
		check_collision(ld, list, n);
		n++;
	}
	ld->cfg->listeners = list;
	ld->cfg->listener_count = n;
	check_aliases(ld);
}
