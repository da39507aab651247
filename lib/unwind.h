/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* .eh_frame to the kernel's unwind tables. */
#ifndef AF_UNWIND_H
#define AF_UNWIND_H

#include <stddef.h>
#include <stdint.h>

#include "elf.h"
#include "libaf/abi.h"

/*
 * The unwind table of one executable segment, or of a part of it.
 * @blob: struct libaf_seccomp_unwind and what follows it (libaf/abi.h)
 * @nr_none: rows whose CFI cannot be expressed and that yield UNKNOWN
 */
struct af_unwind {
	void *blob;
	size_t size;
	size_t nr_none;
};

/*
 * Convert the CFI of @elf that concerns @segment, an executable segment of it.
 * A file must have been read with AF_ELF_SEGMENTS.
 * An object without .eh_frame gets a table that says NONE throughout.
 * A malformed instruction makes the rest of its FDE's range NONE, no error.
 * Returns 0, -ENOEXEC (.eh_frame as a whole is unreadable), -E2BIG (more than
 * LIBAF_SECCOMP_MAX_UNWIND), -ENOMEM.
 */
int af_unwind_build(const struct af_elf *elf, const struct af_segment *segment,
		    struct af_unwind *unwind);

/*
 * The same for parts of @segment that are objects of their own: not empty, in
 * ascending order, and apart.  A row is the same as in the table of the whole,
 * also if a part begins or ends within a function.  If too many of them do so
 * in large functions, that is -E2BIG, too.
 */
int af_unwind_build_spans(const struct af_elf *elf,
			  const struct af_segment *segment,
			  const struct af_span *spans, size_t nr,
			  struct af_unwind *unwinds);
void af_unwind_release(struct af_unwind *unwind);

/*
 * Does the kernel accept this table for an object of @len bytes?  The same
 * checks as seccomp_unwind_check().  @blob is aligned as malloc() does.
 * Returns 0 or -EINVAL.
 */
int af_unwind_check(const void *blob, size_t size, uint64_t len);

/* The rule at @offset from the segment's start, or NULL if out of range. */
const struct libaf_seccomp_unwind_rule *
af_unwind_find(const void *blob, size_t size, uint64_t len, uint64_t offset);

#endif /* AF_UNWIND_H */
