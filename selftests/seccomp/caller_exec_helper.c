// SPDX-License-Identifier: GPL-2.0
/*
 * Exits with what the filter shows as the caller: of a library that it loads
 * by the name given, or of itself.
 */
#include <dlfcn.h>

#include "caller_lib.h"
#include "common.h"

int main(int argc, char **argv)
{
	const struct caller_lib *lib;
	void *handle;

	if (argc < 2)
		return -raw_syscall(PROBE_CALLER, 0, 0, 0, 0, 0);
	handle = dlopen(argv[1], RTLD_NOW);
	lib = handle ? dlsym(handle, "caller_lib") : NULL;
	return lib ? lib->wrapper() : 254;
}
