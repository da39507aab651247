// SPDX-License-Identifier: LGPL-2.1-or-later
/* af import: a policy from what others have written. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/read.h"
#include "af.h"
#include "calls.h"
#include "import.h"

static const char usage[] =
	"usage: af import [OPTION...] FILE\n"
	"\n"
	"Write a policy that permits what FILE does: a seccomp profile of the OCI\n"
	"runtime specification, as Docker has them, or a whitelist of addrfilter.\n"
	"What is left out is said on standard error.\n"
	"\n"
	"  --cap NAME      the program will have this capability, as in CAP_CHOWN;\n"
	"                  for profiles that permit more then\n"
	"  --program NAME  which name of a whitelist is the program's\n"
	"  --skip-unknown  leave out calls that libseccomp does not know\n"
	"  -o FILE         write to FILE, not to standard output\n"
	"  --help          show this\n"
	"\n"
	"The exit status is 0, 1 if the policy cannot be written, 2 for wrong\n"
	"arguments or a file that cannot be read.\n";

#define MAX_LINE 79
#define TAB      8

void af_import_calls(FILE *out, const struct af_nrset *calls)
{
	size_t column = 0;

	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		const char *name = af_call_name(nr);
		size_t len;

		if (!af_nrset_has(calls, nr))
			continue;
		len = strlen(name);
		if (column && column + 1 + len <= MAX_LINE) {
			column += fprintf(out, " %s", name);
			continue;
		}
		fprintf(out, "%s\t%s", column ? "\n" : "", name);
		column = TAB + len;
	}
	if (column)
		fputc('\n', out);
}

void af_import_note(const struct af_import *im, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	af_complain("note: %s: %s", im->path, text);
}

static void print_title(const struct af_import *im, const char *what)
{
	fputs("# Imported from ", im->out);
	af_print_clean(im->out, im->path);
	fprintf(im->out, ",\n# %s\n\n", what);
}

/* No TOML begins with a brace, and all profiles do. */
static bool is_json(const char *text, size_t len)
{
	while (len && strchr(" \t\r\n", *text)) {
		text++;
		len--;
	}
	return len && *text == '{';
}

static int convert(struct af_import *im, const char *text, size_t len)
{
	if (memchr(text, '\0', len)) {
		af_error(&im->err, -EINVAL, im->path, NULL,
			 "this is no text, but has a NUL");
		af_hint(&im->err, AF_IMPORT_HINT);
		return -EINVAL;
	}
	if (is_json(text, len)) {
		print_title(im, "a seccomp profile: one list for all code.");
		return af_import_oci(im, text, len);
	}
	print_title(im, "a whitelist of addrfilter.");
	return af_import_toml(im, text, len);
}

/* What is written has to be read. */
static int check(struct af_import *im, const char *text, size_t len)
{
	struct libaf_policy *policy;
	struct libaf_error err;

	if (libaf_policy_parse(text, len, "", &policy, &err))
		return af_error(&im->err, -EINVAL, im->path, NULL,
				"cannot be a policy: %.160s", err.text);
	libaf_policy_free(policy);
	return 0;
}

/* The policy's text, allocated; NULL if there is an error. */
static char *import_text(struct af_import *im, const char *text, size_t len,
			 size_t *size)
{
	char *policy = NULL;
	int ret;

	im->out = open_memstream(&policy, size);
	if (!im->out) {
		af_no_memory();
		return NULL;
	}
	ret = convert(im, text, len);
	if (fclose(im->out))
		ret = af_error(&im->err, -ENOMEM, NULL, NULL, "out of memory");
	if (!ret)
		ret = check(im, policy, *size);
	if (!ret)
		return policy;
	af_print_error(&im->err);
	free(policy);
	return NULL;
}

/* Of a file that could not be read as a policy. */
static void speak_of_file(struct libaf_error *err)
{
	static const char policy[] = "the policy", file[] = "the file";
	char *at = strstr(err->text, policy), *behind;

	err->hint[0] = '\0';
	if (!at)
		return;
	behind = at + strlen(policy);
	memcpy(at, file, strlen(file));
	memmove(at + strlen(file), behind, strlen(behind) + 1);
}

static int import(struct af_import *im, const char *path)
{
	char *text, *policy;
	size_t len, size;
	int ret;

	if (af_read_text(im->path, &text, &len, &im->err)) {
		speak_of_file(&im->err);
		af_print_error(&im->err);
		return AF_USAGE;
	}
	policy = import_text(im, text, len, &size);
	free(text);
	if (!policy)
		return AF_USAGE;
	ret = af_write_output(path, policy, size);
	free(policy);
	return ret;
}

static int add_cap(struct af_import *im, const char *name)
{
	if (im->nr_caps < AF_MAX_CAPS && !strncmp(name, "CAP_", 4)) {
		im->caps[im->nr_caps++] = name;
		return 0;
	}
	af_complain("`%s` is not a capability, as CAP_CHOWN", name);
	return -EINVAL;
}

int af_import(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "cap", required_argument, NULL, 'c' },
		{ "program", required_argument, NULL, 'p' },
		{ "skip-unknown", no_argument, NULL, 's' },
		{},
	};
	struct af_import im = { 0 };
	const char *path = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return AF_OK;
		case 'c':
			if (add_cap(&im, optarg))
				return AF_USAGE;
			break;
		case 'o':
			path = optarg;
			break;
		case 'p':
			im.program = optarg;
			break;
		case 's':
			im.skip_unknown = true;
			break;
		default:
			fputs(usage, stderr);
			return AF_USAGE;
		}
	}
	if (optind != argc - 1) {
		fputs(usage, stderr);
		return AF_USAGE;
	}
	im.path = argv[optind];
	if (af_is_output(im.path, path, "what is imported"))
		return AF_USAGE;
	return import(&im, path);
}
