// SPDX-License-Identifier: LGPL-2.1-or-later
/* af record: watch a program, and write the policy that permits what it did. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "af.h"
#include "ptrace_hint.h"
#include "record.h"
#include "tracee.h"

/* The exit status is to be the program's. */
#define PASS_ON (-1)

static const char usage[] =
	"usage: af record [OPTION...] -o POLICY [--] PROGRAM [ARGUMENT...]\n"
	"       af record [OPTION...] -o POLICY -p PID\n"
	"\n"
	"Run a program, or watch one that runs, and write a policy that permits what\n"
	"it does, libaf-policy(5).  If there is one already, what it lacks is added.\n"
	"Works on any kernel.\n"
	"\n"
	"  -o, --output POLICY  the policy\n"
	"  -p, --pid PID        watch this process until SIGINT or its end\n"
	"  --after[=WHICH]      say which calls came before `all` calls, which is\n"
	"                       the default, or only `dangerous` ones, or `none`\n"
	"  --transparent NAME   look through this library, too\n"
	"  --counts             say how often each call was seen\n"
	"  --date               say when\n"
	"  --keep-vdso          let the vDSO serve what it can\n"
	"  --progress           say how far it has got, as on a terminal\n"
	"  -q, --quiet          say only what is wrong\n"
	"  --help               show this\n"
	"\n"
	"The exit status is the program's; 125 if it could not be recorded, 126 if it\n"
	"could not be executed, 127 if it was not found.\n";

static int not_started(const char *name, int error)
{
	af_program_error(name, error);
	return error == ENOENT || error == ENOTDIR ? AF_RUN_NOT_FOUND :
						     AF_RUN_CANNOT_EXECUTE;
}

/* Returns 0 or an exit status. */
static int start(struct af_recorder *rec)
{
	char *path = af_find_program(rec->command[0]);
	bool executes;
	int error;

	if (!path)
		return not_started(rec->command[0], errno);
	error = af_trace_start(&rec->trace, path, rec->command, &executes);
	free(path);
	if (!error && !rec->trace.error)
		return 0;
	if (error && executes)
		return not_started(rec->command[0], error);
	fprintf(stderr, "af: %s: cannot be traced: %s\n", rec->command[0],
		strerror(error ? error : rec->trace.error));
	if (error == EPERM)
		af_print_ptrace_hint(0);
	if (!error && rec->trace.error == EACCES)
		af_record_unreadable_hint();
	return AF_RUN_FAILED;
}

static int attach(struct af_recorder *rec, pid_t pid)
{
	int error = af_trace_attach(&rec->trace, pid);

	if (!error)
		return 0;
	fprintf(stderr, "af: process %d: %s\n", (int)pid, strerror(error));
	if (error == EPERM)
		af_print_ptrace_hint(pid);
	if (error == EACCES)
		af_record_unreadable_hint();
	return AF_RUN_FAILED;
}

/* Returns an exit status, or PASS_ON. */
static int record(struct af_recorder *rec, pid_t pid)
{
	int status;

	if (af_record_read(rec))
		return AF_RUN_FAILED;
	af_record_watch(rec);
	status = pid ? attach(rec, pid) : start(rec);
	if (status)
		return status;
	af_record_catch_signals(rec);
	/* What was seen is to be written, whoever does not want to hear. */
	signal(SIGPIPE, SIG_IGN);
	af_trace_run(&rec->trace);
	af_record_write(rec, true);
	if (!rec->written || rec->unreadable.nr)
		return AF_RUN_FAILED;
	return pid ? AF_OK : PASS_ON;
}

static void release_list(struct af_texts *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->texts[i]);
	free(list->texts);
}

static void release(struct af_recorder *rec)
{
	af_seen_release(&rec->seen);
	af_binaries_release(&rec->binaries);
	libaf_policy_free(rec->policy);
	release_list(&rec->strangers);
	release_list(&rec->unreadable);
	free(rec->transparent);
	free(rec->text);
	free(rec->there);
}

static bool read_after(const char *text, enum af_after *after)
{
	*after = AF_AFTER_ALL;
	if (!text || !strcmp(text, "all"))
		return true;
	*after = AF_AFTER_DANGEROUS;
	if (!strcmp(text, "dangerous"))
		return true;
	*after = AF_AFTER_NONE;
	if (!strcmp(text, "none"))
		return true;
	fprintf(stderr, "af: `%s` is none of all, dangerous and none\n", text);
	return false;
}

static bool read_pid(const char *text, pid_t *pid)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	*pid = (pid_t)number;
	if (!errno && !*end && number > 0 && *pid == number)
		return true;
	fprintf(stderr, "af: `%s` is no process id\n", text);
	return false;
}

/* Returns whether the option is right. */
static bool read_option(struct af_recorder *rec, int option, pid_t *pid)
{
	switch (option) {
	case 'o':
		rec->output = optarg;
		return true;
	case 'p':
		return read_pid(optarg, pid);
	case 'a':
		return read_after(optarg, &rec->merge.after);
	case 't':
		af_record_add_transparent(rec, optarg);
		return true;
	case 'c':
		rec->merge.counts = true;
		return true;
	case 'd':
		rec->date = true;
		return true;
	case 'v':
		rec->trace.hides_vdso = false;
		return true;
	case 'P':
		rec->progress = true;
		return true;
	case 'q':
		rec->quiet = true;
		rec->progress = false;
		return true;
	default:
		return false;
	}
}

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "output", required_argument, NULL, 'o' },
	{ "pid", required_argument, NULL, 'p' },
	{ "after", optional_argument, NULL, 'a' },
	{ "transparent", required_argument, NULL, 't' },
	{ "counts", no_argument, NULL, 'c' },
	{ "date", no_argument, NULL, 'd' },
	{ "keep-vdso", no_argument, NULL, 'v' },
	{ "progress", no_argument, NULL, 'P' },
	{ "quiet", no_argument, NULL, 'q' },
	{},
};

/* Returns whether the arguments are right; what is wrong is said. */
static bool check_arguments(const struct af_recorder *rec, pid_t pid)
{
	const char *wrong = NULL;

	if (!rec->output)
		wrong = "no policy is given: -o POLICY";
	else if (pid && *rec->command)
		wrong = "a program and a process are given";
	else if (!pid && !*rec->command)
		wrong = "no program is given, and no process";
	if (wrong)
		fprintf(stderr, "af: %s\n", wrong);
	return !wrong;
}

int af_record(int argc, char **argv)
{
	struct af_recorder rec = {
		.progress = isatty(STDERR_FILENO),
		.trace.hides_vdso = true,
		/* Unless it ends before af does. */
		.trace.status = SIGKILL,
	};
	bool right = true;
	int option, status;
	pid_t pid = 0;

	while (right && (option = getopt_long(argc, argv, "+o:p:q", options,
					      NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			free(rec.transparent);
			return AF_OK;
		}
		right = read_option(&rec, option, &pid);
	}
	rec.command = argv + optind;
	if (!right || !check_arguments(&rec, pid)) {
		fputs(usage, stderr);
		free(rec.transparent);
		return AF_RUN_FAILED;
	}
	status = record(&rec, pid);
	release(&rec);
	return status == PASS_ON ? af_tracee_pass_on(rec.trace.status) : status;
}
