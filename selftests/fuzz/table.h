/* SPDX-License-Identifier: GPL-2.0 */
/* Unwind tables that are valid, and apart from that have no reason to be. */
#ifndef FUZZ_TABLE_H
#define FUZZ_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "random.h"

/*
 * Make a table for an object of @len bytes.  Returns its size, or 0 if it would
 * not fit into @room bytes.
 */
size_t generate_table(struct random *r, void *blob, size_t room, uint64_t len);

/* The same, for functions that all have a frame of 8 bytes. */
size_t straight_table(void *blob, uint64_t len);

#endif /* FUZZ_TABLE_H */
