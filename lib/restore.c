// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a precompiled policy to a filter.  Nothing of it is used unless
 * everything is as it was: the program that it is for, where that looks for
 * libraries, each of its files, and that the names of libraries lead to these
 * and no others.  Another file of the
 * same name would be the unknown caller for the kernel, which may be permitted
 * more than what the policy gives that file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "own.h"
#include "restore.h"
#include "search.h"

/*
 * @keys: of each of @objects' objects
 * @file_keys: of each of @image's files
 */
struct restorer {
	const struct af_image *image;
	struct af_objects *objects;
	struct af_file_key *keys;
	struct af_file_key *file_keys;
	struct libaf_error *err;
};

static int no_memory(struct libaf_error *err)
{
	return af_error(err, -ENOMEM, NULL, NULL, "out of memory");
}

static int stale(struct libaf_error *err, const char *path, const char *what)
{
	af_error(err, -ESTALE, NULL, NULL, "%s: %s", path, what);
	af_hint(err, "run `af compile` again");
	return -ESTALE;
}

static int cannot_read(struct libaf_error *err, const char *path, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return stale(err, path,
			     "has gone since the policy was compiled");
	case EACCES:
	case EPERM:
		return af_error(err, -EACCES, NULL, NULL, "%s: may not be read",
				path);
	case ENOMEM:
		return no_memory(err);
	default:
		return af_error(err, -EIO, NULL, NULL, "%s: could not be read",
				path);
	}
}

static int find_key(const char *path, struct af_file_key *key,
		    struct libaf_error *err)
{
	struct stat st;

	if (stat(path, &st))
		return cannot_read(err, path, errno);
	*key = (struct af_file_key){ .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

static bool is_same_string(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Is the program in the directory that $ORIGIN was? */
static int check_origin(const struct af_image *image, const char *program,
			struct libaf_error *err)
{
	char *path = realpath(program, NULL), *slash;
	bool same;

	if (!path)
		return cannot_read(err, program, errno);
	slash = strrchr(path, '/');
	slash[slash == path] = 0;
	same = is_same_string(path, image->strings[AF_IMAGE_ORIGIN]);
	free(path);
	return same ? 0 :
		      stale(err, program,
			    "is not where it was when the policy was compiled");
}

/* Does it look for libraries where it did? */
static int check_search(const struct af_image *image, const char *program,
			int fd, struct libaf_error *err)
{
	const char *const *strings = image->strings;
	struct af_elf elf;
	int ret = af_elf_read_fd(&elf, fd, 0);
	bool same;

	if (ret == -ENOMEM || ret == -EIO)
		return cannot_read(err, program, -ret);
	if (ret)
		return stale(err, program, "is no program any more");
	same = is_same_string(elf.interp, strings[AF_IMAGE_INTERP]) &&
	       is_same_string(elf.rpath, strings[AF_IMAGE_RPATH]) &&
	       is_same_string(elf.runpath, strings[AF_IMAGE_RUNPATH]);
	af_elf_release(&elf);
	if (!same)
		return stale(
			err, program,
			"looks elsewhere for its libraries since the policy was compiled");
	return check_origin(image, program, err);
}

static int check_open_program(const struct af_image *image, const char *program,
			      int fd, struct libaf_error *err)
{
	const char *wanted = image->strings[AF_IMAGE_PROGRAM];
	struct af_file_key key, wanted_key;
	struct stat st;
	int ret;

	if (fstat(fd, &st))
		return cannot_read(err, program, errno);
	key = (struct af_file_key){ .dev = st.st_dev, .ino = st.st_ino };
	ret = find_key(wanted, &wanted_key, err);
	if (ret)
		return ret;
	if (!af_same_file(&key, &wanted_key))
		return stale(
			err, wanted,
			"is what the policy was compiled for, not this program");
	return check_search(image, program, fd, err);
}

static int check_program(const struct af_image *image, const char *program,
			 struct libaf_error *err)
{
	char *followed = NULL;
	const char *path = "/proc/self/exe";
	int fd, ret;

	if (program) {
		ret = af_objects_program(program, &followed, err);
		if (ret)
			return ret;
		path = followed;
	}
	fd = af_objects_open(path);
	if (fd < 0) {
		ret = cannot_read(err, path, errno);
	} else {
		ret = check_open_program(image, path, fd, err);
		close(fd);
	}
	free(followed);
	return ret;
}

/* No two files of different callers may have become one. */
static int check_claimed(const struct restorer *r, size_t nr)
{
	const struct af_pinned_file *file = &r->image->files[nr];
	size_t i;

	for (i = 0; i < nr; i++) {
		if (af_same_file(&r->file_keys[i], &r->file_keys[nr]))
			return stale(r->err, file->path,
				     "has become the same as another file");
	}
	return 0;
}

static int check_file(struct restorer *r, size_t nr, int fd)
{
	const struct af_pinned_file *file = &r->image->files[nr];
	struct stat st;
	int ret;

	if (fstat(fd, &st))
		return cannot_read(r->err, file->path, errno);
	if (!S_ISREG(st.st_mode))
		return stale(r->err, file->path, "is no regular file any more");
	r->file_keys[nr] = (struct af_file_key){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.owner = file->id,
	};
	ret = af_identity_check(&file->identity, fd, (uint64_t)st.st_size);
	if (ret == -ESTALE)
		return stale(r->err, file->path,
			     "is not what the policy was compiled for");
	if (ret)
		return cannot_read(r->err, file->path, EIO);
	return check_claimed(r, nr);
}

static int add_part(struct restorer *r, size_t nr, uintptr_t addr,
		    const struct af_image_part *part)
{
	struct af_objects *objects = r->objects;
	struct libaf_seccomp_object *object =
		&objects->objects[objects->nr_objects];
	size_t size = part->object.table_size;
	void *table = NULL;

	if (size) {
		table = malloc(size);
		if (!table)
			return no_memory(r->err);
		memcpy(table, part->table, size);
	}
	*object = (struct libaf_seccomp_object){
		.addr = addr,
		.offset = part->object.offset,
		.len = part->object.len,
		.id = part->object.id,
		.flags = table ? LIBAF_SECCOMP_OBJECT_TRANSPARENT : 0,
		.unwind = (uintptr_t)table,
		.unwind_size = (uint32_t)size,
	};
	r->keys[objects->nr_objects++] = r->file_keys[nr];
	return 0;
}

static int add_file(struct restorer *r, size_t nr, int fd)
{
	const struct af_pinned_file *file = &r->image->files[nr];
	struct af_file *added = &r->objects->files[r->objects->nr_files];
	size_t i;
	int ret;

	/* Only a name for the kernel: nothing is read through it. */
	void *map = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);

	if (map == MAP_FAILED)
		return cannot_read(r->err, file->path, errno);
	*added = (struct af_file){
		.id = file->id,
		.path = strdup(file->path),
		.map = map,
	};
	r->objects->nr_files++;
	if (!added->path)
		return no_memory(r->err);
	for (i = 0; i < file->nr_parts; i++) {
		ret = add_part(r, nr, (uintptr_t)map, &file->parts[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static int restore_file(struct restorer *r, size_t nr)
{
	const struct af_pinned_file *file = &r->image->files[nr];
	int fd = af_objects_open(file->path);
	int ret;

	if (fd < 0)
		return cannot_read(r->err, file->path, errno);
	ret = check_file(r, nr, fd);
	/* A program without parts is no caller. */
	if (!ret && (file->id != AF_ID_PROGRAM || file->nr_parts))
		ret = add_file(r, nr, fd);
	close(fd);
	return ret;
}

static const struct af_pinned_file *find_pinned(const struct restorer *r,
						size_t id, const char *path,
						const struct af_file_key *key)
{
	size_t i;

	for (i = 0; i < r->image->nr_files; i++) {
		const struct af_pinned_file *file = &r->image->files[i];

		if (file->id == id &&
		    (key ? af_same_file(&r->file_keys[i], key) :
			   !strcmp(file->path, path)))
			return file;
	}
	return NULL;
}

static int check_path(const struct restorer *r, size_t id, const char *path)
{
	struct af_file_key key;
	struct stat st;

	if (find_pinned(r, id, path, NULL))
		return 0;
	/* A path is what it stands for itself, whether it is there or not. */
	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ?
			       0 :
			       cannot_read(r->err, path, errno);
	key = (struct af_file_key){ .dev = st.st_dev, .ino = st.st_ino };
	if (find_pinned(r, id, path, &key))
		return 0;
	return stale(r->err, path,
		     "was not there when the policy was compiled");
}

/* Does the name of a library lead to the files that it has led to? */
static int check_name(const struct restorer *r, const struct af_search *search,
		      size_t id)
{
	char *paths[AF_SEARCH_MAX];
	int i, nr, ret = 0;

	nr = af_search(search, r->image->callers->callers[id].name, paths);
	if (nr < 0)
		return no_memory(r->err);
	for (i = 0; i < nr; i++) {
		if (!ret)
			ret = check_path(r, id, paths[i]);
		free(paths[i]);
	}
	return ret;
}

static int check_names(const struct restorer *r)
{
	const struct af_image *image = r->image;
	struct af_search search = {
		.origin = image->strings[AF_IMAGE_ORIGIN],
		.interp = image->strings[AF_IMAGE_INTERP],
		.rpath = image->strings[AF_IMAGE_RPATH],
		.runpath = image->strings[AF_IMAGE_RUNPATH],
		.library_path = secure_getenv("LD_LIBRARY_PATH"),
	};
	size_t id;
	int ret = 0;

	if (af_ldcache_read(&search.cache, AF_LDCACHE_PATH))
		return no_memory(r->err);
	for (id = AF_ID_LIBRARY; !ret && id < image->callers->nr_callers;
	     id++) {
		if (!image->callers->callers[id].part)
			ret = check_name(r, &search, id);
	}
	af_ldcache_release(&search.cache);
	return ret;
}

static int make_room(struct restorer *r)
{
	const struct af_image *image = r->image;
	struct af_objects *objects = r->objects;
	size_t i, nr = 0;

	for (i = 0; i < image->nr_files; i++)
		nr += image->files[i].nr_parts;
	/* One more of each, for none is no error. */
	objects->objects = calloc(nr + 1, sizeof(*objects->objects));
	objects->files = calloc(image->nr_files + 1, sizeof(*objects->files));
	r->keys = calloc(nr + 1, sizeof(*r->keys));
	r->file_keys = calloc(image->nr_files + 1, sizeof(*r->file_keys));
	if (!objects->objects || !objects->files || !r->keys || !r->file_keys)
		return no_memory(r->err);
	return 0;
}

static int restore_all(struct restorer *r, const char *program)
{
	const struct libaf_policy *callers = r->image->callers;
	struct af_own_text launcher;
	size_t i;
	int ret;

	ret = check_program(r->image, program, r->err);
	if (!ret)
		ret = make_room(r);
	for (i = 0; !ret && i < r->image->nr_files; i++)
		ret = restore_file(r, i);
	if (!ret)
		ret = check_names(r);
	if (ret)
		return ret;
	launcher = af_own_text_of(AF_CALLER_LAUNCHER, callers->nr_callers);
	return af_objects_complete(r->objects, &r->keys, callers,
				   program ? &launcher : NULL, r->err);
}

int af_restore_objects(struct af_objects *objects, const struct af_image *image,
		       const char *program, struct libaf_error *err)
{
	struct restorer r = {
		.image = image,
		.objects = objects,
		.err = err,
	};
	int ret;

	memset(objects, 0, sizeof(*objects));
	ret = restore_all(&r, program);
	if (ret)
		af_objects_release(objects);
	free(r.keys);
	free(r.file_keys);
	return ret;
}

/* Copy a program, with this process's addresses of the launcher in it. */
static int take_program(struct af_draft *draft,
			const struct af_image_code *from,
			struct libaf_error *err)
{
	struct af_program *program =
		&draft->programs.programs[draft->programs.nr];
	uint64_t calls[AF_LAUNCH_CALLS];
	size_t i;

	program->insns = calloc(from->len, sizeof(*program->insns));
	if (!program->insns)
		return no_memory(err);
	program->len = from->len;
	draft->programs.nr++;
	memcpy(program->insns, from->insns,
	       from->len * sizeof(*program->insns));
	af_own_launch_calls(calls);
	for (i = 0; i < from->nr_sites; i++) {
		const struct af_image_site *site = &from->sites[i];
		uint64_t call = calls[site->call];

		program->insns[site->insn].k =
			(uint32_t)(site->high ? call >> 32 : call);
	}
	return 0;
}

/* All that are of this kind: less would be a weaker filter. */
static int take_programs(struct af_draft *draft, const struct af_image *image,
			 uint32_t kind, struct libaf_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < image->nr_programs; i++) {
		if (image->programs[i].kind == kind)
			ret = take_program(draft, &image->programs[i], err);
	}
	return ret;
}

static int restore_draft(struct af_draft *draft, const struct af_image *image,
			 const char *program, unsigned int flags,
			 struct libaf_error *err)
{
	uint32_t kind = program ? AF_IMAGE_LAUNCH : 0;
	int ret;

	if (flags & LIBAF_REPORT) {
		af_error(
			err, -EINVAL, image->callers->name, NULL,
			"a compiled policy has no rules to explain a denial by");
		af_hint(err, "load the policy that it was made of");
		return -EINVAL;
	}
	if (program)
		draft->own = AF_CALLER_LAUNCHER;
	ret = take_programs(draft, image, kind, err);
	if (!ret)
		ret = af_draft_check(draft, image->callers->name, flags, err);
	if (!ret && draft->degraded) {
		af_programs_release(&draft->programs);
		ret = take_programs(draft, image, kind | AF_IMAGE_UNION, err);
	}
	/* Also if they are not needed, as in make_draft(). */
	return ret ? ret :
		     af_restore_objects(&draft->objects, image, program, err);
}

int af_restore(const struct af_image *image, const char *program,
	       unsigned int flags, struct libaf_filter **filter,
	       struct libaf_error *err)
{
	struct af_draft draft = {};
	int ret = restore_draft(&draft, image, program, flags, err);

	if (!ret)
		ret = af_draft_finish(&draft, filter, err);
	af_draft_release(&draft);
	return ret;
}
