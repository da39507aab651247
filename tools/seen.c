// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a policy permits already is only counted.  It is asked about each call
 * as it is made, when its arguments are known.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "seen.h"

unsigned int af_seen_id(const struct af_seen *seen,
			const struct af_seen_caller *caller)
{
	if (caller->binary)
		return caller->binary->id;
	return seen->policy ? AF_ID_UNKNOWN : AF_NO_ID;
}

/* The program that is recorded needs no name, in a block for any program. */
static bool is_the_program(const struct af_seen *seen,
			   const struct af_binary *binary)
{
	return binary->id == AF_ID_PROGRAM || (binary->first && !seen->policy);
}

bool af_seen_is_known(const struct af_seen *seen,
		      const struct af_binary *binary)
{
	return binary && (binary->name || is_the_program(seen, binary));
}

bool af_seen_is_gone(const struct af_seen *seen, const struct af_binary *binary)
{
	return binary && binary->gone && binary->program &&
	       binary->id == AF_NO_ID && !is_the_program(seen, binary);
}

/* Two files can be one library, for processors of different levels. */
static bool is_same(const struct af_seen *seen, const struct af_binary *a,
		    const struct af_binary *b)
{
	if (a == b || !a || !b)
		return a == b;
	if (is_the_program(seen, a) || is_the_program(seen, b))
		return is_the_program(seen, a) && is_the_program(seen, b);
	return !strcmp(a->name, b->name);
}

static struct af_seen_caller *find_caller(struct af_seen *seen,
					  const struct af_binary *binary)
{
	struct af_seen_caller *caller;

	for (size_t i = 0; i < seen->nr_callers; i++) {
		if (is_same(seen, seen->callers[i].binary, binary))
			return &seen->callers[i];
	}
	seen->callers = af_grow(seen->callers, seen->nr_callers + 1,
				sizeof(*seen->callers));
	caller = &seen->callers[seen->nr_callers++];
	memset(caller, 0, sizeof(*caller));
	caller->binary = binary;
	return caller;
}

static struct af_seen_call *find_call(struct af_seen_caller *caller,
				      unsigned int nr)
{
	struct af_seen_call **call = &caller->calls[nr];

	if (!*call) {
		*call = af_grow(NULL, 1, sizeof(**call));
		memset(*call, 0, sizeof(**call));
	}
	return *call;
}

static bool lets_run(const struct af_rule *rule)
{
	return rule->action == SECCOMP_RET_ALLOW ||
	       rule->action == SECCOMP_RET_LOG;
}

/*
 * The rule that decides a call that comes after @prev, or after whatever there
 * was if that is not known.
 */
static const struct af_rule *find_rule(const struct af_caller *caller,
				       const struct libaf_seccomp_data *data,
				       const int *prev)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];

		if (rule->nr == (unsigned int)data->nr && !rule->ip &&
		    (!prev || af_rule_comes_after(rule, *prev)) &&
		    af_rule_tests_hold(rule, data))
			return rule;
	}
	return NULL;
}

/* Ask about one predecessor.  Returns whether the call is missing there. */
static bool is_missing(const struct af_seen *seen, unsigned int id,
		       const struct libaf_seccomp_data *data, const int *prev,
		       struct af_seen_call *call)
{
	const struct af_rule *rule = NULL;

	if (!seen->policy)
		return true;
	if (id != AF_NO_ID)
		rule = find_rule(&seen->policy->callers[id], data, prev);
	if (!rule && id != AF_ID_UNKNOWN)
		rule = find_rule(&seen->policy->common, data, prev);
	if (!rule)
		return true;
	if (!lets_run(rule))
		call->refused = rule;
	return false;
}

struct question {
	const struct af_seen *seen;
	unsigned int id;
	const struct libaf_seccomp_data *data;
	struct af_seen_call *call;
};

static bool is_missing_after(const struct question *q, int prev)
{
	return is_missing(q->seen, q->id, q->data, &prev, q->call);
}

/* The predecessors for which the policy lacks a rule. */
static bool find_missing(const struct question *q, const struct af_prevs *prevs,
			 struct af_prevs *missing)
{
	bool found = false;

	memset(missing, 0, sizeof(*missing));
	missing->known = prevs->known;
	if (!prevs->known)
		return is_missing(q->seen, q->id, q->data, NULL, q->call);
	if (prevs->start)
		missing->start = is_missing_after(q, LIBAF_SECCOMP_PREV_NONE);
	if (prevs->signal)
		missing->signal =
			is_missing_after(q, LIBAF_SECCOMP_PREV_SIGNAL);
	found = missing->start || missing->signal;
	for (unsigned int i = 0; i < AF_NR_MAX; i++) {
		if (!prevs->calls.bits[i / 64])
			i |= 63;
		else if (af_nrset_has(&prevs->calls, i) &&
			 is_missing_after(q, (int)i)) {
			af_nrset_add(&missing->calls, i);
			found = true;
		}
	}
	return found;
}

static void merge_prevs(struct af_prevs *to, const struct af_prevs *from)
{
	for (size_t i = 0; i < AF_NR_MAX / 64; i++)
		to->calls.bits[i] |= from->calls.bits[i];
	to->start |= from->start;
	to->signal |= from->signal;
	to->known |= from->known;
}

void af_seen_add(struct af_seen *seen, const struct af_binary *binary,
		 unsigned int nr, const uint64_t *args,
		 const struct af_prevs *prevs)
{
	struct libaf_seccomp_data data = {
		.nr = (int)nr,
		.arch = AUDIT_ARCH_X86_64,
	};
	struct af_seen_caller *caller;
	struct af_prevs missing = *prevs;
	struct question q = { .seen = seen, .data = &data };

	caller = find_caller(seen,
			     af_seen_is_known(seen, binary) ? binary : NULL);
	q.id = af_seen_id(seen, caller);
	q.call = find_call(caller, nr);
	memcpy(data.args, args, sizeof(data.args));
	q.call->count++;
	seen->count++;
	if (!find_missing(&q, prevs, &missing))
		return;
	seen->nr_missing += !q.call->missing;
	q.call->missing = true;
	merge_prevs(&q.call->prevs, &missing);
}

static bool lacks_calls(const struct af_seen_caller *caller)
{
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (caller->calls[nr] && caller->calls[nr]->missing)
			return true;
	}
	return false;
}

unsigned int af_seen_nr_new(const struct af_seen *seen)
{
	unsigned int nr_new = seen->nr_missing;

	for (size_t i = 0; i < seen->nr_callers; i++) {
		nr_new += af_seen_id(seen, &seen->callers[i]) == AF_NO_ID &&
			  !lacks_calls(&seen->callers[i]);
	}
	return nr_new;
}

void af_seen_release(struct af_seen *seen)
{
	for (size_t i = 0; i < seen->nr_callers; i++) {
		for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
			free(seen->callers[i].calls[nr]);
	}
	free(seen->callers);
	memset(seen, 0, sizeof(*seen));
}
