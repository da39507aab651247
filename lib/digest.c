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

/* So many words are added at once, each to be multiplied by another power. */
#define WORDS 8

/* POINT^1 to POINT^WORDS, modulo PRIME. */
static const uint64_t powers[WORDS] = {
	0x043f6a8885a308d3, 0x16b5437e78a18dda, 0x1dee9b480e3d45a8,
	0x0680d91a15bc3141, 0x081d70952905b089, 0x05facd640029881f,
	0x03bd71685d5bb2b3, 0x05e4f5d964b0428f,
};

/* Modulo PRIME, of which 2^61 is 1; @n is below 2^124. */
static inline uint64_t reduce(unsigned __int128 n)
{
	/* Below 2^61 + 2^63, then at most PRIME + 4. */
	uint64_t folded = ((uint64_t)n & PRIME) + (uint64_t)(n >> 61);

	folded = (folded & PRIME) + (folded >> 61);
	return folded >= PRIME ? folded - PRIME : folded;
}

static inline uint64_t step(uint64_t sum, uint64_t word)
{
	return reduce((unsigned __int128)sum * POINT + word);
}

static inline uint64_t get_word(const uint8_t *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return word & WORD_MASK;
}

/* WORDS steps, but one multiplication need not wait for another. */
static inline uint64_t step_all(uint64_t sum, const uint8_t *data)
{
	unsigned __int128 n = (unsigned __int128)sum * powers[WORDS - 1] +
			      get_word(data + (WORDS - 1) * WORD);
	unsigned int i;

	/* Each is below 2^117. */
	for (i = 0; i < WORDS - 1; i++)
		n += (unsigned __int128)get_word(data + i * WORD) *
		     powers[WORDS - 2 - i];
	return reduce(n);
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
	uint64_t sum;

	digest->len += len;
	while (next < end && digest->used)
		add_byte(digest, *next++);
	sum = digest->sum;
	/* A word is read with the byte behind it. */
	for (; (size_t)(end - next) > WORDS * WORD; next += WORDS * WORD)
		sum = step_all(sum, next);
	for (; (size_t)(end - next) > WORD; next += WORD)
		sum = step(sum, get_word(next));
	digest->sum = sum;
	while (next < end)
		add_byte(digest, *next++);
}

uint64_t af_digest_end(struct af_digest *digest)
{
	return step(step(digest->sum, digest->word), digest->len & WORD_MASK);
}
