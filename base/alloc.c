/* SPDX-License-Identifier: Apache-2.0
 *
 * The checked allocators: one place where memory can run out, and one way to end when it does.
 */
#include "config.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* write(2) and no stdio: nothing here may allocate again. */
static _Noreturn void alloc_die(void)
{
	static const char message[] = "bpmnd: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
	(void)ignored;
	abort();
}

void *alloc_bytes(size_t size)
{
	void *memory = malloc(size ? size : 1);
	if (!memory)
		alloc_die();
	return memory;
}

void *alloc_zeroed(size_t count, size_t size)
{
	void *memory = count && size ? calloc(count, size) : calloc(1, 1);
	if (!memory)
		alloc_die();
	return memory;
}

void *alloc_resize(void *old, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		alloc_die();
	void *memory = realloc(old, bytes ? bytes : 1);
	if (!memory)
		alloc_die();
	return memory;
}
