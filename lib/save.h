/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a policy to a precompiled one. */
#ifndef AF_SAVE_H
#define AF_SAVE_H

#include "error.h"
#include "policy.h"

/*
 * Compile @policy for @program to the bytes of an image, which are allocated.
 * Returns as libaf_policy_compile(), but for writing.
 */
int af_save(const struct libaf_policy *policy, const char *program, void **data,
	    size_t *size, struct libaf_error *err);

/*
 * Write a file: all of it or nothing, whoever looks, and after a crash.  Links
 * are followed, and devices and pipes are written to.
 * Returns 0, -ENOENT, -EACCES, -EIO or -ENOMEM.
 */
int af_write_file(const char *path, const void *data, size_t size,
		  struct libaf_error *err);

#endif /* AF_SAVE_H */
