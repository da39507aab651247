/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who makes a call, of a thread that is stopped at it. */
#ifndef AF_ATTRIBUTE_H
#define AF_ATTRIBUTE_H

#include "trace.h"

/*
 * The file that makes the call, NULL if that is not known; then *@where is the
 * address of the code that is to blame.
 */
struct af_binary *af_attribute(struct af_binaries *binaries,
			       const struct af_thread *thread,
			       const struct __ptrace_syscall_info *info,
			       uint64_t *where);

#endif /* AF_ATTRIBUTE_H */
