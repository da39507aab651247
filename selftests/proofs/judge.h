/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does a compiled policy decide as af_policy_eval() does, and in a form that the
 * kernel can decide in advance where nothing but the number matters?
 */
#ifndef PROOFS_JUDGE_H
#define PROOFS_JUDGE_H

#include "compile.h"
#include "policy.h"

/* What all programs say of @data's call, in the simulator. */
uint32_t run(const struct af_programs *progs,
	     const struct libaf_seccomp_data *data);

/*
 * What they are to say: the action of af_policy_eval(), and if @extra is the
 * reporter also what a trap tells.
 */
uint32_t right_verdict(const struct libaf_policy *policy,
		       const struct af_caller *extra,
		       const struct libaf_seccomp_data *data);

/* The action of a call if all programs are constant; -1 if not. */
int64_t constant_action(const struct af_programs *progs, uint32_t nr,
			uint32_t arch);

/* What has been compared, to show that it was worth something. */
struct tally {
	size_t policies;
	size_t too_big;
	size_t split;
	size_t far_jumps;
	size_t checked;
	size_t allowed;
	size_t constant;
	size_t told;
};

/*
 * Something is not as it must be: @value is not @expected.
 * @extra: may be NULL
 * @data: the call that it is about
 */
struct mistake {
	const char *what;
	const struct libaf_policy *policy;
	const struct af_caller *extra;
	struct libaf_seccomp_data data;
	int64_t value;
	int64_t expected;
};

/* Defined by the programs that use this. */
__attribute__((noreturn)) void mistake(const struct mistake *m);

/*
 * Compare all: every number, each by every caller, after various calls, with
 * various arguments.
 */
void check_program(const struct libaf_policy *policy,
		   const struct af_caller *extra,
		   const struct af_programs *progs, struct tally *tally);

/* The same for one number. */
void check_nr(const struct libaf_policy *policy, const struct af_caller *extra,
	      const struct af_programs *progs, int nr, struct tally *tally);

/* Generate the policy of this number, compile it, and compare all. */
void check_generated(uint64_t number, struct tally *tally);

#endif /* PROOFS_JUDGE_H */
