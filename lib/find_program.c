// SPDX-License-Identifier: LGPL-2.1-or-later
/* The program: which file it is, and which of the policy's blocks is about it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "finder.h"

/* How many scripts the kernel follows to a program, exec_binprm(). */
#define MAX_SCRIPTS 5

/* How much of a script's first line the kernel reads, BINPRM_BUF_SIZE. */
#define SCRIPT_LINE 256

bool af_names_programs(const struct libaf_policy *policy)
{
	size_t id;

	for (id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		if (policy->callers[id].kind == AF_CALLER_PROGRAM)
			return true;
	}
	return false;
}

int af_follow_script(struct af_finder *finder, char **path)
{
	int depth;

	for (depth = 0; depth <= MAX_SCRIPTS; depth++) {
		char line[SCRIPT_LINE + 1], *name, *copy;
		ssize_t len;
		int fd = af_objects_open(*path);

		if (fd < 0)
			return af_finder_fail_errno(finder, NULL, *path, errno);
		len = pread(fd, line, SCRIPT_LINE, 0);
		close(fd);
		if (len < 0)
			return af_finder_fail_errno(finder, NULL, *path, errno);
		line[len] = 0;
		if (len < 2 || line[0] != '#' || line[1] != '!')
			return 0;

		name = line + 2 + strspn(line + 2, " \t");
		name[strcspn(name, " \t\n")] = 0;
		copy = strdup(name);
		if (!copy)
			return af_finder_no_memory(finder);
		free(*path);
		*path = copy;
	}
	return af_finder_fail(finder, NULL, -ENOEXEC, *path,
			      "an interpreter of an interpreter, and so on");
}

int af_look_at_program(struct af_finder *finder, const char *program)
{
	int fd, ret;

	finder->program = strdup(program);
	if (!finder->program)
		return af_finder_no_memory(finder);
	ret = af_follow_script(finder, &finder->program);
	if (ret)
		return ret;
	fd = af_objects_open(finder->program);
	if (fd < 0)
		return af_finder_fail_errno(finder, NULL, finder->program,
					    errno);
	ret = af_elf_read_fd(&finder->program_elf, fd, 0);
	close(fd);
	if (ret)
		return af_finder_fail_elf(finder, NULL, finder->program, ret);
	return af_finder_search_for(finder, &finder->program_elf,
				    finder->program);
}

static const char *program_path(const struct af_finder *finder)
{
	return finder->program ? finder->program : finder->loaded[0].path;
}

/* What the policy has for the program that is run, by its path, or NULL. */
static const struct af_caller *find_named(const struct libaf_policy *policy,
					  const struct stat *program)
{
	struct stat st;
	size_t id;

	for (id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		const struct af_caller *caller = &policy->callers[id];

		if (caller->kind == AF_CALLER_PROGRAM &&
		    !stat(caller->name, &st) && st.st_dev == program->st_dev &&
		    st.st_ino == program->st_ino)
			return caller;
	}
	return NULL;
}

static int not_the_program(struct af_finder *finder,
			   const struct af_place *place, const char *statement,
			   const struct af_caller *named)
{
	af_error(finder->err, -EINVAL, finder->policy->name, place,
		 "`program` is not the one that is run, which is named %.128s",
		 named->name);
	af_hint(finder->err, "say `%s %.128s`", statement, named->name);
	return -EINVAL;
}

/*
 * Nothing is divided or looked through by what is said of the program without
 * its path, if it has one: whoever wrote that must not believe it is.
 */
static int check_named(struct af_finder *finder, const struct af_caller *named)
{
	const struct libaf_policy *policy = finder->policy;
	const struct af_caller *program = &policy->callers[AF_ID_PROGRAM];
	const struct af_piece *piece = af_parts_first(policy, AF_ID_PROGRAM);

	if (piece)
		return not_the_program(finder, &piece->place, "of program",
				       named);
	if (program->transparent)
		return not_the_program(finder, &program->seen_through,
				       "transparent", named);
	return 0;
}

int af_add_program(struct af_finder *finder)
{
	const struct libaf_policy *policy = finder->policy;
	const struct af_caller *caller = &policy->callers[AF_ID_PROGRAM];
	const struct af_caller *named;
	struct stat st;

	if (af_names_programs(policy)) {
		/* Whichever it is, it must not get what is for another. */
		if (stat(program_path(finder), &st))
			return af_finder_fail_errno(
				finder, NULL, program_path(finder), errno);
		named = find_named(policy, &st);
		if (named)
			return check_named(finder, named);
		if (!caller->place.line)
			return 0;
	}
	if (finder->program)
		return af_add_path(finder, caller, AF_ID_PROGRAM,
				   finder->program);
	return af_add_loaded(finder, caller, AF_ID_PROGRAM, &finder->loaded[0]);
}
