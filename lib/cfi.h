/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Call frame information: reading .eh_frame (cfi.c) and interpreting its FDEs
 * (cfa.c).
 */
#ifndef AF_CFI_H
#define AF_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf.h"
#include "libaf/abi.h"

struct af_cie;

/*
 * One FDE.
 * @start, @end: the virtual addresses that it is for
 * @insns: its instructions, NULL if it is malformed
 * @cie: index of its CIE
 */
struct af_fde {
	uint64_t start;
	uint64_t end;
	const uint8_t *insns;
	uint32_t insns_len;
	uint32_t cie;
};

/*
 * The CFI of an object.
 * @data, @size, @vaddr: .eh_frame, up to the end of its segment
 * @fdes: those that concern the range asked for, in the order of the file
 * @incomplete: there are FDEs whose range could not be read
 */
struct af_cfi {
	const uint8_t *data;
	uint64_t size;
	uint64_t vaddr;
	struct af_cie *cies;
	size_t nr_cies;
	size_t max_cies;
	struct af_fde *fdes;
	size_t nr_fdes;
	size_t max_fdes;
	bool incomplete;
};

/*
 * Read the CFI of @elf for addresses from @start to before @end.
 * Returns 0, -ENOEXEC (.eh_frame as a whole is unreadable), -E2BIG (far more
 * than any table can hold), or -ENOMEM.  Without .eh_frame there are no FDEs.
 */
int af_cfi_read(struct af_cfi *cfi, const struct af_elf *elf, uint64_t start,
		uint64_t end);
void af_cfi_release(struct af_cfi *cfi);

/* From @start on @rule holds.  Returns 0 or a negative errno. */
typedef int af_cfi_row_fn(void *context, uint64_t start,
			  const struct libaf_seccomp_unwind_rule *rule);

/*
 * Interpret an FDE: call @row for each of its rows, the first at its start,
 * in ascending order.  Rules are such as the kernel accepts; what it has no
 * rule for is CFA_NONE, and so is all that follows a malformed or unknown
 * instruction: what has been said of the code before it stays true.
 * Returns 0, or what @row returned, which must not be -EINVAL.
 */
int af_cfi_run(const struct af_cfi *cfi, const struct af_fde *fde,
	       af_cfi_row_fn *row, void *context);

#endif /* AF_CFI_H */
