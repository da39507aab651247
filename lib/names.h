/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the words of a policy stand for: calls, actions, values. */
#ifndef AF_NAMES_H
#define AF_NAMES_H

#include "lex.h"
#include "policy.h"

/*
 * All of these look at the lexer's current word, return 0 or -EINVAL, and
 * suggest what may have been meant.
 */

/* The number of a system call. */
int af_name_call(const struct af_lexer *lex, unsigned int *nr);

/*
 * The name of the first system call from *@nr on that has one, which is to be
 * freed; *@nr becomes its number.  NULL if there are no more, or no memory.
 */
char *af_next_call(unsigned int *nr);

/*
 * An action: its SECCOMP_RET_* value.  Reads the error's name behind "errno".
 * Only a rule can @allow.
 */
int af_name_action(struct af_lexer *lex, bool allow, uint32_t *action);

/*
 * A value or mask: numbers and named constants, with "|" between them.  A
 * negative one has all upper bits set.
 */
int af_name_value(const struct af_lexer *lex, uint64_t *value);

/* The name of a constant; NULL behind the last. */
const char *af_constant(size_t i, int64_t *value);

#endif /* AF_NAMES_H */
