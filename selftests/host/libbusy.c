// SPDX-License-Identifier: LGPL-2.1-or-later
/* A library that is opened by busy.c. */
#include <unistd.h>

long calls(long nr);

/* No tail call: the library would not be on the stack. */
long calls(long nr)
{
	long ret = syscall(nr, 0);

	return ret < 0 ? -1 : ret;
}
