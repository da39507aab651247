// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Do compiled policies decide as af_policy_eval() does?
 *
 *	evaluator_proof [POLICIES [FIRST]]
 *
 * Each policy is generated from its number, so that one that fails can be asked
 * for alone: evaluator_proof 1 NUMBER.  What is left of it when all has been
 * taken away that does not matter is printed as text.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "generate.h"
#include "judge.h"
#include "write.h"

/* The policy that is being compared. */
static uint64_t number;

/* Is the verdict on the call of @m still a mistake? */
static bool is_mistake(const struct mistake *m)
{
	struct af_programs progs;
	bool wrong;

	if (af_compile(m->policy, m->extra, &progs, NULL))
		return false;
	wrong = run(&progs, &m->data) !=
		right_verdict(m->policy, m->extra, &m->data);
	af_programs_release(&progs);
	return wrong;
}

/* Take away the rules of a caller without which it is a mistake, too. */
static void shrink(const struct mistake *m, struct af_caller *caller)
{
	struct af_rule old;

	for (size_t i = caller->nr_rules; i-- > 0;) {
		struct af_rule *rule = &caller->rules[i];
		size_t behind = caller->nr_rules - i - 1;

		old = *rule;
		memmove(rule, rule + 1, behind * sizeof(*rule));
		caller->nr_rules--;
		if (is_mistake(m)) {
			free(old.tests);
			continue;
		}
		memmove(rule + 1, rule, behind * sizeof(*rule));
		caller->nr_rules++;
		*rule = old;
	}
}

static void shrink_all(const struct mistake *m)
{
	struct libaf_policy *policy = (struct libaf_policy *)m->policy;

	if (!is_mistake(m))
		return;
	shrink(m, &policy->common);
	for (size_t id = 0; id < policy->nr_callers; id++)
		shrink(m, &policy->callers[id]);
	if (m->extra)
		shrink(m, (struct af_caller *)m->extra);
}

void mistake(const struct mistake *m)
{
	const struct libaf_seccomp_data *data = &m->data;

	shrink_all(m);
	printf("not ok 1 - compiled policies decide as the evaluator does\n");
	printf("policy %" PRIu64 ": %s is %#" PRIx64 ", not %#" PRIx64 "\n",
	       number, m->what, m->value, m->expected);
	printf("arch %#x, nr %d, after %d, caller %u, arguments", data->arch,
	       data->nr, data->prev_nr, data->caller_id);
	for (unsigned int i = 0; i < AF_NR_ARGS; i++)
		printf(" %#llx", (unsigned long long)data->args[i]);
	printf("\n\n");
	write_rules(stdout, m->policy, m->extra, data->nr);
	exit(1);
}

/* Policies that are all alike would show nothing. */
static bool is_varied(const struct tally *tally)
{
	return tally->too_big < tally->policies / 4 && tally->split &&
	       tally->far_jumps && tally->constant && tally->told &&
	       tally->allowed > tally->checked / 100 &&
	       tally->allowed < tally->checked / 2;
}

int main(int argc, char **argv)
{
	uint64_t policies = argc > 1 ? strtoull(argv[1], NULL, 0) : 2000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
	struct tally tally = { 0 };
	bool varied;

	printf("TAP version 13\n1..2\n");
	for (number = first; number < first + policies; number++)
		check_generated(number, &tally);
	printf("# %zu policies, %zu split, %zu too big, %zu calls, "
	       "%zu permitted, %zu by number alone, %zu told of\n",
	       tally.policies, tally.split, tally.too_big, tally.checked,
	       tally.allowed, tally.constant, tally.told);
	printf("ok 1 - compiled policies decide as the evaluator does\n");
	varied = is_varied(&tally);
	printf("%sok 2 - many calls are permitted and many denied\n",
	       varied ? "" : "not ");
	return !varied;
}
