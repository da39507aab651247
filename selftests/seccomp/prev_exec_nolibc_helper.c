// SPDX-License-Identifier: GPL-2.0
/*
 * A program without a libc, so that its first system call is known: it looks
 * at prev_nr and exits with 0 if that was execve, else with 1.
 */
#include "common.h"

__attribute__((noreturn, used)) void _start(void);

void _start(void)
{
	long seen = prev();

	for (;;)
		raw_syscall(SYS_exit_group, seen != SYS_execve, 0, 0, 0, 0);
}
