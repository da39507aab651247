/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libaf - per-library system call policies for Linux
 *
 * A policy gives each library of a program its own list of system calls and,
 * where wanted, the calls that may come before.  libaf compiles it to a
 * classic BPF filter and loads that into a kernel with the libaf patch series,
 * without privileges.
 *
 * Every function returns 0 (or what is said at it) on success and a negative
 * errno from the list at it on failure.  Nothing here but libaf_report() keeps
 * global state, as a process has one handler of a signal, and nothing but that
 * and libaf_filter_exec(), where nobody else is left to do so, prints or
 * exits.  Unless said otherwise, functions are thread-safe as long as
 * no two threads use one object at a time, and are not async-signal-safe.
 */
#ifndef LIBAF_H
#define LIBAF_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LIBAF_VERSION_MAJOR 0
#define LIBAF_VERSION_MINOR 1

/**
 * enum libaf_abi_level - what the running kernel can do
 * @LIBAF_ABI_STOCK: no part of the series is there
 * @LIBAF_ABI_PREV_NR: filters can ask for the previous system call
 * @LIBAF_ABI_CALLER_ID: and for the caller; all of libaf works
 */
enum libaf_abi_level {
	LIBAF_ABI_STOCK = 0,
	LIBAF_ABI_PREV_NR = 1,
	LIBAF_ABI_CALLER_ID = 2,
};

/**
 * struct libaf_error - what was wrong, and where
 * @line: line in @file, from 1; 0 if the error belongs to no line
 * @column: column in bytes, from 1; 0 if the error belongs to no column
 * @file: the file, cut at its left end if it is too long; "" if none
 * @text: one sentence without a final full stop; "" if there was no error
 * @hint: what to do about it, "" if there is nothing to suggest
 *
 * Belongs to the caller, holds no pointers, needs no freeing.
 */
struct libaf_error {
	unsigned int line;
	unsigned int column;
	char file[256];
	char text[256];
	char hint[128];
};

/* Flags of libaf_load() and libaf_filter_new(). */

/*
 * On a kernel that lacks what the policy asks for load the union of all
 * callers' lists instead of failing with -EOPNOTSUPP.  To execute a program
 * under it, execve, write and exit_group are part of the union, for good: such
 * a kernel cannot permit them to the launcher alone.
 */
#define LIBAF_ALLOW_DEGRADED (1U << 0)

/*
 * Make a filter that libaf_report() can tell of; libaf_load() also calls that,
 * with the default callback.  The policy has to have an action `trap`, as
 * nothing else can be told of.  Where only the union is loaded, write is part
 * of it.
 */
#define LIBAF_REPORT (1U << 1)

/* What a successful load returns. */
#define LIBAF_ENFORCED 0 /* the policy as written */
#define LIBAF_DEGRADED 1 /* only the union of its lists */

/**
 * libaf_abi - ask the running kernel what it supports
 *
 * Async-signal-safe.
 *
 * Return: one of &enum libaf_abi_level; never fails.
 */
int libaf_abi(void);

/**
 * libaf_load - confine the calling program by the policy in a file
 * @policy_path: the policy, see libaf-policy(5), compiled or not
 * @flags: LIBAF_ALLOW_DEGRADED and LIBAF_REPORT, ored together, or 0
 *
 * Sets no_new_privs and confines all threads of the process, for good.  The
 * policy's program block holds for the running executable.  Libraries of the
 * policy that are not loaded yet are looked for as the dynamic loader would,
 * so that a later dlopen() finds them registered.
 *
 * No other thread may unload a library meanwhile.
 *
 * Nothing is done after the kernel has taken the filter, so that the filter
 * need not allow anything for libaf itself; what the kernel read from stays
 * allocated.  On failure the process is as it was, except that no_new_privs
 * may be set if it was the kernel that refused, and that a part of a large
 * policy may be in force, see libaf_filter_load().
 *
 * Return: LIBAF_ENFORCED or LIBAF_DEGRADED, or
 *  -EINVAL	@policy_path is NULL, a flag is unknown, or the policy is wrong, as
 *		such or for the files that it names, or no regular file, or has
 *		`notify`; or, with LIBAF_REPORT, it has no `trap`, is a compiled
 *		one, or says that the file that libaf is in is transparent
 *  -EOPNOTSUPP	the kernel does not tell filters what the policy asks for, and
 *		LIBAF_ALLOW_DEGRADED is not set
 *  -ENOENT	the policy, or a file that it names, does not exist
 *  -EACCES	the policy, or a file that it names, may not be read
 *  -EIO	the policy, or a file that it names, could not be read
 *  -ESTALE	the compiled policy is for another program, or for other files
 *  -ENOEXEC	a file that the policy names is not an ELF file of this machine
 *  -E2BIG	the policy or its filter exceeds a limit
 *  -ENOMEM	out of memory, or the kernel's limit for filters is reached
 *  -EBUSY	another thread has a filter of its own and cannot be confined
 *  -ECANCELED	the kernel refused for another reason
 */
int libaf_load(const char *policy_path, unsigned int flags);

/**
 * libaf_load_explain - libaf_load() that says what was wrong
 * @policy_path: as for libaf_load()
 * @flags: as for libaf_load()
 * @err: filled in on failure; may be NULL
 *
 * Return: as libaf_load().
 */
int libaf_load_explain(const char *policy_path, unsigned int flags,
		       struct libaf_error *err);

/* A parsed policy. */
struct libaf_policy;

/**
 * libaf_policy_read - read a policy from a file
 * @path: the file
 * @policy: receives the policy, to be freed with libaf_policy_free()
 * @err: filled in on failure; may be NULL
 *
 * Return: 0, or -EINVAL, -ENOENT, -EACCES, -EIO, -E2BIG, -ENOMEM as for
 * libaf_load().  On failure *@policy is NULL.
 */
int libaf_policy_read(const char *path, struct libaf_policy **policy,
		      struct libaf_error *err);

/**
 * libaf_policy_parse - read a policy from memory
 * @text: the policy; need not end in a NUL
 * @len: its length in bytes
 * @name: the file name that errors show
 * @policy: receives the policy, to be freed with libaf_policy_free()
 * @err: filled in on failure; may be NULL
 *
 * Return: 0, -EINVAL, -E2BIG or -ENOMEM.  On failure *@policy is NULL.
 */
int libaf_policy_parse(const char *text, size_t len, const char *name,
		       struct libaf_policy **policy, struct libaf_error *err);

/**
 * libaf_policy_free - free a policy
 * @policy: the policy, or NULL
 */
void libaf_policy_free(struct libaf_policy *policy);

/**
 * libaf_policy_phase - a phase of a policy
 * @policy: the policy
 * @name: the phase's name
 *
 * A phase is a policy by itself, for libaf_filter_new().  To load its filter
 * after that of the whole policy can only take away: of two filters the
 * stricter decides.  Thus the policy has to permit what loading takes, prctl
 * and seccomp, until then.
 *
 * Return: the phase, which belongs to @policy, or NULL if there is none of that
 * name.
 */
const struct libaf_policy *libaf_policy_phase(const struct libaf_policy *policy,
					      const char *name);

/**
 * struct libaf_call - a system call, as seccomp sees it
 * @nr: its number
 * @prev_nr: number of the call before, or LIBAF_SECCOMP_PREV_NONE or
 *	LIBAF_SECCOMP_PREV_SIGNAL of <libaf/abi.h>, or LIBAF_PREV_NOT_TOLD
 * @caller_id: who made it, as the policy's filter numbers its callers, or
 *	LIBAF_CALLER_NOT_TOLD
 * @has_args: whether @args are known
 * @args: its arguments
 *
 * All are of x86-64.
 */
struct libaf_call {
	int nr;
	int prev_nr;
	unsigned int caller_id;
	int has_args;
	unsigned long long args[6];
};

/* What is not known of a call; rules that ask for it do not hold then. */
#define LIBAF_PREV_NOT_TOLD   (-0x7fffffff - 1)
#define LIBAF_CALLER_NOT_TOLD 0xffffffffU

/**
 * libaf_call_from_audit - what a record of the audit log is about
 * @record: one of type SECCOMP, as a patched kernel writes it; its end is a NUL
 *	or a newline
 * @call: filled in, without arguments, which such records do not have
 *
 * Async-signal-safe.
 *
 * Return: 0, or -EINVAL if it is another record, of a stock kernel, or of a
 * call that is not one of x86-64.
 */
int libaf_call_from_audit(const char *record, struct libaf_call *call);

/**
 * enum libaf_verdict - what a policy says of a call
 * @LIBAF_PERMITS: it is run
 * @LIBAF_DENIES: it is not
 * @LIBAF_DEPENDS: that depends on its arguments, which are not known, or on a
 *	supervisor
 */
enum libaf_verdict {
	LIBAF_PERMITS = 0,
	LIBAF_DENIES = 1,
	LIBAF_DEPENDS = 2,
};

/**
 * struct libaf_explanation - what a policy says of a call, and why
 * @verdict: one of &enum libaf_verdict
 * @line: of the rule that decides or nearly permits it, or of the block that
 *	has none; 0 if neither
 * @file: the file that it is in
 * @text: who made which call after which, and what decides
 * @hint: what to change in the policy to have a rule permit it; "" if one does
 *
 * Belongs to the caller, holds no pointers, needs no freeing.
 */
struct libaf_explanation {
	int verdict;
	unsigned int line;
	char file[256];
	char text[512];
	char hint[256];
};

/**
 * libaf_policy_explain - ask what a policy says of a call
 * @policy: the policy
 * @call: the call
 * @why: filled in
 *
 * Return: 0, or -EINVAL if an argument is NULL.
 */
int libaf_policy_explain(const struct libaf_policy *policy,
			 const struct libaf_call *call,
			 struct libaf_explanation *why);

/**
 * libaf_policy_compile - compile a policy into a file
 * @policy: the policy, or a phase of one
 * @program: the program that it is for; NULL for the calling one
 * @path: the file that is written, or replaced, in one step
 * @err: filled in on failure; may be NULL
 *
 * What is in the file is the same wherever the policy and the files that it
 * names are.  It is for kernels with and without the series.
 *
 * Return: 0, or
 *  -EINVAL	@policy or @path is NULL, or the policy is wrong for the files
 *		that it names: two blocks mean one file, or a part is of what
 *		its file does not have, or has more than once, or overlaps
 *		another part, or is a range of several files or outside of text,
 *		or `program` without a path is divided or transparent while this
 *		program is named by its path
 *  -ENOENT	the program, a file that the policy names, or the directory of
 *		@path does not exist, or @path is a link that leads nowhere
 *  -EACCES	a file may not be read, or @path may not be written
 *  -EIO	a file could not be read, or @path could not be written
 *  -ENOEXEC	a file that the policy names is not an ELF file of this machine
 *  -ESTALE	a file has changed while it was read
 *  -E2BIG	the filter, or what is read of a file, exceeds a limit
 *  -ENOMEM	out of memory
 */
int libaf_policy_compile(const struct libaf_policy *policy, const char *program,
			 const char *path, struct libaf_error *err);

struct sock_filter;

/* A compiled policy with the files of its callers. */
struct libaf_filter;

/**
 * libaf_filter_new - compile a policy and find the files that it names
 * @policy: the policy; may be freed as soon as this returns
 * @program: the file that libaf_filter_exec() will execute and that the
 *	policy's program block holds for; NULL for the calling program
 * @flags: as for libaf_load(); LIBAF_REPORT only if @program is NULL
 * @filter: receives the filter, to be freed with libaf_filter_free()
 * @err: filled in on failure; may be NULL
 *
 * Return: 0, or any error of libaf_load() but -ESTALE, -EBUSY and -ECANCELED;
 * `notify` is one only if @program is not NULL.  On failure *@filter is NULL.
 */
int libaf_filter_new(const struct libaf_policy *policy, const char *program,
		     unsigned int flags, struct libaf_filter **filter,
		     struct libaf_error *err);

/**
 * libaf_filter_read - make a filter of a policy's file, compiled or not
 * @path: a policy, or what libaf_policy_compile() wrote
 * @program: as for libaf_filter_new()
 * @flags: 0 or LIBAF_ALLOW_DEGRADED
 * @filter: receives the filter, to be freed with libaf_filter_free()
 * @err: filled in on failure; may be NULL
 *
 * Return: 0, or any error of libaf_load() but -EBUSY and -ECANCELED.  On
 * failure *@filter is NULL.
 */
int libaf_filter_read(const char *path, const char *program, unsigned int flags,
		      struct libaf_filter **filter, struct libaf_error *err);

/**
 * libaf_filter_program - one of the programs of a filter
 * @filter: the filter
 * @index: which, from 0, in the order in which they are loaded
 * @len: receives the number of its instructions
 *
 * A filter that is too large for one program of the kernel has several, each
 * for other calls; the kernel does what the strictest says.
 *
 * Return: the instructions, which belong to @filter, or NULL and 0 in *@len
 * if it has fewer programs.
 */
const struct sock_filter *
libaf_filter_program(const struct libaf_filter *filter, size_t index,
		     size_t *len);

/**
 * libaf_filter_load - confine all threads of the calling process
 * @filter: a filter that was made with @program NULL
 *
 * Sets no_new_privs first and does nothing after.  Async-signal-safe.  Leaves
 * errno alone.  Should the kernel refuse one of several programs, those before
 * it stay in force; they deny nothing that the policy permits, and no call by
 * which to report it, to exit, or to load once more: write, exit_group, prctl
 * and seccomp.
 *
 * Return: LIBAF_ENFORCED or LIBAF_DEGRADED, or -EINVAL, -EOPNOTSUPP, -E2BIG,
 * -ENOMEM, -EBUSY or -ECANCELED as for libaf_load(); -EINVAL also for a policy
 * with `notify`.
 */
int libaf_filter_load(const struct libaf_filter *filter);

/**
 * libaf_filter_load_notify - libaf_filter_load() for a policy with `notify`
 * @filter: a filter that was made with @program NULL, of such a policy
 * @listener: receives a file descriptor, on which calls wait for a supervisor,
 *	see seccomp_unotify(2); it is closed when a program is executed
 *
 * A process can have one such filter.  Async-signal-safe.
 *
 * Return: as libaf_filter_load(); -EINVAL also if nothing would ever be heard of
 * @listener, and -EBUSY also if the process has one.
 */
int libaf_filter_load_notify(const struct libaf_filter *filter, int *listener);

/**
 * struct libaf_notify - a call that waits for a supervisor
 * @id: names it in what is answered
 * @pid: the thread that makes it, as the supervisor numbers them
 * @arch: AUDIT_ARCH_* value of the call; other members are of x86-64 only
 * @call: the call, for libaf_policy_explain()
 */
struct libaf_notify {
	unsigned long long id;
	int pid;
	unsigned int arch;
	struct libaf_call call;
};

/**
 * libaf_notify_receive - wait for a call that waits for a supervisor
 * @listener: the file descriptor of libaf_filter_load_notify(), or a copy
 * @notify: filled in
 *
 * In place of the ioctl(2) SECCOMP_IOCTL_NOTIF_RECV, which tells neither who
 * makes the call nor what came before to a program that was built with the
 * headers of an unpatched kernel.  Answers are sent by SECCOMP_IOCTL_NOTIF_SEND
 * as always.  Async-signal-safe.
 *
 * Return: 0, or
 *  -EINVAL	@notify is NULL, or @listener is not a listener
 *  -EINTR	interrupted by a signal
 *  -ENOENT	the thread was interrupted or killed meanwhile, or there is none
 *  -ENOMEM	out of memory
 */
int libaf_notify_receive(int listener, struct libaf_notify *notify);

/**
 * struct libaf_report - a call that was denied by `trap`
 * @call: the call
 * @arch: its AUDIT_ARCH_* value; other members of @call are of x86-64 only
 * @ip: the instruction after it
 * @why: what the policy says of it
 *
 * May have more members at its end some day.
 */
struct libaf_report {
	struct libaf_call call;
	unsigned int arch;
	const void *ip;
	struct libaf_explanation why;
};

/*
 * What is to be done about a denied call: called in the thread that made it, in
 * its handler of SIGSYS, with all signals blocked, so that only what is
 * async-signal-safe is permitted, and only calls that the policy permits.  One
 * that it denies ends the process.
 *
 * Return: 0 to end the process by SIGSYS, as the action `kill` would; or an
 * errno, and the call fails with that.  Then rt_sigreturn must be permitted to
 * the C library, as for any signal handler.
 */
typedef int (*libaf_report_fn)(const struct libaf_report *report, void *arg);

/**
 * libaf_report - be told what is denied
 * @filter: a filter that was made with LIBAF_REPORT, and will be loaded
 * @policy: what it was made from; neither may be freed from now on
 * @callback: what is called; NULL for libaf_report_write(), and the end
 * @arg: passed to @callback
 *
 * Installs a handler for SIGSYS.  A SIGSYS that is not seccomp's is passed on to
 * the handler that was there before.  Called once more, for the filter of
 * a phase, adds that.
 *
 * Not thread-safe, and not to be called while other threads change the handler
 * of SIGSYS.  The handler stays if the filter is not loaded in the end.
 *
 * Return: 0, or
 *  -EINVAL	@filter or @policy is NULL, or the filter is without LIBAF_REPORT
 *  -ENOMEM	out of memory
 */
int libaf_report(const struct libaf_filter *filter,
		 const struct libaf_policy *policy, libaf_report_fn callback,
		 void *arg);

/**
 * libaf_report_write - write a report to standard error
 * @report: the report
 *
 * For callbacks, of which it has to be the first call: the filter permits it to
 * libaf alone, whatever the policy says.  Async-signal-safe.
 *
 * Return: 0, or -EINVAL if @report is NULL, -EIO if it cannot be written.
 */
int libaf_report_write(const struct libaf_report *report);

/**
 * libaf_filter_exec - execute a program that is confined from its first
 * instruction
 * @filter: a filter that was made for @path
 * @path: the program, not searched for in PATH
 * @argv: its arguments, NULL at the end
 * @envp: its environment, NULL at the end
 * @failure: printed to standard error if the kernel takes the filter but then
 *	cannot execute @path, in which case the process ends with status 126;
 *	at most 4096 bytes are printed
 *
 * Sets no_new_privs first.  The calling process must have one thread.
 *
 * Return: only on failure: as libaf_filter_load().
 */
int libaf_filter_exec(const struct libaf_filter *filter, const char *path,
		      char *const argv[], char *const envp[],
		      const char *failure);

/**
 * libaf_filter_free - free a filter
 * @filter: the filter, or NULL
 *
 * A filter that the kernel has taken stays in force.
 */
void libaf_filter_free(struct libaf_filter *filter);

#ifdef __cplusplus
}
#endif

#endif /* LIBAF_H */
