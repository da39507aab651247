// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What libseccomp can do with the same policy: union POLICY PROGRAM ARGS runs
 * a program under the union of all of the policy's lists, for comparison.
 */
#include <seccomp.h>
#include <stdio.h>
#include <unistd.h>

#include "libaf.h"
#include "policy.h"

static int load_union(const struct libaf_policy *policy)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	struct af_nrset set;
	unsigned int nr;
	int ret = 0;

	if (!ctx)
		return -1;
	af_policy_union(policy, &set);
	/* Here there is no launcher that alone may do so. */
	af_nrset_add(&set, SCMP_SYS(execve));
	for (nr = 0; nr < AF_NR_MAX && !ret; nr++) {
		if (af_nrset_has(&set, nr))
			ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	}
	if (!ret)
		ret = seccomp_load(ctx);
	seccomp_release(ctx);
	return ret;
}

int main(int argc, char **argv)
{
	struct libaf_policy *policy;
	struct libaf_error err;
	int ret;

	if (argc < 3) {
		fprintf(stderr, "usage: union POLICY PROGRAM [ARGUMENT...]\n");
		return 125;
	}
	if (libaf_policy_read(argv[1], &policy, &err)) {
		fprintf(stderr, "union: %s: %s\n", err.file, err.text);
		return 125;
	}
	ret = load_union(policy);
	libaf_policy_free(policy);
	if (ret) {
		fprintf(stderr, "union: the filter was not loaded\n");
		return 125;
	}
	execvp(argv[2], argv + 2);
	return 126;
}
