/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding a library's files as the dynamic loader would. */
#ifndef AF_SEARCH_H
#define AF_SEARCH_H

#include <stddef.h>

#include "elf.h"
#include "ldcache.h"

/*
 * Where to look.  @origin is the directory of the program that will load the
 * libraries, NULL if it is not known; @library_path is LD_LIBRARY_PATH or
 * NULL; @interp is the program's loader or NULL, which is its own library.
 * The strings belong to the caller.
 */
struct af_search {
	const char *origin;
	const char *interp;
	const char *rpath;
	const char *runpath;
	const char *library_path;
	struct af_ldcache cache;
};

/* A directory has at most one plain file and three for newer processors. */
#define AF_SEARCH_MAX 4

/*
 * Find the files that @name can stand for: the first place that has any, as
 * the loader searches, with all variants for processors that it has there.
 * A name with a slash is a path.  Returns how many there are, 0 if there is
 * none, or -ENOMEM.  Paths are allocated.
 */
int af_search(const struct af_search *search, const char *name,
	      char *paths[AF_SEARCH_MAX]);

#endif /* AF_SEARCH_H */
