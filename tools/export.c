// SPDX-License-Identifier: LGPL-2.1-or-later
/* af export: a policy for those who know nothing of libaf. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "af.h"
#include "json.h"
#include "oci.h"

static const char usage[] =
	"usage: af export --oci [-o FILE] POLICY\n"
	"\n"
	"Write a policy as a seccomp profile of the OCI runtime specification, for\n"
	"Docker or Kubernetes: one list of what any caller may do.  What is lost is\n"
	"said on standard error.\n"
	"\n"
	"  --oci   the format; there is no other yet\n"
	"  -o FILE write to FILE, not to standard output\n"
	"  --help  show this\n"
	"\n"
	"The exit status is 0, 1 if the profile cannot be written, 2 for wrong\n"
	"arguments or a policy that cannot be read.\n";

static int export_oci(const struct libaf_policy *policy, FILE *out,
		      const void *arg)
{
	(void)arg;
	return af_json_print(out, af_oci_export(policy, stderr));
}

int af_export(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "oci", no_argument, NULL, 'c' },
		{},
	};
	const char *path = NULL;
	bool oci = false;
	int option;

	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return AF_OK;
		case 'c':
			oci = true;
			break;
		case 'o':
			path = optarg;
			break;
		default:
			fputs(usage, stderr);
			return AF_USAGE;
		}
	}
	if (!oci)
		af_complain("--oci is missing");
	if (!oci || optind != argc - 1) {
		fputs(usage, stderr);
		return AF_USAGE;
	}
	return af_write_about(argv[optind], path, export_oci, NULL);
}
