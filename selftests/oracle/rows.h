/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of libseccomp's tests: calls, and what is to come of them. */
#ifndef ORACLE_ROWS_H
#define ORACLE_ROWS_H

#include <stddef.h>

#include "libaf/abi.h"

/*
 * What a filter makes of the call @data, whose number is the row's: an action,
 * SECCOMP_RET_*.
 */
typedef unsigned int row_fn(const struct libaf_seccomp_data *data);

/*
 * Read the rows of the file at @path that are for x86-64, and make the calls of
 * each with @fn.  *@compared receives how many rows there were.  Returns the
 * number of those that came to something else, which are printed.
 */
size_t check_rows(const char *path, row_fn *fn, size_t *compared);

#endif /* ORACLE_ROWS_H */
