/*
 * modules/dirsync/secrets.c - may secrets be read from this directory, in this way?
 */
#include "modules/dirsync/dirsync.h"

static bool is_loopback(struct slice uri)
{
	struct slice host = slice_skip(uri, slice_search(uri, SLICE("://")) + 3);
	struct ip_addr ip;

	host = slice_first(host, slice_find(host, '/'));
	if (slice_starts(host, SLICE("[")))
		host = slice_first(host, slice_find(host, ']') + 1);
	else
		host = slice_first(host, slice_find(host, ':'));
	if (uri_host_ip(host, &ip) == 0)
		return ip_is_loopback(&ip);
	return slice_eq_nocase(host, SLICE("localhost"));
}

/* ldap: without StartTLS shows hashes to whoever listens, and takes them from whoever answers. */
static bool is_in_clear(const struct dirsync_conf *c)
{
	struct slice rest = c->uri;

	if (slice_eq(c->tls, SLICE("required")))
		return false;
	while ((rest = slice_trim(rest)).len > 0) {
		struct slice uri = slice_split(&rest, ' ');

		if (!slice_starts_nocase(uri, SLICE("ldaps:")) && !is_loopback(uri))
			return true;
	}
	return false;
}

int secrets_check(const struct dirsync_conf *c, struct diag *diag)
{
	const char *name = c->nt_hash.len ? "nt_hash" : "ha1";

	if (!c->nt_hash.len && !c->ha1.len)
		return 0;
	if (is_in_clear(c))
		return diag_error(diag, "tls", "must be required with %s: hashes are as good as passwords, and "
		    "would go over the network in clear", name);
	if (!c->bind_dn.len && !c->keytab.len)
		return diag_error(diag, name, "needs bind_dn or keytab: what nobody has to sign in for, "
		    "everybody can read");
	return 0;
}
