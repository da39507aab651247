// SPDX-License-Identifier: GPL-2.0
#include <linux/seccomp.h>
#include <stdlib.h>

#include "table.h"

#define BLOCK     65536U
#define MAX_ROWS  48
#define MAX_RULES 12

/* Small, for long chains of frames, or anything that is allowed. */
static int random_offset(struct random *r)
{
	if (random_one_in(r, 8))
		return random_below(r, SECCOMP_UNWIND_MAX_OFFSET / 8) * 8;
	return random_below(r, 5) * 8;
}

static short random_fp(struct random *r)
{
	static const short kinds[] = {
		SECCOMP_FP_SAME, SECCOMP_FP_SAME, SECCOMP_FP_LOST, -16, -24,
		-32768,
	};

	return RANDOM_OF(r, kinds);
}

static struct seccomp_unwind_rule random_rule(struct random *r)
{
	struct seccomp_unwind_rule rule = { .cfa = SECCOMP_CFA_SP };

	if (random_one_in(r, 24)) {
		rule.cfa = random_one_in(r, 2) ? SECCOMP_CFA_NONE :
						 SECCOMP_CFA_END;
		return rule;
	}
	rule.offset = random_offset(r);
	rule.fp = random_fp(r);
	if (random_one_in(r, 6))
		rule.ra = SECCOMP_RA_ARG0;
	if (random_one_in(r, 4)) {
		rule.cfa = SECCOMP_CFA_FP;
		if (random_one_in(r, 2))
			rule.offset = -rule.offset;
	}
	return rule;
}

static int compare(const void *a, const void *b)
{
	return *(const unsigned short *)a - *(const unsigned short *)b;
}

/* The rows of a block: pc 0, and some others in order, each but once. */
static unsigned int random_rows(struct random *r,
				struct seccomp_unwind_row *rows,
				unsigned int nr_rules)
{
	unsigned short pcs[MAX_ROWS];
	unsigned int nr = 1 + random_below(r, MAX_ROWS), i, used = 0;
	/* Dense ones are for short objects. */
	unsigned int limit = random_one_in(r, 2) ? 256 : BLOCK;

	pcs[0] = 0;
	for (i = 1; i < nr; i++)
		pcs[i] = random_below(r, limit);
	qsort(pcs, nr, sizeof(pcs[0]), compare);
	for (i = 0; i < nr; i++) {
		if (i && pcs[i] == pcs[i - 1])
			continue;
		rows[used].pc = pcs[i];
		rows[used++].rule = random_below(r, nr_rules);
	}
	return used;
}

size_t generate_table(struct random *r, void *blob, size_t room, uint64_t len)
{
	uint64_t nr_blocks = len / BLOCK + (len % BLOCK != 0), i;
	struct seccomp_unwind *head = blob;
	struct seccomp_unwind_rule *rules = (void *)(head + 1);
	struct seccomp_unwind_row *rows;
	unsigned int *blocks;

	if (room < sizeof(*head) + MAX_RULES * sizeof(*rules) ||
	    nr_blocks > (room - sizeof(*head) - MAX_RULES * sizeof(*rules)) /
				(sizeof(*blocks) + MAX_ROWS * sizeof(*rows)))
		return 0;
	head->nr_rules = 1 + random_below(r, MAX_RULES);
	for (i = 0; i < head->nr_rules; i++)
		rules[i] = random_rule(r);
	blocks = (void *)(rules + head->nr_rules);
	rows = (void *)(blocks + nr_blocks);
	head->nr_rows = 0;
	for (i = 0; i < nr_blocks; i++) {
		blocks[i] = head->nr_rows;
		head->nr_rows +=
			random_rows(r, rows + head->nr_rows, head->nr_rules);
	}
	return (char *)(rows + head->nr_rows) - (char *)blob;
}

size_t straight_table(void *blob, uint64_t len)
{
	unsigned int nr = len / BLOCK + (len % BLOCK != 0), i;
	struct seccomp_unwind *head = blob;
	struct seccomp_unwind_rule *rule = (void *)(head + 1);
	unsigned int *blocks = (void *)(rule + 1);
	struct seccomp_unwind_row *rows = (void *)(blocks + nr);

	head->nr_rules = 1;
	head->nr_rows = nr;
	*rule = (struct seccomp_unwind_rule){
		.cfa = SECCOMP_CFA_SP,
		.offset = 8,
	};
	for (i = 0; i < nr; i++) {
		blocks[i] = i;
		rows[i] = (struct seccomp_unwind_row){ 0, 0 };
	}
	return (char *)(rows + nr) - (char *)blob;
}
