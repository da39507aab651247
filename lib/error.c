// SPDX-License-Identifier: LGPL-2.1-or-later
/* Filling in struct libaf_error. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

/* The end of a long path says more than its beginning. */
static void copy_file(struct libaf_error *err, const char *file)
{
	size_t len = strlen(file);

	if (len >= sizeof(err->file))
		file += len - (sizeof(err->file) - 1);
	snprintf(err->file, sizeof(err->file), "%s", file);
}

void af_error_clear(struct libaf_error *err)
{
	if (err)
		memset(err, 0, sizeof(*err));
}

int af_error(struct libaf_error *err, int code, const char *file,
	     const struct af_place *place, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	af_error_clear(err);
	if (place && place->file)
		file = place->file;
	if (file)
		copy_file(err, file);
	if (place) {
		err->line = place->line;
		err->column = place->column;
	}
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

void af_hint(struct libaf_error *err, const char *format, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, format);
	vsnprintf(err->hint, sizeof(err->hint), format, args);
	va_end(args);
}

int af_error_code(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return -ENOENT;
	case EACCES:
	case EPERM:
		return -EACCES;
	case ENOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}
