// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a supervisor is told of calls, and what comes of its answers. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../cases.h"
#include "libaf.h"
#include "policies.h"

/* What libc and the loader themselves may do in all of these policies. */
#define SYSTEM                                                         \
	"default errno EPERM\n"                                        \
	"transparent libc.so.6 ld-linux-x86-64.so.2\n"                 \
	"common { brk mmap munmap mprotect futex exit_group wait4 }\n" \
	"library libc.so.6 { rseq set_robust_list rt_sigprocmask madvise exit }\n"

enum {
	UNKNOWN,
	PROGRAM,
	LIBC,
	LOADER,
	NEXT,
};

#define MAX_CALLS 4

/*
 * What the two processes share.
 * @listener: of the confined one; they have their descriptors in common
 * @answers: of the supervisor, for one call after the other
 */
struct stage {
	int listener;
	size_t nr_calls;
	struct seccomp_notif_resp answers[MAX_CALLS];
	struct libaf_notify seen[MAX_CALLS];
};

static struct stage *stage;
static pid_t supervisor;

static int error_of(long ret)
{
	return ret < 0 ? errno : 0;
}

_Noreturn static void supervise(void)
{
	int listener;

	/* Whatever goes wrong, this does not go on for ever. */
	alarm(60);
	while ((listener = __atomic_load_n(&stage->listener,
					   __ATOMIC_ACQUIRE)) < 0)
		sched_yield();
	for (size_t i = 0; i < stage->nr_calls; i++) {
		struct seccomp_notif_resp answer = stage->answers[i];

		if (libaf_notify_receive(listener, &stage->seen[i]))
			_exit(1);
		answer.id = stage->seen[i].id;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer))
			_exit(2);
	}
	_exit(0);
}

/* Before this process is confined. */
static void start_supervisor(const struct seccomp_notif_resp *answers,
			     size_t nr_calls)
{
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	expect(stage != MAP_FAILED);
	stage->listener = -1;
	stage->nr_calls = nr_calls;
	memcpy(stage->answers, answers, nr_calls * sizeof(*answers));
	supervisor =
		(pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	expect(supervisor >= 0);
	if (!supervisor)
		supervise();
}

static void load(const char *text)
{
	struct libaf_filter *filter = compile(parse(text));
	int listener = -1;

	expect(libaf_filter_load_notify(filter, &listener) == LIBAF_ENFORCED);
	expect(listener >= 0);
	__atomic_store_n(&stage->listener, listener, __ATOMIC_RELEASE);
}

/* The supervisor has seen all that it was to see. */
static void end_supervisor(void)
{
	int status;

	expect(waitpid(supervisor, &status, 0) == supervisor);
	expect(!status);
}

static void expect_seen(size_t i, int nr, unsigned int caller, int prev)
{
	const struct libaf_notify *seen = &stage->seen[i];

	expect(seen->call.nr == nr);
	expect(seen->call.caller_id == caller);
	expect(seen->call.prev_nr == prev);
	expect(seen->call.has_args);
	expect(seen->arch == AUDIT_ARCH_X86_64);
}

static void an_error_is_one_and_nothing_happens(void)
{
	static const struct seccomp_notif_resp answers[] = {
		{ .error = -EACCES },
	};

	start_supervisor(answers, 1);
	load(SYSTEM "program { getpid access\nmkdir then notify\n}");
	syscall(SYS_getpid);
	expect(error_of(mkdir("denied", 0712)) == EACCES);
	end_supervisor();
	expect_seen(0, SYS_mkdir, PROGRAM, SYS_getpid);
	expect(stage->seen[0].call.args[1] == 0712);
	expect(stage->seen[0].pid == getpid());
	expect(error_of(access("denied", F_OK)) == ENOENT);
}

static void a_call_may_go_on(void)
{
	static const struct seccomp_notif_resp answers[] = {
		{ .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE },
	};

	start_supervisor(answers, 1);
	load(SYSTEM "program { getpid access\nmkdir then notify\n}");
	expect(!mkdir("allowed", 0700));
	end_supervisor();
	expect_seen(0, SYS_mkdir, PROGRAM, SYS_seccomp);
	expect(!access("allowed", F_OK));
}

static void a_value_is_returned(void)
{
	static const struct seccomp_notif_resp answers[] = { { .val = 4711 } };

	start_supervisor(answers, 1);
	load(SYSTEM "program { getpid\ngetppid then notify\n}");
	expect(syscall(SYS_getppid) == 4711);
	end_supervisor();
}

/* The same call of three callers; one of them may make it. */
static void callers_are_told_apart(void)
{
	static const struct seccomp_notif_resp answers[] = {
		{ .error = -EACCES },
		{ .error = -EACCES },
	};
	int (*calls_getppid)(void), (*calls_getuid)(void);
	char *path, *text;
	void *lib;

	start_supervisor(answers, 2);
	if (asprintf(&path, "%s/selftests/apps/libcalls.so",
		     getenv("AF_BUILD")) < 0 ||
	    asprintf(&text,
		     SYSTEM "library %s {\n"
			    "getppid then notify\ngetuid\n}\n"
			    "program {\ngetppid getpid\n"
			    "getuid then notify\n}\n",
		     path) < 0)
		abort();
	lib = dlopen(path, RTLD_NOW);
	expect(lib);
	calls_getppid = (int (*)(void))dlsym(lib, "calls_getppid");
	calls_getuid = (int (*)(void))dlsym(lib, "calls_getuid");
	load(text);
	expect(!error_of(syscall(SYS_getppid)));
	expect(calls_getppid() == EACCES);
	expect(!calls_getuid());
	expect(error_of(syscall(SYS_getuid)) == EACCES);
	end_supervisor();
	expect_seen(0, SYS_getppid, NEXT, SYS_getppid);
	expect_seen(1, SYS_getuid, PROGRAM, SYS_getuid);
}

static void whatever_is_in_no_list_can_be_left_to_it(void)
{
	static const struct seccomp_notif_resp answers[] = {
		{ .error = -ENOTTY },
		{ .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE },
	};

	start_supervisor(answers, 2);
	load("default notify\ntransparent libc.so.6 ld-linux-x86-64.so.2\n"
	     "program { getpid exit_group wait4 }\n");
	expect(error_of(syscall(SYS_getuid)) == ENOTTY);
	expect(!error_of(syscall(SYS_getgid)));
	end_supervisor();
	expect_seen(0, SYS_getuid, PROGRAM, SYS_seccomp);
	expect_seen(1, SYS_getgid, PROGRAM, SYS_seccomp);
}

struct turns {
	int turn;
	int seen;
};

static void wait_for(const int *turn, int value)
{
	while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != value)
		;
}

static void *second_thread(void *arg)
{
	struct turns *turns = arg;

	__atomic_store_n(&turns->turn, 1, __ATOMIC_RELEASE);
	wait_for(&turns->turn, 2);
	turns->seen = error_of(syscall(SYS_getppid));
	return NULL;
}

static void all_threads_are_supervised(void)
{
	static const struct seccomp_notif_resp answers[] = {
		{ .error = -EACCES },
	};
	struct turns turns = {};
	pthread_t thread;

	start_supervisor(answers, 1);
	expect(!pthread_create(&thread, NULL, second_thread, &turns));
	wait_for(&turns.turn, 1);
	load(SYSTEM "program { getpid\ngetppid then notify\n}");
	__atomic_store_n(&turns.turn, 2, __ATOMIC_RELEASE);
	expect(!pthread_join(thread, NULL));
	expect(turns.seen == EACCES);
	end_supervisor();
	expect(stage->seen[0].pid != getpid());
}

static void it_takes_a_listener(void)
{
	const char *text = SYSTEM "program { getpid\ngetppid then notify\n}";
	struct libaf_error err;

	expect(libaf_load_explain(text_file(text), 0, &err) == -EINVAL);
	expect(strstr(err.text, "`notify`"));
	expect(status_of("Seccomp") == 0);
}

static void there_is_one_listener(void)
{
	const struct libaf_policy *policy =
		parse(SYSTEM "program { prctl seccomp\ngetppid then notify\n}");
	struct libaf_filter *filter = compile(policy);
	int first = -1, second = -1;

	expect(libaf_filter_load_notify(filter, &first) == LIBAF_ENFORCED);
	expect(libaf_filter_load_notify(filter, &second) == -EBUSY);
	expect(second == -1);
}

static const struct test_case tests[] = {
	{ "an error is one, and nothing happens",
	  an_error_is_one_and_nothing_happens, 0 },
	{ "a call may go on", a_call_may_go_on, 0 },
	{ "a value is returned", a_value_is_returned, 0 },
	{ "callers are told apart", callers_are_told_apart, 0 },
	{ "whatever is in no list can be left to the supervisor",
	  whatever_is_in_no_list_can_be_left_to_it, 0 },
	{ "all threads are supervised", all_threads_are_supervised, 0 },
	{ "it takes a listener", it_takes_a_listener, 0 },
	{ "there is one listener", there_is_one_listener, 0 },
};

int main(void)
{
	return CASES(tests);
}
