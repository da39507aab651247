// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a policy permits to each of its callers. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "permits.h"

#define NR_WORDS (sizeof(((struct af_nrset *)0)->bits) / sizeof(uint64_t))

static bool lets_run(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static void prevs_of_rule(const struct af_rule *rule, struct af_prevs *prevs)
{
	if (rule->any_prev) {
		memset(&prevs->calls, 0xff, sizeof(prevs->calls));
		prevs->start = true;
		prevs->signal = true;
		return;
	}
	prevs->calls = rule->after;
	af_nrset_add(&prevs->calls, rule->nr);
	prevs->start = rule->after_start;
	prevs->signal = rule->after_signal;
}

static void intersect(struct af_prevs *to, const struct af_prevs *with)
{
	for (size_t i = 0; i < NR_WORDS; i++)
		to->calls.bits[i] &= with->calls.bits[i];
	to->start &= with->start;
	to->signal &= with->signal;
}

static void unite(struct af_prevs *to, const struct af_prevs *with)
{
	for (size_t i = 0; i < NR_WORDS; i++)
		to->calls.bits[i] |= with->calls.bits[i];
	to->start |= with->start;
	to->signal |= with->signal;
}

static void subtract(struct af_prevs *from, const struct af_prevs *what)
{
	for (size_t i = 0; i < NR_WORDS; i++)
		from->calls.bits[i] &= ~what->calls.bits[i];
	from->start &= !what->start;
	from->signal &= !what->signal;
}

/*
 * The rules of one caller, in their order: the first that holds decides.
 * @undecided: by call, what may come before it without a rule that is sure to
 *	have held by now
 */
struct walk {
	struct af_permit *permits;
	struct af_prevs undecided[AF_NR_MAX];
};

static void apply_rule(struct walk *w, const struct af_rule *rule)
{
	struct af_permit *permit = &w->permits[rule->nr];
	struct af_prevs *undecided = &w->undecided[rule->nr];
	struct af_prevs held;

	prevs_of_rule(rule, &held);
	intersect(&held, undecided);
	permit->tested |= rule->nr_tests > 0;
	if (lets_run(rule->action)) {
		unite(&permit->after, &held);
		if (!permit->line) {
			permit->line = rule->place.line;
			permit->file = rule->place.file;
		}
	}
	if (!rule->nr_tests)
		subtract(undecided, &held);
}

static void apply_rules(struct walk *w, const struct af_caller *caller)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (caller->rules[i].nr < AF_NR_MAX)
			apply_rule(w, &caller->rules[i]);
	}
}

/* What no rule decides is up to the policy's default. */
static void apply_default(struct walk *w, const struct libaf_policy *policy,
			  const struct af_nrset *named)
{
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (lets_run(policy->deny) && af_nrset_has(named, nr))
			unite(&w->permits[nr].after, &w->undecided[nr]);
	}
}

/* Only calls that have a name come before others, as far as is known. */
static void sum_up(struct af_permit *permit, const struct af_nrset *named)
{
	bool all = permit->after.start && permit->after.signal;
	uint64_t some = permit->after.start | permit->after.signal;

	for (size_t i = 0; i < NR_WORDS; i++) {
		permit->after.calls.bits[i] &= named->bits[i];
		some |= permit->after.calls.bits[i];
		all &= permit->after.calls.bits[i] == named->bits[i];
	}
	permit->permitted = some;
	permit->limited = !all;
}

void af_permits_of(const struct libaf_policy *policy, size_t id,
		   struct af_permit permits[AF_NR_MAX])
{
	struct walk w = { .permits = permits };
	struct af_nrset named;

	af_named_calls(&named);
	memset(permits, 0, AF_NR_MAX * sizeof(*permits));
	memset(w.undecided, 0xff, sizeof(w.undecided));
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		w.undecided[nr].start = true;
		w.undecided[nr].signal = true;
	}
	apply_rules(&w, &policy->callers[id]);
	if (id != AF_ID_UNKNOWN)
		apply_rules(&w, &policy->common);
	apply_default(&w, policy, &named);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		sum_up(&permits[nr], &named);
}

unsigned int af_permits_count(const struct libaf_policy *policy, size_t id)
{
	struct af_permit permits[AF_NR_MAX];
	unsigned int count = 0;

	af_permits_of(policy, id, permits);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		count += permits[nr].permitted;
	return count;
}

static void add_caller(struct af_permits *permits, size_t id,
		       const struct af_permit of[AF_NR_MAX])
{
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (!of[nr].permitted)
			continue;
		af_nrset_add(&permits->callers[id].calls, nr);
		af_nrset_add(&permits->all, nr);
		unite(&permits->after[nr], &of[nr].after);
	}
}

/* Now that the union is known: what follows what. */
static void count_transitions(struct af_permits *permits, size_t id,
			      const struct af_permit of[AF_NR_MAX])
{
	struct af_may *may = &permits->callers[id];

	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (of[nr].permitted)
			may->transitions +=
				af_nr_before(&of[nr].after, &permits->all);
	}
}

static void find_alone(struct af_permits *permits)
{
	size_t nr_callers = permits->policy->nr_callers;
	struct af_nrset once = { 0 }, twice = { 0 };

	for (size_t id = 0; id < nr_callers; id++) {
		for (size_t i = 0; i < NR_WORDS; i++) {
			uint64_t bits = permits->callers[id].calls.bits[i];

			twice.bits[i] |= once.bits[i] & bits;
			once.bits[i] |= bits;
		}
	}
	for (size_t id = 0; id < nr_callers; id++) {
		struct af_may *may = &permits->callers[id];

		for (size_t i = 0; i < NR_WORDS; i++)
			may->alone.bits[i] = may->calls.bits[i] &
					     ~twice.bits[i];
	}
}

int af_permits_find(struct af_permits *permits,
		    const struct libaf_policy *policy)
{
	struct af_permit *of = calloc(AF_NR_MAX, sizeof(*of));

	memset(permits, 0, sizeof(*permits));
	permits->policy = policy;
	permits->callers =
		calloc(policy->nr_callers, sizeof(*permits->callers));
	if (!of || !permits->callers) {
		free(of);
		af_permits_release(permits);
		return -ENOMEM;
	}
	for (size_t id = 0; id < policy->nr_callers; id++) {
		af_permits_of(policy, id, of);
		add_caller(permits, id, of);
	}
	for (size_t id = 0; id < policy->nr_callers; id++) {
		af_permits_of(policy, id, of);
		count_transitions(permits, id, of);
	}
	find_alone(permits);
	free(of);
	return 0;
}

void af_permits_release(struct af_permits *permits)
{
	free(permits->callers);
	permits->callers = NULL;
}

unsigned long af_nr_before(const struct af_prevs *after,
			   const struct af_nrset *set)
{
	struct af_nrset both;

	for (size_t i = 0; i < NR_WORDS; i++)
		both.bits[i] = after->calls.bits[i] & set->bits[i];
	return af_nrset_count(&both);
}

unsigned long af_nr_transitions(const struct af_permits *permits)
{
	unsigned long count = 0;

	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (af_nrset_has(&permits->all, nr))
			count += af_nr_before(&permits->after[nr],
					      &permits->all);
	}
	return count;
}

const char *af_caller_label(const struct libaf_policy *policy, size_t id)
{
	const struct af_caller *caller = &policy->callers[id];

	if (caller->name)
		return caller->name;
	return id == AF_ID_PROGRAM ? "program" : "unknown";
}
