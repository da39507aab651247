/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an attacker does who controls the stack and the registers. */
#ifndef AF_ATTACKS_PIVOT_H
#define AF_ATTACKS_PIVOT_H

#include <stddef.h>

#define FAKE_WORDS 1024

/* Memory for stacks; the attack's stack pointer is in its middle. */
extern unsigned long fake_memory[FAKE_WORDS];

static inline unsigned long *fake_stack(void)
{
	return &fake_memory[FAKE_WORDS / 2];
}

/*
 * Jump to @target with this stack pointer, two arguments, @nr in %rax, and @fp
 * as the frame pointer.
 * Comes back with %rax as soon as something returns to landing() or faults
 * after catch_faults().  One thread at a time.
 */
long pivot(const void *target, const void *stack, const char *path, long mode,
	   long nr, const void *fp);
extern const char landing[];

/* Makes rt_sigreturn(2), of what the stack pointer points at. */
extern const char sigreturn_insn[];

/* A fault while pivoted ends the pivot. */
void catch_faults(void);

/* mkdir(PRIZE) of libc with this stack.  Returns 0 or -errno. */
long call_mkdir(const unsigned long *stack);

/* An address and a word as the other. */
unsigned long word(const void *address);

#endif /* AF_ATTACKS_PIVOT_H */
