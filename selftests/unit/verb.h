/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of verbs of af: each runs in a directory of its own, calls a verb as
 * main() does, and looks at what it prints.
 */
#ifndef AF_SELFTESTS_VERB_H
#define AF_SELFTESTS_VERB_H

#include <check.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/af.h"

/* What the last verb printed, with a NUL behind it, and how much. */
static char *verb_out, *verb_err;
static size_t verb_out_len;

static char verb_dir[] = "/tmp/libaf-verb-XXXXXX";
static int verb_top;

/* A fixture: into the directory, and back. */
static void verb_setup(void)
{
	verb_top = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(verb_top, 0);
	ck_assert_ptr_nonnull(mkdtemp(verb_dir));
	ck_assert_int_eq(chdir(verb_dir), 0);
}

static void verb_teardown(void)
{
	char command[64];

	ck_assert_int_eq(fchdir(verb_top), 0);
	close(verb_top);
	snprintf(command, sizeof(command), "rm -rf %s", verb_dir);
	ck_assert_int_eq(system(command), 0);
	free(verb_out);
	free(verb_err);
}

static inline void write_bytes(const char *name, const void *bytes, size_t len)
{
	FILE *file = fopen(name, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static inline void write_text(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static inline char *read_bytes(FILE *file, size_t *len)
{
	char *bytes;

	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	*len = ftell(file);
	rewind(file);
	bytes = malloc(*len + 1);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(fread(bytes, 1, *len, file), *len);
	bytes[*len] = '\0';
	return bytes;
}

static inline char *read_text(const char *name)
{
	FILE *file = fopen(name, "re");
	size_t len;
	char *text;

	ck_assert_ptr_nonnull(file);
	text = read_bytes(file, &len);
	fclose(file);
	return text;
}

/* Have what goes to @stream go to a new file.  Returns where it went before. */
static inline int divert(FILE *stream, FILE *to)
{
	int before;

	fflush(stream);
	before = dup(fileno(stream));
	ck_assert_int_ge(before, 0);
	ck_assert_int_ge(dup2(fileno(to), fileno(stream)), 0);
	return before;
}

static inline void restore(FILE *stream, int before)
{
	fflush(stream);
	ck_assert_int_ge(dup2(before, fileno(stream)), 0);
	close(before);
}

/* Run a verb with these words, of which the last is NULL. */
static int verb(int (*run)(int argc, char **argv), char *name, ...)
{
	FILE *out = tmpfile(), *err = tmpfile();
	char *argv[16] = { name };
	int argc = 1, status, old_out, old_err;
	size_t len;
	va_list words;

	va_start(words, name);
	while ((argv[argc] = va_arg(words, char *)))
		ck_assert_int_lt(argc++, 15);
	va_end(words);

	ck_assert(out && err);
	old_out = divert(stdout, out);
	old_err = divert(stderr, err);
	/* getopt(3) starts anew. */
	optind = 0;
	status = run(argc, argv);
	restore(stdout, old_out);
	restore(stderr, old_err);
	free(verb_out);
	free(verb_err);
	verb_out = read_bytes(out, &verb_out_len);
	verb_err = read_bytes(err, &len);
	fclose(out);
	fclose(err);
	return status;
}

#endif /* AF_SELFTESTS_VERB_H */
