// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Takes libseccomp's place in its own tests: what they build becomes a policy,
 * and where they would export a filter, libaf's is compared with the rows of
 * the file that ORACLE_ROWS names.
 *
 * A policy has no calls from AF_NR_MAX on.  Those of the tests, which there are
 * not, get numbers that are free.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "compile.h"
#include "filter.h"
#include "policy.h"
#include "rows.h"
#include "sim.h"

/* From here on there are no calls. */
#define FIRST_FREE 600

/*
 * @has_us: rules are for x86-64, too
 * @numbers: from FIRST_FREE on, whose place each number takes
 */
struct stand_in {
	struct libaf_policy *policy;
	bool has_us;
	int numbers[AF_NR_MAX - FIRST_FREE];
	size_t nr_numbers;
};

/* What the rows are compared with. */
static struct stand_in *judged;
static struct af_programs progs;

__attribute__((noreturn)) static void die(const char *what)
{
	printf("# %s\n", what);
	exit(1);
}

static struct libaf_policy *new_policy(uint32_t deny)
{
	struct libaf_policy *policy = af_policy_alloc("test", 4);

	if (!policy)
		die("no memory");
	policy->deny = deny;
	return policy;
}

/* The number that a policy has for @nr, or -1. */
static int find_number(const struct stand_in *in, int nr)
{
	if (nr >= 0 && nr < FIRST_FREE)
		return nr;
	for (size_t i = 0; i < in->nr_numbers; i++) {
		if (in->numbers[i] == nr)
			return FIRST_FREE + i;
	}
	return -1;
}

static unsigned int get_number(struct stand_in *in, int nr)
{
	int known = find_number(in, nr);

	if (known >= 0)
		return known;
	if (in->nr_numbers == AF_NR_MAX - FIRST_FREE)
		die("too many calls");
	in->numbers[in->nr_numbers] = nr;
	return FIRST_FREE + in->nr_numbers++;
}

scmp_filter_ctx seccomp_init(uint32_t def_action)
{
	struct stand_in *in = calloc(1, sizeof(*in));

	if (!in)
		die("no memory");
	in->policy = new_policy(def_action);
	in->has_us = true;
	return in;
}

int seccomp_reset(scmp_filter_ctx ctx, uint32_t def_action)
{
	struct stand_in *in = ctx;

	/* That of libseccomp's own state. */
	if (!in)
		return 0;
	libaf_policy_free(in->policy);
	in->policy = new_policy(def_action);
	in->has_us = true;
	return 0;
}

void seccomp_release(scmp_filter_ctx ctx)
{
	struct stand_in *in = ctx;

	if (!in)
		return;
	libaf_policy_free(in->policy);
	free(in);
}

static bool is_us(uint32_t arch)
{
	return arch == SCMP_ARCH_NATIVE || arch == SCMP_ARCH_X86_64;
}

int seccomp_arch_add(scmp_filter_ctx ctx, uint32_t arch)
{
	struct stand_in *in = ctx;

	if (is_us(arch))
		in->has_us = true;
	return 0;
}

int seccomp_arch_remove(scmp_filter_ctx ctx, uint32_t arch)
{
	struct stand_in *in = ctx;

	if (is_us(arch))
		in->has_us = false;
	return 0;
}

int seccomp_arch_exist(const scmp_filter_ctx ctx, uint32_t arch)
{
	const struct stand_in *in = ctx;

	return is_us(arch) && in->has_us ? 0 : -EEXIST;
}

/* One with rules for x86-64 takes up one without. */
int seccomp_merge(scmp_filter_ctx ctx_dst, scmp_filter_ctx ctx_src)
{
	const struct stand_in *to = ctx_dst, *from = ctx_src;

	if (!to->has_us || from->has_us)
		die("cannot merge");
	seccomp_release(ctx_src);
	return 0;
}

int seccomp_attr_set(scmp_filter_ctx ctx, enum scmp_filter_attr attr,
		     uint32_t value)
{
	(void)ctx;
	(void)attr;
	(void)value;
	return 0;
}

int seccomp_syscall_priority(scmp_filter_ctx ctx, int syscall, uint8_t priority)
{
	(void)ctx;
	(void)syscall;
	(void)priority;
	return 0;
}

static struct af_test to_test(const struct scmp_arg_cmp *cmp)
{
	static const enum af_op ops[] = {
		[SCMP_CMP_NE] = AF_OP_NE, [SCMP_CMP_LT] = AF_OP_LT,
		[SCMP_CMP_LE] = AF_OP_LE, [SCMP_CMP_EQ] = AF_OP_EQ,
		[SCMP_CMP_GE] = AF_OP_GE, [SCMP_CMP_GT] = AF_OP_GT,
	};
	struct af_test test = {
		.arg = cmp->arg,
		.mask = UINT64_MAX,
		.value = cmp->datum_a,
	};

	if (cmp->op == SCMP_CMP_MASKED_EQ) {
		test.mask = cmp->datum_a;
		test.value = cmp->datum_b & cmp->datum_a;
	} else {
		test.op = ops[cmp->op];
	}
	return test;
}

static bool same_tests(const struct af_rule *a, const struct af_rule *b)
{
	if (a->nr_tests != b->nr_tests)
		return false;
	for (size_t i = 0; i < a->nr_tests; i++) {
		const struct af_test *s = &a->tests[i], *t = &b->tests[i];

		if (s->arg != t->arg || s->op != t->op || s->mask != t->mask ||
		    s->value != t->value)
			return false;
	}
	return true;
}

/*
 * Of libseccomp's rules for a call none is the first: one without tests holds
 * before all others, and of limits for an argument the narrower one.
 */
static bool may_go_before(const struct af_rule *a, const struct af_rule *b)
{
	const struct af_test *s = a->tests, *t = b->tests;

	if (a->nr != b->nr || !a->nr_tests)
		return true;
	if (a->nr_tests != 1 || b->nr_tests != 1 || s->arg != t->arg ||
	    s->op != t->op)
		return false;
	switch (s->op) {
	case AF_OP_LT:
	case AF_OP_LE:
		return s->value < t->value;
	case AF_OP_GT:
	case AF_OP_GE:
		return s->value > t->value;
	default:
		return false;
	}
}

static int add_rule(struct af_caller *caller, uint32_t action, unsigned int nr,
		    unsigned int arg_cnt, const struct scmp_arg_cmp *cmps)
{
	static const struct af_place nowhere;
	struct af_rule *rule, new;
	size_t i;

	if (af_caller_add_rule(caller, nr, &nowhere, &rule))
		die("no memory");
	rule->any_prev = true;
	rule->action = action;
	for (i = 0; i < arg_cnt; i++) {
		struct af_test test = to_test(&cmps[i]);

		if (af_rule_add_test(rule, &test))
			die("no memory");
	}
	new = *rule;
	for (i = 0; i < caller->nr_rules - 1; i++) {
		const struct af_rule *old = &caller->rules[i];

		if (old->nr == nr && old->action != action &&
		    same_tests(old, &new)) {
			free(new.tests);
			caller->nr_rules--;
			return -EEXIST;
		}
	}
	for (; i > 0 && may_go_before(&new, &caller->rules[i - 1]); i--)
		caller->rules[i] = caller->rules[i - 1];
	caller->rules[i] = new;
	return 0;
}

int seccomp_rule_add_array(scmp_filter_ctx ctx, uint32_t action, int syscall,
			   unsigned int arg_cnt,
			   const struct scmp_arg_cmp *arg_array)
{
	struct stand_in *in = ctx;
	unsigned int nr;

	/* No call of x86-64. */
	if (!in->has_us || syscall < 0)
		return 0;
	nr = get_number(in, syscall);
	/* The same for all callers. */
	add_rule(&in->policy->callers[AF_ID_UNKNOWN], action, nr, arg_cnt,
		 arg_array);
	return add_rule(&in->policy->common, action, nr, arg_cnt, arg_array);
}

int seccomp_rule_add_exact_array(scmp_filter_ctx ctx, uint32_t action,
				 int syscall, unsigned int arg_cnt,
				 const struct scmp_arg_cmp *arg_array)
{
	return seccomp_rule_add_array(ctx, action, syscall, arg_cnt, arg_array);
}

static int add_list(scmp_filter_ctx ctx, uint32_t action, int syscall,
		    unsigned int arg_cnt, va_list ap)
{
	struct scmp_arg_cmp cmps[AF_NR_ARGS];

	if (arg_cnt > AF_NR_ARGS)
		die("too many arguments");
	for (unsigned int i = 0; i < arg_cnt; i++)
		cmps[i] = va_arg(ap, struct scmp_arg_cmp);
	return seccomp_rule_add_array(ctx, action, syscall, arg_cnt, cmps);
}

int seccomp_rule_add(scmp_filter_ctx ctx, uint32_t action, int syscall,
		     unsigned int arg_cnt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, arg_cnt);
	ret = add_list(ctx, action, syscall, arg_cnt, ap);
	va_end(ap);
	return ret;
}

int seccomp_rule_add_exact(scmp_filter_ctx ctx, uint32_t action, int syscall,
			   unsigned int arg_cnt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, arg_cnt);
	ret = add_list(ctx, action, syscall, arg_cnt, ap);
	va_end(ap);
	return ret;
}

static unsigned int judge(const struct libaf_seccomp_data *row)
{
	struct libaf_seccomp_data data = *row;
	int nr = find_number(judged, row->nr);
	uint32_t action;

	/* One that nothing is said of keeps its number. */
	if (nr >= 0)
		data.nr = nr;
	action = af_sim_run_all(&progs, &data, NULL);
	if (action != af_policy_eval(judged->policy, NULL, &data))
		die("the evaluator disagrees");
	return action;
}

static void check_program(const struct af_program *prog)
{
	if (af_sim_check(prog->insns, prog->len) ||
	    af_filter_needs(prog->insns, prog->len))
		die("the filter is wrong");
}

/* Exits, lest a test do anything else afterwards. */
int seccomp_export_bpf(const scmp_filter_ctx ctx, int fd)
{
	const char *path = getenv("ORACLE_ROWS");
	struct libaf_error err;
	size_t compared, wrong;

	(void)fd;
	if (!path)
		die("ORACLE_ROWS is not set");
	judged = ctx;
	if (!judged->has_us)
		die("nothing is for x86-64");
	if (af_compile(judged->policy, NULL, &progs, &err))
		die(err.text);
	for (size_t i = 0; i < progs.nr; i++)
		check_program(&progs.programs[i]);
	wrong = check_rows(path, judge, &compared);
	printf("%zu rows, %zu wrong\n", compared, wrong);
	exit(wrong ? 1 : 0);
}

int seccomp_export_pfc(const scmp_filter_ctx ctx, int fd)
{
	return seccomp_export_bpf(ctx, fd);
}
