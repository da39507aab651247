// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What stock seccomp can do for this program: one list, which has to be the
 * union of what the program and both libraries need.
 */
#include "union.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

int load_union(void)
{
	static const int calls[] = {
		SCMP_SYS(exit_group), /* the program */
		SCMP_SYS(getpid), /* libgetpid.so */
		SCMP_SYS(write), /* libwrite.so */
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret = 0;

	if (!filter)
		return -ENOMEM;
	for (size_t i = 0; !ret && i < sizeof(calls) / sizeof(*calls); i++)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	/*
	 * Releasing the filter afterwards might need a call that it does not
	 * allow.
	 */
	if (!ret)
		ret = seccomp_load(filter);
	if (ret)
		seccomp_release(filter);
	return ret;
}
