// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Do libaf's filters decide as libseccomp's do, where both can say the same?
 *
 *	libseccomp_proof [LISTS [FIRST]]
 *
 * A generated list is made a policy in which nothing depends on the caller, as
 * text, and a filter of libseccomp's.  Either is run by two interpreters that
 * share no code.  What libseccomp makes of a list again takes the place of the
 * union that a stock kernel enforces for a policy with libraries.
 *
 * libseccomp compares all 64 bits of an argument, libaf as many as the kernel
 * takes.  So calls are tried without the other bits, where the two must agree,
 * and then with them, where libaf must not change its mind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../fuzz/bpf_model.h"
#include "compile.h"
#include "filter.h"
#include "generate.h"
#include "judge.h"
#include "libaf.h"
#include "write.h"

/* The list that is being compared. */
static uint64_t number;
static struct libaf_policy *list;

static size_t permitted, denied, tested, other_bits, unions;

/* Not a matter of verdicts, but of what is around them. */
__attribute__((noreturn)) static void fail(const char *what, int ret)
{
	printf("not ok 1 - libaf decides as libseccomp does\n");
	printf("list %" PRIu64 ": %s: %s\n\n", number, what, strerror(-ret));
	write_policy(stdout, list, NULL);
	exit(1);
}

static void must(const char *what, int ret)
{
	if (ret < 0)
		fail(what, ret);
}

void mistake(const struct mistake *m)
{
	printf("not ok 1 - libaf decides as libseccomp does\n");
	printf("list %" PRIu64 ": %s: %#" PRIx64 ", not %#" PRIx64 "\n", number,
	       m->what, m->value, m->expected);
	printf("arch %#x, nr %d, arguments", m->data.arch, m->data.nr);
	for (unsigned int i = 0; i < AF_NR_ARGS; i++)
		printf(" %#llx", (unsigned long long)m->data.args[i]);
	printf("\n\n");
	write_rules(stdout, m->policy, NULL, m->data.nr);
	exit(1);
}

static uint64_t width_mask(unsigned int nr, unsigned int arg)
{
	return UINT64_MAX >> (64 - af_arg_width(nr, arg));
}

/* The parser refuses a test that says nothing. */
static bool says_something(const struct af_test *test)
{
	switch (test->op) {
	case AF_OP_EQ:
	case AF_OP_NE:
		return test->mask && !(test->value & ~test->mask);
	case AF_OP_LE:
	case AF_OP_GT:
		return test->value < test->mask;
	default:
		return test->value && test->value <= test->mask;
	}
}

/* libseccomp knows masks for == alone. */
static void add_test(struct af_rule *rule, unsigned int arg)
{
	uint64_t all = width_mask(rule->nr, arg);
	struct af_test test = { .arg = arg };

	do {
		test.op = below(AF_OP_GE + 1);
		test.mask = all;
		if (test.op == AF_OP_EQ && below(2))
			test.mask &= random_value();
		test.value = random_value() & test.mask;
	} while (!says_something(&test));
	must("memory", af_rule_add_test(rule, &test));
}

/* Each argument at most once, as libseccomp wants it. */
static void add_tests(struct af_rule *rule)
{
	unsigned int args = 1 + below((1 << AF_NR_ARGS) - 1);

	if (below(2))
		args &= -args;
	for (unsigned int arg = 0; arg < AF_NR_ARGS; arg++) {
		if (args >> arg & 1)
			add_test(rule, arg);
	}
}

static const uint32_t actions[] = {
	SECCOMP_RET_ALLOW,         SECCOMP_RET_ALLOW,
	SECCOMP_RET_ALLOW,         SECCOMP_RET_LOG,
	SECCOMP_RET_TRAP,          SECCOMP_RET_KILL_PROCESS,
	SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ERRNO | ENOSYS,
};

/* The same action for several values of one argument. */
static void add_values(struct af_caller *caller, unsigned int nr,
		       uint32_t action)
{
	struct af_test test = { .arg = below(AF_NR_ARGS) };

	test.mask = width_mask(nr, test.arg);
	for (unsigned int n = 2 + below(6); n; n--) {
		struct af_rule *rule = add_rule(caller, nr);

		rule->action = action;
		test.value = random_value() & test.mask;
		must("memory", af_rule_add_test(rule, &test));
	}
}

/*
 * Without tests, with one rule that has some, or for several values.  Of several
 * rules for one call that compare in other ways libseccomp 2.5.4 makes filters
 * that take the action of a rule of which no test holds.
 */
static void add_call(struct af_caller *caller, unsigned int nr, uint32_t deny)
{
	struct af_rule *rule;
	uint32_t action;

	do {
		action = actions[below(ARRAY_SIZE(actions))];
	} while (action == deny);
	if (!below(8)) {
		add_values(caller, nr, action);
		return;
	}
	rule = add_rule(caller, nr);
	rule->action = action;
	if (!below(3))
		add_tests(rule);
}

/* One that libseccomp has a name of, and this architecture. */
static bool is_named(unsigned int nr)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
	bool named = name;

	free(name);
	return named;
}

/* Beyond the last number that there is. */
#define NR_END 500

static struct libaf_policy *generate_list(uint64_t value)
{
	static const uint32_t denials[] = {
		SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_ERRNO | EACCES,
		SECCOMP_RET_TRAP,
		SECCOMP_RET_LOG,
	};
	struct libaf_policy *policy;
	unsigned int share;

	seed(value);
	policy = new_policy(denials[below(ARRAY_SIZE(denials))]);
	share = 1 + below(50);
	for (unsigned int nr = 0; nr < NR_END; nr++) {
		if (below(100) < share && is_named(nr))
			add_call(&policy->common, nr, policy->deny);
	}
	/* One at least, lest there be nothing to decide. */
	if (!policy->common.nr_rules)
		add_call(&policy->common, 1, policy->deny);
	return policy;
}

/* What is in the common block for the unknown callers, too. */
static void say_it_of_all(struct libaf_policy *policy)
{
	struct af_caller *unknown = &policy->callers[AF_ID_UNKNOWN];

	for (size_t i = 0; i < policy->common.nr_rules; i++) {
		const struct af_rule *from = &policy->common.rules[i];
		struct af_rule *to = add_rule(unknown, from->nr);

		to->action = from->action;
		for (size_t t = 0; t < from->nr_tests; t++)
			must("memory", af_rule_add_test(to, &from->tests[t]));
	}
}

static struct libaf_policy *parse(const struct libaf_policy *policy)
{
	struct libaf_policy *parsed;
	struct libaf_error err;
	size_t len;
	char *text;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		fail("memory", -errno);
	write_policy(file, policy, NULL);
	fclose(file);
	if (libaf_policy_parse(text, len, "list", &parsed, &err))
		fail(err.text, -EINVAL);
	free(text);
	return parsed;
}

/*
 * libseccomp's filter
 */
static struct scmp_arg_cmp comparison(const struct af_test *test,
				      unsigned int nr)
{
	static const enum scmp_compare ops[] = {
		[AF_OP_EQ] = SCMP_CMP_EQ, [AF_OP_NE] = SCMP_CMP_NE,
		[AF_OP_LT] = SCMP_CMP_LT, [AF_OP_LE] = SCMP_CMP_LE,
		[AF_OP_GT] = SCMP_CMP_GT, [AF_OP_GE] = SCMP_CMP_GE,
	};
	struct scmp_arg_cmp cmp = {
		.arg = test->arg,
		.op = ops[test->op],
		.datum_a = test->value,
	};

	if (test->mask != width_mask(nr, test->arg)) {
		cmp.op = SCMP_CMP_MASKED_EQ;
		cmp.datum_a = test->mask;
		cmp.datum_b = test->value;
	}
	return cmp;
}

static void add_to_libseccomp(scmp_filter_ctx ctx, const struct af_rule *rule)
{
	struct scmp_arg_cmp cmp[AF_NR_ARGS];

	for (size_t i = 0; i < rule->nr_tests; i++)
		cmp[i] = comparison(&rule->tests[i], rule->nr);
	must("seccomp_rule_add()",
	     seccomp_rule_add_exact_array(ctx, rule->action, rule->nr,
					  rule->nr_tests, cmp));
}

static void export(scmp_filter_ctx ctx, struct af_program *prog)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t size;

	if (fd < 0)
		fail("memfd_create()", -errno);
	must("seccomp_export_bpf()", seccomp_export_bpf(ctx, fd));
	size = lseek(fd, 0, SEEK_END);
	prog->len = size / sizeof(*prog->insns);
	prog->insns = malloc(size);
	if (!prog->insns || pread(fd, prog->insns, size, 0) != size)
		fail("reading the filter", -errno);
	close(fd);
}

static scmp_filter_ctx new_libseccomp(uint32_t deny)
{
	scmp_filter_ctx ctx = seccomp_init(deny);

	if (!ctx)
		fail("seccomp_init()", -ENOMEM);
	/* Other architectures are a call like any other that is not listed. */
	must("seccomp_attr_set()",
	     seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, deny));
	if (seccomp_arch_exist(ctx, SCMP_ARCH_X86_64))
		must("seccomp_arch_add()",
		     seccomp_arch_add(ctx, SCMP_ARCH_X86_64));
	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		must("seccomp_arch_remove()",
		     seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE));
	return ctx;
}

static void make_libseccomp(const struct libaf_policy *policy,
			    struct af_programs *progs)
{
	scmp_filter_ctx ctx = new_libseccomp(policy->deny);

	for (size_t i = 0; i < policy->common.nr_rules; i++)
		add_to_libseccomp(ctx, &policy->common.rules[i]);
	export(ctx, &progs->programs[0]);
	progs->nr = 1;
	seccomp_release(ctx);
}

/*
 * Comparing
 */
struct pair {
	const struct libaf_policy *policy;
	struct af_programs ours;
	struct af_programs theirs;
};

static void compare(const char *what, const struct pair *pair,
		    const struct libaf_seccomp_data *data, uint32_t value,
		    uint32_t expected)
{
	const struct mistake m = {
		.what = what,
		.policy = pair->policy,
		.data = *data,
		.value = value,
		.expected = expected,
	};

	if (value != expected)
		mistake(&m);
}

/* The strictest action is the least, if its number is taken as a signed one. */
static uint32_t model(const struct af_programs *progs,
		      const struct libaf_seccomp_data *data)
{
	uint32_t least = SECCOMP_RET_ALLOW;

	for (size_t i = 0; i < progs->nr; i++) {
		const struct af_program *prog = &progs->programs[i];
		uint32_t value = bpf_model_run(prog->insns, prog->len,
					       (const void *)data);

		if ((int32_t)(value & SECCOMP_RET_ACTION_FULL) <
		    (int32_t)(least & SECCOMP_RET_ACTION_FULL))
			least = value;
	}
	return least;
}

static void compare_call(const struct pair *pair,
			 const struct libaf_seccomp_data *data)
{
	uint32_t ours = run(&pair->ours, data);
	uint32_t theirs = run(&pair->theirs, data);

	compare("libaf's filter in the other interpreter", pair, data,
		model(&pair->ours, data), ours);
	compare("libseccomp's filter in the other interpreter", pair, data,
		model(&pair->theirs, data), theirs);
	compare("the evaluator, but libseccomp's filter", pair, data, theirs,
		af_policy_eval(pair->policy, NULL, data));
	compare("libseccomp's filter, but libaf's", pair, data, ours, theirs);
	if (ours == pair->policy->deny)
		denied++;
	else
		permitted++;
}

/* Only what the kernel takes of the arguments, then anything else besides. */
static void compare_args(const struct pair *pair,
			 struct libaf_seccomp_data *data)
{
	struct libaf_seccomp_data more = *data;
	uint32_t action;

	for (unsigned int i = 0; i < AF_NR_ARGS; i++) {
		data->args[i] &= width_mask(data->nr, i);
		more.args[i] = data->args[i] |
			       (random_bits() & ~width_mask(data->nr, i));
	}
	compare_call(pair, data);
	tested++;
	if (!memcmp(&more, data, sizeof(more)))
		return;
	action = run(&pair->ours, data);
	compare("a verdict with bits that the kernel ignores", pair, &more,
		run(&pair->ours, &more), action);
	other_bits++;
}

static void compare_rule(const struct pair *pair, const struct af_rule *rule)
{
	struct libaf_seccomp_data data = {
		.nr = rule->nr,
		.arch = AUDIT_ARCH_X86_64,
	};

	for (unsigned int i = 0; i < AF_NR_ARGS; i++)
		data.args[i] = random_value();
	for (unsigned int again = 0; again < 24; again++) {
		for (size_t i = 0; i < rule->nr_tests; i++)
			data.args[rule->tests[i].arg] =
				value_near(&rule->tests[i]);
		compare_args(pair, &data);
	}
}

static void compare_numbers(const struct pair *pair)
{
	static const uint32_t archs[] = {
		AUDIT_ARCH_X86_64,
		AUDIT_ARCH_I386,
		AUDIT_ARCH_AARCH64,
		AUDIT_ARCH_X86_64 + 1,
		AUDIT_ARCH_X86_64 - 1,
		0,
		UINT32_MAX,
	};
	static const uint32_t bases[] = {
		0, 0x3ffffe00, 0x40000000, 0x7ffffe00, 0x80000000, 0xfffffe00,
	};
	struct libaf_seccomp_data data = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		data.arch = archs[i];
		for (size_t j = 0; j < ARRAY_SIZE(bases); j++) {
			for (unsigned int nr = 0; nr <= 512; nr++) {
				data.nr = (int)(bases[j] + nr);
				compare_call(pair, &data);
			}
		}
	}
	data.arch = AUDIT_ARCH_X86_64;
	for (data.nr = 512; data.nr <= 2048; data.nr++)
		compare_call(pair, &data);
}

static void compare_all(struct pair *pair)
{
	const struct af_caller *common = &pair->policy->common;

	for (size_t i = 0; i < pair->ours.nr; i++) {
		const struct af_program *prog = &pair->ours.programs[i];

		if (!bpf_model_valid(prog->insns, prog->len,
				     sizeof(struct libaf_seccomp_data)))
			fail("libaf's filter is not valid", -EINVAL);
	}
	compare_numbers(pair);
	for (size_t i = 0; i < common->nr_rules; i++)
		compare_rule(pair, &common->rules[i]);
	af_programs_release(&pair->theirs);
}

static void compare_list(void)
{
	struct libaf_policy *parsed;
	struct pair pair;

	say_it_of_all(list);
	parsed = parse(list);
	pair.policy = parsed;
	must("af_compile()", af_compile(parsed, NULL, &pair.ours, NULL));
	for (size_t i = 0; i < pair.ours.nr; i++) {
		const struct af_program *prog = &pair.ours.programs[i];

		if (af_filter_needs(prog->insns, prog->len))
			fail("the filter asks for the caller", -EINVAL);
	}
	make_libseccomp(parsed, &pair.theirs);
	compare_all(&pair);
	af_programs_release(&pair.ours);
	libaf_policy_free(parsed);
}

/*
 * What becomes of a call for which known callers have rules, all with @action,
 * and unknown ones have none.
 */
static uint32_t action_of_all(uint32_t action, uint32_t deny)
{
	if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG)
		return action;
	if (deny == SECCOMP_RET_LOG)
		return deny;
	return (int32_t)(action & SECCOMP_RET_ACTION_FULL) <
			       (int32_t)(deny & SECCOMP_RET_ACTION_FULL) ?
		       action :
		       deny;
}

/* What the union of a policy is to be, as the common block of another. */
static struct libaf_policy *union_of(const struct libaf_policy *policy)
{
	struct libaf_policy *all = new_policy(policy->deny);

	for (size_t i = 0; i < policy->common.nr_rules; i++) {
		const struct af_rule *rule = &policy->common.rules[i];
		uint32_t action = action_of_all(rule->action, policy->deny);

		if (action == policy->deny || (i && rule[-1].nr == rule->nr))
			continue;
		add_rule(&all->common, rule->nr)->action = action;
	}
	say_it_of_all(all);
	return all;
}

/* Those of a filter, as if they had been compiled. */
static void get_programs(const struct libaf_filter *filter,
			 struct af_programs *progs)
{
	for (progs->nr = 0; progs->nr < filter->nr_programs; progs->nr++) {
		struct af_program *prog = &progs->programs[progs->nr];

		prog->insns = (struct sock_filter *)libaf_filter_program(
			filter, progs->nr, &prog->len);
	}
}

/* The same, with the list for known callers alone, on a stock kernel. */
static void compare_union(void)
{
	struct libaf_policy *policy = generate_list(number);
	struct libaf_policy *parsed = parse(policy);
	struct libaf_policy *all = union_of(policy);
	struct pair pair = { .policy = all };
	struct libaf_filter *filter;
	struct libaf_error err;

	if (libaf_filter_new(parsed, NULL, LIBAF_ALLOW_DEGRADED, &filter, &err))
		fail(err.text, -EINVAL);
	if (filter->degraded) {
		get_programs(filter, &pair.ours);
		make_libseccomp(all, &pair.theirs);
		compare_all(&pair);
		unions++;
	}
	libaf_filter_free(filter);
	libaf_policy_free(all);
	libaf_policy_free(parsed);
	libaf_policy_free(policy);
}

int main(int argc, char **argv)
{
	uint64_t lists = argc > 1 ? strtoull(argv[1], NULL, 0) : 200;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
	bool varied;

	printf("TAP version 13\n1..3\n");
	for (number = first; number < first + lists; number++) {
		list = generate_list(number);
		compare_list();
		compare_union();
		libaf_policy_free(list);
	}
	printf("# %" PRIu64 " lists, %zu calls that they name, %zu others, "
	       "%zu with arguments of tests, %zu with other bits\n",
	       lists, permitted, denied, tested, other_bits);
	printf("ok 1 - libaf decides as libseccomp does\n");
	varied = permitted > lists * 10 && denied > lists * 10 &&
		 tested > lists * 10 && other_bits > lists;
	printf("%sok 2 - many calls are permitted and many denied\n",
	       varied ? "" : "not ");
	if (unions || libaf_abi() == LIBAF_ABI_STOCK)
		printf("%sok 3 - so do its unions\n",
		       unions > lists / 2 ? "" : "not ");
	else
		printf("ok 3 - so do its unions # SKIP the kernel tells callers\n");
	return !varied;
}
