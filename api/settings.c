/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings from four sources into one struct. Every value, the defaults too, is text that one function per type
 * reads into the field of a row; where the text came from is only known to the error message.
 */
#include "config.h"

#include "api/settings.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/iso8601.h"
#include "base/str.h"

#define SETTINGS_KIB INT64_C(1024)
#define SETTINGS_MIB (SETTINGS_KIB * 1024)
#define SETTINGS_GIB (SETTINGS_MIB * 1024)
#define SETTINGS_MINUTE (60 * ISO8601_SECOND)
#define SETTINGS_HOUR (60 * SETTINGS_MINUTE)
#define SETTINGS_NAME_MAX 64
#define SETTINGS_FILE_MAX ((size_t)64 * 1024)

struct settings_row;

/* A type: how it is called in the help, and how text becomes a value. parse gives what is wrong, or NULL. */
struct settings_type {
	const char *placeholder;
	const char *(*parse)(const struct settings_row *row, struct str text, void *field);
	void (*print_number)(FILE *out, int64_t number); /* NULL: has no range */
	bool owns_text;
};

struct settings_row {
	const char *field;
	const struct settings_type *type;
	size_t offset;
	const char *preset;
	int64_t min;
	int64_t max;
	const char *unit; /* NULL: none, or the type's own */
	bool reloadable;
	const char *help;
};

/* --- types --- */

static const char *settings_parse_text(const struct settings_row *row, struct str text, void *field)
{
	char **value = field;

	(void)row;
	if (!str_is_utf8(text))
		return "is not UTF-8";
	free(*value);
	*value = text.len > 0 ? str_to_c(text) : NULL;
	return NULL;
}

static const char *settings_parse_number(const struct settings_row *row, int64_t number, int64_t *value)
{
	if (number < row->min || number > row->max)
		return "is out of range";
	*value = number;
	return NULL;
}

static const char *settings_parse_int(const struct settings_row *row, struct str text, void *field)
{
	int64_t number;

	return str_to_int64(text, &number) ? settings_parse_number(row, number, field) : "is not a number";
}

static const char *settings_parse_bool(const struct settings_row *row, struct str text, void *field)
{
	bool *value = field;

	(void)row;
	*value = str_equal_c(text, "true");
	return *value || str_equal_c(text, "false") ? NULL : "is neither true nor false";
}

static const char *settings_parse_duration(const struct settings_row *row, struct str text, void *field)
{
	struct iso8601_duration duration;

	if (!iso8601_parse_duration(text, &duration, NULL) || duration.negative)
		return "is not a duration like PT30S";
	return settings_parse_number(row, iso8601_duration_micros(&duration), field);
}

/* The largest first, so that help and sample show the shortest form. */
static const struct settings_scale {
	const char *suffix;
	int64_t bytes;
} settings_scales[] = {
	{.suffix = "GiB", .bytes = SETTINGS_GIB},
	{.suffix = "MiB", .bytes = SETTINGS_MIB},
	{.suffix = "KiB", .bytes = SETTINGS_KIB},
	{.suffix = "", .bytes = 1},
};
#define SETTINGS_SCALE_COUNT (sizeof settings_scales / sizeof settings_scales[0])

static const char *settings_parse_size(const struct settings_row *row, struct str text, void *field)
{
	const struct settings_scale *scale = settings_scales;
	size_t *value = field;
	int64_t bytes = 0;
	int64_t number;

	while (!str_ends_with(text, str_from_c(scale->suffix)))
		scale++;
	text.len -= strlen(scale->suffix);
	if (!str_to_int64(str_trim(text), &number) || number < 0)
		return "is not a size like 512KiB or 4MiB";
	if (number > INT64_MAX / scale->bytes)
		return "is out of range";
	const char *wrong = settings_parse_number(row, number * scale->bytes, &bytes);
	if (!wrong)
		*value = (size_t)bytes;
	return wrong;
}

static const char *settings_parse_level(const struct settings_row *row, struct str text, void *field)
{
	(void)row;
	return log_level_parse(text, field) ? NULL : "is none of debug, info, warning, error";
}

static void settings_print_int(FILE *out, int64_t number)
{
	fprintf(out, "%" PRId64, number);
}

static void settings_print_duration(FILE *out, int64_t micros)
{
	struct buf text;

	buf_init(&text, 64);
	iso8601_format_duration(&text, &(struct iso8601_duration){.micros = micros});
	fprintf(out, "%.*s", STR_ARG(buf_str(&text)));
	buf_free(&text);
}

static void settings_print_size(FILE *out, int64_t bytes)
{
	const struct settings_scale *scale = settings_scales;

	while (bytes % scale->bytes != 0 || bytes < scale->bytes)
		scale++;
	fprintf(out, "%" PRId64 "%s", bytes / scale->bytes, scale->suffix);
}

static const struct settings_type settings_type_TEXT = {
	.placeholder = "TEXT", .parse = settings_parse_text, .owns_text = true};
static const struct settings_type settings_type_FILE = {
	.placeholder = "FILE", .parse = settings_parse_text, .owns_text = true};
static const struct settings_type settings_type_INT = {
	.placeholder = "NUMBER", .parse = settings_parse_int, .print_number = settings_print_int};
static const struct settings_type settings_type_BOOL = {.placeholder = "true|false", .parse = settings_parse_bool};
static const struct settings_type settings_type_DURATION = {
	.placeholder = "DURATION", .parse = settings_parse_duration, .print_number = settings_print_duration};
static const struct settings_type settings_type_SIZE = {
	.placeholder = "SIZE", .parse = settings_parse_size, .print_number = settings_print_size};
static const struct settings_type settings_type_LEVEL = {.placeholder = "LEVEL", .parse = settings_parse_level};

/* --- the table --- */

static const struct settings_row settings_rows[] = {
#define X(name, kind, ...) \
	{.field = #name, .type = &settings_type_##kind, .offset = offsetof(struct settings, name), __VA_ARGS__},
#include "api/settings.def"
#undef X
};
#define SETTINGS_COUNT (sizeof settings_rows / sizeof settings_rows[0])

static void *settings_field(struct settings *s, const struct settings_row *row)
{
	return (char *)s + row->offset;
}

/* The field's name as operators write it: listen-port, or BPMND_LISTEN_PORT. */
static void settings_name(const struct settings_row *row, char name[static SETTINGS_NAME_MAX])
{
	snprintf(name, SETTINGS_NAME_MAX, "%s", row->field);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
}

static void settings_variable(const struct settings_row *row, char name[static SETTINGS_NAME_MAX])
{
	snprintf(name, SETTINGS_NAME_MAX, "BPMND_%s", row->field);
	for (char *c = name; *c; c++)
		*c = (char)toupper((unsigned char)*c);
}

static const struct settings_row *settings_find(struct str name)
{
	char known[SETTINGS_NAME_MAX];

	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		settings_name(&settings_rows[i], known);
		if (str_equal_c(name, known))
			return &settings_rows[i];
	}
	return NULL;
}

/* source is "--name", "BPMND_NAME" or "file:line: name"; the value is not repeated, it may be a secret. */
static bool settings_set(
	struct settings *s, const struct settings_row *row, struct str value, const char *source, struct err *err)
{
	const char *wrong = row->type->parse(row, value, settings_field(s, row));

	return !wrong || err_set(err, ERR_INVALID, "%s %s", source, wrong);
}

/* --- defaults and environment --- */

static void settings_preset(struct settings *s)
{
	memset(s, 0, sizeof *s);
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		bool ok = settings_set(s, &settings_rows[i], str_from_c(settings_rows[i].preset), "default", NULL);
		assert(ok);
		(void)ok;
	}
}

/* Other variables that begin with BPMND_ are left alone: container platforms make some up from service names. */
static bool settings_load_environment(struct settings *s, struct err *err)
{
	char variable[SETTINGS_NAME_MAX];

	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		settings_variable(&settings_rows[i], variable);
		const char *value = getenv(variable);
		if (value && !settings_set(s, &settings_rows[i], str_from_c(value), variable, err))
			return false;
	}
	return true;
}

/* --- the file --- */

struct settings_file {
	const char *name;
	int line;
	bool seen[SETTINGS_COUNT];
	struct err *err;
};

static bool settings_file_refuse(const struct settings_file *file, const char *what)
{
	err_set(file->err, ERR_INVALID, "%s:%d: %s", file->name, file->line, what);
	err_at(file->err, file->line, 0);
	return false;
}

/* line := blank | '#' anything | name '=' value */
static bool settings_file_line(struct settings *s, struct settings_file *file, struct str line)
{
	char source[ERR_TEXT_MAX];

	line = str_trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return true;
	size_t equals = str_find_char(line, '=');
	if (equals == STR_NONE)
		return settings_file_refuse(file, "neither `name = value` nor a comment");
	struct str name = str_trim(str_slice(line, 0, equals));
	const struct settings_row *row = settings_find(name);
	if (!row || row->offset == offsetof(struct settings, config))
		return settings_file_refuse(file, "no setting of that name");
	if (file->seen[row - settings_rows])
		return settings_file_refuse(file, "set a second time");
	file->seen[row - settings_rows] = true;
	snprintf(source, sizeof source, "%s:%d: %.*s", file->name, file->line, STR_ARG(name));
	if (settings_set(s, row, str_trim(str_slice(line, equals + 1, line.len)), source, file->err))
		return true;
	err_at(file->err, file->line, 0);
	return false;
}

static bool settings_file_read(const char *name, struct buf *text, struct err *err)
{
	FILE *in = fopen(name, "re");
	char *room = buf_reserve(text, SETTINGS_FILE_MAX);

	if (!in)
		return err_set(err, ERR_INVALID, "%s: %s", name, strerror(errno));
	text->len = fread(room, 1, SETTINGS_FILE_MAX, in);
	bool readable = !ferror(in);
	bool whole = fgetc(in) == EOF;
	fclose(in);
	if (!readable)
		return err_set(err, ERR_INVALID, "%s: not readable", name);
	return whole || err_set(err, ERR_INVALID, "%s: larger than %zu bytes", name, SETTINGS_FILE_MAX);
}

static bool settings_load_file(struct settings *s, const char *name, struct err *err)
{
	struct settings_file file = {.name = name, .err = err};
	struct buf text;

	buf_init(&text, 2 * SETTINGS_FILE_MAX);
	bool ok = settings_file_read(name, &text, err);
	struct str rest = buf_str(&text);
	while (ok && rest.ptr) {
		struct str line = str_split(&rest, '\n');
		file.line++;
		ok = str_is_utf8(line) ? settings_file_line(s, &file, line) : settings_file_refuse(&file, "not UTF-8 text");
	}
	buf_free(&text);
	return ok;
}

/* --- the command line --- */

struct settings_option {
	const struct settings_row *row;
	struct str name; /* with its dashes */
	struct str value;
	int words; /* 1 or 2 */
};

/* A switch stands alone unless true or false follows. */
static bool settings_switch_alone(const struct settings_row *row, const char *next)
{
	return row->type == &settings_type_BOOL && (!next || (strcmp(next, "true") != 0 && strcmp(next, "false") != 0));
}

/* option := --name=value | --name value | --switch */
static bool settings_option_read(struct settings_option *option, int argc, char **argv, struct err *err)
{
	struct str word = str_from_c(argv[0]);
	size_t equals = str_find_char(word, '=');
	const char *next = argc > 1 ? argv[1] : NULL;

	option->words = 1;
	option->name = str_slice(word, 0, equals);
	option->row = str_starts_with(word, STR("--")) ? settings_find(str_slice(option->name, 2, word.len)) : NULL;
	if (!option->row) {
		err_set(err, ERR_INVALID, "%.*s is not an option", STR_ARG(option->name));
		return false;
	}
	if (equals != STR_NONE) {
		option->value = str_slice(word, equals + 1, word.len);
		return true;
	}
	if (settings_switch_alone(option->row, next)) {
		option->value = STR("true");
		return true;
	}
	if (!next) {
		err_set(err, ERR_INVALID, "%.*s needs a value", STR_ARG(option->name));
		return false;
	}
	option->value = str_from_c(next);
	option->words = 2;
	return true;
}

static bool settings_load_arguments(struct settings *s, int argc, char **argv, struct err *err)
{
	struct settings_option option;
	char source[SETTINGS_NAME_MAX];

	for (int i = 0; i < argc; i += option.words) {
		if (!settings_option_read(&option, argc - i, argv + i, err))
			return false;
		snprintf(source, sizeof source, "%.*s", STR_ARG(option.name));
		if (!settings_set(s, option.row, option.value, source, err))
			return false;
	}
	return true;
}

/* --- what single values cannot tell --- */

/* Addresses, not names: what "127.example" resolves to is for others to say. */
static bool settings_host_is_local(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcmp(host, "localhost") == 0 || strncmp(host, "unix:", 5) == 0;
}

static bool settings_check(const struct settings *s, struct err *err)
{
	if (!s->listen_host)
		return err_set(err, ERR_INVALID, "listen-host is empty");
	if (s->insecure_http && !settings_host_is_local(s->listen_host))
		return err_set(err, ERR_INVALID, "insecure-http is only allowed with a loopback listen-host");
	if (!s->tls_certificate != !s->tls_key)
		return err_set(err, ERR_INVALID, "tls-certificate and tls-key go together");
	if (s->max_diagram > s->max_body)
		return err_set(err, ERR_INVALID, "max-diagram is larger than max-body");
	if (s->max_variables > s->max_body)
		return err_set(err, ERR_INVALID, "max-variables is larger than max-body");
	if (!s->jwt_claim_groups || !s->jwt_claim_roles || !s->jwt_claim_tenant)
		return err_set(err, ERR_INVALID, "jwt-claim-groups, jwt-claim-roles and jwt-claim-tenant need a name");
	return true;
}

/* The file is named by the sources behind it, so these are read before it and once more after it. */
static bool settings_load_named_file(struct settings *s, struct err *err)
{
	char *file = s->config;

	if (!file)
		return true;
	s->config = NULL;
	settings_free(s);
	settings_preset(s);
	bool ok = settings_load_file(s, file, err);
	free(file);
	return ok;
}

bool settings_load(struct settings *s, int argc, char **argv, struct err *err)
{
	settings_preset(s);
	return settings_load_environment(s, err) && settings_load_arguments(s, argc, argv, err) &&
		   settings_load_named_file(s, err) && settings_load_environment(s, err) &&
		   settings_load_arguments(s, argc, argv, err) && settings_check(s, err);
}

void settings_free(struct settings *s)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		if (!settings_rows[i].type->owns_text)
			continue;
		char **text = settings_field(s, &settings_rows[i]);
		free(*text);
	}
	memset(s, 0, sizeof *s);
}

/* --- help and sample --- */

/* "0 to 64 threads" or nothing. */
static void settings_print_range(FILE *out, const struct settings_row *row)
{
	if (!row->type->print_number)
		return;
	row->type->print_number(out, row->min);
	fputs(" to ", out);
	row->type->print_number(out, row->max);
	fprintf(out, "%s%s; ", row->unit ? " " : "", row->unit ? row->unit : "");
}

void settings_print_help(FILE *out)
{
	char name[SETTINGS_NAME_MAX];

	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct settings_row *row = &settings_rows[i];
		settings_name(row, name);
		fprintf(out, "  --%s %s\n      %s\n      ", name, row->type->placeholder, row->help);
		settings_print_range(out, row);
		settings_variable(row, name);
		fprintf(out, "default %s%s; %s\n", row->preset[0] ? row->preset : "none",
			row->reloadable ? "; SIGHUP reloads it" : "", name);
	}
}

void settings_print_sample(FILE *out)
{
	char name[SETTINGS_NAME_MAX];

	fputs("# Settings of bpmnd, all at their defaults. `name = value`; a comment has a line of its own.\n", out);
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct settings_row *row = &settings_rows[i];
		if (row->offset == offsetof(struct settings, config))
			continue;
		settings_name(row, name);
		fprintf(out, "\n# %s\n# ", row->help);
		settings_print_range(out, row);
		fprintf(out, "%s%s\n#%s =%s%s\n", row->type->placeholder, row->reloadable ? "; SIGHUP reloads it" : "", name,
			row->preset[0] ? " " : "", row->preset);
	}
}
