/* SPDX-License-Identifier: Apache-2.0
 *
 * From outside to octets: base64url as strictly as RFC 7515 writes it, and key files with a look at who may read
 * them. One value has one spelling: a decoder that forgives makes two texts of one token.
 */
#include "config.h"

#include "api/token_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/json.h"

/* The six bits of a digit, or -1. */
static int token_base64url_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool token_base64url_decode(struct str text, unsigned char *out, size_t max, size_t *len)
{
	uint32_t bits = 0;
	unsigned pending = 0;

	*len = 0;
	if (text.len % 4 == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int digit = token_base64url_digit(text.ptr[i]);
		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		pending += 6;
		if (pending < 8)
			continue;
		if (*len == max)
			return false;
		pending -= 8;
		out[(*len)++] = (unsigned char)(bits >> pending & 0xff);
	}
	return (bits & ((UINT32_C(1) << pending) - 1)) == 0;
}

bool token_octets_from_json(struct token_octets *out, const json_t *object, const char *member)
{
	const json_t *text = json_object_get(object, member);

	out->len = 0;
	return json_is_string(text) && token_base64url_decode(json_str(text), out->data, sizeof out->data, &out->len);
}

void token_octets_wipe(struct token_octets *octets)
{
	OPENSSL_cleanse(octets, sizeof *octets);
}

static bool token_file_slurp(int fd, const char *file, struct buf *text, struct err *err)
{
	for (;;) {
		char *room = buf_reserve(text, 1);
		if (!room)
			return err_set(err, ERR_INVALID, "%s: larger than %zu bytes", file, TOKEN_FILE_MAX);
		ssize_t n = read(fd, room, text->capacity - text->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ERR_INVALID, "%s: %s", file, strerror(errno));
		if (n == 0)
			return true;
		text->len += (size_t)n;
	}
}

bool token_file_read(const char *file, struct buf *text, bool *shared, struct err *err)
{
	struct stat status;
	bool ok = false;

	buf_init(text, TOKEN_FILE_MAX + 1);
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_set(err, ERR_INVALID, "%s: %s", file, strerror(errno));
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		err_set(err, ERR_INVALID, "%s: not a regular file", file);
	else if (status.st_size > (off_t)TOKEN_FILE_MAX)
		err_set(err, ERR_INVALID, "%s: larger than %zu bytes", file, TOKEN_FILE_MAX);
	else
		/* Room for all of it at once: growing would leave copies of secrets behind. */
		ok = buf_reserve(text, (size_t)status.st_size + 1) && token_file_slurp(fd, file, text, err);
	*shared = ok && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
	close(fd);
	if (!ok)
		token_file_wipe(text);
	return ok;
}

void token_file_wipe(struct buf *text)
{
	if (text->ptr)
		OPENSSL_cleanse(text->ptr, text->capacity);
	buf_free(text);
}

int token_pem_no_password(char *room, int size, int writing, void *context)
{
	(void)room;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}
