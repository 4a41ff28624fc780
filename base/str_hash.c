/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash of text keys: 128-bit multiply and fold over 16 bytes at a time, as wyhash does it, under keys drawn once
 * per process. Who cannot see the keys cannot choose texts that collide.
 */
#include "config.h"

#include "base/str.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct {
	pthread_once_t once;
	uint64_t keys[3];
} str_hash_seed = {.once = PTHREAD_ONCE_INIT};

static void str_hash_draw_seed(void)
{
	size_t size = sizeof str_hash_seed.keys;
	if (getrandom(str_hash_seed.keys, size, 0) != (ssize_t)size)
		abort();
	str_hash_seed.keys[0] |= 1;
}

__extension__ typedef unsigned __int128 str_hash_wide;

static uint64_t str_hash_mix(uint64_t a, uint64_t b)
{
	str_hash_wide product = (str_hash_wide)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t str_hash_read(const char *ptr, size_t n)
{
	uint64_t word = 0;
	memcpy(&word, ptr, n);
	return word;
}

uint64_t str_hash(struct str s)
{
	pthread_once(&str_hash_seed.once, str_hash_draw_seed);
	const uint64_t *keys = str_hash_seed.keys;
	uint64_t state = keys[0];
	const char *ptr = s.ptr;
	size_t len = s.len;
	for (; len > 16; ptr += 16, len -= 16)
		state = str_hash_mix(str_hash_read(ptr, 8) ^ keys[1], str_hash_read(ptr + 8, 8) ^ state);
	uint64_t a = 0, b = 0;
	if (len > 8) {
		a = str_hash_read(ptr, 8);
		b = str_hash_read(ptr + 8, len - 8);
	} else if (len) {
		a = str_hash_read(ptr, len);
	}
	return str_hash_mix(keys[2] ^ s.len, str_hash_mix(a ^ keys[1], b ^ state));
}
