/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files whose text makes system calls, and what a policy calls them. */
#ifndef AF_BINARIES_H
#define AF_BINARIES_H

#include <sys/types.h>
#include <time.h>

#include "../lib/policy.h"
#include "../lib/search.h"
#include "build_id.h"
#include "walk.h"

/* Of a binary that is no caller of the policy yet. */
#define AF_NO_ID UINT32_MAX

/*
 * @dev, @ino: as /proc/PID/maps shows them
 * @file_dev, @file_ino: as stat(2) does, which can be others; @file_ino is 0 if
 *	the file could not be found
 * @changed, @size: as stat(2) does, of a file that was found
 * @path: of the file; for messages if it could not be found
 * @is_there: this path leads to it for us, too
 * @name: what a policy calls it: a file name or a path; NULL if it has no name,
 *	as a file that has been deleted.  Its calls are those of unknown code
 * @id: of the caller in the policy that there is, or AF_NO_ID
 * @gone: there is no file of that name any more, see af_binaries_look_again()
 * @first: it is the program that is recorded; @program: it has been executed
 * @build_id: "" if it has none
 * @glibc: which GNU C Library it is, as af_glibc_version()
 * @texts: its executable segments
 */
struct af_binary {
	uint64_t dev;
	uint64_t ino;
	dev_t file_dev;
	ino_t file_ino;
	struct timespec changed;
	off_t size;
	char *path;
	bool is_there;
	char *name;
	unsigned int id;
	bool gone;
	bool first;
	bool program;
	bool transparent;
	char build_id[AF_BUILD_ID_TEXT];
	unsigned int glibc;
	struct af_walk_text *texts;
	size_t nr_texts;
	struct af_binary *next;
};

/* What a name of the policy, or of a transparent library, means here. */
struct af_claim {
	dev_t dev;
	ino_t ino;
	const char *name;
	unsigned int id;
	bool transparent;
};

/*
 * @policy: the policy that there is, or NULL
 * @transparent: names of libraries that are looked through
 * @path, @origin: of the program, and its directory
 * @first_fd: the program, which is open so that no other file gets its inode;
 *	if @path is not NULL
 * @vdso: whose name is NULL, and who is nobody's caller
 */
struct af_binaries {
	const struct libaf_policy *policy;
	const char *const *transparent;
	struct af_search search;
	struct af_claim *claims;
	size_t nr_claims;
	struct af_elf program;
	char *path;
	char *origin;
	int first_fd;
	dev_t first_dev;
	ino_t first_ino;
	struct af_binary *list;
	struct af_binary *vdso;
};

/*
 * Learn what names mean to the program that @pid is.  @transparent ends in
 * NULL and outlives @binaries, as does @policy.  Returns 0 or a positive errno.
 */
int af_binaries_begin(struct af_binaries *binaries,
		      const struct libaf_policy *policy,
		      const char *const *transparent, pid_t pid);
void af_binaries_release(struct af_binaries *binaries);

/*
 * The file that @pid has mapped by this path, and that it is not known to have
 * mapped there all the time: another one can have got the inode.
 */
struct af_binary *af_binaries_get(struct af_binaries *binaries, pid_t pid,
				  uint64_t dev, uint64_t ino, const char *path);

/* Which of them are gone? */
void af_binaries_look_again(struct af_binaries *binaries);

/* Can this name stand in a policy, as one word that is not something else? */
bool af_is_word(const char *name);

/* It has been executed, so that no loader's name for it counts. */
void af_binary_is_program(const struct af_binaries *binaries,
			  struct af_binary *binary);

/* The text at an offset of the file, NULL if that is not code. */
const struct af_walk_text *af_binary_text(const struct af_binary *binary,
					  uint64_t offset);

#endif /* AF_BINARIES_H */
