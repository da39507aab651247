/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR LGPL-2.1-or-later */
/*
 * The kernel interface of the libaf patch series, for programs that are built
 * with unpatched kernel headers.
 *
 * Every name here is the kernel's, from <linux/seccomp.h> of a patched kernel,
 * with "libaf_" or "LIBAF_" in front.  kernel-patches/ABI describes what they
 * mean; a test compares this file, that text and the patched header.
 */
#ifndef LIBAF_ABI_H
#define LIBAF_ABI_H

#include <linux/types.h>

/* Operations of seccomp(2).  The numbers are private to this series. */
#define LIBAF_SECCOMP_GET_FEATURES    0x0af0
#define LIBAF_SECCOMP_SET_MODE_CALLER 0x0af1

/* What SECCOMP_GET_FEATURES returns, ored together. */
#define LIBAF_SECCOMP_FEATURE_PREV_NR   (1U << 0)
#define LIBAF_SECCOMP_FEATURE_CALLER_ID (1U << 1)

/* Values of seccomp_data.prev_nr that are not a system call's number. */
#define LIBAF_SECCOMP_PREV_NONE   (-1)
#define LIBAF_SECCOMP_PREV_SIGNAL (-2)

/* Value of seccomp_data.caller_id for a caller that is no registered object. */
#define LIBAF_SECCOMP_CALLER_UNKNOWN 0U

/* What a filter runs over.  The first 64 bytes are those of a stock kernel. */
struct libaf_seccomp_data {
	int nr;
	__u32 arch;
	__u64 instruction_pointer;
	__u64 args[6];
	__s32 prev_nr;
	__u32 caller_id;
};

/* Size of struct seccomp_data before prev_nr and caller_id. */
#define LIBAF_SECCOMP_DATA_SIZE_VER0 64

/* seccomp_object.flags */
#define LIBAF_SECCOMP_OBJECT_TRANSPARENT (1U << 0)

/* Limits of one registration. */
#define LIBAF_SECCOMP_MAX_OBJECTS 1024
#define LIBAF_SECCOMP_MAX_UNWIND  (2U << 20)

/* One object: a range of offsets of one mapped file. */
struct libaf_seccomp_object {
	__aligned_u64 addr;
	__aligned_u64 offset;
	__aligned_u64 len;
	__u32 id;
	__u32 flags;
	__aligned_u64 unwind;
	__u32 unwind_size;
	__u32 reserved;
};

/* The argument of SECCOMP_SET_MODE_CALLER. */
struct libaf_seccomp_caller_filter {
	__u32 size;
	__u32 prog_len;
	__aligned_u64 prog;
	__aligned_u64 objects;
	__u32 nr_objects;
	__u32 reserved;
};

/*
 * The unwind table of a transparent object, one block of memory:
 *
 *	struct seccomp_unwind		header
 *	struct seccomp_unwind_rule	rules[nr_rules]
 *	__u32				blocks[len / 64 KiB, rounded up]
 *	struct seccomp_unwind_row	rows[nr_rows]
 *
 * blocks[i] is the index of the first row of the i-th 64 KiB of the object.
 * Each block has at least one row, and its first row has pc 0.
 */
struct libaf_seccomp_unwind {
	__u32 nr_rules;
	__u32 nr_rows;
};

#define LIBAF_SECCOMP_UNWIND_BLOCK_SHIFT 16

/* From pc (offset in its block) up to the next row, rules[rule] holds. */
struct libaf_seccomp_unwind_row {
	__u16 pc;
	__u16 rule;
};

/* seccomp_unwind_rule.cfa: the register that the frame's address is from. */
#define LIBAF_SECCOMP_CFA_NONE 0 /* cannot be followed: UNKNOWN */
#define LIBAF_SECCOMP_CFA_SP   1 /* CFA is stack pointer + offset */
#define LIBAF_SECCOMP_CFA_FP   2 /* CFA is frame pointer + offset */
#define LIBAF_SECCOMP_CFA_END  3 /* proper end: the object itself called */

/* seccomp_unwind_rule.ra: where the return address is. */
#define LIBAF_SECCOMP_RA_STACK 0 /* in memory, just below the CFA */
#define LIBAF_SECCOMP_RA_ARG0  1 /* in the first argument's register */

/* seccomp_unwind_rule.fp: the caller's frame pointer. */
#define LIBAF_SECCOMP_FP_SAME 0 /* still in its register */
#define LIBAF_SECCOMP_FP_LOST 1 /* not recoverable */
/* other values, negative multiples of 8: in memory at CFA + fp */

struct libaf_seccomp_unwind_rule {
	__u8 cfa;
	__u8 ra;
	__s16 fp;
	__s32 offset;
};

/* Bounds of seccomp_unwind_rule.offset, which is a multiple of 8. */
#define LIBAF_SECCOMP_UNWIND_MAX_OFFSET (1 << 24)

/* At most this many transparent frames are followed. */
#define LIBAF_SECCOMP_MAX_FRAMES 64

#endif /* LIBAF_ABI_H */
