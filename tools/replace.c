// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
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

/* Those of what is replaced, or the mode of any new file. */
static int set_mode(int fd, const char *path)
{
	struct stat st;
	mode_t mask;

	if (!stat(path, &st)) {
		/* What the group may do is not for another one. */
		if (fchown(fd, st.st_uid, st.st_gid) &&
		    fchown(fd, (uid_t)-1, st.st_gid))
			st.st_mode &= ~S_IRWXG;
		return fchmod(fd, st.st_mode & 0777);
	}
	mask = umask(0);
	umask(mask);
	return fchmod(fd, 0666 & ~mask);
}

/* @new_path: a template, which becomes the path; @path: whose mode it gets */
static int write_new(const char *path, char *new_path, const char *text,
		     size_t len)
{
	int error = 0, fd = mkostemp(new_path, O_CLOEXEC);

	if (fd < 0)
		return errno;
	if (set_mode(fd, path))
		error = errno;
	if (!error)
		error = write_all(fd, text, len);
	if (close(fd) && !error)
		error = errno;
	if (error)
		unlink(new_path);
	return error;
}

/* What a link at @path says, from there; allocated. */
static char *follow(const char *path, const char *link)
{
	const char *slash = strrchr(path, '/');
	char *target;

	if (*link == '/' || !slash)
		return strdup(link);
	if (asprintf(&target, "%.*s/%s", (int)(slash - path), path, link) < 0)
		return NULL;
	return target;
}

/* Where a link leads to; allocated.  NULL and errno if that cannot be told. */
static char *find_target(const char *path)
{
	char *target = realpath(path, NULL), *next;
	char link[PATH_MAX];
	ssize_t len;

	if (target || errno != ENOENT)
		return target;
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return strdup(path);
	link[len] = 0;
	next = follow(path, link);
	/* It is no circle: that is no ENOENT. */
	target = next ? find_target(next) : NULL;
	free(next);
	return target;
}

/* Does the directory, as /tmp, keep who we are from replacing this file? */
static bool is_sticky(const char *directory, const char *path)
{
	struct stat st, file;
	uid_t uid = geteuid();

	return uid && !stat(directory, &st) && st.st_mode & S_ISVTX &&
	       st.st_uid != uid && !lstat(path, &file) && file.st_uid != uid;
}

int af_can_replace_file(const char *path)
{
	char *target = find_target(path), *directory;
	int error = 0;

	if (!target)
		return errno;
	directory = strdup(target);
	if (!directory)
		error = ENOMEM;
	else if (faccessat(AT_FDCWD, dirname(directory), W_OK | X_OK,
			   AT_EACCESS))
		error = errno;
	else if (is_sticky(directory, target))
		error = EPERM;
	free(directory);
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
	if (!error && rename(new_path, target)) {
		error = errno;
		unlink(new_path);
	}
	free(new_path);
	free(target);
	return error;
}

char *af_keep_beside_file(const char *path, const char *text, size_t len)
{
	const char *tmp = getenv("TMPDIR"), *name = strrchr(path, '/');
	char *new_path;

	if (asprintf(&new_path, "%s.XXXXXX", path) < 0)
		return NULL;
	if (!write_new(path, new_path, text, len))
		return new_path;
	free(new_path);
	if (asprintf(&new_path, "%s/%s.XXXXXX", tmp && *tmp ? tmp : "/tmp",
		     name ? name + 1 : path) < 0)
		return NULL;
	if (!write_new(path, new_path, text, len))
		return new_path;
	free(new_path);
	return NULL;
}
