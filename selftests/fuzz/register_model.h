/* SPDX-License-Identifier: GPL-2.0 */
/* Section 7 of kernel-patches/ABI: what a registration comes to. */
#ifndef FUZZ_REGISTER_MODEL_H
#define FUZZ_REGISTER_MODEL_H

/*
 * What a native task with no_new_privs gets for SECCOMP_SET_MODE_CALLER before
 * the filter is attached: 0, or the error.  Needs maps_read().
 */
int register_model(unsigned int flags, const void *args);

#endif /* FUZZ_REGISTER_MODEL_H */
