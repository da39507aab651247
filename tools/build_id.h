/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which build of a program or library a file is. */
#ifndef AF_BUILD_ID_H
#define AF_BUILD_ID_H

#include <stdbool.h>

/* Linkers write 8 to 32 bytes; the option --build-id takes any number. */
#define AF_BUILD_ID_MAX 64

/* A build-id as hexadecimal digits, with the final NUL. */
#define AF_BUILD_ID_TEXT (2 * AF_BUILD_ID_MAX + 1)

/*
 * The build-id of an ELF file: the note NT_GNU_BUILD_ID that linkers write.
 * Returns false if it has none, or one that is longer than that.
 */
bool af_build_id_read(int fd, char id[AF_BUILD_ID_TEXT]);

/* What the GNU C Library is called by those who are linked with it. */
#define AF_GLIBC "libc.so.6"

/*
 * Which version the GNU C Library in a file says it is: 36 for 2.36; 0 if the
 * file is no such library.
 */
unsigned int af_glibc_version(int fd);

#endif /* AF_BUILD_ID_H */
