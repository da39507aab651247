// SPDX-License-Identifier: LGPL-2.1-or-later
/* How much less each caller may do than plain seccomp would permit to all. */
#include "calls.h"
#include "privilege.h"

void af_score_find(struct af_score *score, const struct af_permits *permits,
		   const struct af_ranking *ranking)
{
	unsigned long worst = 0;

	score->ranking = ranking;
	af_weigh(ranking, &score->weights);
	score->nr_calls = af_nrset_count(&permits->all);
	score->plain = af_weight_of(&score->weights, &permits->all);
	score->worst = 0;
	for (size_t id = 0; id < permits->policy->nr_callers; id++) {
		unsigned long weight = af_score_caller(score, permits, id);

		if (weight > worst) {
			worst = weight;
			score->worst = id;
		}
	}
	score->transitions = af_nr_transitions(permits);
	score->possible = (unsigned long)score->nr_calls * score->nr_calls;
}

unsigned long af_score_caller(const struct af_score *score,
			      const struct af_permits *permits, size_t id)
{
	return af_weight_of(&score->weights, &permits->callers[id].calls);
}

unsigned int af_tenths_of(unsigned long part, unsigned long whole)
{
	return whole ? part * 1000 / whole : 0;
}

unsigned int af_tenths_less(unsigned long part, unsigned long whole)
{
	return af_tenths_of(whole - part, whole);
}

unsigned int af_score_reduction(const struct af_score *score,
				const struct af_permits *permits)
{
	unsigned long worst = af_score_caller(score, permits, score->worst);

	return af_tenths_less(worst, score->plain);
}
