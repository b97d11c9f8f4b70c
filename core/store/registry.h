/*
 * core/store/registry.h - what modules have brought before the store opens: schemas and drivers.
 *
 * Written while modules are loaded, by the control thread; read from then on.
 */
#ifndef CORE_STORE_REGISTRY_H
#define CORE_STORE_REGISTRY_H

#include "core/store/store.h"

#define STORE_SCHEMAS_MAX 64u

struct store_schemas {			/* in the order in which the modules were loaded */
	const struct store_schema *list[STORE_SCHEMAS_MAX];
	unsigned                   count;
};
const struct store_schemas *store_schemas(void);

/** The driver of a URL's scheme, and in *rest what stands behind "scheme:"; NULL: nobody
 *  brought one. SQLite's is always there. */
const struct store_backend *store_backend_of(const char *url, const char **rest);

/** For a process that loads its modules anew. */
void store_registry_clear(void);

#endif
