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

int af_policy_add_part(struct libaf_policy *policy, size_t id, size_t of)
{
	struct af_part *part = calloc(1, sizeof(*part));

	if (!part)
		return -ENOMEM;
	part->of = of;
	part->next = policy->parts;
	policy->parts = part;
	policy->callers[id].part = part;
	return 0;
}

int af_part_add_piece(struct af_part *part, const char *name, size_t name_len,
		      struct af_piece **piece)
{
	struct af_piece *pieces;
	char *copy = NULL;

	pieces = make_room(part->pieces, part->nr_pieces, sizeof(*pieces));
	if (!pieces)
		return -ENOMEM;
	part->pieces = pieces;
	if (name) {
		copy = copy_string(name, name_len);
		if (!copy)
			return -ENOMEM;
	}
	*piece = &pieces[part->nr_pieces++];
	**piece = (struct af_piece){ .name = copy };
	return 0;
}

static void free_parts(struct af_part *part)
{
	while (part) {
		struct af_part *next = part->next;

		for (size_t i = 0; i < part->nr_pieces; i++)
			free(part->pieces[i].name);
		free(part->pieces);
		free(part);
		part = next;
	}
}

bool af_policy_has_parts(const struct libaf_policy *policy, size_t of)
{
	for (size_t id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		const struct af_part *part = policy->callers[id].part;

		if (part && part->of == of)
			return true;
	}
	return false;
}

int af_policy_add_phase(struct libaf_policy *policy, const char *name,
			size_t name_len, const struct af_place *place,
			struct libaf_policy **phase)
{
	struct af_phase *phases, *new;

	phases = make_room(policy->phases, policy->nr_phases, sizeof(*phases));
	if (!phases)
		return -ENOMEM;
	policy->phases = phases;
	new = &phases[policy->nr_phases];
	*new = (struct af_phase){
		.name = copy_string(name, name_len),
		.place = *place,
		.policy = af_policy_alloc(policy->name, strlen(policy->name)),
	};
	if (!new->name || !new->policy) {
		free(new->name);
		libaf_policy_free(new->policy);
		return -ENOMEM;
	}
	policy->nr_phases++;
	*phase = new->policy;
	return 0;
}

LIBAF_API const struct libaf_policy *
libaf_policy_phase(const struct libaf_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->nr_phases; i++) {
		if (!strcmp(policy->phases[i].name, name))
			return policy->phases[i].policy;
	}
	return NULL;
}

int af_policy_add_file(struct libaf_policy *policy, const char *path,
		       char **file)
{
	char **files;

	files = make_room(policy->files, policy->nr_files, sizeof(*files));
	if (!files)
		return -ENOMEM;
	policy->files = files;
	*file = copy_string(path, strlen(path));
	if (!*file)
		return -ENOMEM;
	files[policy->nr_files++] = *file;
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
	**rule = (struct af_rule){
		.nr = nr,
		.action = SECCOMP_RET_ALLOW,
		.place = *place,
	};
	return 0;
}

int af_rule_add_test(struct af_rule *rule, const struct af_test *test)
{
	struct af_test *tests;

	tests = make_room(rule->tests, rule->nr_tests, sizeof(*tests));
	if (!tests)
		return -ENOMEM;
	rule->tests = tests;
	tests[rule->nr_tests++] = *test;
	return 0;
}

void af_caller_release(struct af_caller *caller)
{
	for (size_t i = 0; i < caller->nr_rules; i++)
		free(caller->rules[i].tests);
	free(caller->name);
	free(caller->rules);
}

LIBAF_API void libaf_policy_free(struct libaf_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->nr_callers; i++)
		af_caller_release(&policy->callers[i]);
	free(policy->callers);
	free_parts(policy->parts);
	af_caller_release(&policy->common);
	for (size_t i = 0; i < policy->nr_phases; i++) {
		free(policy->phases[i].name);
		libaf_policy_free(policy->phases[i].policy);
	}
	free(policy->phases);
	for (size_t i = 0; i < policy->nr_files; i++)
		free(policy->files[i]);
	free(policy->files);
	free(policy->name);
	free(policy);
}

const char *af_caller_kind_name(const struct libaf_policy *policy,
				const struct af_caller *caller)
{
	if (caller == &policy->common)
		return "common";
	switch (caller->kind) {
	case AF_CALLER_UNKNOWN:
		return "unknown";
	case AF_CALLER_PROGRAM:
		return "program";
	case AF_CALLER_PART:
		return "part";
	default:
		return "library";
	}
}

static bool test_holds(const struct af_test *test,
		       const struct libaf_seccomp_data *data)
{
	uint64_t arg = data->args[test->arg] & test->mask;

	switch (test->op) {
	case AF_OP_EQ:
		return arg == test->value;
	case AF_OP_NE:
		return arg != test->value;
	case AF_OP_LT:
		return arg < test->value;
	case AF_OP_LE:
		return arg <= test->value;
	case AF_OP_GT:
		return arg > test->value;
	default:
		return arg >= test->value;
	}
}

bool af_rule_comes_after(const struct af_rule *rule, int prev_nr)
{
	if (rule->any_prev || (unsigned int)prev_nr == rule->nr)
		return true;
	switch (prev_nr) {
	case LIBAF_SECCOMP_PREV_NONE:
		return rule->after_start;
	case LIBAF_SECCOMP_PREV_SIGNAL:
		return rule->after_signal;
	default:
		/* Other negative values become too large for the set. */
		return af_nrset_has(&rule->after, (unsigned int)prev_nr);
	}
}

bool af_rule_tests_hold(const struct af_rule *rule,
			const struct libaf_seccomp_data *data)
{
	for (size_t i = 0; i < rule->nr_tests; i++) {
		if (!test_holds(&rule->tests[i], data))
			return false;
	}
	return true;
}

static bool rule_fits(const struct af_rule *rule,
		      const struct libaf_seccomp_data *data)
{
	if (rule->nr != (unsigned int)data->nr)
		return false;
	if (rule->ip && rule->ip != data->instruction_pointer)
		return false;
	return af_rule_comes_after(rule, data->prev_nr) &&
	       af_rule_tests_hold(rule, data);
}

static const struct af_rule *find_rule(const struct af_caller *caller,
				       const struct libaf_seccomp_data *data)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (rule_fits(&caller->rules[i], data))
			return &caller->rules[i];
	}
	return NULL;
}

/* The rule that decides a call of a number that there is, or NULL. */
static const struct af_rule *
deciding_rule(const struct libaf_policy *policy, const struct af_caller *extra,
	      const struct libaf_seccomp_data *data)
{
	const struct af_rule *rule = NULL;
	uint32_t id = data->caller_id;

	if (id < policy->nr_callers)
		rule = find_rule(&policy->callers[id], data);
	else if (extra && id == policy->nr_callers)
		rule = find_rule(extra, data);
	if (!rule && id != AF_ID_UNKNOWN && id < policy->nr_callers)
		rule = find_rule(&policy->common, data);
	return rule;
}

static bool is_newer(const struct libaf_policy *policy, unsigned int nr)
{
	return policy->has_newer && !af_nrset_has(&policy->known, nr);
}

uint32_t af_policy_default(const struct libaf_policy *policy, unsigned int nr)
{
	return is_newer(policy, nr) ? policy->newer : policy->deny;
}

uint32_t af_policy_eval(const struct libaf_policy *policy,
			const struct af_caller *extra,
			const struct libaf_seccomp_data *data)
{
	const struct af_rule *rule = NULL;

	if (data->arch != AUDIT_ARCH_X86_64)
		return policy->deny;
	/* x32's calls have bit 30 set; -1 is a call that a tracer skipped. */
	if (data->nr < 0 || data->nr & AF_X32_BIT)
		return policy->deny;
	if (is_newer(policy, (unsigned int)data->nr))
		return policy->newer;
	if (data->nr < AF_NR_MAX)
		rule = deciding_rule(policy, extra, data);
	return rule ? rule->action : policy->deny;
}

static bool lets_run(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static bool has_action(const struct af_caller *caller, uint32_t action)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (caller->rules[i].action == action)
			return true;
	}
	return false;
}

bool af_policy_has_action(const struct libaf_policy *policy, uint32_t action)
{
	if (policy->deny == action ||
	    (policy->has_newer && policy->newer == action) ||
	    has_action(&policy->common, action))
		return true;
	for (size_t i = 0; i < policy->nr_callers; i++) {
		if (has_action(&policy->callers[i], action))
			return true;
	}
	return false;
}

/*
 * What becomes of the calls where callers are not told apart.
 * @decided: calls for which some caller has a rule
 * @actions: what the rules say of them
 * @left: calls that some caller's rules can leave to the default
 */
struct merger {
	struct af_nrset decided;
	struct af_nrset left;
	uint32_t *actions;
};

/*
 * Less is stricter, as for the kernel.  Only a tracer, whom no policy can
 * spell, stands for any denial, and knows which.
 */
static int64_t rank(uint32_t action)
{
	if (action == SECCOMP_RET_TRACE)
		return INT64_MIN;
	return (int32_t)(action & SECCOMP_RET_ACTION_FULL);
}

/*
 * The weaker one, if it is @weaker or that lets the call run, else the stricter
 * one; the first of two that are alike.
 */
static uint32_t merge(uint32_t a, uint32_t b, bool weaker)
{
	if (weaker || lets_run(a) || lets_run(b))
		return rank(b) > rank(a) ? b : a;
	return rank(b) < rank(a) ? b : a;
}

/* @closed: calls that no rule behind these can change any more */
static void merge_rules(struct merger *merger, const struct af_caller *caller,
			struct af_nrset *closed)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];
		unsigned int nr = rule->nr;

		if (nr >= AF_NR_MAX || af_nrset_has(closed, nr))
			continue;
		merger->actions[nr] = af_nrset_has(&merger->decided, nr) ?
					      merge(merger->actions[nr],
						    rule->action, false) :
					      rule->action;
		af_nrset_add(&merger->decided, nr);
		if (rule->any_prev && !rule->nr_tests)
			af_nrset_add(closed, nr);
	}
}

static void merge_caller(struct merger *merger,
			 const struct libaf_policy *policy, size_t id)
{
	struct af_nrset closed = {};

	merge_rules(merger, &policy->callers[id], &closed);
	if (id != AF_ID_UNKNOWN)
		merge_rules(merger, &policy->common, &closed);
	for (size_t i = 0; i < AF_NR_MAX / 64; i++)
		merger->left.bits[i] |= ~closed.bits[i];
}

/* Files of which the policy has only parts are no callers themselves. */
static bool is_caller(const struct libaf_policy *policy, size_t id)
{
	const struct af_caller *caller = &policy->callers[id];

	if (id == AF_ID_UNKNOWN || caller->rest ||
	    caller->kind == AF_CALLER_PART)
		return true;
	if (id != AF_ID_PROGRAM)
		return false;
	for (id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		if (policy->callers[id].kind == AF_CALLER_PROGRAM)
			return false;
	}
	return true;
}

/* What the rules say and what else there is, for one call. */
static uint32_t merge_default(const struct libaf_policy *policy,
			      const struct merger *merger, unsigned int nr)
{
	/* What a supervisor may permit it is still to be asked for. */
	bool weaker = policy->deny == SECCOMP_RET_USER_NOTIF;

	if (is_newer(policy, nr) || !af_nrset_has(&merger->decided, nr))
		return af_policy_default(policy, nr);
	if (!af_nrset_has(&merger->left, nr))
		return merger->actions[nr];
	return merge(policy->deny, merger->actions[nr], weaker);
}

void af_policy_union_actions(const struct libaf_policy *policy,
			     uint32_t actions[AF_NR_MAX])
{
	struct merger merger = { .actions = actions };

	for (size_t id = 0; id < policy->nr_callers; id++) {
		if (is_caller(policy, id))
			merge_caller(&merger, policy, id);
	}
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		actions[nr] = merge_default(policy, &merger, nr);
}

void af_policy_union(const struct libaf_policy *policy, struct af_nrset *set)
{
	uint32_t actions[AF_NR_MAX];

	memset(set, 0, sizeof(*set));
	af_policy_union_actions(policy, actions);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (lets_run(actions[nr]))
			af_nrset_add(set, nr);
	}
}
