/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which calls have been seen, by whom and after which, and what is new. */
#ifndef AF_SEEN_H
#define AF_SEEN_H

#include "binaries.h"
#include "previous.h"

/*
 * A call by one caller.
 * @count: how often it was seen
 * @missing: at least once, the policy did not permit it
 * @prevs: those after which this was so; not @known if none of them is
 * @refused: the policy's rule that denies it on purpose, or NULL
 */
struct af_seen_call {
	uint64_t count;
	bool missing;
	struct af_prevs prevs;
	const struct af_rule *refused;
};

/* @binary: NULL for unknown code */
struct af_seen_caller {
	const struct af_binary *binary;
	struct af_seen_call *calls[AF_NR_MAX];
};

/*
 * @callers: in the order of their first calls
 * @nr_missing: number of calls that are missing
 */
struct af_seen {
	const struct libaf_policy *policy;
	struct af_seen_caller *callers;
	size_t nr_callers;
	uint64_t count;
	unsigned int nr_missing;
};

/* Can a policy tell who that is?  If not, it is unknown code, as NULL is. */
bool af_seen_is_known(const struct af_seen *seen,
		      const struct af_binary *binary);

/*
 * Is that a program of which a policy cannot have a block, since its file is
 * gone?
 */
bool af_seen_is_gone(const struct af_seen *seen,
		     const struct af_binary *binary);

/* A call was seen.  @binary: who made it */
void af_seen_add(struct af_seen *seen, const struct af_binary *binary,
		 unsigned int nr, const uint64_t *args,
		 const struct af_prevs *prevs);
void af_seen_release(struct af_seen *seen);

/*
 * How much the policy lacks: calls, and callers all of whose calls are common,
 * which have to be named.
 */
unsigned int af_seen_nr_new(const struct af_seen *seen);

/* The caller's id in the policy that there is, or AF_NO_ID. */
unsigned int af_seen_id(const struct af_seen *seen,
			const struct af_seen_caller *caller);

#endif /* AF_SEEN_H */
