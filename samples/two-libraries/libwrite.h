/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library whose one task needs the system call write. */
#ifndef LIBWRITE_H
#define LIBWRITE_H

#include <sys/types.h>

/* Both return 0, or -1 if the system call failed. */
int libwrite_write(int fd, const char *text);

/* What its policy does not permit: as if an attacker had taken it over. */
int libwrite_getpid(pid_t *pid);

#endif /* LIBWRITE_H */
