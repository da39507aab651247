// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The handler of SIGSYS, called as the kernel would.  That filters tell the
 * truth, and that signals come to it, is for apps/report_test.c.
 */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "filter.h"
#include "libaf.h"
#include "policy.h"
#include "report.h"
#include "sim.h"
#include "sys.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

#define SIGSYS_SECCOMP 1

#define POLICY                                                  \
	"default trap\n"                                        \
	"transparent libc.so.6\n"                               \
	"library libm.so.6 { read }\n"                          \
	"program {\n"                                           \
	"	mprotect after mmap\n"                                \
	"	lseek if arg2 == 0\n"                                 \
	"	socket if arg0 == 10 and arg3 == 13 and arg5 == 15\n" \
	"	rt_sigreturn\n"                                       \
	"}\n"

enum {
	UNKNOWN,
	PROGRAM,
	LIBC,
	LIBM,
	REPORTER,
};

static struct libaf_policy *policy;
static struct libaf_filter *filter;
static struct libaf_error err;

/* The kernel: what it can do, and what it answers. */
static unsigned int features;
static int answer;
static bool fail_mmap;

unsigned int __wrap_af_sys_features(void);
int __wrap_af_sys_no_new_privs(void);
int __wrap_af_sys_set_filter(const struct sock_filter *prog, unsigned int len);
int __wrap_af_sys_set_caller_filter(
	const struct libaf_seccomp_caller_filter *args);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);

unsigned int __wrap_af_sys_features(void)
{
	return features;
}

int __wrap_af_sys_no_new_privs(void)
{
	return 0;
}

int __wrap_af_sys_set_filter(const struct sock_filter *prog, unsigned int len)
{
	return af_sim_check(prog, len) ? -EFAULT : answer;
}

int __wrap_af_sys_set_caller_filter(
	const struct libaf_seccomp_caller_filter *args)
{
	(void)args;
	return answer;
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	if (fail_mmap) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return __real_mmap(addr, len, prot, flags, fd, offset);
}

static struct libaf_policy *parse(const char *text)
{
	struct libaf_policy *parsed;

	ck_assert_int_eq(libaf_policy_parse(text, strlen(text), "a.af", &parsed,
					    &err),
			 0);
	return parsed;
}

static void make(const char *text)
{
	libaf_filter_free(filter);
	libaf_policy_free(policy);
	policy = parse(text);
	ck_assert_msg(!libaf_filter_new(policy, NULL, LIBAF_REPORT, &filter,
					&err),
		      "%s", err.text);
}

static void setup(void)
{
	features = LIBAF_SECCOMP_FEATURE_PREV_NR |
		   LIBAF_SECCOMP_FEATURE_CALLER_ID;
	make(POLICY);
}

static void teardown(void)
{
	libaf_filter_free(filter);
	libaf_policy_free(policy);
}

/* As lib/trap.c has it, which a test of its own is about. */
static int data_of(unsigned int caller, int prev)
{
	return (int)(caller << 9) | (prev + 3);
}

static const unsigned long long some_args[] = { 10, 11, 12, 13, 14, 15 };

/* Call the handler; RAX is what the system call returns then. */
static long handle(siginfo_t *info)
{
	ucontext_t context = { 0 };
	greg_t *regs = context.uc_mcontext.gregs;
	struct sigaction action;

	regs[REG_RDI] = (greg_t)some_args[0];
	regs[REG_RSI] = (greg_t)some_args[1];
	regs[REG_RDX] = (greg_t)some_args[2];
	regs[REG_R10] = (greg_t)some_args[3];
	regs[REG_R8] = (greg_t)some_args[4];
	regs[REG_R9] = (greg_t)some_args[5];
	ck_assert_int_eq(sigaction(SIGSYS, NULL, &action), 0);
	ck_assert_int_eq(action.sa_flags & (SA_SIGINFO | SA_ONSTACK),
			 SA_SIGINFO | SA_ONSTACK);
	action.sa_sigaction(SIGSYS, info, &context);
	return regs[REG_RAX];
}

/* The signal of a call that a filter with this data has denied. */
static long trapped(int nr, unsigned int arch, int data)
{
	siginfo_t info = {
		.si_signo = SIGSYS,
		.si_code = SIGSYS_SECCOMP,
		.si_errno = data,
	};

	info.si_syscall = nr;
	info.si_arch = arch;
	info.si_call_addr = (void *)0x1234;
	return handle(&info);
}

/* One that somebody has sent. */
static void sent(void)
{
	siginfo_t info = { .si_signo = SIGSYS, .si_code = SI_USER };

	ck_assert_int_eq(handle(&info), 0);
}

static struct libaf_report seen;
static void *seen_arg;
static unsigned int nr_seen;
static int fail_with;

static int note(const struct libaf_report *report, void *arg)
{
	seen = *report;
	seen_arg = arg;
	nr_seen++;
	return fail_with;
}

static void report_to(libaf_report_fn callback)
{
	ck_assert_int_eq(libaf_report(filter, policy, callback, &nr_seen), 0);
}

static void make_denied_call(void)
{
	trapped(SYS_mkdir, AUDIT_ARCH_X86_64, data_of(PROGRAM, SYS_read));
}

START_TEST(test_callback_gets_the_call) {
	report_to(note);
	fail_with = EACCES;
	ck_assert_int_eq(trapped(SYS_mkdir, AUDIT_ARCH_X86_64,
				 data_of(LIBM, SYS_read)),
			 -EACCES);
	ck_assert_uint_eq(nr_seen, 1);
	ck_assert_ptr_eq(seen_arg, &nr_seen);
	ck_assert_int_eq(seen.call.nr, SYS_mkdir);
	ck_assert_int_eq(seen.call.prev_nr, SYS_read);
	ck_assert_uint_eq(seen.call.caller_id, LIBM);
	ck_assert_uint_eq(seen.arch, AUDIT_ARCH_X86_64);
	ck_assert_ptr_eq(seen.ip, (void *)0x1234);
	ck_assert_int_eq(seen.why.verdict, LIBAF_DENIES);
	ck_assert_uint_eq(seen.why.line, 3);
	ck_assert_str_eq(seen.why.file, "a.af");
	ck_assert_str_eq(seen.why.text,
			 "`mkdir` by libm.so.6, after `read`: denied with "
			 "SIGSYS, as no rule permits it");
	ck_assert_str_eq(seen.why.hint, "add `mkdir` to the block in line 3");
}
END_TEST

START_TEST(test_arguments_decide) {
	report_to(note);
	fail_with = EPERM;
	trapped(SYS_lseek, AUDIT_ARCH_X86_64, data_of(PROGRAM, SYS_read));
	ck_assert_int_eq(seen.call.has_args, 1);
	ck_assert_mem_eq(seen.call.args, some_args, sizeof(some_args));
	ck_assert_msg(strstr(seen.why.text,
			     "line 6 permits it only with other arguments"),
		      "%s", seen.why.text);
	trapped(SYS_socket, AUDIT_ARCH_X86_64, data_of(PROGRAM, SYS_read));
	ck_assert_int_eq(seen.why.verdict, LIBAF_PERMITS);
}
END_TEST

static int change_errno(const struct libaf_report *report, void *arg)
{
	(void)report;
	(void)arg;
	errno = ENOTTY;
	return EPERM;
}

START_TEST(test_errno_is_kept) {
	report_to(change_errno);
	errno = EDOM;
	make_denied_call();
	ck_assert_int_eq(errno, EDOM);
}
END_TEST

/* What a child writes to standard error, and how it ends. */
static char output[4096];

static int status_of(void (*run)(void))
{
	size_t len = 0;
	ssize_t got;
	int fds[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		run();
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	close(fds[1]);
	while ((got = read(fds[0], output + len, sizeof(output) - 1 - len)) > 0)
		len += (size_t)got;
	output[len] = '\0';
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static void dies_of_sigsys(void (*run)(void))
{
	int status = status_of(run);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS,
		      "status %#x", status);
}

START_TEST(test_default_writes_and_ends) {
	report_to(NULL);
	dies_of_sigsys(make_denied_call);
	ck_assert_str_eq(output,
			 "libaf: a.af:4: `mkdir` by the program, after `read`: "
			 "denied with SIGSYS, as no rule permits it\n"
			 "  hint: add `mkdir` to the block in line 4\n");
}
END_TEST

START_TEST(test_callback_ends_the_process) {
	static const int answers[] = { 0, -1, -EPERM, 4096, INT32_MIN };

	report_to(note);
	fail_with = answers[_i];
	dies_of_sigsys(make_denied_call);
	ck_assert_str_eq(output, "");
}
END_TEST

static int write_and_fail(const struct libaf_report *report, void *arg)
{
	(void)arg;
	return libaf_report_write(report) ? 0 : EPERM;
}

static void make_two_denied_calls(void)
{
	make_denied_call();
	trapped(SYS_mprotect, AUDIT_ARCH_X86_64,
		data_of(PROGRAM, LIBAF_SECCOMP_PREV_SIGNAL));
}

START_TEST(test_callback_may_write_and_go_on) {
	report_to(write_and_fail);
	ck_assert_int_eq(status_of(make_two_denied_calls), 0);
	ck_assert_str_eq(output,
			 "libaf: a.af:4: `mkdir` by the program, after `read`: "
			 "denied with SIGSYS, as no rule permits it\n"
			 "  hint: add `mkdir` to the block in line 4\n"
			 "libaf: a.af:5: `mprotect` by the program, first in a "
			 "signal handler: denied with SIGSYS; line 5 permits "
			 "it only after other calls\n"
			 "  hint: add `signal` to its `after`\n");
}
END_TEST

START_TEST(test_no_way_back_is_told) {
	make("default trap\nprogram { read }");
	report_to(write_and_fail);
	dies_of_sigsys(make_denied_call);
	ck_assert_msg(strstr(output, "hint: add `mkdir`"), "%s", output);
	ck_assert_msg(strstr(output, "libaf: the policy does not permit "
				     "`rt_sigreturn`"),
		      "%s", output);
}
END_TEST

START_TEST(test_other_conventions) {
	static const struct {
		int nr;
		unsigned int arch;
		const char *text;
	} calls[] = {
		{ SYS_mkdir, AUDIT_ARCH_I386, "call 83 by another convention" },
		{ 0x40000000 + SYS_mkdir, AUDIT_ARCH_X86_64,
		  "call 1073741907 by another convention" },
	};

	report_to(note);
	fail_with = EPERM;
	trapped(calls[_i].nr, calls[_i].arch, data_of(UNKNOWN, SYS_read));
	ck_assert_uint_eq(nr_seen, 1);
	ck_assert_uint_eq(seen.arch, calls[_i].arch);
	ck_assert_int_eq(seen.why.verdict, LIBAF_DENIES);
	ck_assert_uint_eq(seen.why.line, 0);
	ck_assert_msg(strstr(seen.why.text, calls[_i].text), "%s",
		      seen.why.text);
}
END_TEST

/* A filter of somebody else's, which tells nothing. */
static void make_untold_call(void)
{
	trapped(SYS_rt_sigreturn, AUDIT_ARCH_X86_64, 0);
}

/* One that this policy permits. */
static void make_permitted_call(void)
{
	trapped(SYS_read, AUDIT_ARCH_X86_64, data_of(LIBM, SYS_read));
}

START_TEST(test_other_filters) {
	report_to(NULL);
	dies_of_sigsys(make_untold_call);
	ck_assert_msg(strstr(output, "by a caller that is not told, after one "
				     "that is not told"),
		      "%s", output);
	dies_of_sigsys(make_permitted_call);
	ck_assert_str_eq(output,
			 "libaf: a.af:3: `read` by libm.so.6, after `read`: "
			 "permitted by line 3, but another filter denies it\n");
}
END_TEST

/* A phase denies what the whole policy permits, and the other way round. */
START_TEST(test_a_phase_is_asked_next) {
	static const struct {
		int nr;
		unsigned int line;
	} calls[] = {
		{ SYS_getuid, 2 },
		{ SYS_mkdir, 2 },
		{ SYS_read, 4 },
	};
	const struct libaf_policy *phase;
	struct libaf_filter *second;

	make("default trap\n"
	     "program { read rt_sigreturn }\n"
	     "phase serve {\n"
	     "program { mkdir rt_sigreturn }\n"
	     "}\n");
	phase = libaf_policy_phase(policy, "serve");
	ck_assert_int_eq(
		libaf_filter_new(phase, NULL, LIBAF_REPORT, &second, &err), 0);
	report_to(note);
	ck_assert_int_eq(libaf_report(second, phase, note, &second), 0);
	fail_with = EPERM;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		trapped(calls[i].nr, AUDIT_ARCH_X86_64,
			data_of(PROGRAM, SYS_read));
		ck_assert_uint_eq(nr_seen, i + 1);
		ck_assert_int_eq(seen.why.verdict, LIBAF_DENIES);
		ck_assert_uint_eq(seen.why.line, calls[i].line);
		ck_assert_ptr_eq(seen_arg, calls[i].line == 2 ?
						   (void *)&nr_seen :
						   (void *)&second);
	}
	libaf_filter_free(second);
}
END_TEST

static volatile int nr_passed_on, passed_on_code;

static void plain_handler(int sig)
{
	nr_passed_on += sig == SIGSYS;
}

static void info_handler(int sig, siginfo_t *info, void *context)
{
	nr_passed_on += sig == SIGSYS && context;
	passed_on_code = info->si_code;
}

START_TEST(test_sent_signals_are_passed_on) {
	struct sigaction action = { .sa_handler = plain_handler };

	if (_i) {
		action.sa_sigaction = info_handler;
		action.sa_flags = SA_SIGINFO;
	}
	ck_assert_int_eq(sigaction(SIGSYS, &action, NULL), 0);
	report_to(note);
	sent();
	ck_assert_int_eq(nr_passed_on, 1);
	ck_assert_int_eq(passed_on_code, _i ? SI_USER : 0);
	ck_assert_uint_eq(nr_seen, 0);
	/* And those of seccomp are not. */
	fail_with = EPERM;
	make_denied_call();
	ck_assert_uint_eq(nr_seen, 1);
	ck_assert_int_eq(nr_passed_on, 1);
}
END_TEST

START_TEST(test_ignored_signals_stay_ignored) {
	ck_assert(signal(SIGSYS, SIG_IGN) != SIG_ERR);
	report_to(note);
	sent();
	ck_assert_uint_eq(nr_seen, 0);
}
END_TEST

START_TEST(test_sent_signals_end_the_process_by_default) {
	report_to(NULL);
	dies_of_sigsys(sent);
	ck_assert_str_eq(output, "");
}
END_TEST

START_TEST(test_longest_text) {
	static char name[300], text[700];
	struct libaf_policy *parsed;
	struct libaf_filter *made;
	int len;

	memset(name, 'n', sizeof(name) - 1);
	len = sprintf(text, "default trap\nprogram {\n%s%s%s}\n",
		      "mprotect after mmap\n", "rt_sigreturn\n", "read\n");
	ck_assert_int_eq(
		libaf_policy_parse(text, (size_t)len, name, &parsed, &err), 0);
	ck_assert_int_eq(
		libaf_filter_new(parsed, NULL, LIBAF_REPORT, &made, &err), 0);
	ck_assert_int_eq(libaf_report(made, parsed, NULL, NULL), 0);
	dies_of_sigsys(make_denied_call);
	ck_assert_int_eq(strncmp(output, "libaf: nnnn", 11), 0);
	ck_assert_msg(strstr(output, "hint: add `mkdir` to the block in line 2"
				     "\n"),
		      "%s", output);
	libaf_filter_free(made);
	libaf_policy_free(parsed);
}
END_TEST

START_TEST(test_wrong_arguments) {
	struct libaf_filter *plain;

	ck_assert_int_eq(libaf_filter_new(policy, NULL, 0, &plain, &err), 0);
	ck_assert_int_eq(libaf_report(NULL, policy, NULL, NULL), -EINVAL);
	ck_assert_int_eq(libaf_report(filter, NULL, NULL, NULL), -EINVAL);
	ck_assert_int_eq(libaf_report(plain, policy, NULL, NULL), -EINVAL);
	ck_assert_int_eq(libaf_report_write(NULL), -EINVAL);
	libaf_filter_free(plain);
}
END_TEST

static void *handler_now(void)
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(SIGSYS, NULL, &action), 0);
	return (void *)action.sa_handler;
}

START_TEST(test_no_memory) {
	fail_mmap = true;
	ck_assert_int_eq(libaf_report(filter, policy, NULL, NULL), -ENOMEM);
	ck_assert_ptr_eq(handler_now(), (void *)SIG_DFL);
	fail_mmap = false;
	report_to(NULL);
	ck_assert_ptr_ne(handler_now(), (void *)SIG_DFL);
}
END_TEST

static char *policy_file(const char *text)
{
	static char path[] = "/tmp/report_test.XXXXXX";
	int fd;

	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

/* Of the leak sanitizer, where there is one. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/*
 * The policy stays allocated for the handler, which has it in a mapping where
 * the sanitizer does not look.
 */
static int load_for_good(const char *path)
{
	int ret;

	if (__lsan_disable)
		__lsan_disable();
	ret = libaf_load_explain(path, LIBAF_REPORT, &err);
	if (__lsan_enable)
		__lsan_enable();
	return ret;
}

START_TEST(test_load_installs_the_handler_or_leaves_all_as_it_was) {
	char *path = policy_file(POLICY);

	answer = -ENOMEM;
	ck_assert_int_eq(libaf_load_explain(path, LIBAF_REPORT, &err), -ENOMEM);
	ck_assert_ptr_eq(handler_now(), (void *)SIG_DFL);
	answer = 0;
	ck_assert_int_eq(libaf_load_explain(path, 0, &err), LIBAF_ENFORCED);
	ck_assert_ptr_eq(handler_now(), (void *)SIG_DFL);
	ck_assert_int_eq(load_for_good(path), LIBAF_ENFORCED);
	ck_assert_ptr_ne(handler_now(), (void *)SIG_DFL);
	unlink(path);
	dies_of_sigsys(make_denied_call);
	ck_assert_msg(strstr(output, ":4: `mkdir` by the program"), "%s",
		      output);
}
END_TEST

/* The second of two is taken back. */
START_TEST(test_failed_load_leaves_others) {
	char *path = policy_file(POLICY);

	report_to(note);
	answer = -ENOMEM;
	ck_assert_int_eq(libaf_load(path, LIBAF_REPORT), -ENOMEM);
	unlink(path);
	fail_with = EPERM;
	make_permitted_call();
	ck_assert_uint_eq(nr_seen, 1);
	ck_assert_int_eq(seen.why.verdict, LIBAF_PERMITS);
}
END_TEST

START_TEST(test_filters_that_cannot_report) {
	struct libaf_filter *made;

	ck_assert_int_eq(libaf_filter_new(policy, "/bin/true", LIBAF_REPORT,
					  &made, &err),
			 -EINVAL);
	ck_assert_ptr_null(made);
	libaf_policy_free(policy);
	policy = parse("default kill\nprogram { read }");
	ck_assert_int_eq(libaf_filter_new(policy, NULL, LIBAF_REPORT, &made,
					  &err),
			 -EINVAL);
	ck_assert_ptr_null(made);
	ck_assert_str_eq(err.hint, "write `default trap`");
	libaf_policy_free(policy);
	policy = parse("default kill\nprogram { read then trap\n}");
	ck_assert_int_eq(
		libaf_filter_new(policy, NULL, LIBAF_REPORT, &made, &err), 0);
	libaf_filter_free(made);
}
END_TEST

static uint32_t verdict(const struct libaf_seccomp_data *data)
{
	size_t len;
	const struct sock_filter *prog = libaf_filter_program(filter, 0, &len);

	return af_sim_run(prog, len, data, NULL) & SECCOMP_RET_ACTION_FULL;
}

static struct libaf_seccomp_data report_data(void)
{
	return (struct libaf_seccomp_data){
		.nr = SYS_write,
		.arch = AUDIT_ARCH_X86_64,
		.instruction_pointer = (uintptr_t)af_report_written,
		.args = { STDERR_FILENO },
		.prev_nr = LIBAF_SECCOMP_PREV_SIGNAL,
		.caller_id = (unsigned int)policy->nr_callers,
	};
}

#define DENIES(change)                                               \
	do {                                                         \
		data = report_data();                                \
		change;                                              \
		ck_assert_uint_eq(verdict(&data), SECCOMP_RET_TRAP); \
	} while (0)

/* The write is no tool for others: each condition is needed. */
START_TEST(test_what_the_reporter_may_do) {
	struct libaf_seccomp_data data = report_data();

	ck_assert_uint_eq(verdict(&data), SECCOMP_RET_ALLOW);
	data.prev_nr = SYS_write;
	ck_assert_uint_eq(verdict(&data), SECCOMP_RET_ALLOW);
	DENIES(data.prev_nr = SYS_read);
	DENIES(data.prev_nr = LIBAF_SECCOMP_PREV_NONE);
	DENIES(data.instruction_pointer++);
	DENIES(data.instruction_pointer -= 2);
	DENIES(data.instruction_pointer = 0);
	DENIES(data.args[0] = STDOUT_FILENO);
	DENIES(data.args[0] = 3);
	DENIES(data.caller_id = UNKNOWN);
	DENIES(data.caller_id = PROGRAM);
	DENIES(data.caller_id = LIBC);
	DENIES(data.nr = SYS_pwrite64);
	DENIES(data.nr = SYS_rt_sigreturn);
	data = report_data();
	data.nr = AF_REPORT_END_NR;
	ck_assert_uint_eq(verdict(&data), SECCOMP_RET_KILL_PROCESS);
	DENIES((data.nr = AF_REPORT_END_NR, data.caller_id = PROGRAM));
}
END_TEST

/* Whatever unknown code may do, libaf ends the process by its own call. */
START_TEST(test_the_end_is_the_end) {
	struct libaf_seccomp_data data;

	make("default trap\nunknown { tuxcall write }\n"
	     "common { tuxcall write }\n");
	data = report_data();
	ck_assert_uint_eq(verdict(&data), SECCOMP_RET_ALLOW);
	data.nr = AF_REPORT_END_NR;
	ck_assert_uint_eq(verdict(&data), SECCOMP_RET_KILL_PROCESS);
	data.caller_id = UNKNOWN;
	ck_assert_uint_eq(verdict(&data), SECCOMP_RET_ALLOW);
}
END_TEST

/* A kernel that tells filters nothing. */
START_TEST(test_degraded) {
	struct libaf_seccomp_data data = { .nr = SYS_write,
					   .arch = AUDIT_ARCH_X86_64 };
	size_t len;

	features = 0;
	libaf_filter_free(filter);
	ck_assert_int_eq(libaf_filter_new(policy, NULL, LIBAF_REPORT, &filter,
					  &err),
			 -EOPNOTSUPP);
	ck_assert_int_eq(libaf_filter_new(policy, NULL,
					  LIBAF_REPORT | LIBAF_ALLOW_DEGRADED,
					  &filter, &err),
			 0);
	ck_assert_uint_eq(af_filter_needs(libaf_filter_program(filter, 0, &len),
					  filter->fprogs[0].len),
			  0);
	ck_assert_uint_eq(verdict(&data), SECCOMP_RET_ALLOW);
	data.nr = SYS_execve;
	ck_assert_uint_eq(verdict(&data), SECCOMP_RET_TRAP);
	report_to(note);
	fail_with = EPERM;
	trapped(SYS_mkdir, AUDIT_ARCH_X86_64, 0);
	ck_assert_uint_eq(nr_seen, 1);
	ck_assert_uint_eq(seen.call.caller_id, LIBAF_CALLER_NOT_TOLD);
	ck_assert_int_eq(seen.call.prev_nr, LIBAF_PREV_NOT_TOLD);
}
END_TEST

static void add_tests_of_the_handler(TCase *tcase)
{
	tcase_add_test(tcase, test_callback_gets_the_call);
	tcase_add_test(tcase, test_arguments_decide);
	tcase_add_test(tcase, test_errno_is_kept);
	tcase_add_test(tcase, test_default_writes_and_ends);
	tcase_add_loop_test(tcase, test_callback_ends_the_process, 0, 5);
	tcase_add_test(tcase, test_callback_may_write_and_go_on);
	tcase_add_test(tcase, test_no_way_back_is_told);
	tcase_add_loop_test(tcase, test_other_conventions, 0, 2);
	tcase_add_test(tcase, test_other_filters);
	tcase_add_test(tcase, test_a_phase_is_asked_next);
	tcase_add_loop_test(tcase, test_sent_signals_are_passed_on, 0, 2);
	tcase_add_test(tcase, test_ignored_signals_stay_ignored);
	tcase_add_test(tcase, test_sent_signals_end_the_process_by_default);
	tcase_add_test(tcase, test_longest_text);
}

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("report");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	add_tests_of_the_handler(tcase);
	tcase_add_test(tcase, test_wrong_arguments);
	tcase_add_test(tcase, test_no_memory);
	tcase_add_test(tcase,
		       test_load_installs_the_handler_or_leaves_all_as_it_was);
	tcase_add_test(tcase, test_failed_load_leaves_others);
	tcase_add_test(tcase, test_filters_that_cannot_report);
	tcase_add_test(tcase, test_what_the_reporter_may_do);
	tcase_add_test(tcase, test_the_end_is_the_end);
	tcase_add_test(tcase, test_degraded);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
