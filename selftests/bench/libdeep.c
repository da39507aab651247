// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A library that stands for libc: a system call in a wrapper, and one five
 * frames deep.  Not inlined and with something to do after each call, so that
 * each frame is there.
 */
#include <sys/syscall.h>

#define FRAME __attribute__((noinline))

long deep_call(long nr);
long wrapper_call(long nr);

FRAME long wrapper_call(long nr)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr)
			 : "rcx", "r11", "memory");
	return ret;
}

static FRAME long frame4(long nr)
{
	return wrapper_call(nr) + 1;
}

static FRAME long frame3(long nr)
{
	return frame4(nr) + 1;
}

static FRAME long frame2(long nr)
{
	return frame3(nr) + 1;
}

long deep_call(long nr)
{
	return frame2(nr) + 1;
}
