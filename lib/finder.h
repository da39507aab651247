/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding the objects of a policy's callers, see objects.h: what the steps share.
 *
 * All that return an int return 0 or what af_objects_find() may return, unless
 * they say something else, and have set the error then.
 */
#ifndef AF_FINDER_H
#define AF_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf.h"
#include "objects.h"
#include "parts.h"

/*
 * Something that is loaded in this process.
 * @bias: where it is, less where it was linked
 */
struct af_loaded {
	uintptr_t bias;
	const char *path;
	struct af_elf elf;
	struct af_file_key key;
};

/*
 * @keys: of each of @objects' objects
 * @has_cache: @search's cache has been read
 * @loaded: what is loaded; the first is the program
 * @program: the path of one that will be executed, else NULL
 * @origin: the directory of the program, which @search has, too
 */
struct af_finder {
	const struct libaf_policy *policy;
	struct libaf_error *err;
	struct af_objects *objects;
	struct af_file_key *keys;
	struct af_search search;
	bool has_cache;
	struct af_loaded *loaded;
	size_t nr_loaded;
	char *program;
	char *origin;
	struct af_elf program_elf;
};

/*
 * A file whose text is being added.
 * @caller: whose it is, with @key.owner as its id
 * @addr: where the file is mapped
 */
struct af_text {
	const struct af_caller *caller;
	const char *path;
	struct af_file_key key;
	const struct af_elf *elf;
	uintptr_t addr;
};

/*
 * finder.c: what is needed everywhere
 */

/* These say what is wrong with a file, at @caller's place if that is not NULL. */
int af_finder_no_memory(struct af_finder *finder);
int af_finder_fail(struct af_finder *finder, const struct af_caller *caller,
		   int code, const char *path, const char *what);
int af_finder_fail_errno(struct af_finder *finder,
			 const struct af_caller *caller, const char *path,
			 int error);
int af_finder_fail_elf(struct af_finder *finder, const struct af_caller *caller,
		       const char *path, int error);

/* One more object, zeroed; NULL if there is no memory. */
struct libaf_seccomp_object *af_finder_grow(struct af_finder *finder,
					    const struct af_file_key *key);

/* One more file; @map is taken over if that succeeds. */
int af_finder_add_file(struct af_finder *finder, unsigned int id,
		       const char *path, void *map);

/*
 * Is this file known already?  Returns 1 if it is its owner's, which happens
 * when two paths lead to it, and -EINVAL if it is another caller's.
 */
int af_finder_check_claimed(struct af_finder *finder,
			    const struct af_caller *caller, const char *path,
			    const struct af_file_key *key);

/* Libraries are looked for as the loader does for this program, at @path. */
int af_finder_search_for(struct af_finder *finder, const struct af_elf *elf,
			 const char *path);

/*
 * find_text.c
 */

/* Add the executable segments of a file. */
int af_add_text(struct af_finder *finder, const struct af_text *text,
		const struct af_parts *parts);

/* The same with its parts, which are looked for in the open file. */
int af_add_parts(struct af_finder *finder, const struct af_text *text, int fd);

/*
 * find_file.c
 */

/* None, if there is no such file and the caller is optional. */
int af_add_path(struct af_finder *finder, const struct af_caller *caller,
		unsigned int id, const char *path);

/*
 * Linkers make .eh_frame_hdr for whoever looks for it when the program runs,
 * and in a static program there is nobody.  Returns 0 or what af_symbols_read()
 * does, and sets no error.
 */
int af_find_eh_frame(int fd, struct af_elf *elf);

/*
 * find_loaded.c
 */

/* The running program, and what it has loaded. */
int af_look_at_process(struct af_finder *finder);

/*
 * What is loaded under the name that the policy uses, in *@found, else NULL.
 * A path is not looked for: it means the file that is there, and what a
 * library was loaded by need not lead to it any more.
 */
int af_find_loaded(struct af_finder *finder, const struct af_caller *caller,
		   const struct af_loaded **found);
int af_add_loaded(struct af_finder *finder, const struct af_caller *caller,
		  unsigned int id, const struct af_loaded *loaded);

/*
 * The vDSO makes system calls on behalf of whoever called it.  It is in every
 * process, and of the same text, so it need not be in any policy.
 */
int af_add_vdso(struct af_finder *finder, unsigned int id);

/*
 * find_program.c
 */

/* The program, or script, that will be executed. */
int af_look_at_program(struct af_finder *finder, const char *program);

/*
 * The block with the program's path is more precise than the one without.  If
 * all blocks of programs have paths, another program is unknown.
 */
int af_add_program(struct af_finder *finder);

/* Does the policy have blocks of programs by their paths? */
bool af_names_programs(const struct libaf_policy *policy);

/*
 * Script or not: the file that will be mapped as the program.  *@path is
 * allocated and replaced.
 */
int af_follow_script(struct af_finder *finder, char **path);

/*
 * find_own.c
 */

/* libaf's text is taken out of what the objects have of the same file. */
int af_add_own(struct af_finder *finder, const struct af_own_text *text);

#endif /* AF_FINDER_H */
