/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library whose one task needs the system call getpid. */
#ifndef LIBGETPID_H
#define LIBGETPID_H

#include <sys/types.h>

/* Both return 0, or -1 if the system call failed. */
int libgetpid_getpid(pid_t *pid);

/* What its policy does not permit: as if an attacker had taken it over. */
int libgetpid_write(int fd, const char *text);

#endif /* LIBGETPID_H */
