/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of signals, as they are and as an attacker makes them. */
#ifndef AF_ATTACKS_SIGFRAME_H
#define AF_ATTACKS_SIGFRAME_H

#include <ucontext.h>

/* Learn from a signal what a frame has to have. */
void learn_frame(void);

/* Make the context resume with the library's own mkdir(PRIZE, 0700). */
void aim(ucontext_t *uc);

/*
 * Make rt_sigreturn(2) with a forged context at @at, or in memory of ours.
 * Returns what mkdir() gave: 0 or -errno.
 */
long forged_sigreturn(ucontext_t *at);

/* getuid(), then at once a signal: the library may call mkdir() after it. */
void signal_after_getuid(void);
void signal_after_getppid(void);
/* Where the signal's instruction ends. */
#define TRAP_LEN 2

#endif /* AF_ATTACKS_SIGFRAME_H */
