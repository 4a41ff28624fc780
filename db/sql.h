/* SPDX-License-Identifier: Apache-2.0
 *
 * The statements of db/sql/ and the migrations of schemas/db/ as tables, made by db/embed-sql.sh at build time:
 * db/sql/lock_trees.sql is SQL_LOCK_TREES.
 */
#ifndef DB_SQL_H
#define DB_SQL_H

#include <stddef.h>

/* X(NAME): one row per file, in the order of the names. */
enum sql_id {
#define X(name) SQL_##name,
#include "db/sql_list.def" /* IWYU pragma: keep */
#undef X
	SQL_COUNT
};

struct sql_statement {
	const char *name; /* "lock_trees" */
	const char *text;
	int parameters; /* the highest $n */
};

/* Indexed by enum sql_id. */
extern const struct sql_statement sql_statements[];

struct db_migration {
	int number;       /* 1 of 0001_tables.sql */
	const char *name; /* "tables" */
	const char *text;
};

/* In ascending order of their numbers, which are unique. */
extern const struct db_migration db_migrations[];
extern const size_t db_migration_count;

#endif
