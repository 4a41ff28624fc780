/* SPDX-License-Identifier: Apache-2.0
 *
 * bpmnd token: a token of the dev server's issuer on standard output, for curl and for tests. Real installations get
 * their tokens from their identity provider.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/command.h"
#include "api/dev_keys.h"
#include "api/token.h"
#include "base/buf.h"
#include "base/iso8601.h"
#include "base/vec.h"

struct command_token_wish {
	const char *dir;
	struct principal principal;
	VEC(struct str) groups;
	int64_t lifetime; /* microseconds */
};

static bool command_token_roles(struct principal *principal, int *argc, char **argv, struct err *err)
{
	const char *word;

	while ((word = command_take_option(argc, argv, "--role"))) {
		uint32_t role = role_parse(str_from_c(word));
		if (role == 0)
			return err_set(err, ERR_INVALID, "`%s` is no role", word);
		principal->roles |= role;
	}
	return true;
}

static bool command_token_lifetime(struct command_token_wish *wish, const char *text, struct err *err)
{
	struct iso8601_duration duration;

	if (!iso8601_parse_duration(str_from_c(text ? text : "P1D"), &duration, err))
		return false;
	wish->lifetime = iso8601_duration_micros(&duration);
	return true;
}

static bool command_token_read(struct command_token_wish *wish, int *argc, char **argv, struct err *err)
{
	const char *word;

	wish->dir = command_take_option(argc, argv, "--dir");
	wish->principal.user = str_from_c(command_take_option(argc, argv, "--user"));
	wish->principal.tenant = str_from_c(command_take_option(argc, argv, "--tenant"));
	while ((word = command_take_option(argc, argv, "--group")))
		vec_add(&wish->groups, str_from_c(word));
	wish->principal.groups = wish->groups.items;
	wish->principal.group_count = wish->groups.len;
	if (wish->principal.user.len == 0)
		return err_set(err, ERR_INVALID, "who is it for? Set --user");
	return command_token_roles(&wish->principal, argc, argv, err) &&
		command_token_lifetime(wish, command_take_option(argc, argv, "--ttl"), err);
}

static bool command_token_print(const struct command_token_wish *wish, struct err *err)
{
	struct buf token;

	buf_init(&token, DEV_TOKEN_MAX);
	bool ok = dev_keys_mint(wish->dir ? wish->dir : DEV_DIR, &wish->principal, wish->lifetime, &token, err);
	if (ok)
		printf("%.*s\n", STR_ARG(buf_str(&token)));
	buf_free(&token);
	return ok;
}

int command_token(int argc, char **argv)
{
	struct command_token_wish wish = {0};
	struct err err = {0};
	int status = COMMAND_USAGE;

	bool ok = command_token_read(&wish, &argc, argv, &err);
	if (!ok)
		command_fail("token", &err);
	else if (command_words_end("token", argc, argv))
		status = command_token_print(&wish, &err) ? EXIT_SUCCESS : command_fail("token", &err);
	vec_free(&wish.groups);
	return status;
}
