/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd keys: the certificate and the signing keys of a dev server without the server. For tests, and not shown in
 * the help: who runs bpmnd for real has a certificate authority and an identity provider.
 */
#include "config.h"

#include <stdlib.h>

#include "api/command.h"
#include "api/dev_keys.h"
#include "api/file.h"

int command_keys(int argc, char **argv)
{
	struct err err = {0};
	const char *dir = command_take_option(&argc, argv, "--dir");

	if (!command_words_end("keys", argc, argv))
		return COMMAND_USAGE;
	if (!dir)
		dir = DEV_DIR;
	bool ok = file_make_folder(dir, 0755, &err) && dev_keys_make(dir, &err);
	return ok ? EXIT_SUCCESS : command_fail("keys", &err);
}
