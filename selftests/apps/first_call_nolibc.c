// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program whose first system call is exit_group(7): if its policy permits
 * that only after execve, it was confined from its first instruction on.
 */
#include <sys/syscall.h>

__attribute__((noreturn, used)) void _start(void);

void _start(void)
{
	for (;;)
		__asm__ volatile("syscall"
				 :
				 : "a"(SYS_exit_group), "D"(7)
				 : "rcx", "r11", "memory");
}
