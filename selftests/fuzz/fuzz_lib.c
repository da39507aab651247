// SPDX-License-Identifier: GPL-2.0
/*
 * No function may end in a tail call: the frame of the library would be gone
 * when the call is made.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "fuzz_lib.h"

static long own(long nr, const unsigned long *args)
{
	register unsigned long r10 __asm__("r10") = args[3];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(args[0]), "S"(args[1]), "d"(args[2]),
			   "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

static long libc(long nr, const unsigned long *args)
{
	long ret = syscall(nr, args[0], args[1], args[2], args[3]);

	return ret == -1 ? -errno : ret;
}

static long through(fuzz_call *call, long nr, const unsigned long *args)
{
	volatile long ret = call(nr, args);

	return ret;
}

const struct fuzz_lib fuzz_lib = {
	.own = own,
	.libc = libc,
	.through = through,
};
