/* SPDX-License-Identifier: Apache-2.0
 *
 * One line, one write(2). A line that cannot be written at once is lost: the log informs, the database remembers.
 */
#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

#define LOG_LINE_MAX 8192
#define LOG_TEXT_MAX 4096
#define LOG_TAIL_MAX 32 /* ,"truncated":true} and the newline */

static const struct str log_level_names[] = {
	[LOG_DEBUG] = STR_INIT("debug"),
	[LOG_INFO] = STR_INIT("info"),
	[LOG_WARNING] = STR_INIT("warning"),
	[LOG_ERROR] = STR_INIT("error"),
};

/* The one process-wide state that is no constant, because so is standard error. Atomic, for a reload may change the
 * threshold while threads write. */
static struct {
	_Atomic enum log_level threshold;
	_Atomic int fd;
} log_target = {.threshold = LOG_INFO, .fd = STDERR_FILENO};

void log_configure(enum log_level threshold, int fd)
{
	log_target.threshold = threshold;
	log_target.fd = fd;
}

bool log_level_parse(struct str word, enum log_level *out)
{
	for (enum log_level level = LOG_DEBUG; level <= LOG_ERROR; level++) {
		if (!str_equal(word, log_level_names[level]))
			continue;
		*out = level;
		return true;
	}
	return false;
}

/* Cuts at a character border. */
static struct str log_shorten(struct str text)
{
	if (text.len <= LOG_TEXT_MAX)
		return text;
	text.len = LOG_TEXT_MAX;
	while (text.len && ((unsigned char)text.ptr[text.len] & 0xC0) == 0x80)
		text.len--;
	return text;
}

/* Bytes that are no UTF-8 are shown as \u00XX: a log line must stay readable whatever a peer sent. */
static void log_emit_text(struct buf *line, struct str text)
{
	if (str_is_utf8(text)) {
		json_emit_str(line, log_shorten(text));
		return;
	}
	text = str_slice(text, 0, LOG_TEXT_MAX / 6);
	buf_add_char(line, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];
		if (byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\')
			buf_printf(line, "\\u%04x", byte);
		else
			buf_add_char(line, (char)byte);
	}
	buf_add_char(line, '"');
}

static void log_emit_field(struct buf *line, const struct log_field *field)
{
	json_member(line, field->name);
	if (field->kind == LOG_FIELD_INT)
		buf_add_int64(line, field->number);
	else
		log_emit_text(line, field->text);
}

/* A field that does not fit is taken back, and the line says so. */
static void log_emit_fields(struct buf *line, const struct log_field *fields)
{
	for (; fields->kind != LOG_FIELD_END; fields++) {
		size_t before = line->len;
		log_emit_field(line, fields);
		if (!line->overflow)
			continue;
		line->len = before;
		line->overflow = false;
		line->max += LOG_TAIL_MAX;
		json_member_bool(line, "truncated", true);
		return;
	}
	line->max += LOG_TAIL_MAX;
}

/* Sockets are asked not to block, pipes and terminals only written to when ready. */
static void log_send(struct str line)
{
	ssize_t sent = send(log_target.fd, line.ptr, line.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent >= 0 || errno != ENOTSOCK)
		return;
	struct pollfd ready = {.fd = log_target.fd, .events = POLLOUT};
	if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
		return;
	do
		sent = write(log_target.fd, line.ptr, line.len);
	while (sent < 0 && errno == EINTR);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	if (level < log_target.threshold)
		return;
	int saved_errno = errno;
	struct buf line;
	buf_init(&line, LOG_LINE_MAX - LOG_TAIL_MAX);
	json_object_begin(&line);
	json_member_time(&line, "time", clock_now());
	json_member_str(&line, "level", log_level_names[level]);
	json_member_c(&line, "event", event);
	log_emit_fields(&line, fields);
	json_object_end(&line);
	buf_add_char(&line, '\n');
	log_send(buf_str(&line));
	buf_free(&line);
	errno = saved_errno;
}
