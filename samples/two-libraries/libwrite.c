// SPDX-License-Identifier: LGPL-2.1-or-later
/* As in libgetpid.c, neither function ends in a call. */
#include "libwrite.h"

#include <string.h>
#include <unistd.h>

int libwrite_write(int fd, const char *text)
{
	size_t len = strlen(text);

	return write(fd, text, len) == (ssize_t)len ? 0 : -1;
}

int libwrite_getpid(pid_t *pid)
{
	*pid = getpid();
	return *pid > 0 ? 0 : -1;
}
