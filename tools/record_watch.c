// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is seen of a program while it runs. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "attribute.h"
#include "memory.h"
#include "record.h"
#include "tracee.h"

/* Seconds between two lines of progress. */
#define PROGRESS 5

/* Only for signal handlers. */
static struct af_recorder *the_recorder;
static volatile sig_atomic_t asked;

/* Takes over @text. */
static void add_to(struct af_texts *list, char *text)
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
	struct af_recorder *rec = trace->context;
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
	struct af_recorder *rec = trace->context;

	(void)thread;
	(void)info;
	rec->foreign = true;
}

static int on_executed(struct af_trace *trace, pid_t pid)
{
	struct af_recorder *rec = trace->context;

	return af_binaries_begin(&rec->binaries, rec->policy, rec->transparent,
				 pid);
}

static void on_tick(struct af_trace *trace)
{
	struct af_recorder *rec = trace->context;
	time_t now = time(NULL);

	if (asked && !rec->tried)
		af_record_write(rec, false);
	if (!rec->progress || now - rec->told < PROGRESS)
		return;
	rec->told = now;
	af_record_print_state(rec);
}

void af_record_watch(struct af_recorder *rec)
{
	rec->seen.policy = rec->policy;
	rec->trace.call = on_call;
	rec->trace.foreign = on_foreign;
	rec->trace.executed = on_executed;
	rec->trace.tick = on_tick;
	rec->trace.context = rec;
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

void af_record_catch_signals(struct af_recorder *rec)
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
