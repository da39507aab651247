/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library that may do what the attacker wants: it alone may call mkdir(). */
#ifndef AF_ATTACKS_GOOD_H
#define AF_ATTACKS_GOOD_H

#include <stddef.h>

/* What raw() makes, whatever it is told: it is part of its text. */
#define TWIN "twin"

typedef long (*makes_fn)(const char *path);

/*
 * makes() and raw() call getuid() before mkdir(), so that they also satisfy a
 * rule that says so.  All functions return 0 or -errno.
 * @makes: by libc's wrappers
 * @raw: by instructions of its own, on a page of their own
 * @i386: int $0x80 with this number and two arguments
 * @calls: calls what it is given, with two arguments
 * @insn: raw()'s system call instruction for mkdir()
 * @ret: the next instruction, a return; no call stands before it
 * @behind_call: where the function called by calls() returns to
 * @name: TWIN, within the page of raw()
 * @payload: data that would be code for getuid() and mkdir(path, 0700)
 */
struct good {
	makes_fn makes;
	makes_fn raw;
	long (*i386)(long nr, const char *path, long mode);
	long (*calls)(void *function, const char *path, long mode);
	const char *insn;
	const char *ret;
	const char *behind_call;
	const char *name;
	const char *payload;
	size_t payload_size;
};

#endif /* AF_ATTACKS_GOOD_H */
