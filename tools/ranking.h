/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a system call is worth to somebody who has taken a caller over. */
#ifndef AF_RANKING_H
#define AF_RANKING_H

#include "../lib/policy.h"

/* Weights are 1 to this. */
#define AF_MAX_WEIGHT 3

/*
 * @calls: by weight, names with blanks between them
 * @otherwise: the weight of a call that is in none of these
 */
struct af_ranking {
	const char *name;
	const char *calls[AF_MAX_WEIGHT + 1];
	unsigned int otherwise;
};

/* The ranking of that name, the usual one if it is NULL; NULL if none. */
const struct af_ranking *af_ranking_find(const char *name);

/* The same for a word of the command line: says so if there is none. */
const struct af_ranking *af_ranking_option(const char *name);

/* The weights of all calls that have a name, 0 for other numbers. */
struct af_weights {
	unsigned char of[AF_NR_MAX];
};

void af_weigh(const struct af_ranking *ranking, struct af_weights *weights);

/* The sum of the weights of a set. */
unsigned long af_weight_of(const struct af_weights *weights,
			   const struct af_nrset *set);

#endif /* AF_RANKING_H */
