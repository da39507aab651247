/* SPDX-License-Identifier: GPL-2.0 */
/* Sections 5 and 6 of kernel-patches/ABI, straight and slow. */
#ifndef FUZZ_UNWIND_MODEL_H
#define FUZZ_UNWIND_MODEL_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

/* Does the table at @blob keep all rules for an object of @len bytes? */
bool unwind_model_valid(const void *blob, size_t size, __u64 len);

/* The registers of the task that makes the call. */
struct unwind_regs {
	__u64 ip;
	__u64 sp;
	__u64 fp;
	__u64 arg0;
};

/* The caller, by objects that are valid; needs maps_read(). */
__u32 unwind_model_caller(const struct seccomp_object *objects, unsigned int nr,
			  const struct unwind_regs *regs);

#endif /* FUZZ_UNWIND_MODEL_H */
