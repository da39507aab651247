/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy to classic BPF. */
#ifndef AF_COMPILE_H
#define AF_COMPILE_H

#include <linux/filter.h>

#include "policy.h"

struct af_program {
	struct sock_filter *insns;
	size_t len;
};

/* The kernel takes not even these, if all of them are as long as can be. */
#define AF_MAX_PROGRAMS 8

/*
 * What a policy becomes, in the order in which to load it.  The kernel does
 * what the strictest of them says, which is what the policy says.
 */
struct af_programs {
	struct af_program programs[AF_MAX_PROGRAMS];
	size_t nr;
};

/*
 * Compile @policy.  @extra is one more caller as for af_policy_eval(), or
 * NULL; if that is the reporter, or the policy says so, traps tell what
 * af_trap_for() says.  If there is more than one program, only the last one
 * denies any of the calls by which the next is loaded, a program is executed, or
 * a failure of either is reported.
 * Returns 0, -ENOMEM, or -E2BIG if the kernel would not take so much.
 */
int af_compile(const struct libaf_policy *policy, const struct af_caller *extra,
	       struct af_programs *programs, struct libaf_error *err);

void af_programs_release(struct af_programs *programs);

/*
 * Compile what @policy says of the calls in @part, or of all if it is NULL, to
 * one program, which permits all others of the calls that have a name.
 * Returns 0, -ENOMEM, or -E2BIG if it would exceed BPF_MAXINSNS.
 */
int af_compile_part(const struct libaf_policy *policy,
		    const struct af_caller *extra, const struct af_nrset *part,
		    struct af_program *prog);

#endif /* AF_COMPILE_H */
