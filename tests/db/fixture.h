/* SPDX-License-Identifier: Apache-2.0
 *
 * A database of its own for a test program, migrated, with connections of db/ on one event loop. Programs wrap
 * themselves in tests/with-postgres where no server is given. db/ is asynchronous: fixture_end waits for the group
 * that it ends.
 */
#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"

struct event_base;

struct fixture {
	struct event_base *base;
	struct db *db;
	struct db *other; /* a second connection */
	char conninfo[512];
	int lost; /* on_state(false) so far */
};

/* First thing in main: runs the program again with a server where there is none yet. */
void fixture_wrap(char **argv);
/* cmocka's group setup and teardown. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

void fixture_begin(struct db *db);
struct db_failure fixture_end(struct fixture *fixture, struct db *db);
/* fixture_end, and it went well. */
void fixture_done(struct fixture *fixture, struct db *db);
/* Runs the loop until the connection is ready. */
void fixture_until_ready(struct fixture *fixture, struct db *db);

/* Any SQL over a connection apart. fixture_ask gives the first value as text, "" for null or none; valid until the
 * next call. */
void fixture_do(struct fixture *fixture, const char *sql);
const char *fixture_ask(struct fixture *fixture, const char *sql);

#endif
