/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that newer C libraries make instead of older ones. */
#ifndef AF_NEWER_H
#define AF_NEWER_H

#include "../lib/policy.h"

/*
 * From glibc 2.@since on, what made the call @older makes @newer.
 * @with: a call that is made along with it, or NULL; whoever may not make that
 *	has no use for the functions
 * @but: a library that calls none of @functions, though it makes @older
 * @functions: which functions do so
 * @falls_back: if the newer call fails with ENOSYS they make the older one, or
 *	do without
 */
struct af_replacement {
	const char *older;
	const char *with;
	const char *newer;
	unsigned int since;
	bool falls_back;
	const char *functions;
	const char *but;
};

/*
 * A call that would be denied.
 * @caller: the block that permits @replacement's older call, the common one
 *	included, and not the newer one
 * @place: where it does so
 * @has_name: policies can name the newer call
 */
struct af_newer {
	const struct af_caller *caller;
	const struct af_replacement *replacement;
	struct af_place place;
	bool has_name;
};

/*
 * What a C library newer than glibc 2.@glibc would be denied, in the order of
 * the callers, the common rules first; 0 stands for the oldest.  Callers behind
 * the C library count if the policy looks through it, else only the library
 * itself does.  What a rule of the policy is about, whatever it says, and calls
 * without a name if the policy has `newer`, are not of interest.  Returns their
 * number, and the list, allocated.
 */
size_t af_newer_find(const struct libaf_policy *policy, unsigned int glibc,
		     struct af_newer **list);

#endif /* AF_NEWER_H */
