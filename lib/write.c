// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writing a file: beside its place first, then in one step to it.  A device or a
 * pipe is written to instead.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* strerrordesc_np(), asprintf() */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "save.h"

/* Other names to try, if somebody has left a file behind. */
#define MAX_TRIES 100

static int write_error(const char *path, int error, struct libaf_error *err)
{
	int code = af_error_code(error);

	if (error == EROFS || error == EISDIR)
		code = -EACCES;
	return af_error(err, code, path, NULL,
			"cannot write the compiled policy: %s",
			strerrordesc_np(error));
}

/* Returns a descriptor, or -1 with errno.  *@name is allocated then. */
static int create(const char *path, char **name)
{
	int i, fd;

	for (i = 0; i < MAX_TRIES; i++) {
		if (asprintf(name, "%s.%d-%d", path, (int)getpid(), i) < 0) {
			errno = ENOMEM;
			return -1;
		}
		/* Not a temporary file's mode: it is for others to read. */
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0)
			return fd;
		free(*name);
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

/* Returns 0 or a positive errno. */
static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int replace(const char *place, const char *data, size_t size)
{
	char *name;
	int error, fd = create(place, &name);

	if (fd < 0)
		return errno;
	error = write_all(fd, data, size);
	if (!error && fsync(fd))
		error = errno;
	if (close(fd) && !error)
		error = errno;
	if (!error && rename(name, place))
		error = errno;
	if (error)
		unlink(name);
	free(name);
	return error;
}

/*
 * Where a link leads to, allocated, or NULL and errno.  One that leads nowhere is
 * not replaced: /dev/stdout may do so.
 */
static char *find_place(const char *path)
{
	char *place = realpath(path, NULL);
	struct stat st;

	if (!place && errno == ENOENT && lstat(path, &st))
		place = strdup(path);
	return place;
}

static int write_file(const char *path, const char *data, size_t size)
{
	char *place = find_place(path);
	int error;

	if (!place)
		return errno;
	error = replace(place, data, size);
	free(place);
	return error;
}

static int write_device(const char *path, const char *data, size_t size)
{
	int error, fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return errno;
	error = write_all(fd, data, size);
	if (close(fd) && !error)
		error = errno;
	return error;
}

int af_write_file(const char *path, const void *data, size_t size,
		  struct libaf_error *err)
{
	struct stat st;
	int error;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		error = write_device(path, data, size);
	else
		error = write_file(path, data, size);
	return error ? write_error(path, error, err) : 0;
}
