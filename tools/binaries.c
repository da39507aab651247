// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A file is what the policy says it is: each name of the policy is looked for
 * as af run would, and files are compared by what stat(2) says of them.  A file
 * that has no name yet gets the one by which the dynamic loader finds it, or
 * its path if there is none.
 *
 * The path of a mapping can lead to another file than the one that is mapped:
 * in another mount namespace, or since one was replaced.  Inodes are used again
 * when a file is gone.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/unwind.h"
#include "binaries.h"
#include "maps.h"
#include "memory.h"

#define DELETED " (deleted)"

static struct af_claim *find_claim(const struct af_binaries *binaries,
				   const struct stat *st)
{
	for (size_t i = 0; i < binaries->nr_claims; i++) {
		struct af_claim *claim = &binaries->claims[i];

		if (claim->dev == st->st_dev && claim->ino == st->st_ino)
			return claim;
	}
	return NULL;
}

/* Of two names for a file the first counts, and transparent if either is. */
static void add_claim(struct af_binaries *binaries, const struct af_claim *new,
		      const char *path)
{
	struct af_claim *claim;
	struct stat st;

	if (stat(path, &st))
		return;
	claim = find_claim(binaries, &st);
	if (claim) {
		claim->transparent |= new->transparent;
		return;
	}
	binaries->claims = af_grow(binaries->claims, binaries->nr_claims + 1,
				   sizeof(*binaries->claims));
	claim = &binaries->claims[binaries->nr_claims++];
	*claim = *new;
	claim->dev = st.st_dev;
	claim->ino = st.st_ino;
}

static int search(const struct af_binaries *binaries, const char *name,
		  char *paths[AF_SEARCH_MAX])
{
	int nr = af_search(&binaries->search, name, paths);

	if (nr < 0)
		af_out_of_memory();
	return nr;
}

static void claim_name(struct af_binaries *binaries, const struct af_claim *new)
{
	char *paths[AF_SEARCH_MAX];
	int nr = search(binaries, new->name, paths);

	for (int i = 0; i < nr; i++) {
		add_claim(binaries, new, paths[i]);
		free(paths[i]);
	}
}

static void claim_names(struct af_binaries *binaries)
{
	const struct libaf_policy *policy = binaries->policy;
	const char *const *name;

	for (unsigned int id = AF_ID_LIBRARY; policy && id < policy->nr_callers;
	     id++) {
		const struct af_claim claim = {
			.name = policy->callers[id].name,
			.id = id,
			.transparent = policy->callers[id].transparent,
		};

		claim_name(binaries, &claim);
	}
	for (name = binaries->transparent; *name; name++) {
		const struct af_claim claim = {
			.name = *name,
			.id = AF_NO_ID,
			.transparent = true,
		};

		claim_name(binaries, &claim);
	}
}

/* Where the loader of this program looks for libraries. */
static int set_search(struct af_binaries *binaries, const char *exe, int fd)
{
	struct af_elf *elf = &binaries->program;
	char *slash;
	int ret = af_elf_read_fd(elf, fd, 0);

	if (ret)
		return -ret;
	binaries->search.interp = elf->interp;
	binaries->search.rpath = elf->rpath;
	binaries->search.runpath = elf->runpath;
	binaries->search.library_path = getenv("LD_LIBRARY_PATH");
	binaries->path = realpath(exe, NULL);
	/* It may have been deleted. */
	if (!binaries->path)
		binaries->path = af_copy(exe);
	binaries->origin = af_copy(binaries->path);
	slash = strrchr(binaries->origin, '/');
	slash[slash == binaries->origin] = 0;
	binaries->search.origin = binaries->origin;
	if (af_ldcache_read(&binaries->search.cache, AF_LDCACHE_PATH))
		return ENOMEM;
	return 0;
}

static void add_text(struct af_binary *binary, const struct af_elf *elf,
		     const struct af_segment *segment)
{
	struct af_walk_text *text;
	struct af_unwind unwind = { .blob = NULL };

	if (!segment->exec || !segment->filesz)
		return;
	/* Without a table it would be taken for a caller. */
	if (binary->transparent && af_unwind_build(elf, segment, &unwind)) {
		fprintf(stderr, "af: %s: its unwind table cannot be read\n",
			binary->path);
		return;
	}
	binary->texts = af_grow(binary->texts, binary->nr_texts + 1,
				sizeof(*binary->texts));
	text = &binary->texts[binary->nr_texts++];
	*text = (struct af_walk_text){
		.offset = segment->offset,
		.len = segment->filesz,
		.table = unwind.blob,
		.table_size = unwind.size,
		.owner = binary,
	};
}

static void add_texts(struct af_binary *binary, const struct af_elf *elf)
{
	for (size_t i = 0; i < elf->nr_segments; i++)
		add_text(binary, elf, &elf->segments[i]);
}

/* That of this process, which is of the same text as all others. */
static struct af_binary *make_vdso(void)
{
	uintptr_t addr = getauxval(AT_SYSINFO_EHDR);
	struct af_binary *vdso = af_grow(NULL, 1, sizeof(*vdso));
	const Elf64_Ehdr *ehdr = (const void *)addr;
	struct af_elf elf;

	*vdso = (struct af_binary){
		.path = af_copy("the vDSO"),
		.id = AF_NO_ID,
		.transparent = true,
	};
	if (addr && !af_elf_read_loaded(&elf, addr,
					(const void *)(addr + ehdr->e_phoff),
					ehdr->e_phnum))
		add_texts(vdso, &elf);
	return vdso;
}

int af_binaries_begin(struct af_binaries *binaries,
		      const struct libaf_policy *policy,
		      const char *const *transparent, pid_t pid)
{
	char exe[32];
	struct stat st;
	int fd, ret;

	memset(binaries, 0, sizeof(*binaries));
	binaries->policy = policy;
	binaries->transparent = transparent;
	snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)pid);
	fd = open(exe, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		ret = errno;
	} else {
		binaries->first_dev = st.st_dev;
		binaries->first_ino = st.st_ino;
		ret = set_search(binaries, exe, fd);
	}
	binaries->first_fd = fd;
	if (fd >= 0 && !binaries->path)
		close(fd);
	if (ret)
		return ret;
	claim_names(binaries);
	binaries->vdso = make_vdso();
	return 0;
}

static void free_binary(struct af_binary *binary)
{
	for (size_t i = 0; i < binary->nr_texts; i++)
		free((void *)binary->texts[i].table);
	free(binary->texts);
	free(binary->path);
	free(binary->name);
	free(binary);
}

void af_binaries_release(struct af_binaries *binaries)
{
	while (binaries->list) {
		struct af_binary *binary = binaries->list;

		binaries->list = binary->next;
		free_binary(binary);
	}
	if (binaries->vdso)
		free_binary(binaries->vdso);
	af_ldcache_release(&binaries->search.cache);
	af_elf_release(&binaries->program);
	if (binaries->path)
		close(binaries->first_fd);
	free(binaries->path);
	free(binaries->origin);
	free(binaries->claims);
	memset(binaries, 0, sizeof(*binaries));
}

/* Would the dynamic loader find this file by this name? */
static bool leads_to(const struct af_binaries *binaries, const char *name,
		     const struct stat *file)
{
	char *paths[AF_SEARCH_MAX];
	int nr = search(binaries, name, paths);
	bool found = false;

	for (int i = 0; i < nr; i++) {
		struct stat st;

		if (!stat(paths[i], &st) && st.st_dev == file->st_dev &&
		    st.st_ino == file->st_ino)
			found = true;
		free(paths[i]);
	}
	return found;
}

static bool leads_nowhere(const struct af_binaries *binaries, const char *name)
{
	char *paths[AF_SEARCH_MAX];
	int nr = search(binaries, name, paths);
	bool found = false;

	for (int i = 0; i < nr; i++) {
		found |= !access(paths[i], F_OK);
		free(paths[i]);
	}
	return !found;
}

void af_binaries_look_again(struct af_binaries *binaries)
{
	struct af_binary *binary;

	for (binary = binaries->list; binary; binary = binary->next)
		binary->gone = binary->name &&
			       leads_nowhere(binaries, binary->name);
}

bool af_is_word(const char *name)
{
	const char *c;

	for (c = name; *c > 0x20 && *c < 0x7f; c++) {
		if (*c == '#' || *c == '{' || *c == '}')
			return false;
	}
	return !*c && c > name;
}

/* Its path, if that can be the name of it. */
static const char *path_of(const struct af_binary *binary)
{
	return binary->is_there && af_is_word(binary->path) ? binary->path :
							      NULL;
}

static const char *find_name(const struct af_binaries *binaries,
			     const struct af_binary *binary,
			     const struct af_elf *elf, const struct stat *st)
{
	const char *file = strrchr(binary->path, '/') + 1;

	if (elf->soname && !strchr(elf->soname, '/') &&
	    af_is_word(elf->soname) && leads_to(binaries, elf->soname, st))
		return elf->soname;
	if (af_is_word(file) && leads_to(binaries, file, st))
		return file;
	return path_of(binary);
}

/* Of a name that the policy has, whichever file it leads to now. */
static void find_id(const struct af_binaries *binaries,
		    struct af_binary *binary)
{
	const struct libaf_policy *policy = binaries->policy;
	const char *const *name;

	for (unsigned int id = AF_ID_LIBRARY; policy && id < policy->nr_callers;
	     id++) {
		const struct af_caller *caller = &policy->callers[id];

		if (strcmp(caller->name, binary->name))
			continue;
		binary->id = id;
		binary->transparent |= caller->transparent;
	}
	for (name = binaries->transparent; *name; name++)
		binary->transparent |= !strcmp(*name, binary->name);
}

static void set_name(const struct af_binaries *binaries,
		     struct af_binary *binary, const char *name)
{
	free(binary->name);
	binary->name = name ? af_copy(name) : NULL;
	if (name)
		find_id(binaries, binary);
}

/* Does the policy have a block for whatever program is run, or for none? */
static bool is_for_any_program(const struct libaf_policy *policy)
{
	if (policy->callers[AF_ID_PROGRAM].place.line)
		return true;
	for (size_t id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		if (policy->callers[id].kind == AF_CALLER_PROGRAM)
			return false;
	}
	return true;
}

static void read_build(struct af_binary *binary, const struct af_elf *elf,
		       int fd)
{
	af_build_id_read(fd, binary->build_id);
	if (elf->soname && !strcmp(elf->soname, AF_GLIBC))
		binary->glibc = af_glibc_version(fd);
}

static void identify(struct af_binaries *binaries, struct af_binary *binary,
		     const struct stat *st, int fd)
{
	const struct af_claim *claim = find_claim(binaries, st);
	struct af_elf elf;

	binary->file_dev = st->st_dev;
	binary->file_ino = st->st_ino;
	binary->changed = st->st_ctim;
	binary->size = st->st_size;
	binary->first = st->st_dev == binaries->first_dev &&
			st->st_ino == binaries->first_ino;
	/* The file that was claimed can be gone. */
	if (claim && !leads_to(binaries, claim->name, st))
		claim = NULL;
	if (claim) {
		binary->transparent = claim->transparent;
		binary->id = claim->id;
	}
	if (af_elf_read_fd(&elf, fd, 0))
		return;
	if (claim)
		binary->name = af_copy(claim->name);
	else
		set_name(binaries, binary,
			 find_name(binaries, binary, &elf, st));
	if (binary->id == AF_NO_ID && binary->first && !binary->transparent &&
	    binaries->policy && is_for_any_program(binaries->policy))
		binary->id = AF_ID_PROGRAM;
	read_build(binary, &elf, fd);
	af_elf_release(&elf);
	if (af_elf_read_fd(&elf, fd, binary->transparent ? AF_ELF_SEGMENTS : 0))
		return;
	add_texts(binary, &elf);
	af_elf_release(&elf);
}

static bool is_deleted(const char *path)
{
	size_t len = strlen(path), end = strlen(DELETED);

	return len > end && !strcmp(path + len - end, DELETED);
}

static struct af_binary *add_binary(struct af_binaries *binaries, uint64_t dev,
				    uint64_t ino, const char *path)
{
	struct af_binary *binary = af_grow(NULL, 1, sizeof(*binary));

	*binary = (struct af_binary){
		.dev = dev,
		.ino = ino,
		.path = af_copy(path),
		.id = AF_NO_ID,
		.next = binaries->list,
	};
	binaries->list = binary;
	return binary;
}

/* @st: of the file, or NULL if it could not be found */
static bool is_file(const struct af_binary *binary, const struct stat *st)
{
	if (!st)
		return !binary->file_ino;
	return binary->file_dev == st->st_dev &&
	       binary->file_ino == st->st_ino && binary->size == st->st_size &&
	       binary->changed.tv_sec == st->st_ctim.tv_sec &&
	       binary->changed.tv_nsec == st->st_ctim.tv_nsec;
}

static struct af_binary *find_known(const struct af_binaries *binaries,
				    uint64_t dev, uint64_t ino,
				    const char *path, const struct stat *st)
{
	struct af_binary *binary;

	for (binary = binaries->list; binary; binary = binary->next) {
		if (binary->dev == dev && binary->ino == ino &&
		    !strcmp(binary->path, path) && is_file(binary, st))
			return binary;
	}
	return NULL;
}

/* The file that is mapped, if it is the one to which this path leads. */
static struct af_binary *try_path(struct af_binaries *binaries, uint64_t dev,
				  uint64_t ino, const char *path,
				  const char *try)
{
	int fd = open(try, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct af_binary *binary = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return NULL;
	}
	binary = find_known(binaries, dev, ino, path, &st);
	if (!binary && af_maps_shows(fd, dev, ino)) {
		binary = add_binary(binaries, dev, ino, path);
		binary->is_there = try == path;
		identify(binaries, binary, &st, fd);
	}
	close(fd);
	return binary;
}

/*
 * As we see it, as the process does, which can have another root or other
 * mounts, and as the program that it is, whatever is in its path.
 */
static struct af_binary *find_file(struct af_binaries *binaries, pid_t pid,
				   uint64_t dev, uint64_t ino, const char *path)
{
	struct af_binary *binary = try_path(binaries, dev, ino, path, path);
	char *try;

	if (!binary) {
		try = af_make_text("/proc/%d/root%s", (int)pid, path);
		binary = try_path(binaries, dev, ino, path, try);
		free(try);
	}
	if (!binary) {
		try = af_make_text("/proc/%d/exe", (int)pid);
		binary = try_path(binaries, dev, ino, path, try);
		free(try);
	}
	return binary;
}

struct af_binary *af_binaries_get(struct af_binaries *binaries, pid_t pid,
				  uint64_t dev, uint64_t ino, const char *path)
{
	struct af_binary *binary = NULL;

	if (!is_deleted(path))
		binary = find_file(binaries, pid, dev, ino, path);
	if (!binary)
		binary = find_known(binaries, dev, ino, path, NULL);
	return binary ? binary : add_binary(binaries, dev, ino, path);
}

void af_binary_is_program(const struct af_binaries *binaries,
			  struct af_binary *binary)
{
	if (binary->program)
		return;
	binary->program = true;
	/* Unless the policy has named it. */
	if (binary->id == AF_NO_ID && !binary->transparent && binary->name)
		set_name(binaries, binary, path_of(binary));
}

const struct af_walk_text *af_binary_text(const struct af_binary *binary,
					  uint64_t offset)
{
	for (size_t i = 0; i < binary->nr_texts; i++) {
		const struct af_walk_text *text = &binary->texts[i];

		if (offset - text->offset < text->len)
			return text;
	}
	return NULL;
}
