// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

/* Test, architectures, call, six arguments, result. */
#define NR_COLUMNS 10
#define COLUMN_ARG 3
#define NR_ARGS    6

/* From the first to the last. */
struct range {
	unsigned long long first;
	unsigned long long last;
};

struct row {
	const char *columns[NR_COLUMNS];
	struct range nr;
	struct range args[NR_ARGS];
	unsigned int result;
};

__attribute__((noreturn)) static void unknown(const char *what)
{
	printf("# cannot read `%s`\n", what);
	exit(1);
}

/* Is x86-64 one of "all,-x32", "+x86_64,+arm"? */
static bool is_for_us(const char *archs)
{
	static const char *const names[] = {
		"x86_64",
		"all",
		"all_le",
		"all_64",
	};
	char copy[128], *arch, *rest = copy;
	bool ours = false;

	snprintf(copy, sizeof(copy), "%s", archs);
	while ((arch = strsep(&rest, ","))) {
		const char *name = arch + (*arch == '+' || *arch == '-');

		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			if (!strcmp(name, names[i]))
				ours = *arch != '-';
		}
	}
	return ours;
}

static unsigned long long number(const char *text, char **end)
{
	unsigned long long value;

	errno = 0;
	value = strtoull(text, end, 0);
	if (*end == text || errno)
		unknown(text);
	return value;
}

/* "5", "-1", "5-10"; nothing is said by "N". */
static struct range read_range(const char *text)
{
	struct range range = { 0, 0 };
	char *end;

	if (!strcmp(text, "N"))
		return range;
	range.first = range.last = number(text, &end);
	if (*end == '-')
		range.last = number(end + 1, &end);
	if (*end || range.last - range.first > 100000)
		unknown(text);
	return range;
}

static struct range read_call(const char *text)
{
	struct range range;
	int nr;

	if ((*text >= '0' && *text <= '9') || *text == '-')
		return read_range(text);
	nr = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, text);
	if (nr < 0)
		unknown(text);
	range.first = range.last = nr;
	return range;
}

static unsigned int read_result(const char *text)
{
	static const struct {
		const char *name;
		unsigned int action;
	} results[] = {
		{ "ALLOW", SECCOMP_RET_ALLOW },
		{ "KILL", SECCOMP_RET_KILL_THREAD },
		{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
		{ "LOG", SECCOMP_RET_LOG },
		{ "TRAP", SECCOMP_RET_TRAP },
	};
	unsigned int data;

	for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++) {
		if (!strcmp(text, results[i].name))
			return results[i].action;
	}
	if (sscanf(text, "ERRNO(%u)", &data) == 1)
		return SECCOMP_RET_ERRNO | data;
	if (sscanf(text, "TRACE(%u)", &data) == 1)
		return SECCOMP_RET_TRACE | data;
	unknown(text);
}

/* Cuts @line.  Is it a row, and for x86-64? */
static bool read_row(char *line, struct row *row)
{
	char *word, *rest = line;
	size_t n = 0;

	while (n < NR_COLUMNS && (word = strsep(&rest, " \t\n"))) {
		if (*word)
			row->columns[n++] = word;
	}
	if (n < NR_COLUMNS || row->columns[0][0] == '#' ||
	    !is_for_us(row->columns[1]))
		return false;
	row->nr = read_call(row->columns[2]);
	for (size_t i = 0; i < NR_ARGS; i++)
		row->args[i] = read_range(row->columns[COLUMN_ARG + i]);
	row->result = read_result(row->columns[NR_COLUMNS - 1]);
	return true;
}

static bool is_right(const struct row *row, row_fn *fn,
		     const struct libaf_seccomp_data *data)
{
	unsigned int result = fn(data);

	if (result == row->result)
		return true;
	printf("# call %d, arguments", data->nr);
	for (size_t i = 0; i < NR_ARGS; i++)
		printf(" %#llx", (unsigned long long)data->args[i]);
	printf(": %#x, not %s\n", result, row->columns[NR_COLUMNS - 1]);
	return false;
}

/* With each value of argument @arg, and of those behind it. */
static bool try_args(const struct row *row, row_fn *fn,
		     struct libaf_seccomp_data *data, size_t arg)
{
	const struct range *range = &row->args[arg];

	if (arg == NR_ARGS)
		return is_right(row, fn, data);
	for (data->args[arg] = range->first;; data->args[arg]++) {
		if (!try_args(row, fn, data, arg + 1))
			return false;
		if (data->args[arg] == range->last)
			return true;
	}
}

static bool try_row(const struct row *row, row_fn *fn)
{
	struct libaf_seccomp_data data = { .arch = AUDIT_ARCH_X86_64 };

	for (unsigned long long nr = row->nr.first;; nr++) {
		data.nr = (int)nr;
		if (!try_args(row, fn, &data, 0))
			return false;
		if (nr == row->nr.last)
			return true;
	}
}

size_t check_rows(const char *path, row_fn *fn, size_t *compared)
{
	FILE *file = fopen(path, "re");
	size_t wrong = 0;
	char line[512];
	struct row row;

	if (!file)
		unknown(path);
	*compared = 0;
	while (fgets(line, sizeof(line), file)) {
		if (!read_row(line, &row))
			continue;
		wrong += !try_row(&row, fn);
		++*compared;
	}
	fclose(file);
	return wrong;
}
