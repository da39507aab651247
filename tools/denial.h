/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call that a policy denies, as it is reported. */
#ifndef AF_DENIAL_H
#define AF_DENIAL_H

#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "chain.h"
#include "libaf.h"

/*
 * @time: when the call was made
 * @pid, @tid, @comm: by whom
 * @foreign: by another convention than that of x86-64
 * @call: what is not known of it is LIBAF_CALLER_NOT_TOLD and so on
 * @action: of the policy, a SECCOMP_RET_* value
 * @made: the call is made all the same
 * @why: what the policy says of it
 * @chain: how the program got there; may have nothing
 */
struct af_denial {
	struct timespec time;
	pid_t pid;
	pid_t tid;
	char comm[32];
	bool foreign;
	struct libaf_call call;
	uint32_t action;
	bool made;
	struct libaf_explanation why;
	struct af_chain chain;
};

/* Ask the policy why, of a denial that is filled in up to there. */
void af_denial_explain(struct af_denial *denial,
		       const struct libaf_policy *policy);

/* Print what a policy says of a call: where, why, and what to do. */
void af_explanation_print(FILE *out, const struct libaf_explanation *why);

/* Print it as some lines of text. */
void af_denial_print(FILE *out, const struct af_denial *denial);

/* The same as an object.  NULL if memory runs out. */
json_t *af_denial_json(const struct af_denial *denial,
		       const struct libaf_policy *policy);

/*
 * Denials that are alike: the same call by the same caller after the same one,
 * decided by the same line.  Zeroed at first.
 */
struct af_repeats {
	struct af_repeat *list;
	size_t nr;
};

/* Count one, whose chain is not looked at.  Is it the first of its kind? */
bool af_repeats_add(struct af_repeats *repeats, const struct af_denial *denial);

/* Print how often there were more than the first, and forget all. */
void af_repeats_end(struct af_repeats *repeats, FILE *out);

#endif /* AF_DENIAL_H */
