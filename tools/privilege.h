/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much less each caller may do than plain seccomp would permit to all. */
#ifndef AF_PRIVILEGE_H
#define AF_PRIVILEGE_H

#include "permits.h"
#include "ranking.h"

/*
 * @weights: of all calls
 * @plain: the weight of the union, which plain seccomp permits to everybody
 * @worst: the caller of the largest weight, the first of them
 * @transitions: that are permitted, of @possible
 */
struct af_score {
	const struct af_ranking *ranking;
	struct af_weights weights;
	unsigned int nr_calls;
	unsigned long plain;
	size_t worst;
	unsigned long transitions;
	unsigned long possible;
};

void af_score_find(struct af_score *score, const struct af_permits *permits,
		   const struct af_ranking *ranking);

/* The weight of a caller. */
unsigned long af_score_caller(const struct af_score *score,
			      const struct af_permits *permits, size_t id);

/*
 * What @part is of @whole, and by how much it is less, in tenths of a percent,
 * rounded down; 0 if @whole is 0.
 */
unsigned int af_tenths_of(unsigned long part, unsigned long whole);
unsigned int af_tenths_less(unsigned long part, unsigned long whole);

/* For "%u.%u%%". */
#define AF_TENTHS(tenths) (tenths) / 10, (tenths) % 10

/* The privilege reduction in tenths of a percent. */
unsigned int af_score_reduction(const struct af_score *score,
				const struct af_permits *permits);

#endif /* AF_PRIVILEGE_H */
