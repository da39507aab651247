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
#include "../lib/objects.h"
#include "../lib/read.h"
#include "../lib/restore.h"
#include "af.h"

static const char usage[] =
	"usage: af check [POLICY [PROGRAM]]\n"
	"\n"
	"Say what the running kernel supports.  With a policy, check it and the\n"
	"files that it names, for PROGRAM if one is given; works on any kernel.\n"
	"Of a policy that `af compile` wrote, check whether it can still be used.\n"
	"\n"
	"  --help  show this\n"
	"\n"
	"The exit status is 0 if all is well, 1 if not, 2 for wrong arguments.\n";

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

/* Returns whether a policy can be enforced as it is written. */
static bool check_kernel(void)
{
	int level = libaf_abi();

	printf("kernel: tells filters the previous call: %s\n",
	       yes_no(level >= LIBAF_ABI_PREV_NR));
	printf("kernel: tells filters who asks for a call: %s\n",
	       yes_no(level >= LIBAF_ABI_CALLER_ID));
	if (level < LIBAF_ABI_CALLER_ID)
		puts("kernel: policies cannot be enforced; the libaf patch series is missing");
	return level >= LIBAF_ABI_CALLER_ID;
}

static const char *caller_name(const struct af_caller *caller)
{
	if (caller->name)
		return caller->name;
	return caller->kind == AF_CALLER_PROGRAM ? "program" : "unknown";
}

/* What a part comes to in its file, or in each variant of it. */
static void print_part(const struct libaf_policy *policy, size_t id,
		       const struct af_objects *objects)
{
	const struct af_part *part = policy->callers[id].part;
	unsigned long long bytes = 0;
	size_t i, nr = 0;

	for (i = 0; i < objects->nr_objects; i++) {
		if (objects->objects[i].id != id)
			continue;
		bytes += objects->objects[i].len;
		nr++;
	}
	printf("    of %s: %llu bytes in %zu pieces\n",
	       caller_name(&policy->callers[part->of]), bytes, nr);
}

/*
 * A file that the confined user can write is no anchor of trust: what is
 * written to it shows in processes that have mapped it.
 */
static void warn_if_writable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return;
	if (st.st_mode & S_IWOTH)
		printf("    warning: everybody can write this file\n");
	else if (getuid() && st.st_uid == getuid())
		printf("    warning: it is yours: the program can write this file\n");
	else if (getuid() && !access(path, W_OK))
		printf("    warning: the program can write this file\n");
}

static void print_files(size_t id, const struct af_objects *objects)
{
	size_t i;

	for (i = 0; i < objects->nr_files; i++) {
		if (objects->files[i].id != id)
			continue;
		printf("    %s\n", objects->files[i].path);
		warn_if_writable(objects->files[i].path);
	}
}

/* @compiled: its rules are not there any more */
static void print_caller(const struct libaf_policy *policy, size_t id,
			 bool compiled, const struct af_objects *objects)
{
	const struct af_caller *caller = &policy->callers[id];
	size_t calls = caller->nr_rules;

	if (id != AF_ID_UNKNOWN)
		calls += policy->common.nr_rules;
	printf("  %s%s%s", caller->part ? "part " : "", caller_name(caller),
	       compiled ? "" : ":");
	if (caller->kind == AF_CALLER_LIBRARY && !caller->rest)
		fputs(" unknown, but for its parts", stdout);
	else if (!compiled)
		printf(" %zu calls", calls);
	puts(caller->transparent ? ", transparent" : "");
	if (caller->part)
		print_part(policy, id, objects);
	print_files(id, objects);
}

static void print_callers(const struct libaf_policy *policy, bool compiled,
			  const struct af_objects *objects)
{
	size_t id;

	for (id = 0; id < policy->nr_callers; id++)
		print_caller(policy, id, compiled, objects);
}

static void print_sizes(const char *name, const char *what, size_t len,
			const struct af_objects *objects)
{
	size_t i, tables = 0;

	for (i = 0; i < objects->nr_objects; i++)
		tables += objects->objects[i].unwind_size;
	printf("%s: %s; %zu instructions, %zu objects, %zu bytes of unwind tables\n",
	       name, what, len, objects->nr_objects, tables);
}

static size_t count_insns(const struct af_programs *programs)
{
	size_t i, len = 0;

	for (i = 0; i < programs->nr; i++)
		len += programs->programs[i].len;
	return len;
}

static int check_files(const struct libaf_policy *policy, const char *program,
		       const struct af_programs *programs,
		       struct libaf_error *err)
{
	const struct af_own_text launcher = {
		.id = (unsigned int)policy->nr_callers,
		.start = af_launch_text,
		.end = af_launch_end,
	};
	struct af_objects objects;
	int ret;

	ret = af_objects_find(&objects, policy, program,
			      program ? &launcher : NULL, err);
	if (ret)
		return ret;
	print_sizes(policy->name, "correct", count_insns(programs), &objects);
	print_callers(policy, false, &objects);
	af_objects_release(&objects);
	return 0;
}

static int check_policy(const char *path, const char *program,
			struct libaf_error *err)
{
	struct libaf_policy *policy;
	struct af_programs programs;
	int ret;

	ret = libaf_policy_read(path, &policy, err);
	if (ret)
		return ret;
	ret = af_compile(policy, NULL, &programs, err);
	if (!ret) {
		ret = check_files(policy, program, &programs, err);
		af_programs_release(&programs);
	}
	libaf_policy_free(policy);
	return ret;
}

/* For the program that it was compiled for, unless told another. */
static int check_image(const char *path, const char *data, size_t size,
		       const char *program, struct libaf_error *err)
{
	struct af_objects objects;
	struct af_image image;
	size_t i, len = 0;
	int ret;

	ret = af_image_decode(&image, data, size, path, err);
	if (ret)
		return ret;
	if (!program)
		program = image.strings[AF_IMAGE_PROGRAM];
	ret = af_restore_objects(&objects, &image, program, err);
	if (!ret) {
		for (i = 0; i < image.nr_programs; i++) {
			if (!image.programs[i].kind)
				len += image.programs[i].len;
		}
		print_sizes(path, "compiled, and all files are as they were",
			    len, &objects);
		print_callers(image.callers, true, &objects);
		af_objects_release(&objects);
	}
	af_image_release(&image);
	return ret;
}

static int check_file(const char *path, const char *program)
{
	struct libaf_error err;
	size_t size;
	char *data;
	int ret;

	ret = af_read_image(path, &data, &size, &err);
	if (!ret && data)
		ret = check_image(path, data, size, program, &err);
	else if (!ret)
		ret = check_policy(path, program, &err);
	free(data);
	if (ret)
		af_print_error(&err);
	return ret;
}

int af_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	char *program = NULL;
	int option, ret;
	bool kernel;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'h') {
			fputs(usage, stderr);
			return AF_USAGE;
		}
		fputs(usage, stdout);
		return AF_OK;
	}
	argc -= optind;
	argv += optind;
	if (argc > 2) {
		fputs(usage, stderr);
		return AF_USAGE;
	}

	kernel = check_kernel();
	if (!argc)
		return kernel ? AF_OK : AF_FAILED;
	if (argc == 2) {
		program = af_find_program(argv[1]);
		if (!program) {
			fprintf(stderr, "af: %s: %s\n", argv[1],
				strerror(errno));
			return AF_FAILED;
		}
	}
	/* A policy can be right where it cannot be enforced. */
	ret = check_file(argv[0], program);
	free(program);
	return ret ? AF_FAILED : AF_OK;
}
