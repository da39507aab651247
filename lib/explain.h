/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a policy says of a call, also in a signal handler. */
#ifndef AF_EXPLAIN_H
#define AF_EXPLAIN_H

#include <stdint.h>

#include "libaf.h"
#include "policy.h"

/*
 * The names of all calls, for where libseccomp must not be asked.
 * @start: by number, where in @text its name begins; 0 if it has none
 */
struct af_call_names {
	uint16_t start[AF_NR_MAX];
	char text[16384];
};

void af_call_names_fill(struct af_call_names *names);

/*
 * libaf_policy_explain() without tests of its arguments, and async-signal-safe
 * if there are @names.
 */
void af_explain_call(const struct libaf_policy *policy,
		     const struct af_call_names *names,
		     const struct libaf_call *call,
		     struct libaf_explanation *why);

#endif /* AF_EXPLAIN_H */
