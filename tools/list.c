// SPDX-License-Identifier: LGPL-2.1-or-later
/* af list: the names that a policy can use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/groups.h"
#include "../lib/names.h"
#include "../lib/policy.h"
#include "af.h"

static const char usage[] =
	"usage: af list groups | GROUP | constants | calls\n"
	"\n"
	"Print the names that a policy can use: the groups of system calls, the\n"
	"calls of a group (as in `af list @io`), the constants for arguments, or\n"
	"all system calls.\n"
	"\n"
	"  --help  show this\n";

static int list_groups(void)
{
	size_t i;

	for (i = 0; i < af_nr_groups; i++)
		printf("@%-10s %s\n", af_groups[i].name, af_groups[i].about);
	return AF_OK;
}

static int list_group(const char *name)
{
	size_t i;

	for (i = 0; i < af_nr_groups; i++) {
		const char *pos = af_groups[i].calls;

		if (strcmp(af_groups[i].name, name))
			continue;
		while (*pos) {
			size_t len = strcspn(pos, " ");

			printf("%.*s\n", (int)len, pos);
			pos += len + strspn(pos + len, " ");
		}
		return AF_OK;
	}
	af_complain("no group `@%s`", name);
	af_complain("hint: see `af list groups`");
	return AF_USAGE;
}

static int list_constants(void)
{
	const char *name;
	int64_t value;
	size_t i;

	for (i = 0; (name = af_constant(i, &value)); i++)
		printf("%-24s %#llx\n", name, (unsigned long long)value);
	return AF_OK;
}

static int list_calls(void)
{
	unsigned int nr;
	char *name;

	for (nr = 0; (name = af_next_call(&nr)); nr++) {
		puts(name);
		free(name);
	}
	return AF_OK;
}

int af_list(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return AF_OK;
	}
	if (argc == 2 && !strcmp(argv[1], "groups"))
		return list_groups();
	if (argc == 2 && !strcmp(argv[1], "constants"))
		return list_constants();
	if (argc == 2 && !strcmp(argv[1], "calls"))
		return list_calls();
	if (argc == 2 && argv[1][0] == '@')
		return list_group(argv[1] + 1);
	fputs(usage, stderr);
	return AF_USAGE;
}
