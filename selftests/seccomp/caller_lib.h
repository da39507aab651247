/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a library of the tests can do; both libraries have the same functions.
 * Each returns the error of the system call that it ends in, or 0.
 */
#ifndef SECCOMP_TEST_CALLER_LIB_H
#define SECCOMP_TEST_CALLER_LIB_H

struct caller_lib {
	long (*own)(void); /* a system call instruction of its own */
	long (*wrapper)(void); /* a call of libc that makes it */
	long (*stdio)(void); /* deep in stdio */
	long (*callback)(void); /* libc calls libc for the library */
	long (*vdso)(void); /* through libc and the vDSO */
	long (*resolve)(void); /* getaddrinfo(), which opens files */
	long (*makes)(const char *path); /* mkdir() */
	long (*vforks)(void);
	long (*spawns)(void);
	long (*threads)(void);
	long (*calls)(long (*function)(void));
};

/* What stdio writes to: the filter of the test knows the number. */
#define STDIO_FD 77

#endif /* SECCOMP_TEST_CALLER_LIB_H */
