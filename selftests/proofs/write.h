/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROOFS_WRITE_H
#define PROOFS_WRITE_H

#include <stdio.h>

#include "policy.h"

/*
 * Write a policy as text, as libaf-policy(5) has it.  What it has no words for,
 * as numbers of calls without a name, stands in <>.
 * @extra: as for af_policy_eval(), may be NULL
 */
void write_policy(FILE *file, const struct libaf_policy *policy,
		  const struct af_caller *extra);

/* The same without the rules that are not about this call. */
void write_rules(FILE *file, const struct libaf_policy *policy,
		 const struct af_caller *extra, unsigned int nr);

#endif /* PROOFS_WRITE_H */
