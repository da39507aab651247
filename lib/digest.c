// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The bytes are the coefficients of a polynomial, seven to each, and their
 * number is the last one; the digest is its value at a point, modulo a prime.
 * Two polynomials of degree n that differ agree at n of 2^61 points at most.
 */
#include <string.h>

#include "digest.h"

#define PRIME (((uint64_t)1 << 61) - 1)

/* Any point: digits of pi. */
#define POINT 0x043f6a8885a308d3

#define WORD      7
#define WORD_MASK (((uint64_t)1 << 8 * WORD) - 1)

/* @sum * POINT + @word, modulo PRIME, of which 2^61 is 1. */
static inline uint64_t step(uint64_t sum, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)sum * POINT + word;
	uint64_t folded =
		((uint64_t)product & PRIME) + (uint64_t)(product >> 61);

	return folded >= PRIME ? folded - PRIME : folded;
}

void af_digest_begin(struct af_digest *digest)
{
	memset(digest, 0, sizeof(*digest));
}

static void add_byte(struct af_digest *digest, uint8_t byte)
{
	digest->word |= (uint64_t)byte << 8 * digest->used;
	if (++digest->used < WORD)
		return;
	digest->sum = step(digest->sum, digest->word);
	digest->word = 0;
	digest->used = 0;
}

void af_digest_add(struct af_digest *digest, const void *data, size_t len)
{
	const uint8_t *next = data, *end = next + len;
	uint64_t word, sum;

	digest->len += len;
	while (next < end && digest->used)
		add_byte(digest, *next++);
	sum = digest->sum;
	for (; (size_t)(end - next) >= sizeof(word); next += WORD) {
		memcpy(&word, next, sizeof(word));
		sum = step(sum, word & WORD_MASK);
	}
	digest->sum = sum;
	while (next < end)
		add_byte(digest, *next++);
}

uint64_t af_digest_end(struct af_digest *digest)
{
	return step(step(digest->sum, digest->word), digest->len & WORD_MASK);
}
