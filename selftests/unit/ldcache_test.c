// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The loader's cache: caches made here, good and damaged ones, and the
 * machine's own, which has to yield what ldconfig prints.
 *
 * Linked with -Wl,--wrap=malloc.
 */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ldcache.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Number of the allocation that fails, counted down; 0 for none. */
static unsigned int fail_in;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	if (fail_in && --fail_in == 0)
		return NULL;
	return __real_malloc(size);
}

/* The flags of entries: libc6 and the architecture. */
#define X86_64 0x0303
#define I386   0x0003
#define X32    0x0803
#define LIBC5  0x0302

/* The bit of hwcap that says that its low half counts glibc-hwcaps. */
#define NAMED (1ULL << 62)

/* Where in the new form is what. */
#define HEAD_SIZE      48
#define ENTRY_SIZE     24
#define NR_ENTRIES_AT  20
#define ENTRY_KEY_AT   4
#define ENTRY_VALUE_AT 8

struct entry {
	uint32_t flags;
	const char *name;
	const char *path;
	uint64_t hwcap;
};

/* The cache under test, as bytes. */
static char bytes[4096];
static size_t nr_bytes;

static void put(const void *data, size_t len)
{
	ck_assert_uint_le(len, sizeof(bytes) - nr_bytes);
	memcpy(bytes + nr_bytes, data, len);
	nr_bytes += len;
}

static void put32(uint32_t value)
{
	put(&value, sizeof(value));
}

/* An old cache of @nr entries that lead nowhere, and what aligns the new. */
static void put_old(uint32_t nr)
{
	put("ld.so-1.7.0", 12);
	put32(nr);
	for (uint32_t i = 0; i < nr; i++) {
		put32(X86_64);
		put32(0);
		put32(0);
	}
	while (nr_bytes % 8)
		put("", 1);
}

static void put_new(const struct entry *entries, size_t nr)
{
	size_t string = HEAD_SIZE + nr * ENTRY_SIZE;

	put("glibc-ld.so.cache1.1", NR_ENTRIES_AT);
	put32(nr);
	for (size_t i = 0; i < 6; i++)
		put32(0);
	for (size_t i = 0; i < nr; i++) {
		put32(entries[i].flags);
		put32(string);
		string += strlen(entries[i].name) + 1;
		put32(string);
		string += strlen(entries[i].path) + 1;
		put32(0);
		put(&entries[i].hwcap, sizeof(entries[i].hwcap));
	}
	for (size_t i = 0; i < nr; i++) {
		put(entries[i].name, strlen(entries[i].name) + 1);
		put(entries[i].path, strlen(entries[i].path) + 1);
	}
}

static struct af_ldcache cache;

/* Read @len bytes of the cache under test. */
static void read_cut(size_t len)
{
	int fd = memfd_create("ldcache_test", MFD_CLOEXEC);
	char path[32];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ck_assert_int_eq(af_ldcache_read(&cache, path), 0);
	close(fd);
}

/* All paths of @name, each with a semicolon behind it. */
static const char *paths_of(const char *name)
{
	static char all[1024];
	const char *path;
	size_t next = 0;

	all[0] = '\0';
	while ((path = af_ldcache_find(&cache, name, &next))) {
		strncat(all, path, sizeof(all) - strlen(all) - 2);
		strcat(all, ";");
	}
	return all;
}

static const struct entry simple[] = {
	{ X86_64, "libb.so.2", "/lib/libb.so.2", 0 },
	{ X86_64, "liba.so.1", "/opt/liba.so.1", 0 },
};

/* As ldconfig sorts them. */
static const struct entry several[] = {
	{ X86_64, "lib.so", "/v2/lib.so", NAMED },
	{ X86_64, "lib.so", "/v3/lib.so", NAMED | 1 },
	{ X86_64, "lib.so", "/lib/lib.so", 0 },
	{ X32, "lib.so", "/x32/lib.so", 0 },
	{ I386, "lib.so", "/i386/lib.so", 0 },
	{ LIBC5, "lib.so", "/libc5/lib.so", 0 },
	{ 0, "lib.so", "/none/lib.so", 0 },
	{ X86_64 | 1U << 31, "lib.so", "/sign/lib.so", 0 },
	{ I386, "lib32.so", "/i386/lib32.so", 0 },
	{ X86_64, "", "/empty", 0 },
};

static void setup(void)
{
	nr_bytes = 0;
}

static void teardown(void)
{
	af_ldcache_release(&cache);
	ck_assert_ptr_null(cache.data);
	ck_assert_uint_eq(cache.nr_entries, 0);
}

START_TEST(test_new) {
	put_new(simple, ARRAY_SIZE(simple));
	read_cut(nr_bytes);
	ck_assert_str_eq(paths_of("liba.so.1"), "/opt/liba.so.1;");
	ck_assert_str_eq(paths_of("libb.so.2"), "/lib/libb.so.2;");
	ck_assert_str_eq(paths_of("liba.so"), "");
	ck_assert_str_eq(paths_of("liba.so.10"), "");
	ck_assert_str_eq(paths_of("/opt/liba.so.1"), "");
	ck_assert_str_eq(paths_of(""), "");
}
END_TEST

/* The new head is aligned: behind an even number of entries and an odd one. */
START_TEST(test_behind_old) {
	put_old(_i);
	put_new(simple, ARRAY_SIZE(simple));
	read_cut(nr_bytes);
	ck_assert_str_eq(paths_of("liba.so.1"), "/opt/liba.so.1;");
	ck_assert_str_eq(paths_of("libb.so.2"), "/lib/libb.so.2;");
}
END_TEST

START_TEST(test_old_alone) {
	put_old(3);
	put("lib.so\0/lib.so", 15);
	read_cut(nr_bytes);
	ck_assert_uint_eq(cache.nr_entries, 0);
	ck_assert_str_eq(paths_of("lib.so"), "");
}
END_TEST

START_TEST(test_several) {
	put_new(several, ARRAY_SIZE(several));
	read_cut(nr_bytes);
	ck_assert_str_eq(paths_of("lib.so"),
			 "/v2/lib.so;/v3/lib.so;/lib/lib.so;");
	ck_assert_str_eq(paths_of("lib32.so"), "");
}
END_TEST

/* The loader never takes the second of two that differ in nothing else. */
START_TEST(test_shadowed) {
	static const struct entry entries[] = {
		{ X86_64, "lib.so", "/a/v3/lib.so", NAMED | 1 },
		{ X86_64, "lib.so", "/b/v3/lib.so", NAMED | 1 },
		{ X86_64, "lib.so", "/a/lib.so", 0 },
		{ X86_64, "lib.so", "/b/lib.so", 0 },
		{ X86_64, "lib.so", "/c/lib.so", 0 },
		{ X86_64, "other.so", "/a/other.so", 0 },
		{ I386, "third.so", "/i386/third.so", 0 },
		{ X86_64, "third.so", "/a/third.so", 0 },
	};

	put_new(entries, ARRAY_SIZE(entries));
	read_cut(nr_bytes);
	ck_assert_str_eq(paths_of("lib.so"), "/a/v3/lib.so;/a/lib.so;");
	ck_assert_str_eq(paths_of("other.so"), "/a/other.so;");
	ck_assert_str_eq(paths_of("third.so"), "/a/third.so;");
}
END_TEST

/* What is left of a cut cache is a beginning of what was there, or nothing. */
static void check_cut(size_t len, size_t first_string)
{
	static const char *const names[] = { "liba.so.1", "libb.so.2" };
	static const char *const whole[] = {
		"/opt/liba.so.1;",
		"/lib/libb.so.2;",
	};

	read_cut(len);
	ck_assert_uint_eq(cache.nr_entries,
			  len < first_string ? 0 : ARRAY_SIZE(simple));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *paths = paths_of(names[i]);
		size_t known = strlen(paths);

		if (known)
			ck_assert(!strncmp(paths, whole[i], known - 1));
		if (len == nr_bytes)
			ck_assert_str_eq(paths, whole[i]);
	}
	af_ldcache_release(&cache);
}

START_TEST(test_truncated) {
	size_t start;

	if (_i)
		put_old(_i);
	start = nr_bytes;
	put_new(simple, ARRAY_SIZE(simple));
	for (size_t len = 0; len <= nr_bytes; len++)
		check_cut(len,
			  start + HEAD_SIZE + ARRAY_SIZE(simple) * ENTRY_SIZE);
}
END_TEST

START_TEST(test_magic) {
	put_new(simple, ARRAY_SIZE(simple));
	for (size_t i = 0; i < NR_ENTRIES_AT; i++) {
		bytes[i] ^= 1;
		read_cut(nr_bytes);
		ck_assert_uint_eq(cache.nr_entries, 0);
		af_ldcache_release(&cache);
		bytes[i] ^= 1;
	}
	read_cut(nr_bytes);
	ck_assert_uint_eq(cache.nr_entries, ARRAY_SIZE(simple));
}
END_TEST

static void set32(size_t at, uint32_t value)
{
	memcpy(bytes + at, &value, sizeof(value));
}

/* More entries than there can be in the file: of both forms. */
START_TEST(test_counts) {
	static const uint32_t counts[] = {
		5, 0x0aaaaaab, 0x15555556, 0x7fffffff, 0x80000000, 0xffffffff,
	};
	size_t start;

	put_old(1);
	start = nr_bytes;
	put_new(simple, ARRAY_SIZE(simple));
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		set32(start + NR_ENTRIES_AT, counts[i]);
		read_cut(nr_bytes);
		ck_assert_uint_eq(cache.nr_entries, 0);
		ck_assert_str_eq(paths_of("liba.so.1"), "");
		af_ldcache_release(&cache);
	}
	set32(start + NR_ENTRIES_AT, ARRAY_SIZE(simple));
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		set32(12, counts[i]);
		read_cut(nr_bytes);
		ck_assert_uint_eq(cache.nr_entries, 0);
		af_ldcache_release(&cache);
	}
	set32(12, 1);
	read_cut(nr_bytes);
	ck_assert_str_eq(paths_of("liba.so.1"), "/opt/liba.so.1;");
}
END_TEST

START_TEST(test_offsets) {
	const uint32_t beyond[] = {
		0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
	};
	const size_t entry = HEAD_SIZE + ENTRY_SIZE;
	uint32_t name, path;

	put_new(simple, ARRAY_SIZE(simple));
	memcpy(&name, bytes + entry + ENTRY_KEY_AT, sizeof(name));
	memcpy(&path, bytes + entry + ENTRY_VALUE_AT, sizeof(path));
	for (size_t i = 0; i <= ARRAY_SIZE(beyond); i++) {
		uint32_t bad = i < ARRAY_SIZE(beyond) ? beyond[i] : nr_bytes;

		set32(entry + ENTRY_KEY_AT, bad);
		read_cut(nr_bytes);
		ck_assert_str_eq(paths_of("liba.so.1"), "");
		ck_assert_str_eq(paths_of("libb.so.2"), "/lib/libb.so.2;");
		af_ldcache_release(&cache);
		set32(entry + ENTRY_KEY_AT, name);

		/* An empty path is no file's. */
		set32(entry + ENTRY_VALUE_AT, bad);
		read_cut(nr_bytes);
		ck_assert_str_eq(paths_of("liba.so.1"), ";");
		af_ldcache_release(&cache);
		set32(entry + ENTRY_VALUE_AT, path);
	}
}
END_TEST

/* Offsets count from the new head, so the end is nearer behind an old one. */
START_TEST(test_offset_behind_old) {
	size_t start;

	put_old(20);
	start = nr_bytes;
	put_new(simple, ARRAY_SIZE(simple));
	set32(start + HEAD_SIZE + ENTRY_VALUE_AT, nr_bytes - 1);
	read_cut(nr_bytes);
	ck_assert_str_eq(paths_of("libb.so.2"), ";");
	ck_assert_str_eq(paths_of("liba.so.1"), "/opt/liba.so.1;");
}
END_TEST

START_TEST(test_string_without_end) {
	put_new(simple, ARRAY_SIZE(simple));
	read_cut(nr_bytes - 1);
	ck_assert_str_eq(paths_of("liba.so.1"), "/opt/liba.so.1;");
}
END_TEST

static void check_empty(const char *path)
{
	memset(&cache, 0xff, sizeof(cache));
	ck_assert_int_eq(af_ldcache_read(&cache, path), 0);
	ck_assert_uint_eq(cache.nr_entries, 0);
	ck_assert_str_eq(paths_of("libc.so.6"), "");
	af_ldcache_release(&cache);
}

START_TEST(test_no_file) {
	char path[32];
	int fd;

	check_empty("/nonexistent/ld.so.cache");
	check_empty("/proc/self");
	check_empty("/dev/zero");
	check_empty("/dev/null");

	/* All that it has is a hole. */
	fd = memfd_create("ldcache_test", MFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (64L << 20) + 1), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ck_assert_int_eq(af_ldcache_read(&cache, path), 0);
	ck_assert_ptr_null(cache.data);
	close(fd);
}
END_TEST

START_TEST(test_no_memory) {
	fail_in = 1;
	ck_assert_int_eq(af_ldcache_read(&cache, "/proc/self/exe"), -ENOMEM);
	ck_assert_uint_eq(fail_in, 0);
	ck_assert_ptr_null(cache.data);
}
END_TEST

/* Compare with a line "\tNAME (libc6,x86-64[, ...]) => PATH". */
static bool check_line(char *line, char *last, size_t size)
{
	char *name = line + strspn(line, "\t");
	char *kind = strstr(name, " (libc6,x86-64");
	char *path = strstr(name, " => ");
	const char *known;
	size_t next = 0;

	if (!kind || !path)
		return false;
	*kind = '\0';
	path += 4;
	path[strcspn(path, "\n")] = '\0';
	/* The first of each is what can be relied on to be found. */
	if (!strcmp(last, name))
		return false;
	snprintf(last, size, "%s", name);
	known = af_ldcache_find(&cache, name, &next);
	ck_assert_ptr_nonnull(known);
	ck_assert_str_eq(known, path);
	return true;
}

START_TEST(test_machine) {
	FILE *list = popen("PATH=/sbin:/usr/sbin:$PATH ldconfig -p", "re");
	char *line = NULL, last[256] = "";
	unsigned int nr = 0;
	size_t size = 0;

	ck_assert_ptr_nonnull(list);
	ck_assert_int_eq(af_ldcache_read(&cache, AF_LDCACHE_PATH), 0);
	ck_assert_str_ne(paths_of("libc.so.6"), "");
	while (getline(&line, &size, list) > 0)
		nr += check_line(line, last, sizeof(last));
	free(line);
	ck_assert_int_eq(pclose(list), 0);
	ck_assert_uint_gt(nr, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ldcache");
	TCase *tcase = tcase_create("ldcache");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_new);
	tcase_add_loop_test(tcase, test_behind_old, 0, 5);
	tcase_add_test(tcase, test_old_alone);
	tcase_add_test(tcase, test_several);
	tcase_add_test(tcase, test_shadowed);
	tcase_add_loop_test(tcase, test_truncated, 0, 3);
	tcase_add_test(tcase, test_magic);
	tcase_add_test(tcase, test_counts);
	tcase_add_test(tcase, test_offsets);
	tcase_add_test(tcase, test_offset_behind_old);
	tcase_add_test(tcase, test_string_without_end);
	tcase_add_test(tcase, test_no_file);
	tcase_add_test(tcase, test_no_memory);
	tcase_add_test(tcase, test_machine);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
