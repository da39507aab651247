/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What text a process has mapped, and where. */
#ifndef AF_MAPS_H
#define AF_MAPS_H

#include "binaries.h"

/* A private, executable mapping that cannot be written. */
struct af_mapping {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	struct af_binary *binary;
};

/* What a call that is under way can do to mappings. */
enum af_map_effect {
	AF_MAP_NONE,
	AF_MAP_ADDS, /* there may be new text */
	AF_MAP_CHANGES, /* text may have gone, or be other text */
	AF_NR_MAP_EFFECTS,
};

/*
 * The mappings of a process, shared by all of its threads.
 * @users: number of threads
 * @exe_dev, @exe_ino: the program, as stat(2) says
 * @list: sorted by address
 * @due: what may have changed since the list was read
 * @pending: how many calls are under way that may change it
 */
struct af_maps {
	unsigned int users;
	dev_t exe_dev;
	ino_t exe_ino;
	struct af_mapping *list;
	size_t nr;
	bool due[AF_NR_MAP_EFFECTS];
	unsigned int pending[AF_NR_MAP_EFFECTS];
};

/* Those of a process that has just executed a program, with one user. */
struct af_maps *af_maps_new(pid_t pid);

/* Those of a child that has its own copy, with one user. */
struct af_maps *af_maps_copy(const struct af_maps *maps);

/* One user less. */
void af_maps_put(struct af_maps *maps);

/* A thread makes a call; when it has returned, af_maps_after_call(). */
enum af_map_effect af_maps_before_call(struct af_maps *maps, unsigned int nr,
				       const uint64_t *args);
void af_maps_after_call(struct af_maps *maps, enum af_map_effect effect);

/* The text at an address, and where in it; NULL if there is none. */
const struct af_walk_text *af_maps_find(struct af_maps *maps,
					struct af_binaries *binaries, pid_t pid,
					uint64_t addr, uint64_t *offset);

/*
 * Does /proc/PID/maps show this file as device @dev and inode @ino?  For some
 * filesystems stat(2) says others.
 */
bool af_maps_shows(int fd, uint64_t dev, uint64_t ino);

/* What is mapped at an address, for messages; allocated. */
char *af_maps_describe(pid_t pid, uint64_t addr);

#endif /* AF_MAPS_H */
