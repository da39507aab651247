/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the callers of a policy to the objects that the kernel is told of. */
#ifndef AF_OBJECTS_H
#define AF_OBJECTS_H

#include <stddef.h>
#include <sys/types.h>

#include "error.h"
#include "libaf/abi.h"
#include "policy.h"
#include "search.h"

/*
 * Which file an object is from, so that no two callers claim the same.
 * @owner: id of the caller whose file it is; that of a part's object is its own
 */
struct af_file_key {
	dev_t dev;
	ino_t ino;
	unsigned int owner;
};

/*
 * One file, or what is loaded from it.
 * @id: of the caller that it belongs to
 * @path: the file; "" for what is loaded and of an unknown name
 * @map: a page that is mapped of it to name it to the kernel, NULL if it is
 *	loaded anyway
 */
struct af_file {
	unsigned int id;
	char *path;
	void *map;
};

/*
 * @objects: as the kernel takes them, sorted out so that none overlap; their
 *	tables are allocated
 * @files: in the order of their ids
 * @nr_none: rows of tables that lead nowhere
 */
struct af_objects {
	struct libaf_seccomp_object *objects;
	size_t nr_objects;
	struct af_file *files;
	size_t nr_files;
	size_t nr_none;
};

/* A part of libaf's own text that makes calls, and is the caller @id. */
struct af_own_text {
	unsigned int id;
	const char *start;
	const char *end;
};

/*
 * Find the objects of all callers of @policy.
 * @program: the program that will be executed, NULL for the running one.
 *	Libraries that the running one has loaded are taken from there, all
 *	others from the file system.
 * @own: becomes an object, too; NULL if there is none
 * Returns 0, -EINVAL, -ENOENT, -EACCES, -EIO, -ENOEXEC, -E2BIG or -ENOMEM.
 */
int af_objects_find(struct af_objects *objects,
		    const struct libaf_policy *policy, const char *program,
		    const struct af_own_text *own, struct libaf_error *err);
void af_objects_release(struct af_objects *objects);

/*
 * Add what is not in files of @policy's, the vDSO and @own, to objects that were
 * found before, and see whether they are too many.  *@keys, one of
 * each object, is allocated, and stays so on failure.  Returns as
 * af_objects_find().
 */
int af_objects_complete(struct af_objects *objects, struct af_file_key **keys,
			const struct libaf_policy *policy,
			const struct af_own_text *own, struct libaf_error *err);

/*
 * The file that is mapped as the program when @program, perhaps a script, is
 * executed: *@path is allocated.  Returns 0, -ENOENT, -EACCES, -EIO, -ENOEXEC
 * or -ENOMEM.
 */
int af_objects_program(const char *program, char **path,
		       struct libaf_error *err);

/*
 * Open a file to read it.  Whoever names a device must not have it opened, which
 * can do something: what is no regular file is opened by O_PATH, for fstat(2),
 * and cannot be read.  As open(2).
 */
int af_objects_open(const char *path);

bool af_same_file(const struct af_file_key *a, const struct af_file_key *b);

#endif /* AF_OBJECTS_H */
