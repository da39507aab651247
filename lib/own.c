// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What of libaf itself makes calls under a filter: the launcher, before it
 * executes the program, or the reporter, in a signal handler.  Either is one
 * more caller of the policy, with rules that no policy can spell: they hold for
 * one instruction.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "own.h"
#include "report.h"

static int no_memory(struct libaf_error *err)
{
	return af_error(err, -ENOMEM, NULL, NULL, "out of memory");
}

/* Permit a call after those in @after, or after any; at @ip only, if any. */
static int permit(struct af_caller *caller, unsigned int nr,
		  const struct af_nrset *after, uint64_t ip)
{
	const struct af_place nowhere = {};
	struct af_rule *rule;

	if (af_caller_add_rule(caller, nr, &nowhere, &rule))
		return -ENOMEM;
	rule->any_prev = !after;
	rule->ip = ip;
	if (after)
		rule->after = *after;
	return 0;
}

/* May this caller make the call in any case?  The first rule must say so. */
static bool is_free(const struct af_caller *caller, unsigned int nr)
{
	size_t i;

	for (i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];

		if (rule->nr == nr)
			return rule->any_prev && !rule->nr_tests &&
			       rule->action == SECCOMP_RET_ALLOW;
	}
	return false;
}

/*
 * What unknown code may do in any case: libaf is not stronger for it, and a
 * call that all may make is then decided by its number.
 */
static int permit_free(struct af_caller *own, const struct af_caller *unknown)
{
	unsigned int nr;

	for (nr = 0; nr < AF_NR_MAX; nr++) {
		if (is_free(unknown, nr) && permit(own, nr, NULL, 0))
			return -ENOMEM;
	}
	return 0;
}

/*
 * What the text of af_launch() may do: what is written there, where it is
 * written, in that order.
 */
static int make_launcher(struct af_caller *launcher,
			 const struct af_caller *unknown,
			 const uint64_t calls[AF_LAUNCH_CALLS])
{
	struct af_nrset install = {}, execute = {}, write = {};

	launcher->kind = AF_CALLER_LAUNCHER;
	if (permit_free(launcher, unknown))
		return -ENOMEM;
	af_nrset_add(&install, SYS_seccomp);
	af_nrset_add(&execute, SYS_execve);
	af_nrset_add(&write, SYS_write);
	if ((!is_free(unknown, SYS_execve) &&
	     permit(launcher, SYS_execve, &install, calls[AF_LAUNCH_EXECVE])) ||
	    (!is_free(unknown, SYS_write) &&
	     permit(launcher, SYS_write, &execute, calls[AF_LAUNCH_WRITE])) ||
	    (!is_free(unknown, SYS_exit_group) &&
	     permit(launcher, SYS_exit_group, &write, calls[AF_LAUNCH_EXIT])))
		return -ENOMEM;
	return 0;
}

/*
 * What the text in report_calls.S may do: write to standard error, where it
 * does, as the first call of a signal handler.  Its other call kills.
 */
static int make_reporter(struct af_caller *reporter,
			 const struct af_caller *unknown)
{
	const struct af_test to_stderr = {
		.op = AF_OP_EQ,
		.mask = UINT32_MAX,
		.value = STDERR_FILENO,
	};
	const struct af_nrset none = {};
	struct af_rule *rule;

	reporter->kind = AF_CALLER_REPORTER;
	if (permit(reporter, AF_REPORT_END_NR, NULL, 0))
		return -ENOMEM;
	reporter->rules[0].action = SECCOMP_RET_KILL_PROCESS;
	if (permit_free(reporter, unknown))
		return -ENOMEM;
	if (is_free(unknown, SYS_write))
		return 0;
	if (permit(reporter, SYS_write, &none, (uintptr_t)af_report_written))
		return -ENOMEM;
	rule = &reporter->rules[reporter->nr_rules - 1];
	rule->after_signal = true;
	return af_rule_add_test(rule, &to_stderr);
}

/* Everybody in @all may do what libaf itself does. */
static void permit_own(uint32_t actions[AF_NR_MAX], enum af_caller_kind own)
{
	if (own != AF_CALLER_UNKNOWN)
		actions[SYS_write] = SECCOMP_RET_ALLOW;
	if (own == AF_CALLER_LAUNCHER) {
		actions[SYS_execve] = SECCOMP_RET_ALLOW;
		actions[SYS_exit_group] = SECCOMP_RET_ALLOW;
	}
}

/* The same rules for whoever is not known, and for all others. */
static int add_for_all(struct libaf_policy *all, unsigned int nr,
		       uint32_t action)
{
	struct af_caller *lists[] = { &all->callers[AF_ID_UNKNOWN],
				      &all->common };
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (permit(lists[i], nr, NULL, 0))
			return -ENOMEM;
		lists[i]->rules[lists[i]->nr_rules - 1].action = action;
	}
	return 0;
}

/*
 * The policy that a stock kernel can enforce: everybody may do what somebody
 * may.  That includes what libaf itself does.
 */
static struct libaf_policy *make_union(const struct libaf_policy *policy,
				       enum af_caller_kind own)
{
	struct libaf_policy *all =
		af_policy_alloc(policy->name, strlen(policy->name));
	uint32_t actions[AF_NR_MAX];
	unsigned int nr;

	if (!all)
		return NULL;
	all->deny = policy->deny;
	all->has_newer = policy->has_newer;
	all->newer = policy->newer;
	all->known = policy->known;
	af_policy_union_actions(policy, actions);
	permit_own(actions, own);
	for (nr = 0; nr < AF_NR_MAX; nr++) {
		if (actions[nr] == af_policy_default(all, nr))
			continue;
		if (add_for_all(all, nr, actions[nr])) {
			libaf_policy_free(all);
			return NULL;
		}
	}
	return all;
}

int af_own_compile_union(const struct libaf_policy *policy,
			 enum af_caller_kind own, struct af_programs *programs,
			 struct libaf_error *err)
{
	struct libaf_policy *all = make_union(policy, own);
	int ret;

	if (!all)
		return no_memory(err);
	ret = af_compile(all, NULL, programs, err);
	libaf_policy_free(all);
	return ret;
}

static int make_own(struct af_caller *caller, enum af_caller_kind own,
		    const struct libaf_policy *policy,
		    const uint64_t calls[AF_LAUNCH_CALLS])
{
	const struct af_caller *unknown = &policy->callers[AF_ID_UNKNOWN];

	switch (own) {
	case AF_CALLER_LAUNCHER:
		return make_launcher(caller, unknown, calls);
	case AF_CALLER_REPORTER:
		return make_reporter(caller, unknown);
	default:
		return 0;
	}
}

int af_own_compile(const struct libaf_policy *policy, enum af_caller_kind own,
		   const uint64_t calls[AF_LAUNCH_CALLS],
		   struct af_programs *programs, struct libaf_error *err)
{
	struct af_caller caller = {};
	bool has_own = own != AF_CALLER_UNKNOWN;
	int ret;

	if (make_own(&caller, own, policy, calls))
		ret = no_memory(err);
	else
		ret = af_compile(policy, has_own ? &caller : NULL, programs,
				 err);
	af_caller_release(&caller);
	return ret;
}

struct af_own_text af_own_text_of(enum af_caller_kind own, size_t id)
{
	bool launches = own == AF_CALLER_LAUNCHER;

	return (struct af_own_text){
		.id = (unsigned int)id,
		.start = launches ? af_launch_text : af_report_text,
		.end = launches ? af_launch_end : af_report_text_end,
	};
}

void af_own_launch_calls(uint64_t calls[AF_LAUNCH_CALLS])
{
	calls[AF_LAUNCH_EXECVE] = (uintptr_t)af_launch_execve;
	calls[AF_LAUNCH_WRITE] = (uintptr_t)af_launch_write;
	calls[AF_LAUNCH_EXIT] = (uintptr_t)af_launch_exit;
}
