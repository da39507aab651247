/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a filter tells the handler of SIGSYS, or a tracer.
 *
 * The signal says which call was denied and where, but neither by whom nor
 * what came before.  The filter knows: SECCOMP_RET_TRAP has 16 bits for it,
 * which the kernel passes on in si_errno.  The filter calculates them at the
 * end, in one place for all that is trapped, as a classic BPF program can
 * return its accumulator.  To have a return for each caller and each call
 * before would take hundreds; to look for the caller in the handler, an
 * unwinder there, whose answer is not the kernel's.
 *
 * A tracer gets the same bits of SECCOMP_RET_TRACE, by PTRACE_GETEVENTMSG.
 *
 * It costs AF_TRAP_INSNS instructions in each program, none of which an
 * allowed call runs.  What the kernel knows of allowed calls in advance, or
 * remembers of them, is never about a trap.
 */
#ifndef AF_TRAP_H
#define AF_TRAP_H

#include <stddef.h>
#include <stdint.h>

#include "bpf.h"
#include "libaf.h"

/*
 * @AF_TRAP_PLAIN: nothing
 * @AF_TRAP_BOTH: the caller and the call before
 * @AF_TRAP_CALLER: the caller, as there are too many for both
 */
enum af_trap {
	AF_TRAP_PLAIN,
	AF_TRAP_BOTH,
	AF_TRAP_CALLER,
};

/* The most that the end of a program takes for it. */
#define AF_TRAP_INSNS 11

/* What a program with that many callers can tell. */
enum af_trap af_trap_for(size_t nr_callers);

/*
 * Write the end of a program, which may be PLAIN.  @action is SECCOMP_RET_TRAP or
 * SECCOMP_RET_TRACE.
 */
struct af_target af_trap_write(struct af_bpf *bpf, enum af_trap trap,
			       uint32_t action);

/* Fill in what @data, of a verdict, of si_errno or of an event, tells. */
void af_trap_read(enum af_trap trap, unsigned int data,
		  struct libaf_call *call);

#endif /* AF_TRAP_H */
