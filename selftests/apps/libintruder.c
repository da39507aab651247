// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A library that LD_PRELOAD slips into a program.  It opens a file for
 * writing, with a call that other libraries of the program may make.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void intrude(void)
{
	const char *proof = getenv("PROOF");
	int fd = proof ? open(proof, O_WRONLY | O_CREAT, 0600) : -1;

	if (fd >= 0)
		close(fd);
}
