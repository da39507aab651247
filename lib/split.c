// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Policies that do not fit into one program.
 *
 * Each call is decided by one of several programs, and permitted by the others.
 * Which calls a program decides is chosen by how much their rules weigh.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "compile.h"

/*
 * Limits of the kernel for all filters of a task, in instructions as it
 * translates them: in all, what each filter takes beside its program, and what
 * callers do.
 */
#define MAX_INSNS_PER_PATH 32768
#define FILTER_INSNS       4
#define CALLERS_INSNS      256

/* What is done between the loading of two programs, or if that fails. */
static const unsigned int last_calls[] = {
	SYS_write, SYS_execve, SYS_prctl, SYS_exit_group, SYS_seccomp,
};

#define NR_LAST_CALLS (sizeof(last_calls) / sizeof(*last_calls))

/* How much the rules for each call add to a program, roughly. */
struct weights {
	size_t by_nr[AF_NR_MAX];
	size_t sum;
};

static size_t set_size(const struct af_nrset *set)
{
	size_t size = 0;

	for (size_t word = 0; word < AF_NR_MAX / 64; word++)
		size += __builtin_popcountll(set->bits[word]);
	return size;
}

static size_t rule_weight(const struct libaf_policy *policy,
			  const struct af_caller *caller,
			  const struct af_rule *rule)
{
	if (!rule->any_prev)
		return 1 + rule->nr_tests + set_size(&rule->after);
	return (caller != &policy->common) + rule->nr_tests;
}

static void weigh_caller(struct weights *weights,
			 const struct libaf_policy *policy,
			 const struct af_caller *caller)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];
		size_t weight = rule_weight(policy, caller, rule);

		if (rule->nr >= AF_NR_MAX)
			continue;
		weights->by_nr[rule->nr] += weight;
		weights->sum += weight;
	}
}

static void weigh(struct weights *weights, const struct libaf_policy *policy)
{
	*weights = (struct weights){ .sum = 0 };
	weigh_caller(weights, policy, &policy->common);
	for (size_t id = 0; id < policy->nr_callers; id++)
		weigh_caller(weights, policy, &policy->callers[id]);
}

/*
 * Divide all calls into @nr parts of about the same weight, of which the last
 * has the last calls.
 */
static void divide(const struct weights *weights, struct af_nrset *parts,
		   size_t nr)
{
	struct af_nrset last = { { 0 } };
	size_t sum = 0;

	for (size_t i = 0; i < nr; i++)
		parts[i] = (struct af_nrset){ { 0 } };
	for (size_t i = 0; i < NR_LAST_CALLS; i++) {
		af_nrset_add(&last, last_calls[i]);
		af_nrset_add(&parts[nr - 1], last_calls[i]);
	}
	for (unsigned int call = 0; call < AF_NR_MAX; call++) {
		if (af_nrset_has(&last, call))
			continue;
		sum += weights->by_nr[call];
		af_nrset_add(&parts[sum * nr / (weights->sum + 1)], call);
	}
}

static bool falls_through(const struct sock_filter *insn)
{
	return !insn->jf || (!insn->jt && BPF_OP(insn->code) != BPF_JSET);
}

/* Instructions of what the kernel translates a program to, at most. */
static size_t translated_len(const struct af_program *prog)
{
	/* Two registers are cleared, one is saved. */
	size_t len = 3;

	for (size_t i = 0; i < prog->len; i++) {
		const struct sock_filter *insn = &prog->insns[i];

		len++;
		if (BPF_CLASS(insn->code) == BPF_RET) {
			len++;
		} else if (BPF_CLASS(insn->code) == BPF_JMP &&
			   BPF_OP(insn->code) != BPF_JA) {
			len += insn->k > INT32_MAX;
			len += !falls_through(insn);
		}
	}
	return len;
}

static bool fits(const struct af_programs *programs)
{
	size_t len = CALLERS_INSNS;

	for (size_t i = 0; i < programs->nr; i++)
		len += FILTER_INSNS + translated_len(&programs->programs[i]);
	return len <= MAX_INSNS_PER_PATH;
}

void af_programs_release(struct af_programs *programs)
{
	for (size_t i = 0; i < programs->nr; i++)
		free(programs->programs[i].insns);
	programs->nr = 0;
}

/* Compile to @nr programs. */
static int compile_parts(const struct libaf_policy *policy,
			 const struct af_caller *extra,
			 const struct weights *weights, size_t nr,
			 struct af_programs *programs)
{
	struct af_nrset parts[AF_MAX_PROGRAMS];
	int ret = 0;

	programs->nr = 0;
	divide(weights, parts, nr);
	while (!ret && programs->nr < nr) {
		const struct af_nrset *part = &parts[programs->nr];

		ret = af_compile_part(policy, extra, nr > 1 ? part : NULL,
				      &programs->programs[programs->nr]);
		programs->nr += !ret;
	}
	if (!ret && !fits(programs))
		ret = -E2BIG;
	if (ret)
		af_programs_release(programs);
	return ret;
}

static size_t caller_weight(const struct libaf_policy *policy,
			    const struct af_caller *caller)
{
	size_t sum = 0;

	for (size_t i = 0; i < caller->nr_rules; i++)
		sum += rule_weight(policy, caller, &caller->rules[i]);
	return sum;
}

static int too_big(const struct libaf_policy *policy, struct libaf_error *err)
{
	const struct af_caller *largest = &policy->common;
	const struct af_place *place;

	for (size_t id = 0; id < policy->nr_callers; id++) {
		const struct af_caller *caller = &policy->callers[id];

		if (caller_weight(policy, caller) >
		    caller_weight(policy, largest))
			largest = caller;
	}
	place = largest->place.line ? &largest->place : NULL;
	af_error(err, -E2BIG, policy->name, place,
		 "the filter has more instructions than the kernel takes; the "
		 "largest part is that of %s%s%.128s",
		 af_caller_kind_name(policy, largest), largest->name ? " " : "",
		 largest->name ? largest->name : "");
	af_hint(err, "move what many libraries need to the common block, or "
		     "drop `after` where it helps little");
	return -E2BIG;
}

int af_compile(const struct libaf_policy *policy, const struct af_caller *extra,
	       struct af_programs *programs, struct libaf_error *err)
{
	struct weights weights;
	int ret = -E2BIG;

	weigh(&weights, policy);
	for (size_t nr = 1; nr <= AF_MAX_PROGRAMS && ret == -E2BIG; nr++)
		ret = compile_parts(policy, extra, &weights, nr, programs);
	if (ret == -ENOMEM)
		return af_error(err, ret, policy->name, NULL, "out of memory");
	if (ret == -E2BIG)
		return too_big(policy, err);
	return ret;
}
