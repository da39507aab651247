// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the verbs of af say to do next, when something is wrong. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../../tools/ptrace_hint.h"
#include "verb.h"

/* A kernel without the patches, whichever runs. */
unsigned int __wrap_af_sys_features(void);
unsigned int __wrap_af_sys_features(void)
{
	return 0;
}

static bool says(const char *text)
{
	return strstr(verb_err, text);
}

START_TEST(test_policy_that_is_missing_can_be_recorded) {
	static const char hint[] = "af: hint: `af record` writes one";

	ck_assert_int_eq(verb(af_run, "run", "no.af", "true", NULL),
			 AF_RUN_FAILED);
	ck_assert(says(hint));
	ck_assert_int_eq(verb(af_score, "score", "no.af", NULL), AF_USAGE);
	ck_assert(says(hint));
	ck_assert_int_eq(verb(af_check, "check", "no.af", NULL), AF_FAILED);
	ck_assert(says(hint));
}
END_TEST

START_TEST(test_profile_that_is_missing_is_not_recorded) {
	ck_assert_int_eq(verb(af_import, "import", "no.json", NULL), AF_USAGE);
	ck_assert(says("af: no.json: "));
	ck_assert(!says("hint"));
}
END_TEST

/* Each verb that runs a program or looks at one. */
static void find(char *program, const char *error, const char *hint)
{
	write_text("p.af", "program { read }\n");
	for (int i = 0; i < 4; i++) {
		switch (i) {
		case 0:
			verb(af_run, "run", "p.af", program, NULL);
			break;
		case 1:
			verb(af_record, "record", "-o", "new.af", program,
			     NULL);
			break;
		case 2:
			verb(af_check, "check", "p.af", program, NULL);
			break;
		default:
			verb(af_compile_policy, "compile", "-o", "p.afp",
			     "p.af", program, NULL);
		}
		ck_assert_msg(says(error), "%d: %s", i, verb_err);
		ck_assert_msg(says(hint), "%d: %s", i, verb_err);
	}
}

START_TEST(test_program_that_is_not_in_path_may_be_elsewhere) {
	find("no-such-program", "af: no-such-program: No such file",
	     "hint: it is not in PATH; elsewhere, give its path, as "
	     "./no-such-program\n");
	find("./no-such", "af: ./no-such: No such file", "");
	ck_assert(!says("hint"));
}
END_TEST

START_TEST(test_program_that_is_not_executable_is_to_be) {
	write_text("script", "#!/bin/sh\n");
	find("./script", "af: ./script: Permission denied",
	     "hint: it has to be executable for you, see chmod(1)\n");
}
END_TEST

START_TEST(test_kernel_without_the_patches) {
	write_text("p.af", "program { read }\n");
	ck_assert_int_eq(verb(af_run, "run", "p.af", "true", NULL),
			 AF_RUN_FAILED);
	ck_assert(says("af: hint: boot a kernel with the libaf patch series\n"
		       "af: hint: or use --degraded, "));
	ck_assert_int_eq(verb(af_check, "check", NULL), AF_FAILED);
	ck_assert(strstr(verb_out, "kernel: boot one that has it, or enforce "
				   "their union by af run --degraded\n"));
}
END_TEST

START_TEST(test_compiled_policy_is_not_read_as_text) {
	static const char hint[] =
		"af: p.afp: the policy is a compiled one\n"
		"af: hint: give the file that it was compiled from\n";

	write_text("p.af", "program { read }\n");
	ck_assert_int_eq(verb(af_compile_policy, "compile", "-o", "p.afp",
			      "p.af", "true", NULL),
			 AF_OK);
	ck_assert_int_eq(verb(af_dump, "dump", "p.afp", NULL), AF_USAGE);
	ck_assert(says(hint));
	ck_assert_int_eq(verb(af_explain, "explain", "p.afp", "read", NULL),
			 AF_USAGE);
	ck_assert(says(hint));
	ck_assert_int_eq(verb(af_record, "record", "-o", "p.afp", "true", NULL),
			 AF_RUN_FAILED);
	ck_assert(says(hint));
}
END_TEST

/* Not when all has been seen, and would be lost. */
START_TEST(test_where_nothing_can_be_written_nothing_is_run) {
	ck_assert_int_eq(verb(af_record, "record", "-o", "none/p.af", "touch",
			      "ran", NULL),
			 AF_RUN_FAILED);
	ck_assert(says("af: none/p.af: cannot be written: No such file"));
	ck_assert(says("af: hint: its directory has to be there"));
	ck_assert_int_ne(access("ran", F_OK), 0);
}
END_TEST

START_TEST(test_phases_that_there_are_are_said) {
	write_text("p.af", "phase serve {\n\tprogram { read }\n}\n"
			   "phase stop {\n\tprogram { exit_group }\n}\n");
	ck_assert_int_eq(verb(af_compile_policy, "compile", "--phase", "start",
			      "-o", "p.afp", "p.af", "true", NULL),
			 AF_FAILED);
	ck_assert(says("no phase `start`\n"
		       "af: hint: it has `serve`, `stop`\n"));
	write_text("p.af", "program { read }\n");
	verb(af_compile_policy, "compile", "--phase", "start", "-o", "p.afp",
	     "p.af", "true", NULL);
	ck_assert(says("af: hint: it has none\n"));
}
END_TEST

START_TEST(test_names_that_are_wrong_for_explain) {
	write_text("p.af", "library libexample.so { read }\n");
	verb(af_explain, "explain", "p.af", "zzzzzz", NULL);
	ck_assert(says("hint: see `af list calls`"));
	verb(af_explain, "explain", "p.af", "opneat", NULL);
	ck_assert(says("hint: did you mean `openat`?"));
	verb(af_explain, "explain", "--by", "libexmaple.so", "p.af", "read",
	     NULL);
	ck_assert(says("hint: did you mean `libexample.so`?"));
	verb(af_explain, "explain", "--by", "progam", "p.af", "read", NULL);
	ck_assert(says("hint: did you mean `program`?"));
	verb(af_explain, "explain", "--by", "libother.so.6", "p.af", "read",
	     NULL);
	ck_assert(says("hint: it is then `unknown`"));
}
END_TEST

/* Orders to a terminal, one of them in 8 bits, one that turns text, and é. */
#define HOSTILE           \
	"\x1b[2J\xc2\x9b" \
	"1m\x80\xe2\x80\xae\n\xc3\xa9"
#define PRINTED              \
	"\\x1b[2J\\xc2\\x9b" \
	"1m\\x80\\xe2\\x80\\xae\\x0a\xc3\xa9"

/* Of what is said, and that it is no more than this text. */
static void check_clean(const char *text)
{
	const char *c = strchr(text, '\0');

	ck_assert_msg(strstr(text, PRINTED), "%s", text);
	while (c > text && *--c != '\x1b' && *c != '\xc2' && *c != '\x80')
		;
	ck_assert_msg(c == text, "%s", text);
}

START_TEST(test_names_of_files_are_no_orders) {
	char name[] = HOSTILE, missing[] = HOSTILE "!";

	write_text(name, "program { read after wirte }\n");
	verb(af_check, "check", name, NULL);
	check_clean(verb_err);
	verb(af_run, "run", missing, "true", NULL);
	check_clean(verb_err);
	verb(af_run, "run", name, missing, NULL);
	check_clean(verb_err);
	verb(af_import, "import", name, NULL);
	check_clean(verb_err);
	verb(af_list, "list", "@" HOSTILE, NULL);
	check_clean(verb_err);
	verb(af_score, "score", "--ranking", name, name, NULL);
	check_clean(verb_err);
	verb(af_score, "score", "--min", name, name, NULL);
	check_clean(verb_err);
	verb(af_import, "import", "--cap", name, name, NULL);
	check_clean(verb_err);

	write_text(name, "program {\nread if arg0 == 1\n}\n");
	verb(af_explain, "explain", name, "read", "1", NULL);
	check_clean(verb_out);
	verb(af_explain, "explain", name, "write", NULL);
	ck_assert_ptr_null(strchr(verb_out, '\x1b'));
	verb(af_explain, "explain", "--audit", name, missing, NULL);
	check_clean(verb_err);
	verb(af_explain, "explain", name, missing, NULL);
	check_clean(verb_err);
	verb(af_score, "score", "--min", "100", name, NULL);
	check_clean(verb_err);
	verb(af_dump, "dump", name, NULL);
	check_clean(verb_out);
	verb(af_dump, "dump", "--program", "2", name, NULL);
	check_clean(verb_err);
	verb(af_report, "report", "-o", name, name, NULL);
	check_clean(verb_err);
	verb(af_compile_policy, "compile", "--phase", name, "-o", "x", name,
	     "true", NULL);
	check_clean(verb_err);
}
END_TEST

static const struct {
	struct af_ptrace_denial denial;
	const char *hint;
} denials[] = {
	{ { .attached = true, .tracer = 17, .root = true, .yama = 1 },
	  "process 17 traces it already" },
	{ { .tracer = 17, .root = true }, "process 17 traces af record" },
	{ { .attached = true, .self = true, .root = true }, "itself" },
	{ { .attached = true, .ended = true, .root = true }, "has ended" },
	{ { .attached = true, .kernel = true, .root = true }, "kernel" },
	{ { .attached = true, .root = true, .yama = 3 },
	  "ptrace_scope is 3: boot" },
	{ { .yama = 3 }, "ptrace_scope is 3: boot" },
	{ { .attached = true, .root = true, .yama = 1 }, "CAP_SYS_PTRACE" },
	{ { .root = true, .yama = 2 }, "CAP_SYS_PTRACE" },
	{ { .attached = true, .yama = 2 },
	  "ptrace_scope is 2: run af as root" },
	{ { .yama = 2 }, "ptrace_scope is 2: run af as root" },
	{ { .attached = true, .yama = 1 }, "have af record start it" },
	{ { .yama = 1 }, "in a container" },
	{ { .yama = 0 }, "in a container" },
	{ { .attached = true }, "somebody else's" },
};

START_TEST(test_permission_to_trace) {
	char *hint = af_ptrace_hint(&denials[_i].denial);

	ck_assert_msg(strstr(hint, denials[_i].hint), "%s", hint);
	free(hint);
}
END_TEST

START_TEST(test_who_is_asked_for_permission_to_trace) {
	struct af_ptrace_denial denial = af_ptrace_denial(getpid());

	ck_assert(denial.attached);
	ck_assert_int_eq(denial.root, !geteuid());
	ck_assert_int_eq(denial.tracer, 0);
	ck_assert(denial.self && !denial.ended && !denial.kernel);
	denial = af_ptrace_denial(0);
	ck_assert(!denial.attached && !denial.self);
}
END_TEST

START_TEST(test_who_cannot_be_traced_at_all) {
	struct af_ptrace_denial denial;
	siginfo_t info;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	denial = af_ptrace_denial(pid);
	ck_assert(denial.ended && !denial.kernel && !denial.self);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	denial = af_ptrace_denial(getppid());
	ck_assert(!denial.ended && !denial.kernel && !denial.self);
}
END_TEST

static const struct {
	char *words[4];
	const char *error;
} wrong[] = {
	{ { "ls" }, "af: no policy is given: -o POLICY\n" },
	{ { "-o", "p.af" }, "af: no program is given, and no process\n" },
	{ { "-op.af", "-p1", "ls" },
	  "af: a program and a process are given\n" },
	{ { "-op.af", "-p", "abc" }, "af: `abc` is no process id\n" },
	{ { "-op.af", "-p", "0" }, "af: `0` is no process id\n" },
	{ { "-op.af", "--after=foo", "ls" },
	  "af: `foo` is none of all, dangerous and none\n" },
};

START_TEST(test_arguments_that_are_wrong_for_record) {
	char *const *words = wrong[_i].words;

	ck_assert_int_eq(verb(af_record, "record", words[0], words[1], words[2],
			      NULL),
			 AF_RUN_FAILED);
	ck_assert_msg(!strncmp(verb_err, wrong[_i].error,
			       strlen(wrong[_i].error)),
		      "%s", verb_err);
	ck_assert(says("usage: af record "));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hints");
	TCase *tcase = tcase_create("hints");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, verb_setup, verb_teardown);
	tcase_add_test(tcase, test_policy_that_is_missing_can_be_recorded);
	tcase_add_test(tcase, test_profile_that_is_missing_is_not_recorded);
	tcase_add_test(tcase,
		       test_program_that_is_not_in_path_may_be_elsewhere);
	tcase_add_test(tcase, test_program_that_is_not_executable_is_to_be);
	tcase_add_test(tcase, test_kernel_without_the_patches);
	tcase_add_test(tcase, test_compiled_policy_is_not_read_as_text);
	tcase_add_test(tcase, test_where_nothing_can_be_written_nothing_is_run);
	tcase_add_test(tcase, test_phases_that_there_are_are_said);
	tcase_add_test(tcase, test_names_that_are_wrong_for_explain);
	tcase_add_test(tcase, test_names_of_files_are_no_orders);
	tcase_add_loop_test(tcase, test_permission_to_trace, 0,
			    sizeof(denials) / sizeof(*denials));
	tcase_add_test(tcase, test_who_is_asked_for_permission_to_trace);
	tcase_add_test(tcase, test_who_cannot_be_traced_at_all);
	tcase_add_loop_test(tcase, test_arguments_that_are_wrong_for_record, 0,
			    sizeof(wrong) / sizeof(*wrong));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
