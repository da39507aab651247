// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objects.h"
#include "parts.h"
#include "symbols.h"
#include "unwind.h"

/* How many scripts the kernel follows to a program, exec_binprm(). */
#define MAX_SCRIPTS 5

/* How much of a script's first line the kernel reads, BINPRM_BUF_SIZE. */
#define SCRIPT_LINE 256

/* Something that is loaded in this process. */
struct loaded {
	uintptr_t bias;
	const ElfW(Phdr) * phdr;
	size_t nr_phdr;
	const char *path;
	struct af_elf elf;
	struct af_file_key key;
};

/*
 * @keys: of each of @objects' objects
 * @has_cache: @search's cache has been read
 * @loaded: what is loaded; the first is the program
 */
struct finder {
	const struct libaf_policy *policy;
	struct libaf_error *err;
	struct af_objects *objects;
	struct af_file_key *keys;
	struct af_search search;
	bool has_cache;
	struct loaded *loaded;
	size_t nr_loaded;
	char *program;
	char *origin;
	struct af_elf program_elf;
};

static int no_memory(struct finder *finder)
{
	return af_error(finder->err, -ENOMEM, NULL, NULL, "out of memory");
}

static int fail(struct finder *finder, const struct af_caller *caller, int code,
		const char *path, const char *what)
{
	const struct af_place *place =
		caller && caller->place.line ? &caller->place : NULL;

	return af_error(finder->err, code, place ? finder->policy->name : NULL,
			place, "%s: %s", path, what);
}

static int fail_errno(struct finder *finder, const struct af_caller *caller,
		      const char *path, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return fail(finder, caller, -ENOENT, path, "no such file");
	case EACCES:
	case EPERM:
		return fail(finder, caller, -EACCES, path, "may not be read");
	case ENOMEM:
		return no_memory(finder);
	default:
		return fail(finder, caller, -EIO, path, "could not be read");
	}
}

static int fail_elf(struct finder *finder, const struct af_caller *caller,
		    const char *path, int error)
{
	switch (error) {
	case -ENOMEM:
		return no_memory(finder);
	case -ENOEXEC:
		return fail(finder, caller, error, path,
			    "no x86-64 ELF file, or a damaged one");
	case -E2BIG:
		return fail(finder, caller, error, path, "too large");
	default:
		return fail(finder, caller, -EIO, path, "could not be read");
	}
}

bool af_same_file(const struct af_file_key *a, const struct af_file_key *b)
{
	return a->ino && a->dev == b->dev && a->ino == b->ino;
}

/* One more object, zeroed; NULL if there is no memory. */
static struct libaf_seccomp_object *grow_objects(struct finder *finder,
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

static int add_file(struct finder *finder, unsigned int id, const char *path,
		    void *map)
{
	struct af_objects *objects = finder->objects;
	struct af_file *files;
	char *copy = strdup(path);

	if (!copy)
		return no_memory(finder);
	files = reallocarray(objects->files, objects->nr_files + 1,
			     sizeof(*files));
	if (!files) {
		free(copy);
		return no_memory(finder);
	}
	objects->files = files;
	files[objects->nr_files++] = (struct af_file){
		.id = id,
		.path = copy,
		.map = map,
	};
	return 0;
}

/*
 * A file whose text is being added.
 * @caller: whose it is, with @key.owner as its id
 * @addr: where the file is mapped
 */
struct text {
	const struct af_caller *caller;
	const char *path;
	struct af_file_key key;
	const struct af_elf *elf;
	uintptr_t addr;
};

/* Add a part of @segment as @id. */
static struct libaf_seccomp_object *add_span(struct finder *finder,
					     const struct text *text,
					     const struct af_segment *segment,
					     const struct af_span *span,
					     unsigned int id)
{
	struct libaf_seccomp_object *object = grow_objects(finder, &text->key);

	if (!object)
		return NULL;
	object->addr = text->addr;
	object->offset = segment->offset + (span->start - segment->vaddr);
	object->len = span->end - span->start;
	object->id = id;
	return object;
}

static int add_transparent(struct finder *finder, const struct text *text,
			   const struct af_segment *segment,
			   const struct af_span *spans, size_t nr)
{
	struct af_unwind *unwinds = calloc(nr, sizeof(*unwinds));
	size_t i;
	int ret;

	if (!unwinds)
		return no_memory(finder);
	ret = af_unwind_build_spans(text->elf, segment, spans, nr, unwinds);
	if (ret)
		ret = fail_elf(finder, text->caller, text->path, ret);
	for (i = 0; !ret && i < nr; i++) {
		struct libaf_seccomp_object *object = add_span(
			finder, text, segment, &spans[i], text->key.owner);

		if (!object) {
			ret = no_memory(finder);
			break;
		}
		object->flags = LIBAF_SECCOMP_OBJECT_TRANSPARENT;
		object->unwind = (uintptr_t)unwinds[i].blob;
		object->unwind_size = unwinds[i].size;
		finder->objects->nr_none += unwinds[i].nr_none;
		unwinds[i].blob = NULL;
	}
	for (i = 0; i < nr; i++)
		af_unwind_release(&unwinds[i]);
	free(unwinds);
	return ret;
}

static bool names_programs(const struct libaf_policy *policy)
{
	size_t id;

	for (id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		if (policy->callers[id].kind == AF_CALLER_PROGRAM)
			return true;
	}
	return false;
}

/*
 * Is what no part takes of a file its caller's?  The program is one without
 * being named, as long as no other is.
 */
static bool takes_rest(const struct finder *finder, const struct text *text)
{
	return text->caller->rest || (text->key.owner == AF_ID_PROGRAM &&
				      !names_programs(finder->policy));
}

/* What no part takes of a segment. */
static int add_rest(struct finder *finder, const struct text *text,
		    const struct af_segment *segment,
		    const struct af_span *spans, size_t nr)
{
	size_t i;

	if (!nr || !takes_rest(finder, text))
		return 0;
	if (text->caller->transparent)
		return add_transparent(finder, text, segment, spans, nr);
	for (i = 0; i < nr; i++) {
		if (!add_span(finder, text, segment, &spans[i],
			      text->key.owner))
			return no_memory(finder);
	}
	return 0;
}

static int add_segment(struct finder *finder, const struct text *text,
		       const struct af_segment *segment,
		       const struct af_parts *parts)
{
	const uint64_t end = segment->vaddr + segment->filesz;
	uint64_t done = segment->vaddr;
	struct af_span *rest = calloc(parts->nr + 1, sizeof(*rest));
	size_t i, nr = 0;
	int ret = 0;

	if (!rest)
		return no_memory(finder);
	for (i = 0; !ret && i < parts->nr; i++) {
		const struct af_part_span *part = &parts->spans[i];

		if (part->span.start < segment->vaddr ||
		    part->span.start >= end)
			continue;
		if (part->span.start > done)
			rest[nr++] = (struct af_span){ done, part->span.start };
		done = part->span.end;
		if (!add_span(finder, text, segment, &part->span, part->id))
			ret = no_memory(finder);
	}
	if (done < end)
		rest[nr++] = (struct af_span){ done, end };
	if (!ret)
		ret = add_rest(finder, text, segment, rest, nr);
	free(rest);
	return ret;
}

/* Add the executable segments of a file. */
static int add_text(struct finder *finder, const struct text *text,
		    const struct af_parts *parts)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < text->elf->nr_segments; i++) {
		const struct af_segment *segment = &text->elf->segments[i];

		if (segment->exec && segment->filesz)
			ret = add_segment(finder, text, segment, parts);
	}
	return ret;
}

/* The same with its parts, which are looked for in the open file. */
static int add_parts(struct finder *finder, const struct text *text, int fd)
{
	struct af_parts parts;
	int ret = af_parts_find(&parts, finder->policy, text->key.owner,
				text->path, text->elf, fd, finder->err);

	if (ret)
		return ret;
	ret = add_text(finder, text, &parts);
	af_parts_release(&parts);
	return ret;
}

/*
 * Is this file known already?  Returns 1 if it is its owner's, which happens
 * when two paths lead to it, and -EINVAL if it is another caller's.
 */
static int check_claimed(struct finder *finder, const struct af_caller *caller,
			 const char *path, const struct af_file_key *key)
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
		ret = fail(finder, caller, -EINVAL, path,
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

/*
 * Linkers make .eh_frame_hdr for whoever looks for it when the program runs,
 * and in a static program there is nobody.
 */
static int find_eh_frame(int fd, struct af_elf *elf)
{
	struct af_symbols *symbols;
	int ret = af_symbols_read(&symbols, fd);

	if (ret)
		return ret;
	af_symbols_loaded_section(symbols, ".eh_frame", &elf->eh_frame);
	af_symbols_free(symbols);
	return 0;
}

/* Read what is needed of a caller's file. */
static int read_elf(struct finder *finder, const struct af_caller *caller,
		    const char *path, int fd, struct af_elf *elf)
{
	int ret = af_elf_read_fd(elf, fd,
				 caller->transparent ? AF_ELF_SEGMENTS : 0);

	if (ret)
		return fail_elf(finder, caller, path, ret);
	if (!caller->transparent || elf->eh_frame_hdr)
		return 0;
	ret = find_eh_frame(fd, elf);
	if (!ret)
		return 0;
	af_elf_release(elf);
	return fail_elf(finder, caller, path, ret);
}

static int add_open_file(struct finder *finder, const struct af_caller *caller,
			 unsigned int id, const char *path, int fd)
{
	struct af_file_key key;
	struct af_elf elf;
	struct stat st;
	void *map;
	int ret;

	if (fstat(fd, &st))
		return fail_errno(finder, caller, path, errno);
	if (!S_ISREG(st.st_mode))
		return fail(finder, caller, -ENOEXEC, path,
			    "not a regular file");
	key = (struct af_file_key){ st.st_dev, st.st_ino, id };
	ret = check_claimed(finder, caller, path, &key);
	if (ret)
		return ret < 0 ? ret : 0;

	ret = read_elf(finder, caller, path, fd, &elf);
	if (ret)
		return ret;

	/* Only a name for the kernel: nothing is read through it. */
	map = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		ret = fail_errno(finder, caller, path, errno);
	} else {
		const struct text text = {
			.caller = caller,
			.path = path,
			.key = key,
			.elf = &elf,
			.addr = (uintptr_t)map,
		};

		ret = add_file(finder, id, path, map);
		if (ret)
			munmap(map, 1);
		else
			ret = add_parts(finder, &text, fd);
	}
	af_elf_release(&elf);
	return ret;
}

/* By the descriptor, so that it is this file, whatever @path leads to now. */
static int reopen(int fd, const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	char link[32];
	int again;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = open(link, flags);
	/* There may be no /proc, or no permission for it. */
	return again < 0 ? open(path, flags) : again;
}

int af_objects_open(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), opened, error;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return fd;
	opened = reopen(fd, path);
	error = errno;
	close(fd);
	errno = error;
	return opened;
}

static int add_path(struct finder *finder, const struct af_caller *caller,
		    unsigned int id, const char *path)
{
	int fd = af_objects_open(path);
	int ret;

	if (fd < 0 && caller->optional && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return fail_errno(finder, caller, path, errno);
	ret = add_open_file(finder, caller, id, path, fd);
	close(fd);
	return ret;
}

static bool needs_file(const struct finder *finder,
		       const struct af_caller *caller,
		       const struct loaded *loaded, unsigned int id)
{
	return af_policy_has_parts(finder->policy, id) ||
	       (caller->transparent && !loaded->elf.eh_frame_hdr);
}

/*
 * What is loaded has no section headers and symbols in memory, and the file at
 * its path may have been replaced: if the text is the same, all that is known
 * of it is the file's.
 */
static int add_loaded_file(struct finder *finder, const struct text *loaded)
{
	struct text text = *loaded;
	struct af_elf file;
	int fd = af_objects_open(text.path);
	int ret;

	if (fd < 0)
		return fail_errno(finder, text.caller, text.path, errno);
	ret = af_elf_read_fd(&file, fd, AF_ELF_SEGMENTS);
	if (!ret && !file.eh_frame_hdr)
		ret = find_eh_frame(fd, &file);
	if (ret) {
		ret = fail_elf(finder, text.caller, text.path, ret);
	} else {
		text.elf = &file;
		if (af_elf_same_text(loaded->elf, &file))
			ret = add_parts(finder, &text, fd);
		else
			ret = fail(finder, text.caller, -EINVAL, text.path,
				   "the file is not what is loaded");
	}
	af_elf_release(&file);
	close(fd);
	return ret;
}

static int add_loaded(struct finder *finder, const struct af_caller *caller,
		      unsigned int id, const struct loaded *loaded)
{
	const struct af_parts no_parts = {};
	const struct text text = {
		.caller = caller,
		.path = loaded->path,
		.key = { loaded->key.dev, loaded->key.ino, id },
		.elf = &loaded->elf,
		.addr = loaded->bias + loaded->elf.segments[0].vaddr,
	};
	int ret = check_claimed(finder, caller, loaded->path, &text.key);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = add_file(finder, id, loaded->path, NULL);
	if (ret)
		return ret;
	return needs_file(finder, caller, loaded, id) ?
		       add_loaded_file(finder, &text) :
		       add_text(finder, &text, &no_parts);
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool has_name(const struct loaded *loaded, const char *name)
{
	return !strcmp(file_name(loaded->path), name) ||
	       (loaded->elf.soname && !strcmp(loaded->elf.soname, name));
}

/*
 * What is loaded under the name that the policy uses, in *found, else NULL.
 * A path is not looked for: it means the file that is there, and what a
 * library was loaded by need not lead to it any more.
 */
static int find_loaded(struct finder *finder, const struct af_caller *caller,
		       const struct loaded **found)
{
	size_t i;

	*found = NULL;
	if (strchr(caller->name, '/'))
		return 0;
	/* The first one is the program. */
	for (i = 1; i < finder->nr_loaded; i++) {
		if (!has_name(&finder->loaded[i], caller->name))
			continue;
		if (*found) {
			fail(finder, caller, -EINVAL, caller->name,
			     "more than one loaded library has this name");
			af_hint(finder->err, "name it by its absolute path");
			return -EINVAL;
		}
		*found = &finder->loaded[i];
	}
	return 0;
}

/* Most programs have loaded what their policy names, and need no cache. */
static int search_files(struct finder *finder, const char *name, char **paths)
{
	if (!finder->has_cache &&
	    af_ldcache_read(&finder->search.cache, AF_LDCACHE_PATH))
		return -ENOMEM;
	finder->has_cache = true;
	return af_search(&finder->search, name, paths);
}

static int ambiguous_range(struct finder *finder,
			   const struct af_caller *caller, unsigned int id)
{
	const struct af_piece *range = af_parts_range(finder->policy, id);

	af_error(finder->err, -EINVAL, finder->policy->name, &range->place,
		 "a range of addresses, but %.128s stands for several files",
		 caller->name);
	af_hint(finder->err, "name it by its absolute path");
	return -EINVAL;
}

static int add_library(struct finder *finder, unsigned int id)
{
	const struct af_caller *caller = &finder->policy->callers[id];
	const struct loaded *loaded;
	char *paths[AF_SEARCH_MAX];
	int nr, i, ret;

	ret = find_loaded(finder, caller, &loaded);
	if (ret)
		return ret;
	if (loaded)
		return add_loaded(finder, caller, id, loaded);

	nr = search_files(finder, caller->name, paths);
	if (nr < 0)
		return no_memory(finder);
	if (!nr && !caller->optional) {
		ret = fail(finder, caller, -ENOENT, caller->name,
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
			ret = add_path(finder, caller, id, paths[i]);
		free(paths[i]);
	}
	return ret;
}

static const char *program_path(const struct finder *finder)
{
	return finder->program ? finder->program : finder->loaded[0].path;
}

/* What the policy has for the program that is run, by its path, or NULL. */
static const struct af_caller *find_named(const struct libaf_policy *policy,
					  const struct stat *program)
{
	struct stat st;
	size_t id;

	for (id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		const struct af_caller *caller = &policy->callers[id];

		if (caller->kind == AF_CALLER_PROGRAM &&
		    !stat(caller->name, &st) && st.st_dev == program->st_dev &&
		    st.st_ino == program->st_ino)
			return caller;
	}
	return NULL;
}

static int not_the_program(struct finder *finder, const struct af_place *place,
			   const char *statement, const struct af_caller *named)
{
	af_error(finder->err, -EINVAL, finder->policy->name, place,
		 "`program` is not the one that is run, which is named %.128s",
		 named->name);
	af_hint(finder->err, "say `%s %.128s`", statement, named->name);
	return -EINVAL;
}

/*
 * Nothing is divided or looked through by what is said of the program without
 * its path, if it has one: whoever wrote that must not believe it is.
 */
static int check_named(struct finder *finder, const struct af_caller *named)
{
	const struct libaf_policy *policy = finder->policy;
	const struct af_caller *program = &policy->callers[AF_ID_PROGRAM];
	const struct af_piece *piece = af_parts_first(policy, AF_ID_PROGRAM);

	if (piece)
		return not_the_program(finder, &piece->place, "of program",
				       named);
	if (program->transparent)
		return not_the_program(finder, &program->seen_through,
				       "transparent", named);
	return 0;
}

/*
 * The block with the program's path is more precise than the one without.  If
 * all blocks of programs have paths, another program is unknown.
 */
static int add_program(struct finder *finder)
{
	const struct libaf_policy *policy = finder->policy;
	const struct af_caller *caller = &policy->callers[AF_ID_PROGRAM];
	const struct af_caller *named;
	struct stat st;

	if (names_programs(policy)) {
		/* Whichever it is, it must not get what is for another. */
		if (stat(program_path(finder), &st))
			return fail_errno(finder, NULL, program_path(finder),
					  errno);
		named = find_named(policy, &st);
		if (named)
			return check_named(finder, named);
		if (!caller->place.line)
			return 0;
	}
	if (finder->program)
		return add_path(finder, caller, AF_ID_PROGRAM, finder->program);
	return add_loaded(finder, caller, AF_ID_PROGRAM, &finder->loaded[0]);
}

/*
 * The vDSO makes system calls on behalf of whoever called it.  It is in every
 * process, and of the same text, so it need not be in any policy.
 */
static int add_vdso(struct finder *finder, unsigned int id)
{
	const struct af_caller caller = {
		.kind = AF_CALLER_LIBRARY,
		.rest = true,
		.transparent = true,
	};
	uintptr_t addr = getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *ehdr = (const void *)addr;
	const struct af_parts no_parts = {};
	struct af_elf elf;
	const struct text text = {
		.caller = &caller,
		.path = "vDSO",
		.key.owner = id,
		.elf = &elf,
		.addr = addr,
	};
	int ret;

	if (!addr)
		return 0;
	/* It is linked at address 0, so where it is is its load bias. */
	ret = af_elf_read_loaded(&elf, addr,
				 (const void *)(addr + ehdr->e_phoff),
				 ehdr->e_phnum);
	if (ret)
		return fail_elf(finder, NULL, "vDSO", ret);
	ret = add_file(finder, id, "vDSO", NULL);
	if (ret)
		return ret;
	return add_text(finder, &text, &no_parts);
}

/*
 * Script or not: the file that will be mapped as the program.  *path is
 * allocated and replaced.
 */
static int follow_script(struct finder *finder, char **path)
{
	int depth;

	for (depth = 0; depth <= MAX_SCRIPTS; depth++) {
		char line[SCRIPT_LINE + 1], *name, *copy;
		ssize_t len;
		int fd = af_objects_open(*path);

		if (fd < 0)
			return fail_errno(finder, NULL, *path, errno);
		len = pread(fd, line, SCRIPT_LINE, 0);
		close(fd);
		if (len < 0)
			return fail_errno(finder, NULL, *path, errno);
		line[len] = 0;
		if (len < 2 || line[0] != '#' || line[1] != '!')
			return 0;

		name = line + 2 + strspn(line + 2, " \t");
		name[strcspn(name, " \t\n")] = 0;
		copy = strdup(name);
		if (!copy)
			return no_memory(finder);
		free(*path);
		*path = copy;
	}
	return fail(finder, NULL, -ENOEXEC, *path,
		    "an interpreter of an interpreter, and so on");
}

/* Without it, if the program has been removed, $ORIGIN leads nowhere. */
static int find_origin(struct finder *finder, const char *path)
{
	char *dir = realpath(path, NULL);
	char *slash = dir ? strrchr(dir, '/') : NULL;

	if (!dir && errno == ENOMEM)
		return no_memory(finder);
	if (slash)
		slash[slash == dir] = 0;
	finder->origin = dir;
	finder->search.origin = dir;
	return 0;
}

static void search_for(struct finder *finder, const struct af_elf *elf)
{
	finder->search.interp = elf->interp;
	finder->search.rpath = elf->rpath;
	finder->search.runpath = elf->runpath;
	/* What a set-user-ID program must not be told by its environment. */
	finder->search.library_path = secure_getenv("LD_LIBRARY_PATH");
}

static int look_at_program(struct finder *finder, const char *program)
{
	int fd, ret;

	finder->program = strdup(program);
	if (!finder->program)
		return no_memory(finder);
	ret = follow_script(finder, &finder->program);
	if (ret)
		return ret;
	fd = af_objects_open(finder->program);
	if (fd < 0)
		return fail_errno(finder, NULL, finder->program, errno);
	ret = af_elf_read_fd(&finder->program_elf, fd, 0);
	close(fd);
	if (ret)
		return fail_elf(finder, NULL, finder->program, ret);
	search_for(finder, &finder->program_elf);
	return find_origin(finder, finder->program);
}

/*
 * A callback of dl_iterate_phdr(): -1 if there is no memory; 1 if the program
 * cannot be read, lest a library be taken for it.
 */
static int collect_loaded(struct dl_phdr_info *info, size_t size, void *data)
{
	struct finder *finder = data;
	struct loaded *all, *loaded;
	struct stat st;

	(void)size;
	/* The vDSO has no file, and is registered by itself. */
	if (finder->nr_loaded &&
	    (!info->dlpi_name[0] || !strchr(info->dlpi_name, '/')))
		return 0;
	all = reallocarray(finder->loaded, finder->nr_loaded + 1, sizeof(*all));
	if (!all)
		return -1;
	finder->loaded = all;
	loaded = &all[finder->nr_loaded];
	*loaded = (struct loaded){
		.bias = info->dlpi_addr,
		.phdr = info->dlpi_phdr,
		.nr_phdr = info->dlpi_phnum,
		.path = finder->nr_loaded ? info->dlpi_name : "/proc/self/exe",
	};
	if (af_elf_read_loaded(&loaded->elf, loaded->bias, loaded->phdr,
			       loaded->nr_phdr))
		return !finder->nr_loaded;
	if (!stat(loaded->path, &st)) {
		loaded->key.dev = st.st_dev;
		loaded->key.ino = st.st_ino;
	}
	finder->nr_loaded++;
	return 0;
}

static int look_at_process(struct finder *finder)
{
	if (dl_iterate_phdr(collect_loaded, finder) < 0)
		return no_memory(finder);
	if (!finder->nr_loaded)
		return fail(finder, NULL, -ENOEXEC, "the running program",
			    "cannot be found in memory");
	search_for(finder, &finder->loaded[0].elf);
	return find_origin(finder, "/proc/self/exe");
}

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
static int fail_transparent(struct finder *finder, unsigned int id)
{
	const struct af_caller *caller = &finder->policy->callers[id];

	return fail(finder, caller, -EINVAL,
		    caller->name ? caller->name : "the program",
		    "cannot be transparent, for libaf itself is in it");
}

/* Take [@start, @end) out of the @i-th object, which may leave nothing of it. */
static int carve_object(struct finder *finder, size_t i, uint64_t start,
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
		object = grow_objects(finder, &key);
		if (!object)
			return no_memory(finder);
	}
	*object = rest;
	return 0;
}

static void drop_empty(struct finder *finder)
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
static int carve(struct finder *finder, const struct af_file_key *key,
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

static int add_own(struct finder *finder, const struct af_own_text *text)
{
	struct own_text own = { .addr = (uintptr_t)text->start };
	uint64_t len = (uint64_t)(text->end - text->start);
	struct libaf_seccomp_object *object;
	int ret;

	dl_iterate_phdr(find_own_text, &own);
	if (!own.found)
		return fail(finder, NULL, -ENOEXEC, "libaf itself",
			    "cannot be found in memory");
	ret = carve(finder, &own.key, own.offset, own.offset + len);
	if (ret)
		return ret;
	own.key.owner = text->id;
	object = grow_objects(finder, &own.key);
	if (!object)
		return no_memory(finder);
	object->addr = own.addr;
	object->offset = own.offset;
	object->len = len;
	object->id = text->id;
	return 0;
}

static int check_limits(struct finder *finder)
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

static int complete(struct finder *finder, const struct af_own_text *own)
{
	/* Beyond all ids that rules are for: the vDSO is never the caller. */
	int ret = add_vdso(finder, finder->policy->nr_callers + 1);

	if (!ret && own)
		ret = add_own(finder, own);
	return ret ? ret : check_limits(finder);
}

static int find_all(struct finder *finder, const char *program,
		    const struct af_own_text *own)
{
	size_t id;
	int ret;

	ret = program ? look_at_program(finder, program) :
			look_at_process(finder);
	if (!ret)
		ret = add_program(finder);
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
	struct finder finder = {
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
	struct finder finder = {
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
	struct finder finder = { .err = err };
	int ret;

	*path = strdup(program);
	if (!*path)
		return no_memory(&finder);
	ret = follow_script(&finder, path);
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
