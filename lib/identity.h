/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a file is still the one that something was made of. */
#ifndef AF_IDENTITY_H
#define AF_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "elf.h"

#define AF_MAX_REGIONS 4

/* What all regions of a file may have. */
#define AF_MAX_PINNED AF_ELF_MAX_READ

/*
 * What was made of a file depends on these bytes of it, and on nothing else.
 * @size: of the file
 * @digest: of @size, of the regions, and of what is in them
 */
struct af_identity {
	uint64_t size;
	uint32_t nr_regions;
	struct af_region {
		uint64_t offset;
		uint64_t len;
	} regions[AF_MAX_REGIONS];
	uint64_t digest;
};

/* Can it be checked without reading more than AF_MAX_PINNED? */
bool af_identity_fits(const struct af_identity *identity);

/*
 * Fill in @identity for an ELF file.
 * @elf: what was read of @fd, with AF_ELF_SEGMENTS if @has_table
 * @has_table: an unwind table was made of it
 * @has_parts: so was something that is less than an executable segment, so that
 *	symbols or sections count
 * Returns 0, -ENOEXEC, -E2BIG, also if it does not fit, -EIO, -ENOMEM, or
 * -ESTALE if the file shrinks.
 */
int af_identity_make(struct af_identity *identity, int fd,
		     const struct af_elf *elf, bool has_table, bool has_parts);

/*
 * @size: of the file now.  Returns 0, -ESTALE if the file is another one, or
 * -EIO.
 */
int af_identity_check(const struct af_identity *identity, int fd,
		      uint64_t size);

#endif /* AF_IDENTITY_H */
