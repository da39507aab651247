/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "Did you mean": the name that a misspelt word may stand for. */
#ifndef AF_SUGGEST_H
#define AF_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* System calls, errors and keywords are shorter, with the final NUL. */
#define AF_MAX_WORD 64

/*
 * @word, @len: what was written
 * @distance: letters to change, insert or delete to get a name from it; one is
 *	only considered if it is nearer
 * @name: the nearest so far
 */
struct af_suggestion {
	const char *word;
	size_t len;
	size_t distance;
	char name[AF_MAX_WORD];
};

void af_suggest_begin(struct af_suggestion *s, const char *word, size_t len);
void af_suggest(struct af_suggestion *s, const char *name);

/* Make it the hint of @err.  Returns false if there is nothing to suggest. */
bool af_suggest_end(const struct af_suggestion *s, struct libaf_error *err);

#endif /* AF_SUGGEST_H */
