/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd migrate: brings the database's schema to the one this binary knows.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/command.h"
#include "api/settings.h"
#include "db/db.h"

static bool command_migrate_database(const struct settings *settings, struct err *err)
{
	int from = 0;
	int to = 0;

	if (!settings->database)
		return err_set(err, ERR_INVALID, "which database? Set --database");
	if (!db_migrate(settings->database, &from, &to, err))
		return false;
	if (from == to)
		printf("schema is at version %d\n", to);
	else
		printf("schema went from version %d to %d\n", from, to);
	return true;
}

int command_migrate(int argc, char **argv)
{
	struct settings settings;
	struct err err = {0};

	bool ok = settings_load(&settings, argc, argv, &err) && command_migrate_database(&settings, &err);
	settings_free(&settings);
	return ok ? EXIT_SUCCESS : command_fail("migrate", &err);
}
