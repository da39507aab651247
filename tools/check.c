// SPDX-License-Identifier: LGPL-2.1-or-later
/* af check: what the kernel supports, and what a policy comes to here. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/compile.h"
#include "../lib/launch.h"
#include "../lib/parse.h"
#include "../lib/read.h"
#include "../lib/restore.h"
#include "af.h"
#include "check.h"
#include "memory.h"
#include "quote.h"

static const char usage[] =
	"usage: af check [--json] [--strict] [POLICY [PROGRAM]]\n"
	"\n"
	"Say what the running kernel supports.  With a policy, check it and the\n"
	"files that it names, for PROGRAM if one is given; works on any kernel.\n"
	"Say which files have changed since `af record` saw them, and what a newer\n"
	"C library would be denied.  Of a policy that `af compile` wrote, check\n"
	"whether it can still be used.\n"
	"\n"
	"  --json    print JSON\n"
	"  --strict  fail if a file has changed\n"
	"  --help    show this\n"
	"\n"
	"The exit status is 0 if all is well, 1 if not, 2 for wrong arguments.\n";

/* What `af record` begins a policy with. */
static const char recorded_by[] = "# Recorded by: af record -- ";

bool af_checked_shows(const struct af_checked *checked, size_t file, size_t id)
{
	/* Without a program, it is af. */
	if (id == AF_ID_PROGRAM && !checked->has_program)
		return false;
	return checked->objects.files[file].id == id;
}

size_t af_checked_unwind_size(const struct af_checked *checked)
{
	size_t i, size = 0;

	for (i = 0; i < checked->objects.nr_objects; i++)
		size += checked->objects.objects[i].unwind_size;
	return size;
}

unsigned long long af_checked_part(const struct af_checked *checked, size_t id,
				   size_t *nr_pieces)
{
	const struct af_objects *objects = &checked->objects;
	unsigned long long bytes = 0;
	size_t i;

	*nr_pieces = 0;
	for (i = 0; i < objects->nr_objects; i++) {
		if (objects->objects[i].id != id)
			continue;
		bytes += objects->objects[i].len;
		++*nr_pieces;
	}
	return bytes;
}

char *af_checked_header(const struct af_checked *checked,
			const struct af_caller *caller)
{
	const char *kind = af_caller_kind_name(checked->policy, caller);

	return caller->name ? af_make_text("%s %s", kind, caller->name) :
			      af_copy(kind);
}

static void add_error(struct af_checked *checked, const struct libaf_error *err)
{
	checked->errors = af_grow(checked->errors, checked->nr_errors + 1,
				  sizeof(*checked->errors));
	checked->errors[checked->nr_errors++] = *err;
}

/*
 * Files
 */

/*
 * A file that the confined user can write is no anchor of trust: what is
 * written to it shows in processes that have mapped it.
 */
static const char *who_can_write(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return NULL;
	if (st.st_mode & S_IWOTH)
		return "everybody";
	if (getuid() && st.st_uid == getuid())
		return "it is yours: the program";
	if (getuid() && !access(path, W_OK))
		return "the program";
	return NULL;
}

/* One of several variants for processors need not have been seen. */
static bool has_recorded_variant(const struct af_checked *checked,
				 const char *name, unsigned int id)
{
	for (size_t i = 0; i < checked->objects.nr_files; i++) {
		if (checked->objects.files[i].id == id &&
		    af_builds_has(&checked->builds, name, checked->files[i].id))
			return true;
	}
	return false;
}

static void compare_build(const struct af_checked *checked, const char *name,
			  unsigned int id, struct af_checked_file *file)
{
	const struct af_builds *builds = &checked->builds;

	if (af_builds_has(builds, name, file->id)) {
		file->state = AF_BUILD_SAME;
		return;
	}
	if (!af_builds_has_name(builds, name) ||
	    has_recorded_variant(checked, name, id)) {
		file->state = *file->id ? AF_BUILD_NOT_RECORDED : AF_BUILD_NONE;
		return;
	}
	file->state = AF_BUILD_CHANGED;
	for (size_t i = 0; i < builds->nr && !file->recorded; i++) {
		if (!strcmp(builds->list[i].name, name))
			file->recorded = builds->list[i].id;
	}
}

/* By the name that `af record` uses for it; allocated, or NULL. */
static char *name_of(const struct af_checked *checked,
		     const struct af_file *file)
{
	if (file->id == AF_ID_PROGRAM)
		return realpath(file->path, NULL);
	/* What is behind the callers of the policy is libaf's own. */
	if (file->id >= checked->policy->nr_callers)
		return NULL;
	return af_copy(checked->policy->callers[file->id].name);
}

static void look_at_files(struct af_checked *checked)
{
	const struct af_objects *objects = &checked->objects;

	checked->files =
		af_grow(NULL, objects->nr_files + 1, sizeof(*checked->files));
	memset(checked->files, 0, objects->nr_files * sizeof(*checked->files));
	for (size_t i = 0; i < objects->nr_files; i++) {
		struct af_checked_file *file = &checked->files[i];
		int fd = af_objects_open(objects->files[i].path);

		file->writable = who_can_write(objects->files[i].path);
		if (fd < 0)
			continue;
		af_build_id_read(fd, file->id);
		close(fd);
	}
	for (size_t i = 0; i < objects->nr_files; i++) {
		char *name = name_of(checked, &objects->files[i]);

		if (name)
			compare_build(checked, name, objects->files[i].id,
				      &checked->files[i]);
		free(name);
	}
}

static bool has_file(const struct af_checked *checked, size_t id)
{
	for (size_t i = 0; i < checked->objects.nr_files; i++) {
		if (checked->objects.files[i].id == id)
			return true;
	}
	return false;
}

static void add_missing(struct af_checked *checked,
			const struct af_caller *caller)
{
	bool path = strchr(caller->name, '/');
	struct libaf_error err;

	af_error(&err, -ENOENT, checked->name, &caller->place, "%s: %s",
		 caller->name, path ? "no such file" : "library not found");
	if (caller->kind == AF_CALLER_PROGRAM)
		af_hint(&err, "install it, or remove its block");
	else if (path)
		af_hint(&err, "install it, or begin its block with `optional`");
	else
		af_hint(&err, "install it, or name it by its absolute path");
	add_error(checked, &err);
}

/*
 * All that is missing is found at once where nothing has to be there.
 */
static int find_objects(struct af_checked *checked, const char *program,
			struct libaf_error *err)
{
	struct libaf_policy *policy = checked->policy;
	const struct af_own_text launcher = {
		.id = (unsigned int)policy->nr_callers,
		.start = af_launch_text,
		.end = af_launch_end,
	};
	int ret;

	checked->missing =
		af_grow(NULL, policy->nr_callers, sizeof(*checked->missing));
	for (size_t id = 0; id < policy->nr_callers; id++) {
		struct af_caller *caller = &policy->callers[id];

		checked->missing[id] = id >= AF_ID_LIBRARY && !caller->part &&
				       !caller->optional;
		caller->optional |= checked->missing[id];
	}
	ret = af_objects_find(&checked->objects, policy, program,
			      program ? &launcher : NULL, err);
	for (size_t id = 0; id < policy->nr_callers; id++) {
		struct af_caller *caller = &policy->callers[id];

		caller->optional &= !checked->missing[id];
		checked->missing[id] &= !ret && !has_file(checked, id);
		if (checked->missing[id])
			add_missing(checked, caller);
	}
	return ret;
}

/*
 * Policies
 */

/*
 * The command that the policy was recorded with.  It is printed for a shell, so
 * that nothing may be in it that is more than words.
 */
static void find_command(struct af_checked *checked, const char *text,
			 size_t len)
{
	const size_t mark = strlen(recorded_by);
	const char *line = memmem(text, len, recorded_by, mark), *end;

	if (!line || (line > text && line[-1] != '\n'))
		return;
	line += mark;
	len -= line - text;
	end = memchr(line, '\n', len);
	checked->recorded_by =
		af_make_text("%.*s", end ? (int)(end - line) : (int)len, line);
	if (af_is_quoted(checked->recorded_by))
		return;
	free(checked->recorded_by);
	checked->recorded_by = NULL;
}

static size_t count_insns(const struct af_programs *programs)
{
	size_t i, len = 0;

	for (i = 0; i < programs->nr; i++)
		len += programs->programs[i].len;
	return len;
}

static int check_parsed(struct af_checked *checked, const char *program,
			struct libaf_error *err)
{
	struct af_programs programs;
	int ret;

	ret = af_compile(checked->policy, NULL, &programs, err);
	if (ret)
		return ret;
	checked->nr_insns = count_insns(&programs);
	af_programs_release(&programs);
	ret = find_objects(checked, program, err);
	if (ret)
		return ret;
	look_at_files(checked);
	checked->nr_newer = af_newer_find(checked->policy,
					  af_builds_glibc(&checked->builds),
					  &checked->newer);
	return 0;
}

static int check_policy(struct af_checked *checked, const char *program,
			struct libaf_error *err)
{
	size_t len;
	char *text;
	int ret;

	ret = af_read_text(checked->name, &text, &len, err);
	if (ret)
		return ret;
	ret = af_parse(text, len, checked->name, true, &checked->policy, err);
	if (!ret) {
		af_builds_read(&checked->builds, text, len);
		find_command(checked, text, len);
		ret = check_parsed(checked, program, err);
	}
	free(text);
	return ret;
}

/* For the program that it was compiled for, unless told another. */
static int check_image(struct af_checked *checked, struct af_image *image,
		       const char *program, struct libaf_error *err)
{
	int ret;

	if (!program)
		program = image->strings[AF_IMAGE_PROGRAM];
	checked->has_program = program;
	ret = af_restore_objects(&checked->objects, image, program, err);
	if (ret)
		return ret;
	checked->policy = image->callers;
	image->callers = NULL;
	for (size_t i = 0; i < image->nr_programs; i++) {
		if (!image->programs[i].kind)
			checked->nr_insns += image->programs[i].len;
	}
	look_at_files(checked);
	return 0;
}

static int check_data(struct af_checked *checked, const char *data, size_t size,
		      const char *program, struct libaf_error *err)
{
	struct af_image image;
	int ret = af_image_decode(&image, data, size, checked->name, err);

	if (ret)
		return ret;
	checked->compiled = true;
	ret = check_image(checked, &image, program, err);
	af_image_release(&image);
	return ret;
}

static void check_file(struct af_checked *checked, const char *program)
{
	struct libaf_error err;
	size_t size;
	char *data;
	int ret;

	checked->has_program = program;
	ret = af_read_image(checked->name, &data, &size, &err);
	if (!ret && data)
		ret = check_data(checked, data, size, program, &err);
	else if (!ret)
		ret = check_policy(checked, program, &err);
	free(data);
	if (!ret)
		return;
	add_error(checked, &err);
	libaf_policy_free(checked->policy);
	checked->policy = NULL;
}

static void release(struct af_checked *checked)
{
	af_objects_release(&checked->objects);
	libaf_policy_free(checked->policy);
	af_builds_release(&checked->builds);
	free(checked->files);
	free(checked->missing);
	free(checked->recorded_by);
	free(checked->newer);
	free(checked->errors);
}

static bool has_changed_file(const struct af_checked *checked)
{
	for (size_t i = 0; checked->policy && i < checked->objects.nr_files;
	     i++) {
		if (checked->files[i].state == AF_BUILD_CHANGED)
			return true;
	}
	return false;
}

/* A policy can be right where it cannot be enforced. */
static bool is_well(const struct af_checked *checked, bool strict)
{
	if (!checked->name)
		return checked->abi >= LIBAF_ABI_CALLER_ID;
	return !checked->nr_errors && !(strict && has_changed_file(checked));
}

/* Returns an exit status. */
static int print(const struct af_checked *checked, bool json)
{
	if (json)
		return af_checked_print_json(checked);
	af_checked_print(checked);
	for (size_t i = 0; i < checked->nr_errors; i++)
		af_print_error(&checked->errors[i]);
	return AF_OK;
}

/* Where it is, allocated; NULL, and an error, if it was not found. */
static char *find_program(struct af_checked *checked, const char *name)
{
	char *program = af_find_program(name);
	struct libaf_error err;

	if (program)
		return program;
	af_explain_program(name, errno, &err);
	add_error(checked, &err);
	return NULL;
}

static void check_for(struct af_checked *checked, const char *name)
{
	char *program = name ? find_program(checked, name) : NULL;

	if (program || !name)
		check_file(checked, program);
	free(program);
}

static int check(const char *policy, const char *program, bool json,
		 bool strict)
{
	struct af_checked checked = { .abi = libaf_abi(), .name = policy };
	int ret;

	if (policy)
		check_for(&checked, program);
	ret = print(&checked, json);
	if (!ret && !is_well(&checked, strict))
		ret = AF_FAILED;
	release(&checked);
	return ret;
}

int af_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "strict", no_argument, NULL, 's' },
		{},
	};
	bool json = false, strict = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return AF_OK;
		case 'j':
			json = true;
			break;
		case 's':
			strict = true;
			break;
		default:
			fputs(usage, stderr);
			return AF_USAGE;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc > 2) {
		fputs(usage, stderr);
		return AF_USAGE;
	}
	return check(argc ? argv[0] : NULL, argc == 2 ? argv[1] : NULL, json,
		     strict);
}
