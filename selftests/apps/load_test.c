// SPDX-License-Identifier: LGPL-2.1-or-later
/* libaf_load() and what is below it, on a kernel that supports it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../cases.h"
#include "libaf.h"

/* What libc and the loader themselves may do in all of these policies. */
#define SYSTEM                                                              \
	"transparent libc.so.6 ld-linux-x86-64.so.2\n"                      \
	"common { brk mmap munmap mprotect futex close read exit_group }\n" \
	"library libc.so.6 { rseq set_robust_list rt_sigprocmask madvise exit }\n"

static int error_of(long ret)
{
	return ret < 0 ? errno : 0;
}

static void load(const char *text)
{
	struct libaf_error err;
	int ret = libaf_load_explain(text_file(text), 0, &err);

	if (ret != LIBAF_ENFORCED)
		fprintf(stderr, "# %d: %s:%u:%u: %s\n", ret, err.file, err.line,
			err.column, err.text);
	expect(ret == LIBAF_ENFORCED);
}

static void kernel_supports_it(void)
{
	expect(libaf_abi() == LIBAF_ABI_CALLER_ID);
}

static void what_is_listed_works(void)
{
	load(SYSTEM "default errno EPERM\nprogram { mkdir access }");
	expect(!mkdir("allowed", 0700));
	expect(!access("allowed", F_OK));
}

static void what_is_not_listed_fails_without_effect(void)
{
	load(SYSTEM "default errno EPERM\nprogram { access }");
	expect(error_of(mkdir("denied", 0700)) == EPERM);
	expect(access("denied", F_OK) < 0 && errno == ENOENT);
}

static void what_is_not_listed_kills(void)
{
	load(SYSTEM "program { access }");
	mkdir("denied", 0700);
}

static void order_matters(void)
{
	load(SYSTEM "default errno EPERM\n"
		    "program { getpid getuid\n mkdir after getpid\n access }");
	syscall(SYS_getuid);
	expect(error_of(mkdir("denied", 0700)) == EPERM);
	expect(access("denied", F_OK) < 0);
	syscall(SYS_getpid);
	expect(!mkdir("allowed", 0700));
}

/* As the library leaves it: there is not even a call to free memory. */
static void nothing_is_done_after_loading(void)
{
	char *path = text_file("transparent libc.so.6\nprogram { exit_group }");

	if (libaf_load(path, 0))
		_exit(1);
	_exit(0);
}

static void unknown_code_is_on_its_own(void)
{
	/* The library is not named, so it is not even an attributed caller. */
	char *path;
	int (*calls_getppid)(void);
	void *lib;

	if (asprintf(&path, "%s/selftests/apps/libcalls.so",
		     getenv("AF_BUILD")) < 0)
		abort();
	lib = dlopen(path, RTLD_NOW);
	expect(lib);
	calls_getppid = (int (*)(void))dlsym(lib, "calls_getppid");
	load(SYSTEM "default errno EPERM\nprogram { getppid }");
	expect(!error_of(syscall(SYS_getppid)));
	expect(calls_getppid() == EPERM);
}

/* A policy with a library that is opened under it. */
static char *policy_for_later(char **path)
{
	char *text;

	if (asprintf(path, "%s/selftests/apps/libcalls.so",
		     getenv("AF_BUILD")) < 0 ||
	    asprintf(&text,
		     SYSTEM "default errno EPERM\n"
			    "library %s { getppid }\n"
			    "program { getuid openat newfstatat pread64 }\n",
		     *path) < 0)
		abort();
	return text;
}

static void open_library_with_its_own_list(const char *path)
{
	int (*calls_getppid)(void), (*calls_getuid)(void);
	void *lib = dlopen(path, RTLD_NOW);

	expect(lib);
	calls_getppid = (int (*)(void))dlsym(lib, "calls_getppid");
	calls_getuid = (int (*)(void))dlsym(lib, "calls_getuid");
	expect(!calls_getppid());
	expect(calls_getuid() == EPERM);
	expect(!error_of(syscall(SYS_getuid)));
	expect(error_of(syscall(SYS_getppid)) == EPERM);
}

static void a_library_that_is_opened_later_has_its_own_list(void)
{
	char *path;

	load(policy_for_later(&path));
	open_library_with_its_own_list(path);
}

static void copy(const char *from, const char *to)
{
	char *command;

	if (asprintf(&command, "cp %s %s", from, to) < 0 || system(command))
		abort();
	free(command);
}

/*
 * A library is loaded by a name that leads to another file by now: the rights
 * are those of the file that the policy names.
 */
static void a_path_is_the_file_that_is_there(void)
{
	char *good, *cwd, *text, *lib_path, *policy;
	int (*calls_getppid)(void), (*good_getppid)(void);
	void *lib;

	if (asprintf(&lib_path, "%s/selftests/apps/libcalls.so",
		     getenv("AF_BUILD")) < 0)
		abort();
	free(text_file(""));
	cwd = getcwd(NULL, 0);
	expect(cwd && !mkdir("evil", 0700) && !mkdir("good", 0700));
	copy(lib_path, "evil/libx.so");
	copy(lib_path, "good/libx.so");
	expect(!chdir("evil"));
	lib = dlopen("./libx.so", RTLD_NOW);
	expect(lib);
	calls_getppid = (int (*)(void))dlsym(lib, "calls_getppid");
	if (asprintf(&good, "%s/good/libx.so", cwd) < 0 ||
	    asprintf(&text,
		     SYSTEM "default errno EPERM\n"
			    "library %s { getppid }\n"
			    "program { openat newfstatat pread64 }\n",
		     good) < 0)
		abort();
	policy = text_file(text);
	/* Where the name that it was loaded by leads to the other file. */
	*strrchr(good, '/') = 0;
	expect(!chdir(good) && !access("./libx.so", R_OK));
	good[strlen(good)] = '/';
	expect(libaf_load(policy, 0) == LIBAF_ENFORCED);
	expect(calls_getppid() == EPERM);
	lib = dlopen(good, RTLD_NOW);
	expect(lib);
	good_getppid = (int (*)(void))dlsym(lib, "calls_getppid");
	expect(good_getppid != calls_getppid && !good_getppid());
}

/* One name, and two files that could be meant. */
static void a_name_of_two_libraries_is_an_error(void)
{
	struct libaf_error err;
	char *lib_path;

	if (asprintf(&lib_path, "%s/selftests/apps/libcalls.so",
		     getenv("AF_BUILD")) < 0)
		abort();
	free(text_file(""));
	expect(!mkdir("other", 0700));
	copy(lib_path, "other/libcalls.so");
	expect(dlopen(lib_path, RTLD_NOW));
	expect(dlopen("other/libcalls.so", RTLD_NOW));
	expect(libaf_load_explain(text_file("library libcalls.so { read }"), 0,
				  &err) == -EINVAL);
	expect(strstr(err.text, "more than one"));
	expect(status_of("Seccomp") == 0);
}

struct turns {
	int turn;
	int seen;
};

/* Pass the turn on, with all that was written before. */
static void give(int *turn, int value)
{
	__atomic_store_n(turn, value, __ATOMIC_RELEASE);
}

static void wait_for(const int *turn, int value)
{
	while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != value)
		;
}

static void *second_thread(void *arg)
{
	struct turns *turns = arg;

	give(&turns->turn, 1);
	wait_for(&turns->turn, 2);
	turns->seen = error_of(syscall(SYS_getppid));
	return NULL;
}

static void all_threads_are_confined(void)
{
	struct turns turns = {};
	pthread_t thread;

	expect(!pthread_create(&thread, NULL, second_thread, &turns));
	wait_for(&turns.turn, 1);
	load(SYSTEM "default errno EPERM\nprogram { getuid }");
	give(&turns.turn, 2);
	expect(!pthread_join(thread, NULL));
	expect(turns.seen == EPERM);
}

static void *thread_with_a_filter(void *arg)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &allow };
	struct turns *turns = arg;

	turns->seen = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
	give(&turns->turn, 1);
	wait_for(&turns->turn, 2);
	return NULL;
}

static void a_thread_that_cannot_be_confined_is_an_error(void)
{
	struct turns turns = {};
	pthread_t thread;

	expect(!pthread_create(&thread, NULL, thread_with_a_filter, &turns));
	wait_for(&turns.turn, 1);
	expect(!turns.seen);
	expect(libaf_load(text_file(SYSTEM "program { getuid }"), 0) == -EBUSY);
	expect(status_of("Seccomp") == 0);
	expect(!error_of(syscall(SYS_getppid)));
	give(&turns.turn, 2);
	expect(!pthread_join(thread, NULL));
}

static void the_parts_do_what_the_whole_does(void)
{
	struct libaf_policy *policy;
	struct libaf_filter *filter;
	struct libaf_error err;
	char *argv[] = { "nothing", NULL };
	size_t len = 0;

	expect(!libaf_policy_read(text_file(SYSTEM "default errno EPERM\n"
						   "program { getuid }"),
				  &policy, &err));
	expect(!libaf_filter_new(policy, NULL, 0, &filter, &err));
	libaf_policy_free(policy);
	expect(libaf_filter_program(filter, 0, &len) && len > 4);
	/* It was made for this program, not for another one. */
	expect(libaf_filter_exec(filter, "/bin/true", argv, environ, "") ==
	       -EINVAL);
	expect(status_of("Seccomp") == 0);
	expect(libaf_filter_load(filter) == LIBAF_ENFORCED);
	expect(error_of(syscall(SYS_getppid)) == EPERM);
	expect(!error_of(syscall(SYS_getuid)));
}

/* Compile a policy for this program, and expect that it can be loaded. */
static char *compile(const char *text)
{
	struct libaf_policy *policy;
	char *path = text_file(text);

	expect(!libaf_policy_read(path, &policy, NULL));
	expect(!libaf_policy_compile(policy, NULL, path, NULL));
	libaf_policy_free(policy);
	expect(libaf_policy_read(path, &policy, NULL) == -EINVAL);
	return path;
}

static void a_compiled_policy_confines(void)
{
	char *path = compile(SYSTEM "default errno EPERM\n"
				    "program { mkdir\n access after mkdir }");

	expect(libaf_load(path, 0) == LIBAF_ENFORCED);
	expect(error_of(access("/", F_OK)) == EPERM);
	expect(!mkdir("allowed", 0700));
	expect(!access("allowed", F_OK));
	expect(error_of(rmdir("allowed")) == EPERM);
	expect(!mkdir("other", 0700));
	expect(!access("allowed", F_OK));
}

static void a_compiled_policy_kills(void)
{
	expect(libaf_load(compile(SYSTEM "program { access }"), 0) ==
	       LIBAF_ENFORCED);
	expect(!access("/", F_OK));
	mkdir("denied", 0700);
}

/* A library of a compiled policy, opened after it is in force. */
static void a_library_of_a_compiled_policy_has_its_own_list(void)
{
	char *path;

	expect(libaf_load(compile(policy_for_later(&path)), 0) ==
	       LIBAF_ENFORCED);
	open_library_with_its_own_list(path);
}

static void a_replaced_library_is_refused_before_anything_is_done(void)
{
	char *compiled, *lib_path, *cwd, *text;
	struct libaf_error err;

	if (asprintf(&lib_path, "%s/selftests/apps/libcalls.so",
		     getenv("AF_BUILD")) < 0)
		abort();
	free(text_file(""));
	cwd = getcwd(NULL, 0);
	copy(lib_path, "libx.so");
	if (asprintf(&text, SYSTEM "library %s/libx.so { read }\n", cwd) < 0)
		abort();
	compiled = compile(text);
	expect(!chdir(cwd));
	*strrchr(lib_path, '/') = 0;
	strcat(lib_path, "/libguest.so");
	copy(lib_path, "libx.so");
	expect(libaf_load_explain(compiled, 0, &err) == -ESTALE);
	expect(strstr(err.text, "libx.so"));
	expect(strstr(err.hint, "af compile"));
	expect(status_of("Seccomp") == 0);
	expect(status_of("NoNewPrivs") == 0);
	expect(!mkdir("allowed", 0700));
}

static const struct libaf_filter *prepared;
static volatile sig_atomic_t loaded;

static void load_in_handler(int signal)
{
	(void)signal;
	errno = ENOTTY;
	loaded = libaf_filter_load(prepared) == LIBAF_ENFORCED &&
		 errno == ENOTTY;
}

static void a_signal_handler_can_load(void)
{
	char *path = compile("transparent libc.so.6 ld-linux-x86-64.so.2\n"
			     "default errno EPERM\n"
			     "library libc.so.6 { rt_sigreturn }\n"
			     "program { getuid exit_group\n"
			     "mkdir after getuid }\n");
	struct libaf_filter *filter;

	expect(!libaf_filter_read(path, NULL, 0, &filter, NULL));
	prepared = filter;
	expect(signal(SIGUSR1, load_in_handler) != SIG_ERR);
	expect(status_of("Seccomp") == 0);
	raise(SIGUSR1);
	expect(loaded == 1);
	expect(error_of(mkdir("denied", 0700)) == EPERM);
	expect(!error_of(syscall(SYS_getuid)));
	expect(!mkdir("allowed", 0700));
	expect(error_of(syscall(SYS_getppid)) == EPERM);
}

static const struct test_case tests[] = {
	{ "the kernel supports all of it", kernel_supports_it, 0 },
	{ "what is listed works", what_is_listed_works, 0 },
	{ "what is not listed fails, without effect",
	  what_is_not_listed_fails_without_effect, 0 },
	{ "what is not listed kills by default", what_is_not_listed_kills,
	  SIGSYS },
	{ "a call is permitted after another", order_matters, 0 },
	{ "nothing is done after loading", nothing_is_done_after_loading, 0 },
	{ "code that is in no block may do nothing", unknown_code_is_on_its_own,
	  0 },
	{ "a library that is opened later has its own list",
	  a_library_that_is_opened_later_has_its_own_list, 0 },
	{ "a path is the file that is there", a_path_is_the_file_that_is_there,
	  0 },
	{ "a name of two libraries is an error",
	  a_name_of_two_libraries_is_an_error, 0 },
	{ "all threads are confined", all_threads_are_confined, 0 },
	{ "a thread that cannot be confined is an error",
	  a_thread_that_cannot_be_confined_is_an_error, 0 },
	{ "the parts do what the whole does", the_parts_do_what_the_whole_does,
	  0 },
	{ "a compiled policy confines", a_compiled_policy_confines, 0 },
	{ "a compiled policy kills by default", a_compiled_policy_kills,
	  SIGSYS },
	{ "a library of a compiled policy has its own list",
	  a_library_of_a_compiled_policy_has_its_own_list, 0 },
	{ "a replaced library is refused before anything is done",
	  a_replaced_library_is_refused_before_anything_is_done, 0 },
	{ "a signal handler can load a filter", a_signal_handler_can_load, 0 },
};

int main(void)
{
	return CASES(tests);
}
