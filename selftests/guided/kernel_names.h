/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What ../fuzz/ has from a patched kernel's headers, from libaf's. */
#ifndef GUIDED_KERNEL_NAMES_H
#define GUIDED_KERNEL_NAMES_H

#include <linux/seccomp.h>

#include "libaf/abi.h"

#define seccomp_object             libaf_seccomp_object
#define seccomp_unwind             libaf_seccomp_unwind
#define seccomp_unwind_row         libaf_seccomp_unwind_row
#define seccomp_unwind_rule        libaf_seccomp_unwind_rule
#define SECCOMP_CALLER_UNKNOWN     LIBAF_SECCOMP_CALLER_UNKNOWN
#define SECCOMP_CFA_END            LIBAF_SECCOMP_CFA_END
#define SECCOMP_CFA_FP             LIBAF_SECCOMP_CFA_FP
#define SECCOMP_CFA_NONE           LIBAF_SECCOMP_CFA_NONE
#define SECCOMP_CFA_SP             LIBAF_SECCOMP_CFA_SP
#define SECCOMP_FP_LOST            LIBAF_SECCOMP_FP_LOST
#define SECCOMP_FP_SAME            LIBAF_SECCOMP_FP_SAME
#define SECCOMP_MAX_FRAMES         LIBAF_SECCOMP_MAX_FRAMES
#define SECCOMP_MAX_UNWIND         LIBAF_SECCOMP_MAX_UNWIND
#define SECCOMP_OBJECT_TRANSPARENT LIBAF_SECCOMP_OBJECT_TRANSPARENT
#define SECCOMP_RA_ARG0            LIBAF_SECCOMP_RA_ARG0
#define SECCOMP_RA_STACK           LIBAF_SECCOMP_RA_STACK
#define SECCOMP_UNWIND_BLOCK_SHIFT LIBAF_SECCOMP_UNWIND_BLOCK_SHIFT
#define SECCOMP_UNWIND_MAX_OFFSET  LIBAF_SECCOMP_UNWIND_MAX_OFFSET

#endif /* GUIDED_KERNEL_NAMES_H */
