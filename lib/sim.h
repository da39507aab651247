/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running a filter without a kernel. */
#ifndef AF_SIM_H
#define AF_SIM_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "libaf/abi.h"

/*
 * Would the kernel take this program?  As strict as bpf_check_classic() and
 * seccomp_check_filter() of a patched kernel.  Returns 0 or -EINVAL.
 */
int af_sim_check(const struct sock_filter *prog, size_t len);

/*
 * Run a checked program over @data.  *@steps, if @steps is not NULL, receives
 * the number of instructions executed.  Returns the program's return value.
 */
uint32_t af_sim_run(const struct sock_filter *prog, size_t len,
		    const struct libaf_seccomp_data *data, size_t *steps);

#endif /* AF_SIM_H */
