// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/ucontext.h>

#include "attack.h"
#include "pivot.h"

unsigned long fake_memory[FAKE_WORDS] __attribute__((aligned(4096)));

__asm__(".text\n"
	".globl pivot, landing, sigreturn_insn\n"
	".type pivot, @function\n"
	"pivot:\n"
	"	push %rbx\n"
	"	push %rbp\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	mov %rsp, pivot_home(%rip)\n"
	"	mov %rdi, %r11\n"
	"	mov %rsi, %rsp\n"
	"	mov %rdx, %rdi\n"
	"	mov %rcx, %rsi\n"
	"	mov %r8, %rax\n"
	"	mov %r9, %rbp\n"
	"	jmp *%r11\n"
	"	nop\n"
	"landing:\n"
	"	mov pivot_home(%rip), %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	ret\n"
	"	.size pivot, . - pivot\n"
	"sigreturn_insn:\n"
	"	mov $15, %eax\n"
	"	syscall\n"
	"	ud2\n"
	".local pivot_home\n"
	".comm pivot_home, 8, 8\n");

static void land(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)signal;
	(void)info;
	uc->uc_mcontext.gregs[REG_RIP] = (long)landing;
}

void catch_faults(void)
{
	static char stack[65536];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = {
		.sa_sigaction = land,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	expect(!sigaltstack(&alternate, NULL));
	expect(!sigaction(SIGSEGV, &action, NULL));
}

long call_mkdir(const unsigned long *stack)
{
	static void *wrapper;

	if (!wrapper)
		wrapper = dlsym(RTLD_DEFAULT, "mkdir");
	return pivot(wrapper, stack, PRIZE, 0700, 0, NULL) ? -errno : 0;
}

unsigned long word(const void *address)
{
	return (unsigned long)address;
}
