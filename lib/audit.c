// SPDX-License-Identifier: LGPL-2.1-or-later
/* The kernel's audit records of system calls that seccomp denied or logged. */
#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <string.h>

#include "internal.h"
#include "libaf.h"

static bool is_end(char c)
{
	return !c || c == '\n';
}

/*
 * The value behind " NAME=", as comm= and exe= before it may contain anything
 * but are quoted, or in hexadecimal: a name that has blanks before it is ours.
 */
static const char *find_value(const char *record, const char *name)
{
	size_t len = strlen(name);
	bool quoted = false;
	const char *pos;

	for (pos = record; !is_end(*pos); pos++) {
		if (*pos == '"')
			quoted = !quoted;
		if (!quoted && *pos == ' ' && !strncmp(pos + 1, name, len) &&
		    pos[1 + len] == '=')
			return pos + len + 2;
	}
	return NULL;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return INT_MAX;
}

/* A number of at most 32 bits, with a sign if it is decimal. */
static bool get_number(const char *record, const char *name, int base,
		       long long *number)
{
	const char *pos = find_value(record, name);
	bool negative = pos && *pos == '-';

	if (!pos)
		return false;
	pos += negative;
	*number = 0;
	if (digit_value(*pos) >= base)
		return false;
	for (; digit_value(*pos) < base; pos++) {
		*number = *number * base + digit_value(*pos);
		if (*number > UINT_MAX)
			return false;
	}
	if (negative)
		*number = -*number;
	return is_end(*pos) || *pos == ' ';
}

LIBAF_API int libaf_call_from_audit(const char *record, struct libaf_call *call)
{
	long long arch, compat, nr, prev, caller;

	if (!record || !call)
		return -EINVAL;
	if (!get_number(record, "arch", 16, &arch) ||
	    !get_number(record, "compat", 10, &compat) ||
	    !get_number(record, "syscall", 10, &nr) ||
	    !get_number(record, "prev", 10, &prev) ||
	    !get_number(record, "caller", 10, &caller))
		return -EINVAL;
	if (arch != AUDIT_ARCH_X86_64 || compat || nr < INT_MIN ||
	    nr > INT_MAX || prev < INT_MIN || prev > INT_MAX || caller < 0)
		return -EINVAL;
	*call = (struct libaf_call){
		.nr = (int)nr,
		.prev_nr = (int)prev,
		.caller_id = (unsigned int)caller,
	};
	return 0;
}
