/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Installing filters and executing a program, as one piece of text. */
#ifndef AF_LAUNCH_H
#define AF_LAUNCH_H

#ifndef __ASSEMBLER__
/*
 * What af_launch() does.
 * @op: operation of seccomp(2); no flags
 * @args: its arguments, for each of @nr_filters in turn, which is at least one;
 *	@args_size bytes each
 * @path, @argv, @envp: arguments of execve(2)
 * @failure: written to standard error if that fails, @failure_len bytes
 */
struct af_launch {
	unsigned long op;
	const void *args;
	unsigned long args_size;
	unsigned long nr_filters;
	const char *path;
	char *const *argv;
	char *const *envp;
	const char *failure;
	unsigned long failure_len;
};

/*
 * Returns -errno if the kernel refuses a filter, and not at all if it takes
 * them: if the program cannot be executed then, the process ends with status
 * AF_LAUNCH_FAILED.
 */
long af_launch(const struct af_launch *launch);

/*
 * The text of af_launch(), which is registered as the launcher, and where its
 * system calls return to.
 */
#define AF_LAUNCH_LABEL extern const char __attribute__((visibility("hidden")))
AF_LAUNCH_LABEL af_launch_text[];
AF_LAUNCH_LABEL af_launch_execve[];
AF_LAUNCH_LABEL af_launch_write[];
AF_LAUNCH_LABEL af_launch_exit[];
AF_LAUNCH_LABEL af_launch_end[];

/* The calls that it makes when the filter is in force. */
enum {
	AF_LAUNCH_EXECVE,
	AF_LAUNCH_WRITE,
	AF_LAUNCH_EXIT,
	AF_LAUNCH_CALLS,
};
#endif

#define AF_LAUNCH_FAILED 126

#endif /* AF_LAUNCH_H */
