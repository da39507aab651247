// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			text += n;
			len -= n;
		}
	}
	return fsync(fd) ? errno : 0;
}

/* The mode of what is replaced, or of any new file. */
static mode_t choose_mode(const char *path)
{
	struct stat st;
	mode_t mask;

	if (!stat(path, &st))
		return st.st_mode & 07777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

static int write_new(const char *path, char *new_path, const char *text,
		     size_t len)
{
	int error = 0, fd = mkostemp(new_path, O_CLOEXEC);

	if (fd < 0)
		return errno;
	if (fchmod(fd, choose_mode(path)))
		error = errno;
	if (!error)
		error = write_all(fd, text, len);
	if (close(fd) && !error)
		error = errno;
	if (!error && rename(new_path, path))
		error = errno;
	if (error)
		unlink(new_path);
	return error;
}

/* Where a link leads to; allocated.  NULL and errno if that cannot be told. */
static char *find_target(const char *path)
{
	char *target = realpath(path, NULL);

	if (!target && errno == ENOENT)
		target = strdup(path);
	return target;
}

int af_can_replace_file(const char *path)
{
	char *target = find_target(path);
	int error = 0;

	if (!target)
		return errno;
	if (faccessat(AT_FDCWD, dirname(target), W_OK | X_OK, AT_EACCESS))
		error = errno;
	free(target);
	return error;
}

int af_replace_file(const char *path, const char *text, size_t len)
{
	char *target = find_target(path), *new_path;
	int error;

	if (!target)
		return errno;
	if (asprintf(&new_path, "%s.XXXXXX", target) < 0) {
		free(target);
		return ENOMEM;
	}
	error = write_new(target, new_path, text, len);
	free(new_path);
	free(target);
	return error;
}
