// SPDX-License-Identifier: LGPL-2.1-or-later
/* That what is told of a denied call is true, and that it was not run. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../../lib/report.h"
#include "../cases.h"
#include "libaf.h"
#include "policies.h"
#include "libaf/abi.h"

/* What libc and the loader themselves may do in all of these policies. */
#define SYSTEM                                                              \
	"default trap\n"                                                    \
	"transparent libc.so.6 ld-linux-x86-64.so.2\n"                      \
	"common { brk mmap munmap mprotect futex close read exit_group }\n" \
	"library libc.so.6 { rt_sigreturn rseq set_robust_list "            \
	"rt_sigprocmask madvise exit }\n"

/* The ids of what SYSTEM names, and of what comes behind it. */
enum {
	UNKNOWN,
	PROGRAM,
	LIBC,
	LOADER,
	NEXT,
};

/* What a call failed with.  The compiler cannot know that it runs handlers. */
static int error_of(long ret)
{
	__asm__ volatile("" : : : "memory");
	return ret < 0 ? errno : 0;
}

/* The last report, of each thread. */
static __thread struct libaf_report seen;
static __thread volatile unsigned int nr_seen;
static __thread const char *seen_at;

static int note(const struct libaf_report *report, void *arg)
{
	seen = *report;
	seen_at = (const char *)report;
	nr_seen++;
	return *(int *)arg;
}

static int fail_with = EPERM;

static void load_policy(const struct libaf_policy *policy,
			libaf_report_fn callback)
{
	struct libaf_filter *filter;
	struct libaf_error err;

	if (libaf_filter_new(policy, NULL, LIBAF_REPORT, &filter, &err)) {
		fprintf(stderr, "# %s\n", err.text);
		_exit(1);
	}
	expect(!libaf_report(filter, policy, callback, &fail_with));
	expect(libaf_filter_load(filter) == LIBAF_ENFORCED);
}

static void load(const char *text, libaf_report_fn callback)
{
	load_policy(parse(text), callback);
}

/* What was seen last. */
static void expect_report(int nr, unsigned int caller, int prev)
{
	if (seen.call.nr != nr || seen.call.caller_id != caller ||
	    seen.call.prev_nr != prev)
		fprintf(stderr, "# %s\n", seen.why.text);
	expect(seen.call.nr == nr);
	expect(seen.call.caller_id == caller);
	expect(seen.call.prev_nr == prev);
	expect(seen.arch == AUDIT_ARCH_X86_64);
	expect(seen.why.verdict == LIBAF_DENIES);
}

static void the_program_is_told(void)
{
	load(SYSTEM "program { getpid access }\n", note);
	syscall(SYS_getpid);
	expect(!nr_seen);
	expect(error_of(mkdir("denied", 0712)) == EPERM);
	expect(nr_seen == 1);
	expect_report(SYS_mkdir, PROGRAM, SYS_getpid);
	expect(seen.call.has_args);
	expect(!strcmp((const char *)seen.call.args[0], "denied"));
	expect(seen.call.args[1] == 0712);
	expect(seen.why.line == 5);
	expect(strstr(seen.why.text, "`mkdir` by the program, after `getpid`"));
	expect(!strcmp(seen.why.hint, "add `mkdir` to the block in line 5"));
	expect(error_of(access("denied", F_OK)) == ENOENT);
	expect(nr_seen == 1);
}

static void what_was_to_be_added_permits_it(void)
{
	load(SYSTEM "program { getpid access mkdir }\n", note);
	syscall(SYS_getpid);
	expect(!mkdir("allowed", 0712));
	expect(!access("allowed", F_OK));
	expect(!nr_seen);
}

static char *library_path(void)
{
	char *path;

	if (asprintf(&path, "%s/selftests/apps/libcalls.so",
		     getenv("AF_BUILD")) < 0)
		abort();
	return path;
}

/* Open the library, and load SYSTEM and the rest, in which %s is its path. */
static int (*library_call(const char *rest))(void)
{
	void *lib = dlopen(library_path(), RTLD_NOW);
	char *format, *text;

	expect(lib);
	if (asprintf(&format, "%s%s", SYSTEM, rest) < 0 ||
	    asprintf(&text, format, library_path()) < 0)
		abort();
	load(text, note);
	return (int (*)(void))dlsym(lib, "calls_getppid");
}

static void a_library_is_told(void)
{
	int (*calls_getppid)(void) =
		library_call("library %s { getuid }\n"
			     "program { getpid getppid }\n");

	syscall(SYS_getpid);
	expect(calls_getppid() == EPERM);
	expect(nr_seen == 1);
	expect_report(SYS_getppid, NEXT, SYS_getpid);
	expect(strstr(seen.why.text, "/libcalls.so, after `getpid`"));
	expect(seen.why.line == 5);
	expect(!error_of(syscall(SYS_getppid)));
	expect(nr_seen == 1);
}

static void unknown_code_is_told(void)
{
	int (*calls_getppid)(void) =
		library_call("program { getpid getppid }\n");

	syscall(SYS_getpid);
	expect(calls_getppid() == EPERM);
	expect_report(SYS_getppid, UNKNOWN, SYS_getpid);
	expect(strstr(seen.why.text, "by unknown code, after `getpid`"));
	expect(!error_of(syscall(SYS_getppid)));
	expect(nr_seen == 1);
}

/* A denied call is not what came before, and neither is the handler. */
static void the_call_before_is_told(void)
{
	load(SYSTEM "program {\ngetuid getgid\ngetppid after getuid\n}\n",
	     note);
	syscall(SYS_getgid);
	expect(error_of(syscall(SYS_getppid)) == EPERM);
	expect_report(SYS_getppid, PROGRAM, SYS_getgid);
	expect(strstr(seen.why.text, "line 7 permits it only after other"));
	expect(!strcmp(seen.why.hint, "add `getgid` to its `after`"));
	expect(error_of(syscall(SYS_getpid)) == EPERM);
	expect_report(SYS_getpid, PROGRAM, SYS_getgid);
	syscall(SYS_getuid);
	expect(error_of(syscall(SYS_getpid)) == EPERM);
	expect_report(SYS_getpid, PROGRAM, SYS_getuid);
	expect(!error_of(syscall(SYS_getppid)));
	expect(nr_seen == 3);
}

static void the_arguments_decide(void)
{
	load(SYSTEM "program {\naccess\nmkdir if arg1 == 0700\n}\n", note);
	expect(error_of(mkdir("denied", 0755)) == EPERM);
	expect(strstr(seen.why.text, "line 7 permits it only with other arg"));
	expect(error_of(access("denied", F_OK)) == ENOENT);
	expect(!mkdir("allowed", 0700));
	expect(!access("allowed", F_OK));
	expect(nr_seen == 1);
}

static volatile int handled;

static void call_in_handler(int sig)
{
	handled = error_of(syscall(SYS_getppid)) == EPERM ? sig : -1;
}

/* A handler within a handler: both return to where they were. */
static void a_handler_is_told(void)
{
	struct sigaction action = { .sa_handler = call_in_handler };

	expect(!sigaction(SIGUSR1, &action, NULL));
	load(SYSTEM "program { getpid getuid tgkill gettid }\n", note);
	expect(!raise(SIGUSR1));
	expect(handled == SIGUSR1);
	expect(nr_seen == 1);
	expect_report(SYS_getppid, PROGRAM, LIBAF_SECCOMP_PREV_SIGNAL);
	expect(strstr(seen.why.text, "first in a signal handler"));
	syscall(SYS_getuid);
	expect(error_of(syscall(SYS_getppid)) == EPERM);
	expect_report(SYS_getppid, PROGRAM, SYS_getuid);
}

#define NR_ROUNDS 200

/* Each thread has a call of its own before. */
static void *deny_often(void *arg)
{
	const int *before = arg;
	long wrong = 0;

	for (int i = 0; i < NR_ROUNDS; i++) {
		syscall(*before);
		wrong += error_of(syscall(SYS_getppid)) != EPERM;
		wrong += seen.call.nr != SYS_getppid;
		wrong += seen.call.prev_nr != *before;
		wrong += seen.call.caller_id != PROGRAM;
	}
	return (void *)(wrong + (nr_seen != NR_ROUNDS));
}

static void threads_are_told_apart(void)
{
	static int before[] = { SYS_getuid, SYS_getgid, SYS_getpid };
	pthread_t threads[3];
	void *wrong;

	load(SYSTEM
	     "program { getuid getgid getpid clone3 rt_sigprocmask rt_sigaction }\n",
	     note);
	for (size_t i = 0; i < 3; i++)
		expect(!pthread_create(&threads[i], NULL, deny_often,
				       &before[i]));
	for (size_t i = 0; i < 3; i++)
		expect(!pthread_join(threads[i], &wrong) && !wrong);
	expect(!nr_seen);
}

static void an_alternate_stack_is_used(void)
{
	static char stack[8192];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	expect(!sigaltstack(&alternate, NULL));
	load(SYSTEM "program { getpid }\n", note);
	expect(error_of(syscall(SYS_getppid)) == EPERM);
	expect(seen_at > stack && seen_at < stack + sizeof(stack));
	expect_report(SYS_getppid, PROGRAM, SYS_seccomp);
}

static volatile int nr_sent;

static void on_sent(int sig, siginfo_t *info, void *context)
{
	(void)context;
	nr_sent += sig == SIGSYS && info->si_code == SI_USER;
}

static void sent_signals_are_the_programs(void)
{
	struct sigaction action = {
		.sa_sigaction = on_sent,
		.sa_flags = SA_SIGINFO,
	};

	expect(!sigaction(SIGSYS, &action, NULL));
	load(SYSTEM "program { getpid kill }\n", note);
	expect(!kill(getpid(), SIGSYS));
	expect(nr_sent == 1 && !nr_seen);
	expect(error_of(syscall(SYS_getppid)) == EPERM);
	expect(nr_sent == 1 && nr_seen == 1);
}

/* Nobody has handled it before, so that it ends the process. */
static void sent_signals_kill(void)
{
	load(SYSTEM "program { getpid kill }\n", note);
	kill(getpid(), SIGSYS);
}

static int call_again(const struct libaf_report *report, void *arg)
{
	(void)report;
	(void)arg;
	syscall(SYS_getppid);
	return EPERM;
}

static void a_denied_call_of_the_callback_kills(void)
{
	load(SYSTEM "program { getpid }\n", call_again);
	syscall(SYS_getppid);
}

/* What a child writes to standard error, and how it ends. */
static char output[2048];

static int status_of_child(void (*run)(void))
{
	size_t len = 0;
	ssize_t got;
	int fds[2], status;
	pid_t pid;

	expect(!pipe(fds));
	pid = fork();
	if (!pid) {
		expect(dup2(fds[1], STDERR_FILENO) == STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		run();
		_exit(0);
	}
	expect(pid > 0);
	close(fds[1]);
	while ((got = read(fds[0], output + len, sizeof(output) - 1 - len)) > 0)
		len += (size_t)got;
	close(fds[0]);
	expect(waitpid(pid, &status, 0) == pid);
	return status;
}

static void dies(void (*run)(void))
{
	int status = status_of_child(run);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fprintf(stderr, "# status %#x\n# %s\n", status, output);
	expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

/* In this order, with nothing that may write. */
static void load_and_mkdir(void)
{
	if (libaf_load(text_file(SYSTEM "program { getpid }\n"), LIBAF_REPORT))
		_exit(1);
	syscall(SYS_getpid);
	mkdir("denied", 0700);
}

#define SAID                                                                  \
	":5: `mkdir` by the program, after `getpid`: denied with SIGSYS, as " \
	"no rule permits it\n  hint: add `mkdir` to the block in line 5\n"

static void one_call_tells_and_ends(void)
{
	dies(load_and_mkdir);
	expect(!strncmp(output, "libaf: /tmp/case.", 17));
	expect(strstr(output, SAID));
}

/* The library that is not in the policy, and still may write its report. */
static void load_shared_and_mkdir(void)
{
	int (*load_it)(const char *, unsigned int);
	char *path;
	void *lib;

	if (asprintf(&path, "%s/libaf.so", getenv("AF_BUILD")) < 0)
		abort();
	lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		_exit(1);
	load_it = (int (*)(const char *, unsigned int))dlsym(lib, "libaf_load");
	if (load_it(text_file(SYSTEM "program { getpid }\n"), LIBAF_REPORT))
		_exit(1);
	syscall(SYS_getpid);
	mkdir("denied", 0700);
}

static void a_shared_libaf_tells_as_well(void)
{
	dies(load_shared_and_mkdir);
	expect(strstr(output, SAID));
}

static int write_and_go_on(const struct libaf_report *report, void *arg)
{
	return libaf_report_write(report) ? 0 : *(int *)arg;
}

static void deny_and_go_on(void)
{
	load(SYSTEM "program { getpid }\n", write_and_go_on);
	syscall(SYS_getpid);
	if (error_of(mkdir("denied", 0700)) != EPERM)
		_exit(1);
	/* The write was no call of the program. */
	if (error_of(syscall(SYS_getuid)) != EPERM)
		_exit(2);
}

static void a_callback_writes_and_goes_on(void)
{
	int status = status_of_child(deny_and_go_on);

	expect(!status);
	expect(strstr(output, SAID));
	expect(strstr(output, "`getuid` by the program, after `getpid`: "));
}

static void deny_without_a_way_back(void)
{
	load("default trap\ntransparent libc.so.6 ld-linux-x86-64.so.2\n"
	     "program { getpid }\n",
	     write_and_go_on);
	syscall(SYS_getppid);
}

static void a_missing_sigreturn_is_told(void)
{
	dies(deny_without_a_way_back);
	expect(strstr(output, "hint: add `getppid`"));
	expect(strstr(output, "does not permit `rt_sigreturn`"));
}

static void deny_in_child(void)
{
	pid_t pid;
	int status;

	load(SYSTEM "program {\nclone wait4 set_robust_list\n"
		    "mkdir after getppid\n}\n",
	     write_and_go_on);
	pid = fork();
	if (!pid) {
		mkdir("denied", 0700);
		_exit(7);
	}
	if (waitpid(pid, &status, 0) != pid)
		_exit(1);
	_exit(WEXITSTATUS(status));
}

/* The code by which the report is written, as somebody might use it. */
static long (*volatile borrowed)(const char *text,
				 size_t len) = af_report_write;
static volatile long borrowed_ret;
static int borrowed_fd;

/* Jump right to the system call, with registers of one's choice. */
static long call_at(const char *at, long fd, const char *text, size_t len)
{
	long ret = SYS_write;

	__asm__ volatile("call *%1"
			 : "+a"(ret)
			 : "r"(at), "D"(fd), "S"(text), "d"(len)
			 : "rcx", "r11", "memory");
	return ret;
}

static void borrow_in_handler(int sig)
{
	/* The instruction has two bytes. */
	size_t offset = (size_t)(af_report_written - af_report_text) - 2;

	(void)sig;
	borrowed_ret = call_at(af_report_text + offset, borrowed_fd, "x", 1);
}

/*
 * Nobody may write, and the reporter's code may only in handlers, to standard
 * error: the last case shows that it is this code that was called.
 */
static void the_write_is_hardly_of_use_to_others(void)
{
	struct sigaction action = { .sa_handler = borrow_in_handler };
	int fds[2], file, error;

	expect(!sigaction(SIGUSR1, &action, NULL));
	expect(!pipe2(fds, O_NONBLOCK) && dup2(fds[1], STDERR_FILENO) == 2);
	file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	load(SYSTEM "program { tgkill getpid gettid lseek }\n", note);
	error = borrowed("x", 1) == -EPERM ? 0 : 1;
	borrowed_fd = file;
	expect(file >= 0 && !raise(SIGUSR1));
	error |= borrowed_ret == -EPERM ? 0 : 2;
	error |= lseek(file, 0, SEEK_END) ? 4 : 0;
	error |= nr_seen == 2 ? 0 : 8;
	borrowed_fd = STDERR_FILENO;
	expect(!raise(SIGUSR1));
	error |= borrowed_ret == 1 && nr_seen == 2 ? 0 : 16;
	_exit(error);
}

static void children_tell_as_well(void)
{
	int status = status_of_child(deny_in_child);

	expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	expect(strstr(output,
		      "`mkdir` by the program, after `set_robust_list`: "));
	expect(strstr(output, "only after other calls"));
}

static void a_phase_tells_as_well(void)
{
	struct libaf_policy *policy = parse(
		SYSTEM "program { getpid getppid prctl seccomp rt_sigaction }\n"
		       "phase serve {\n"
		       "common { exit_group read munmap mmap futex }\n"
		       "library libc.so.6 { rt_sigreturn }\n"
		       "program { getpid getuid }\n"
		       "}\n");
	const struct libaf_policy *serve = libaf_policy_phase(policy, "serve");
	struct libaf_filter *second;

	expect(!libaf_filter_new(serve, NULL, LIBAF_REPORT, &second, NULL));
	load_policy(policy, note);
	expect(!libaf_report(second, serve, note, &fail_with));
	expect(libaf_filter_load(second) == LIBAF_ENFORCED);
	syscall(SYS_getpid);
	expect(error_of(syscall(SYS_getppid)) == EPERM);
	expect_report(SYS_getppid, PROGRAM, SYS_getpid);
	expect(seen.why.line == 9);
	expect(error_of(syscall(SYS_getuid)) == EPERM);
	expect_report(SYS_getuid, PROGRAM, SYS_getpid);
	expect(seen.why.line == 5);
}

static const struct test_case tests[] = {
	{ "the program is told, and its call was not run", the_program_is_told,
	  0 },
	{ "what the hint says permits the call",
	  what_was_to_be_added_permits_it, 0 },
	{ "a library is told", a_library_is_told, 0 },
	{ "unknown code is told", unknown_code_is_told, 0 },
	{ "the call before is told", the_call_before_is_told, 0 },
	{ "the arguments decide", the_arguments_decide, 0 },
	{ "a signal handler is told", a_handler_is_told, 0 },
	{ "threads are told apart", threads_are_told_apart, 0 },
	{ "an alternate stack is used", an_alternate_stack_is_used, 0 },
	{ "signals that are sent are the program's",
	  sent_signals_are_the_programs, 0 },
	{ "signals that are sent kill if nobody handles them",
	  sent_signals_kill, SIGSYS },
	{ "a denied call of the callback kills",
	  a_denied_call_of_the_callback_kills, SIGSYS },
	{ "one call to libaf_load tells what is denied, and ends",
	  one_call_tells_and_ends, 0 },
	{ "a shared libaf tells as well", a_shared_libaf_tells_as_well, 0 },
	{ "a callback writes and goes on", a_callback_writes_and_goes_on, 0 },
	{ "a missing rt_sigreturn is told", a_missing_sigreturn_is_told, 0 },
	{ "the write is hardly of use to others",
	  the_write_is_hardly_of_use_to_others, 0 },
	{ "children tell as well", children_tell_as_well, 0 },
	{ "a phase tells as well", a_phase_tells_as_well, 0 },
};

int main(void)
{
	return CASES(tests);
}
