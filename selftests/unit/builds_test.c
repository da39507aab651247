// SPDX-License-Identifier: LGPL-2.1-or-later
/* Build-ids: read from files, and kept in the comments of a policy. */
#define _GNU_SOURCE
#include <check.h>
#include <elf.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../tools/builds.h"
#include "libaf.h"

/*
 * Comments
 */

static struct af_builds builds;
static char *result;

static void teardown(void)
{
	af_builds_release(&builds);
	free(result);
	result = NULL;
}

static const char *note(const char *text)
{
	size_t len = strlen(text);

	free(result);
	result = af_builds_note(&builds, text, &len);
	ck_assert_uint_eq(strlen(result), len);
	return result;
}

START_TEST(test_new_builds_come_behind_the_first_comments_sorted) {
	af_builds_add(&builds, "libz.so.1", "0123", 0);
	af_builds_add(&builds, "libc.so.6", "abcdef", 36);
	ck_assert_str_eq(
		note("# Recorded\n# On a day\n\n# More\nprogram { }\n"),
		"# Recorded\n# On a day\n"
		"#: libc.so.6 build-id abcdef glibc 2.36\n"
		"#: libz.so.1 build-id 0123\n"
		"\n# More\nprogram { }\n");
}
END_TEST

START_TEST(test_without_comments_they_come_first) {
	af_builds_add(&builds, "a", "01", 0);
	ck_assert_str_eq(note("program { }"), "#: a build-id 01\nprogram { }");
	ck_assert_str_eq(note(""), "#: a build-id 01\n");
}
END_TEST

START_TEST(test_comment_without_newline_gets_one) {
	af_builds_add(&builds, "a", "01", 0);
	ck_assert_str_eq(note("# only"), "# only\n#: a build-id 01\n");
}
END_TEST

START_TEST(test_another_build_replaces_the_old_one_where_that_is) {
	af_builds_add(&builds, "b", "22", 0);
	ck_assert_str_eq(note("#: a build-id 01\nprogram { }\n"
			      "\t#: b build-id 11\n# end\n"),
			 "#: a build-id 01\nprogram { }\n"
			 "#: b build-id 22\n# end\n");
}
END_TEST

START_TEST(test_what_is_new_comes_behind_what_there_is) {
	af_builds_add(&builds, "b", "22", 0);
	ck_assert_str_eq(note("# x\nprogram { }\n#: a build-id 01\n# y\n"),
			 "# x\nprogram { }\n#: a build-id 01\n"
			 "#: b build-id 22\n# y\n");
}
END_TEST

START_TEST(test_same_builds_change_nothing_as_edited_as_they_are) {
	static const char text[] = "  #:  b\tbuild-id  22  \nprogram { }\n"
				   "#: a build-id 01 glibc 2.36";

	af_builds_add(&builds, "a", "01", 36);
	af_builds_add(&builds, "b", "22", 0);
	ck_assert_str_eq(note(text), text);
	af_builds_release(&builds);
	ck_assert_str_eq(note(text), text);
}
END_TEST

START_TEST(test_builds_of_one_name_stand_together) {
	af_builds_add(&builds, "a", "02", 0);
	af_builds_add(&builds, "a", "01", 0);
	af_builds_add(&builds, "a", "02", 0);
	ck_assert_uint_eq(builds.nr, 2);
	ck_assert_str_eq(note("#: a build-id 00\n#: a build-id 03\n# end\n"),
			 "#: a build-id 01\n#: a build-id 02\n# end\n");
}
END_TEST

START_TEST(test_file_that_has_no_build_id_any_more_loses_its_line) {
	af_builds_add(&builds, "a", "", 0);
	ck_assert_str_eq(note("#: a build-id 00\n#: b build-id 03\n"),
			 "#: b build-id 03\n");
	ck_assert_str_eq(note("# nothing"), "# nothing");
}
END_TEST

START_TEST(test_what_was_written_is_read_and_a_policy) {
	struct libaf_policy *policy;
	struct af_builds again = { .list = NULL };

	af_builds_add(&builds, "/usr/bin/prog", "0123", 0);
	af_builds_add(&builds, AF_GLIBC, "abcdef", 36);
	note("program { read }\n");
	ck_assert_int_eq(libaf_policy_parse(result, strlen(result), "", &policy,
					    NULL),
			 0);
	libaf_policy_free(policy);
	af_builds_read(&again, result, strlen(result));
	ck_assert_uint_eq(again.nr, 2);
	ck_assert(af_builds_has(&again, "/usr/bin/prog", "0123"));
	ck_assert(af_builds_has(&again, AF_GLIBC, "abcdef"));
	ck_assert(!af_builds_has(&again, AF_GLIBC, "0123"));
	ck_assert(!af_builds_has_name(&again, "abcdef"));
	ck_assert_uint_eq(af_builds_glibc(&again), 36);
	ck_assert_uint_eq(af_builds_glibc(&(struct af_builds){}), 0);
	af_builds_release(&again);
}
END_TEST

START_TEST(test_other_comments_are_no_builds) {
	static const char *const lines[] = {
		"",
		"#",
		"#:",
		"#: ",
		"# : a build-id 01",
		"# a build-id 01",
		": a build-id 01",
		"#: a build-id",
		"#: build-id 01",
		"#: a buildid 01",
		"#: a build-id 0g",
		"#: a build-id 0A",
		"#: a build-id 01 # why",
		"#: a build-id 01 glibc",
		"#: a build-id 01 glibc 2.",
		"#: a build-id 01 glibc 3.1",
		"#: a build-id 01 glibc 2.x",
		"#: a build-id 01 glibc 2.1234",
		"#: a build-id 01 musl 2.36",
		"#: a build-id 01 glibc 2.36 or so",
		"#: a\fbuild-id 01",
		"program { } #: a build-id 01",
	};
	char line[AF_BUILD_ID_TEXT + 32] = "#: a build-id ";

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		af_builds_read(&builds, lines[i], strlen(lines[i]));
		ck_assert_msg(!builds.nr, "%s", lines[i]);
	}
	/* One digit more than the longest. */
	memset(line + strlen(line), 'f', AF_BUILD_ID_TEXT);
	af_builds_read(&builds, line, strlen(line));
	ck_assert_uint_eq(builds.nr, 0);
	line[strlen(line) - 1] = '\0';
	af_builds_read(&builds, line, strlen(line));
	ck_assert_uint_eq(builds.nr, 1);
}
END_TEST

/*
 * Files
 */

#define NOTES 512

struct file {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[2];
	uint8_t notes[NOTES];
};

static struct file file;
static size_t nr_notes;
static char id[AF_BUILD_ID_TEXT];

static void setup_file(void)
{
	memset(&file, 0, sizeof(file));
	memcpy(file.ehdr.e_ident, ELFMAG, SELFMAG);
	file.ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	file.ehdr.e_phoff = offsetof(struct file, phdr);
	file.ehdr.e_phentsize = sizeof(*file.phdr);
	file.ehdr.e_phnum = 2;
	file.phdr[0].p_type = PT_LOAD;
	file.phdr[1] = (Elf64_Phdr){
		.p_type = PT_NOTE,
		.p_offset = offsetof(struct file, notes),
		.p_align = 4,
	};
	nr_notes = 0;
	memset(id, 0, sizeof(id));
}

static void add_note(uint32_t type, const char *name, size_t len, size_t align)
{
	const Elf64_Nhdr note = {
		.n_type = type,
		.n_namesz = strlen(name) + 1,
		.n_descsz = len,
	};
	uint8_t *desc;

	memcpy(file.notes + nr_notes, &note, sizeof(note));
	strcpy((char *)file.notes + nr_notes + sizeof(note), name);
	nr_notes += sizeof(note) + note.n_namesz;
	nr_notes = (nr_notes + align - 1) / align * align;
	desc = file.notes + nr_notes;
	for (size_t i = 0; i < len; i++)
		desc[i] = 0xa0 + i % 16;
	nr_notes = (nr_notes + len + align - 1) / align * align;
	file.phdr[1].p_filesz = nr_notes;
	file.phdr[1].p_align = align;
}

static bool read_id_of(size_t size)
{
	int fd = memfd_create("build_id", MFD_CLOEXEC);
	bool found;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, &file, size), size);
	found = af_build_id_read(fd, id);
	close(fd);
	return found;
}

static bool read_id(void)
{
	return read_id_of(sizeof(file));
}

START_TEST(test_build_id_is_read) {
	add_note(NT_GNU_BUILD_ID, "GNU", 5, 4);
	ck_assert(read_id());
	ck_assert_str_eq(id, "a0a1a2a3a4");
}
END_TEST

START_TEST(test_build_id_is_found_behind_other_notes) {
	add_note(NT_GNU_ABI_TAG, "GNU", 16, 4);
	add_note(NT_GNU_BUILD_ID, "FreeBSD", 7, 4);
	add_note(NT_GNU_BUILD_ID, "GNU", 3, 4);
	ck_assert(read_id());
	ck_assert_str_eq(id, "a0a1a2");
}
END_TEST

START_TEST(test_build_id_is_found_in_notes_aligned_to_eight) {
	add_note(NT_GNU_PROPERTY_TYPE_0, "GNU", 20, 8);
	add_note(NT_GNU_BUILD_ID, "GNU", 2, 8);
	ck_assert(read_id());
	ck_assert_str_eq(id, "a0a1");
}
END_TEST

START_TEST(test_build_id_has_an_end) {
	add_note(NT_GNU_BUILD_ID, "GNU", AF_BUILD_ID_MAX, 4);
	ck_assert(read_id());
	ck_assert_uint_eq(strlen(id), 2 * AF_BUILD_ID_MAX);
	setup_file();
	add_note(NT_GNU_BUILD_ID, "GNU", AF_BUILD_ID_MAX + 1, 4);
	ck_assert(!read_id());
	setup_file();
	add_note(NT_GNU_BUILD_ID, "GNU", 0, 4);
	ck_assert(!read_id());
}
END_TEST

START_TEST(test_notes_that_are_cut_off_are_none) {
	add_note(NT_GNU_BUILD_ID, "GNU", 20, 4);
	for (size_t size = 0; size < nr_notes; size++) {
		file.phdr[1].p_filesz = size;
		ck_assert(!read_id());
	}
	file.phdr[1].p_filesz = nr_notes;
	for (size_t size = 0; size < offsetof(struct file, notes) + nr_notes;
	     size++)
		ck_assert(!read_id_of(size));
	ck_assert(read_id_of(offsetof(struct file, notes) + nr_notes));
}
END_TEST

/* Whatever is there, an id consists of hexadecimal digits. */
START_TEST(test_damaged_files_are_read_without_harm) {
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	uint8_t *bytes = (uint8_t *)&file;
	size_t end, found = 0;

	add_note(NT_GNU_ABI_TAG, "GNU", 16, 4);
	add_note(NT_GNU_BUILD_ID, "GNU", 20, 4);
	end = offsetof(struct file, notes) + nr_notes;
	for (size_t i = 0; i < end; i++) {
		uint8_t old = bytes[i];

		for (size_t j = 0; j < sizeof(values); j++) {
			bytes[i] = values[j];
			memset(id, 0, sizeof(id));
			if (!read_id())
				continue;
			found++;
			ck_assert_uint_eq(strspn(id, "0123456789abcdef"),
					  strlen(id));
		}
		bytes[i] = old;
	}
	ck_assert_uint_gt(found, 0);
}
END_TEST

START_TEST(test_what_is_no_elf_file_has_no_build_id) {
	add_note(NT_GNU_BUILD_ID, "GNU", 20, 4);
	file.ehdr.e_ident[EI_CLASS] = ELFCLASS32;
	ck_assert(!read_id());
	file.ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	ck_assert(read_id());
	file.ehdr.e_ident[0] = 0;
	ck_assert(!read_id());
}
END_TEST

/* A callback of dl_iterate_phdr(). */
static int open_glibc(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *slash = strrchr(info->dlpi_name, '/');
	int *fd = data;

	(void)size;
	if (!slash || strcmp(slash + 1, AF_GLIBC))
		return 0;
	*fd = open(info->dlpi_name, O_RDONLY | O_CLOEXEC);
	return 1;
}

START_TEST(test_version_of_the_c_library_is_what_it_says_itself) {
	char version[16];
	int fd = -1;

	dl_iterate_phdr(open_glibc, &fd);
	ck_assert_int_ge(fd, 0);
	snprintf(version, sizeof(version), "2.%u", af_glibc_version(fd));
	close(fd);
	ck_assert_str_eq(version, gnu_get_libc_version());
}
END_TEST

/* What a file with this text in a segment says. */
static unsigned int version_of(const char *text)
{
	Elf64_Ehdr *ehdr = &file.ehdr;
	unsigned int version;
	int fd = memfd_create("glibc", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_ident[EI_VERSION] = EV_CURRENT;
	ehdr->e_type = ET_DYN;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_version = EV_CURRENT;
	ehdr->e_phnum = 1;
	file.phdr[0] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R,
		.p_offset = offsetof(struct file, notes),
		.p_vaddr = offsetof(struct file, notes),
		.p_filesz = strlen(text),
		.p_memsz = strlen(text),
	};
	memcpy(file.notes, text, strlen(text));
	ck_assert_int_eq(write(fd, &file, sizeof(file)), sizeof(file));
	version = af_glibc_version(fd);
	close(fd);
	return version;
}

#define BANNER "GNU C Library (Distribution 1) stable release version "

START_TEST(test_version_is_read_from_the_banner_and_nothing_else) {
	ck_assert_uint_eq(version_of("\n" BANNER "2.41.\n"), 41);
	ck_assert_uint_eq(version_of(BANNER "2.7"), 7);
	ck_assert_uint_eq(version_of(BANNER "3.1.\n"), 0);
	ck_assert_uint_eq(version_of(BANNER "2.99999999999999999999.\n"), 0);
	ck_assert_uint_eq(version_of("GNU C Library \n release version 2.9"),
			  0);
	ck_assert_uint_eq(version_of("GNU C Library "), 0);
	ck_assert_uint_eq(version_of("musl libc release version 2.9"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("builds");
	TCase *notes = tcase_create("comments");
	TCase *files = tcase_create("files");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(notes, NULL, teardown);
	tcase_add_test(notes,
		       test_new_builds_come_behind_the_first_comments_sorted);
	tcase_add_test(notes, test_without_comments_they_come_first);
	tcase_add_test(notes, test_comment_without_newline_gets_one);
	tcase_add_test(notes,
		       test_another_build_replaces_the_old_one_where_that_is);
	tcase_add_test(notes, test_what_is_new_comes_behind_what_there_is);
	tcase_add_test(notes,
		       test_same_builds_change_nothing_as_edited_as_they_are);
	tcase_add_test(notes, test_builds_of_one_name_stand_together);
	tcase_add_test(notes,
		       test_file_that_has_no_build_id_any_more_loses_its_line);
	tcase_add_test(notes, test_what_was_written_is_read_and_a_policy);
	tcase_add_test(notes, test_other_comments_are_no_builds);
	suite_add_tcase(suite, notes);

	tcase_add_checked_fixture(files, setup_file, NULL);
	tcase_add_test(files, test_build_id_is_read);
	tcase_add_test(files, test_build_id_is_found_behind_other_notes);
	tcase_add_test(files, test_build_id_is_found_in_notes_aligned_to_eight);
	tcase_add_test(files, test_build_id_has_an_end);
	tcase_add_test(files, test_notes_that_are_cut_off_are_none);
	tcase_add_test(files, test_damaged_files_are_read_without_harm);
	tcase_add_test(files, test_what_is_no_elf_file_has_no_build_id);
	tcase_add_test(files,
		       test_version_of_the_c_library_is_what_it_says_itself);
	tcase_add_test(files,
		       test_version_is_read_from_the_banner_and_nothing_else);
	suite_add_tcase(suite, files);

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
