// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading a policy's file. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* strerrordesc_np() */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "parse.h"
#include "policy.h"
#include "read.h"

/* Room for a policy at first; most are far smaller. */
#define FIRST_SIZE 16384U

static int read_error(const char *path, int error, struct libaf_error *err)
{
	int code;

	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		code = -ENOENT;
		break;
	case EACCES:
	case EPERM:
		code = -EACCES;
		break;
	case ENOMEM:
		code = -ENOMEM;
		break;
	default:
		code = -EIO;
		break;
	}
	return af_error(err, code, path, NULL, "cannot read the policy: %s",
			strerrordesc_np(error));
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

	/* Opening a FIFO would wait for a writer but for O_NONBLOCK. */
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	} while (fd < 0 && errno == EINTR);
	/* This is how a socket cannot be opened. */
	if (fd < 0 && errno == ENXIO)
		return not_regular(path, S_IFSOCK, err);
	if (fd < 0 || fstat(fd, &st)) {
		int ret = read_error(path, errno, err);

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
static int grow(char **text, size_t *size)
{
	size_t more = *size ? *size * 2 : FIRST_SIZE;
	char *larger;

	/* One byte more than is allowed tells a file that is too large. */
	if (more > AF_MAX_POLICY)
		more = AF_MAX_POLICY + 1;
	larger = realloc(*text, more);
	if (!larger)
		return ENOMEM;
	*text = larger;
	*size = more;
	return 0;
}

/*
 * Read all, but not much more than AF_MAX_POLICY.  *text is to be freed even
 * if this fails.  Returns 0 or a positive errno.
 */
static int read_all(int fd, char **text, size_t *len)
{
	size_t size = 0;
	ssize_t n;

	*text = NULL;
	*len = 0;
	do {
		if (*len == size && grow(text, &size))
			return ENOMEM;
		n = read(fd, *text + *len, size - *len);
		if (n > 0)
			*len += n;
	} while ((n > 0 && *len <= AF_MAX_POLICY) || (n < 0 && errno == EINTR));
	return n < 0 ? errno : 0;
}

static int read_open(int fd, const char *path, char **text, size_t *len,
		     struct libaf_error *err)
{
	int ret = read_all(fd, text, len);

	if (!ret && *len <= AF_MAX_POLICY)
		return 0;
	free(*text);
	if (ret == ENOMEM)
		return af_error(err, -ENOMEM, path, NULL, "out of memory");
	if (ret)
		return read_error(path, ret, err);
	return af_error(err, -E2BIG, path, NULL,
			"the policy is larger than %u KiB",
			AF_MAX_POLICY >> 10);
}

int af_read_text(const char *path, char **text, size_t *len,
		 struct libaf_error *err)
{
	int ret, fd = open_policy(path, err);

	if (fd < 0)
		return fd;
	ret = read_open(fd, path, text, len, err);
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
