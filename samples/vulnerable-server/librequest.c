// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two mistakes, which are all that an attacker needs.  Together they are one
 * more instance of a kind that has been found in parsers for decades.
 */
#include "librequest.h"

#include <string.h>
#include <unistd.h>

/* One mistake: the answer is the request, with an address of the C library. */
static int refuse(int connection, struct request *request)
{
	if (write(connection, request, sizeof(*request)) < 0)
		return -1;
	return request->log(request->word) < 0 ? -1 : 0;
}

int librequest_read(int connection, struct request *request)
{
	char line[256];
	ssize_t len;

	while ((len = read(connection, line, sizeof(line))) > 0) {
		memset(request->word, 0, sizeof(request->word));
		/* The other: a word can be longer than the place for it. */
		memcpy(request->word, line, (size_t)len - 1);
		if (!strcmp(request->word, "date"))
			return 1;
		if (refuse(connection, request))
			return -1;
	}
	return len < 0 ? -1 : 0;
}
