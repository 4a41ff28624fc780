/* SPDX-License-Identifier: Apache-2.0
 *
 * Small files, whole: read, and written so that a reader sees the old content or the new.
 */
#ifndef API_FILE_H
#define API_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Appends the content to out, up to out's maximum; ERR_INVALID names the file and what is wrong. */
bool file_read(const char *path, struct buf *out, struct err *err) __attribute__((warn_unused_result));
/* Replaces the file, with exactly that mode. */
bool file_write(const char *path, struct str text, mode_t mode, struct err *err) __attribute__((warn_unused_result));
/* Makes the folder and those above it that are missing. */
bool file_make_folder(const char *path, mode_t mode, struct err *err) __attribute__((warn_unused_result));

#endif
