// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The form of the cache is glibc's (elf/dl-cache.h).  Up to glibc 2.31 what is
 * read here follows an older cache in the same file; since then it is alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ldcache.h"

#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"

/* FLAG_X8664_LIB64 | FLAG_ELF_LIBC6 */
#define X86_64_LIBRARY 0x0303

/* A cache of 4,000 libraries has half a megabyte. */
#define MAX_SIZE (64U << 20)

struct old_head {
	char magic[sizeof(OLD_MAGIC) - 1];
	uint32_t nr_entries;
};

struct old_entry {
	int32_t flags;
	uint32_t key;
	uint32_t value;
};

struct new_head {
	char magic[sizeof(NEW_MAGIC) - 1];
	uint32_t nr_entries;
	uint32_t len_strings;
	uint32_t unused[5];
};

struct new_entry {
	int32_t flags;
	uint32_t key;
	uint32_t value;
	uint32_t osversion;
	uint64_t hwcap;
};

_Static_assert(sizeof(struct new_head) == 48, "as in the file");
_Static_assert(sizeof(struct new_entry) == 24, "as in the file");

/* Where the new cache begins behind an old one. */
static size_t skip_old(const struct af_ldcache *cache)
{
	struct old_head head;
	size_t end;

	if (cache->size < sizeof(head))
		return 0;
	memcpy(&head, cache->data, sizeof(head));
	if (memcmp(head.magic, OLD_MAGIC, sizeof(head.magic)))
		return 0;
	end = sizeof(head) + head.nr_entries * sizeof(struct old_entry);
	/* The new head is aligned as its widest member. */
	return (end + 7) & ~(size_t)7;
}

static void find_entries(struct af_ldcache *cache)
{
	size_t start = skip_old(cache);
	struct new_head head;

	if (start > cache->size || cache->size - start < sizeof(head))
		return;
	memcpy(&head, cache->data + start, sizeof(head));
	if (memcmp(head.magic, NEW_MAGIC, sizeof(head.magic)))
		return;
	if (head.nr_entries >
	    (cache->size - start - sizeof(head)) / sizeof(struct new_entry))
		return;
	cache->base = start;
	cache->entries = start + sizeof(head);
	cache->nr_entries = head.nr_entries;
}

static int read_all(struct af_ldcache *cache, int fd)
{
	struct stat st;
	size_t have = 0;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > MAX_SIZE)
		return 0;
	cache->data = malloc(st.st_size + 1);
	if (!cache->data)
		return -ENOMEM;
	while (have < (size_t)st.st_size) {
		ssize_t len = read(fd, cache->data + have, st.st_size - have);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			break;
		have += len;
	}
	/* So that every string in it ends. */
	cache->data[have] = 0;
	cache->size = have;
	return 0;
}

int af_ldcache_read(struct af_ldcache *cache, const char *path)
{
	int fd, ret;

	memset(cache, 0, sizeof(*cache));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return 0;
	ret = read_all(cache, fd);
	close(fd);
	if (!ret)
		find_entries(cache);
	return ret;
}

void af_ldcache_release(struct af_ldcache *cache)
{
	free(cache->data);
	memset(cache, 0, sizeof(*cache));
}

static const char *string_at(const struct af_ldcache *cache, uint32_t offset)
{
	if (offset >= cache->size - cache->base)
		return "";
	return cache->data + cache->base + offset;
}

static struct new_entry entry_at(const struct af_ldcache *cache, size_t i)
{
	struct new_entry entry;

	memcpy(&entry, cache->data + cache->entries + i * sizeof(entry),
	       sizeof(entry));
	return entry;
}

static bool is_called(const struct af_ldcache *cache,
		      const struct new_entry *entry, const char *name)
{
	return entry->flags == X86_64_LIBRARY &&
	       !strcmp(string_at(cache, entry->key), name);
}

/*
 * Of those that differ only in their directory, which stand together, the
 * loader knows the first, even if that is no longer there.
 */
static bool is_shadowed(const struct af_ldcache *cache, size_t i,
			const struct new_entry *entry, const char *name)
{
	struct new_entry last;

	if (!i)
		return false;
	last = entry_at(cache, i - 1);
	return last.hwcap == entry->hwcap && is_called(cache, &last, name);
}

const char *af_ldcache_find(const struct af_ldcache *cache, const char *name,
			    size_t *next)
{
	while (*next < cache->nr_entries) {
		size_t i = (*next)++;
		struct new_entry entry = entry_at(cache, i);

		if (is_called(cache, &entry, name) &&
		    !is_shadowed(cache, i, &entry, name))
			return string_at(cache, entry.value);
	}
	return NULL;
}
