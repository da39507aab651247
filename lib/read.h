/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AF_READ_H
#define AF_READ_H

#include <stddef.h>

#include "error.h"

/*
 * Read the file of a policy, which must not be a precompiled one.  *@text is
 * allocated, and has no NUL behind it.  Returns 0 or what libaf_policy_read()
 * does.
 */
int af_read_text(const char *path, char **text, size_t *len,
		 struct libaf_error *err);

/*
 * Read the file of a precompiled policy.  *@data is allocated, and NULL if the
 * file is something else.  Returns likewise.
 */
int af_read_image(const char *path, char **data, size_t *size,
		  struct libaf_error *err);

#endif /* AF_READ_H */
