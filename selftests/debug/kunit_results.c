// SPDX-License-Identifier: GPL-2.0
/*
 * Prints what the tests of a KUnit suite came to when the kernel booted.
 *
 *	kunit_results SUITE
 *
 * In debugfs the tests of a suite are a subtest, indented by four blanks; here
 * they are not, so that each is counted.
 */
#include <stdio.h>
#include <string.h>

#define INDENT "    "

int main(int argc, char **argv)
{
	char path[256], line[4096];
	unsigned int lines = 0;
	FILE *file;

	if (argc != 2)
		return 2;
	snprintf(path, sizeof(path), "/sys/kernel/debug/kunit/%s/results",
		 argv[1]);
	file = fopen(path, "re");
	if (!file) {
		perror(path);
		return 1;
	}
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, INDENT, strlen(INDENT)))
			continue;
		fputs(line + strlen(INDENT), stdout);
		lines++;
	}
	fclose(file);
	return lines ? 0 : 1;
}
