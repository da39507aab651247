/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A transparent library for tests of the unwinder.
 *
 * long frame_probe(long nr, unsigned long sp, unsigned long fp, long arg0):
 * make a system call with a stack pointer, a frame pointer and a first
 * argument of one's choice.
 */
	.text
	.globl	frame_probe
	.type	frame_probe, @function
frame_probe:
	push	%rbx
	push	%rbp
	mov	%rsp, %rbx
	mov	%rdi, %rax
	mov	%rsi, %rsp
	mov	%rdx, %rbp
	mov	%rcx, %rdi
	syscall
	mov	%rbx, %rsp
	pop	%rbp
	pop	%rbx
	ret
	.size	frame_probe, . - frame_probe

	/* Addresses to return to: nothing of this is executed. */
	.globl	frame_return
	.type	frame_return, @function
frame_return:
	nop
	nop
	nop
	nop
	.size	frame_return, . - frame_return

	.section .note.GNU-stack, "", @progbits
