/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of system calls that have a name: @file. */
#ifndef AF_GROUPS_H
#define AF_GROUPS_H

#include <stddef.h>

/* @calls: names, with blanks between them */
struct af_group {
	const char *name;
	const char *about;
	const char *calls;
};

extern const struct af_group af_groups[];
extern const size_t af_nr_groups;

#endif /* AF_GROUPS_H */
