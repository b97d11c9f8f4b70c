/*
 * core/store/registry.c - see registry.h.
 */
#include "core/store/registry.h"

#include "core/store/backend.h"

#include <errno.h>

#define BACKENDS_MAX 8u

struct scheme { const char *name; const struct store_backend *backend; };

static struct store_schemas schemas;
static struct scheme schemes[BACKENDS_MAX] = { { "sqlite", &store_sqlite } };
static unsigned scheme_count = 1;

int store_register(const struct store_schema *schema)
{
	if (schemas.count == STORE_SCHEMAS_MAX)
		return -ENOSPC;
	schemas.list[schemas.count++] = schema;
	return 0;
}

const struct store_schemas *store_schemas(void) { return &schemas; }

int store_backend_register(const char *scheme, const struct store_backend *backend)
{
	if (scheme_count == BACKENDS_MAX)
		return -ENOSPC;
	schemes[scheme_count++] = (struct scheme){ scheme, backend };
	return 0;
}

const struct store_backend *store_backend_of(const char *url, const char **rest)
{
	struct slice all = slice_str(url), scheme = slice_split(&all, ':');

	*rest = all.p;
	for (unsigned i = 0; i < scheme_count; i++)
		if (slice_eq(scheme, slice_str(schemes[i].name)))
			return schemes[i].backend;
	return NULL;
}

void store_registry_clear(void)
{
	schemas.count = 0;
	scheme_count = 1;
}
