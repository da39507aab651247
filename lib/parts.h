/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the parts of a policy to the text of a file. */
#ifndef AF_PARTS_H
#define AF_PARTS_H

#include <stddef.h>

#include "elf.h"
#include "error.h"
#include "policy.h"

/* Text that belongs to the part whose caller is @id. */
struct af_part_span {
	struct af_span span;
	unsigned int id;
};

/* In ascending order, and apart; each lies in one executable segment. */
struct af_parts {
	struct af_part_span *spans;
	size_t nr;
};

/*
 * Find all parts of caller @of in a file of its, @fd, of which @elf has been
 * read.  @path is for errors.
 * Returns 0, -EINVAL if the file has not what the policy says, or parts
 * overlap; -ENOEXEC, -E2BIG, -EIO or -ENOMEM.
 */
int af_parts_find(struct af_parts *parts, const struct libaf_policy *policy,
		  size_t of, const char *path, const struct af_elf *elf, int fd,
		  struct libaf_error *err);
void af_parts_release(struct af_parts *parts);

/* What the first part of @of consists of, or NULL. */
const struct af_piece *af_parts_first(const struct libaf_policy *policy,
				      size_t of);

/* The first range that a part of @of consists of, or NULL. */
const struct af_piece *af_parts_range(const struct libaf_policy *policy,
				      size_t of);

#endif /* AF_PARTS_H */
