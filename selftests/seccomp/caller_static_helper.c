// SPDX-License-Identifier: GPL-2.0
/*
 * Exits with what the filter shows as the caller of a call that a statically
 * linked libc makes.
 */
#include "common.h"

int main(void)
{
	return syscall(PROBE_CALLER) == -1 ? errno : 0;
}
