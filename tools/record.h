/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recording of a policy: what its steps share. */
#ifndef AF_RECORD_H
#define AF_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "../lib/policy.h"
#include "merge.h"
#include "seen.h"
#include "trace.h"

/* Texts, each of which is there once. */
struct af_texts {
	char **texts;
	size_t nr;
};

/*
 * @text: of the policy that there is, or NULL
 * @there, @there_len: what is in the file, if nobody else changes it
 * @transparent: names that it does not have; ends in NULL
 * @strangers: what made calls and has no name
 * @unreadable: names of processes whose callers cannot be found out
 * @foreign: there were calls that no policy can permit
 * @told: when there was progress to be seen
 * @tried: that was to be written before the end
 * @written: what was seen until then is in the file
 */
struct af_recorder {
	const char *output;
	struct af_merge_options merge;
	bool date;
	bool progress;
	bool quiet;
	char **command;

	char *text;
	size_t len;
	char *there;
	size_t there_len;
	struct libaf_policy *policy;
	const char **transparent;
	size_t nr_transparent;

	struct af_trace trace;
	struct af_binaries binaries;
	struct af_seen seen;
	struct af_texts strangers;
	struct af_texts unreadable;
	bool foreign;
	time_t told;
	bool tried;
	bool written;
};

/*
 * record_watch.c: while the program runs
 */

/* What the trace, which has not begun, is to do. */
void af_record_watch(struct af_recorder *rec);

/* Signals end the recording, or are passed on. */
void af_record_catch_signals(struct af_recorder *rec);

/*
 * record_policy.c: the policy before and after.  What is wrong is said.
 */

/* Look through the library, whose name the caller keeps. */
void af_record_add_transparent(struct af_recorder *rec, const char *name);

/*
 * Read the policy, if there is one, and see whether one can be written and which
 * libraries are looked through.  Returns 0 or a negative errno.
 */
int af_record_read(struct af_recorder *rec);

/* Write what was seen; @last says all that there is to say of it, too. */
void af_record_write(struct af_recorder *rec, bool last);

void af_record_print_state(const struct af_recorder *rec);
void af_record_unreadable_hint(void);

#endif /* AF_RECORD_H */
