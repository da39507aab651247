/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what was seen to the text of a policy. */
#ifndef AF_MERGE_H
#define AF_MERGE_H

#include <stdio.h>

#include "seen.h"

/* Which calls get rules that say what comes before. */
enum af_after {
	AF_AFTER_NONE,
	AF_AFTER_DANGEROUS,
	AF_AFTER_ALL,
};

/*
 * @after: for calls that the policy has no rule for
 * @counts: say behind each call how often it was seen
 * @say: where to say what could not be added, and with @list, what was
 */
struct af_merge_options {
	enum af_after after;
	bool counts;
	bool list;
	FILE *say;
};

/*
 * Add to a policy's text, which seen->policy was read from, what is missing in
 * it: to the end of the block of each caller, or as new blocks to the end of
 * the text.  Without a policy, @text is what comes before the blocks.  Nothing
 * else changes.  *@len is the text's length, and receives that of the result,
 * which is allocated.
 */
char *af_merge(const struct af_seen *seen, const char *text, size_t *len,
	       const struct af_merge_options *options);

#endif /* AF_MERGE_H */
