// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Phases: what a program confines itself to later on.
 *
 *	phase NAME {
 *		block
 *		...
 *	}
 *
 * A phase is a policy of its own.  The kernel keeps what was loaded before and
 * does what the stricter of the two says, so that a phase can only take away.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* Each has all callers of the policy. */
#define MAX_PHASES 64

static const struct af_phase *find_phase(const struct libaf_policy *policy,
					 const struct af_word *name)
{
	for (size_t i = 0; i < policy->nr_phases; i++) {
		if (af_word_is(name, policy->phases[i].name))
			return &policy->phases[i];
	}
	return NULL;
}

int af_parse_phase(struct af_parser *p)
{
	struct af_place place = p->lex.word.place;
	const struct af_phase *first;
	const struct af_word *word = &p->lex.word;
	struct libaf_policy *phase;
	int ret = af_lex_next(&p->lex);

	if (!ret || (ret > 0 && af_is_brace(*word->start)))
		return af_lex_incomplete(&p->lex, "as in `phase serve {`");
	if (ret < 0)
		return ret;
	first = find_phase(p->base, word);
	if (first)
		return lex_error(&p->lex, &word->place,
				 "this phase repeats the one in %s%u%s%s",
				 SEEN(&p->lex, &first->place));
	if (p->base->nr_phases == MAX_PHASES)
		return lex_limit(&p->lex, &word->place,
				 "the policy has more than %d phases",
				 MAX_PHASES);
	if (af_policy_add_phase(p->base, word->start, word->len, &place,
				&phase))
		return af_lex_no_memory(&p->lex);
	ret = af_parse_opening_brace(p);
	if (ret)
		return ret;
	p->policy = phase;
	p->phase_place = place;
	return af_parse_end_of_line(p, "`{` of a phase");
}

int af_end_phase(struct af_parser *p)
{
	p->policy = p->base;
	return af_parse_end_of_line(p, "`}`");
}

/* The caller of @phase that is @caller in the whole policy, or NULL. */
static struct af_caller *find_caller(struct libaf_policy *phase,
				     const struct af_caller *caller)
{
	for (size_t id = AF_ID_LIBRARY; id < phase->nr_callers; id++) {
		if (!strcmp(phase->callers[id].name, caller->name))
			return &phase->callers[id];
	}
	return NULL;
}

static void swap(struct af_caller *a, struct af_caller *b)
{
	struct af_caller old = *a;

	*a = *b;
	*b = old;
}

/*
 * Give @phase the @id of the whole policy for the same caller: the kernel can
 * then keep one copy of what it knows of the files for both.
 */
static int take_caller(struct libaf_policy *phase, size_t id,
		       const struct af_caller *caller)
{
	struct af_caller *own = find_caller(phase, caller);

	if (!own &&
	    af_policy_add_library(phase, caller->name, strlen(caller->name),
				  &caller->place, &own))
		return -ENOMEM;
	own->kind = caller->kind;
	own->part = caller->part;
	own->rest |= caller->rest;
	own->transparent = caller->transparent;
	own->optional |= caller->optional;
	swap(own, &phase->callers[id]);
	return 0;
}

/* The program has its id already, but the policy may say more of it. */
static void take_program(struct af_caller *own, const struct af_caller *program)
{
	own->rest |= program->rest;
	own->transparent = program->transparent;
	if (!own->place.line)
		own->place = program->place;
}

static int finish_phase(const struct libaf_policy *policy,
			struct libaf_policy *phase)
{
	phase->deny = policy->deny;
	phase->newer = policy->newer;
	phase->has_newer = policy->has_newer;
	phase->known = policy->known;
	take_program(&phase->callers[AF_ID_PROGRAM],
		     &policy->callers[AF_ID_PROGRAM]);
	for (size_t id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		if (take_caller(phase, id, &policy->callers[id]))
			return -ENOMEM;
	}
	return 0;
}

int af_finish_phases(struct libaf_policy *policy)
{
	for (size_t i = 0; i < policy->nr_phases; i++) {
		if (finish_phase(policy, policy->phases[i].policy))
			return -ENOMEM;
	}
	return 0;
}
