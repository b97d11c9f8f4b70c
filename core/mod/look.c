/*
 * core/mod/look.c - see look.h.
 */
#include "core/mod/look.h"

#include "cfg/check.h"
#include "core/mod/settings.h"
#include "parser/uri.h"
#include "utils/addr.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/select.h>

#define NAME_BYTES 256u

struct look {
	ares_channel      ares;
	const struct cfg *cfg;
	struct diag      *diag;
	struct asked { struct asked *next; struct slice name; bool found; const char *why; } *asked;
	bool              is_short;
};

/* ---- one question ---- */

struct answer { bool found; int status; };

static void got_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *list)
{
	struct answer *a = arg;

	(void)timeouts;
	a->found |= status == ARES_SUCCESS && list && list->nodes;
	a->status = status;
	ares_freeaddrinfo(list);
}

static void got_services(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
	struct answer *a = arg;
	struct ares_srv_reply *list = NULL;

	(void)timeouts;
	if (status != ARES_SUCCESS || ares_parse_srv_reply(packet, len, &list) != ARES_SUCCESS)
		return;
	a->found |= list != NULL;
	ares_free_data(list);
}

static void wait(ares_channel ares)
{
	fd_set in, out;
	struct timeval tv;
	int top;

	for (;;) {
		FD_ZERO(&in);
		FD_ZERO(&out);
		top = ares_fds(ares, &in, &out);
		if (top == 0)
			return;
		select(top, &in, &out, NULL, ares_timeout(ares, NULL, &tv));
		ares_process(ares, &in, &out);
	}
}

/* A domain may have servers without having an address itself (RFC 3263 4.2). */
static struct answer ask(struct look *l, const char *name)
{
	static const char *const services[] = { "_sip._udp", "_sip._tcp", "_sips._tcp" };
	const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC };
	struct answer a = { false, ARES_SUCCESS };
	char service[NAME_BYTES + 16];

	ares_getaddrinfo(l->ares, name, NULL, &hints, got_addresses, &a);
	wait(l->ares);
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]) && !a.found; i++) {
		snprintf(service, sizeof(service), "%s.%s", services[i], name);
		ares_query(l->ares, service, ns_c_in, ns_t_srv, got_services, &a);
		wait(l->ares);
	}
	return a;
}

/* Each name once, however often it stands there; NULL: not to be asked. */
static const struct asked *look_up(struct look *l, struct slice host)
{
	char name[NAME_BYTES];
	struct ip_addr ip;
	struct answer answer;
	struct asked *a;

	if (host.len == 0 || host.len >= sizeof(name) || ip_parse(host, &ip) == 0)
		return NULL;
	for (a = l->asked; a; a = a->next)
		if (slice_eq_nocase(a->name, host))
			return a;
	a = arena_zalloc(l->cfg->arena, sizeof(*a));
	if (!a) {
		l->is_short = true;
		return NULL;
	}
	snprintf(name, sizeof(name), "%.*s", SLICE_ARG(host));
	answer = ask(l, name);
	*a = (struct asked){ l->asked, host, answer.found, ares_strerror(answer.status) };
	l->asked = a;
	return a;
}

/* ---- names of the configuration ---- */

static void judge(struct look *l, enum diag_level level, const char *what, struct slice host,
    struct cfg_span at)
{
	const struct asked *a = look_up(l, host);

	if (a && !a->found)
		diag_beside(diag_add(l->diag, level, 412, at, "%s \"%.*s\" cannot be resolved", what,
		    SLICE_ARG(host)), "%s; nor is there an SRV record for SIP", a->why);
}

static void judge_server_name(struct look *l)
{
	for (unsigned i = 0; i < l->cfg->setting_count; i++) {
		const struct cfg_value_at *v = &l->cfg->settings[i];

		if (strcmp(v->decl->name, "server_name") == 0)
			judge(l, DIAG_WARNING, "this server's name", v->value.s, v->at);
	}
}

static void judge_aliases(struct look *l)
{
	const struct setting_item *item = l->cfg->ast->aliases.first;

	for (unsigned i = 0; i < l->cfg->alias_count && item; i++, item = item->next)
		judge(l, DIAG_WARNING, "the domain", slice_first(l->cfg->aliases[i],
		    slice_find(l->cfg->aliases[i], ':')), item->value->at);
}

static void judge_text(struct look *l, const struct value *v, struct cfg_span at)
{
	struct sip_uri uri;

	if (v && v->type == VALUE_STRING && (slice_starts(v->s, SLICE("sip:")) ||
	    slice_starts(v->s, SLICE("sips:"))) && sip_uri_parse(v->s, &uri, NULL) == 0)
		judge(l, DIAG_WARNING, "the host", uri.host, at);
}

static void judge_literal(struct walk *w, struct expr *e)
{
	if (e->kind == EXPR_LITERAL)
		judge_text(w->arg, &e->literal.value, e->at);
}

static void judge_script(struct look *l)
{
	struct walk literals = { .expr = judge_literal, .arg = l };
	const struct ast *ast = l->cfg->ast;

	for (const struct map_decl *m = ast->maps.first; m; m = m->next)
		for (const struct map_row *r = m->rows; r; r = r->next)
			walk_expr(&literals, r->value);
	for (const struct const_decl *c = ast->consts.first; c; c = c->next)
		walk_expr(&literals, c->value);
	for (const struct route_decl *r = ast->routes.first; r; r = r->next)
		walk_stmts(&literals, r->body);
}

static int open_resolver(struct look *l)
{
	const struct value *servers = cfg_setting(l->cfg, "dns_servers");
	struct ares_options o = {
		.timeout = (int)(cfg_setting(l->cfg, "dns_timeout")->dur / 1000),
		.tries = (int)cfg_setting(l->cfg, "dns_tries")->i,
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
	};
	char *list = arena_dup_cstr(l->cfg->arena, servers->s);

	if (!list)
		return -ENOMEM;
	if (ares_init_options(&l->ares, &o, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_FLAGS) !=
	    ARES_SUCCESS)
		return -EIO;
	if (servers->s.len == 0 || ares_set_servers_ports_csv(l->ares, list) == ARES_SUCCESS)
		return 0;
	ares_destroy(l->ares);
	return -EIO;
}

int look_up_names(const struct cfg *cfg, struct diag *diag)
{
	struct look l = { .cfg = cfg, .diag = diag };
	int err = open_resolver(&l);

	if (err)
		return err;
	for (unsigned i = 0; i < cfg->listener_count; i++)
		judge(&l, DIAG_ERROR, "the advertised host", cfg->listeners[i].advertise_host,
		    cfg->listeners[i].at);
	judge_server_name(&l);
	judge_aliases(&l);
	judge_script(&l);
	ares_destroy(l.ares);
	return l.is_short ? -ENOMEM : diag_errors(diag) ? -EINVAL : 0;
}
