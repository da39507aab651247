/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef AF_REPLACE_H
#define AF_REPLACE_H

#include <stddef.h>

/*
 * Write a file so that at any time there is the old one or the new one.  Links
 * are followed, also to what is not there yet, and a file that is there keeps
 * its mode and, if that is permitted, its owner.  Returns 0 or a positive
 * errno.
 */
int af_replace_file(const char *path, const char *text, size_t len);

/* Would its directory permit that?  Returns likewise. */
int af_can_replace_file(const char *path);

/*
 * Write what cannot be written to this file to a new one: beside it, or in the
 * directory for temporary files.  Returns its path, allocated, or NULL.
 */
char *af_keep_beside_file(const char *path, const char *text, size_t len);

#endif /* AF_REPLACE_H */
