/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attacks: code of the program, which may not call mkdir(), tries to have a
 * directory made.  libgood.so may do so.  Every attack is made twice, each time
 * in a process and a directory of its own:
 *
 *  - under plain seccomp, with the union of the policy's lists.  There the
 *    directory must come into being, or the test would show nothing.
 *  - under the policy.  There the call must fail with EPERM, and afterwards the
 *    directory must not exist; but the library, before and after the attack and
 *    in the same process, must have got its own directories.
 */
#ifndef AF_ATTACKS_ATTACK_H
#define AF_ATTACKS_ATTACK_H

#include <stdbool.h>
#include <stddef.h>

#include "../cases.h"
#include "good.h"

#define PAGE 4096UL

/* What must not come into being, and what the library makes. */
#define PRIZE  "attacker"
#define BEFORE "before"
#define AFTER  "after"

/* The library's copy in the directory of the attack. */
#define GOOD_LIB "libgood.so"

/*
 * @rules: of the library; NULL for "mkdir"
 * @also: another file of the scene with the same rules; may be NULL
 * @prepare: before the process is confined; may be NULL
 * @run: the attack.  Returns what the call for PRIZE gave: 0 or -errno.
 */
struct attack {
	const char *name;
	const char *rules;
	const char *also;
	void (*prepare)(void);
	long (*run)(void);
};

enum confinement {
	PLAIN, /* the union of the policy's lists, by libseccomp */
	POLICY,
};

/* The library as this process has loaded it, and a descriptor of its file. */
extern const struct good *good;
extern int good_fd;

/* Print a TAP plan and the results.  Returns the exit status. */
int run_attacks(const struct attack *attacks, size_t nr,
		const struct test_case *tests, size_t nr_tests);

/* The same for attacks that succeed although the policy is in force. */
int run_limits(const struct attack *attacks, size_t nr);

/*
 * For tests that are more than one attack.  Go to a new directory with a copy
 * of the library, and load that.
 */
void enter_scene(void);
/* @file: of the scene, has @rules, "mkdir" if they are NULL */
void confine_for(enum confinement how, const char *rules, const char *file);
/* The same for the library. */
void confine(enum confinement how, const char *rules);
/* The path of a file of the scene, allocated. */
char *path_of(const char *name);

/* Map the page of raw() once more and return where raw() is there. */
makes_fn map_raw(int fd, int prot, void *where);
/* Where the page of an address begins. */
void *page_of(const void *addr);
/* Where raw() is in its page, and that page in the library's file. */
size_t raw_offset(void);
off_t raw_page_offset(void);

/*
 * Attacker's text for the page of raw(): it does what raw() does, but with the
 * path that it is told.
 */
void write_payload(void *page);
/* An executable anonymous mapping with it, which mmap() may put at @where. */
makes_fn map_payload(void *where);

/* As a file of its own, the library with PRIZE in the place of TWIN. */
void write_evil_library(const char *path);

/* Copy a file that was built with the attacks to the scene. */
void fetch(const char *name, const char *to);

bool exists(const char *path);

#endif /* AF_ATTACKS_ATTACK_H */
