/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies of tests, which have no mistakes. */
#ifndef POLICIES_H
#define POLICIES_H

#include <stdio.h>
#include <unistd.h>

#include "../cases.h"
#include "libaf.h"

/* Also makes a directory of its own for the case. */
static inline struct libaf_policy *parse(const char *text)
{
	struct libaf_policy *policy;
	struct libaf_error err;

	if (libaf_policy_read(text_file(text), &policy, &err)) {
		fprintf(stderr, "# %u:%u: %s\n", err.line, err.column,
			err.text);
		_exit(1);
	}
	return policy;
}

static inline struct libaf_filter *compile(const struct libaf_policy *policy)
{
	struct libaf_filter *filter;
	struct libaf_error err;

	if (libaf_filter_new(policy, NULL, 0, &filter, &err)) {
		fprintf(stderr, "# %s\n", err.text);
		_exit(1);
	}
	return filter;
}

#endif /* POLICIES_H */
