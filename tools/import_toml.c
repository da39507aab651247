// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whitelists of addrfilter: of TOML, one table of lists of numbers.
 *
 *	[files]
 *	  "libgetpid.so" = [39]
 *	  linked = [231]
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/error.h"
#include "calls.h"
#include "import.h"

/* Names of files have at most that many bytes, with the NUL. */
#define MAX_NAME  256
#define MAX_LISTS 512

/* What addrfilter could not attribute, in lists that come from syso. */
static const char unattributed[] = "FAILED";

struct list {
	char name[MAX_NAME];
	struct af_nrset calls;
};

/*
 * @pos: what is read next
 * @in_files: the table is the one that counts
 */
struct toml {
	struct af_import *im;
	const char *pos;
	const char *end;
	const char *line_start;
	unsigned int line;
	bool in_files;
	struct list *lists;
	size_t nr_lists;
};

#define toml_error(t, ...)                                                     \
	af_error(&(t)->im->err, -EINVAL, (t)->im->path,                        \
		 &(struct af_place){ .line = (t)->line,                        \
				     .column =                                 \
					     (t)->pos - (t)->line_start + 1 }, \
		 __VA_ARGS__)

/* The next byte; NUL, which no text may have, at the end. */
static char peek(const struct toml *t)
{
	return t->pos < t->end ? *t->pos : '\0';
}

static void next_line(struct toml *t)
{
	t->line_start = ++t->pos;
	t->line++;
}

static void skip_blanks(struct toml *t)
{
	while (peek(t) == ' ' || peek(t) == '\t' || peek(t) == '\r')
		t->pos++;
	if (peek(t) != '#')
		return;
	while (t->pos < t->end && *t->pos != '\n')
		t->pos++;
}

static void skip_lines(struct toml *t)
{
	for (skip_blanks(t); peek(t) == '\n'; skip_blanks(t))
		next_line(t);
}

static int expect_line_end(struct toml *t)
{
	skip_blanks(t);
	if (t->pos < t->end && *t->pos != '\n')
		return toml_error(t, "the line should end here");
	return 0;
}

static int read_table(struct toml *t)
{
	static const char files[] = "[files]";

	if ((size_t)(t->end - t->pos) < strlen(files) ||
	    memcmp(t->pos, files, strlen(files)))
		return toml_error(t, "whitelists have one table, `[files]`");
	if (t->in_files)
		return toml_error(t, "`[files]` is there twice");
	t->pos += strlen(files);
	t->in_files = true;
	return expect_line_end(t);
}

static bool is_bare(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* A name between quotes; only of a quote and a backslash with one before it. */
static int read_quoted(struct toml *t, char name[MAX_NAME])
{
	char quote = *t->pos++;
	size_t len = 0;

	while (peek(t) != quote) {
		if (quote == '"' && peek(t) == '\\') {
			t->pos++;
			if (peek(t) != '"' && peek(t) != '\\')
				return toml_error(t,
						  "unknown escape in a name");
		}
		if ((unsigned char)peek(t) < ' ' || peek(t) == 0x7f)
			return toml_error(t, "the name does not end");
		if (len == MAX_NAME - 1)
			return toml_error(t, "a name has at most %d bytes",
					  MAX_NAME - 1);
		name[len++] = *t->pos++;
	}
	t->pos++;
	name[len] = '\0';
	return 0;
}

static int read_bare(struct toml *t, char name[MAX_NAME])
{
	size_t len = 0;

	while (is_bare(peek(t)) && len < MAX_NAME - 1)
		name[len++] = *t->pos++;
	name[len] = '\0';
	if (is_bare(peek(t)))
		return toml_error(t, "a name has at most %d bytes",
				  MAX_NAME - 1);
	if (!len)
		return toml_error(t, "here should be the name of a file");
	if (peek(t) == '.')
		return toml_error(t, "a name with dots stands in quotes");
	return 0;
}

/* addrfilter looks at the last part of a path only. */
static int read_name(struct toml *t, struct list *list)
{
	char name[MAX_NAME], *slash;
	int ret;

	if (peek(t) == '"' || peek(t) == '\'')
		ret = read_quoted(t, name);
	else
		ret = read_bare(t, name);
	if (ret)
		return ret;
	slash = strrchr(name, '/');
	strcpy(list->name, slash ? slash + 1 : name);
	if (!*list->name)
		return toml_error(t, "the name of a file is empty");
	return 0;
}

static int read_number(struct toml *t, struct list *list)
{
	const char *start = t->pos;
	unsigned long nr = 0;

	if (!isdigit((unsigned char)peek(t)))
		return toml_error(t, "here should be the number of a call");
	while (isdigit((unsigned char)peek(t)) && nr < AF_NR_MAX)
		nr = nr * 10 + (*t->pos++ - '0');
	if (nr < AF_NR_MAX && af_call_name(nr)) {
		af_nrset_add(&list->calls, nr);
		return 0;
	}
	while (isdigit((unsigned char)peek(t)))
		t->pos++;
	if (t->im->skip_unknown) {
		af_import_note(t->im, "call %.*s of `%s` is left out",
			       (int)(t->pos - start), start, list->name);
		return 0;
	}
	t->pos = start;
	toml_error(t, "x86-64 has no system call of this number");
	af_hint(&t->im->err, "--skip-unknown leaves it out");
	return -EINVAL;
}

static int read_array(struct toml *t, struct list *list)
{
	int ret;

	if (peek(t) != '[')
		return toml_error(t, "here should be a list, as `[0, 1]`");
	t->pos++;
	for (;;) {
		skip_lines(t);
		if (peek(t) == ']')
			break;
		ret = read_number(t, list);
		if (ret)
			return ret;
		skip_lines(t);
		if (peek(t) == ']')
			break;
		if (peek(t) != ',')
			return toml_error(t, "here should be `,` or `]`");
		t->pos++;
	}
	t->pos++;
	return expect_line_end(t);
}

static bool is_known(const struct toml *t, const char *name)
{
	for (size_t i = 0; i < t->nr_lists; i++) {
		if (!strcmp(t->lists[i].name, name))
			return true;
	}
	return false;
}

static int read_list(struct toml *t)
{
	struct list *list = &t->lists[t->nr_lists];
	const char *start = t->pos;
	int ret;

	if (!t->in_files) {
		toml_error(t, "`[files]` comes first");
		af_hint(&t->im->err, AF_IMPORT_HINT);
		return -EINVAL;
	}
	if (t->nr_lists == MAX_LISTS)
		return toml_error(t, "more than %d files", MAX_LISTS);
	ret = read_name(t, list);
	if (ret)
		return ret;
	if (is_known(t, list->name)) {
		t->pos = start;
		return toml_error(t, "`%s` has a list already", list->name);
	}
	skip_blanks(t);
	if (peek(t) != '=')
		return toml_error(t, "here should be `=`");
	t->pos++;
	skip_blanks(t);
	ret = read_array(t, list);
	t->nr_lists += !ret;
	return ret;
}

static int read_lists(struct toml *t)
{
	int ret = 0;

	for (skip_lines(t); !ret && t->pos < t->end; skip_lines(t))
		ret = peek(t) == '[' ? read_table(t) : read_list(t);
	if (!ret && !t->in_files) {
		ret = toml_error(t, "this has no table `[files]`");
		af_hint(&t->im->err, AF_IMPORT_HINT);
	}
	return ret;
}

/*
 * The policy
 */

/* Can this be the name of a file in a policy? */
static bool is_file_name(const char *name)
{
	/* "[heap]", "[vdso]" */
	if (*name == '[' || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++) {
		if (*name <= ' ' || *name >= 0x7f || strchr("#{}", *name))
			return false;
	}
	return true;
}

static bool is_library(const char *name)
{
	return strstr(name, ".so");
}

/* What is neither a library nor the kernel's is the program, if it is one. */
static int find_program(struct toml *t, const struct list **program)
{
	const char *wanted = t->im->program;

	*program = NULL;
	for (size_t i = 0; i < t->nr_lists; i++) {
		const struct list *list = &t->lists[i];

		if (wanted ? strcmp(list->name, wanted) :
			     is_library(list->name) ||
				     !strcmp(list->name, unattributed) ||
				     !is_file_name(list->name))
			continue;
		if (!*program) {
			*program = list;
			continue;
		}
		af_error(&t->im->err, -EINVAL, t->im->path, NULL,
			 "`%s` or `%s` may be the program", (*program)->name,
			 list->name);
		af_hint(&t->im->err, "--program NAME says which it is");
		return -EINVAL;
	}
	if (wanted && !*program)
		return af_error(&t->im->err, -EINVAL, t->im->path, NULL,
				"`%.128s` has no list", wanted);
	return 0;
}

static void print_block(const struct toml *t, const char *kind,
			const char *name, const struct list *list)
{
	FILE *out = t->im->out;

	fprintf(out, "\n%s%s%s {\n", kind, *name ? " " : "", name);
	if (list)
		af_import_calls(out, &list->calls);
	fputs("}\n", out);
}

static void print_list(const struct toml *t, const struct list *list)
{
	if (!strcmp(list->name, unattributed))
		print_block(t, "unknown", "", list);
	else if (is_file_name(list->name) && is_library(list->name))
		print_block(t, "library", list->name, list);
	else
		af_import_note(t->im, "`%s` is no library, and left out",
			       list->name);
}

static int print_policy(struct toml *t)
{
	const struct list *program;
	int ret = find_program(t, &program);

	if (ret)
		return ret;
	fputs("default kill\ntransparent libc.so.6\n", t->im->out);
	print_block(t, "program", "", program);
	for (size_t i = 0; i < t->nr_lists; i++) {
		if (&t->lists[i] != program)
			print_list(t, &t->lists[i]);
	}
	return 0;
}

int af_import_toml(struct af_import *im, const char *text, size_t len)
{
	struct toml t = {
		.im = im,
		.pos = text,
		.end = text + len,
		.line_start = text,
		.line = 1,
		.lists = calloc(MAX_LISTS, sizeof(*t.lists)),
	};
	int ret;

	if (!t.lists)
		return af_error(&im->err, -ENOMEM, NULL, NULL, "out of memory");
	ret = read_lists(&t);
	if (!ret)
		ret = print_policy(&t);
	free(t.lists);
	return ret;
}
