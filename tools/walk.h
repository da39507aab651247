/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who makes a system call: the kernel's walk over a stack, in user space. */
#ifndef AF_WALK_H
#define AF_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libaf/abi.h"

struct af_binary;

/* Registers at a system call; @ip is behind the instruction that makes it. */
struct af_walk_regs {
	uint64_t ip;
	uint64_t sp;
	uint64_t fp;
	uint64_t arg0;
};

/*
 * Pristine text: a part of a file that is registered with the kernel as one
 * object, or would be.
 * @offset, @len: in the file
 * @table, @table_size: of a transparent one, see lib/unwind.h; else NULL
 * @owner: the file
 */
struct af_walk_text {
	uint64_t offset;
	uint64_t len;
	const void *table;
	size_t table_size;
	struct af_binary *owner;
};

/*
 * What the walk asks of a process.
 * @find: the text at an address, NULL if there is none, and where in it
 * @read: the word at an address; false if it cannot be read
 */
struct af_walk {
	const struct af_walk_text *(*find)(void *context, uint64_t addr,
					   uint64_t *offset);
	bool (*read)(void *context, uint64_t addr, uint64_t *word);
	void *context;
};

/*
 * A function that has not returned.
 * @innermost: it makes the call
 * @fp_known: the frame pointer is what it was
 */
struct af_walk_frame {
	struct af_walk_regs regs;
	bool innermost;
	bool fp_known;
};

/*
 * Go to the frame that called @frame, by the rule for its instruction pointer.
 * Returns false if there is none.
 */
bool af_walk_up(const struct af_walk *walk, struct af_walk_frame *frame,
		const struct libaf_seccomp_unwind_rule *rule);

/*
 * The text that the kernel would attribute the call to, or NULL where that is
 * UNKNOWN; then *@where is the address of the code that stopped the walk.
 */
const struct af_walk_text *af_walk_caller(const struct af_walk *walk,
					  const struct af_walk_regs *regs,
					  uint64_t *where);

#endif /* AF_WALK_H */
