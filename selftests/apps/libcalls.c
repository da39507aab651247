// SPDX-License-Identifier: LGPL-2.1-or-later
/* A library that a program opens after it has been confined. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No tail calls: the library would not be on the stack. */
int calls_getppid(void);
int calls_getuid(void);
long calls_any(long nr, long a, long b, long c, long d);

int calls_getppid(void)
{
	long ret = syscall(SYS_getppid);

	return ret < 0 ? errno : 0;
}

int calls_getuid(void)
{
	long ret = syscall(SYS_getuid);

	return ret < 0 ? errno : 0;
}

long calls_any(long nr, long a, long b, long c, long d)
{
	long ret = syscall(nr, a, b, c, d);

	return ret < 0 ? -errno : ret;
}
