/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls of x86-64, by number and by name. */
#ifndef AF_CALLS_H
#define AF_CALLS_H

#include "../lib/policy.h"

/* The name of a call, which stays; NULL if it has none. */
const char *af_call_name(unsigned int nr);

/*
 * The number of a call.  -ENOENT if x86-64 has none of that name, but another
 * architecture or libseccomp itself does; -EINVAL if nobody has.
 */
int af_call_number(const char *name);

/* Every call that has a name. */
void af_named_calls(struct af_nrset *set);

/* How many are in a set. */
unsigned int af_nrset_count(const struct af_nrset *set);

#endif /* AF_CALLS_H */
