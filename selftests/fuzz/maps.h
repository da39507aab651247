/* SPDX-License-Identifier: GPL-2.0 */
/* The mappings of this process, as they are when they are asked for. */
#ifndef FUZZ_MAPS_H
#define FUZZ_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	/* Of what is mapped: equal for the same file; 0: neither file nor vDSO */
	uint64_t key;
	/* Executable, not writable, private */
	bool text;
	/* Anonymous, and readable from its first byte to its last */
	bool memory;
};

/* To be called again when mappings have changed. -1: they cannot be read. */
int maps_read(void);

const struct mapping *maps_find(uint64_t addr);

/* Can all of it be read?  Asks the kernel about all but plain memory. */
bool maps_readable(uint64_t addr, size_t len);

#endif /* FUZZ_MAPS_H */
