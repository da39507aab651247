/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running filters without a kernel. */
#ifndef AF_SIM_H
#define AF_SIM_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compile.h"
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

/*
 * Does a checked program decide on the number and the architecture alone, as
 * far as the kernel can see?  If so it need not run to permit the call.
 */
bool af_sim_is_constant(const struct sock_filter *prog, uint32_t nr,
			uint32_t arch);

/*
 * Run all checked programs over @data, as the kernel does: the strictest value
 * counts.  *@steps, if not NULL, receives the sum for all of them.
 */
uint32_t af_sim_run_all(const struct af_programs *programs,
			const struct libaf_seccomp_data *data, size_t *steps);

#endif /* AF_SIM_H */
