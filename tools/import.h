/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making policies of what others have written. */
#ifndef AF_IMPORT_H
#define AF_IMPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "../lib/policy.h"

#define AF_MAX_CAPS 64

/* What to do if a file is neither. */
#define AF_IMPORT_HINT \
	"a seccomp profile begins with `{`, and a whitelist with `[files]`"

/*
 * @path: the file that is read, for errors
 * @skip_unknown: leave out calls that nobody knows
 * @program: which name of a whitelist is the program's, or NULL
 * @caps: capabilities that the program will have
 * @out: receives the policy
 * @err: what was wrong
 */
struct af_import {
	const char *path;
	bool skip_unknown;
	const char *program;
	const char *caps[AF_MAX_CAPS];
	size_t nr_caps;
	FILE *out;
	struct libaf_error err;
};

/*
 * Each reads a file of one format.  They note on standard error what they leave
 * out.  Return 0, or -EINVAL or -ENOMEM, which is described in @err.
 */

/* A seccomp profile of the OCI runtime specification, or a container's. */
int af_import_oci(struct af_import *im, const char *text, size_t len);

/* A whitelist of addrfilter, in the TOML that it writes. */
int af_import_toml(struct af_import *im, const char *text, size_t len);

/* For them: print the names of calls, in lines that begin with a tab. */
void af_import_calls(FILE *out, const struct af_nrset *calls);

/* For them: say that something has been left out or is different. */
void af_import_note(const struct af_import *im, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* AF_IMPORT_H */
