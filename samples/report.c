// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that says what it was denied, and goes on.  Run it as:
 * report policies/report.af
 *
 * With libaf_load(path, LIBAF_REPORT) in place of confine() it would say the
 * same, and end.
 */
#include <errno.h>
#include <libaf.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* In a signal handler: only what is async-signal-safe. */
static int tell(const struct libaf_report *report, void *arg)
{
	int *nr_denied = arg;

	++*nr_denied;
	/* A program that nobody watches had better end. */
	return libaf_report_write(report) ? 0 : EACCES;
}

static int confine(const char *path, int *nr_denied, struct libaf_error *err)
{
	struct libaf_policy *policy;
	struct libaf_filter *filter;

	if (libaf_policy_read(path, &policy, err) ||
	    libaf_filter_new(policy, NULL, LIBAF_REPORT, &filter, err))
		return -1;
	/* Both are needed from now on. */
	if (libaf_report(filter, policy, tell, nr_denied))
		return -1;
	return libaf_filter_load(filter);
}

int main(int argc, char **argv)
{
	static const char text[] = "denied once, with EACCES\n";
	struct libaf_error err = { 0 };
	static int nr_denied;

	if (confine(argc > 1 ? argv[1] : NULL, &nr_denied, &err)) {
		fprintf(stderr, "not confined: %s\n", err.text);
		return 1;
	}
	if (!mkdir("report.d", 0700) || errno != EACCES || nr_denied != 1)
		return 1;
	return write(1, text, sizeof(text) - 1) < 0;
}
