/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel has to make of a seccomp program, written without it. */
#ifndef FUZZ_BPF_MODEL_H
#define FUZZ_BPF_MODEL_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

/* May this be installed, if loads must be below @limit? */
bool bpf_model_valid(const struct sock_filter *prog, size_t len, __u32 limit);

/* The program's result. It must be valid. */
__u32 bpf_model_run(const struct sock_filter *prog, size_t len,
		    const struct seccomp_data *data);

#endif /* FUZZ_BPF_MODEL_H */
