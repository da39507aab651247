// SPDX-License-Identifier: LGPL-2.1-or-later
/* Policies in memory: building, evaluating and freeing them. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "policy.h"

/*
 * Make room for one more element.  Arrays have a power of two as their
 * capacity, so that the number of elements says when they are full.
 */
static void *make_room(void *array, size_t n, size_t size)
{
	size_t capacity;

	if (n & (n - 1))
		return array;
	capacity = n ? 2 * n : 1;
	if (capacity > PTRDIFF_MAX / size)
		return NULL;
	return realloc(array, capacity * size);
}

static char *copy_string(const char *s, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

struct libaf_policy *af_policy_alloc(const char *name, size_t name_len)
{
	struct libaf_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->name = copy_string(name, name_len);
	policy->callers = calloc(AF_ID_LIBRARY, sizeof(*policy->callers));
	if (!policy->name || !policy->callers) {
		libaf_policy_free(policy);
		return NULL;
	}
	policy->deny = SECCOMP_RET_KILL_PROCESS;
	policy->callers[AF_ID_UNKNOWN].kind = AF_CALLER_UNKNOWN;
	policy->callers[AF_ID_PROGRAM].kind = AF_CALLER_PROGRAM;
	policy->nr_callers = AF_ID_LIBRARY;
	return policy;
}

int af_policy_add_library(struct libaf_policy *policy, const char *name,
			  size_t name_len, const struct af_place *place,
			  struct af_caller **caller)
{
	struct af_caller *callers, *new;
	char *copy;

	callers = make_room(policy->callers, policy->nr_callers,
			    sizeof(*callers));
	if (!callers)
		return -ENOMEM;
	policy->callers = callers;
	copy = copy_string(name, name_len);
	if (!copy)
		return -ENOMEM;
	new = &callers[policy->nr_callers++];
	*new = (struct af_caller){
		.kind = AF_CALLER_LIBRARY,
		.name = copy,
		.place = *place,
	};
	*caller = new;
	return 0;
}

int af_caller_add_rule(struct af_caller *caller, unsigned int nr,
		       const struct af_place *place, struct af_rule **rule)
{
	struct af_rule *rules;

	rules = make_room(caller->rules, caller->nr_rules, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	caller->rules = rules;
	*rule = &rules[caller->nr_rules++];
	**rule = (struct af_rule){ .nr = nr, .place = *place };
	return 0;
}

static void release_caller(struct af_caller *caller)
{
	free(caller->name);
	free(caller->rules);
}

LIBAF_API void libaf_policy_free(struct libaf_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->nr_callers; i++)
		release_caller(&policy->callers[i]);
	free(policy->callers);
	release_caller(&policy->common);
	free(policy->name);
	free(policy);
}

static bool rule_permits(const struct af_rule *rule,
			 const struct libaf_seccomp_data *data)
{
	if (rule->nr != (unsigned int)data->nr)
		return false;
	if (rule->ip && rule->ip != data->instruction_pointer)
		return false;
	if (rule->any_prev || data->prev_nr == data->nr)
		return true;
	/* PREV_NONE and other negative values become too large for the set. */
	return af_nrset_has(&rule->after, (unsigned int)data->prev_nr);
}

static bool caller_permits(const struct af_caller *caller,
			   const struct libaf_seccomp_data *data)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (rule_permits(&caller->rules[i], data))
			return true;
	}
	return false;
}

static bool permitted(const struct libaf_policy *policy,
		      const struct af_caller *extra,
		      const struct libaf_seccomp_data *data)
{
	uint32_t id = data->caller_id;

	if (data->arch != AUDIT_ARCH_X86_64)
		return false;
	/* x32's calls have bit 30 set and are too large as well. */
	if (data->nr < 0 || data->nr >= AF_NR_MAX)
		return false;
	if (id == AF_ID_UNKNOWN)
		return caller_permits(&policy->callers[id], data);
	if (id < policy->nr_callers)
		return caller_permits(&policy->callers[id], data) ||
		       caller_permits(&policy->common, data);
	if (extra && id == policy->nr_callers)
		return caller_permits(extra, data);
	return false;
}

uint32_t af_policy_eval(const struct libaf_policy *policy,
			const struct af_caller *extra,
			const struct libaf_seccomp_data *data)
{
	return permitted(policy, extra, data) ? SECCOMP_RET_ALLOW :
						policy->deny;
}

static void add_calls(const struct af_caller *caller, struct af_nrset *set)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (caller->rules[i].nr < AF_NR_MAX)
			af_nrset_add(set, caller->rules[i].nr);
	}
}

void af_policy_union(const struct libaf_policy *policy, struct af_nrset *set)
{
	memset(set, 0, sizeof(*set));
	add_calls(&policy->common, set);
	for (size_t i = 0; i < policy->nr_callers; i++)
		add_calls(&policy->callers[i], set);
}
