// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The mappings of a process are read when they are needed and may have changed:
 * most calls that change mappings do nothing to text, which is seen by their
 * arguments.  A call takes effect some time after it is seen, so that it counts
 * as long as it is under way.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "maps.h"
#include "memory.h"

/* A line of /proc/PID/maps. */
struct line {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	uint64_t dev;
	uint64_t ino;
	char perms[4];
	const char *path;
};

/* Of a word of /proc/PID/pagemap: a page of the file, or one that was copied */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_SWAPPED (UINT64_C(1) << 62)
#define PAGE_OF_FILE (UINT64_C(1) << 61)

#define PAGE_SIZE 4096U

static void stat_exe(struct af_maps *maps, pid_t pid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (!stat(path, &st)) {
		maps->exe_dev = st.st_dev;
		maps->exe_ino = st.st_ino;
	}
}

struct af_maps *af_maps_new(pid_t pid)
{
	struct af_maps *maps = af_grow(NULL, 1, sizeof(*maps));

	*maps = (struct af_maps){ .users = 1 };
	maps->due[AF_MAP_CHANGES] = true;
	stat_exe(maps, pid);
	return maps;
}

struct af_maps *af_maps_copy(const struct af_maps *maps)
{
	struct af_maps *copy = af_grow(NULL, 1, sizeof(*copy));

	*copy = *maps;
	copy->users = 1;
	copy->list = af_grow(NULL, maps->nr + 1, sizeof(*maps->list));
	if (maps->nr)
		memcpy(copy->list, maps->list, maps->nr * sizeof(*maps->list));
	/* The child has what was there before these calls, or after. */
	for (int i = 0; i < AF_NR_MAP_EFFECTS; i++) {
		copy->due[i] |= maps->pending[i] > 0;
		copy->pending[i] = 0;
	}
	return copy;
}

void af_maps_put(struct af_maps *maps)
{
	if (--maps->users)
		return;
	free(maps->list);
	free(maps);
}

static bool has_text(const struct af_maps *maps, uint64_t addr, uint64_t len)
{
	for (size_t i = 0; i < maps->nr; i++) {
		if (addr < maps->list[i].end &&
		    (addr >= maps->list[i].start ||
		     maps->list[i].start - addr < len))
			return true;
	}
	return false;
}

static enum af_map_effect effect_of(const struct af_maps *maps, unsigned int nr,
				    const uint64_t *args)
{
	enum af_map_effect adds = AF_MAP_ADDS;

	switch (nr) {
	case SYS_mmap:
		if (!(args[2] & PROT_EXEC))
			adds = AF_MAP_NONE;
		/* Without MAP_FIXED the address is a wish. */
		if (!(args[3] & MAP_FIXED))
			return adds;
		return has_text(maps, args[0], args[1]) ? AF_MAP_CHANGES : adds;
	case SYS_mprotect:
	case SYS_pkey_mprotect:
		return has_text(maps, args[0], args[1]) ? AF_MAP_CHANGES : adds;
	case SYS_munmap:
		return has_text(maps, args[0], args[1]) ? AF_MAP_CHANGES :
							  AF_MAP_NONE;
	case SYS_mremap:
		if (has_text(maps, args[0], args[1]))
			return AF_MAP_CHANGES;
		return args[3] & MREMAP_FIXED &&
				       has_text(maps, args[4], args[2]) ?
			       AF_MAP_CHANGES :
			       AF_MAP_NONE;
	case SYS_shmat:
		return args[2] & SHM_REMAP ? AF_MAP_CHANGES : AF_MAP_NONE;
	case SYS_remap_file_pages:
		return AF_MAP_CHANGES;
	default:
		return AF_MAP_NONE;
	}
}

enum af_map_effect af_maps_before_call(struct af_maps *maps, unsigned int nr,
				       const uint64_t *args)
{
	enum af_map_effect effect = effect_of(maps, nr, args);

	if (effect != AF_MAP_NONE)
		maps->pending[effect]++;
	return effect;
}

void af_maps_after_call(struct af_maps *maps, enum af_map_effect effect)
{
	if (effect == AF_MAP_NONE)
		return;
	maps->pending[effect]--;
	maps->due[effect] = true;
}

/*
 * All of a file of /proc, allocated, with a NUL behind it; NULL and errno if it
 * cannot be read, or is gone.
 */
static char *read_proc(pid_t pid, const char *name)
{
	size_t size = 16384, len = 0;
	char path[48], *text = NULL;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	do {
		if (!text || size - len < 4096)
			text = af_grow(text, size *= 2, 1);
		n = read(fd, text + len, size - len - 1);
		if (n > 0)
			len += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	close(fd);
	text[len] = 0;
	return text;
}

static uint64_t read_number(char **pos, int base)
{
	uint64_t number = strtoull(*pos, pos, base);

	if (**pos)
		++*pos;
	return number;
}

/* START-END PERMS OFFSET MAJOR:MINOR INODE PATH */
static void read_line(struct line *line, char *pos)
{
	uint64_t major;

	line->start = read_number(&pos, 16);
	line->end = read_number(&pos, 16);
	memset(line->perms, '-', sizeof(line->perms));
	for (int i = 0; i < 4 && *pos; i++)
		line->perms[i] = *pos++;
	line->offset = read_number(&pos, 16);
	major = read_number(&pos, 16);
	line->dev = major << 32 | read_number(&pos, 16);
	line->ino = read_number(&pos, 10);
	line->path = pos + strspn(pos, " ");
}

static bool is_text(const struct line *line)
{
	if (line->perms[1] == 'w' || line->perms[2] != 'x' ||
	    line->perms[3] != 'p')
		return false;
	return (line->ino && line->path[0] == '/') ||
	       !strcmp(line->path, "[vdso]");
}

static const struct af_mapping *find_mapping(const struct af_maps *maps,
					     uint64_t addr)
{
	size_t low = 0, high = maps->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct af_mapping *mapping = &maps->list[middle];

		if (addr >= mapping->end)
			low = middle + 1;
		else if (addr < mapping->start)
			high = middle;
		else
			return mapping;
	}
	return NULL;
}

/*
 * Has a page of a mapping been written, and so become a copy?  If nobody can
 * tell, it has not.
 */
static bool has_copies(pid_t pid, const struct line *line)
{
	uint64_t pages[512], page, end = line->end / PAGE_SIZE;
	bool found = false;
	char path[32];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	for (page = line->start / PAGE_SIZE; page < end && !found;
	     page += n / sizeof(*pages)) {
		uint64_t left = end - page;

		n = pread(fd, pages, (left < 512 ? left : 512) * sizeof(*pages),
			  page * sizeof(*pages));
		if (n < (ssize_t)sizeof(*pages))
			break;
		for (size_t i = 0; i < n / sizeof(*pages); i++) {
			if (pages[i] & (PAGE_PRESENT | PAGE_SWAPPED) &&
			    !(pages[i] & PAGE_OF_FILE))
				found = true;
		}
	}
	close(fd);
	return found;
}

/* To become writable, a mapping has to go from the list: what stays is text. */
static bool is_known(const struct af_maps *maps, const struct line *line,
		     const struct af_binary *binary)
{
	const struct af_mapping *old = find_mapping(maps, line->start);

	return old && old->start == line->start && old->end == line->end &&
	       old->offset == line->offset && old->binary == binary;
}

/* As long as a file is mapped, no other one gets its inode. */
static struct af_binary *find_binary(const struct af_maps *maps,
				     struct af_binaries *binaries, pid_t pid,
				     const struct line *line)
{
	const struct af_mapping *old = find_mapping(maps, line->start);

	if (line->path[0] != '/')
		return binaries->vdso;
	if (old && old->binary->dev == line->dev &&
	    old->binary->ino == line->ino)
		return old->binary;
	return af_binaries_get(binaries, pid, line->dev, line->ino, line->path);
}

static void add_mapping(const struct af_maps *old, struct af_maps *new,
			struct af_binaries *binaries, pid_t pid,
			const struct line *line)
{
	struct af_binary *binary = find_binary(old, binaries, pid, line);

	if (binary->file_ino && binary->file_ino == old->exe_ino &&
	    binary->file_dev == old->exe_dev)
		af_binary_is_program(binaries, binary);
	if (line->path[0] == '/' && !is_known(old, line, binary) &&
	    has_copies(pid, line))
		return;
	new->list = af_grow(new->list, new->nr + 1, sizeof(*new->list));
	new->list[new->nr++] = (struct af_mapping){
		.start = line->start,
		.end = line->end,
		.offset = line->offset,
		.binary = binary,
	};
}

static void read_maps(struct af_maps *maps, struct af_binaries *binaries,
		      pid_t pid)
{
	char *text = read_proc(pid, "maps"), *pos = text;
	struct af_maps new = { .list = NULL };

	/* What there was may be there no more. */
	if (!text && (errno == EACCES || errno == EPERM))
		maps->nr = 0;
	/* The thread has been killed, maybe not all that share its memory. */
	if (!pos || !*pos) {
		free(text);
		return;
	}
	while (*pos) {
		char *end = strchrnul(pos, '\n');
		struct line line;

		if (*end)
			*end++ = 0;
		read_line(&line, pos);
		if (is_text(&line))
			add_mapping(maps, &new, binaries, pid, &line);
		pos = end;
	}
	free(text);
	free(maps->list);
	maps->list = new.list;
	maps->nr = new.nr;
	memset(maps->due, 0, sizeof(maps->due));
}

static bool may_differ(const struct af_maps *maps, enum af_map_effect effect)
{
	return maps->due[effect] || maps->pending[effect];
}

const struct af_walk_text *af_maps_find(struct af_maps *maps,
					struct af_binaries *binaries, pid_t pid,
					uint64_t addr, uint64_t *offset)
{
	const struct af_mapping *mapping;

	if (may_differ(maps, AF_MAP_CHANGES))
		read_maps(maps, binaries, pid);
	mapping = find_mapping(maps, addr);
	if (!mapping && may_differ(maps, AF_MAP_ADDS)) {
		read_maps(maps, binaries, pid);
		mapping = find_mapping(maps, addr);
	}
	if (!mapping)
		return NULL;
	*offset = mapping->offset + (addr - mapping->start);
	const struct af_walk_text *text =
		af_binary_text(mapping->binary, *offset);

	if (text)
		*offset -= text->offset;
	return text;
}

/* The line of an address in a text of lines, which is changed. */
static bool find_line(char *text, uint64_t addr, struct line *line)
{
	while (text && *text) {
		char *end = strchrnul(text, '\n');

		if (*end)
			*end++ = 0;
		read_line(line, text);
		if (addr >= line->start && addr < line->end)
			return true;
		text = end;
	}
	return false;
}

bool af_maps_shows(int fd, uint64_t dev, uint64_t ino)
{
	void *page = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	struct line line;
	bool is_it;
	char *text;

	if (page == MAP_FAILED)
		return false;
	text = read_proc(getpid(), "maps");
	is_it = find_line(text, (uintptr_t)page, &line) && line.dev == dev &&
		line.ino == ino;
	free(text);
	munmap(page, PAGE_SIZE);
	return is_it;
}

char *af_maps_describe(pid_t pid, uint64_t addr)
{
	char *text = read_proc(pid, "maps"), *what;
	struct line line;

	if (!find_line(text, addr, &line))
		what = af_copy("memory that is not mapped");
	else
		what = af_copy(line.path[0] ? line.path : "memory of no file");
	free(text);
	return what;
}
