/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the kernel series share.
 *
 * A filter of a test shows what it sees through probes: system calls that do
 * not exist and that the filter answers with the value asked for as an error.
 * As denied calls are not recorded, looking at prev_nr does not change it.
 */
#ifndef SECCOMP_TEST_COMMON_H
#define SECCOMP_TEST_COMMON_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Numbers of x86-64 that have never been implemented. */
#define PROBE_PREV   180
#define PROBE_CALLER 181
#define DENIED       182

/* The highest error that a filter can give: what a probe shows for -1. */
#define PROBE_MASK 0xfff
#define PROBE_NONE PROBE_MASK

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action)     BPF_STMT(BPF_RET | BPF_K, action)
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)

/* Answer with a member of struct seccomp_data as the error: 4 instructions. */
#define SHOW(field)                                                    \
	LOAD(field), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PROBE_MASK),  \
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), \
		BPF_STMT(BPF_RET | BPF_A, 0)

/* A system call and nothing else: no libc, no errno, no red tape. */
static inline long raw_syscall(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

/* What the filter shows as the previous call. */
static inline long prev(void)
{
	return -raw_syscall(PROBE_PREV, 0, 0, 0, 0, 0);
}

static inline int seccomp(unsigned int op, unsigned int flags, void *args)
{
	return syscall(SYS_seccomp, op, flags, args);
}

static inline int no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Install a filter.  Returns what seccomp(2) returns. */
static inline int install_flags(const struct sock_filter *filter, size_t len,
				unsigned int flags)
{
	struct sock_fprog prog = {
		.len = (unsigned short)len,
		.filter = (struct sock_filter *)filter,
	};

	if (no_new_privs())
		return -1;
	return seccomp(SECCOMP_SET_MODE_FILTER, flags, &prog);
}

static inline int install(const struct sock_filter *filter, size_t len)
{
	return install_flags(filter, len, 0);
}

#endif /* SECCOMP_TEST_COMMON_H */
