/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd serve: the server in the foreground, until SIGTERM or SIGINT.
 */
#include "config.h"

#include <stddef.h>
#include <stdlib.h>

#include "api/command.h"
#include "api/serve.h"
#include "api/settings.h"

int command_serve(int argc, char **argv)
{
	struct settings settings;
	struct err err = {0};

	int status = EXIT_FAILURE;
	if (settings_load(&settings, argc, argv, &err))
		status = serve_run(&settings, NULL, NULL, &err);
	if (err.code != ERR_NONE)
		command_fail("serve", &err);
	settings_free(&settings);
	return status;
}
