// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Finding libraries, in a file system that consists of a list of names.
 *
 * What is expected was seen of the loader of glibc 2.36.
 */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "search.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Number of the allocation that fails, counted down; 0 for none. */
static unsigned int fail_in;

/* Allocations that have not been freed. */
static long nr_live;

/* The names of all files, each with a space behind it; NULL for the real. */
static const char *files;

void *__real_malloc(size_t size);
char *__real_strdup(const char *text);
void __real_free(void *memory);
int __real_stat(const char *path, struct stat *st);
void *__wrap_malloc(size_t size);
char *__wrap_strdup(const char *text);
int __wrap_asprintf(char **text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **text, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void __wrap_free(void *memory);
int __wrap_stat(const char *path, struct stat *st);

static bool must_fail(void)
{
	if (fail_in && --fail_in == 0)
		return true;
	nr_live++;
	return false;
}

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

char *__wrap_strdup(const char *text)
{
	return must_fail() ? NULL : __real_strdup(text);
}

static int print(char **text, const char *format, va_list args)
{
	/* glibc promises nothing about the pointer then. */
	if (must_fail()) {
		*text = (char *)(uintptr_t)8;
		return -1;
	}
	return vasprintf(text, format, args);
}

int __wrap_asprintf(char **text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = print(text, format, args);
	va_end(args);
	return len;
}

/* What asprintf() is with _FORTIFY_SOURCE. */
int __wrap___asprintf_chk(char **text, int level, const char *format, ...)
{
	va_list args;
	int len;

	(void)level;
	va_start(args, format);
	len = print(text, format, args);
	va_end(args);
	return len;
}

void __wrap_free(void *memory)
{
	if (memory)
		nr_live--;
	__real_free(memory);
}

int __wrap_stat(const char *path, struct stat *st)
{
	size_t len = strlen(path);
	const char *file;

	if (!files)
		return __real_stat(path, st);
	for (file = files; *file; file += strcspn(file, " ") + 1) {
		if (strcspn(file, " ") != len || strncmp(file, path, len))
			continue;
		memset(st, 0, sizeof(*st));
		st->st_mode = S_IFREG | 0644;
		return 0;
	}
	errno = ENOENT;
	return -1;
}

/* As in the file. */
struct cache_entry {
	int32_t flags;
	uint32_t key;
	uint32_t value;
	uint32_t osversion;
	uint64_t hwcap;
};

static char cache_data[1024];

/* A cache that has lib.so at @paths, each of which has a space behind it. */
static struct af_ldcache make_cache(const char *paths)
{
	struct af_ldcache cache = {
		.data = cache_data,
		.size = sizeof(cache_data),
	};
	size_t string = 512;

	memset(cache_data, 0, sizeof(cache_data));
	strcpy(cache_data + 500, "lib.so");
	while (*paths) {
		struct cache_entry entry = {
			.flags = 0x0303,
			.key = 500,
			.value = string,
			.hwcap = cache.nr_entries,
		};
		size_t len = strcspn(paths, " ");

		memcpy(cache_data + cache.nr_entries * sizeof(entry), &entry,
		       sizeof(entry));
		memcpy(cache_data + string, paths, len);
		string += len + 1;
		paths += len + 1;
		cache.nr_entries++;
	}
	return cache;
}

#define V2 "glibc-hwcaps/x86-64-v2/"
#define V3 "glibc-hwcaps/x86-64-v3/"
#define V4 "glibc-hwcaps/x86-64-v4/"

#define DEBIAN "lib/x86_64-linux-gnu"

struct test {
	const char *files;
	const char *name; /* lib.so if NULL */
	const char *rpath;
	const char *library_path;
	const char *runpath;
	const char *cached;
	const char *interp;
	bool no_origin;
	const char *expected;
};

#define EVERYWHERE \
	"/rp/lib.so /llp/lib.so /run/lib.so /cached/lib.so /lib/lib.so "

static const struct test tests[] = {
	/* The order; who is not there is passed over. */
	{ .files = EVERYWHERE,
	  .rpath = "/rp",
	  .library_path = "/llp",
	  .cached = "/cached/lib.so ",
	  .expected = "/rp/lib.so " },
	{ .files = EVERYWHERE,
	  .library_path = "/llp",
	  .runpath = "/run",
	  .cached = "/cached/lib.so ",
	  .expected = "/llp/lib.so " },
	{ .files = EVERYWHERE,
	  .library_path = "/none",
	  .runpath = "/run",
	  .cached = "/cached/lib.so ",
	  .expected = "/run/lib.so " },
	{ .files = EVERYWHERE,
	  .rpath = "/none",
	  .library_path = "/llp",
	  .expected = "/llp/lib.so " },
	{ .files = EVERYWHERE,
	  .library_path = "/none",
	  .runpath = "/none",
	  .cached = "/cached/lib.so ",
	  .expected = "/cached/lib.so " },
	{ .files = EVERYWHERE,
	  .cached = "/removed/lib.so ",
	  .expected = "/lib/lib.so " },
	{ .files = EVERYWHERE, .name = "other.so", .rpath = "/rp" },
	{ .files = "" },
	{ .files = EVERYWHERE, .name = "" },

	/* The directories of the system, in their order. */
	{ .files = "/usr/lib64/lib.so /lib64/lib.so /usr/lib/lib.so "
		   "/lib/lib.so /usr/" DEBIAN "/lib.so /" DEBIAN "/lib.so ",
	  .expected = "/" DEBIAN "/lib.so " },
	{ .files = "/usr/lib64/lib.so /lib64/lib.so /usr/lib/lib.so "
		   "/lib/lib.so /usr/" DEBIAN "/lib.so ",
	  .expected = "/usr/" DEBIAN "/lib.so " },
	{ .files = "/usr/lib64/lib.so /lib64/lib.so /usr/lib/lib.so "
		   "/lib/lib.so ",
	  .expected = "/lib/lib.so " },
	{ .files = "/usr/lib64/lib.so /lib64/lib.so /usr/lib/lib.so ",
	  .expected = "/usr/lib/lib.so " },
	{ .files = "/usr/lib64/lib.so /lib64/lib.so ",
	  .expected = "/lib64/lib.so " },
	{ .files = "/usr/lib64/lib.so ", .expected = "/usr/lib64/lib.so " },

	/* Lists: what separates, in which order, and where nothing stands. */
	{ .files = "/a/lib.so /b/lib.so ",
	  .rpath = "/b:/a",
	  .expected = "/b/lib.so " },
	{ .files = "/a/lib.so /b/lib.so ",
	  .library_path = "/none;/a:/b",
	  .expected = "/a/lib.so " },
	{ .files = "/a/lib.so /none;/a/lib.so ",
	  .runpath = "/none;/a",
	  .expected = "/none;/a/lib.so " },
	{ .files = "./lib.so /a/lib.so ",
	  .library_path = ":/a",
	  .expected = "./lib.so " },
	{ .files = "./lib.so ", .library_path = "/a:", .expected = "./lib.so " },
	{ .files = "./lib.so ",
	  .library_path = "/a;;/b",
	  .expected = "./lib.so " },
	{ .files = "./lib.so ", .runpath = ":", .expected = "./lib.so " },
	/* Not even an element: the current directory is not searched. */
	{ .files = "./lib.so ", .library_path = "" },
	{ .files = "./lib.so ", .rpath = "" },
	{ .files = "./lib.so ", .runpath = "" },

	/* Tokens. */
	{ .files = "/prog/lib.so ",
	  .rpath = "$ORIGIN",
	  .expected = "/prog/lib.so " },
	{ .files = "/prog/../x/lib.so ",
	  .runpath = "/a:${ORIGIN}/../x",
	  .expected = "/prog/../x/lib.so " },
	{ .files = "/a/prog/b/progc/lib.so ",
	  .library_path = "/a$ORIGIN/b${ORIGIN}c",
	  .expected = "/a/prog/b/progc/lib.so " },
	{ .files = "/opt/" DEBIAN "/lib.so ",
	  .rpath = "/opt/$LIB",
	  .expected = "/opt/" DEBIAN "/lib.so " },
	{ .files = "/opt/" DEBIAN "64/lib.so ",
	  .rpath = "/opt/${LIB}64",
	  .expected = "/opt/" DEBIAN "64/lib.so " },
	{ .files = "/prog/" DEBIAN "-1/lib.so ",
	  .rpath = "$ORIGIN/$LIB-1",
	  .expected = "/prog/" DEBIAN "-1/lib.so " },
	/* What is no token stays as it is. */
	{ .files = "/progs/lib.so $ORIGINs/lib.so ",
	  .rpath = "$ORIGINs",
	  .expected = "$ORIGINs/lib.so " },
	{ .files = "/opt/$LIB64/lib.so /opt/" DEBIAN "64/lib.so ",
	  .rpath = "/opt/$LIB64",
	  .expected = "/opt/$LIB64/lib.so " },
	{ .files = "/opt/$LIB_/lib.so ",
	  .rpath = "/opt/$LIB_",
	  .expected = "/opt/$LIB_/lib.so " },
	{ .files = "$FOO/lib.so /a/lib.so ",
	  .rpath = "$FOO:/a",
	  .expected = "$FOO/lib.so " },
	{ .files = "/a$/lib.so ", .rpath = "/a$", .expected = "/a$/lib.so " },
	{ .files = "/${ORIGIN/lib.so /prog/lib.so ",
	  .rpath = "/${ORIGIN:/prog}",
	  .expected = "/${ORIGIN/lib.so " },
	{ .files = "${ORIGINx}/lib.so /prog/lib.so /progx}/lib.so ",
	  .rpath = "${ORIGINx}",
	  .expected = "${ORIGINx}/lib.so " },
	{ .files = "$origin/lib.so ",
	  .rpath = "$origin",
	  .expected = "$origin/lib.so " },
	/* A list ends a token, but what follows the list is not looked at. */
	{ .files = "$ORIGI/lib.so /prog/lib.so ",
	  .rpath = "$ORIGI:N",
	  .expected = "$ORIGI/lib.so " },
	/* A directory that nobody knows is passed over. */
	{ .files = "/a/lib.so /lib.so /x/lib.so x86_64/lib.so ",
	  .rpath = "$ORIGIN/x:/x$ORIGIN:${ORIGIN}:/a",
	  .no_origin = true,
	  .expected = "/a/lib.so " },
	{ .files = "x86_64/lib.so $PLATFORM/lib.so /a/lib.so ",
	  .rpath = "$PLATFORM:${PLATFORM}:/a",
	  .expected = "/a/lib.so " },

	/* For newer processors: all of one directory, none of the next. */
	{ .files = "/a/lib.so /a/" V2 "lib.so /a/" V3 "lib.so /a/" V4
		   "lib.so /b/lib.so ",
	  .rpath = "/a:/b",
	  .expected = "/a/" V4 "lib.so /a/" V3 "lib.so /a/" V2
		      "lib.so /a/lib.so " },
	{ .files = "/a/" V3 "lib.so /b/lib.so ",
	  .runpath = "/a:/b",
	  .expected = "/a/" V3 "lib.so " },
	{ .files = "/lib/" V2 "lib.so /lib/lib.so /usr/lib/lib.so ",
	  .expected = "/lib/" V2 "lib.so /lib/lib.so " },
	{ .files = "/c/v4 /c/v3 /c/0 /lib/lib.so ",
	  .cached = "/c/v4 /c/v3 /c/v2 /c/0 ",
	  .expected = "/c/v4 /c/v3 /c/0 " },
	/* More than there is room for. */
	{ .files = "/c/1 /c/2 /c/3 /c/4 /c/5 /c/6 ",
	  .cached = "/c/1 /c/2 /c/3 /c/4 /c/5 /c/6 ",
	  .expected = "/c/1 /c/2 /c/3 /c/4 " },

	/* Paths are not searched for, nor looked at. */
	{ .files = "", .name = "/x/y.so", .expected = "/x/y.so " },
	{ .files = "/rp/y.so /rp/./y.so ",
	  .name = "./y.so",
	  .rpath = "/rp",
	  .expected = "./y.so " },
	{ .files = "", .name = "$ORIGIN/y", .expected = "$ORIGIN/y " },

	/* The loader is where the program says. */
	{ .files = "/rp/ld.so /cached/ld.so ",
	  .name = "ld.so",
	  .rpath = "/rp",
	  .interp = "/lib64/ld.so",
	  .expected = "/lib64/ld.so " },
	{ .files = "/rp/ld.so ",
	  .name = "ld.so",
	  .rpath = "/rp",
	  .interp = "ld.so",
	  .expected = "ld.so " },
	{ .files = "/rp/ld.so ",
	  .name = "ld.so",
	  .rpath = "/rp",
	  .interp = "/lib64/ld.so.2",
	  .expected = "/rp/ld.so " },
	{ .files = "/rp/ld.so ",
	  .name = "ld.so",
	  .rpath = "/rp",
	  .interp = "/lib64/xld.so",
	  .expected = "/rp/ld.so " },
};

static struct af_search make_search(const struct test *test)
{
	return (struct af_search){
		.origin = test->no_origin ? NULL : "/prog",
		.interp = test->interp,
		.rpath = test->rpath,
		.runpath = test->runpath,
		.library_path = test->library_path,
		.cache = make_cache(test->cached ? test->cached : ""),
	};
}

static const char *name_of(const struct test *test)
{
	return test->name ? test->name : "lib.so";
}

/* Put the paths that were found together, and free them. */
static const char *join(char **paths, int nr)
{
	static char all[512];
	int i;

	all[0] = '\0';
	for (i = 0; i < nr; i++) {
		strcat(strcat(all, paths[i]), " ");
		free(paths[i]);
	}
	return all;
}

START_TEST(test_search) {
	const struct test *test = &tests[_i];
	struct af_search search = make_search(test);
	char *paths[AF_SEARCH_MAX];
	long live = nr_live;
	int nr;

	files = test->files;
	nr = af_search(&search, name_of(test), paths);
	files = NULL;
	ck_assert_int_ge(nr, 0);
	ck_assert_int_le(nr, AF_SEARCH_MAX);
	ck_assert_str_eq(join(paths, nr), test->expected ? test->expected : "");
	ck_assert_int_eq(nr_live, live);
}
END_TEST

/*
 * Whichever allocation fails, the answer is no other one: a directory that was
 * passed over would make a wrong file that library.
 */
START_TEST(test_no_memory) {
	const struct test *test = &tests[_i];
	struct af_search search = make_search(test);
	char *paths[AF_SEARCH_MAX];
	unsigned int i;

	files = test->files;
	for (i = 1; i < 1000; i++) {
		long live = nr_live;
		int nr;

		fail_in = i;
		nr = af_search(&search, name_of(test), paths);
		if (fail_in) {
			fail_in = 0;
			join(paths, nr);
			break;
		}
		ck_assert_int_eq(nr, -ENOMEM);
		ck_assert_int_eq(nr_live, live);
	}
	files = NULL;
	ck_assert_uint_gt(i, 1);
	ck_assert_uint_lt(i, 1000);
}
END_TEST

/* Long, and many: no limit of its own, and each is tried once. */
START_TEST(test_long) {
	size_t size = 128 << 10, i;
	char *list = malloc(size), *dir = malloc(8192);
	char *paths[AF_SEARCH_MAX];
	struct af_search search = { .library_path = list };

	memset(dir, 'd', 8191);
	dir[8191] = '\0';
	search.origin = dir;
	for (i = 0; i < size; i++)
		list[i] = ':';
	strcpy(list + size - sizeof(":$ORIGIN"), ":$ORIGIN");
	files = "";
	ck_assert_int_eq(af_search(&search, "lib.so", paths), 0);
	files = NULL;

	memset(list, 'e', size - 1);
	ck_assert_int_eq(af_search(&search, "lib.so", paths), 0);
	free(list);
	free(dir);
}
END_TEST

static char dir[32];

static void make_dir(void)
{
	strcpy(dir, "/tmp/search_test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
	static const char *const names[] = { "fifo", "file", "link", "broken" };
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/dir", dir);
	rmdir(path);
	rmdir(dir);
}

/* What is no regular file is not a library, and does not end the search. */
START_TEST(test_kinds) {
	static const struct {
		const char *name;
		int nr;
	} kinds[] = {
		{ "fifo", 0 }, { "dir", 0 },  { "broken", 0 },
		{ "file", 1 }, { "link", 1 }, { "none", 0 },
	};
	struct af_search search = { .runpath = dir };
	char path[64], *paths[AF_SEARCH_MAX];

	snprintf(path, sizeof(path), "%s/fifo", dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/dir", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/file", dir);
	ck_assert_int_eq(mknod(path, S_IFREG | 0600, 0), 0);
	snprintf(path, sizeof(path), "%s/link", dir);
	ck_assert_int_eq(symlink("file", path), 0);
	snprintf(path, sizeof(path), "%s/broken", dir);
	ck_assert_int_eq(symlink("none", path), 0);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int nr = af_search(&search, kinds[i].name, paths);

		ck_assert_int_eq(nr, kinds[i].nr);
		snprintf(path, sizeof(path), "%s/%s ", dir, kinds[i].name);
		if (nr)
			ck_assert_str_eq(join(paths, nr), path);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("search");
	TCase *tcase = tcase_create("search");
	TCase *real = tcase_create("real files");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_search, 0, ARRAY_SIZE(tests));
	tcase_add_loop_test(tcase, test_no_memory, 0, ARRAY_SIZE(tests));
	tcase_add_test(tcase, test_long);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(real, make_dir, remove_dir);
	tcase_add_test(real, test_kinds);
	suite_add_tcase(suite, real);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
