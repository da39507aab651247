/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A compiled policy with its objects, ready for the kernel. */
#ifndef AF_FILTER_H
#define AF_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

#include "libaf.h"
#include "libaf/abi.h"

/*
 * All of it is one mapping of its own, so that what the kernel reads from can
 * be left behind without touching the heap.
 * @size: of the mapping
 * @degraded: the program is the union of the policy's lists
 * @launches: has the launcher as one of its callers
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
	bool has_objects;
	size_t nr_programs;
	struct sock_fprog *fprogs;
	struct libaf_seccomp_caller_filter *args;
	void **maps;
	size_t nr_maps;
};

/* LIBAF_SECCOMP_FEATURE_* that a program needs. */
unsigned int af_filter_needs(const struct sock_filter *prog, size_t len);

#endif /* AF_FILTER_H */
