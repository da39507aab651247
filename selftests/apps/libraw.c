// SPDX-License-Identifier: LGPL-2.1-or-later
/* A library that makes any system call; a test has several copies of it. */
#include <errno.h>
#include <unistd.h>

/* No tail calls: the library would not be on the stack. */
long raw_own(long nr, const unsigned long *args);
long raw_libc(long nr, const unsigned long *args);

/* By an instruction of its own. */
long raw_own(long nr, const unsigned long *args)
{
	register unsigned long r10 __asm__("r10") = args[3];
	register unsigned long r8 __asm__("r8") = args[4];
	register unsigned long r9 __asm__("r9") = args[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(args[0]), "S"(args[1]), "d"(args[2]),
			   "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* By libc's. */
long raw_libc(long nr, const unsigned long *args)
{
	long ret = syscall(nr, args[0], args[1], args[2], args[3], args[4],
			   args[5]);

	return ret == -1 ? -errno : ret;
}
