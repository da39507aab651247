/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of which each may confine or kill its process: every case runs in a
 * child of its own, and the results are printed as TAP.
 */
#ifndef AF_SELFTESTS_CASES_H
#define AF_SELFTESTS_CASES_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * @run: passes if it returns; see expect()
 * @signal: that it must die of, or 0 if it must return
 */
struct test_case {
	const char *name;
	void (*run)(void);
	int signal;
};

/* End the case unless @condition holds. */
#define expect(condition)                                                    \
	do {                                                                 \
		if (!(condition)) {                                          \
			fprintf(stderr, "# %s:%d: %s\n", __FILE__, __LINE__, \
				#condition);                                 \
			_exit(1);                                            \
		}                                                            \
	} while (0)

static inline int run_case(const struct test_case *test)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		test->run();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 0;
	if (test->signal)
		return WIFSIGNALED(status) && WTERMSIG(status) == test->signal;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static inline int run_cases(const struct test_case *tests, size_t nr)
{
	size_t i;
	int failed = 0;

	/* Nothing that is buffered here must be printed by a child. */
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("TAP version 13\n1..%zu\n", nr);
	for (i = 0; i < nr; i++) {
		int ok = run_case(&tests[i]);

		printf("%sok %zu - %s\n", ok ? "" : "not ", i + 1,
		       tests[i].name);
		failed |= !ok;
	}
	return failed;
}

#define CASES(tests) run_cases(tests, sizeof(tests) / sizeof((tests)[0]))

/* A file with this text in a new directory; the path is allocated. */
static inline char *text_file(const char *text)
{
	char *path = NULL;
	FILE *file;

	if (asprintf(&path, "/tmp/case.XXXXXX") < 0 || !mkdtemp(path) ||
	    chdir(path))
		abort();
	file = fopen("policy.af", "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
	free(path);
	path = realpath("policy.af", NULL);
	if (!path)
		abort();
	return path;
}

/* The value of a line of /proc/self/status. */
static inline int status_of(const char *name)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256], format[64];
	int value = -1;

	snprintf(format, sizeof(format), "%s: %%d", name);
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, format, &value) == 1)
			break;
	}
	if (file)
		fclose(file);
	return value;
}

#endif /* AF_SELFTESTS_CASES_H */
