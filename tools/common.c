// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the verbs share. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/error.h"
#include "../lib/policy.h"
#include "af.h"
#include "replace.h"
#include "text.h"

void af_complain(const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return;
	fputs("af: ", stderr);
	af_print_clean(stderr, text);
	fputc('\n', stderr);
	free(text);
}

void af_print_error(const struct libaf_error *err)
{
	char place[32] = "";

	if (err->file[0] && err->line && err->column)
		snprintf(place, sizeof(place), "%u:%u:", err->line,
			 err->column);
	else if (err->file[0] && err->line)
		snprintf(place, sizeof(place), "%u:", err->line);
	af_complain("%s%s%s%s%s", err->file, err->file[0] ? ":" : "", place,
		    err->file[0] ? " " : "", err->text);
	if (err->hint[0])
		af_complain("hint: %s", err->hint);
}

/* Like execvp(3), and with a precise error. */
static int try_program(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? errno : 0;
}

char *af_find_program(const char *name)
{
	const char *dirs = getenv("PATH");
	int error = ENOENT, this_error;
	char *path;

	if (strchr(name, '/')) {
		errno = try_program(name);
		return errno ? NULL : strdup(name);
	}
	if (!dirs)
		dirs = "/bin:/usr/bin";
	while (name[0]) {
		size_t len = strcspn(dirs, ":");

		if (asprintf(&path, "%.*s%s%s", (int)len, dirs, len ? "/" : "",
			     name) < 0)
			return NULL;
		this_error = try_program(path);
		if (!this_error)
			return path;
		free(path);
		/* One that may not be executed says more than none. */
		if (this_error == EACCES)
			error = EACCES;
		if (!dirs[len])
			break;
		dirs += len + 1;
	}
	errno = error;
	return NULL;
}

void af_explain_program(const char *name, int error, struct libaf_error *err)
{
	af_error(err, -error, name, NULL, "%s", strerror(error));
	if (error == ENOENT && !strchr(name, '/'))
		af_hint(err,
			"it is not in PATH; elsewhere, give its path, as ./%s",
			name);
	else if (error == EACCES)
		af_hint(err, "it has to be executable for you, see chmod(1)");
}

void af_program_error(const char *name, int error)
{
	struct libaf_error err;

	af_explain_program(name, error, &err);
	af_print_error(&err);
}

struct libaf_policy *af_read_policy(const char *path)
{
	struct libaf_policy *policy;
	struct libaf_error err;

	if (libaf_policy_read(path, &policy, &err))
		af_print_error(&err);
	return policy;
}

bool af_is_output(const char *path, const char *output, const char *what)
{
	struct stat st, out;

	if (!output || stat(path, &st) || stat(output, &out) ||
	    !S_ISREG(st.st_mode) || st.st_dev != out.st_dev ||
	    st.st_ino != out.st_ino)
		return false;
	af_complain("%s: this is %s, which would be lost", output, what);
	return true;
}

bool af_is_source(const struct libaf_policy *policy, const char *path,
		  const char *output)
{
	if (af_is_output(path, output, "the policy"))
		return true;
	for (size_t i = 0; i < policy->nr_files; i++) {
		if (af_is_output(policy->files[i], output,
				 "what the policy includes"))
			return true;
	}
	return false;
}

static bool is_stdout(const char *path)
{
	struct stat st, out;

	return !stat(path, &st) && !fstat(STDOUT_FILENO, &out) &&
	       st.st_dev == out.st_dev && st.st_ino == out.st_ino;
}

/* Nothing can be put in the place of a device or a pipe. */
static int write_file(const char *path, const char *text, size_t len)
{
	struct stat st;
	FILE *out;
	int error;

	if (stat(path, &st) || S_ISREG(st.st_mode))
		return af_replace_file(path, text, len);
	out = fopen(path, "we");
	if (!out)
		return errno;
	error = fwrite(text, 1, len, out) < len ? errno : 0;
	return fclose(out) && !error ? errno : error;
}

int af_write_output(const char *path, const char *text, size_t len)
{
	int error;

	/* Whether that can be written is for main() to see. */
	if (!path || is_stdout(path)) {
		fwrite(text, 1, len, stdout);
		return AF_OK;
	}
	error = write_file(path, text, len);
	if (!error)
		return AF_OK;
	af_complain("%s: cannot be written: %s", path, strerror(error));
	if (error == ENOENT || error == EACCES)
		af_complain(
			"hint: its directory has to be there, and be writable");
	return AF_FAILED;
}

int af_write_about(const char *policy_path, const char *path,
		   int (*write)(const struct libaf_policy *policy, FILE *out,
				const void *arg),
		   const void *arg)
{
	struct libaf_policy *policy;
	char *text = NULL;
	size_t len;
	FILE *out;
	int ret;

	policy = af_read_policy(policy_path);
	if (!policy)
		return AF_USAGE;
	if (af_is_source(policy, policy_path, path)) {
		libaf_policy_free(policy);
		return AF_USAGE;
	}
	out = open_memstream(&text, &len);
	ret = out ? write(policy, out, arg) : af_no_memory();
	if (!ret && (ferror(out) || fflush(out)))
		ret = af_no_memory();
	ret = ret ? AF_FAILED : af_write_output(path, text, len);
	if (out)
		fclose(out);
	free(text);
	libaf_policy_free(policy);
	return ret;
}

int af_no_memory(void)
{
	fputs("af: out of memory\n", stderr);
	return AF_USAGE;
}
