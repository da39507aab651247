// SPDX-License-Identifier: LGPL-2.1-or-later
/* libaf's own text, which is taken out of what others have. */
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <sys/stat.h>

#include "finder.h"

struct own_text {
	uintptr_t addr;
	uint64_t offset;
	struct af_file_key key;
	bool found;
};

/* A callback of dl_iterate_phdr(): where in which file is own->addr? */
static int find_own_text(struct dl_phdr_info *info, size_t size, void *data)
{
	struct own_text *own = data;
	const char *path = info->dlpi_name[0] ? info->dlpi_name :
						"/proc/self/exe";
	struct stat st;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *phdr = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + phdr->p_vaddr;

		if (phdr->p_type != PT_LOAD ||
		    own->addr - start >= phdr->p_filesz)
			continue;
		own->offset = phdr->p_offset + (own->addr - start);
		own->found = true;
		if (!stat(path, &st)) {
			own->key.dev = st.st_dev;
			own->key.ino = st.st_ino;
		}
		return 1;
	}
	return 0;
}

/* A table holds for a whole object, and cannot be divided with it. */
static int fail_transparent(struct af_finder *finder, unsigned int id)
{
	const struct af_caller *caller = &finder->policy->callers[id];

	return af_finder_fail(
		finder, caller, -EINVAL,
		caller->name ? caller->name : "the program",
		"cannot be transparent, for libaf itself is in it");
}

/* Take [@start, @end) out of the @i-th object, which may leave nothing of it. */
static int carve_object(struct af_finder *finder, size_t i, uint64_t start,
			uint64_t end)
{
	struct libaf_seccomp_object *object = &finder->objects->objects[i];
	struct libaf_seccomp_object rest = *object;
	struct af_file_key key = finder->keys[i];
	uint64_t object_end = object->offset + object->len;

	if (object->flags & LIBAF_SECCOMP_OBJECT_TRANSPARENT)
		return fail_transparent(finder, object->id);
	object->len = object->offset < start ? start - object->offset : 0;
	if (object_end <= end)
		return 0;
	rest.offset = end;
	rest.len = object_end - end;
	if (object->len) {
		object = af_finder_grow(finder, &key);
		if (!object)
			return af_finder_no_memory(finder);
	}
	*object = rest;
	return 0;
}

static void drop_empty(struct af_finder *finder)
{
	struct af_objects *objects = finder->objects;
	size_t i, nr = 0;

	for (i = 0; i < objects->nr_objects; i++) {
		if (!objects->objects[i].len)
			continue;
		objects->objects[nr] = objects->objects[i];
		finder->keys[nr++] = finder->keys[i];
	}
	objects->nr_objects = nr;
}

/*
 * Take [@start, @end) out of all objects of the same file: libaf can be part of
 * the program that is run, as with af run af.
 */
static int carve(struct af_finder *finder, const struct af_file_key *key,
		 uint64_t start, uint64_t end)
{
	size_t i, nr = finder->objects->nr_objects;
	int ret = 0;

	for (i = 0; !ret && i < nr; i++) {
		const struct libaf_seccomp_object *object =
			&finder->objects->objects[i];

		if (af_same_file(&finder->keys[i], key) &&
		    object->offset < end &&
		    object->offset + object->len > start)
			ret = carve_object(finder, i, start, end);
	}
	drop_empty(finder);
	return ret;
}

int af_add_own(struct af_finder *finder, const struct af_own_text *text)
{
	struct own_text own = { .addr = (uintptr_t)text->start };
	uint64_t len = (uint64_t)(text->end - text->start);
	struct libaf_seccomp_object *object;
	int ret;

	dl_iterate_phdr(find_own_text, &own);
	if (!own.found)
		return af_finder_fail(finder, NULL, -ENOEXEC, "libaf itself",
				      "cannot be found in memory");
	ret = carve(finder, &own.key, own.offset, own.offset + len);
	if (ret)
		return ret;
	own.key.owner = text->id;
	object = af_finder_grow(finder, &own.key);
	if (!object)
		return af_finder_no_memory(finder);
	object->addr = own.addr;
	object->offset = own.offset;
	object->len = len;
	object->id = text->id;
	return 0;
}
