/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words that a shell reads as they are meant. */
#ifndef AF_QUOTE_H
#define AF_QUOTE_H

#include <stdbool.h>
#include <stdio.h>

/* Control characters, which a comment cannot have, become question marks. */
void af_quote(FILE *out, const char *word);

/* Are these words as af_quote() writes them, with a blank between two? */
bool af_is_quoted(const char *text);

#endif /* AF_QUOTE_H */
