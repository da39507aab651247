/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that is confined from its first instruction is executed by one
 * that is confined already.  So the filter has to permit execve to whoever
 * makes it, and to nobody else.  All system calls from the installations on are
 * in this text, which is an object of its own, and each is permitted only at
 * the address that it has in this process.  What comes after the execve could
 * map this file and jump here, but it would have to be at the same address,
 * which nobody tells it: what libaf is linked into is position independent.
 */
#include <asm/unistd.h>

#include "launch.h"

/* Offsets in struct af_launch. */
#define OP		0
#define ARGS		8
#define ARGS_SIZE	16
#define NR_FILTERS	24
#define PATH		32
#define ARGV		40
#define ENVP		48
#define FAILURE		56
#define FAILURE_LEN	64

#define STDERR		2

	.text
	.globl	af_launch
	.hidden	af_launch
	.type	af_launch, @function
	.globl	af_launch_text
	.hidden	af_launch_text
	.globl	af_launch_execve
	.hidden	af_launch_execve
	.globl	af_launch_write
	.hidden	af_launch_write
	.globl	af_launch_exit
	.hidden	af_launch_exit
	.globl	af_launch_end
	.hidden	af_launch_end
	.p2align 4
af_launch_text:
af_launch:
	.cfi_startproc
	push	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	push	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbp, 0
	push	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %r12, 0
	mov	%rdi, %rbx
	mov	ARGS(%rbx), %rbp
	mov	NR_FILTERS(%rbx), %r12

0:	mov	$__NR_seccomp, %eax
	mov	OP(%rbx), %rdi
	xor	%esi, %esi
	mov	%rbp, %rdx
	syscall
	test	%rax, %rax
	jnz	1f
	add	ARGS_SIZE(%rbx), %rbp
	dec	%r12
	jnz	0b

	mov	$__NR_execve, %eax
	mov	PATH(%rbx), %rdi
	mov	ARGV(%rbx), %rsi
	mov	ENVP(%rbx), %rdx
	syscall
af_launch_execve:

	mov	$__NR_write, %eax
	mov	$STDERR, %edi
	mov	FAILURE(%rbx), %rsi
	mov	FAILURE_LEN(%rbx), %rdx
	syscall
af_launch_write:

0:	mov	$__NR_exit_group, %eax
	mov	$AF_LAUNCH_FAILED, %edi
	syscall
af_launch_exit:
	jmp	0b

1:	pop	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore %r12
	pop	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbp
	pop	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	ret
	.cfi_endproc
af_launch_end:
	.size	af_launch, . - af_launch

	.section .note.GNU-stack, "", @progbits
