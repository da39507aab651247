/* SPDX-License-Identifier: GPL-2.0 */
/* Registering objects of the running process, with the tables of libaf. */
#ifndef SECCOMP_TEST_REGISTER_H
#define SECCOMP_TEST_REGISTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

#define MAX_OBJECTS 32

struct registration {
	struct seccomp_object objects[MAX_OBJECTS];
	unsigned int nr;
};

/* All return 0, or -1 if what they need is not there. */

/* The executable segments of the loaded object that contains @addr. */
int add_loaded(struct registration *reg, const void *addr, __u32 id);

/* The same, transparent, with the table that libaf makes of its .eh_frame. */
int add_transparent(struct registration *reg, const void *addr, __u32 id);

/* libc, the loader and the vDSO, transparent, as @id, @id + 1 and @id + 2. */
int add_system(struct registration *reg, __u32 id);

/* All of a file that is not loaded. */
int add_file(struct registration *reg, const char *path, __u32 id);

/* Set no_new_privs and install a filter.  Returns what seccomp(2) returns. */
int install_callers(const struct registration *reg,
		    const struct sock_filter *prog, size_t len);

#endif /* SECCOMP_TEST_REGISTER_H */
