/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the verbs of af share. */
#ifndef AF_AF_H
#define AF_AF_H

#include <stdbool.h>
#include <stdio.h>

#include "libaf.h"
#include "text.h"

/* Exit statuses. */
enum {
	AF_OK = 0,
	AF_FAILED = 1,
	AF_USAGE = 2,
	/* Of af run, as of env(1): the program's own status is passed on. */
	AF_RUN_FAILED = 125,
	AF_RUN_CANNOT_EXECUTE = 126,
	AF_RUN_NOT_FOUND = 127,
};

/* The verbs: their arguments begin with @argv[1].  Return an exit status. */
int af_run(int argc, char **argv);
int af_record(int argc, char **argv);
int af_check(int argc, char **argv);
int af_compile_policy(int argc, char **argv);
int af_explain(int argc, char **argv);
int af_list(int argc, char **argv);
int af_score(int argc, char **argv);
int af_report(int argc, char **argv);
int af_dump(int argc, char **argv);
int af_export(int argc, char **argv);
int af_import(int argc, char **argv);

/* Print a line on standard error, with what can be printed of it. */
void af_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print an error as FILE:LINE:COLUMN: TEXT, and the hint. */
void af_print_error(const struct libaf_error *err);

/* Read a policy, and print what is wrong with it.  NULL if something is. */
struct libaf_policy *af_read_policy(const char *path);

/*
 * Is a file that is read, @what, also the output, which may be NULL?  Says so
 * then: it would be overwritten.
 */
bool af_is_output(const char *path, const char *output, const char *what);

/* The same of a policy that was read from @path, and of what it includes. */
bool af_is_source(const struct libaf_policy *policy, const char *path,
		  const char *output);

/*
 * Write what a verb has made to a file, which is replaced when all is there, or
 * to standard output if @path is NULL.  Returns an exit status, and says so if it
 * is not AF_OK.
 */
int af_write_output(const char *path, const char *text, size_t len);

/*
 * Read a policy, have @write write something of it, and write that to an output
 * as above.  @write returns 0, or else has said that memory ran out.  Returns an
 * exit status.
 */
int af_write_about(const char *policy_path, const char *path,
		   int (*write)(const struct libaf_policy *policy, FILE *out,
				const void *arg),
		   const void *arg);

/* Say that memory ran out.  Returns AF_USAGE, for nothing has been done. */
int af_no_memory(void);

/*
 * The path by which execvp(3) would find a program, allocated.  NULL and errno
 * if it would not.
 */
char *af_find_program(const char *name);

/*
 * Say that it could not, by this errno, or that it cannot be executed.  The first
 * only fills in the error.
 */
void af_explain_program(const char *name, int error, struct libaf_error *err);
void af_program_error(const char *name, int error);

#endif /* AF_AF_H */
