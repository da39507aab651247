/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filling in struct libaf_error. */
#ifndef AF_ERROR_H
#define AF_ERROR_H

#include "libaf.h"

/* A place in a policy.  @file is NULL if the policy is one file only. */
struct af_place {
	unsigned int line;
	unsigned int column;
	const char *file;
};

/*
 * Describe an error and return @code, so that callers can write
 * "return af_error(err, -EINVAL, file, place, ...)".  @err may be NULL, @place
 * may be NULL, @file, which counts if @place has none, may be NULL.  Clears
 * the hint.
 */
int af_error(struct libaf_error *err, int code, const char *file,
	     const struct af_place *place, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Add a suggestion to the error just described.  @err may be NULL. */
void af_hint(struct libaf_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The documented code, a negative errno, for what open(2) and the like say. */
int af_error_code(int error);

/* Forget any error. */
void af_error_clear(struct libaf_error *err);

#endif /* AF_ERROR_H */
