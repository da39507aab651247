// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attacks on decisions that the kernel remembers: a call was permitted, often,
 * and another one that has something in common with it must be denied.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "attack.h"
#include "pivot.h"

#define ROUNDS       2000
#define AFTER_GETUID "mkdir after getuid"

/* The library's mkdir(), without its getuid(). */
static long mkdir_at_once(const char *path, long mode)
{
	fake_stack()[0] = word(landing);
	return pivot(good->insn, fake_stack(), path, mode, SYS_mkdir, NULL);
}

/* A decision that was right after another call, and only there. */
static long after_another_call(void)
{
	long ret = -EPERM;
	int i;

	for (i = 0; i < ROUNDS && ret == -EPERM; i++) {
		getuid();
		expect(!mkdir_at_once(TWIN, 0700) && !rmdir(TWIN));
		getppid();
		ret = mkdir_at_once(PRIZE, 0700);
	}
	return ret;
}

/* Or for another caller: both call the same function of libc. */
static long by_another_caller(void)
{
	void *wrapper = dlsym(RTLD_DEFAULT, "mkdir");
	long ret = -EPERM;
	int i;

	for (i = 0; i < ROUNDS && ret == -EPERM; i++) {
		expect(!good->calls(wrapper, TWIN, 0700) && !rmdir(TWIN));
		ret = mkdir(PRIZE, 0700) ? -errno : 0;
	}
	return ret;
}

static const struct attack attacks[] = {
	{ "a call that was right after another one", AFTER_GETUID, NULL, NULL,
	  after_another_call },
	{ "a call that was right for another caller", NULL, NULL, NULL,
	  by_another_caller },
};

#define LOAD(member)                       \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 offsetof(struct seccomp_data, member))
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(action)     BPF_STMT(BPF_RET | BPF_K, action)

static void add_filter(struct sock_filter *filter, unsigned short len)
{
	const struct sock_fprog prog = { .len = len, .filter = filter };

	expect(!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
}

/* All that was decided without it is decided anew. */
static void add_filter_against_mkdir(void)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(SYS_mkdir, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | EACCES),
		RETURN(SECCOMP_RET_ALLOW),
	};

	add_filter(filter, sizeof(filter) / sizeof(filter[0]));
}

static void repeat_mkdir(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++)
		expect(!mkdir_at_once(TWIN, 0700) && !rmdir(TWIN));
}

static void a_filter_that_is_added(void)
{
	enter_scene();
	confine(POLICY, NULL);
	repeat_mkdir();
	add_filter_against_mkdir();
	expect(mkdir_at_once(PRIZE, 0700) == -EACCES && !exists(PRIZE));
	expect(getppid() > 0);
}

static void *confined_thread(void *arg)
{
	add_filter_against_mkdir();
	*(long *)arg = mkdir_at_once(PRIZE, 0700);
	return NULL;
}

static void a_filter_of_another_thread(void)
{
	pthread_t thread;
	long ret = 0;

	enter_scene();
	confine(POLICY, NULL);
	repeat_mkdir();
	expect(!pthread_create(&thread, NULL, confined_thread, &ret));
	expect(!pthread_join(thread, NULL));
	expect(ret == -EACCES && !exists(PRIZE));
	repeat_mkdir();
}

/* A decision that depends on an argument is none about the call. */
static void an_argument(void)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		IS(SYS_mkdir, 0, 3),
		LOAD(args[1]),
		IS(0700, 1, 0),
		RETURN(SECCOMP_RET_ERRNO | EACCES),
		RETURN(SECCOMP_RET_ALLOW),
	};
	int i;

	enter_scene();
	confine(POLICY, NULL);
	add_filter(filter, sizeof(filter) / sizeof(filter[0]));
	for (i = 0; i < ROUNDS; i++) {
		expect(!mkdir_at_once(TWIN, 0700) && !rmdir(TWIN));
		expect(mkdir_at_once(PRIZE, 0777) == -EACCES);
	}
	expect(!exists(PRIZE));
}

/* More pairs of calls than are likely to be remembered at a time. */
static void many_pairs(void)
{
	static const int calls[] = {
		SYS_getpid,      SYS_getppid, SYS_getuid,  SYS_gettid,
		SYS_sched_yield, SYS_close,   SYS_madvise, SYS_munmap,
		SYS_fcntl,       SYS_lseek,   SYS_futex,   SYS_rt_sigprocmask,
	};
	const int nr = sizeof(calls) / sizeof(calls[0]);
	int i;

	enter_scene();
	confine(POLICY, AFTER_GETUID);
	for (i = 0; i < 20 * nr * nr; i++) {
		/* No file, no memory, no operation has these numbers. */
		syscall(calls[i / nr % nr], -1, -1, -1, -1);
		syscall(calls[i % nr], -1, -1, -1, -1);
		if (calls[i % nr] == SYS_getuid)
			expect(!mkdir_at_once(TWIN, 0700) && !rmdir(TWIN));
		else
			expect(mkdir_at_once(PRIZE, 0700) == -EPERM);
	}
	expect(!exists(PRIZE));
}

static const struct test_case tests[] = {
	{ "a filter that is added decides about calls that were permitted",
	  a_filter_that_is_added, 0 },
	{ "a filter of one thread is none of the others",
	  a_filter_of_another_thread, 0 },
	{ "an argument is looked at each time", an_argument, 0 },
	{ "each of many pairs of calls is one of its own", many_pairs, 0 },
};

int main(void)
{
	return run_attacks(attacks, sizeof(attacks) / sizeof(attacks[0]), tests,
			   sizeof(tests) / sizeof(tests[0]));
}
