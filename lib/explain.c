// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a policy says of a call, in words. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* strerrorname_np() */
#endif
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "format.h"
#include "internal.h"

#define MAX_NAME 64

/* Longer names of callers are cut. */
#define MAX_WHO 129

void af_call_names_fill(struct af_call_names *names)
{
	/* A name begins behind the end of the one before; 0 is no name. */
	size_t len = 1;

	memset(names, 0, sizeof(*names));
	for (int nr = 0; nr < AF_NR_MAX; nr++) {
		char *name =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
		size_t room = name ? strlen(name) + 1 : 0;

		if (room && room <= sizeof(names->text) - len) {
			memcpy(names->text + len, name, room);
			names->start[nr] = (uint16_t)len;
			len += room;
		}
		free(name);
	}
}

/* Without @names libseccomp is asked, which allocates. */
static void find_name(char name[MAX_NAME], const struct af_call_names *names,
		      int nr)
{
	char *known;

	*name = '\0';
	if (nr < 0)
		return;
	if (names) {
		if (nr < AF_NR_MAX)
			af_format(name, MAX_NAME, "%s",
				  names->text + names->start[nr]);
		return;
	}
	known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
	if (known)
		af_format(name, MAX_NAME, "%s", known);
	free(known);
}

/* A call by its name, or by its number if it has none. */
static void name_call(char name[MAX_NAME], const struct af_call_names *names,
		      int nr)
{
	find_name(name, names, nr);
	if (!*name)
		af_format(name, MAX_NAME, "call %d", nr);
}

static const char *name_file(const struct libaf_policy *policy, size_t id)
{
	if (policy->callers[id].name)
		return policy->callers[id].name;
	return id == AF_ID_PROGRAM ? "the program" : "unknown code";
}

/* Who it is.  Returns NULL if that is nobody of the policy. */
static const struct af_caller *who(const struct libaf_policy *policy,
				   unsigned int id, char text[MAX_WHO])
{
	const struct af_caller *caller = NULL;

	if (id < policy->nr_callers)
		caller = &policy->callers[id];
	if (id == LIBAF_CALLER_NOT_TOLD)
		af_format(text, MAX_WHO, "a caller that is not told");
	else if (!caller)
		/* The two ids behind those of the policy. */
		af_format(text, MAX_WHO, "%s",
			  id == policy->nr_callers ?
				  "libaf itself" :
				  "a caller that is not the policy's");
	else if (caller->part)
		af_format(text, MAX_WHO, "part %.58s of %.58s", caller->name,
			  name_file(policy, caller->part->of));
	else
		af_format(text, MAX_WHO, "%s", name_file(policy, id));
	return caller;
}

static void describe_prev(char text[MAX_NAME + 16],
			  const struct af_call_names *names, int prev_nr)
{
	char name[MAX_NAME];

	switch (prev_nr) {
	case LIBAF_SECCOMP_PREV_NONE:
		strcpy(text, "after no other");
		break;
	case LIBAF_SECCOMP_PREV_SIGNAL:
		strcpy(text, "first in a signal handler");
		break;
	case LIBAF_PREV_NOT_TOLD:
		strcpy(text, "after one that is not told");
		break;
	default:
		name_call(name, names, prev_nr);
		af_format(text, MAX_NAME + 16, "after `%s`", name);
	}
}

static void describe_action(char text[MAX_NAME], uint32_t action)
{
	const char *name = strerrorname_np(action & SECCOMP_RET_DATA);

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		strcpy(text, "permitted");
		break;
	case SECCOMP_RET_LOG:
		strcpy(text, "permitted and logged");
		break;
	case SECCOMP_RET_ERRNO:
		af_format(text, MAX_NAME, "denied with %s",
			  name ? name : "an error");
		break;
	case SECCOMP_RET_USER_NOTIF:
		strcpy(text, "left to the supervisor");
		break;
	case SECCOMP_RET_TRAP:
		strcpy(text, "denied with SIGSYS");
		break;
	default:
		strcpy(text, "denied, and the process killed");
	}
}

static bool lets_run(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static int verdict_of(uint32_t action)
{
	if (action == SECCOMP_RET_USER_NOTIF)
		return LIBAF_DEPENDS;
	return lets_run(action) ? LIBAF_PERMITS : LIBAF_DENIES;
}

/*
 * @names: see find_name()
 * @call: what is asked about
 * @caller: who makes it, NULL if that is nobody of the policy's
 * @rule: the first that decides, or that may; NULL if there is none
 * @near: the first that would permit the call, but does not fit
 */
struct question {
	const struct libaf_policy *policy;
	const struct af_call_names *names;
	const struct libaf_call *call;
	const struct af_caller *caller;
	const struct af_rule *rule;
	bool depends;
	const struct af_rule *near;
};

static void look_at(struct question *q, const struct af_rule *rule)
{
	const struct libaf_call *call = q->call;
	struct libaf_seccomp_data data = {
		.nr = call->nr,
		.prev_nr = call->prev_nr,
	};
	bool comes_after = af_rule_comes_after(rule, call->prev_nr);

	if (comes_after && rule->nr_tests && !call->has_args) {
		q->rule = rule;
		q->depends = true;
		return;
	}
	for (int i = 0; i < AF_NR_ARGS; i++)
		data.args[i] = call->args[i];
	if (comes_after && af_rule_tests_hold(rule, &data))
		q->rule = rule;
	else if (!q->near && lets_run(rule->action))
		q->near = rule;
}

static void look_through(struct question *q, const struct af_caller *caller)
{
	for (size_t i = 0; i < caller->nr_rules && !q->rule; i++) {
		if (caller->rules[i].nr == (unsigned int)q->call->nr)
			look_at(q, &caller->rules[i]);
	}
}

static void set_place(struct libaf_explanation *why,
		      const struct libaf_policy *policy,
		      const struct af_place *place)
{
	why->line = place->line;
	af_format(why->file, sizeof(why->file), "%s",
		  place->file ? place->file : policy->name);
}

static void decided_by_rule(const struct question *q, const char *what,
			    struct libaf_explanation *why)
{
	char action[MAX_NAME];

	set_place(why, q->policy, &q->rule->place);
	describe_action(action, q->rule->action);
	if (q->depends) {
		why->verdict = LIBAF_DEPENDS;
		af_format(why->text, sizeof(why->text),
			  "%s: whether line %u holds (%s) depends on its "
			  "arguments",
			  what, why->line, action);
		return;
	}
	why->verdict = verdict_of(q->rule->action);
	af_format(why->text, sizeof(why->text), "%s: %s by line %u", what,
		  action, why->line);
	if (why->verdict == LIBAF_DENIES)
		af_format(why->hint, sizeof(why->hint),
			  "line %u would have to permit it", why->line);
}

/* A rule would permit the call but for what came before, or its arguments. */
static void nearly_permitted(const struct question *q, const char *what,
			     const char *action, struct libaf_explanation *why)
{
	bool order = !af_rule_comes_after(q->near, q->call->prev_nr);
	char prev[MAX_NAME];

	set_place(why, q->policy, &q->near->place);
	af_format(why->text, sizeof(why->text),
		  "%s: %s; line %u permits it only %s", what, action, why->line,
		  order ? "after other calls" : "with other arguments");
	if (!order) {
		af_format(why->hint, sizeof(why->hint),
			  "see the tests in line %u", why->line);
		return;
	}
	if (q->call->prev_nr == LIBAF_PREV_NOT_TOLD) {
		af_format(why->hint, sizeof(why->hint),
			  "see the `after` in line %u", why->line);
		return;
	}
	name_call(prev, q->names, q->call->prev_nr);
	if (q->call->prev_nr == LIBAF_SECCOMP_PREV_NONE)
		strcpy(prev, "start");
	if (q->call->prev_nr == LIBAF_SECCOMP_PREV_SIGNAL)
		strcpy(prev, "signal");
	af_format(why->hint, sizeof(why->hint), "add `%s` to its `after`",
		  prev);
}

static void not_permitted(const struct question *q, const char *what,
			  const char *action, struct libaf_explanation *why)
{
	const struct af_caller *caller = q->caller;
	char name[MAX_NAME];

	af_format(why->text, sizeof(why->text), "%s: %s, as no rule permits it",
		  what, action);
	if (!caller)
		return;
	name_call(name, q->names, q->call->nr);
	if (caller->block.line) {
		set_place(why, q->policy, &caller->block);
		af_format(why->hint, sizeof(why->hint),
			  "add `%s` to the block in line %u", name, why->line);
	} else {
		af_format(why->hint, sizeof(why->hint),
			  "add a block: `%s%s%.128s { %s }`",
			  af_caller_kind_name(q->policy, caller),
			  caller->name ? " " : "",
			  caller->name ? caller->name : "", name);
	}
}

static void decided_by_none(const struct question *q, const char *what,
			    struct libaf_explanation *why)
{
	const struct libaf_policy *policy = q->policy;
	uint32_t verdict = policy->deny;
	bool newer = policy->has_newer && q->call->nr >= 0 &&
		     !(q->call->nr & AF_X32_BIT) &&
		     !af_nrset_has(&policy->known, q->call->nr);
	char action[MAX_NAME];

	if (newer)
		verdict = policy->newer;
	describe_action(action, verdict);
	why->verdict = verdict_of(verdict);
	if (newer)
		af_format(why->text, sizeof(why->text),
			  "%s: %s, as `newer` says", what, action);
	else if (q->near)
		nearly_permitted(q, what, action, why);
	else
		not_permitted(q, what, action, why);
}

void af_explain_call(const struct libaf_policy *policy,
		     const struct af_call_names *names,
		     const struct libaf_call *call,
		     struct libaf_explanation *why)
{
	struct question q = { .policy = policy, .names = names, .call = call };
	char name[MAX_NAME], prev[MAX_NAME + 16], by[MAX_WHO], what[320];

	memset(why, 0, sizeof(*why));
	q.caller = who(policy, call->caller_id, by);
	if (q.caller) {
		look_through(&q, q.caller);
		if (!q.rule && call->caller_id != AF_ID_UNKNOWN)
			look_through(&q, &policy->common);
	}
	name_call(name, names, call->nr);
	describe_prev(prev, names, call->prev_nr);
	af_format(what, sizeof(what), "`%s` by %s, %s", name, by, prev);
	if (q.rule)
		decided_by_rule(&q, what, why);
	else
		decided_by_none(&q, what, why);
}

LIBAF_API int libaf_policy_explain(const struct libaf_policy *policy,
				   const struct libaf_call *call,
				   struct libaf_explanation *why)
{
	if (!policy || !call || !why)
		return -EINVAL;
	af_explain_call(policy, NULL, call, why);
	return 0;
}
