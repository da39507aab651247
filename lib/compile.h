/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy to classic BPF. */
#ifndef AF_COMPILE_H
#define AF_COMPILE_H

#include <linux/filter.h>

#include "policy.h"

/*
 * Compile @policy.  @extra is one more caller as for af_policy_eval(), or
 * NULL.  On success *@prog is an allocated program of *@len instructions.
 * Returns 0, -ENOMEM, or -E2BIG if the program would exceed BPF_MAXINSNS.
 */
int af_compile(const struct libaf_policy *policy, const struct af_caller *extra,
	       struct sock_filter **prog, size_t *len, struct libaf_error *err);

#endif /* AF_COMPILE_H */
