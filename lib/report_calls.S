/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls of the handler that says what was denied.  As those of
 * launch.S they are in a text that is an object of its own.  The filter permits
 * the write at the address where it is here, to standard error, as the first
 * call of a signal handler or after another one; and it kills the process for
 * the other call.
 */
#include <asm/unistd.h>

#include "report.h"

#define STDERR 2

	.text
	.globl	af_report_write
	.hidden	af_report_write
	.type	af_report_write, @function
	.globl	af_report_end
	.hidden	af_report_end
	.type	af_report_end, @function
	.globl	af_report_text
	.hidden	af_report_text
	.globl	af_report_written
	.hidden	af_report_written
	.globl	af_report_text_end
	.hidden	af_report_text_end
	.p2align 4
af_report_text:
af_report_write:
	.cfi_startproc
	mov	%rsi, %rdx
	mov	%rdi, %rsi
	mov	$STDERR, %edi
	mov	$__NR_write, %eax
	syscall
af_report_written:
	ret
	.cfi_endproc
	.size	af_report_write, . - af_report_write

af_report_end:
	.cfi_startproc
	mov	$AF_REPORT_END_NR, %eax
	syscall
	ret
	.cfi_endproc
	.size	af_report_end, . - af_report_end
af_report_text_end:

	.section .note.GNU-stack, "", @progbits
