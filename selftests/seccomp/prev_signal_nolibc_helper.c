// SPDX-License-Identifier: GPL-2.0
/*
 * What a signal handler becomes that calls execve(2). The argument is the
 * address, in 16 hexadecimal digits, at which the old program's handler had its
 * context; nothing is mapped there in this program. It exits with 0 if its
 * first call sees execve, and if a return from that handler, which is no more,
 * is a call like any other.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "common.h"
#include "sigreturn.h"

/* As much as the kernel reads of a frame, and more. */
#define ROOM 4096

static unsigned long parse(const char *digits)
{
	unsigned long value = 0;

	for (; *digits; digits++) {
		value <<= 4;
		value += *digits > '9' ? *digits - 'a' + 10 : *digits - '0';
	}
	return value;
}

/* mmap(2) with its sixth argument, the offset, 0. */
static long map(unsigned long addr, unsigned long len)
{
	register long r9 __asm__("r9") = 0;
	register long r10 __asm__("r10") = MAP_PRIVATE | MAP_ANONYMOUS |
					   MAP_FIXED_NOREPLACE;
	register long r8 __asm__("r8") = -1;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(SYS_mmap), "D"(addr), "S"(len),
			   "d"(PROT_READ | PROT_WRITE), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static int run(const char *argument)
{
	unsigned long context = parse(argument);
	unsigned long page = context & -ROOM;

	if (prev() != SYS_execve)
		return 1;
	if (map(page, 2 * ROOM) != (long)page)
		return 2;
	if (-sigreturn_to((ucontext_t *)context, 0, PROBE_PREV, 0, 0) !=
	    SYS_rt_sigreturn)
		return 3;
	return 0;
}

/* What _start finds on the stack. */
struct start {
	long argc;
	char *argv[2];
};

__attribute__((noreturn, used)) void start(const struct start *start);

void start(const struct start *start)
{
	int status = start->argc == 2 ? run(start->argv[1]) : 4;

	for (;;)
		raw_syscall(SYS_exit_group, status, 0, 0, 0, 0);
}

__asm__(".globl _start\n"
	"_start:\n\t"
	"mov %rsp, %rdi\n\t"
	"and $-16, %rsp\n\t"
	"call start");
