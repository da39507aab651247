/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the dynamic loader's cache of library paths. */
#ifndef AF_LDCACHE_H
#define AF_LDCACHE_H

#include <stddef.h>

#define AF_LDCACHE_PATH "/etc/ld.so.cache"

struct af_ldcache {
	char *data;
	size_t size;
	size_t entries; /* offset of the first entry */
	size_t nr_entries;
	size_t base; /* what the offsets of strings are relative to */
};

/*
 * Read the cache at @path.  One that is missing or that is of an unknown form
 * is empty, as for the loader.  Returns 0 or -ENOMEM.
 */
int af_ldcache_read(struct af_ldcache *cache, const char *path);
void af_ldcache_release(struct af_ldcache *cache);

/*
 * The next path of an x86-64 library called @name, from entry *@next on, which
 * starts at 0; NULL if there are no more.  One name can have several, for
 * processors of different levels.  The path belongs to @cache.
 */
const char *af_ldcache_find(const struct af_ldcache *cache, const char *name,
			    size_t *next);

#endif /* AF_LDCACHE_H */
