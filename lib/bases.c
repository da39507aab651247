// SPDX-License-Identifier: LGPL-2.1-or-later
/* What lists have in common. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bases.h"

/* Lists are most likely unrelated if that many have been tried in vain. */
#define MAX_FAILURES 8

static const uint16_t *list_at(const struct af_bases *b, size_t i)
{
	return b->lists + i * b->len;
}

/*
 * Intervals in which @list has one node and @base another one: about what it
 * takes to write one as a departure from the other.  NULL is a base that
 * denies everything.
 */
static uint16_t departures(const struct af_bases *b, const uint16_t *list,
			   const uint16_t *base)
{
	uint16_t nr = 0;
	bool same = true;

	for (size_t i = 0; i < b->len; i++) {
		bool was_same = same;

		same = list[i] == (base ? base[i] : b->deny);
		nr += !same && (was_same || list[i] != list[i - 1]);
	}
	return nr;
}

/* Those that are closer to list @seed than to what they have now. */
static size_t find_alike(const struct af_bases *b, size_t seed, uint8_t *alike)
{
	size_t nr = 0;

	for (size_t i = 0; i < b->nr; i++) {
		uint16_t cost = departures(b, list_at(b, i), list_at(b, seed));

		alike[i] = cost < b->cost[i];
		nr += alike[i];
	}
	return nr;
}

/* For each call the node that more than half of the lists have, if any does. */
static void make_base(const struct af_bases *b, const uint8_t *alike,
		      uint16_t *base)
{
	for (size_t i = 0; i < b->len; i++) {
		size_t lead = 0;

		base[i] = b->deny;
		for (size_t j = 0; j < b->nr; j++) {
			uint16_t node = list_at(b, j)[i];

			if (!alike[j])
				continue;
			if (!lead)
				base[i] = node;
			lead += node == base[i] ? 1 : -1;
		}
	}
}

/* Give the base to all that gain by it, if together they gain enough. */
static bool take_base(struct af_bases *b, const uint16_t *base)
{
	size_t gain = 0;

	for (size_t i = 0; i < b->nr; i++) {
		uint16_t cost = departures(b, list_at(b, i), base);

		if (cost < b->cost[i])
			gain += b->cost[i] - cost;
	}
	if (gain <= departures(b, base, NULL))
		return false;
	for (size_t i = 0; i < b->nr; i++) {
		uint16_t cost = departures(b, list_at(b, i), base);

		if (cost >= b->cost[i])
			continue;
		b->cost[i] = cost;
		b->base_of[i] = b->nr_bases;
	}
	b->nr_bases++;
	return true;
}

static void find_bases(struct af_bases *b, uint8_t *alike)
{
	unsigned int failures = 0;

	for (size_t i = 0; i < b->nr; i++) {
		uint16_t *base = b->bases + b->nr_bases * b->len;

		if (b->nr_bases == AF_MAX_BASES || failures == MAX_FAILURES)
			break;
		if (b->base_of[i] != AF_NO_BASE)
			continue;
		if (find_alike(b, i, alike) > 1) {
			make_base(b, alike, base);
			failures += !take_base(b, base);
		} else {
			failures++;
		}
	}
}

int af_bases_find(struct af_bases *b)
{
	uint8_t *alike = malloc(b->nr);

	b->nr_bases = 0;
	b->bases = calloc(AF_MAX_BASES, b->len * sizeof(*b->bases));
	b->base_of = malloc(b->nr);
	b->cost = calloc(b->nr, sizeof(*b->cost));
	if (alike && b->bases && b->base_of && b->cost) {
		memset(b->base_of, AF_NO_BASE, b->nr);
		for (size_t i = 0; i < b->nr; i++)
			b->cost[i] = departures(b, list_at(b, i), NULL);
		find_bases(b, alike);
		free(alike);
		return 0;
	}
	free(alike);
	return -ENOMEM;
}

void af_bases_release(struct af_bases *b)
{
	free(b->bases);
	free(b->base_of);
	free(b->cost);
}
