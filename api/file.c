/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files. Writing goes to a file beside it that then takes its place.
 */
#include "config.h"

#include "api/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_CHUNK ((size_t)64 * 1024)

static bool file_fail(const char *path, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s: %s", path, strerror(errno));
}

static bool file_read_all(FILE *in, const char *path, struct buf *out, struct err *err)
{
	size_t n;

	do {
		size_t room = out->max - out->len;
		char *to = buf_reserve(out, room < FILE_CHUNK ? room : FILE_CHUNK);
		n = to ? fread(to, 1, room < FILE_CHUNK ? room : FILE_CHUNK, in) : 0;
		out->len += n;
	} while (n > 0);
	if (ferror(in))
		return file_fail(path, err);
	return fgetc(in) == EOF || err_set(err, ERR_INVALID, "%s: larger than %zu bytes", path, out->max);
}

bool file_read(const char *path, struct buf *out, struct err *err)
{
	FILE *in = fopen(path, "re");

	if (!in)
		return file_fail(path, err);
	bool ok = file_read_all(in, path, out, err);
	fclose(in);
	return ok;
}

static bool file_write_fd(int fd, struct str text, mode_t mode)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);
		if (n < 0)
			return false;
		text = str_slice(text, (size_t)n, text.len);
	}
	return fchmod(fd, mode) == 0 && fsync(fd) == 0;
}

bool file_write(const char *path, struct str text, mode_t mode, struct err *err)
{
	char beside[PATH_MAX];

	if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
		return err_set(err, ERR_INVALID, "%s: name too long", path);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return file_fail(beside, err);
	bool ok = file_write_fd(fd, text, mode);
	ok = close(fd) == 0 && ok && rename(beside, path) == 0;
	if (ok)
		return true;
	file_fail(path, err);
	unlink(beside);
	return false;
}

/* Cuts the path at each slash in turn. */
bool file_make_folder(const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
		return err_set(err, ERR_INVALID, "%s: name too long", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return file_fail(part, err);
		*slash = '/';
	}
	return mkdir(part, mode) == 0 || errno == EEXIST || file_fail(path, err);
}
