// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "finder.h"

/* Most programs have loaded what their policy names, and need no cache. */
static int search_files(struct af_finder *finder, const char *name,
			char **paths)
{
	if (!finder->has_cache &&
	    af_ldcache_read(&finder->search.cache, AF_LDCACHE_PATH))
		return -ENOMEM;
	finder->has_cache = true;
	return af_search(&finder->search, name, paths);
}

static int ambiguous_range(struct af_finder *finder,
			   const struct af_caller *caller, unsigned int id)
{
	const struct af_piece *range = af_parts_range(finder->policy, id);

	af_error(finder->err, -EINVAL, finder->policy->name, &range->place,
		 "a range of addresses, but %.128s stands for several files",
		 caller->name);
	af_hint(finder->err, "name it by its absolute path");
	return -EINVAL;
}

static int add_library(struct af_finder *finder, unsigned int id)
{
	const struct af_caller *caller = &finder->policy->callers[id];
	const struct af_loaded *loaded;
	char *paths[AF_SEARCH_MAX];
	int nr, i, ret;

	ret = af_find_loaded(finder, caller, &loaded);
	if (ret)
		return ret;
	if (loaded)
		return af_add_loaded(finder, caller, id, loaded);

	nr = search_files(finder, caller->name, paths);
	if (nr < 0)
		return af_finder_no_memory(finder);
	if (!nr && !caller->optional) {
		ret = af_finder_fail(finder, caller, -ENOENT, caller->name,
				     "library not found");
		af_hint(finder->err,
			"install it, or name it by its absolute path");
		return ret;
	}
	/* An address means something else in each variant for a processor. */
	if (nr > 1 && af_parts_range(finder->policy, id))
		ret = ambiguous_range(finder, caller, id);
	for (i = 0; i < nr; i++) {
		if (!ret)
			ret = af_add_path(finder, caller, id, paths[i]);
		free(paths[i]);
	}
	return ret;
}

static int check_limits(struct af_finder *finder)
{
	const struct af_objects *objects = finder->objects;
	size_t i, size = 0;

	if (objects->nr_objects > LIBAF_SECCOMP_MAX_OBJECTS)
		return af_error(finder->err, -E2BIG, finder->policy->name, NULL,
				"%zu parts of files, but the kernel takes %u",
				objects->nr_objects, LIBAF_SECCOMP_MAX_OBJECTS);
	for (i = 0; i < objects->nr_objects; i++)
		size += objects->objects[i].unwind_size;
	if (size > LIBAF_SECCOMP_MAX_UNWIND)
		return af_error(
			finder->err, -E2BIG, finder->policy->name, NULL,
			"the transparent libraries have %zu bytes of unwind tables, but the kernel takes %u",
			size, LIBAF_SECCOMP_MAX_UNWIND);
	return 0;
}

static int complete(struct af_finder *finder, const struct af_own_text *own)
{
	/* Beyond all ids that rules are for: the vDSO is never the caller. */
	int ret = af_add_vdso(finder, finder->policy->nr_callers + 1);

	if (!ret && own)
		ret = af_add_own(finder, own);
	return ret ? ret : check_limits(finder);
}

static int find_all(struct af_finder *finder, const char *program,
		    const struct af_own_text *own)
{
	size_t id;
	int ret;

	ret = program ? af_look_at_program(finder, program) :
			af_look_at_process(finder);
	if (!ret)
		ret = af_add_program(finder);
	/* Parts come with their files. */
	for (id = AF_ID_LIBRARY; !ret && id < finder->policy->nr_callers;
	     id++) {
		if (!finder->policy->callers[id].part)
			ret = add_library(finder, id);
	}
	return ret ? ret : complete(finder, own);
}

int af_objects_find(struct af_objects *objects,
		    const struct libaf_policy *policy, const char *program,
		    const struct af_own_text *own, struct libaf_error *err)
{
	struct af_finder finder = {
		.policy = policy,
		.err = err,
		.objects = objects,
	};
	int ret;

	memset(objects, 0, sizeof(*objects));
	ret = find_all(&finder, program, own);
	if (ret)
		af_objects_release(objects);

	af_ldcache_release(&finder.search.cache);
	if (finder.program)
		af_elf_release(&finder.program_elf);
	free(finder.loaded);
	free(finder.keys);
	free(finder.program);
	free(finder.origin);
	return ret;
}

int af_objects_complete(struct af_objects *objects, struct af_file_key **keys,
			const struct libaf_policy *policy,
			const struct af_own_text *own, struct libaf_error *err)
{
	struct af_finder finder = {
		.policy = policy,
		.err = err,
		.objects = objects,
		.keys = *keys,
	};
	int ret = complete(&finder, own);

	*keys = finder.keys;
	return ret;
}

int af_objects_program(const char *program, char **path,
		       struct libaf_error *err)
{
	struct af_finder finder = { .err = err };
	int ret;

	*path = strdup(program);
	if (!*path)
		return af_finder_no_memory(&finder);
	ret = af_follow_script(&finder, path);
	if (ret) {
		free(*path);
		*path = NULL;
	}
	return ret;
}

void af_objects_release(struct af_objects *objects)
{
	size_t i;

	for (i = 0; i < objects->nr_objects; i++)
		free((void *)(uintptr_t)objects->objects[i].unwind);
	for (i = 0; i < objects->nr_files; i++) {
		free(objects->files[i].path);
		if (objects->files[i].map)
			munmap(objects->files[i].map, 1);
	}
	free(objects->objects);
	free(objects->files);
	memset(objects, 0, sizeof(*objects));
}
