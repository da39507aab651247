// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A policy as a profile of the OCI runtime specification.
 *
 * Such a profile has one list for all code.  An entry of it permits a call if
 * all of its conditions hold, and a call may have several entries.  So what the
 * callers' rules come to is brought into that form: alternatives, each of which
 * is a conjunction.  What cannot be is left out of a conjunction, which makes it
 * permit more, never less: what runs under the policy runs under the profile.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "oci.h"
#include "text.h"

/* Runtimes take two conditions on one argument for alternatives: one for each. */
#define MAX_CONDITIONS   AF_NR_ARGS
#define MAX_ALTERNATIVES 16

/* (argument & mask) op value, in 64 bits */
struct conjunction {
	struct af_test tests[MAX_CONDITIONS];
	size_t nr;
};

/* With @nr 0, nothing is permitted. */
struct alternatives {
	struct conjunction list[MAX_ALTERNATIVES];
	size_t nr;
};

/* Of these tests one has to hold. */
struct clause {
	struct af_test tests[MAX_ALTERNATIVES];
	size_t nr;
};

enum loss {
	LOST_AFTER,
	LOST_TEST,
	LOST_UPPER,
	NR_LOSSES
};

static const char *const losses[] = {
	[LOST_AFTER] = "what has to come before is lost",
	[LOST_TEST] = "a test of an argument is lost, as profiles have no such",
	[LOST_UPPER] = "a test looks at 64 bits, of which the kernel takes 32",
};

/*
 * @call: what the callers may do with the call at hand
 * @free: one of them may make it in any case
 * @allowed: and not every one of them is logged
 * @denial: what happens to those who may not
 * @noted: the last places that were noted, for each kind of loss
 */
struct export
{
	const struct libaf_policy *policy;
	FILE *notes;
	json_t *syscalls;
	struct alternatives call;
	bool free;
	bool allowed;
	bool some_rule;
	uint32_t denial;
	bool mixed;
	const char *noted_file[NR_LOSSES];
	unsigned int noted_line[NR_LOSSES];
};

static bool lets_run(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static void note(struct export *e, const struct af_rule *rule, enum loss loss)
{
	const struct af_place *place = &rule->place;

	/* A group's calls have one place, and follow each other. */
	if (e->noted_line[loss] == place->line &&
	    e->noted_file[loss] == place->file)
		return;
	e->noted_line[loss] = place->line;
	e->noted_file[loss] = place->file;
	fputs("af: note: ", e->notes);
	af_print_clean(e->notes, place->file ? place->file : e->policy->name);
	fprintf(e->notes, ":%u: %s\n", place->line, losses[loss]);
}

/*
 * Clauses
 */
static void clause_add(struct clause *clause, unsigned int arg, enum af_op op,
		       uint64_t mask, uint64_t value)
{
	clause->tests[clause->nr++] = (struct af_test){
		.arg = arg,
		.op = op,
		.mask = mask,
		.value = value,
	};
}

/* The bits under a mask differ if one of them does. */
static bool add_bits(struct clause *clause, const struct af_test *test)
{
	if (clause->nr + __builtin_popcountll(test->mask) > MAX_ALTERNATIVES)
		return false;
	for (uint64_t rest = test->mask; rest; rest &= rest - 1) {
		uint64_t bit = rest & -rest;

		clause_add(clause, test->arg, AF_OP_EQ, bit,
			   ~test->value & bit);
	}
	return true;
}

/*
 * What a profile can say of a test, added to @clause.  Returns false if it can
 * say nothing that holds whenever the test does.
 */
static bool add_test(struct export *e, const struct af_rule *rule,
		     const struct af_test *test, struct clause *clause)
{
	uint64_t all = UINT64_MAX;
	bool whole = test->mask ==
		     all >> (64 - af_arg_width(rule->nr, test->arg));

	/* Numbers of JSON, in most programs, have 63 bits. */
	if (test->value > INT64_MAX || clause->nr == MAX_ALTERNATIVES)
		return false;
	if (test->op == AF_OP_EQ && test->mask != all && test->mask > INT64_MAX)
		return false;
	if (test->op == AF_OP_EQ || test->mask == all) {
		clause_add(clause, test->arg, test->op, test->mask,
			   test->value);
		return true;
	}
	if (test->op == AF_OP_NE && !whole)
		return add_bits(clause, test);
	if (!whole || test->op == AF_OP_LT || test->op == AF_OP_LE)
		return false;
	/* More bits are larger, and different from what has fewer. */
	note(e, rule, LOST_UPPER);
	clause_add(clause, test->arg, test->op, all, test->value);
	return true;
}

static struct af_test negate(const struct af_test *test)
{
	static const enum af_op opposite[] = {
		[AF_OP_EQ] = AF_OP_NE, [AF_OP_NE] = AF_OP_EQ,
		[AF_OP_LT] = AF_OP_GE, [AF_OP_LE] = AF_OP_GT,
		[AF_OP_GT] = AF_OP_LE, [AF_OP_GE] = AF_OP_LT,
	};
	struct af_test not = *test;

	not .op = opposite[test->op];
	return not ;
}

/*
 * Conjunctions
 */
enum joined {
	JOINED,
	IMPOSSIBLE,
	NO_ROOM
};

/* Two conditions on one argument can become one if both look at bits. */
static enum joined join_tests(struct af_test *to, const struct af_test *test)
{
	uint64_t both = to->mask & test->mask;

	if (to->op == test->op && to->mask == test->mask &&
	    to->value == test->value)
		return JOINED;
	if (to->op != AF_OP_EQ || test->op != AF_OP_EQ)
		return NO_ROOM;
	if ((to->value ^ test->value) & both)
		return IMPOSSIBLE;
	to->mask |= test->mask;
	to->value |= test->value;
	return JOINED;
}

static enum joined join(struct conjunction *c, const struct af_test *test)
{
	for (size_t i = 0; i < c->nr; i++) {
		if (c->tests[i].arg == test->arg)
			return join_tests(&c->tests[i], test);
	}
	c->tests[c->nr++] = *test;
	return JOINED;
}

/*
 * Each conjunction of @a with each test of @clause.  Returns false, and leaves
 * @a as it is, if that cannot be written.
 */
static bool distribute(struct alternatives *a, const struct clause *clause)
{
	struct alternatives product = { .nr = 0 };

	for (size_t i = 0; i < a->nr; i++) {
		for (size_t j = 0; j < clause->nr; j++) {
			struct conjunction c = a->list[i];
			enum joined joined = join(&c, &clause->tests[j]);

			if (joined == NO_ROOM ||
			    (joined == JOINED &&
			     product.nr == MAX_ALTERNATIVES))
				return false;
			if (joined == JOINED)
				product.list[product.nr++] = c;
		}
	}
	*a = product;
	return true;
}

/* All tests of @rule hold. */
static void require(struct export *e, const struct af_rule *rule,
		    struct alternatives *a)
{
	for (size_t i = 0; i < rule->nr_tests; i++) {
		struct clause clause = { .nr = 0 };

		if (!add_test(e, rule, &rule->tests[i], &clause) ||
		    !distribute(a, &clause))
			note(e, rule, LOST_TEST);
	}
}

/* Not all of them do: this rule, which denies, does not hold. */
static void exclude(struct export *e, const struct af_rule *rule,
		    struct alternatives *a)
{
	struct clause clause = { .nr = 0 };

	for (size_t i = 0; i < rule->nr_tests; i++) {
		struct af_test not = negate(&rule->tests[i]);

		if (!add_test(e, rule, &not, &clause)) {
			note(e, rule, LOST_TEST);
			return;
		}
	}
	if (!distribute(a, &clause))
		note(e, rule, LOST_TEST);
}

/*
 * Rules
 */
static bool same_tests(const struct conjunction *a, const struct conjunction *b)
{
	if (a->nr != b->nr)
		return false;
	for (size_t i = 0; i < a->nr; i++) {
		const struct af_test *x = &a->tests[i], *y = &b->tests[i];

		if (x->arg != y->arg || x->op != y->op || x->mask != y->mask ||
		    x->value != y->value)
			return false;
	}
	return true;
}

static void add_conjunction(struct export *e, const struct conjunction *c,
			    const struct af_rule *rule)
{
	struct alternatives *call = &e->call;

	if (!c->nr)
		e->free = true;
	for (size_t i = 0; i < call->nr; i++) {
		if (same_tests(&call->list[i], c))
			return;
	}
	if (call->nr == MAX_ALTERNATIVES) {
		note(e, rule, LOST_TEST);
		e->free = true;
		return;
	}
	call->list[call->nr++] = *c;
}

/* What @rule permits of what @left has, the cases that no rule decided. */
static void permit(struct export *e, const struct af_rule *rule,
		   const struct alternatives *left)
{
	struct alternatives permitted = *left;

	e->allowed |= rule->action == SECCOMP_RET_ALLOW;
	if (!rule->any_prev)
		note(e, rule, LOST_AFTER);
	require(e, rule, &permitted);
	for (size_t i = 0; i < permitted.nr; i++)
		add_conjunction(e, &permitted.list[i], rule);
}

/* How the call ends if it is denied, as long as all that say so agree. */
static void deny(struct export *e, uint32_t action)
{
	e->mixed |= e->some_rule && e->denial != action;
	e->some_rule = true;
	e->denial = action;
}

/* Returns whether no rule behind this one can hold. */
static bool apply_rule(struct export *e, const struct af_rule *rule,
		       struct alternatives *left)
{
	bool last = rule->any_prev && !rule->nr_tests;

	if (lets_run(rule->action)) {
		permit(e, rule, left);
	} else if (last) {
		deny(e, rule->action);
	} else if (rule->any_prev) {
		exclude(e, rule, left);
	} else {
		note(e, rule, LOST_AFTER);
	}
	return last;
}

static bool apply_rules(struct export *e, const struct af_caller *caller,
			unsigned int nr, struct alternatives *left)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (caller->rules[i].nr == nr &&
		    apply_rule(e, &caller->rules[i], left))
			return true;
	}
	return false;
}

static void apply_caller(struct export *e, size_t id, unsigned int nr)
{
	const struct libaf_policy *policy = e->policy;
	struct alternatives left = { .nr = 1 };

	if (apply_rules(e, &policy->callers[id], nr, &left))
		return;
	if (id != AF_ID_UNKNOWN && apply_rules(e, &policy->common, nr, &left))
		return;
	/* With `default log`, the rest is run and logged. */
	if (lets_run(policy->deny))
		e->free = true;
}

/*
 * JSON
 */
static const char *action_name(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return "SCMP_ACT_ALLOW";
	case SECCOMP_RET_LOG:
		return "SCMP_ACT_LOG";
	case SECCOMP_RET_ERRNO:
		return "SCMP_ACT_ERRNO";
	case SECCOMP_RET_TRAP:
		return "SCMP_ACT_TRAP";
	case SECCOMP_RET_USER_NOTIF:
		return "SCMP_ACT_NOTIFY";
	default:
		return "SCMP_ACT_KILL_PROCESS";
	}
}

static void set_errno(json_t *object, const char *key, uint32_t action)
{
	if ((action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		json_object_set_new(object, key,
				    json_integer(action & SECCOMP_RET_DATA));
}

static json_t *condition(const struct af_test *test)
{
	static const char *const names[] = {
		[AF_OP_EQ] = "SCMP_CMP_EQ", [AF_OP_NE] = "SCMP_CMP_NE",
		[AF_OP_LT] = "SCMP_CMP_LT", [AF_OP_LE] = "SCMP_CMP_LE",
		[AF_OP_GT] = "SCMP_CMP_GT", [AF_OP_GE] = "SCMP_CMP_GE",
	};

	if (test->mask != UINT64_MAX)
		return json_pack("{sI sI sI ss}", "index",
				 (json_int_t)test->arg, "value",
				 (json_int_t)test->mask, "valueTwo",
				 (json_int_t)test->value, "op",
				 "SCMP_CMP_MASKED_EQ");
	return json_pack("{sI sI ss}", "index", (json_int_t)test->arg, "value",
			 (json_int_t)test->value, "op", names[test->op]);
}

/* An entry for calls that are still to be named. */
static json_t *add_entry(struct export *e, uint32_t action)
{
	json_t *names = json_array();
	json_t *entry = json_pack("{so ss}", "names", names, "action",
				  action_name(action));

	set_errno(entry, "errnoRet", action);
	json_array_append_new(e->syscalls, entry);
	return entry;
}

static void add_name(json_t *entry, unsigned int nr)
{
	json_array_append_new(json_object_get(entry, "names"),
			      json_string(af_call_name(nr)));
}

/* The entry of calls with this action and no conditions, made if need be. */
static json_t *plain_entry(struct export *e, uint32_t action)
{
	json_t *entry, *number;
	size_t i;

	json_array_foreach(e->syscalls, i, entry)
	{
		const char *name =
			json_string_value(json_object_get(entry, "action"));

		number = json_object_get(entry, "errnoRet");
		if (!json_object_get(entry, "args") &&
		    !strcmp(name, action_name(action)) &&
		    (!number || (uint32_t)json_integer_value(number) ==
					(action & SECCOMP_RET_DATA)))
			return entry;
	}
	return add_entry(e, action);
}

static void add_conditional(struct export *e, unsigned int nr, uint32_t action)
{
	for (size_t i = 0; i < e->call.nr; i++) {
		const struct conjunction *c = &e->call.list[i];
		json_t *entry = add_entry(e, action), *args = json_array();

		add_name(entry, nr);
		json_object_set_new(entry, "args", args);
		for (size_t j = 0; j < c->nr; j++)
			json_array_append_new(args, condition(&c->tests[j]));
	}
}

/* A denial other than the default's, if it is everybody's. */
static void add_denial(struct export *e, unsigned int nr)
{
	if (!e->some_rule || e->denial == e->policy->deny)
		return;
	if (e->mixed)
		fprintf(e->notes,
			"af: note: `%s` is denied in several ways; the profile has the default\n",
			af_call_name(nr));
	else
		add_name(plain_entry(e, e->denial), nr);
}

static void export_call(struct export *e, unsigned int nr)
{
	uint32_t action;

	e->call.nr = 0;
	e->free = e->allowed = e->some_rule = e->mixed = false;
	for (size_t id = 0; id < e->policy->nr_callers; id++)
		apply_caller(e, id, nr);
	action = e->allowed ? SECCOMP_RET_ALLOW : SECCOMP_RET_LOG;
	if (!e->free && !e->call.nr)
		add_denial(e, nr);
	else if (action == e->policy->deny)
		return;
	else if (e->free)
		add_name(plain_entry(e, action), nr);
	else
		add_conditional(e, nr, action);
}

static void note_policy(const struct export *e)
{
	if (e->policy->nr_callers > 1)
		fprintf(e->notes,
			"af: note: a profile does not tell callers apart: what one of %zu may do, all may\n",
			e->policy->nr_callers);
	if (e->policy->has_newer)
		fputs("af: note: what happens to newer calls is up to the container runtime\n",
		      e->notes);
	if (e->policy->nr_phases)
		fputs("af: note: phases are left out\n", e->notes);
}

static json_t *new_profile(struct export *e)
{
	json_t *profile = json_pack("{ss}", "defaultAction",
				    action_name(e->policy->deny));

	if (!profile)
		return NULL;
	set_errno(profile, "defaultErrnoRet", e->policy->deny);
	json_object_set_new(profile, "architectures",
			    json_pack("[s]", "SCMP_ARCH_X86_64"));
	e->syscalls = json_array();
	json_object_set_new(profile, "syscalls", e->syscalls);
	return profile;
}

json_t *af_oci_export(const struct libaf_policy *policy, FILE *notes)
{
	struct export *e = calloc(1, sizeof(*e));
	json_t *profile;

	if (!e)
		return NULL;
	e->policy = policy;
	e->notes = notes;
	profile = new_profile(e);
	note_policy(e);
	for (unsigned int nr = 0; profile && nr < AF_NR_MAX; nr++) {
		if (af_call_name(nr))
			export_call(e, nr);
	}
	free(e);
	return profile;
}
