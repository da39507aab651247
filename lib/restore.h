/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a precompiled policy to a filter. */
#ifndef AF_RESTORE_H
#define AF_RESTORE_H

#include "filter.h"
#include "image.h"

/*
 * Open the files of @image and see that they are those of which it was made.
 * @program: the program that will be executed, NULL for the running one.
 * Returns as af_objects_find(), or -ESTALE.
 */
int af_restore_objects(struct af_objects *objects, const struct af_image *image,
		       const char *program, struct libaf_error *err);

/* Returns as libaf_filter_read(). */
int af_restore(const struct af_image *image, const char *program,
	       unsigned int flags, struct libaf_filter **filter,
	       struct libaf_error *err);

#endif /* AF_RESTORE_H */
