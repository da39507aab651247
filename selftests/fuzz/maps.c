// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maps.h"

#define MAX_MAPPINGS 512
#define PAGE         4096UL
#define VDSO_KEY     1

static struct mapping mappings[MAX_MAPPINGS];
static size_t nr_mappings;
static int probe[2] = { -1, -1 };

static uint64_t key_of(const char *path)
{
	struct stat st;

	if (!strcmp(path, "[vdso]"))
		return VDSO_KEY;
	if (path[0] != '/' || stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	/* Inode numbers of an initramfs begin at 1, too. */
	return ((uint64_t)st.st_dev << 32 | st.st_ino) + VDSO_KEY + 1;
}

static void add_line(const char *line)
{
	struct mapping *m = &mappings[nr_mappings];
	char perms[5], path[512] = "";

	if (sscanf(line,
		   "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %511[^\n]",
		   &m->start, &m->end, perms, &m->offset, path) < 4)
		return;
	/* It is in no process, the kernel only shows it. */
	if (!strcmp(path, "[vsyscall]"))
		return;
	m->key = key_of(path);
	m->text = perms[1] == '-' && perms[2] == 'x' && perms[3] == 'p';
	m->memory = perms[0] == 'r' && !path[0];
	nr_mappings++;
}

int maps_read(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[1024];

	if (!file)
		return -1;
	nr_mappings = 0;
	while (nr_mappings < MAX_MAPPINGS && fgets(line, sizeof(line), file))
		add_line(line);
	fclose(file);
	if (probe[0] < 0 && pipe2(probe, O_CLOEXEC | O_NONBLOCK))
		return -1;
	return nr_mappings && nr_mappings < MAX_MAPPINGS ? 0 : -1;
}

const struct mapping *maps_find(uint64_t addr)
{
	size_t i;

	for (i = 0; i < nr_mappings; i++) {
		if (addr >= mappings[i].start && addr < mappings[i].end)
			return &mappings[i];
	}
	return NULL;
}

static bool byte_readable(uint64_t addr)
{
	char byte;

	return write(probe[1], (const void *)addr, 1) == 1 &&
	       read(probe[0], &byte, 1) == 1;
}

bool maps_readable(uint64_t addr, size_t len)
{
	uint64_t last = addr + len - 1;
	const struct mapping *m;
	uint64_t page;

	if (!len)
		return true;
	if (last < addr)
		return false;
	m = maps_find(addr);
	if (m && m->memory && last < m->end)
		return true;
	for (page = addr & -PAGE; page <= last; page += PAGE) {
		if (!byte_readable(page < addr ? addr : page))
			return false;
	}
	return true;
}
