// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What becomes of a policy whose denials are left to a tracer, what the tracer
 * then does, and how it says so.
 */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "../../tools/denial.h"
#include "../../tools/watched.h"
#include "compile.h"
#include "sim.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

static const char text[] = "default kill\n"
			   "newer errno ENOSYS\n"
			   "unknown { read }\n"
			   "common {\n"
			   "close then trap\n"
			   "open then errno EACCES\n"
			   "brk\n"
			   "}\n"
			   "program {\n"
			   "write after read\n"
			   "ptrace then log\n"
			   "kill if arg1 == 9 then errno EPERM\n"
			   "kill\n"
			   "}\n";

static struct libaf_policy *parse(const char *policy_text)
{
	struct libaf_policy *policy;
	struct libaf_error err;
	int ret = libaf_policy_parse(policy_text, strlen(policy_text), "t.af",
				     &policy, &err);

	ck_assert_msg(!ret, "%u: %s", err.line, err.text);
	return policy;
}

static struct libaf_seccomp_data call(int nr, uint32_t caller, int prev)
{
	return (struct libaf_seccomp_data){
		.nr = nr,
		.arch = AUDIT_ARCH_X86_64,
		.caller_id = caller,
		.prev_nr = prev,
	};
}

/* What the policy says of a call, and what of its changes the kernel does. */
static const struct {
	int nr;
	uint32_t caller;
	int prev;
	uint64_t arg1;
	uint32_t action;
	uint32_t enforced;
	uint32_t warned;
} calls[] = {
	{ SYS_read, AF_ID_UNKNOWN, SYS_brk, 0, SECCOMP_RET_ALLOW,
	  SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ SYS_brk, AF_ID_PROGRAM, SYS_brk, 0, SECCOMP_RET_ALLOW,
	  SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ SYS_ptrace, AF_ID_PROGRAM, SYS_brk, 0, SECCOMP_RET_LOG,
	  SECCOMP_RET_LOG, SECCOMP_RET_LOG },
	{ SYS_mkdir, AF_ID_PROGRAM, SYS_brk, 0, SECCOMP_RET_KILL_PROCESS,
	  SECCOMP_RET_TRACE, SECCOMP_RET_TRACE },
	{ SYS_brk, AF_ID_UNKNOWN, SYS_read, 0, SECCOMP_RET_KILL_PROCESS,
	  SECCOMP_RET_TRACE, SECCOMP_RET_TRACE },
	{ SYS_write, AF_ID_PROGRAM, SYS_read, 0, SECCOMP_RET_ALLOW,
	  SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ SYS_write, AF_ID_PROGRAM, LIBAF_SECCOMP_PREV_SIGNAL, 0,
	  SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRACE, SECCOMP_RET_TRACE },
	{ SYS_close, AF_ID_PROGRAM, SYS_read, 0, SECCOMP_RET_TRAP,
	  SECCOMP_RET_TRAP, SECCOMP_RET_TRACE },
	{ SYS_open, AF_ID_PROGRAM, SYS_read, 0, SECCOMP_RET_ERRNO | EACCES,
	  SECCOMP_RET_TRACE, SECCOMP_RET_TRACE },
	{ SYS_kill, AF_ID_PROGRAM, SYS_read, 9, SECCOMP_RET_ERRNO | EPERM,
	  SECCOMP_RET_TRACE, SECCOMP_RET_TRACE },
	{ SYS_kill, AF_ID_PROGRAM, SYS_read, 15, SECCOMP_RET_ALLOW,
	  SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ 1000, AF_ID_PROGRAM, SYS_read, 0, SECCOMP_RET_ERRNO | ENOSYS,
	  SECCOMP_RET_TRACE, SECCOMP_RET_TRACE },
	{ -1, AF_ID_PROGRAM, SYS_read, 0, SECCOMP_RET_KILL_PROCESS,
	  SECCOMP_RET_TRACE, SECCOMP_RET_TRACE },
};

static void check_program(const struct af_program *program, bool enforce,
			  size_t i)
{
	struct libaf_seccomp_data data =
		call(calls[i].nr, calls[i].caller, calls[i].prev);
	uint32_t want = enforce ? calls[i].enforced : calls[i].warned;
	struct libaf_call told = { .nr = 0 };
	uint32_t verdict;

	data.args[1] = calls[i].arg1;
	verdict = af_sim_run(program->insns, program->len, &data, NULL);
	ck_assert_uint_eq(verdict & SECCOMP_RET_ACTION_FULL, want);
	if (want != SECCOMP_RET_TRACE && want != SECCOMP_RET_TRAP)
		return;
	af_trap_read(AF_TRAP_BOTH, verdict, &told);
	ck_assert_uint_eq(told.caller_id, calls[i].caller);
	ck_assert_int_eq(told.prev_nr, calls[i].prev);
}

/* What is denied is left to the tracer, with who asked and after what. */
START_TEST(test_denials_are_left_to_the_tracer) {
	struct libaf_policy *policy = parse(text);
	struct af_programs programs;

	af_watched_change(policy, _i);
	ck_assert_int_eq(af_compile(policy, NULL, &programs, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		check_program(&programs.programs[0], _i, i);
	af_programs_release(&programs);
	libaf_policy_free(policy);
}
END_TEST

/* The tracer does what the kernel would; what it cannot explain it kills. */
START_TEST(test_the_tracer_does_what_the_policy_says) {
	struct libaf_policy *policy = parse(text);
	struct libaf_seccomp_data data =
		call(calls[_i].nr, calls[_i].caller, calls[_i].prev);
	uint32_t want = calls[_i].action;

	data.args[1] = calls[_i].arg1;
	if (!af_watched_denies(want))
		want = SECCOMP_RET_KILL_PROCESS;
	ck_assert_uint_eq(af_watched_action(policy, false, &data), want);
	libaf_policy_free(policy);
}
END_TEST

START_TEST(test_other_conventions_get_the_default) {
	struct libaf_policy *policy = parse("default errno EPERM\n"
					    "program { read }");
	struct libaf_seccomp_data data =
		call(SYS_read, AF_ID_PROGRAM, SYS_read);

	data.arch = AUDIT_ARCH_I386;
	ck_assert_uint_eq(af_watched_action(policy, false, &data),
			  SECCOMP_RET_ERRNO | EPERM);
	libaf_policy_free(policy);
}
END_TEST

/* If it is not known what came before, a call gets the worst that it may get. */
START_TEST(test_what_is_not_told_is_the_strictest) {
	static const struct {
		const char *text;
		uint32_t want;
	} policies[] = {
		{ "default errno EPERM\nprogram { read }",
		  SECCOMP_RET_ERRNO | EPERM },
		{ "default errno EPERM\nprogram {\nread then trap\n}",
		  SECCOMP_RET_TRAP },
		{ "default trap\nunknown {\nread then kill\n}",
		  SECCOMP_RET_KILL_PROCESS },
		{ "default errno EPERM\nnewer kill\ncommon { read }",
		  SECCOMP_RET_KILL_PROCESS },
		{ "default log\nprogram { read }", SECCOMP_RET_KILL_PROCESS },
	};
	struct libaf_policy *policy = parse(policies[_i].text);
	struct libaf_seccomp_data data =
		call(SYS_mkdir, LIBAF_CALLER_NOT_TOLD, SYS_read);

	ck_assert_uint_eq(af_watched_action(policy, false, &data),
			  policies[_i].want);
	data = call(SYS_mkdir, AF_ID_PROGRAM, LIBAF_PREV_NOT_TOLD);
	ck_assert_uint_eq(af_watched_action(policy, false, &data),
			  policies[_i].want);
	libaf_policy_free(policy);
}
END_TEST

/* What the filter asks the tracer for is denied as it would be without one. */
START_TEST(test_a_union_denies_as_without_a_tracer) {
	static const struct {
		const char *text;
		uint32_t want;
	} policies[] = {
		{ "default kill\nprogram {\nopen then errno EPERM\n}",
		  SECCOMP_RET_KILL_PROCESS },
		{ "default log\ncommon {\nopen then errno EPERM\n}\n"
		  "unknown {\nopen then errno EPERM\n}",
		  SECCOMP_RET_ERRNO | EPERM },
		{ "default trap\nprogram {\nopen then kill\n}",
		  SECCOMP_RET_KILL_PROCESS },
		{ "default errno EPERM\nprogram {\nopen then trap\n}",
		  SECCOMP_RET_TRAP },
	};
	struct libaf_policy *policy = parse(policies[_i].text);
	struct libaf_policy *changed = parse(policies[_i].text);
	struct libaf_seccomp_data data =
		call(SYS_open, AF_ID_PROGRAM, LIBAF_PREV_NOT_TOLD);
	uint32_t actions[AF_NR_MAX];

	af_watched_change(changed, true);
	af_policy_union_actions(changed, actions);
	ck_assert_uint_eq(actions[SYS_open], SECCOMP_RET_TRACE);
	ck_assert_uint_eq(af_watched_action(policy, true, &data),
			  policies[_i].want);
	libaf_policy_free(changed);
	libaf_policy_free(policy);
}
END_TEST

/* No rule can be about these. */
START_TEST(test_a_union_denies_by_default) {
	struct libaf_policy *policy = parse(text);
	struct libaf_seccomp_data data =
		call(1000, AF_ID_PROGRAM, LIBAF_PREV_NOT_TOLD);

	ck_assert_uint_eq(af_watched_action(policy, true, &data),
			  SECCOMP_RET_ERRNO | ENOSYS);
	data.nr = 2000;
	ck_assert_uint_eq(af_watched_action(policy, true, &data),
			  SECCOMP_RET_ERRNO | ENOSYS);
	data.nr = SYS_open | AF_X32_BIT;
	ck_assert_uint_eq(af_watched_action(policy, true, &data),
			  SECCOMP_RET_KILL_PROCESS);
	data.nr = SYS_open;
	data.arch = AUDIT_ARCH_I386;
	ck_assert_uint_eq(af_watched_action(policy, true, &data),
			  SECCOMP_RET_KILL_PROCESS);
	libaf_policy_free(policy);
}
END_TEST

/*
 * Reports
 */

static char libc_path[] = "/lib/libc.so", program_path[] = "/bin/x\033\xff";
static char function[] = "umask", evil[] = "evil\n";

static void make_denial(struct af_denial *denial)
{
	*denial = (struct af_denial){
		.time = { .tv_sec = 1700000000, .tv_nsec = 7000000 },
		.pid = 12,
		.tid = 13,
		.comm = "a\nb",
		.call = { .nr = SYS_umask,
			  .prev_nr = SYS_brk,
			  .caller_id = AF_ID_PROGRAM,
			  .has_args = 1,
			  .args = { 63, 0, UINT64_MAX } },
		.action = SECCOMP_RET_KILL_PROCESS,
		.chain = { .nr = 3, .caller = 1 },
	};
	denial->chain.links[0] = (struct af_link){
		.file = libc_path,
		.addr = 0x1007,
		.function = function,
		.offset = 7,
	};
	denial->chain.links[1] = (struct af_link){
		.file = program_path,
		.addr = 0x20,
		.function = evil,
		.offset = 1,
	};
	denial->chain.links[2] = (struct af_link){
		.file = libc_path,
		.addr = 0xffff0000,
		.is_memory = true,
	};
}

static char *print(const struct af_denial *denial)
{
	size_t len;
	char *printed;
	FILE *out = open_memstream(&printed, &len);

	ck_assert_ptr_nonnull(out);
	af_denial_print(out, denial);
	ck_assert_int_eq(fclose(out), 0);
	return printed;
}

#define REASON                                                          \
	"t.af:9: `umask` by the program, after `brk`: denied, and the " \
	"process killed, as no rule permits it\n"
#define REST                                                               \
	"  hint: add `umask` to the block in line 9\n"                     \
	"  call: umask(0x3f, 0x0, 0xffffffffffffffff, 0x0, 0x0, 0x0), by " \
	"a\\x0ab[12], thread 13\n"                                         \
	"        /lib/libc.so+0x1007, umask+0x7\n"                         \
	"  from: /bin/x\\x1b\\xff+0x20, evil\\x0a+0x1\n"                   \
	"        /lib/libc.so at 0xffff0000\n"

START_TEST(test_a_report_in_words) {
	struct libaf_policy *policy = parse(text);
	struct af_denial denial;
	char *printed;

	make_denial(&denial);
	af_denial_explain(&denial, policy);
	printed = print(&denial);
	ck_assert_str_eq(printed, "af: " REASON REST);
	free(printed);
	denial.made = true;
	printed = print(&denial);
	ck_assert_str_eq(printed, "af: not enforced: " REASON REST);
	free(printed);
	libaf_policy_free(policy);
}
END_TEST

START_TEST(test_a_report_of_another_convention) {
	struct libaf_policy *policy = parse(text);
	struct af_denial denial;
	char *printed;

	make_denial(&denial);
	denial.foreign = true;
	denial.tid = denial.pid;
	denial.chain.nr = 0;
	af_denial_explain(&denial, policy);
	printed = print(&denial);
	ck_assert_str_eq(
		printed,
		"af: call 95 by another convention than that of x86-64: no "
		"policy permits it\n"
		"  call: call 95(0x3f, 0x0, 0xffffffffffffffff, 0x0, 0x0, 0x0), "
		"by a\\x0ab[12]\n");
	free(printed);
	libaf_policy_free(policy);
}
END_TEST

/* One line, whatever is in it. */
START_TEST(test_a_report_in_json) {
	static const char want[] =
		"{\"time\":\"2023-11-14T22:13:20.007Z\",\"pid\":12,\"tid\":13,"
		"\"comm\":\"a\\nb\",\"nr\":95,\"name\":\"umask\",\"args\":["
		"\"0x3f\",\"0x0\",\"0xffffffffffffffff\",\"0x0\",\"0x0\","
		"\"0x0\"],\"caller\":\"program\",\"file\":\"/bin/x\\u001B?\","
		"\"offset\":\"0x20\",\"prev\":\"brk\",\"action\":\"kill\","
		"\"denied\":true,\"policy\":\"t.af\",\"line\":9,\"text\":"
		"\"`umask` by the program, after `brk`: denied, and the "
		"process killed, as no rule permits it\",\"hint\":\"add "
		"`umask` to the block in line 9\",\"chain\":[{\"file\":"
		"\"/lib/libc.so\",\"offset\":\"0x1007\",\"function\":"
		"\"umask+0x7\"},{\"file\":\"/bin/x\\u001B?\",\"offset\":"
		"\"0x20\",\"function\":\"evil\\n+0x1\"},{\"file\":"
		"\"/lib/libc.so\",\"offset\":\"0xffff0000\",\"function\":null"
		"}]}";
	struct libaf_policy *policy = parse(text);
	struct af_denial denial;
	json_t *json;
	char *line;

	make_denial(&denial);
	af_denial_explain(&denial, policy);
	json = af_denial_json(&denial, policy);
	line = json_dumps(json, JSON_COMPACT);
	ck_assert_str_eq(line, want);
	free(line);
	json_decref(json);
	libaf_policy_free(policy);
}
END_TEST

static const char *string_of(json_t *json, const char *key)
{
	const char *value = json_string_value(json_object_get(json, key));

	return value ? value : "null";
}

/* What is said of calls of which less is known. */
START_TEST(test_json_of_what_is_not_known) {
	static const struct {
		int prev;
		unsigned int caller;
		uint32_t action;
		bool made;
		const char *want[3];
	} cases[] = {
		{ LIBAF_PREV_NOT_TOLD,
		  LIBAF_CALLER_NOT_TOLD,
		  SECCOMP_RET_KILL_PROCESS,
		  true,
		  { "null", "null", "kill" } },
		{ LIBAF_SECCOMP_PREV_NONE,
		  AF_ID_UNKNOWN,
		  SECCOMP_RET_ERRNO | EXDEV,
		  false,
		  { "start", "unknown", "errno EXDEV" } },
		{ LIBAF_SECCOMP_PREV_SIGNAL,
		  AF_ID_LIBRARY,
		  SECCOMP_RET_TRAP,
		  false,
		  { "signal", "library libx.so", "trap" } },
	};
	struct libaf_policy *policy = parse("library libx.so { read }");
	struct af_denial denial;
	json_t *json;

	make_denial(&denial);
	denial.chain.nr = 0;
	denial.call.prev_nr = cases[_i].prev;
	denial.call.caller_id = cases[_i].caller;
	denial.action = cases[_i].action;
	denial.made = cases[_i].made;
	af_denial_explain(&denial, policy);
	json = af_denial_json(&denial, policy);
	ck_assert_str_eq(string_of(json, "prev"), cases[_i].want[0]);
	ck_assert_str_eq(string_of(json, "caller"), cases[_i].want[1]);
	ck_assert_str_eq(string_of(json, "action"), cases[_i].want[2]);
	ck_assert_str_eq(string_of(json, "file"), "null");
	ck_assert(json_is_null(json_object_get(json, "offset")));
	ck_assert_int_eq(json_is_true(json_object_get(json, "denied")),
			 !cases[_i].made);
	json_decref(json);
	libaf_policy_free(policy);
}
END_TEST

/* Another caller, or another call before, is another denial. */
START_TEST(test_repeats_are_counted) {
	struct libaf_policy *policy = parse(text);
	struct af_repeats repeats = { .nr = 0 };
	struct af_denial denial;
	size_t len;
	char *printed;
	FILE *out = open_memstream(&printed, &len);

	make_denial(&denial);
	af_denial_explain(&denial, policy);
	ck_assert(af_repeats_add(&repeats, &denial));
	for (int i = 0; i < 2; i++) {
		denial.tid++;
		denial.call.args[0]++;
		ck_assert(!af_repeats_add(&repeats, &denial));
	}
	denial.call.prev_nr = SYS_read;
	af_denial_explain(&denial, policy);
	ck_assert(af_repeats_add(&repeats, &denial));
	denial.call.caller_id = AF_ID_UNKNOWN;
	af_denial_explain(&denial, policy);
	ck_assert(af_repeats_add(&repeats, &denial));
	ck_assert(!af_repeats_add(&repeats, &denial));
	af_repeats_end(&repeats, out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_str_eq(printed,
			 "af: 2 more times: " REASON
			 "af: 1 more time: t.af:3: `umask` by unknown code, "
			 "after `read`: denied, and the process killed, as no "
			 "rule permits it\n");
	free(printed);
	libaf_policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watched");
	TCase *tcase = tcase_create("watched");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, test_denials_are_left_to_the_tracer, 0, 2);
	tcase_add_loop_test(tcase, test_the_tracer_does_what_the_policy_says, 0,
			    ARRAY_SIZE(calls));
	tcase_add_test(tcase, test_other_conventions_get_the_default);
	tcase_add_loop_test(tcase, test_what_is_not_told_is_the_strictest, 0,
			    5);
	tcase_add_loop_test(tcase, test_a_union_denies_as_without_a_tracer, 0,
			    4);
	tcase_add_test(tcase, test_a_union_denies_by_default);
	tcase_add_test(tcase, test_a_report_in_words);
	tcase_add_test(tcase, test_a_report_of_another_convention);
	tcase_add_test(tcase, test_a_report_in_json);
	tcase_add_loop_test(tcase, test_json_of_what_is_not_known, 0, 3);
	tcase_add_test(tcase, test_repeats_are_counted);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
