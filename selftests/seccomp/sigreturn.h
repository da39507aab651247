/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Returning from a signal handler by hand, also from one that never ran. The
 * user defines _GNU_SOURCE.
 */
#ifndef SECCOMP_TEST_SIGRETURN_H
#define SECCOMP_TEST_SIGRETURN_H

#include <stddef.h>
#include <sys/syscall.h>
#include <ucontext.h>

/* How much of a ucontext_t is the kernel's, for libc's is longer. */
#define CONTEXT_SIZE (offsetof(ucontext_t, uc_sigmask) + 8)

/* User code and stack segment, and an empty flags register. */
#define USER_SEGMENTS 0x002b000000000033
#define USER_FLAGS    0x202

#define CONTEXT_REG(reg) "i"(offsetof(ucontext_t, uc_mcontext.gregs[reg]))

/*
 * Call rt_sigreturn with the stack pointer where it is if a handler returns
 * whose context is at @uc; let it return to a system call @nr with the
 * arguments @a and @b, and that to here.
 *
 * rt_sigreturn takes no arguments, but a filter that looks at the first sees
 * @mark.
 *
 * Returns what @nr returns, or rt_sigreturn if that is denied.
 */
static __attribute__((noinline)) long sigreturn_to(ucontext_t *uc, long mark,
						   long nr, long a, long b)
{
	greg_t *regs = uc->uc_mcontext.gregs;
	long ret;

	regs[REG_RAX] = nr;
	regs[REG_RDI] = a;
	regs[REG_RSI] = b;
	regs[REG_EFL] = USER_FLAGS;
	regs[REG_CSGSFS] = USER_SEGMENTS;
	__asm__ volatile(
		"mov %%rsp, %%r12\n\t"
		"mov %%rsp, %c[rsp](%[uc])\n\t"
		"mov %%rsp, %c[r12](%[uc])\n\t"
		"mov %%rbp, %c[rbp](%[uc])\n\t"
		"lea 1f(%%rip), %%rax\n\t"
		"mov %%rax, %c[rip](%[uc])\n\t"
		"mov %[uc], %%rsp\n\t"
		"mov %[sigreturn], %%eax\n\t"
		"syscall\n\t"
		"jmp 2f\n"
		"1:\n\t"
		"syscall\n"
		"2:\n\t"
		"mov %%r12, %%rsp"
		: "=&a"(ret), [uc] "+S"(uc), "+D"(mark)
		: [rsp] CONTEXT_REG(REG_RSP), [rbp] CONTEXT_REG(REG_RBP),
		  [rip] CONTEXT_REG(REG_RIP), [r12] CONTEXT_REG(REG_R12),
		  [sigreturn] "i"(SYS_rt_sigreturn)
		: "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13",
		  "r14", "r15", "memory", "cc");
	return ret;
}

#endif /* SECCOMP_TEST_SIGRETURN_H */
