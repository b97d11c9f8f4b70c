/*
 * core/store/migrate.h - bring the schema of every module up to date.
 */
#ifndef CORE_STORE_MIGRATE_H
#define CORE_STORE_MIGRATE_H

#include "core/store/backend.h"
#include "core/store/registry.h"

/**
 * Apply the steps that are missing, each in a transaction of its own.
 *
 * A database that is ahead of us (made by a newer version) is refused.
 * @return 0, -ERANGE (ahead), or the driver's error; *why says which module and step
 */
int store_migrate(const struct store_backend *be, struct store_conn *conn,
    const struct store_schemas *schemas, const char **why);

/** Which one a schema ends with; 0 if it has none. */
unsigned store_last_step(const struct store_schema *schema);

#endif
