/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saying in a handler of SIGSYS what was denied. */
#ifndef AF_REPORT_H
#define AF_REPORT_H

#ifndef __ASSEMBLER__
#include <stddef.h>

#include "libaf.h"
#include "policy.h"

/* Write to standard error.  Returns what write(2) does, or -errno. */
long af_report_write(const char *text, size_t len);

/* End the process as a denied call does; returns if no filter is in force. */
void af_report_end(void);

/* The text of both, and where the first one's system call returns to. */
#define AF_REPORT_LABEL extern const char __attribute__((visibility("hidden")))
AF_REPORT_LABEL af_report_text[];
AF_REPORT_LABEL af_report_written[];
AF_REPORT_LABEL af_report_text_end[];

/* Take back a libaf_report() that succeeded, of a filter that is not loaded. */
void af_report_undo(const struct libaf_filter *filter);
#endif

/*
 * The call by which the reporter ends the process: a number that has a name and
 * that no kernel ever had a call for, so that no rule is the longer for it.
 */
#define AF_REPORT_END_NR __NR_tuxcall

#endif /* AF_REPORT_H */
