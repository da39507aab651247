// SPDX-License-Identifier: LGPL-2.1-or-later
/* What text a process has, seen of this one. */
#define _GNU_SOURCE
#include <check.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../tools/maps.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

#define PAGE 4096UL

static const char *const transparent[] = {
	"libc.so.6",
	"ld-linux-x86-64.so.2",
	NULL,
};

static struct af_binaries binaries;
static struct af_maps *maps;

static void setup(void)
{
	ck_assert_int_eq(
		af_binaries_begin(&binaries, NULL, transparent, getpid()), 0);
	maps = af_maps_new(getpid());
}

static void teardown(void)
{
	af_maps_put(maps);
	af_binaries_release(&binaries);
}

static const struct af_walk_text *find(const void *addr, uint64_t *offset)
{
	return af_maps_find(maps, &binaries, getpid(), (uintptr_t)addr, offset);
}

static const struct af_binary *owner_of(const void *addr)
{
	uint64_t offset;
	const struct af_walk_text *text = find(addr, &offset);

	return text ? text->owner : NULL;
}

/* The file of libc, and its first executable segment. */
struct library {
	char path[256];
	uint64_t addr;
	ElfW(Phdr) text;
};

static int find_libc(struct dl_phdr_info *info, size_t size, void *data)
{
	struct library *libc = data;

	(void)size;
	if (!strstr(info->dlpi_name, "/libc.so.6"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_LOAD ||
		    !(info->dlpi_phdr[i].p_flags & PF_X))
			continue;
		snprintf(libc->path, sizeof(libc->path), "%s", info->dlpi_name);
		libc->text = info->dlpi_phdr[i];
		libc->addr = info->dlpi_addr + libc->text.p_vaddr;
		return 1;
	}
	return 0;
}

static struct library get_libc(void)
{
	struct library libc = { .addr = 0 };

	ck_assert_int_eq(dl_iterate_phdr(find_libc, &libc), 1);
	return libc;
}

/* Tell that this call has been made. */
static void tell(unsigned int nr, const void *addr, uint64_t len, uint64_t arg2,
		 uint64_t arg3)
{
	const uint64_t args[6] = { (uintptr_t)addr, len, arg2, arg3 };

	af_maps_after_call(maps, af_maps_before_call(maps, nr, args));
}

/* Map a page of a file; what may be text is told as the tracer would. */
static void *map(const char *path, uint64_t offset, int prot, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *page = mmap(NULL, PAGE, prot, flags, fd, (off_t)offset);

	ck_assert_ptr_ne(page, MAP_FAILED);
	close(fd);
	tell(SYS_mmap, NULL, PAGE, prot, flags);
	return page;
}

static void *map_libc(int prot, int flags)
{
	struct library libc = get_libc();
	void *page = map(libc.path, libc.text.p_offset, prot, flags);

	return page;
}

START_TEST(test_program_is_found) {
	const struct af_binary *binary = owner_of((const void *)setup);

	ck_assert_ptr_nonnull(binary);
	ck_assert(binary->first && binary->program && !binary->transparent);
	ck_assert_ptr_null(binary->texts[0].table);
}
END_TEST

START_TEST(test_libraries_are_found_by_name) {
	const struct af_binary *binary;
	struct library libc = get_libc();

	binary = owner_of((const void *)(uintptr_t)(libc.addr + 100));
	ck_assert_ptr_nonnull(binary);
	ck_assert_str_eq(binary->name, "libc.so.6");
	ck_assert(binary->transparent && !binary->program);
	ck_assert_ptr_nonnull(binary->texts[0].table);
}
END_TEST

START_TEST(test_offset_is_that_in_the_text) {
	struct library libc = get_libc();
	const struct af_walk_text *text;
	uint64_t offset;

	text = find((const void *)(uintptr_t)(libc.addr + 100), &offset);
	ck_assert_uint_eq(offset, 100);
	ck_assert_uint_eq(text->len, libc.text.p_filesz);
	ck_assert_uint_eq(text->offset, libc.text.p_offset);
}
END_TEST

START_TEST(test_vdso_is_looked_through) {
	const uint8_t *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);
	const ElfW(Ehdr) *ehdr = (const void *)vdso;

	ck_assert_ptr_nonnull(vdso);
	ck_assert_ptr_eq(owner_of(vdso + ehdr->e_entry), binaries.vdso);
	ck_assert_ptr_nonnull(binaries.vdso->texts[0].table);
}
END_TEST

START_TEST(test_what_is_no_text_is_not_found) {
	static int data = 1;
	int on_stack = 1;
	void *memory = malloc(1);

	ck_assert_ptr_null(owner_of(&data));
	ck_assert_ptr_null(owner_of(&on_stack));
	ck_assert_ptr_null(owner_of(memory));
	ck_assert_ptr_null(owner_of(NULL));
	free(memory);
}
END_TEST

/* Mappings of libc's text. */
static const struct {
	int prot;
	int flags;
	bool found;
} mappings[] = {
	{ PROT_READ | PROT_EXEC, MAP_PRIVATE, true },
	{ PROT_EXEC, MAP_PRIVATE, true },
	{ PROT_READ | PROT_EXEC, MAP_SHARED, false },
	{ PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, false },
	{ PROT_READ, MAP_PRIVATE, false },
};

START_TEST(test_pristine_text_counts_wherever_it_is) {
	const struct af_binary *libc =
		owner_of((const void *)(uintptr_t)(get_libc().addr));
	char *page = map_libc(mappings[_i].prot, mappings[_i].flags);

	ck_assert_ptr_nonnull(libc);
	ck_assert_ptr_eq(owner_of(page + 100),
			 mappings[_i].found ? libc : NULL);
}
END_TEST

START_TEST(test_text_that_was_written_is_none) {
	volatile char *page = map_libc(PROT_READ | PROT_EXEC, MAP_PRIVATE);

	ck_assert_ptr_nonnull(owner_of((const void *)page));
	ck_assert_int_eq(mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE),
			 0);
	tell(SYS_mprotect, (const void *)page, PAGE, PROT_READ | PROT_WRITE, 0);
	ck_assert_ptr_null(owner_of((const void *)page));
	*page = *page;
	ck_assert_int_eq(mprotect((void *)page, PAGE, PROT_READ | PROT_EXEC),
			 0);
	tell(SYS_mprotect, (const void *)page, PAGE, PROT_READ | PROT_EXEC, 0);
	ck_assert_ptr_null(owner_of((const void *)page));
}
END_TEST

START_TEST(test_code_that_is_in_no_segment_is_none) {
	struct library libc = get_libc();

	/* The first page, with the headers, is not executed. */
	ck_assert_uint_ge(libc.text.p_offset, PAGE);
	ck_assert_ptr_null(owner_of(
		map(libc.path, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE)));
}
END_TEST

/* A file with this text, or with that of the program if it is NULL. */
static char *make_file(const char *text)
{
	char *path = strdup("/tmp/maps_test.XXXXXX");
	char command[128];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	if (text)
		ck_assert_int_eq(write(fd, text, strlen(text)),
				 (ssize_t)strlen(text));
	close(fd);
	snprintf(command, sizeof(command), "cp /proc/%d/exe %s", (int)getpid(),
		 path);
	if (!text)
		ck_assert_int_eq(system(command), 0);
	return path;
}

START_TEST(test_file_that_is_no_elf_file_has_no_text) {
	char *path = make_file("echo\n");

	ck_assert_ptr_null(
		owner_of(map(path, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE)));
	unlink(path);
	free(path);
}
END_TEST

/* Where the program's own text is in its file. */
static uint64_t own_offset(void)
{
	uint64_t offset;
	const struct af_walk_text *text = find((const void *)setup, &offset);

	return (text->offset + offset) & ~(PAGE - 1);
}

START_TEST(test_file_that_no_loader_finds_has_its_path_as_name) {
	uint64_t offset = own_offset();
	char *path = make_file(NULL);
	const struct af_binary *binary =
		owner_of(map(path, offset, PROT_READ | PROT_EXEC, MAP_PRIVATE));

	ck_assert_ptr_nonnull(binary);
	ck_assert_str_eq(binary->name, path);
	ck_assert(!binary->first && !binary->program);
	unlink(path);
	free(path);
}
END_TEST

/* An inode, as it is used again, and what it was before. */
START_TEST(test_file_is_another_with_the_inode_of_one_that_is_gone) {
	uint64_t offset = own_offset();
	char *path = make_file(NULL), *other = make_file("");
	char *page = map(path, offset, PROT_READ | PROT_EXEC, MAP_PRIVATE);
	const struct af_binary *binary = owner_of(page);

	ck_assert_ptr_nonnull(binary);
	ck_assert_int_eq(rename(path, other), 0);
	/* What is mapped goes on to be what it was. */
	tell(SYS_mprotect, page, PAGE, 0, 0);
	ck_assert_ptr_eq(owner_of(page), binary);
	binary = owner_of(
		map(other, offset, PROT_READ | PROT_EXEC, MAP_PRIVATE));
	ck_assert_ptr_nonnull(binary);
	ck_assert_str_eq(binary->name, other);
	unlink(other);
	free(path);
	free(other);
}
END_TEST

/* Of whose path /proc/PID/maps makes that of the other. */
START_TEST(test_path_that_leads_to_another_file_is_no_name) {
	uint64_t offset = own_offset();
	char *path = make_file(NULL), *odd, *like;
	const struct af_binary *binary;
	char command[128];

	ck_assert_int_gt(asprintf(&odd, "%s\nx", path), 0);
	ck_assert_int_gt(asprintf(&like, "%s\\012x", path), 0);
	snprintf(command, sizeof(command), "cp %s '%s'", path, like);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(rename(path, odd), 0);
	binary =
		owner_of(map(like, offset, PROT_READ | PROT_EXEC, MAP_PRIVATE));
	ck_assert_ptr_nonnull(binary);
	ck_assert_str_eq(binary->name, like);
	ck_assert_ptr_null(
		owner_of(map(odd, offset, PROT_READ | PROT_EXEC, MAP_PRIVATE)));
	unlink(odd);
	unlink(like);
	free(path);
	free(odd);
	free(like);
}
END_TEST

START_TEST(test_file_that_is_gone_has_no_text) {
	uint64_t offset = own_offset();
	char *path = make_file(NULL), *what;
	void *page = map(path, offset, PROT_READ | PROT_EXEC, MAP_PRIVATE);

	unlink(path);
	ck_assert_ptr_null(owner_of(page));
	what = af_maps_describe(getpid(), (uintptr_t)page);
	ck_assert(!strncmp(what, path, strlen(path)));
	ck_assert(strstr(what, "(deleted)"));
	free(what);
	free(path);
}
END_TEST

/* Calls, and what they can do to a mapping of two pages of text. */
static const struct {
	unsigned int nr;
	long page; /* that the first argument leads to, from the text on */
	uint64_t len;
	uint64_t arg2;
	uint64_t arg3;
	enum af_map_effect effect;
} calls[] = {
	{ SYS_read, 0, PAGE, 0, 0, AF_MAP_NONE },
	{ SYS_brk, 0, 0, 0, 0, AF_MAP_NONE },
	{ SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, AF_MAP_NONE },
	{ SYS_mmap, 0, PAGE, PROT_EXEC, MAP_PRIVATE, AF_MAP_ADDS },
	{ SYS_mmap, -1, PAGE, PROT_READ, MAP_FIXED, AF_MAP_NONE },
	{ SYS_mmap, 0, PAGE, PROT_READ, MAP_FIXED, AF_MAP_CHANGES },
	{ SYS_mmap, 1, PAGE, PROT_EXEC, MAP_FIXED, AF_MAP_CHANGES },
	{ SYS_munmap, -1, PAGE, 0, 0, AF_MAP_NONE },
	{ SYS_munmap, -1, PAGE + 1, 0, 0, AF_MAP_CHANGES },
	{ SYS_munmap, 1, PAGE, 0, 0, AF_MAP_CHANGES },
	{ SYS_mprotect, -1, PAGE, PROT_EXEC, 0, AF_MAP_ADDS },
	{ SYS_mprotect, -1, UINT64_MAX, 0, 0, AF_MAP_CHANGES },
	{ SYS_pkey_mprotect, 0, PAGE, 0, 0, AF_MAP_CHANGES },
	{ SYS_mremap, 0, PAGE, PAGE, 0, AF_MAP_CHANGES },
	{ SYS_mremap, -1, PAGE, PAGE, 0, AF_MAP_NONE },
	{ SYS_shmat, 0, 0, 0, 0, AF_MAP_NONE },
};

START_TEST(test_mappings_are_read_when_a_call_may_have_changed_them) {
	struct library libc = get_libc();
	uint64_t args[6] = {
		libc.addr + calls[_i].page * PAGE,
		calls[_i].len,
		calls[_i].arg2,
		calls[_i].arg3,
	};

	ck_assert_ptr_nonnull(owner_of((const void *)(uintptr_t)libc.addr));
	ck_assert_int_eq(af_maps_before_call(maps, calls[_i].nr, args),
			 calls[_i].effect);
}
END_TEST

START_TEST(test_call_counts_as_long_as_it_is_under_way) {
	char *page = map_libc(PROT_READ | PROT_EXEC, MAP_PRIVATE);
	const uint64_t args[6] = { (uintptr_t)page, PAGE };
	enum af_map_effect effect;

	ck_assert_ptr_nonnull(owner_of(page));
	effect = af_maps_before_call(maps, SYS_munmap, args);
	/* It has not got there yet. */
	ck_assert_ptr_nonnull(owner_of(page));
	munmap(page, PAGE);
	ck_assert_ptr_null(owner_of(page));
	af_maps_after_call(maps, effect);
	ck_assert_ptr_null(owner_of(page));
}
END_TEST

START_TEST(test_child_has_a_copy) {
	char *page = map_libc(PROT_READ | PROT_EXEC, MAP_PRIVATE);
	struct af_maps *copy, *own = maps;

	ck_assert_ptr_nonnull(owner_of(page));
	copy = af_maps_copy(maps);
	munmap(page, PAGE);
	tell(SYS_munmap, page, PAGE, 0, 0);
	ck_assert_ptr_null(owner_of(page));
	/* Which nobody has told. */
	maps = copy;
	ck_assert_ptr_nonnull(owner_of(page));
	maps = own;
	af_maps_put(copy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("maps");
	TCase *tcase = tcase_create("maps");
	TCase *native = tcase_create("native");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_libraries_are_found_by_name);
	tcase_add_test(tcase, test_offset_is_that_in_the_text);
	tcase_add_test(tcase, test_what_is_no_text_is_not_found);
	tcase_add_loop_test(tcase, test_pristine_text_counts_wherever_it_is, 0,
			    ARRAY_SIZE(mappings));
	tcase_add_test(tcase, test_text_that_was_written_is_none);
	tcase_add_test(tcase, test_code_that_is_in_no_segment_is_none);
	tcase_add_test(tcase, test_file_that_is_no_elf_file_has_no_text);
	tcase_add_test(tcase,
		       test_file_that_no_loader_finds_has_its_path_as_name);
	tcase_add_test(tcase,
		       test_file_is_another_with_the_inode_of_one_that_is_gone);
	tcase_add_test(tcase, test_path_that_leads_to_another_file_is_no_name);
	tcase_add_test(tcase, test_file_that_is_gone_has_no_text);
	tcase_add_loop_test(
		tcase, test_mappings_are_read_when_a_call_may_have_changed_them,
		0, ARRAY_SIZE(calls));
	tcase_add_test(tcase, test_call_counts_as_long_as_it_is_under_way);
	tcase_add_test(tcase, test_child_has_a_copy);
	suite_add_tcase(suite, tcase);
	/* Valgrind is the program that runs, and has no vDSO. */
	tcase_set_tags(native, "native");
	tcase_add_checked_fixture(native, setup, teardown);
	tcase_add_test(native, test_program_is_found);
	tcase_add_test(native, test_vdso_is_looked_through);
	suite_add_tcase(suite, native);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
