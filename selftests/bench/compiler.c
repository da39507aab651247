// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What policies compile to: those in the files that are given, then generated
 * ones, the same in each run.
 *
 * Prints a line for each, of a name and numbers with tabs between them:
 * libraries, distinct lists, calls in the union of all lists, instructions,
 * programs, libseccomp's instructions for the union, the same with a binary
 * tree, executed instructions of contested decisions (mean in hundredths, mean
 * of those that permit, worst), and nanoseconds to compile.
 */
#define _GNU_SOURCE
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compile.h"
#include "libaf.h"
#include "order.h"
#include "sim.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* The quickest of that many. */
#define RUNS 20

/* About as many calls as there are, and a common number of a library's. */
#define NR_CALLS  350
#define LIST_SIZE 40

static void fail(const char *what)
{
	fprintf(stderr, "compiler: %s\n", what);
	exit(1);
}

static uint64_t random_state;

static unsigned int below(unsigned int limit)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (unsigned int)((random_state * 0x2545f4914f6cdd1dULL) >> 33) %
	       limit;
}

/*
 * Lists of generated policies.
 * FEW: libraries have one of five lists
 * RELATED: one of five lists of frequent calls, and ten calls of their own
 * UNRELATED: whatever, each call with the same probability
 */
enum shape {
	FEW,
	RELATED,
	UNRELATED,
	NR_SHAPES,
};

static const char *const shape_names[] = { "few lists", "related",
					   "unrelated" };

#define NR_KINDS 5

/* Low numbers are more frequent, as they are in programs. */
static unsigned int frequent_call(void)
{
	unsigned int a = below(NR_CALLS), b = below(NR_CALLS);

	return a < b ? a : b;
}

static void add_calls(struct af_caller *caller, unsigned int nr_calls,
		      unsigned int (*draw)(void), bool after)
{
	static const struct af_place place = { .line = 1 };
	struct af_rule *rule;

	while (nr_calls--) {
		if (af_caller_add_rule(caller, draw(), &place, &rule))
			fail("no memory");
		rule->any_prev = !after || below(10);
		for (unsigned int i = rule->any_prev ? 0 : 4; i; i--)
			af_nrset_add(&rule->after, draw());
	}
}

static unsigned int any_call(void)
{
	return below(NR_CALLS);
}

static void add_list(struct af_caller *caller, enum shape shape, unsigned int i,
		     bool after)
{
	uint64_t saved = random_state;

	if (shape == UNRELATED) {
		add_calls(caller, LIST_SIZE, any_call, after);
		return;
	}
	random_state = 1000 + i % NR_KINDS;
	add_calls(caller, shape == FEW ? LIST_SIZE : LIST_SIZE - 10,
		  frequent_call, after);
	random_state = saved;
	if (shape == RELATED)
		add_calls(caller, 10, frequent_call, after);
}

static struct libaf_policy *generate(enum shape shape, unsigned int libraries,
				     bool after)
{
	static const struct af_place place = { .line = 1 };
	struct libaf_policy *policy = af_policy_alloc("generated", 9);
	struct af_caller *library;
	char name[32];

	if (!policy)
		fail("no memory");
	random_state = 1;
	policy->deny = SECCOMP_RET_KILL_PROCESS;
	add_calls(&policy->common, 10, frequent_call, false);
	add_calls(&policy->callers[AF_ID_PROGRAM], LIST_SIZE, frequent_call,
		  after);
	for (unsigned int i = 0; i < libraries; i++) {
		int len = snprintf(name, sizeof(name), "lib%u.so", i);

		if (af_policy_add_library(policy, name, (size_t)len, &place,
					  &library))
			fail("no memory");
		library->rest = true;
		add_list(library, shape, i, after);
	}
	/* As the parser does. */
	if (af_order_callers(policy))
		fail("no memory");
	return policy;
}

/* What a caller's own rules say, with nothing in it but numbers. */
struct list {
	struct af_nrset any;
	struct af_nrset after[AF_NR_MAX];
};

static void make_list(const struct af_caller *caller, struct list *list)
{
	memset(list, 0, sizeof(*list));
	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];

		if (rule->nr >= AF_NR_MAX)
			continue;
		if (rule->any_prev)
			af_nrset_add(&list->any, rule->nr);
		for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
			if (!rule->any_prev && af_nrset_has(&rule->after, nr))
				af_nrset_add(&list->after[rule->nr], nr);
		}
	}
}

static bool is_known_list(const struct libaf_policy *policy, size_t id,
			  const struct list *list, struct list *other)
{
	for (size_t i = AF_ID_PROGRAM; i < id; i++) {
		make_list(&policy->callers[i], other);
		if (!memcmp(list, other, sizeof(*list)))
			return true;
	}
	return false;
}

static size_t count_lists(const struct libaf_policy *policy)
{
	struct list *lists = calloc(2, sizeof(*lists));
	size_t nr = 0;

	if (!lists)
		fail("no memory");
	for (size_t id = AF_ID_PROGRAM; id < policy->nr_callers; id++) {
		make_list(&policy->callers[id], &lists[0]);
		nr += !is_known_list(policy, id, &lists[0], &lists[1]);
	}
	free(lists);
	return nr;
}

static size_t count_calls(const struct af_nrset *set)
{
	size_t nr = 0;

	for (unsigned int call = 0; call < AF_NR_MAX; call++)
		nr += af_nrset_has(set, call);
	return nr;
}

/* The length of libseccomp's program that permits these calls. */
static size_t libseccomp_len(const struct af_nrset *set, unsigned int optimize)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;

	if (!ctx || fd < 0 ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, optimize))
		fail("libseccomp");
	for (int nr = 0; nr < AF_NR_MAX; nr++) {
		if (af_nrset_has(set, (unsigned int)nr) &&
		    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0))
			fail("seccomp_rule_add() failed");
	}
	if (seccomp_export_bpf(ctx, fd) || fstat(fd, &st))
		fail("seccomp_export_bpf() failed");
	seccomp_release(ctx);
	close(fd);
	return (size_t)st.st_size / sizeof(struct sock_filter);
}

struct steps {
	size_t sum;
	size_t runs;
	size_t permitted_sum;
	size_t permitted;
	size_t worst;
};

static void count_steps(const struct af_programs *programs,
			const struct libaf_seccomp_data *data,
			struct steps *all)
{
	size_t steps;
	uint32_t value = af_sim_run_all(programs, data, &steps);

	all->sum += steps;
	all->runs++;
	if (value == SECCOMP_RET_ALLOW) {
		all->permitted_sum += steps;
		all->permitted++;
	}
	if (steps > all->worst)
		all->worst = steps;
}

static bool asks_for_prev(const struct af_caller *caller)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (!caller->rules[i].any_prev)
			return true;
	}
	return false;
}

/* Every caller after every third call, or after one if that is the same. */
static void measure_nr(const struct libaf_policy *policy,
		       const struct af_programs *programs, int nr, bool prevs,
		       struct steps *steps)
{
	struct libaf_seccomp_data data = { .nr = nr,
					   .arch = AUDIT_ARCH_X86_64 };

	for (size_t id = 0; id < policy->nr_callers; id++) {
		data.caller_id = (uint32_t)id;
		for (int prev = -1; prev < (prevs ? NR_CALLS : 0); prev += 3) {
			data.prev_nr = prev;
			count_steps(programs, &data, steps);
		}
	}
}

static void measure_steps(const struct libaf_policy *policy,
			  const struct af_programs *programs, struct steps *all)
{
	bool prevs = asks_for_prev(&policy->common);

	for (size_t id = 0; id < policy->nr_callers; id++)
		prevs |= asks_for_prev(&policy->callers[id]);
	memset(all, 0, sizeof(*all));
	for (int nr = 0; nr < NR_CALLS + 200; nr++) {
		struct steps steps = { 0 };

		measure_nr(policy, programs, nr, prevs, &steps);
		/* Only what some may do and others may not is contested. */
		if (!steps.permitted || steps.permitted == steps.runs)
			continue;
		all->sum += steps.sum;
		all->runs += steps.runs;
		all->permitted_sum += steps.permitted_sum;
		all->permitted += steps.permitted;
		if (steps.worst > all->worst)
			all->worst = steps.worst;
	}
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t measure_time(const struct libaf_policy *policy)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < RUNS; i++) {
		struct af_programs programs;
		uint64_t took = now();

		if (af_compile(policy, NULL, &programs, NULL))
			fail("cannot compile");
		took = now() - took;
		af_programs_release(&programs);
		if (took < least)
			least = took;
	}
	return least;
}

static size_t per_hundred(size_t sum, size_t runs)
{
	return runs ? sum * 100 / runs : 0;
}

static void measure(const char *name, const struct libaf_policy *policy)
{
	struct af_programs programs;
	struct libaf_error err;
	struct steps steps;
	struct af_nrset set;
	size_t len = 0;

	if (af_compile(policy, NULL, &programs, &err))
		fail(err.text);
	for (size_t i = 0; i < programs.nr; i++)
		len += programs.programs[i].len;
	measure_steps(policy, &programs, &steps);
	af_policy_union(policy, &set);
	printf("%s\t%zu\t%zu\t%zu\t%zu\t%zu\t%zu\t%zu\t%zu\t%zu\t%zu\t%llu\n",
	       name, policy->nr_callers - AF_ID_LIBRARY, count_lists(policy),
	       count_calls(&set), len, programs.nr, libseccomp_len(&set, 1),
	       libseccomp_len(&set, 2), per_hundred(steps.sum, steps.runs),
	       per_hundred(steps.permitted_sum, steps.permitted), steps.worst,
	       (unsigned long long)measure_time(policy));
	af_programs_release(&programs);
}

static void measure_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct libaf_policy *policy;
	struct libaf_error err;

	if (libaf_policy_read(path, &policy, &err))
		fail(err.text);
	measure(slash ? slash + 1 : path, policy);
	libaf_policy_free(policy);
}

static void measure_generated(enum shape shape, bool after)
{
	static const unsigned int libraries[] = {
		1, 2, 5, 10, 20, 50, 100, 200
	};
	char name[64];

	snprintf(name, sizeof(name), "%s%s", shape_names[shape],
		 after ? ", after" : "");
	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++) {
		struct libaf_policy *policy =
			generate(shape, libraries[i], after);

		measure(name, policy);
		libaf_policy_free(policy);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		measure_file(argv[i]);
	for (unsigned int i = 0; i < 2 * NR_SHAPES; i++)
		measure_generated((enum shape)(i / 2), i % 2);
	return 0;
}
