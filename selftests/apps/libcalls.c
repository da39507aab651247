// SPDX-License-Identifier: LGPL-2.1-or-later
/* A library that a program opens after it has been confined. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No tail calls: the library would not be on the stack. */
int calls_getppid(void);
int calls_getuid(void);

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
