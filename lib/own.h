/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy with libaf itself as one of its callers. */
#ifndef AF_OWN_H
#define AF_OWN_H

#include <stdint.h>

#include "compile.h"
#include "launch.h"
#include "objects.h"
#include "policy.h"

/*
 * The programs of a policy.  What libaf itself does is one of the callers unless
 * @own is AF_CALLER_UNKNOWN: AF_CALLER_LAUNCHER, whose calls return to @calls,
 * or AF_CALLER_REPORTER.  Returns 0, -E2BIG or -ENOMEM.
 */
int af_own_compile(const struct libaf_policy *policy, enum af_caller_kind own,
		   const uint64_t calls[AF_LAUNCH_CALLS],
		   struct af_programs *programs, struct libaf_error *err);

/* The same for a kernel that does not tell callers apart. */
int af_own_compile_union(const struct libaf_policy *policy,
			 enum af_caller_kind own, struct af_programs *programs,
			 struct libaf_error *err);

/* The text of @own, which is no AF_CALLER_UNKNOWN, and becomes caller @id. */
struct af_own_text af_own_text_of(enum af_caller_kind own, size_t id);

/* Where the launcher's calls return to in this process. */
void af_own_launch_calls(uint64_t calls[AF_LAUNCH_CALLS]);

#endif /* AF_OWN_H */
