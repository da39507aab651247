/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A compiled policy with its objects, ready for the kernel. */
#ifndef AF_FILTER_H
#define AF_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

#include "compile.h"
#include "libaf.h"
#include "libaf/abi.h"
#include "objects.h"
#include "trap.h"

/*
 * All of it is one mapping of its own, so that what the kernel reads from can
 * be left behind without touching the heap.
 * @size: of the mapping
 * @degraded: the program is the union of the policy's lists
 * @launches: has the launcher as one of its callers
 * @reports: has the reporter
 * @notifies: leaves calls to a supervisor
 * @trap: what the programs tell of a trap
 * @has_objects: the programs are loaded as @args, else as @fprogs
 * @nr_programs: of them, in the order in which they are loaded
 * @fprogs: each as SECCOMP_SET_MODE_FILTER takes it
 * @args: each as SECCOMP_SET_MODE_CALLER takes it, with all objects
 * @maps, @nr_maps: pages that name files to the kernel
 */
struct libaf_filter {
	size_t size;
	bool degraded;
	bool launches;
	bool reports;
	bool notifies;
	enum af_trap trap;
	bool has_objects;
	size_t nr_programs;
	struct sock_fprog *fprogs;
	struct libaf_seccomp_caller_filter *args;
	void **maps;
	size_t nr_maps;
};

/* The kernel's errors as the documented ones. */
int af_load_error(long error);

/* LIBAF_SECCOMP_FEATURE_* that a program needs. */
unsigned int af_filter_needs(const struct sock_filter *prog, size_t len);

/*
 * What is put together before it is packed into a filter.  Zeroed at first.
 * @own: which part of libaf itself is a caller, AF_CALLER_UNKNOWN if none is
 * @has_callers: a program asks who the caller is; else @objects are not needed
 */
struct af_draft {
	struct af_programs programs;
	struct af_objects objects;
	enum af_caller_kind own;
	enum af_trap trap;
	bool notifies;
	bool degraded;
	bool has_callers;
};

/*
 * Set @notifies, and @degraded and @has_callers for the running kernel, by
 * @programs, which are those of the policy @name, and @own.  Returns 0, -EINVAL
 * or -E2BIG if there can be no supervisor, or -EOPNOTSUPP if @flags do not allow
 * what the kernel can do.
 */
int af_draft_check(struct af_draft *draft, const char *name, unsigned int flags,
		   struct libaf_error *err);

/* Make a filter.  The draft is to be released all the same. */
int af_draft_finish(struct af_draft *draft, struct libaf_filter **filter,
		    struct libaf_error *err);
void af_draft_release(struct af_draft *draft);

/* What all that make filters have to look at first.  Returns 0 or -EINVAL. */
int af_filter_check_args(const void *from, unsigned int flags,
			 struct libaf_filter **filter, struct libaf_error *err);

#endif /* AF_FILTER_H */
