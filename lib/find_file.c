// SPDX-License-Identifier: LGPL-2.1-or-later
/* Callers' files, by their paths. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "finder.h"
#include "symbols.h"

int af_find_eh_frame(int fd, struct af_elf *elf)
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
static int read_elf(struct af_finder *finder, const struct af_caller *caller,
		    const char *path, int fd, struct af_elf *elf)
{
	int ret = af_elf_read_fd(elf, fd,
				 caller->transparent ? AF_ELF_SEGMENTS : 0);

	if (ret)
		return af_finder_fail_elf(finder, caller, path, ret);
	if (!caller->transparent || elf->eh_frame_hdr)
		return 0;
	ret = af_find_eh_frame(fd, elf);
	if (!ret)
		return 0;
	af_elf_release(elf);
	return af_finder_fail_elf(finder, caller, path, ret);
}

static int add_open_file(struct af_finder *finder,
			 const struct af_caller *caller, unsigned int id,
			 const char *path, int fd)
{
	struct af_file_key key;
	struct af_elf elf;
	struct stat st;
	void *map;
	int ret;

	if (fstat(fd, &st))
		return af_finder_fail_errno(finder, caller, path, errno);
	if (!S_ISREG(st.st_mode))
		return af_finder_fail(finder, caller, -ENOEXEC, path,
				      "not a regular file");
	key = (struct af_file_key){ st.st_dev, st.st_ino, id };
	ret = af_finder_check_claimed(finder, caller, path, &key);
	if (ret)
		return ret < 0 ? ret : 0;

	ret = read_elf(finder, caller, path, fd, &elf);
	if (ret)
		return ret;

	/* Only a name for the kernel: nothing is read through it. */
	map = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		ret = af_finder_fail_errno(finder, caller, path, errno);
	} else {
		const struct af_text text = {
			.caller = caller,
			.path = path,
			.key = key,
			.elf = &elf,
			.addr = (uintptr_t)map,
		};

		ret = af_finder_add_file(finder, id, path, map);
		if (ret)
			munmap(map, 1);
		else
			ret = af_add_parts(finder, &text, fd);
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

int af_add_path(struct af_finder *finder, const struct af_caller *caller,
		unsigned int id, const char *path)
{
	int fd = af_objects_open(path);
	int ret;

	if (fd < 0 && caller->optional && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return af_finder_fail_errno(finder, caller, path, errno);
	ret = add_open_file(finder, caller, id, path, fd);
	close(fd);
	return ret;
}
