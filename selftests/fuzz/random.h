/* SPDX-License-Identifier: GPL-2.0 */
/* Random numbers that are the same everywhere for the same seed. */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

/* Neighbouring seeds give unrelated numbers: the state is mixed (splitmix). */
static inline uint64_t random_u64(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static inline void random_seed(struct random *r, uint64_t seed, uint64_t nr)
{
	r->state = seed;
	r->state = random_u64(r) ^ nr;
	r->state = random_u64(r);
}

/* 0 <= result < limit */
static inline uint32_t random_below(struct random *r, uint32_t limit)
{
	return (random_u64(r) >> 32) % limit;
}

static inline bool random_one_in(struct random *r, uint32_t n)
{
	return random_below(r, n) == 0;
}

#define RANDOM_OF(r, array) \
	((array)[random_below(r, sizeof(array) / sizeof((array)[0]))])

#endif /* FUZZ_RANDOM_H */
