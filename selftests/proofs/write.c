// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "write.h"

#define ALL_CALLS UINT32_MAX

static void write_call(FILE *file, unsigned int nr)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);

	if (name)
		fputs(name, file);
	else
		fprintf(file, "<%u>", nr);
	free(name);
}

static void write_action(FILE *file, uint32_t action)
{
	switch (action) {
	case SECCOMP_RET_KILL_PROCESS:
		fputs("kill", file);
		break;
	case SECCOMP_RET_TRAP:
		fputs("trap", file);
		break;
	case SECCOMP_RET_USER_NOTIF:
		fputs("notify", file);
		break;
	case SECCOMP_RET_LOG:
		fputs("log", file);
		break;
	case SECCOMP_RET_ALLOW:
		fputs("allow", file);
		break;
	default:
		fprintf(file, "errno %s",
			strerrorname_np(action & SECCOMP_RET_DATA));
		break;
	}
}

static void write_after(FILE *file, const struct af_rule *rule)
{
	fputs(" after", file);
	if (rule->after_start)
		fputs(" start", file);
	if (rule->after_signal)
		fputs(" signal", file);
	/* Right after itself it may come in any case. */
	fputc(' ', file);
	write_call(file, rule->nr);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (nr == rule->nr || !af_nrset_has(&rule->after, nr))
			continue;
		fputc(' ', file);
		write_call(file, nr);
	}
}

static void write_test(FILE *file, const struct af_test *test)
{
	static const char *const ops[] = {
		[AF_OP_EQ] = "==", [AF_OP_NE] = "!=", [AF_OP_LT] = "<",
		[AF_OP_LE] = "<=", [AF_OP_GT] = ">",  [AF_OP_GE] = ">=",
	};

	fprintf(file, "arg%u", test->arg);
	if (test->mask != UINT64_MAX)
		fprintf(file, " & %#" PRIx64, test->mask);
	fprintf(file, " %s %#" PRIx64, ops[test->op], test->value);
}

static void write_rule(FILE *file, const struct af_rule *rule)
{
	fputc('\t', file);
	write_call(file, rule->nr);
	if (!rule->any_prev)
		write_after(file, rule);
	for (size_t i = 0; i < rule->nr_tests; i++) {
		fputs(i ? " and " : " if ", file);
		write_test(file, &rule->tests[i]);
	}
	if (rule->action != SECCOMP_RET_ALLOW) {
		fputs(" then ", file);
		write_action(file, rule->action);
	}
	if (rule->ip)
		fprintf(file, " <at %#" PRIx64 ">", rule->ip);
	fputc('\n', file);
}

/* @only: the rules of this number, or all if it is ALL_CALLS */
static void write_caller(FILE *file, const char *header, const char *name,
			 const struct af_caller *caller, unsigned int only)
{
	fprintf(file, "%s%s%s {\n", header, name ? " " : "", name ? name : "");
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (only == ALL_CALLS || caller->rules[i].nr == only)
			write_rule(file, &caller->rules[i]);
	}
	fputs("}\n", file);
}

static void write_callers(FILE *file, const struct libaf_policy *policy,
			  const struct af_caller *extra, unsigned int only)
{
	fputs("default ", file);
	write_action(file, policy->deny);
	fputc('\n', file);
	if (policy->has_newer) {
		fputs("newer ", file);
		write_action(file, policy->newer);
		fputc('\n', file);
	}
	write_caller(file, "common", NULL, &policy->common, only);
	for (size_t id = 0; id < policy->nr_callers; id++) {
		const struct af_caller *caller = &policy->callers[id];

		write_caller(file, af_caller_kind_name(policy, caller),
			     caller->name, caller, only);
	}
	if (extra)
		write_caller(file,
			     extra->kind == AF_CALLER_REPORTER ? "<reporter>" :
								 "<launcher>",
			     NULL, extra, only);
}

void write_policy(FILE *file, const struct libaf_policy *policy,
		  const struct af_caller *extra)
{
	write_callers(file, policy, extra, ALL_CALLS);
}

void write_rules(FILE *file, const struct libaf_policy *policy,
		 const struct af_caller *extra, unsigned int nr)
{
	write_callers(file, policy, extra, nr);
}
