/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists that are alike.
 *
 * A list says for each of the contested calls, in the order of their numbers,
 * which node decides it.  Where many lists differ little from each other, a
 * base is made of what most of them say, and of each list only what it says
 * otherwise.
 */
#ifndef AF_BASES_H
#define AF_BASES_H

#include <stddef.h>
#include <stdint.h>

#define AF_MAX_BASES 16

/*
 * @lists: @nr of them, of @len nodes each, one behind the other
 * @deny: what most lists say of most calls
 * @bases: what was found, @nr_bases of them, of @len nodes each
 * @base_of: for each list the index of its base, or AF_NO_BASE
 * @cost: for each list, in how many places it departs from that
 */
struct af_bases {
	const uint16_t *lists;
	size_t nr;
	size_t len;
	uint16_t deny;
	uint16_t *bases;
	size_t nr_bases;
	uint8_t *base_of;
	uint16_t *cost;
};

#define AF_NO_BASE UINT8_MAX

/*
 * Choose bases; allocates the last members, to be freed in any case.  Returns
 * 0 or -ENOMEM.
 */
int af_bases_find(struct af_bases *b);
void af_bases_release(struct af_bases *b);

#endif /* AF_BASES_H */
