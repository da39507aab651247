/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters as text, in the syntax of the kernel's bpf_asm. */
#ifndef AF_DISASM_H
#define AF_DISASM_H

#include <linux/filter.h>
#include <stdio.h>

#include "../lib/policy.h"

/*
 * Print a program that af_sim_check() has passed: one instruction in a line,
 * labels for what is jumped to, and comments that say what is looked at.
 * @policy: the one that it was compiled from, for the names of callers, or NULL
 * Returns 0 or -ENOMEM.
 */
int af_disassemble(FILE *out, const struct sock_filter *prog, size_t len,
		   const struct libaf_policy *policy);

#endif /* AF_DISASM_H */
