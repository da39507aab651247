/* SPDX-License-Identifier: GPL-2.0 */
/* A library that makes any system call; there are several copies of it. */
#ifndef FUZZ_LIB_H
#define FUZZ_LIB_H

typedef long fuzz_call(long nr, const unsigned long *args);

/* Each passes args[0] to args[3] and returns what the kernel returned. */
struct fuzz_lib {
	fuzz_call *own; /* with an instruction of its own */
	fuzz_call *libc; /* through libc's syscall() */
	/* The same call made by another library that this one calls. */
	long (*through)(fuzz_call *call, long nr, const unsigned long *args);
};

#endif /* FUZZ_LIB_H */
