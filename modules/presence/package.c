/*
 * modules/presence/package.c - the event packages that modules bring.
 */
#include "modules/presence/presence.h"

#include <errno.h>

#define DEFAULT_EXPIRES 3600
#define MIN_EXPIRES     60
#define MAX_EXPIRES     86400

struct package *package_find(struct presence *p, struct slice name)
{
	/* RFC 6665 8.2.1: byte by byte. LCS clients write these names as servers announce them. */
	for (unsigned i = 0; i < p->package_count; i++)
		if (slice_eq(p->packages[i].pk->name, name))
			return &p->packages[i];
	return NULL;
}

struct package *package_of(struct presence *p, const struct presence_package *pk)
{
	for (unsigned i = 0; i < p->package_count; i++)
		if (p->packages[i].pk == pk)
			return &p->packages[i];
	lcs_assert(!"a package that was added");
	return NULL;
}

const struct presence_package *package_named(struct presence *p, struct slice name)
{
	struct package *pkg = package_find(p, name);

	return pkg ? pkg->pk : NULL;
}

static int announce(struct presence *p, struct slice name)
{
	size_t len = strlen(p->events);

	if (len + name.len + 2 > sizeof(p->events))
		return -ENOSPC;
	if (len)
		p->events[len++] = ',';
	memcpy(p->events + len, name.p, name.len);
	p->events[len + name.len] = '\0';
	return 0;
}

int package_add(struct presence *p, const struct presence_package *pk, void *arg)
{
	struct package *pkg = &p->packages[p->package_count];

	if (package_find(p, pk->name))
		return -EEXIST;
	if (p->package_count == PACKAGES_MAX)
		return -ENOSPC;
	if ((pk->flags & PRESENCE_ANNOUNCED) && announce(p, pk->name) != 0)
		return -ENOSPC;
	*pkg = (struct package){ .pk = pk, .arg = arg, .index = p->package_count };
	while (pk->formats[pkg->format_count].content_type.len)
		pkg->format_count++;
	p->package_count++;
	return 0;
}

struct slice package_announced(struct presence *p) { return slice_str(p->events); }

int64_t package_default_expires(const struct package *pkg)
{
	return pkg->pk->default_expires ? pkg->pk->default_expires : DEFAULT_EXPIRES;
}

int64_t package_min_expires(const struct package *pkg)
{
	return pkg->pk->min_expires ? pkg->pk->min_expires : MIN_EXPIRES;
}

int64_t package_max_expires(const struct package *pkg)
{
	return pkg->pk->max_expires ? pkg->pk->max_expires : MAX_EXPIRES;
}
