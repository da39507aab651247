// SPDX-License-Identifier: LGPL-2.1-or-later
#include <linux/audit.h>
#include <linux/seccomp.h>

#include "libaf.h"
#include "watched.h"

bool af_watched_denies(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
		return false;
	default:
		return true;
	}
}

static void change(uint32_t *action, bool enforce)
{
	if (af_watched_denies(*action) &&
	    !(enforce && *action == SECCOMP_RET_TRAP))
		*action = SECCOMP_RET_TRACE;
}

static void change_rules(struct af_caller *caller, bool enforce)
{
	for (size_t i = 0; i < caller->nr_rules; i++)
		change(&caller->rules[i].action, enforce);
}

void af_watched_change(struct libaf_policy *policy, bool enforce)
{
	policy->tells = true;
	change(&policy->deny, enforce);
	change(&policy->newer, enforce);
	change_rules(&policy->common, enforce);
	for (size_t i = 0; i < policy->nr_callers; i++)
		change_rules(&policy->callers[i], enforce);
}

/* As the kernel compares them. */
static void take_stricter(uint32_t *strictest, uint32_t action)
{
	if (af_watched_denies(action) &&
	    (int32_t)(action & SECCOMP_RET_ACTION_FULL) <
		    (int32_t)(*strictest & SECCOMP_RET_ACTION_FULL))
		*strictest = action;
}

static void look_at_rules(const struct af_caller *caller, uint32_t *strictest)
{
	for (size_t i = 0; i < caller->nr_rules; i++)
		take_stricter(strictest, caller->rules[i].action);
}

static uint32_t find_strictest(const struct libaf_policy *policy)
{
	uint32_t strictest = SECCOMP_RET_ALLOW;

	take_stricter(&strictest, policy->deny);
	if (policy->has_newer)
		take_stricter(&strictest, policy->newer);
	look_at_rules(&policy->common, &strictest);
	for (size_t i = 0; i < policy->nr_callers; i++)
		look_at_rules(&policy->callers[i], &strictest);
	return strictest;
}

/* As the filter would have, had its denials not been changed. */
static uint32_t find_in_union(const struct libaf_policy *policy,
			      const struct libaf_seccomp_data *data)
{
	uint32_t actions[AF_NR_MAX];
	struct libaf_seccomp_data call = *data;

	if (data->arch == AUDIT_ARCH_X86_64 && data->nr >= 0 &&
	    data->nr < AF_NR_MAX) {
		af_policy_union_actions(policy, actions);
		return actions[data->nr];
	}
	/* No rule is about these. */
	call.caller_id = LIBAF_CALLER_NOT_TOLD;
	return af_policy_eval(policy, NULL, &call);
}

uint32_t af_watched_action(const struct libaf_policy *policy, bool degraded,
			   const struct libaf_seccomp_data *data)
{
	bool told = data->caller_id != LIBAF_CALLER_NOT_TOLD &&
		    data->prev_nr != LIBAF_PREV_NOT_TOLD;
	uint32_t action;

	if (degraded)
		action = find_in_union(policy, data);
	else if (told)
		action = af_policy_eval(policy, NULL, data);
	else
		action = find_strictest(policy);
	/* The data is another filter's. */
	return af_watched_denies(action) ? action : SECCOMP_RET_KILL_PROCESS;
}
