/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What coverage-guided fuzzing feeds with bytes.  A target returns if all is
 * well, whatever the bytes are, and ends the process if not.  It returns whether
 * they were what it is for: a valid file, table, ...
 */
#ifndef GUIDED_TARGET_H
#define GUIDED_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef bool target_fn(const uint8_t *data, size_t size);

target_fn fuzz_audit; /* a record of the audit log */
target_fn fuzz_eh_frame; /* call frame information */
target_fn fuzz_elf; /* an ELF file */
target_fn fuzz_filter; /* data of a call, then a BPF program */
target_fn fuzz_image; /* a precompiled policy */
target_fn fuzz_policy; /* the text of a policy */
target_fn fuzz_table; /* an unwind table */

#define require(condition)                                                 \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#condition);                               \
			abort();                                           \
		}                                                          \
	} while (0)

#endif /* GUIDED_TARGET_H */
