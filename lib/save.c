// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a policy to a precompiled one.  Its files are those that the dynamic
 * loader finds, not what this process has loaded, so that the result is the
 * same whoever makes it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf.h"
#include "image.h"
#include "internal.h"
#include "own.h"
#include "save.h"

/*
 * @program: the file that is mapped as the program
 * @elf: its headers, to which some of @image's strings belong
 */
struct saver {
	const struct libaf_policy *policy;
	char *program;
	char *origin;
	struct af_elf elf;
	bool has_elf;
	struct af_objects objects;
	struct af_image image;
	struct libaf_error *err;
};

static int no_memory(const struct saver *s)
{
	return af_error(s->err, -ENOMEM, NULL, NULL, "out of memory");
}

static int cannot_read(const struct saver *s, const char *path, int error)
{
	switch (error) {
	case -ENOMEM:
		return no_memory(s);
	case -ENOENT:
		return af_error(s->err, error, NULL, NULL, "%s: no such file",
				path);
	case -EACCES:
		return af_error(s->err, error, NULL, NULL,
				"%s: may not be read", path);
	case -ENOEXEC:
		return af_error(s->err, error, NULL, NULL,
				"%s: no x86-64 ELF file, or a damaged one",
				path);
	case -E2BIG:
		return af_error(s->err, error, NULL, NULL, "%s: too large",
				path);
	case -ESTALE:
		return af_error(s->err, error, NULL, NULL,
				"%s: has changed while it was read", path);
	default:
		return af_error(s->err, -EIO, NULL, NULL,
				"%s: could not be read", path);
	}
}

static int open_file(const struct saver *s, const char *path)
{
	int fd = af_objects_open(path);

	return fd < 0 ? cannot_read(s, path, -errno) : fd;
}

static int make_absolute(const struct saver *s, char **path)
{
	char *absolute = realpath(*path, NULL);

	if (!absolute)
		return cannot_read(s, *path, -errno);
	free(*path);
	*path = absolute;
	return 0;
}

static int find_program(struct saver *s, const char *program)
{
	const char **strings = s->image.strings;
	char *slash;
	int fd, ret;

	ret = af_objects_program(program ? program : "/proc/self/exe",
				 &s->program, s->err);
	if (!ret)
		ret = make_absolute(s, &s->program);
	if (ret)
		return ret;
	fd = open_file(s, s->program);
	if (fd < 0)
		return fd;
	ret = af_elf_read_fd(&s->elf, fd, 0);
	close(fd);
	if (ret)
		return cannot_read(s, s->program, ret);
	s->has_elf = true;
	s->origin = strdup(s->program);
	if (!s->origin)
		return no_memory(s);
	slash = strrchr(s->origin, '/');
	slash[slash == s->origin] = 0;
	strings[AF_IMAGE_PROGRAM] = s->program;
	strings[AF_IMAGE_ORIGIN] = s->origin;
	strings[AF_IMAGE_INTERP] = s->elf.interp;
	strings[AF_IMAGE_RPATH] = s->elf.rpath;
	strings[AF_IMAGE_RUNPATH] = s->elf.runpath;
	return 0;
}

/*
 * Where the launcher's calls are is known when it runs.  Two programs that are
 * compiled for different places differ where these count.
 */
static const uint64_t places[2][AF_LAUNCH_CALLS] = {
	{ 0x5a01c0de5a11c0de, 0x5a02c0de5a12c0de, 0x5a03c0de5a13c0de },
	{ 0x6b01c0de6b11c0de, 0x6b02c0de6b12c0de, 0x6b03c0de6b13c0de },
};

static bool find_site(const struct sock_filter *a, const struct sock_filter *b,
		      struct af_image_site *site)
{
	uint16_t i;

	if (a->code != (BPF_JMP | BPF_JEQ | BPF_K) || b->code != a->code ||
	    b->jt != a->jt || b->jf != a->jf)
		return false;
	for (i = 0; i < 2 * AF_LAUNCH_CALLS; i++) {
		unsigned int shift = i % 2 * 32;

		site->call = i / 2;
		site->high = i % 2;
		if (a->k == (uint32_t)(places[0][site->call] >> shift) &&
		    b->k == (uint32_t)(places[1][site->call] >> shift))
			return true;
	}
	return false;
}

static int find_sites(const struct saver *s, struct af_image_code *program,
		      const struct sock_filter *other)
{
	struct af_image_site *sites;
	size_t i, nr = 0;

	sites = calloc(program->len, sizeof(*sites));
	if (!sites)
		return no_memory(s);
	program->sites = sites;
	for (i = 0; i < program->len; i++) {
		if (!memcmp(&program->insns[i], &other[i], sizeof(other[i])))
			continue;
		sites[nr].insn = (uint32_t)i;
		if (!find_site(&program->insns[i], &other[i], &sites[nr++]))
			return af_error(
				s->err, -E2BIG, s->policy->name, NULL,
				"the launcher's calls cannot be told from the policy's");
	}
	program->nr_sites = nr;
	return 0;
}

/* Add programs, which are the image's from now on. */
static void add_programs(struct saver *s, uint32_t kind,
			 struct af_programs *from)
{
	struct af_image *image = &s->image;
	size_t i;

	for (i = 0; i < from->nr; i++) {
		image->programs[image->nr_programs++] = (struct af_image_code){
			.kind = kind,
			.insns = from->programs[i].insns,
			.len = from->programs[i].len,
		};
	}
	from->nr = 0;
}

static bool have_same_lengths(const struct af_programs *a,
			      const struct af_programs *b)
{
	size_t i;

	if (a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++) {
		if (a->programs[i].len != b->programs[i].len)
			return false;
	}
	return true;
}

/* Add the programs to launch with, which @others are compiled like. */
static int add_to_launch(struct saver *s, struct af_programs *programs,
			 const struct af_programs *others)
{
	struct af_image_code *first = &s->image.programs[s->image.nr_programs];
	size_t i;
	int ret = 0;

	if (!have_same_lengths(programs, others))
		return af_error(s->err, -E2BIG, s->policy->name, NULL,
				"the launcher cannot be placed in the filter");
	add_programs(s, AF_IMAGE_LAUNCH, programs);
	for (i = 0; !ret && i < others->nr; i++)
		ret = find_sites(s, &first[i], others->programs[i].insns);
	return ret;
}

static int compile_to_launch(struct saver *s)
{
	struct af_programs programs = {}, others = {};
	int ret;

	ret = af_own_compile(s->policy, AF_CALLER_LAUNCHER, places[0],
			     &programs, s->err);
	if (!ret)
		ret = af_own_compile(s->policy, AF_CALLER_LAUNCHER, places[1],
				     &others, s->err);
	if (!ret)
		ret = add_to_launch(s, &programs, &others);
	af_programs_release(&programs);
	af_programs_release(&others);
	return ret;
}

static int compile(struct saver *s, uint32_t kind)
{
	enum af_caller_kind own = kind & AF_IMAGE_LAUNCH ? AF_CALLER_LAUNCHER :
							   AF_CALLER_UNKNOWN;
	struct af_programs programs = {};
	int ret;

	if (kind == AF_IMAGE_LAUNCH)
		return compile_to_launch(s);
	if (kind & AF_IMAGE_UNION)
		ret = af_own_compile_union(s->policy, own, &programs, s->err);
	else
		ret = af_own_compile(s->policy, own, NULL, &programs, s->err);
	if (!ret)
		add_programs(s, kind, &programs);
	return ret;
}

static int compile_all(struct saver *s)
{
	uint32_t kind;
	int ret = 0;

	s->image.programs = calloc((size_t)AF_IMAGE_NR_KINDS * AF_MAX_PROGRAMS,
				   sizeof(*s->image.programs));
	if (!s->image.programs)
		return no_memory(s);
	for (kind = 0; !ret && kind < AF_IMAGE_NR_KINDS; kind++)
		ret = compile(s, kind);
	return ret;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void pin_parts(const struct saver *s, struct af_pinned_file *file,
		      const struct af_file *from)
{
	size_t i;

	for (i = 0; i < s->objects.nr_objects; i++) {
		const struct libaf_seccomp_object *object =
			&s->objects.objects[i];

		if (object->addr != (uintptr_t)from->map)
			continue;
		file->parts[file->nr_parts++] = (struct af_image_part){
			.object = {
				.offset = object->offset,
				.len = object->len,
				.id = object->id,
				.table_size = object->unwind_size,
			},
			.table = (const void *)(uintptr_t)object->unwind,
		};
	}
}

/* The objects of the file, and what it is recognized by. */
static int pin(const struct saver *s, struct af_pinned_file *file,
	       const struct af_file *from, int fd)
{
	bool transparent = s->policy->callers[from->id].transparent;
	struct af_elf elf;
	int ret;

	ret = af_elf_read_fd(&elf, fd, transparent ? AF_ELF_SEGMENTS : 0);
	if (ret)
		return ret;
	pin_parts(s, file, from);
	ret = af_identity_make(&file->identity, fd, &elf, transparent,
			       af_policy_has_parts(s->policy, from->id));
	af_elf_release(&elf);
	return ret;
}

static int pin_open_file(const struct saver *s, struct af_pinned_file *file,
			 const struct af_file *from, int fd)
{
	struct stat before, after;
	int ret;

	if (fstat(fd, &before))
		return -EIO;
	ret = pin(s, file, from, fd);
	if (ret)
		return ret;
	if (fstat(fd, &after))
		return -EIO;
	return is_same(&before, &after) ? 0 : -ESTALE;
}

/* @from->path is to be absolute. */
static int pin_file(struct saver *s, const struct af_file *from)
{
	struct af_pinned_file *file = &s->image.files[s->image.nr_files++];
	int fd, ret;

	file->id = from->id;
	file->path = from->path;
	file->parts = calloc(s->objects.nr_objects, sizeof(*file->parts));
	if (!file->parts)
		return no_memory(s);
	fd = open_file(s, file->path);
	if (fd < 0)
		return fd;
	ret = pin_open_file(s, file, from, fd);
	close(fd);
	return ret ? cannot_read(s, file->path, ret) : 0;
}

static bool leads_to(const char *path, const struct stat *file)
{
	struct stat st;

	return !stat(path, &st) && st.st_dev == file->st_dev &&
	       st.st_ino == file->st_ino;
}

/* Whether it is a caller or not, the policy was compiled for this one. */
static int pin_program(struct saver *s)
{
	const struct af_file program = {
		.id = AF_ID_PROGRAM,
		.path = s->program,
	};
	struct stat st;
	size_t i;

	if (stat(s->program, &st))
		return cannot_read(s, s->program, -errno);
	for (i = 0; i < s->image.nr_files; i++) {
		if (leads_to(s->image.files[i].path, &st))
			return 0;
	}
	return pin_file(s, &program);
}

static int pin_files(struct saver *s)
{
	size_t i;
	int ret = 0;

	/* One more for the program. */
	s->image.files =
		calloc(s->objects.nr_files + 1, sizeof(*s->image.files));
	if (!s->image.files)
		return no_memory(s);
	for (i = 0; !ret && i < s->objects.nr_files; i++) {
		struct af_file *file = &s->objects.files[i];

		/* The vDSO is the kernel's, and found when it is loaded. */
		if (!file->map)
			continue;
		if (file->path[0] != '/')
			ret = make_absolute(s, &file->path);
		if (!ret)
			ret = pin_file(s, file);
	}
	return ret ? ret : pin_program(s);
}

static bool is_same_object(const struct libaf_seccomp_object *a,
			   const struct libaf_seccomp_object *b)
{
	return a->offset == b->offset && a->len == b->len && a->id == b->id &&
	       a->unwind_size == b->unwind_size &&
	       (!a->unwind_size ||
		!memcmp((void *)(uintptr_t)a->unwind,
			(void *)(uintptr_t)b->unwind, a->unwind_size));
}

/* Files could be replaced between being read and being pinned. */
static int look_again(const struct saver *s)
{
	struct af_objects again;
	bool same;
	size_t i;
	int ret;

	ret = af_objects_find(&again, s->policy, s->program, NULL, s->err);
	if (ret)
		return ret;
	same = again.nr_objects == s->objects.nr_objects;
	for (i = 0; same && i < again.nr_objects; i++)
		same = is_same_object(&again.objects[i],
				      &s->objects.objects[i]);
	af_objects_release(&again);
	return same ? 0 : cannot_read(s, "a file of the policy", -ESTALE);
}

static int make_image(struct saver *s, const char *program)
{
	int ret;

	ret = find_program(s, program);
	if (!ret)
		ret = compile_all(s);
	if (!ret)
		ret = af_objects_find(&s->objects, s->policy, s->program, NULL,
				      s->err);
	if (!ret)
		ret = pin_files(s);
	return ret ? ret : look_again(s);
}

static void release(struct saver *s)
{
	size_t i;

	for (i = 0; i < s->image.nr_programs; i++) {
		free((void *)(uintptr_t)s->image.programs[i].insns);
		free((void *)(uintptr_t)s->image.programs[i].sites);
	}
	/* It is not the image's. */
	s->image.callers = NULL;
	af_image_release(&s->image);
	af_objects_release(&s->objects);
	if (s->has_elf)
		af_elf_release(&s->elf);
	free(s->origin);
	free(s->program);
}

int af_save(const struct libaf_policy *policy, const char *program, void **data,
	    size_t *size, struct libaf_error *err)
{
	struct saver s = {
		.policy = policy,
		.image.callers = (struct libaf_policy *)(uintptr_t)policy,
		.err = err,
	};
	int ret = make_image(&s, program);

	if (!ret) {
		ret = af_image_encode(&s.image, data, size);
		if (ret == -ENOMEM)
			no_memory(&s);
		else if (ret)
			af_error(err, ret, policy->name, NULL,
				 "the compiled policy is larger than %u MiB",
				 AF_MAX_IMAGE >> 20);
	}
	release(&s);
	return ret;
}

LIBAF_API int libaf_policy_compile(const struct libaf_policy *policy,
				   const char *program, const char *path,
				   struct libaf_error *err)
{
	void *data;
	size_t size;
	int ret;

	af_error_clear(err);
	if (!policy || !path)
		return af_error(err, -EINVAL, NULL, NULL,
				"an argument is NULL");
	ret = af_save(policy, program, &data, &size, err);
	if (ret)
		return ret;
	ret = af_write_file(path, data, size, err);
	free(data);
	return ret;
}
