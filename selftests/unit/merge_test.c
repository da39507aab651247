// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is written of what was seen, and what stays as it was. */
#define _GNU_SOURCE
#include <check.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "../../tools/merge.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Who makes calls; ids are of a policy that names libssl.so.3 first. */
static struct af_binary program = {
	.name = (char *)"/usr/bin/prog",
	.id = AF_NO_ID,
	.first = true,
	.program = true,
};
static struct af_binary other = {
	.name = (char *)"/usr/bin/other",
	.id = AF_NO_ID,
	.program = true,
};
static struct af_binary ssl = {
	.name = (char *)"libssl.so.3",
	.id = AF_NO_ID,
};
/* The same for another level of processors. */
static struct af_binary ssl_v3 = {
	.name = (char *)"libssl.so.3",
	.id = AF_NO_ID,
};
static struct af_binary nameless = { .id = AF_NO_ID };

#define START  LIBAF_SECCOMP_PREV_NONE
#define SIGNAL LIBAF_SECCOMP_PREV_SIGNAL

static struct libaf_policy *policy;
static struct af_seen seen;
static struct af_merge_options options;
static struct {
	char *text;
	size_t len;
} said;

/* What the policy was read from, and what became of it. */
static const char *text;
static char *result;

static void setup(void)
{
	memset(&seen, 0, sizeof(seen));
	memset(&options, 0, sizeof(options));
	options.say = open_memstream(&said.text, &said.len);
	ck_assert_ptr_nonnull(options.say);
	text = "";
	program.id = AF_NO_ID;
	ssl.id = AF_NO_ID;
}

static void teardown(void)
{
	af_seen_release(&seen);
	libaf_policy_free(policy);
	policy = NULL;
	fclose(options.say);
	free(said.text);
	free(result);
	result = NULL;
}

/* There is a policy; libssl.so.3 is the first library in it, if any. */
static void have(const char *policy_text)
{
	text = policy_text;
	ck_assert_int_eq(libaf_policy_parse(text, strlen(text), "a.af", &policy,
					    NULL),
			 0);
	seen.policy = policy;
	program.id = AF_ID_PROGRAM;
	ssl.id = policy->nr_callers > AF_ID_LIBRARY ? AF_ID_LIBRARY : AF_NO_ID;
}

static void see_with(const struct af_binary *binary, unsigned int nr, int prev,
		     uint64_t arg0)
{
	const uint64_t args[AF_NR_ARGS] = { arg0 };
	struct af_prevs prevs = {
		.start = prev == START,
		.signal = prev == SIGNAL,
		.known = true,
	};

	if (prev >= 0)
		af_nrset_add(&prevs.calls, (unsigned int)prev);
	af_seen_add(&seen, binary, nr, args, &prevs);
}

static void see(const struct af_binary *binary, unsigned int nr, int prev)
{
	see_with(binary, nr, prev, 0);
}

static const char *merge(void)
{
	size_t len = strlen(text);

	free(result);
	result = af_merge(&seen, text, &len, &options);
	ck_assert_uint_eq(strlen(result), len);
	fflush(options.say);
	return result;
}

static uint32_t eval(const struct libaf_policy *merged, unsigned int id,
		     unsigned int nr, int prev)
{
	const struct libaf_seccomp_data data = {
		.nr = (int)nr,
		.arch = AUDIT_ARCH_X86_64,
		.prev_nr = prev,
		.caller_id = id,
	};

	return af_policy_eval(merged, NULL, &data);
}

START_TEST(test_new_policy_has_blocks_in_the_order_of_first_calls) {
	see(&ssl, SYS_read, START);
	see(&program, SYS_write, START);
	see(&other, SYS_close, START);
	see(&ssl, SYS_getrandom, START);
	see(NULL, SYS_getpid, START);
	see(&nameless, SYS_getuid, START);
	ck_assert_str_eq(merge(),
			 "\nlibrary libssl.so.3 {\n\tgetrandom read\n}\n"
			 "\nprogram {\n\twrite\n}\n"
			 "\nprogram /usr/bin/other {\n\tclose\n}\n"
			 "\n# Code that is in no file that has a name."
			 "\nunknown {\n\tgetpid getuid\n}\n");
}
END_TEST

/* As one whose path has a blank: its block has no path. */
START_TEST(test_program_needs_no_name) {
	struct af_binary odd = { .id = AF_NO_ID, .first = true };

	see(&odd, SYS_read, START);
	see(&nameless, SYS_close, START);
	ck_assert_str_eq(merge(), "\nprogram {\n\tread\n}\n"
				  "\n# Code that is in no file that has a name."
				  "\nunknown {\n\tclose\n}\n");
	af_seen_release(&seen);
	have("program { }\n");
	odd.id = AF_ID_PROGRAM;
	see(&odd, SYS_read, START);
	see(&ssl, SYS_read, START);
	ck_assert_str_eq(merge(), "program {\n\tread\n}\n"
				  "\nlibrary libssl.so.3 {\n\tread\n}\n");
}
END_TEST

START_TEST(test_what_is_gone_does_not_have_to_be_there) {
	struct af_binary gone = other, library = ssl, first = program;

	gone.gone = true;
	library.gone = true;
	first.gone = true;
	see(&gone, SYS_read, START);
	see(&library, SYS_read, START);
	see(&first, SYS_read, START);
	ck_assert_str_eq(merge(),
			 "\noptional library libssl.so.3 {\n\tread\n}\n"
			 "\nprogram {\n\tread\n}\n");
	ck_assert_str_eq(said.text,
			 "af: program /usr/bin/other is left out: there is no "
			 "such file any more\n");
}
END_TEST

/* The policy has it, and says itself whether it has to be. */
START_TEST(test_block_of_what_is_gone_is_extended) {
	struct af_binary library = ssl;

	have("optional library libssl.so.3 {\n\tread\n}\n");
	library.id = AF_ID_LIBRARY;
	library.gone = true;
	see(&library, SYS_write, START);
	ck_assert_str_eq(merge(), "optional library libssl.so.3 {\n\tread\n"
				  "\twrite\n}\n");
}
END_TEST

START_TEST(test_lines_are_72_columns_wide_at_most) {
	char line[128];
	FILE *lines;

	for (unsigned int nr = 0; nr < 300; nr++)
		see(&program, nr, START);
	merge();
	lines = fmemopen(result, strlen(result), "r");
	ck_assert_ptr_nonnull(lines);
	while (fgets(line, sizeof(line), lines))
		ck_assert_uint_le(strcspn(line, "\n") + (*line == '\t' ? 7 : 0),
				  72);
	fclose(lines);
}
END_TEST

START_TEST(test_new_policy_permits_what_was_seen_and_nothing_else) {
	struct libaf_policy *merged;

	options.after = AF_AFTER_ALL;
	for (int nr = 0; nr < 200; nr += 3)
		see(&program, nr, nr ? nr - 3 : START);
	merge();
	ck_assert_int_eq(libaf_policy_parse(result, strlen(result), "", &merged,
					    NULL),
			 0);
	for (int nr = 0; nr < 200; nr++) {
		for (int prev = START; prev < 200; prev++) {
			bool was =
				nr % 3 == 0 &&
				(prev == (nr ? nr - 3 : START) || prev == nr);

			ck_assert_uint_eq(eval(merged, AF_ID_PROGRAM, nr, prev),
					  was ? SECCOMP_RET_ALLOW :
						SECCOMP_RET_KILL_PROCESS);
		}
	}
	libaf_policy_free(merged);
}
END_TEST

START_TEST(test_files_of_one_name_have_one_block) {
	see(&ssl, SYS_read, START);
	see(&ssl_v3, SYS_write, START);
	ck_assert_str_eq(merge(), "\nlibrary libssl.so.3 {\n\tread write\n}\n");
}
END_TEST

START_TEST(test_predecessors_are_sorted_and_without_the_call_itself) {
	options.after = AF_AFTER_ALL;
	see(&program, SYS_read, SYS_write);
	see(&program, SYS_read, SYS_read);
	see(&program, SYS_read, SIGNAL);
	see(&program, SYS_read, START);
	see(&program, SYS_read, SYS_close);
	see(&program, SYS_getpid, SYS_getpid);
	ck_assert_str_eq(merge(), "\nprogram {\n"
				  "\tgetpid after getpid\n"
				  "\tread after close signal start write\n"
				  "}\n");
}
END_TEST

START_TEST(test_predecessors_are_for_dangerous_calls_only) {
	options.after = AF_AFTER_DANGEROUS;
	see(&program, SYS_read, SYS_close);
	see(&program, SYS_execve, SYS_close);
	ck_assert_str_eq(merge(),
			 "\nprogram {\n\tread\n\texecve after close\n}\n");
}
END_TEST

START_TEST(test_long_rules_are_several) {
	options.after = AF_AFTER_ALL;
	for (unsigned int nr = 0; nr < 20; nr++)
		see(&program, SYS_getpid, nr);
	ck_assert_str_eq(
		merge(),
		"\nprogram {\n"
		"\tgetpid after brk close fstat ioctl lseek lstat mmap mprotect\n"
		"\tgetpid after munmap open poll pread64 pwrite64 read readv\n"
		"\tgetpid after rt_sigaction rt_sigprocmask rt_sigreturn stat write\n"
		"}\n");
}
END_TEST

START_TEST(test_what_follows_nearly_everything_may_follow_all) {
	options.after = AF_AFTER_ALL;
	for (unsigned int nr = 0; nr < 33; nr++)
		see(&program, SYS_getpid, nr);
	ck_assert_str_eq(merge(), "\nprogram {\n\tgetpid\n}\n");
}
END_TEST

START_TEST(test_predecessors_that_nobody_knows_are_not_made_up) {
	const uint64_t args[AF_NR_ARGS] = { 0 };
	const struct af_prevs unknown = { .known = false };

	options.after = AF_AFTER_ALL;
	af_seen_add(&seen, &program, SYS_read, args, &unknown);
	ck_assert_str_eq(merge(), "\nprogram {\n\tread\n}\n");
	see(&program, SYS_read, SYS_close);
	af_seen_add(&seen, &program, SYS_read, args, &unknown);
	ck_assert_str_eq(merge(), "\nprogram {\n\tread after close\n}\n");
}
END_TEST

START_TEST(test_counts_are_comments) {
	options.counts = true;
	for (int i = 0; i < 12; i++)
		see(&program, SYS_read, START);
	see(&program, SYS_close, START);
	ck_assert_str_eq(merge(), "\nprogram {\n"
				  "\tclose                   # 1\n"
				  "\tread                    # 12\n"
				  "}\n");
}
END_TEST

START_TEST(test_call_without_a_name_is_said) {
	see(&program, 1000, START);
	ck_assert_str_eq(merge(), "");
	ck_assert_str_eq(said.text, "af: program: `call 1000` is not added: it "
				    "has no name yet\n");
}
END_TEST

/* How blocks can end, and what becomes of them when write is added. */
static const struct {
	const char *before;
	const char *after;
} blocks[] = {
	{ "program {\n\tread\n}\n", "program {\n\tread\n\twrite\n}\n" },
	{ "program { read }", "program { read\n\twrite\n}" },
	{ "program { }\n", "program {\n\tread write\n}\n" },
	{ "program {\n}\n", "program {\n\tread write\n}\n" },
	{ "program {\n\tread } # all\n",
	  "program {\n\tread\n\twrite\n} # all\n" },
	{ "program {\n  read # in\n  # last\n} # all\n",
	  "program {\n  read # in\n  # last\n  write\n} # all\n" },
	{ "# program { }\nprogram { read\n\t\tclose\n\t}\nunknown { }\n",
	  "# program { }\nprogram { read\n\t\tclose\n\t\twrite\n\t}\n"
	  "unknown { }\n" },
	{ "phase a {\n\tprogram { read }\n}\nprogram { read }\n",
	  "phase a {\n\tprogram { read }\n}\nprogram { read\n\twrite\n}\n" },
	{ "common { read }", "common { read }\n\nprogram {\n\twrite\n}\n" },
	{ "common { read }\nunknown {\n}\n# end\n",
	  "common { read }\nunknown {\n}\n# end\n\nprogram {\n\twrite\n}\n" },
};

START_TEST(test_all_else_stays_as_it_is) {
	struct libaf_policy *merged;

	have(blocks[_i].before);
	see(&program, SYS_read, START);
	see(&program, SYS_write, START);
	ck_assert_str_eq(merge(), blocks[_i].after);
	ck_assert_int_eq(libaf_policy_parse(result, strlen(result), "", &merged,
					    NULL),
			 0);
	ck_assert_uint_eq(eval(merged, AF_ID_PROGRAM, SYS_write, START),
			  SECCOMP_RET_ALLOW);
	libaf_policy_free(merged);
}
END_TEST

START_TEST(test_nothing_changes_if_nothing_is_new) {
	have("common { read }\nprogram {\n\twrite after read\n}\n");
	options.after = AF_AFTER_ALL;
	see(&program, SYS_read, SYS_close);
	see(&program, SYS_write, SYS_read);
	see(&program, SYS_write, SYS_write);
	ck_assert_str_eq(merge(), text);
	ck_assert_uint_eq(af_seen_nr_new(&seen), 0);
}
END_TEST

START_TEST(test_who_is_new_is_named_to_have_what_all_have) {
	struct libaf_policy *merged;

	have("common { read }\n");
	see(&ssl, SYS_read, START);
	see(&program, SYS_read, START);
	ck_assert_str_eq(merge(),
			 "common { read }\n\nlibrary libssl.so.3 {\n}\n");
	ck_assert_uint_eq(af_seen_nr_new(&seen), 1);
	ck_assert_int_eq(libaf_policy_parse(result, strlen(result), "", &merged,
					    NULL),
			 0);
	ck_assert_uint_eq(eval(merged, AF_ID_LIBRARY, SYS_read, START),
			  SECCOMP_RET_ALLOW);
	libaf_policy_free(merged);
}
END_TEST

/* Code in no file does not have it, and is given it. */
START_TEST(test_unknown_is_given_what_all_others_have) {
	have("common { read }\n");
	see(&nameless, SYS_read, START);
	ck_assert_ptr_nonnull(strstr(merge(), "\nunknown {\n\tread\n}\n"));
}
END_TEST

START_TEST(test_what_has_been_added_is_not_added_again) {
	char *once;

	options.after = _i ? AF_AFTER_ALL : AF_AFTER_NONE;
	see(&program, SYS_write, SYS_read);
	see(NULL, SYS_write, SIGNAL);
	once = strdup(merge());
	af_seen_release(&seen);
	have(once);
	see(&program, SYS_write, SYS_read);
	see(NULL, SYS_write, SIGNAL);
	ck_assert_str_eq(merge(), once);
	text = "";
	free(once);
}
END_TEST

START_TEST(test_rule_with_predecessors_gets_the_ones_it_lacks) {
	have("program {\n\tread after open\n}\n");
	see(&program, SYS_read, SYS_open);
	see(&program, SYS_read, SYS_close);
	ck_assert_str_eq(merge(), "program {\n\tread after open\n"
				  "\tread after close\n}\n");
}
END_TEST

START_TEST(test_arguments_that_a_rule_permits_are_nothing_new) {
	have("program {\n\tsocket if arg0 == AF_UNIX\n}\n");
	see_with(&program, SYS_socket, START, AF_UNIX);
	ck_assert_str_eq(merge(), text);
	see_with(&program, SYS_socket, START, AF_INET);
	ck_assert_str_eq(merge(), "program {\n\tsocket if arg0 == AF_UNIX\n"
				  "\tsocket\n}\n");
}
END_TEST

START_TEST(test_what_is_denied_on_purpose_is_not_permitted) {
	have("program {\n\tread\n\tptrace then errno EPERM\n}\n");
	see(&program, SYS_ptrace, START);
	ck_assert_str_eq(merge(), text);
	ck_assert_str_eq(said.text, "af: program: `ptrace` is not added: a "
				    "rule denies it, a.af:3\n");
}
END_TEST

/* Common rules, and what is added of them to a block that comes to be. */
static const struct {
	const char *common;
	const char *copied;
} denials[] = {
	{ "socket if arg0 == AF_PACKET then kill",
	  "\tsocket if arg0 == AF_PACKET then kill\n" },
	{ "@network after open then errno EPERM } # no",
	  "\tsocket after open then errno EPERM\n" },
	{ "socket after open then kill # no",
	  "\tsocket after open then kill\n" },
	{ "socket if arg0 == AF_UNIX\nsocket if arg0 > AF_INET then trap",
	  "\tsocket if arg0 == AF_UNIX\n"
	  "\tsocket if arg0 > AF_INET then trap\n" },
	{ "socket if arg0 == AF_UNIX", "" },
	{ "bind if arg0 == 3 then kill", "" },
};

/* A block's own rules come before those of `common`. */
START_TEST(test_what_common_denies_stays_denied) {
	char *before = NULL, *after = NULL;

	ck_assert_int_gt(
		asprintf(&before, "common { read\n%s%s", denials[_i].common,
			 strchr(denials[_i].common, '}') ? "\n" : "\n}\n"),
		0);
	ck_assert_int_gt(asprintf(&after,
				  "%s\nprogram {\n%s\tsocket\n}\n"
				  "\nlibrary libssl.so.3 {\n%s\tsocket\n}\n",
				  before, denials[_i].copied,
				  denials[_i].copied),
			 0);
	have(before);
	see_with(&program, SYS_socket, START, AF_INET);
	see_with(&ssl, SYS_socket, START, AF_INET);
	ck_assert_str_eq(merge(), after);
	/* What is there already is not copied again. */
	af_seen_release(&seen);
	libaf_policy_free(policy);
	have(after);
	see_with(&program, SYS_socket, START, AF_INET);
	ck_assert_str_eq(merge(), after);
	text = "";
	free(before);
	free(after);
}
END_TEST

START_TEST(test_what_common_denies_is_copied_once) {
	have("common { socket if arg0 == AF_PACKET then kill }\n"
	     "program {\n"
	     "\tsocket if arg0 == AF_PACKET then kill\n"
	     "\tsocket after open\n}\n");
	see_with(&program, SYS_socket, SYS_close, AF_INET);
	ck_assert_ptr_nonnull(strstr(merge(),
				     "\tsocket if arg0 == AF_PACKET then kill\n"
				     "\tsocket after open\n"
				     "\tsocket after close\n}\n"));
}
END_TEST

/* Who has none of the common rules. */
START_TEST(test_unknown_has_nothing_of_what_common_denies) {
	have("common { socket if arg0 == AF_PACKET then kill }\n");
	see_with(NULL, SYS_socket, START, AF_INET);
	ck_assert_ptr_nonnull(strstr(merge(), "\nunknown {\n\tsocket\n}\n"));
}
END_TEST

START_TEST(test_rule_that_others_make_void_is_said) {
	have("common { bind if arg0 == 3 }\n"
	     "program {\n\tsocket if arg0 == AF_NETLINK\n"
	     "\tread if arg0 == 9 then errno EPERM\n}\n");
	see_with(&program, SYS_socket, START, AF_UNIX);
	see_with(&program, SYS_bind, START, 4);
	see_with(&program, SYS_read, START, 4);
	merge();
	ck_assert_str_eq(
		said.text,
		"af: warning: program: a.af:3 no longer restricts `socket`\n"
		"af: warning: program: a.af:1 no longer restricts `bind`\n");
}
END_TEST

START_TEST(test_what_a_policy_only_logs_is_missing) {
	have("default log\n");
	see(&program, SYS_read, START);
	ck_assert_str_eq(merge(), "default log\n\nprogram {\n\tread\n}\n");
}
END_TEST

START_TEST(test_library_without_a_block_gets_one) {
	have("transparent libssl.so.3\nprogram { read }\n");
	see(&ssl, SYS_exit, START);
	ck_assert_str_eq(merge(), "transparent libssl.so.3\nprogram { read }\n"
				  "\nlibrary libssl.so.3 {\n\texit\n}\n");
}
END_TEST

START_TEST(test_program_that_the_policy_has_no_block_for_gets_one) {
	have("program /usr/bin/other { read }\n");
	program.id = AF_NO_ID;
	see(&program, SYS_read, START);
	ck_assert_str_eq(merge(), "program /usr/bin/other { read }\n"
				  "\nprogram /usr/bin/prog {\n\tread\n}\n");
}
END_TEST

START_TEST(test_additions_are_listed) {
	have("program {\n\tread\n}\n");
	options.list = true;
	see(&program, SYS_write, START);
	see(&other, SYS_close, START);
	merge();
	ck_assert_str_eq(said.text,
			 "af: new in program: write\n"
			 "af: new in program /usr/bin/other: close\n");
}
END_TEST

START_TEST(test_block_with_no_room_is_said) {
	char rules[1024] = "program {\n";

	for (int i = 0; i < AF_MAX_ALTERNATIVES; i++)
		snprintf(rules + strlen(rules), sizeof(rules) - strlen(rules),
			 "read if arg0 == %d\n", i);
	strcat(rules, "}\n");
	have(rules);
	see_with(&program, SYS_read, START, 99);
	ck_assert_str_eq(merge(), rules);
	ck_assert_str_eq(said.text, "af: program: `read` is not added: it has "
				    "too many rules already\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("merge");
	TCase *tcase = tcase_create("merge");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase,
		       test_new_policy_has_blocks_in_the_order_of_first_calls);
	tcase_add_test(tcase, test_program_needs_no_name);
	tcase_add_test(tcase, test_what_is_gone_does_not_have_to_be_there);
	tcase_add_test(tcase, test_block_of_what_is_gone_is_extended);
	tcase_add_test(tcase, test_lines_are_72_columns_wide_at_most);
	tcase_add_test(tcase,
		       test_new_policy_permits_what_was_seen_and_nothing_else);
	tcase_add_test(tcase, test_files_of_one_name_have_one_block);
	tcase_add_test(
		tcase,
		test_predecessors_are_sorted_and_without_the_call_itself);
	tcase_add_test(tcase, test_predecessors_are_for_dangerous_calls_only);
	tcase_add_test(tcase, test_long_rules_are_several);
	tcase_add_test(tcase,
		       test_what_follows_nearly_everything_may_follow_all);
	tcase_add_test(tcase,
		       test_predecessors_that_nobody_knows_are_not_made_up);
	tcase_add_test(tcase, test_counts_are_comments);
	tcase_add_test(tcase, test_call_without_a_name_is_said);
	tcase_add_loop_test(tcase, test_all_else_stays_as_it_is, 0,
			    ARRAY_SIZE(blocks));
	tcase_add_test(tcase, test_nothing_changes_if_nothing_is_new);
	tcase_add_test(tcase, test_who_is_new_is_named_to_have_what_all_have);
	tcase_add_test(tcase, test_unknown_is_given_what_all_others_have);
	tcase_add_loop_test(tcase, test_what_has_been_added_is_not_added_again,
			    0, 2);
	tcase_add_test(tcase,
		       test_rule_with_predecessors_gets_the_ones_it_lacks);
	tcase_add_test(tcase,
		       test_arguments_that_a_rule_permits_are_nothing_new);
	tcase_add_test(tcase, test_what_is_denied_on_purpose_is_not_permitted);
	tcase_add_loop_test(tcase, test_what_common_denies_stays_denied, 0,
			    ARRAY_SIZE(denials));
	tcase_add_test(tcase, test_what_common_denies_is_copied_once);
	tcase_add_test(tcase, test_unknown_has_nothing_of_what_common_denies);
	tcase_add_test(tcase, test_rule_that_others_make_void_is_said);
	tcase_add_test(tcase, test_what_a_policy_only_logs_is_missing);
	tcase_add_test(tcase, test_library_without_a_block_gets_one);
	tcase_add_test(tcase,
		       test_program_that_the_policy_has_no_block_for_gets_one);
	tcase_add_test(tcase, test_additions_are_listed);
	tcase_add_test(tcase, test_block_with_no_room_is_said);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
