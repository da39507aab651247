// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading a policy's file. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* strerrordesc_np() */
#endif
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "internal.h"
#include "objects.h"
#include "parse.h"
#include "policy.h"
#include "read.h"

/* Room for a policy at first; most are far smaller. */
#define FIRST_SIZE 16384U

static int read_error(const char *path, int error, struct libaf_error *err)
{
	return af_error(err, af_error_code(error), path, NULL,
			"cannot read the policy: %s", strerrordesc_np(error));
}

static int not_regular(const char *path, mode_t mode, struct libaf_error *err)
{
	return af_error(err, -EINVAL, path, NULL,
			"the policy is not a regular file but %s",
			S_ISDIR(mode)  ? "a directory" :
			S_ISFIFO(mode) ? "a FIFO" :
					 "a device or socket");
}

static int open_policy(const char *path, struct libaf_error *err)
{
	struct stat st;
	int fd;

	do {
		fd = af_objects_open(path);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0 || fstat(fd, &st)) {
		bool missing = errno == ENOENT;
		int ret = read_error(path, errno, err);

		if (missing)
			af_hint(err,
				"`af record` writes one while it watches a program");
		if (fd >= 0)
			close(fd);
		return ret;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return not_regular(path, st.st_mode, err);
	}
	return fd;
}

/* Twice the room.  Returns 0 or a positive errno. */
static int grow(char **text, size_t *size, size_t max)
{
	size_t more = *size * 2;
	char *larger;

	/* One byte more than is allowed tells a file that is too large. */
	if (more > max)
		more = max + 1;
	larger = realloc(*text, more);
	if (!larger)
		return ENOMEM;
	*text = larger;
	*size = more;
	return 0;
}

/*
 * Read all, but not much more than @max.  There is room for @size bytes at
 * first.  *text is to be freed even if this fails.  Returns 0 or a positive
 * errno.
 */
static int read_all(int fd, char **text, size_t *len, size_t size, size_t max)
{
	ssize_t n;

	*len = 0;
	*text = malloc(size);
	if (!*text)
		return ENOMEM;
	do {
		if (*len == size && grow(text, &size, max))
			return ENOMEM;
		n = read(fd, *text + *len, size - *len);
		if (n > 0)
			*len += n;
	} while ((n > 0 && *len <= max) || (n < 0 && errno == EINTR));
	return n < 0 ? errno : 0;
}

static int read_open(int fd, const char *path, char **text, size_t *len,
		     size_t size, size_t max, struct libaf_error *err)
{
	int ret = read_all(fd, text, len, size, max);

	if (!ret && *len <= max)
		return 0;
	free(*text);
	if (ret == ENOMEM)
		return af_error(err, -ENOMEM, path, NULL, "out of memory");
	if (ret)
		return read_error(path, ret, err);
	return af_error(err, -E2BIG, path, NULL,
			"the policy is larger than %zu KiB", max >> 10);
}

/* Returns whether the file is a precompiled policy. */
static bool has_magic(int fd)
{
	char magic[AF_IMAGE_MAGIC_SIZE];
	ssize_t n;

	do {
		n = pread(fd, magic, sizeof(magic), 0);
	} while (n < 0 && errno == EINTR);
	return n > 0 && af_is_image(magic, (size_t)n);
}

static int is_compiled(const char *path, struct libaf_error *err)
{
	af_error(err, -EINVAL, path, NULL, "the policy is a compiled one");
	af_hint(err, "give the file that it was compiled from");
	return -EINVAL;
}

int af_read_text(const char *path, char **text, size_t *len,
		 struct libaf_error *err)
{
	int ret, fd = open_policy(path, err);

	if (fd < 0)
		return fd;
	if (has_magic(fd))
		ret = is_compiled(path, err);
	else
		ret = read_open(fd, path, text, len, FIRST_SIZE, AF_MAX_POLICY,
				err);
	close(fd);
	return ret;
}

/* Room for all of the file, and to see its end. */
static size_t first_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) || st.st_size > AF_MAX_IMAGE ?
		       FIRST_SIZE :
		       (size_t)st.st_size + 1;
}

int af_read_image(const char *path, char **data, size_t *size,
		  struct libaf_error *err)
{
	int ret = 0, fd = open_policy(path, err);

	*data = NULL;
	if (fd < 0)
		return fd;
	if (has_magic(fd))
		ret = read_open(fd, path, data, size, first_size(fd),
				AF_MAX_IMAGE, err);
	close(fd);
	return ret;
}

LIBAF_API int libaf_policy_read(const char *path, struct libaf_policy **policy,
				struct libaf_error *err)
{
	char *text;
	size_t len;
	int ret;

	af_error_clear(err);
	if (policy)
		*policy = NULL;
	if (!path || !policy)
		return af_error(err, -EINVAL, path, NULL,
				"an argument is NULL");
	ret = af_read_text(path, &text, &len, err);
	if (ret)
		return ret;
	ret = af_parse(text, len, path, true, policy, err);
	free(text);
	return ret;
}
