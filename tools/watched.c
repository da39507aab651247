// SPDX-License-Identifier: LGPL-2.1-or-later
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

uint32_t af_watched_action(const struct libaf_policy *policy, bool degraded,
			   const struct libaf_seccomp_data *data)
{
	bool told = data->caller_id != LIBAF_CALLER_NOT_TOLD &&
		    data->prev_nr != LIBAF_PREV_NOT_TOLD;
	struct libaf_seccomp_data call = *data;
	uint32_t action;

	/* Nobody has rules for what the union denies. */
	if (degraded)
		call.caller_id = LIBAF_CALLER_NOT_TOLD;
	if (degraded || told)
		action = af_policy_eval(policy, NULL, &call);
	else
		action = find_strictest(policy);
	/* The data is another filter's. */
	return af_watched_denies(action) ? action : SECCOMP_RET_KILL_PROCESS;
}
