/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies whose denials are left to a tracer, and what it has to do then. */
#ifndef AF_WATCHED_H
#define AF_WATCHED_H

#include "../lib/policy.h"
#include "../lib/trap.h"

/*
 * Change a policy before it is compiled, so that a tracer gets what it denies;
 * with @enforce, all but what it traps, of which a tracer sees the signal.
 */
void af_watched_change(struct libaf_policy *policy, bool enforce);

/* Is a call with this action, a SECCOMP_RET_* value, not run? */
bool af_watched_denies(uint32_t action);

/*
 * What a policy, before it was changed, does to a call that its filter denies:
 * the action of a denial.  Of those that are possible for what is known of the
 * call it is the strictest: members of @data that are not known are
 * LIBAF_CALLER_NOT_TOLD and LIBAF_PREV_NOT_TOLD.
 * @degraded: the filter is the union of the policy's lists
 */
uint32_t af_watched_action(const struct libaf_policy *policy, bool degraded,
			   const struct libaf_seccomp_data *data);

#endif /* AF_WATCHED_H */
