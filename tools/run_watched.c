// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * af run --warn, --explain and --log: the filter leaves what the policy denies
 * to this process, and tells it who asks and what came before, as it judged
 * them itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/filter.h"
#include "../lib/parse.h"
#include "../lib/read.h"
#include "af.h"
#include "denial.h"
#include "memory.h"
#include "ptrace_hint.h"
#include "run.h"
#include "tracee.h"
#include "watch.h"
#include "watched.h"

/*
 * @policy: as it was written
 * @filter: of what it was changed to
 * @log: a file descriptor, -1 if there is none
 * @error: why files are not known; 0 if they are
 */
struct watcher {
	const struct af_run *run;
	struct libaf_policy *policy;
	struct libaf_filter *filter;
	int log;
	struct af_binaries binaries;
	struct af_codes codes;
	struct af_repeats repeats;
	bool executed;
	int error;
};

static void on_executed(struct af_watch *watch, pid_t pid)
{
	static const char *const none[] = { NULL };
	struct watcher *w = watch->context;

	if (w->executed)
		return;
	w->executed = true;
	w->error = af_binaries_begin(&w->binaries, w->policy, none, pid);
	if (w->error)
		af_complain("%s: call chains are not known: %s",
			    w->run->program, strerror(w->error));
}

/*
 * What is known of a thread
 */

static void read_comm(char *comm, size_t size, pid_t tid)
{
	char path[48];
	FILE *file;

	*comm = '\0';
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(comm, (int)size, file))
		comm[strcspn(comm, "\n")] = '\0';
	fclose(file);
}

/* The process that a thread belongs to. */
static pid_t find_process(pid_t tid)
{
	char path[48], line[128];
	int pid = tid;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	file = fopen(path, "re");
	if (!file)
		return tid;
	while (fgets(line, sizeof(line), file) &&
	       sscanf(line, "Tgid: %d", &pid) != 1)
		;
	fclose(file);
	return pid;
}

/* What was mapped before may not be any more. */
static void find_chain(struct watcher *w, struct af_denial *denial,
		       const struct __ptrace_syscall_info *info)
{
	struct af_maps *maps;

	if (w->error)
		return;
	maps = af_maps_new(denial->tid);
	af_chain_get(&denial->chain, &w->codes, &w->binaries, maps, denial->tid,
		     info);
	af_maps_put(maps);
}

/* The filter of a stock kernel tells nothing. */
static void guess_caller(struct af_denial *denial)
{
	const struct af_binary *binary = denial->chain.binary;

	denial->call.caller_id = AF_ID_UNKNOWN;
	if (binary && binary->id != AF_NO_ID)
		denial->call.caller_id = binary->id;
}

static void take_call(struct watcher *w, struct af_denial *denial,
		      const struct __ptrace_syscall_info *info,
		      unsigned int data)
{
	struct libaf_call *call = &denial->call;

	clock_gettime(CLOCK_REALTIME, &denial->time);
	denial->foreign = info->arch != AUDIT_ARCH_X86_64 ||
			  info->seccomp.nr & AF_X32_BIT;
	call->nr = (int)info->seccomp.nr;
	call->has_args = 1;
	for (int i = 0; i < AF_NR_ARGS; i++)
		call->args[i] = info->seccomp.args[i];
	af_trap_read(w->filter->trap, data, call);
}

static uint32_t find_action(const struct watcher *w,
			    const struct af_denial *denial,
			    const struct __ptrace_syscall_info *info)
{
	struct libaf_seccomp_data data = {
		.nr = denial->call.nr,
		.arch = info->arch,
		.instruction_pointer = info->instruction_pointer,
		.prev_nr = denial->call.prev_nr,
		.caller_id = denial->call.caller_id,
	};

	for (int i = 0; i < AF_NR_ARGS; i++)
		data.args[i] = denial->call.args[i];
	return af_watched_action(w->policy, w->filter->degraded, &data);
}

/*
 * Reports
 */

/* In one piece, as others may append to the file, too. */
static void write_log(struct watcher *w, const struct af_denial *denial)
{
	json_t *json = af_denial_json(denial, w->policy);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	char *line;

	if (!text)
		af_out_of_memory();
	json_decref(json);
	line = af_make_text("%s\n", text);
	free(text);
	if (write(w->log, line, strlen(line)) < (ssize_t)strlen(line)) {
		af_complain("%s: cannot be written: %s", w->run->log,
			    strerror(errno));
		close(w->log);
		w->log = -1;
	}
	free(line);
}

static bool is_told(const struct af_run *run)
{
	return run->warn || run->explain;
}

static void report(struct watcher *w, struct af_denial *denial,
		   const struct __ptrace_syscall_info *info)
{
	bool degraded = w->filter->degraded, is_new = false;

	/* Stacks take time to follow: only those that somebody is shown. */
	if (degraded || w->log >= 0) {
		find_chain(w, denial, info);
		if (degraded)
			guess_caller(denial);
	}
	af_denial_explain(denial, w->policy);
	if (is_told(w->run))
		is_new = af_repeats_add(&w->repeats, denial);
	if (is_new && !denial->chain.nr)
		find_chain(w, denial, info);
	denial->pid = find_process(denial->tid);
	read_comm(denial->comm, sizeof(denial->comm), denial->tid);
	if (is_new)
		af_denial_print(stderr, denial);
	if (w->log >= 0)
		write_log(w, denial);
	af_chain_release(&denial->chain);
}

static uint32_t on_denied(struct af_watch *watch, pid_t tid,
			  const struct __ptrace_syscall_info *info,
			  unsigned int data)
{
	struct watcher *w = watch->context;
	struct af_denial denial = { .tid = tid, .made = w->run->warn };

	take_call(w, &denial, info, data);
	denial.action = find_action(w, &denial, info);
	/* Before it is the launcher's. */
	if (w->executed)
		report(w, &denial, info);
	return w->run->warn ? SECCOMP_RET_ALLOW : denial.action;
}

/* A filter of the program's own may have done it. */
static void on_trapped(struct af_watch *watch, pid_t tid,
		       const struct __ptrace_syscall_info *info,
		       unsigned int data)
{
	struct watcher *w = watch->context;
	struct af_denial denial = { .tid = tid };

	take_call(w, &denial, info, data);
	denial.action = find_action(w, &denial, info);
	if (denial.action == SECCOMP_RET_TRAP && w->executed)
		report(w, &denial, info);
}

/*
 * Before and after
 */

/* Twice: as it was written, and to be changed. */
static int read_policies(struct watcher *w, struct libaf_policy **changed,
			 struct libaf_error *err)
{
	const char *path = w->run->policy;
	char *text;
	size_t len;
	int ret = af_read_text(path, &text, &len, err);

	if (ret)
		return ret;
	ret = af_parse(text, len, path, true, &w->policy, err);
	if (!ret)
		ret = af_parse(text, len, path, true, changed, err);
	free(text);
	if (!ret)
		af_watched_change(*changed, !w->run->warn);
	return ret;
}

static int make_filter(struct watcher *w, struct libaf_error *err)
{
	struct libaf_policy *changed = NULL;
	int ret = read_policies(w, &changed, err);

	if (!ret)
		ret = libaf_filter_new(changed, w->run->program, w->run->flags,
				       &w->filter, err);
	libaf_policy_free(changed);
	return ret;
}

static bool open_log(struct watcher *w)
{
	const char *path = w->run->log;

	w->log = -1;
	if (!path)
		return true;
	w->log = open(path,
		      O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
		      0666);
	if (w->log < 0)
		af_complain("%s: cannot be written: %s", path, strerror(errno));
	return w->log >= 0;
}

static int become(void *context)
{
	const struct watcher *w = context;

	return af_run_execute(w->run, w->filter);
}

static int watch(struct watcher *w)
{
	struct af_watch watch = {
		.executed = on_executed,
		.denied = on_denied,
		.trapped = on_trapped,
		.context = w,
		.enforce = !w->run->warn,
		.status = SIGKILL,
	};
	int ret;

	fflush(NULL);
	ret = af_watch_run(&watch, become, w);
	if (!ret) {
		af_repeats_end(&w->repeats, stderr);
		return watch.status;
	}
	af_complain("%s: cannot be traced: %s", w->run->program,
		    strerror(-ret));
	if (ret == -EPERM)
		af_print_ptrace_hint(0);
	return AF_RUN_FAILED << 8;
}

static void release(struct watcher *w)
{
	if (w->log >= 0)
		close(w->log);
	af_codes_release(&w->codes);
	af_binaries_release(&w->binaries);
	libaf_filter_free(w->filter);
	libaf_policy_free(w->policy);
}

int af_run_watched(const struct af_run *run)
{
	struct watcher w = { .run = run };
	struct libaf_error err;
	int ret, status = AF_RUN_FAILED << 8;

	if (open_log(&w)) {
		ret = make_filter(&w, &err);
		status = ret ? af_run_cannot(ret, &err) << 8 : watch(&w);
	}
	release(&w);
	return af_tracee_pass_on(status);
}
