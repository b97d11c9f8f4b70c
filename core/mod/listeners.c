/*
 * core/mod/listeners.c - see listeners.h.
 */
#include "core/mod/listeners.h"

#include "core/run/worker.h"
#include "utils/addr.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

/* Where a listen line is being read into. */
struct reading {
	const struct cfg          *cfg;
	const struct cfg_listener *line;
	struct diag               *diag;
	struct server_setup       *setup;
};

static int copy_text(const struct reading *r, char *out, size_t room, struct slice s,
    const char *what)
{
	if (s.len >= room) {
		diag_add(r->diag, DIAG_ERROR, 407, r->line->at, "%s is longer than %zu bytes", what,
		    room - 1);
		return -EINVAL;
	}
	if (s.len)
		memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return 0;
}

static int read_option(const struct reading *r, struct net_listener *l,
    const struct cfg_listener_opt *opt)
{
	if (slice_eq(opt->key, SLICE("require_client_certificate")) &&
	    opt->value.type == VALUE_BOOL) {
		l->require_client_certificate = opt->value.b;
		return 0;
	}
	if (slice_eq(opt->key, SLICE("faces")) && opt->value.type == VALUE_STRING) {
		l->faces = cfg_listener_faces(r->line, SLICE("peers")) ? FACES_PEERS :
		    FACES_CLIENTS;
		return 0;
	}
	diag_add(r->diag, DIAG_ERROR, 401, opt->at,
	    "a listener has no option \"%.*s\" of this kind", SLICE_ARG(opt->key));
	return -EINVAL;
}

static bool is_twice(const struct server_setup *setup, const struct net_listener *l)
{
	for (unsigned i = 0; i < setup->listener_count; i++) {
		const struct net_listener *other = &setup->listeners[i];

		if ((other->transport == TRANSPORT_UDP) == (l->transport == TRANSPORT_UDP) &&
		    sock_addr_eq(&other->addr, &l->addr))
			return true;
	}
	return false;
}

/* Peers compare certificates with the name that they are told to come back to. */
static struct slice told_host(const struct reading *r)
{
	struct slice host = r->line->advertise_host;

	return host.len || !cfg_listener_faces(r->line, SLICE("peers")) ? host :
	    cfg_setting(r->cfg, "server_name")->s;
}

static int add(const struct reading *r, const struct ip_addr *ip, uint32_t scope)
{
	struct server_setup *setup = r->setup;
	struct net_listener l = { .transport = transport_parse(r->line->proto) };
	int err;

	l.addr.ip = *ip;
	l.addr.scope = scope;
	l.addr.port = r->line->port ? r->line->port : transport_default_port(l.transport);
	l.advertise_port = r->line->advertise_port;
	err = copy_text(r, l.name, sizeof(l.name), r->line->name, "the name");
	if (!err)
		err = copy_text(r, l.advertise_host, sizeof(l.advertise_host),
		    told_host(r), "the advertised host");
	for (unsigned i = 0; !err && i < r->line->opt_count; i++)
		err = read_option(r, &l, &r->line->opts[i]);
	if (!err && (setup->listener_count == LISTENERS_MAX || is_twice(setup, &l))) {
		diag_add(r->diag, DIAG_ERROR, 412, r->line->at,
		    setup->listener_count == LISTENERS_MAX ? "more than %d listeners" :
		    "two listeners on one address", LISTENERS_MAX);
		err = -EINVAL;
	}
	if (!err)
		setup->listeners[setup->listener_count++] = l;
	return err;
}

/* ---- names of the line's address ---- */

static bool is_link_local(const struct sockaddr_in6 *sa)
{
	return IN6_IS_ADDR_LINKLOCAL(&sa->sin6_addr);
}

static int add_sockaddr(const struct reading *r, const struct sockaddr *sa)
{
	struct sockaddr_storage ss = { 0 };
	struct sock_addr addr;
	uint32_t scope = 0;

	if (sa->sa_family == AF_INET6) {
		memcpy(&ss, sa, sizeof(struct sockaddr_in6));
		if (is_link_local((const struct sockaddr_in6 *)(const void *)sa))
			scope = ((const struct sockaddr_in6 *)(const void *)sa)->sin6_scope_id;
	} else {
		memcpy(&ss, sa, sizeof(struct sockaddr_in));
	}
	sock_addr_from(&addr, &ss);
	return add(r, &addr.ip, scope);
}

/* All addresses of an interface; -ENODEV if there is none of that name. */
static int add_interface(const struct reading *r)
{
	struct ifaddrs *list, *i;
	int err = -ENODEV;

	if (getifaddrs(&list) != 0)
		return -errno;
	for (i = list; i; i = i->ifa_next) {
		if (!i->ifa_addr || !slice_eq(slice_str(i->ifa_name), r->line->host))
			continue;
		if (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6)
			continue;
		err = add_sockaddr(r, i->ifa_addr);
		if (err)
			break;
	}
	freeifaddrs(list);
	return err;
}

/* Where nothing is sent for real the wire needs no module. */
static bool lacks_tls(const struct reading *r)
{
	if (transport_parse(r->line->proto) != TRANSPORT_TLS || !workers_are_real())
		return false;
	for (unsigned i = 0; i < r->cfg->module_count; i++)
		if (strcmp(r->cfg->modules[i].sym->name, "tls") == 0)
			return false;
	return true;
}

static int read_line(const struct reading *r)
{
	struct slice host = r->line->host;
	struct ip_addr ip = { .family = 4 };
	int err;

	if (transport_parse(r->line->proto) == TRANSPORT_NONE) {
		diag_add(r->diag, DIAG_ERROR, 407, r->line->at,
		    "\"%.*s\" is no transport: udp, tcp or tls", SLICE_ARG(r->line->proto));
		return -EINVAL;
	}
	if (lacks_tls(r)) {
		diag_help(diag_add(r->diag, DIAG_ERROR, 410, r->line->at,
		    "a listener for TLS needs module \"tls\""),
		    "add: loadmodule \"tls\", and its certificate and key");
		return -EINVAL;
	}
	if (slice_eq(host, SLICE("*")) || host.len == 0)
		return add(r, &ip, 0);
	if (ip_parse(host, &ip) == 0)
		return add(r, &ip, 0);
	if (slice_eq_nocase(host, SLICE("localhost")))
		return add(r, &(struct ip_addr){ 4, { 127, 0, 0, 1 } }, 0);
	err = add_interface(r);
	if (err == -ENODEV)
		diag_add(r->diag, DIAG_ERROR, 412, r->line->at,
		    "\"%.*s\" is neither an address nor an interface of this machine",
		    SLICE_ARG(host));
	return err ? -EINVAL : 0;
}

int listeners_read(const struct cfg *cfg, struct diag *diag, struct server_setup *setup)
{
	int err = 0;

	for (unsigned i = 0; i < cfg->listener_count; i++) {
		const struct reading r = { cfg, &cfg->listeners[i], diag, setup };

		if (read_line(&r) != 0)
			err = -EINVAL;
	}
	return err;
}
