/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a policy permits to each of its callers. */
#ifndef AF_PERMITS_H
#define AF_PERMITS_H

#include "../lib/policy.h"

/*
 * What can come before a call: another one, nothing, a signal.
 */
struct af_prevs {
	struct af_nrset calls;
	bool start;
	bool signal;
};

/*
 * What one caller may do with one call.
 * @after: what may come before it, with some arguments at least
 * @permitted: whether there is anything in @after
 * @limited: whether something is not in @after
 * @tested: whether a rule about it looks at its arguments
 * @line: of the first rule that permits it, 0 if the policy's default does
 * @file: where that is, NULL if in the policy itself
 */
struct af_permit {
	struct af_prevs after;
	bool permitted;
	bool limited;
	bool tested;
	unsigned int line;
	const char *file;
};

/*
 * What the caller @id may do, by call.  A call that is run and logged is
 * permitted.  Tests of arguments count as if they could hold: of rules with
 * tests, one that permits does so, and one that denies does not.
 */
void af_permits_of(const struct libaf_policy *policy, size_t id,
		   struct af_permit permits[AF_NR_MAX]);

/* How many calls these are, if only after some call or with some arguments. */
unsigned int af_permits_count(const struct libaf_policy *policy, size_t id);

/*
 * What one caller may do: @calls, and @alone those that nobody else may.
 * @transitions: pairs of a call of the union and one of @calls right after it
 */
struct af_may {
	struct af_nrset calls;
	struct af_nrset alone;
	unsigned long transitions;
};

/*
 * The whole of a policy.
 * @callers: by id
 * @all: the union of what they may do, which plain seccomp would permit
 * @after: by call, after what some caller may make it
 */
struct af_permits {
	const struct libaf_policy *policy;
	struct af_may *callers;
	struct af_nrset all;
	struct af_prevs after[AF_NR_MAX];
};

/* Returns 0 or -ENOMEM. */
int af_permits_find(struct af_permits *permits,
		    const struct libaf_policy *policy);
void af_permits_release(struct af_permits *permits);

/* How many calls of @set may come right before @nr. */
unsigned long af_nr_before(const struct af_prevs *after,
			   const struct af_nrset *set);

/* Pairs of calls of the union of which the second may follow the first. */
unsigned long af_nr_transitions(const struct af_permits *permits);

/* What to call a caller: `program`, `unknown`, or what the policy does. */
const char *af_caller_label(const struct libaf_policy *policy, size_t id);

#endif /* AF_PERMITS_H */
