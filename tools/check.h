/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What af check finds out, and prints. */
#ifndef AF_CHECK_H
#define AF_CHECK_H

#include "../lib/objects.h"
#include "builds.h"
#include "newer.h"

enum af_build_state {
	AF_BUILD_NOT_RECORDED,
	AF_BUILD_SAME,
	AF_BUILD_CHANGED,
	AF_BUILD_NONE, /* it has no build-id, and none was recorded */
};

/*
 * A file that a policy names.
 * @id: its build-id, "" if it has none
 * @recorded: the one that was recorded, if it is CHANGED
 * @writable: who can write it, as the beginning of a warning; NULL if only root
 */
struct af_checked_file {
	enum af_build_state state;
	char id[AF_BUILD_ID_TEXT];
	const char *recorded;
	const char *writable;
};

/*
 * @abi: of the kernel, as libaf_abi()
 * @name: of what was checked, NULL if that is the kernel alone
 * @compiled: it is a compiled policy, which has no rules any more
 * @has_program: the program is known
 * @policy: its callers; NULL if there is an error in it
 * @objects: their files
 * @files: of each of @objects' files
 * @missing: by caller: it has no file, but should
 * @builds: what the policy says was recorded
 * @recorded_by: the arguments of af record but for its options, or NULL
 * @newer: what a newer C library would be denied
 * @errors: what is wrong
 */
struct af_checked {
	int abi;
	const char *name;
	bool compiled;
	bool has_program;
	struct libaf_policy *policy;
	size_t nr_insns;
	struct af_objects objects;
	struct af_checked_file *files;
	bool *missing;
	struct af_builds builds;
	char *recorded_by;
	struct af_newer *newer;
	size_t nr_newer;
	struct libaf_error *errors;
	size_t nr_errors;
};

/* Is there a file of this caller's to be shown? */
bool af_checked_shows(const struct af_checked *checked, size_t file, size_t id);

/* Of all tables together. */
size_t af_checked_unwind_size(const struct af_checked *checked);

/* What a part comes to in its file, or in each variant of it. */
unsigned long long af_checked_part(const struct af_checked *checked, size_t id,
				   size_t *nr_pieces);

/* The header of a caller's block; allocated. */
char *af_checked_header(const struct af_checked *checked,
			const struct af_caller *caller);

void af_checked_print(const struct af_checked *checked);

/* Returns an exit status. */
int af_checked_print_json(const struct af_checked *checked);

#endif /* AF_CHECK_H */
