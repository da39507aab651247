// SPDX-License-Identifier: LGPL-2.1-or-later
/* What af check prints for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "af.h"
#include "check.h"
#include "permits.h"
#include "quote.h"
#include "text.h"

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static void print_kernel(int abi)
{
	printf("kernel: tells filters the previous call: %s\n",
	       yes_no(abi >= LIBAF_ABI_PREV_NR));
	printf("kernel: tells filters who asks for a call: %s\n",
	       yes_no(abi >= LIBAF_ABI_CALLER_ID));
	if (abi >= LIBAF_ABI_CALLER_ID)
		return;
	puts("kernel: policies cannot be enforced; the libaf patch series is missing");
	puts("kernel: boot one that has it, or enforce their union by af run --degraded");
}

static void print_part(const struct af_checked *checked, size_t id)
{
	const struct af_part *part = checked->policy->callers[id].part;
	unsigned long long bytes;
	size_t nr;

	bytes = af_checked_part(checked, id, &nr);
	printf("    of %s: %llu bytes in %zu pieces\n",
	       af_caller_label(checked->policy, part->of), bytes, nr);
}

static void print_build(const struct af_checked_file *file)
{
	switch (file->state) {
	case AF_BUILD_NOT_RECORDED:
		puts("    build: not recorded");
		break;
	case AF_BUILD_SAME:
		puts("    build: as recorded");
		break;
	case AF_BUILD_CHANGED:
		printf("    warning: it has changed since it was recorded: build-id %s, now %s\n",
		       file->recorded, *file->id ? file->id : "none");
		break;
	case AF_BUILD_NONE:
		puts("    build: it has no build-id, so that nobody can say");
		break;
	}
}

static void print_files(const struct af_checked *checked, size_t id)
{
	for (size_t i = 0; i < checked->objects.nr_files; i++) {
		const struct af_checked_file *file = &checked->files[i];

		if (!af_checked_shows(checked, i, id))
			continue;
		fputs("    ", stdout);
		af_print_clean(stdout, checked->objects.files[i].path);
		putchar('\n');
		if (checked->builds.nr)
			print_build(file);
		if (file->writable)
			printf("    warning: %s can write this file\n",
			       file->writable);
	}
}

static void print_caller(const struct af_checked *checked, size_t id)
{
	const struct libaf_policy *policy = checked->policy;
	const struct af_caller *caller = &policy->callers[id];
	unsigned int calls = af_permits_count(policy, id);

	fputs(caller->part ? "  part " : "  ", stdout);
	/* A compiled policy can have anything in a name. */
	af_print_clean(stdout, af_caller_label(policy, id));
	fputs(checked->compiled ? "" : ":", stdout);
	if (caller->kind == AF_CALLER_LIBRARY && !caller->rest)
		fputs(" unknown, but for its parts", stdout);
	else if (!checked->compiled)
		printf(" %u call%s", calls, calls == 1 ? "" : "s");
	fputs(caller->transparent ? ", transparent" : "", stdout);
	puts(checked->missing && checked->missing[id] ? ", missing" : "");
	if (caller->part)
		print_part(checked, id);
	print_files(checked, id);
}

static const char *verdict_of(const struct af_checked *checked)
{
	if (checked->compiled)
		return "compiled, and all files are as they were";
	return checked->nr_errors ? "files are missing" : "correct";
}

static size_t count_changed(const struct af_checked *checked)
{
	size_t nr = 0;

	for (size_t i = 0; i < checked->objects.nr_files; i++)
		nr += checked->files[i].state == AF_BUILD_CHANGED;
	return nr;
}

static void print_changed(const struct af_checked *checked)
{
	size_t nr = count_changed(checked);

	if (!checked->builds.nr && !checked->compiled)
		puts("builds: none were recorded; af record notes them");
	if (!nr)
		return;
	printf("builds: %zu file%s changed; to add what is new, record again:\n\taf record -o ",
	       nr, nr == 1 ? " has" : "s have");
	af_quote(stdout, checked->name);
	printf(" -- %s\n", checked->recorded_by ? checked->recorded_by :
						  "PROGRAM ARGUMENT...");
}

static void print_newer_call(const struct af_checked *checked,
			     const struct af_newer *newer)
{
	const struct af_replacement *replacement = newer->replacement;
	char *header = af_checked_header(checked, newer->caller);

	printf("  %s, %s:%u: instead of %s, glibc 2.%u makes %s in %s%s\n",
	       header, newer->place.file ? newer->place.file : checked->name,
	       newer->place.line, replacement->older, replacement->since,
	       replacement->newer, replacement->functions,
	       replacement->falls_back ? "; it can do without" : "");
	free(header);
}

/* Is it the first that says this? */
static bool is_first(const struct af_checked *checked, size_t i, bool of_caller)
{
	const struct af_newer *newer = checked->newer;

	for (size_t j = 0; j < i; j++) {
		if ((!of_caller || newer[j].caller == newer[i].caller) &&
		    !strcmp(newer[j].replacement->newer,
			    newer[i].replacement->newer))
			return false;
	}
	return true;
}

/* What can be pasted, caller by caller. */
static void print_additions(const struct af_checked *checked)
{
	const struct af_caller *last = NULL;

	for (size_t i = 0; i < checked->nr_newer; i++) {
		const struct af_newer *newer = &checked->newer[i];
		char *header;

		if (!newer->has_name || !is_first(checked, i, true))
			continue;
		if (newer->caller != last) {
			header = af_checked_header(checked, newer->caller);
			printf("%s\t%s {", last ? " }\n" : "to permit them:\n",
			       header);
			free(header);
		}
		printf(" %s", newer->replacement->newer);
		last = newer->caller;
	}
	if (last)
		puts(" }");
}

/* For those after which the C library does without. */
static void print_fallbacks(const struct af_checked *checked)
{
	bool nameless = false, any = false;

	for (size_t i = 0; i < checked->nr_newer; i++) {
		const struct af_newer *newer = &checked->newer[i];

		if (!newer->replacement->falls_back ||
		    !is_first(checked, i, false))
			continue;
		if (!newer->has_name) {
			nameless = true;
			continue;
		}
		if (!any)
			puts("or, to have the C library do without those that it can:");
		printf("\tcommon { %s then errno ENOSYS }\n",
		       newer->replacement->newer);
		any = true;
	}
	if (nameless)
		puts("for calls that have no name here yet:\n\tnewer errno ENOSYS");
}

static void print_newer(const struct af_checked *checked)
{
	unsigned int glibc = af_builds_glibc(&checked->builds);

	if (!checked->nr_newer)
		return;
	if (glibc)
		printf("a C library newer than glibc 2.%u, which was recorded, would be denied:\n",
		       glibc);
	else
		puts("C libraries of these versions, or newer ones, would be denied:");
	for (size_t i = 0; i < checked->nr_newer; i++)
		print_newer_call(checked, &checked->newer[i]);
	print_additions(checked);
	print_fallbacks(checked);
}

void af_checked_print(const struct af_checked *checked)
{
	print_kernel(checked->abi);
	if (!checked->policy)
		return;
	printf("%s: %s; %zu instructions, %zu objects, %zu bytes of unwind tables\n",
	       checked->name, verdict_of(checked), checked->nr_insns,
	       checked->objects.nr_objects, af_checked_unwind_size(checked));
	for (size_t id = 0; id < checked->policy->nr_callers; id++)
		print_caller(checked, id);
	print_changed(checked);
	print_newer(checked);
	fflush(stdout);
}
