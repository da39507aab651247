// SPDX-License-Identifier: LGPL-2.1-or-later
/* A library with a section that is told apart from the rest of it. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* No tail calls: the library would not be on the stack. */
int lib_rest_makes(const char *path);
int lib_rest_removes(const char *path);
int lib_part_makes(const char *path);
int lib_part_removes(const char *path);
int lib_part_has_rest_make(const char *path);

int lib_rest_makes(const char *path)
{
	int ret = mkdir(path, 0700);

	return ret ? errno : 0;
}

int lib_rest_removes(const char *path)
{
	int ret = rmdir(path);

	return ret ? errno : 0;
}

#define PART __attribute__((section("part_text"), noinline))

PART int lib_part_makes(const char *path)
{
	int ret = mkdir(path, 0700);

	return ret ? errno : 0;
}

PART int lib_part_removes(const char *path)
{
	int ret = rmdir(path);

	return ret ? errno : 0;
}

PART int lib_part_has_rest_make(const char *path)
{
	int ret = lib_rest_makes(path);

	return -ret;
}
