// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that is registered, and its copy that is not, execute each other at
 * the same addresses: NAME REGISTERED COPY STEPS, where STEPS is one character
 * for each program to be executed after this one.  The registered one, which
 * is called "registered", makes and removes the directory "twin"; the other
 * one makes "attacker".
 *
 * Exits with the error of the first call of the copy that does not fail with
 * EPERM, 0 if it does not fail at all; with EPERM if there is none; with 99 if
 * the registered one is denied anything.
 */
#include <errno.h>
#include <sys/syscall.h>

static long call(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

static void finish(long status)
{
	for (;;)
		call(SYS_exit_group, status, 0, 0);
}

static void make_twin(void)
{
	if (call(SYS_mkdir, (long)"twin", 0700, 0) ||
	    call(SYS_rmdir, (long)"twin", 0, 0))
		finish(99);
}

static void make_prize(void)
{
	long ret = call(SYS_mkdir, (long)"attacker", 0700, 0);

	if (ret != -EPERM)
		finish(-ret);
}

void run(char **argv);

void run(char **argv)
{
	char *registered = argv[1], *copy = argv[2], *steps = argv[3];
	int is_registered = argv[0][0] == 'r';
	char *next[5];

	if (is_registered)
		make_twin();
	else
		make_prize();
	if (!*steps)
		finish(EPERM);
	next[0] = is_registered ? "copy" : "registered";
	next[1] = registered;
	next[2] = copy;
	next[3] = steps + 1;
	next[4] = (char *)0;
	call(SYS_execve, (long)(is_registered ? copy : registered), (long)next,
	     (long)&next[4]);
	finish(98);
}

__asm__(".globl _start\n"
	"_start:\n"
	"	lea 8(%rsp), %rdi\n"
	"	and $-16, %rsp\n"
	"	call run\n");
