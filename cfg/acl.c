/*
 * cfg/acl.c - networks: a bit trie per address family.
 */
#include "cfg/table.h"

struct acl_node {
	struct acl_node *child[2];
	enum acl_word    row;
};

struct cfg_acl { struct acl_node *v4, *v6; };

static unsigned bit_of(const struct ip_addr *ip, unsigned n)
{
	return ip->bytes[n / 8] >> (7 - n % 8) & 1u;
}

/* What the rows from the root to so many bits say: the longest match wins. */
static enum acl_word row_along(const struct cfg_acl *acl, const struct ip_addr *ip, unsigned bits)
{
	const struct acl_node *n = ip->family == 4 ? acl->v4 : acl->v6;
	enum acl_word row = ACL_NOTHING;

	for (unsigned i = 0; n; i++) {
		if (n->row != ACL_NOTHING)
			row = n->row;
		n = i < bits ? n->child[bit_of(ip, i)] : NULL;
	}
	return row;
}

bool cfg_acl_covers(const struct cfg_acl *acl, const struct ip_addr *ip)
{
	return row_along(acl, ip, ip->family == 4 ? 32 : 128) == ACL_IN;
}

enum acl_word acl_around(const struct cfg_acl *acl, const struct ip_net *net)
{
	return net->bits ? row_along(acl, &net->addr, net->bits - 1) : ACL_NOTHING;
}

struct cfg_acl *acl_new(struct mem *mem) { return MEM_NEW(mem, struct cfg_acl); }

static struct acl_node *place(struct mem *mem, struct cfg_acl *acl, const struct ip_net *net)
{
	struct acl_node **at = net->addr.family == 4 ? &acl->v4 : &acl->v6;

	for (unsigned i = 0;; i++) {
		if (!*at)
			*at = MEM_NEW(mem, struct acl_node);
		if (i == net->bits)
			return *at;
		at = &(*at)->child[bit_of(&net->addr, i)];
	}
}

bool acl_put(struct mem *mem, struct cfg_acl *acl, const struct ip_net *net, enum acl_word row)
{
	struct acl_node *n = place(mem, acl, net);
	bool is_new = n->row == ACL_NOTHING;

	n->row = row;
	return is_new;
}

static void merge(struct mem *mem, struct acl_node **to, const struct acl_node *from, bool is_not)
{
	if (!from)
		return;
	if (!*to)
		*to = MEM_NEW(mem, struct acl_node);
	if (from->row != ACL_NOTHING && (*to)->row == ACL_NOTHING)
		(*to)->row = is_not == (from->row == ACL_OUT) ? ACL_IN : ACL_OUT;
	for (unsigned i = 0; i < 2; i++)
		merge(mem, &(*to)->child[i], from->child[i], is_not);
}

void acl_merge(struct mem *mem, struct cfg_acl *to, const struct cfg_acl *from, bool is_not)
{
	merge(mem, &to->v4, from->v4, is_not);
	merge(mem, &to->v6, from->v6, is_not);
}
