// SPDX-License-Identifier: LGPL-2.1-or-later
/* af record: watch a program, and write the policy that permits what it did. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../lib/compile.h"
#include "../lib/parse.h"
#include "../lib/read.h"
#include "af.h"
#include "attribute.h"
#include "builds.h"
#include "memory.h"
#include "merge.h"
#include "ptrace_hint.h"
#include "quote.h"
#include "replace.h"
#include "tracee.h"

/* The exit status is to be the program's. */
#define PASS_ON (-1)

/* Seconds between two lines of progress. */
#define PROGRESS 5

/* Bytes of a command that a policy tells. */
#define MAX_COMMAND 4096

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

static const char *const default_transparent[] = {
	"libc.so.6",
	"ld-linux-x86-64.so.2",
};

/* Texts, each of which is there once. */
struct list {
	char **texts;
	size_t nr;
};

/*
 * @text: of the policy that there is, or NULL
 * @there, @there_len: what is in the file, if nobody else changes it
 * @transparent: names that it does not have; ends in NULL
 * @strangers: what made calls and has no name
 * @unreadable: names of processes whose callers cannot be found out
 * @foreign: there were calls that no policy can permit
 * @told: when there was progress to be seen
 * @tried: that was to be written before the end
 * @written: what was seen until then is in the file
 */
struct recorder {
	const char *output;
	struct af_merge_options merge;
	bool date;
	bool progress;
	bool quiet;
	char **command;

	char *text;
	size_t len;
	char *there;
	size_t there_len;
	struct libaf_policy *policy;
	const char **transparent;
	size_t nr_transparent;

	struct af_trace trace;
	struct af_binaries binaries;
	struct af_seen seen;
	struct list strangers;
	struct list unreadable;
	bool foreign;
	time_t told;
	bool tried;
	bool written;
};

/* Only for signal handlers. */
static struct recorder *the_recorder;
static volatile sig_atomic_t asked;

/*
 * While it runs
 */

/* Takes over @text. */
static void add_to(struct list *list, char *text)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (!strcmp(list->texts[i], text)) {
			free(text);
			return;
		}
	}
	list->texts = af_grow(list->texts, list->nr + 1, sizeof(*list->texts));
	list->texts[list->nr++] = text;
}

static void release_list(struct list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->texts[i]);
	free(list->texts);
}

/* By what name the kernel knows a thread; allocated. */
static char *get_name(pid_t tid)
{
	char path[32], name[64] = "?";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tid);
	file = fopen(path, "re");
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = 0;
	if (file)
		fclose(file);
	return af_copy(name);
}

static void on_call(struct af_trace *trace, struct af_thread *thread,
		    const struct __ptrace_syscall_info *info)
{
	struct recorder *rec = trace->context;
	unsigned int nr_missing = rec->seen.nr_missing;
	const struct af_binary *binary;
	uint64_t args[6], where;

	for (int i = 0; i < 6; i++)
		args[i] = info->entry.args[i];
	binary = af_attribute(&rec->binaries, thread, info, &where);
	if (!binary && !af_tracee_is_stopped(thread->tid))
		return;
	if (!binary && !af_tracee_can_be_read(thread->tid)) {
		add_to(&rec->unreadable, get_name(thread->tid));
		return;
	}
	af_seen_add(&rec->seen, binary, (unsigned int)info->entry.nr, args,
		    &thread->prevs);
	if (rec->seen.nr_missing == nr_missing ||
	    af_seen_is_known(&rec->seen, binary))
		return;
	add_to(&rec->strangers, binary ? af_copy(binary->path) :
					 af_maps_describe(thread->tid, where));
}

static void on_foreign(struct af_trace *trace, struct af_thread *thread,
		       const struct __ptrace_syscall_info *info)
{
	struct recorder *rec = trace->context;

	(void)thread;
	(void)info;
	rec->foreign = true;
}

static int on_executed(struct af_trace *trace, pid_t pid)
{
	struct recorder *rec = trace->context;

	return af_binaries_begin(&rec->binaries, rec->policy, rec->transparent,
				 pid);
}

static void print_state(const struct recorder *rec)
{
	unsigned long long count = rec->seen.count;
	unsigned int nr_processes = rec->trace.nr_processes;

	fprintf(stderr, "af: %s: %llu call%s, %u process%s, %u new\n",
		rec->output, count, count == 1 ? "" : "s", nr_processes,
		nr_processes == 1 ? "" : "es", af_seen_nr_new(&rec->seen));
}

static void write_policy(struct recorder *rec, bool last);

static void on_tick(struct af_trace *trace)
{
	struct recorder *rec = trace->context;
	time_t now = time(NULL);

	if (asked && !rec->tried)
		write_policy(rec, false);
	if (!rec->progress || now - rec->told < PROGRESS)
		return;
	rec->told = now;
	print_state(rec);
}

/*
 * What a terminal sends, the program gets, too.  Anything else is passed on;
 * who asks again does not want to wait for the program.
 */
static void on_signal(int sig, siginfo_t *info, void *context)
{
	struct af_trace *trace = &the_recorder->trace;
	int error = errno;

	(void)context;
	trace->due = 1;
	if (sig == SIGALRM)
		return;
	if (trace->attached || asked || !trace->first) {
		trace->stop = 1;
	} else if (info->si_code <= 0) {
		asked = 1;
		kill(trace->first, sig);
	}
	errno = error;
}

static void catch_signals(struct recorder *rec)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM };
	const struct itimerval second = {
		.it_interval = { .tv_sec = 1 },
		.it_value = { .tv_sec = 1 },
	};
	struct sigaction action = {
		.sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO,
	};

	the_recorder = rec;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	setitimer(ITIMER_REAL, &second, NULL);
	rec->told = time(NULL);
}

/*
 * What is written
 */

static void write_date(FILE *out)
{
	time_t now = time(NULL);
	char date[32];
	struct tm tm;

	if (localtime_r(&now, &tm) &&
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm))
		fprintf(out, "# On %s.\n", date);
}

static const struct af_binary *find_transparent(const struct recorder *rec,
						const char *name)
{
	const struct af_binary *binary;

	for (binary = rec->binaries.list; binary; binary = binary->next) {
		if (binary->transparent && binary->name &&
		    !strcmp(binary->name, name))
			return binary;
	}
	return NULL;
}

/*
 * A line, and @before that, with those of the transparent libraries that were
 * there; *@some receives whether there are any.
 * @gone: they no longer are
 */
static void write_transparent_line(const struct recorder *rec,
				   const char *before, bool gone, bool *some,
				   FILE *out)
{
	const char *start = gone ? "optional transparent" : "transparent";

	*some = false;
	for (size_t i = 0; i < rec->nr_transparent; i++) {
		const char *name = rec->transparent[i];
		const struct af_binary *binary = find_transparent(rec, name);

		if (!binary || binary->gone != gone)
			continue;
		if (!*some)
			fprintf(out, "%s%s", before, start);
		fprintf(out, " %s", name);
		*some = true;
	}
	if (*some)
		fputc('\n', out);
}

static void write_transparent(const struct recorder *rec, const char *before,
			      FILE *out)
{
	bool some;

	write_transparent_line(rec, before, false, &some, out);
	write_transparent_line(rec, some ? "" : before, true, &some, out);
}

/* How many bytes af_quote() takes at most, and a blank. */
static size_t width_of(const char *word)
{
	size_t width = strlen(" ''");

	for (; *word; word++)
		width += *word == '\'' ? strlen("'\\''") : 1;
	return width;
}

/* Not all of a long one; what says so is no word that af_quote() writes. */
static void write_command(char **word, FILE *out)
{
	size_t width = 0;

	for (; *word; word++) {
		width += width_of(*word);
		if (width > MAX_COMMAND) {
			fputs(" [...]", out);
			break;
		}
		fputc(' ', out);
		af_quote(out, *word);
	}
}

/* What a new policy begins with. */
static void write_head(const struct recorder *rec, FILE *out)
{
	fputs("# Recorded by: af record", out);
	fputs(rec->trace.attached ? " -p PID, of" : " --", out);
	if (rec->trace.attached) {
		fputc(' ', out);
		af_quote(out, rec->binaries.path);
	}
	write_command(rec->command, out);
	fputc('\n', out);
	if (rec->date)
		write_date(out);
	fputs("\ndefault kill\n", out);
	write_transparent(rec, "", out);
}

/* What is before new blocks; allocated. */
static char *make_head(const struct recorder *rec, size_t *len)
{
	FILE *out;
	char *head;

	out = open_memstream(&head, len);
	if (!out)
		af_out_of_memory();
	if (rec->text) {
		fwrite(rec->text, 1, rec->len, out);
		write_transparent(rec, "\n", out);
	} else {
		write_head(rec, out);
	}
	if (fclose(out))
		af_out_of_memory();
	return head;
}

/* What was written must be a policy, and one that the kernel takes. */
static bool check_result(const struct recorder *rec, const char *text,
			 size_t len)
{
	struct libaf_policy *policy;
	struct libaf_error err;
	struct af_programs programs;
	int ret = af_parse(text, len, rec->output, true, &policy, &err);

	if (ret) {
		af_print_error(&err);
		return false;
	}
	ret = af_compile(policy, NULL, &programs, &err);
	if (!ret)
		af_programs_release(&programs);
	else
		af_print_error(&err);
	if (ret == -E2BIG)
		fputs("af: hint: record without --after, or with --after=dangerous\n",
		      stderr);
	libaf_policy_free(policy);
	return true;
}

static void cannot_write(const struct recorder *rec, int error)
{
	fprintf(stderr, "af: %s: cannot be written: %s\n", rec->output,
		strerror(error));
}

static void print_unreadable_hint(void)
{
	fputs("af: hint: its file, or the process, does not let itself be read: record as root\n",
	      stderr);
}

static void copy_there(struct recorder *rec, const char *text, size_t len)
{
	rec->there = af_grow(rec->there, len + 1, 1);
	memcpy(rec->there, text, len);
	rec->there_len = len;
}

/* Has somebody else written the file since we have read or written it? */
static bool has_changed(const struct recorder *rec)
{
	struct libaf_error err;
	size_t len;
	char *text;
	bool same;

	if (access(rec->output, F_OK))
		return false;
	if (af_read_text(rec->output, &text, &len, &err))
		return true;
	same = len == rec->there_len &&
	       (!len || !memcmp(text, rec->there, len));
	free(text);
	return !same;
}

/* Returns whether the text is in the file. */
static bool save(struct recorder *rec, const char *text, size_t len)
{
	int error;

	if (!check_result(rec, text, len))
		return false;
	if (has_changed(rec)) {
		fprintf(stderr,
			"af: %s: somebody has changed it since it was read\n",
			rec->output);
		return false;
	}
	error = af_replace_file(rec->output, text, len);
	if (error)
		cannot_write(rec, error);
	else
		copy_there(rec, text, len);
	return !error;
}

/* It may have taken long to see all this. */
static void keep(const struct recorder *rec, const char *text, size_t len)
{
	char *path = af_keep_beside_file(rec->output, text, len);

	if (path)
		fprintf(stderr, "af: what was recorded is in %s\n", path);
	else
		fprintf(stderr, "af: what was recorded is lost: %s\n",
			strerror(errno));
	free(path);
}

/* A path can have anything in it, also what terminals take for commands. */
static void warn(const struct recorder *rec)
{
	for (size_t i = 0; i < rec->strangers.nr; i++) {
		fputs("af: warning: unknown code makes calls: ", stderr);
		af_print_clean(stderr, rec->strangers.texts[i]);
		fputc('\n', stderr);
	}
	for (size_t i = 0; i < rec->unreadable.nr; i++) {
		fputs("af: processes that cannot be read are not recorded: ",
		      stderr);
		af_print_clean(stderr, rec->unreadable.texts[i]);
		fputc('\n', stderr);
	}
	if (rec->unreadable.nr)
		print_unreadable_hint();
	if (rec->foreign)
		fputs("af: warning: calls by 32-bit or x32 code are not recorded, and denied by any policy\n",
		      stderr);
}

/* Is it in the policy that is written? */
static bool is_named(const struct recorder *rec, const struct af_binary *binary)
{
	if (!binary->name || af_seen_is_gone(&rec->seen, binary))
		return false;
	if (binary->transparent || binary->id != AF_NO_ID)
		return true;
	for (size_t i = 0; i < rec->seen.nr_callers; i++) {
		const struct af_binary *caller = rec->seen.callers[i].binary;

		if (caller && caller->name &&
		    !strcmp(caller->name, binary->name))
			return true;
	}
	return false;
}

/* The block of the program does not say which one it is. */
static const char *build_name(const struct recorder *rec,
			      const struct af_binary *binary)
{
	if (binary->id == AF_ID_PROGRAM || (binary->first && !rec->policy))
		return binary->is_there && af_is_word(binary->path) ?
			       binary->path :
			       NULL;
	return binary->name;
}

static void find_builds(const struct recorder *rec, struct af_builds *builds)
{
	const struct af_binary *binary;

	for (binary = rec->binaries.list; binary; binary = binary->next) {
		const char *name = build_name(rec, binary);

		if (name && is_named(rec, binary))
			af_builds_add(builds, name, binary->build_id,
				      binary->glibc);
	}
}

static void list_builds(const struct recorder *rec,
			const struct af_builds *builds, FILE *say)
{
	struct af_builds old = { .list = NULL };

	af_builds_read(&old, rec->text, rec->len);
	for (size_t i = 0; i < builds->nr; i++) {
		const struct af_build *build = &builds->list[i];

		if (af_builds_has_name(&old, build->name) &&
		    !af_builds_has(&old, build->name, build->id))
			fprintf(say, "af: new build of %s\n", build->name);
	}
	af_builds_release(&old);
}

/* The text with what is new in it; allocated. */
static char *make_policy(const struct recorder *rec,
			 const struct af_merge_options *options, size_t *len)
{
	struct af_builds builds = { .list = NULL };
	char *head = make_head(rec, len), *merged, *text;

	merged = af_merge(&rec->seen, head, len, options);
	find_builds(rec, &builds);
	if (options->list)
		list_builds(rec, &builds, options->say);
	text = af_builds_note(&builds, merged, len);
	af_builds_release(&builds);
	free(merged);
	free(head);
	return text;
}

static bool is_as_before(const struct recorder *rec, const char *text,
			 size_t len)
{
	return rec->text && len == rec->len && !memcmp(text, rec->text, len);
}

/* First what was seen is made safe, and then all is said. */
static void write_policy(struct recorder *rec, bool last)
{
	struct af_merge_options options = rec->merge;
	size_t len, said_len;
	char *text, *said;

	if (!rec->seen.count && !rec->text) {
		if (last)
			fputs("af: no call was seen, and nothing written\n",
			      stderr);
		return;
	}
	rec->tried = true;
	af_binaries_look_again(&rec->binaries);
	options.list = last && rec->policy && !rec->quiet;
	options.say = open_memstream(&said, &said_len);
	if (!options.say)
		af_out_of_memory();
	text = make_policy(rec, &options, &len);
	if (fclose(options.say))
		af_out_of_memory();
	rec->written = is_as_before(rec, text, len) || save(rec, text, len);
	if (last && !rec->written)
		keep(rec, text, len);
	fputs(said, stderr);
	free(said);
	free(text);
	if (!last)
		return;
	warn(rec);
	if (rec->written && !rec->quiet)
		print_state(rec);
}

/*
 * Before and after
 */

/*
 * What a part does would be added to the block of its file, and thus be
 * permitted to all of it.
 */
static int check_parts(const struct recorder *rec, struct libaf_error *err)
{
	if (!rec->policy->parts)
		return 0;
	af_error(
		err, -EINVAL, rec->output, NULL,
		"the policy has parts of files, which cannot be told apart here");
	af_hint(err, "record to another file, and take over by hand");
	return -EINVAL;
}

/* Before there is something to be lost. */
static int check_output(const struct recorder *rec)
{
	int error = af_can_replace_file(rec->output);

	if (!error)
		return 0;
	cannot_write(rec, error);
	if (error == EPERM)
		fputs("af: hint: it is somebody else's, in a directory with the sticky bit\n",
		      stderr);
	else
		fputs("af: hint: its directory has to be there, and be writable\n",
		      stderr);
	return -error;
}

static int read_policy(struct recorder *rec)
{
	struct libaf_error err;
	int ret;

	if (access(rec->output, F_OK) && errno == ENOENT)
		return 0;
	ret = af_read_text(rec->output, &rec->text, &rec->len, &err);
	if (!ret)
		copy_there(rec, rec->text, rec->len);
	/* As mktemp(1) makes them. */
	if (!ret && !rec->len) {
		free(rec->text);
		rec->text = NULL;
		return 0;
	}
	if (!ret)
		ret = af_parse(rec->text, rec->len, rec->output, true,
			       &rec->policy, &err);
	if (!ret)
		ret = check_parts(rec, &err);
	if (ret)
		af_print_error(&err);
	return ret;
}

static void add_transparent(struct recorder *rec, const char *name)
{
	rec->transparent = af_grow(rec->transparent, rec->nr_transparent + 2,
				   sizeof(*rec->transparent));
	rec->transparent[rec->nr_transparent++] = name;
	rec->transparent[rec->nr_transparent] = NULL;
}

static bool is_transparent(const struct recorder *rec, const char *name)
{
	const struct libaf_policy *policy = rec->policy;

	for (size_t i = AF_ID_LIBRARY; policy && i < policy->nr_callers; i++) {
		if (policy->callers[i].transparent &&
		    !strcmp(policy->callers[i].name, name))
			return true;
	}
	for (size_t i = 0; i < rec->nr_transparent; i++) {
		if (!strcmp(rec->transparent[i], name))
			return true;
	}
	return false;
}

/* A policy has its own list; options add to it. */
static void choose_transparent(struct recorder *rec)
{
	const char **options = rec->transparent;
	size_t nr_options = rec->nr_transparent;

	rec->transparent = af_grow(NULL, 1, sizeof(*rec->transparent));
	rec->transparent[0] = NULL;
	rec->nr_transparent = 0;
	for (size_t i = 0; !rec->policy && i < 2; i++)
		add_transparent(rec, default_transparent[i]);
	for (size_t i = 0; i < nr_options; i++) {
		if (!is_transparent(rec, options[i]))
			add_transparent(rec, options[i]);
	}
	free(options);
}

static int not_started(const char *name, int error)
{
	af_program_error(name, error);
	return error == ENOENT || error == ENOTDIR ? AF_RUN_NOT_FOUND :
						     AF_RUN_CANNOT_EXECUTE;
}

/* Returns 0 or an exit status. */
static int start(struct recorder *rec)
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
		print_unreadable_hint();
	return AF_RUN_FAILED;
}

static int attach(struct recorder *rec, pid_t pid)
{
	int error = af_trace_attach(&rec->trace, pid);

	if (!error)
		return 0;
	fprintf(stderr, "af: process %d: %s\n", (int)pid, strerror(error));
	if (error == EPERM)
		af_print_ptrace_hint(pid);
	if (error == EACCES)
		print_unreadable_hint();
	return AF_RUN_FAILED;
}

/* Returns an exit status, or PASS_ON. */
static int record(struct recorder *rec, pid_t pid)
{
	int status;

	if (read_policy(rec) || check_output(rec))
		return AF_RUN_FAILED;
	choose_transparent(rec);
	rec->seen.policy = rec->policy;
	rec->trace.call = on_call;
	rec->trace.foreign = on_foreign;
	rec->trace.executed = on_executed;
	rec->trace.tick = on_tick;
	rec->trace.context = rec;
	status = pid ? attach(rec, pid) : start(rec);
	if (status)
		return status;
	catch_signals(rec);
	/* What was seen is to be written, whoever does not want to hear. */
	signal(SIGPIPE, SIG_IGN);
	af_trace_run(&rec->trace);
	write_policy(rec, true);
	if (!rec->written || rec->unreadable.nr)
		return AF_RUN_FAILED;
	return pid ? AF_OK : PASS_ON;
}

static void release(struct recorder *rec)
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
static bool read_option(struct recorder *rec, int option, pid_t *pid)
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
		add_transparent(rec, optarg);
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
static bool check_arguments(const struct recorder *rec, pid_t pid)
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
	struct recorder rec = {
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
