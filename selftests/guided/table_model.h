/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef GUIDED_TABLE_MODEL_H
#define GUIDED_TABLE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ../fuzz/unwind_model.c: what the kernel has to say of a table. */
bool unwind_model_valid(const void *blob, size_t size, unsigned long long len);

/* There is a rule for each offset below @len, and none for others. */
void check_rules(const void *blob, size_t size, uint64_t len);

#endif /* GUIDED_TABLE_MODEL_H */
