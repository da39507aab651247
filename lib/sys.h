/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's interface for filters.  All functions leave errno alone, are
 * async-signal-safe, and return what the kernel says: -errno on failure.
 */
#ifndef AF_SYS_H
#define AF_SYS_H

#include <linux/filter.h>

#include "libaf/abi.h"

/* LIBAF_SECCOMP_FEATURE_* of the running kernel; 0 if it has none. */
unsigned int af_sys_features(void);

int af_sys_no_new_privs(void);

/* Install a filter for all threads of the process. */
int af_sys_set_filter(const struct sock_filter *prog, unsigned int len);
/*
 * Install either for all threads with a listener, whose descriptor is returned.
 * @op: operation of seccomp(2), @args: its argument
 */
int af_sys_set_notifier(unsigned int op, const void *args);

/* ioctl(2), which returns -errno. */
int af_sys_ioctl(int fd, unsigned long request, void *arg);

int af_sys_set_caller_filter(const struct libaf_seccomp_caller_filter *args);

#endif /* AF_SYS_H */
