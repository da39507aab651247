// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program of somebody who has only the installed library: C11 and C++17.
 * Under a policy of its own, it tries a call that this denies.
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libaf.h>
#include <libaf/abi.h>

/* What programs have in them that were built with an earlier libaf.h. */
static_assert(sizeof(struct libaf_error) == 648, "struct libaf_error");
static_assert(offsetof(struct libaf_error, line) == 0, "line");
static_assert(offsetof(struct libaf_error, column) == 4, "column");
static_assert(offsetof(struct libaf_error, file) == 8, "file");
static_assert(offsetof(struct libaf_error, text) == 264, "text");
static_assert(offsetof(struct libaf_error, hint) == 520, "hint");
static_assert(LIBAF_ABI_STOCK == 0, "LIBAF_ABI_STOCK");
static_assert(LIBAF_ABI_PREV_NR == 1, "LIBAF_ABI_PREV_NR");
static_assert(LIBAF_ABI_CALLER_ID == 2, "LIBAF_ABI_CALLER_ID");
static_assert(LIBAF_ALLOW_DEGRADED == 1, "LIBAF_ALLOW_DEGRADED");
static_assert(LIBAF_REPORT == 2, "LIBAF_REPORT");
static_assert(LIBAF_ENFORCED == 0, "LIBAF_ENFORCED");
static_assert(LIBAF_DEGRADED == 1, "LIBAF_DEGRADED");

static const char policy_text[] = "default errno EPERM\n"
				  "transparent libc.so.6\n"
				  "program { write exit_group }\n";

/* That the library has all functions is for the linker to say. */
typedef void (*function)(void);
extern const function functions[];
const function functions[] = {
	(function)libaf_abi,
	(function)libaf_call_from_audit,
	(function)libaf_policy_explain,
	(function)libaf_report,
	(function)libaf_report_write,
	(function)libaf_load,
	(function)libaf_load_explain,
	(function)libaf_policy_read,
	(function)libaf_policy_parse,
	(function)libaf_policy_phase,
	(function)libaf_policy_compile,
	(function)libaf_policy_free,
	(function)libaf_filter_new,
	(function)libaf_filter_read,
	(function)libaf_filter_program,
	(function)libaf_filter_load,
	(function)libaf_filter_load_notify,
	(function)libaf_notify_receive,
	(function)libaf_filter_exec,
	(function)libaf_filter_free,
};

static int fail(const char *what, const struct libaf_error *err)
{
	fprintf(stderr, "%s: %u:%u: %s\n", what, err->line, err->column,
		err->text);
	return 1;
}

static int confine(struct libaf_error *err)
{
	struct libaf_policy *policy;
	struct libaf_filter *filter;
	size_t len = 0;

	if (libaf_policy_parse(policy_text, strlen(policy_text), "own", &policy,
			       err))
		return -1;
	if (libaf_filter_new(policy, NULL, LIBAF_ALLOW_DEGRADED, &filter, err))
		return -1;
	libaf_policy_free(policy);
	if (!libaf_filter_program(filter, 0, &len) || !len)
		return -1;
	return libaf_filter_load(filter);
}

int main(void)
{
	static const char denied[] = "denied\n";
	struct libaf_policy *policy;
	static struct libaf_error err;

	if (libaf_policy_parse("nonsense", 8, "own", &policy, &err) != -EINVAL)
		return fail("a wrong policy is taken", &err);
	if (err.line != 1 || !err.text[0])
		return fail("an error does not say where it is", &err);
	if (confine(&err) < 0)
		return fail("not confined", &err);
	if (access("/", F_OK) != -1 || errno != EPERM)
		_exit(1);
	_exit(write(1, denied, sizeof(denied) - 1) < 0);
}
