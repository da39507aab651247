/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether bytes are still the same, told from 64 bits.
 *
 * That is against chance, not against malice: who can write a library that a
 * policy names, or a compiled policy, has all of its rights anyway.
 */
#ifndef AF_DIGEST_H
#define AF_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* @sum: so far; @len: bytes so far, of which @used wait in @word */
struct af_digest {
	uint64_t sum;
	uint64_t len;
	uint64_t word;
	unsigned int used;
};

void af_digest_begin(struct af_digest *digest);

/* It does not matter how the bytes are divided among the calls. */
void af_digest_add(struct af_digest *digest, const void *data, size_t len);
uint64_t af_digest_end(struct af_digest *digest);

#endif /* AF_DIGEST_H */
