// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "finder.h"

int af_finder_no_memory(struct af_finder *finder)
{
	return af_error(finder->err, -ENOMEM, NULL, NULL, "out of memory");
}

int af_finder_fail(struct af_finder *finder, const struct af_caller *caller,
		   int code, const char *path, const char *what)
{
	const struct af_place *place =
		caller && caller->place.line ? &caller->place : NULL;

	return af_error(finder->err, code, place ? finder->policy->name : NULL,
			place, "%s: %s", path, what);
}

int af_finder_fail_errno(struct af_finder *finder,
			 const struct af_caller *caller, const char *path,
			 int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return af_finder_fail(finder, caller, -ENOENT, path,
				      "no such file");
	case EACCES:
	case EPERM:
		return af_finder_fail(finder, caller, -EACCES, path,
				      "may not be read");
	case ENOMEM:
		return af_finder_no_memory(finder);
	default:
		return af_finder_fail(finder, caller, -EIO, path,
				      "could not be read");
	}
}

int af_finder_fail_elf(struct af_finder *finder, const struct af_caller *caller,
		       const char *path, int error)
{
	switch (error) {
	case -ENOMEM:
		return af_finder_no_memory(finder);
	case -ENOEXEC:
		return af_finder_fail(finder, caller, error, path,
				      "no x86-64 ELF file, or a damaged one");
	case -E2BIG:
		return af_finder_fail(finder, caller, error, path, "too large");
	default:
		return af_finder_fail(finder, caller, -EIO, path,
				      "could not be read");
	}
}

bool af_same_file(const struct af_file_key *a, const struct af_file_key *b)
{
	return a->ino && a->dev == b->dev && a->ino == b->ino;
}

struct libaf_seccomp_object *af_finder_grow(struct af_finder *finder,
					    const struct af_file_key *key)
{
	struct af_objects *objects = finder->objects;
	size_t nr = objects->nr_objects + 1;
	struct libaf_seccomp_object *new_objects;
	struct af_file_key *new_keys;

	new_objects = reallocarray(objects->objects, nr, sizeof(*new_objects));
	if (!new_objects)
		return NULL;
	objects->objects = new_objects;
	new_keys = reallocarray(finder->keys, nr, sizeof(*new_keys));
	if (!new_keys)
		return NULL;
	finder->keys = new_keys;
	finder->keys[nr - 1] = *key;
	memset(&new_objects[nr - 1], 0, sizeof(*new_objects));
	objects->nr_objects = nr;
	return &new_objects[nr - 1];
}

int af_finder_add_file(struct af_finder *finder, unsigned int id,
		       const char *path, void *map)
{
	struct af_objects *objects = finder->objects;
	struct af_file *files;
	char *copy = strdup(path);

	if (!copy)
		return af_finder_no_memory(finder);
	files = reallocarray(objects->files, objects->nr_files + 1,
			     sizeof(*files));
	if (!files) {
		free(copy);
		return af_finder_no_memory(finder);
	}
	objects->files = files;
	files[objects->nr_files++] = (struct af_file){
		.id = id,
		.path = copy,
		.map = map,
	};
	return 0;
}

int af_finder_check_claimed(struct af_finder *finder,
			    const struct af_caller *caller, const char *path,
			    const struct af_file_key *key)
{
	const struct af_caller *other;
	size_t i;
	int ret;

	for (i = 0; i < finder->objects->nr_objects; i++) {
		unsigned int other_id = finder->keys[i].owner;

		if (!af_same_file(&finder->keys[i], key))
			continue;
		if (other_id == key->owner)
			return 1;
		if (other_id >= finder->policy->nr_callers)
			continue;
		ret = af_finder_fail(finder, caller, -EINVAL, path,
				     "is the file of another block, too");
		other = &finder->policy->callers[other_id];
		if (other->place.line)
			af_hint(finder->err, "see line %u of %s",
				other->place.line,
				other->place.file ? other->place.file :
						    finder->policy->name);
		return ret;
	}
	return 0;
}

/* Without it, if the program has been removed, $ORIGIN leads nowhere. */
static int find_origin(struct af_finder *finder, const char *path)
{
	char *dir = realpath(path, NULL);
	char *slash = dir ? strrchr(dir, '/') : NULL;

	if (!dir && errno == ENOMEM)
		return af_finder_no_memory(finder);
	if (slash)
		slash[slash == dir] = 0;
	finder->origin = dir;
	finder->search.origin = dir;
	return 0;
}

int af_finder_search_for(struct af_finder *finder, const struct af_elf *elf,
			 const char *path)
{
	finder->search.interp = elf->interp;
	finder->search.rpath = elf->rpath;
	finder->search.runpath = elf->runpath;
	/* What a set-user-ID program must not be told by its environment. */
	finder->search.library_path = secure_getenv("LD_LIBRARY_PATH");
	return find_origin(finder, path);
}
