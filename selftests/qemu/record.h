/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the guest's init tells the host over the virtio port libaf.result: a
 * stream of records, each a header and @len bytes.  Lengths, not marks, say
 * where data ends, so that no output of a test can look like a record.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdint.h>

#define RECORD_MAGIC 0x4c424146U
#define RECORD_MAX   65536U

/* The plan that the host puts into the initramfs for init. */
#define PLAN_PATH "/plan"

enum record_type {
	RECORD_BEGIN = 1, /* data: the test's name */
	RECORD_STDOUT, /* data: what it printed */
	RECORD_STDERR, /* the same, only in exec mode */
	RECORD_END, /* data: struct record_end */
	RECORD_FINAL, /* data: uint32_t, the number of tests run */
	RECORD_FATAL, /* data: why init could not do its work */
};

struct record {
	uint32_t magic;
	uint32_t type;
	uint32_t len;
};

enum record_how {
	HOW_EXIT = 1, /* value: exit status */
	HOW_SIGNAL, /* value: signal */
	HOW_TIMEOUT, /* value: seconds */
	HOW_OUTPUT, /* value: bytes after which it was killed */
};

struct record_end {
	uint32_t how;
	uint32_t value;
};

#endif /* RECORD_H */
