// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys.h"

/* Newer than the headers of Debian 12's libc; since Linux 5.7. */
#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif

#define AF_ALL_THREADS \
	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH)

static long af_sys_seccomp(unsigned int op, unsigned long flags,
			   const void *args)
{
	int saved = errno;
	long ret = syscall(SYS_seccomp, op, flags, args);

	if (ret < 0)
		ret = -errno;
	errno = saved;
	return ret;
}

unsigned int af_sys_features(void)
{
	long features = af_sys_seccomp(LIBAF_SECCOMP_GET_FEATURES, 0, NULL);

	return features < 0 ? 0 : features;
}

int af_sys_no_new_privs(void)
{
	int saved = errno;
	int ret = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;

	errno = saved;
	return ret;
}

int af_sys_set_filter(const struct sock_filter *prog, unsigned int len)
{
	struct sock_fprog fprog = {
		.len = len,
		.filter = (struct sock_filter *)prog,
	};

	return af_sys_seccomp(SECCOMP_SET_MODE_FILTER, AF_ALL_THREADS, &fprog);
}

int af_sys_set_caller_filter(const struct libaf_seccomp_caller_filter *args)
{
	return af_sys_seccomp(LIBAF_SECCOMP_SET_MODE_CALLER, AF_ALL_THREADS,
			      args);
}

int af_sys_set_notifier(unsigned int op, const void *args)
{
	return af_sys_seccomp(
		op, AF_ALL_THREADS | SECCOMP_FILTER_FLAG_NEW_LISTENER, args);
}

int af_sys_ioctl(int fd, unsigned long request, void *arg)
{
	int saved = errno;
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		ret = -errno;
	errno = saved;
	return ret;
}
