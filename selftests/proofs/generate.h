/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies that mean nothing, the same everywhere for the same seed. */
#ifndef PROOFS_GENERATE_H
#define PROOFS_GENERATE_H

#include "policy.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Numbers that look random. */
void seed(uint64_t value);
unsigned int below(unsigned int limit);
uint64_t random_bits(void);

/* Those at the ends of a range, of a half, and what programs pass. */
uint64_t random_value(void);

/* An argument that a test is sensitive to. */
uint64_t value_near(const struct af_test *test);

/*
 * What a generated policy is like.
 * @pool: calls are from 0 to this
 * @skew: draws of which the smallest counts; makes low numbers more frequent
 * @after: percentage of rules that have a set of predecessors
 * @after_size: at most this many are in such a set
 * @tests: percentage of rules that look at arguments
 * @actions: percentage of rules that do not just permit
 * @kinds: libraries of one kind have the same rules; 0: all differ
 */
struct shape {
	unsigned int libraries;
	unsigned int common;
	unsigned int calls;
	unsigned int pool;
	unsigned int skew;
	unsigned int after;
	unsigned int after_size;
	unsigned int tests;
	unsigned int actions;
	unsigned int kinds;
	uint32_t deny;
};

struct shape random_shape(void);

/* Add a rule that permits a call, whatever came before. */
struct af_rule *add_rule(struct af_caller *caller, unsigned int nr);

/* Add so many rules, or fewer. */
void fill(struct af_caller *caller, const struct shape *shape,
	  unsigned int calls);

struct libaf_policy *new_policy(uint32_t deny);
struct af_caller *add_library(struct libaf_policy *policy);
struct libaf_policy *generate(const struct shape *shape);

#endif /* PROOFS_GENERATE_H */
