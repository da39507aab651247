// SPDX-License-Identifier: LGPL-2.1-or-later
/* A library that LD_PRELOAD brings into a program, and that only calculates. */
#include <stdlib.h>

__attribute__((constructor)) static void behave(void)
{
	const char *proof = getenv("PROOF");

	if (proof && proof[0] == 'x')
		abort();
}
