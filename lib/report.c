// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A handler of SIGSYS that says what was denied.
 *
 * All that it needs is made ready by libaf_report(): when a call has been
 * denied, the thread may hold any lock, and the filter permits little.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "explain.h"
#include "filter.h"
#include "format.h"
#include "internal.h"
#include "report.h"

/* si_code of a SIGSYS that is seccomp's; not in all headers. */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

/* Largest errno that a call can fail with. */
#define MAX_ERRNO 4095

/* A place, an explanation and a hint. */
#define MAX_TEXT 1280

/*
 * What the handler knows of one filter, in a mapping of its own.
 * @next: of the filter that was announced next
 * @may_return: the policy lets somebody return from a signal handler
 */
struct reporter {
	struct reporter *_Atomic next;
	const struct libaf_filter *filter;
	const struct libaf_policy *policy;
	enum af_trap trap;
	bool may_return;
	libaf_report_fn callback;
	void *arg;
	struct af_call_names names;
};

/* A signal has one handler, wherever it comes from; so these are global. */
static struct reporter *_Atomic first;
static struct sigaction previous;

/* The process ends by SIGSYS, whatever is permitted. */
_Noreturn static void end(void)
{
	struct sigaction deadly = { .sa_handler = SIG_DFL };
	sigset_t mask;

	af_report_end();
	/* No filter is in force, or one of a kernel that cannot tell callers. */
	sigaction(SIGSYS, &deadly, NULL);
	raise(SIGSYS);
	sigemptyset(&mask);
	sigaddset(&mask, SIGSYS);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	__builtin_trap();
}

/* A SIGSYS that somebody has sent is for whoever has handled it before. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	if (previous.sa_flags & SA_SIGINFO)
		previous.sa_sigaction(sig, info, context);
	else if (previous.sa_handler == SIG_DFL)
		end();
	else if (previous.sa_handler != SIG_IGN)
		previous.sa_handler(sig);
}

static void take_call(struct libaf_call *call, const siginfo_t *info,
		      const greg_t *regs)
{
	static const int args[AF_NR_ARGS] = { REG_RDI, REG_RSI, REG_RDX,
					      REG_R10, REG_R8,  REG_R9 };

	call->nr = info->si_syscall;
	call->has_args = 1;
	for (int i = 0; i < AF_NR_ARGS; i++)
		call->args[i] = (unsigned long long)regs[args[i]];
}

/* Of those, no policy permits any, and their numbers mean something else. */
static bool is_foreign(const struct libaf_report *report)
{
	return report->arch != AUDIT_ARCH_X86_64 ||
	       report->call.nr & AF_X32_BIT;
}

static void explain_foreign(struct libaf_report *report)
{
	struct libaf_explanation *why = &report->why;

	memset(why, 0, sizeof(*why));
	why->verdict = LIBAF_DENIES;
	af_format(why->text, sizeof(why->text),
		  "call %d by another convention than that of x86-64: denied "
		  "with SIGSYS",
		  report->call.nr);
}

/*
 * A call that several filters deny is explained by the first: that one denies
 * it for sure, while the last may not have been loaded yet.
 */
static const struct reporter *explain(struct libaf_report *report,
				      unsigned int data)
{
	const struct reporter *reporter = first, *next;

	for (;; reporter = next) {
		af_trap_read(reporter->trap, data, &report->call);
		if (is_foreign(report)) {
			explain_foreign(report);
			return reporter;
		}
		af_explain_call(reporter->policy, &reporter->names,
				&report->call, &report->why);
		next = reporter->next;
		if (report->why.verdict == LIBAF_DENIES || !next)
			return reporter;
	}
}

static size_t format(char *text, size_t size, const struct libaf_report *report)
{
	const struct libaf_explanation *why = &report->why;
	size_t len = 0;

	if (why->line)
		len = af_format(text, size, "libaf: %s:%u: ", why->file,
				why->line);
	else
		len = af_format(text, size, "libaf: ");
	len += af_format(text + len, size - len, "%s%s\n", why->text,
			 why->verdict == LIBAF_DENIES ?
				 "" :
				 ", but another filter denies it");
	if (why->hint[0])
		len += af_format(text + len, size - len, "  hint: %s\n",
				 why->hint);
	return len;
}

LIBAF_API int libaf_report_write(const struct libaf_report *report)
{
	char text[MAX_TEXT];
	size_t len, done = 0;

	if (!report)
		return -EINVAL;
	len = format(text, sizeof(text), report);
	while (done < len) {
		long ret = af_report_write(text + done, len - done);

		if (ret <= 0)
			return -EIO;
		done += (size_t)ret;
	}
	return 0;
}

static int write_and_end(const struct libaf_report *report, void *arg)
{
	(void)arg;
	libaf_report_write(report);
	return 0;
}

/* It would die without a word, at a call that it has not asked for. */
static void check_return(const struct reporter *reporter)
{
	static const char text[] =
		"libaf: the policy does not permit `rt_sigreturn`, by which a "
		"signal handler ends\n";

	if (reporter->may_return)
		return;
	af_report_write(text, sizeof(text) - 1);
	end();
}

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	int saved = errno, error;
	const struct reporter *reporter;
	struct libaf_report report = { 0 };

	if (info->si_code != SYS_SECCOMP) {
		pass_on(sig, info, context);
		return;
	}
	take_call(&report.call, info, regs);
	report.arch = info->si_arch;
	report.ip = info->si_call_addr;
	reporter = explain(&report, (unsigned int)info->si_errno);
	error = reporter->callback(&report, reporter->arg);
	if (error <= 0 || error > MAX_ERRNO)
		end();
	check_return(reporter);
	regs[REG_RAX] = -error;
	errno = saved;
}

static void install(void)
{
	struct sigaction action = {
		.sa_sigaction = on_sigsys,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	/* No other handler shall make a call before this one's write. */
	sigfillset(&action.sa_mask);
	/* Known before it can be needed. */
	sigaction(SIGSYS, NULL, &previous);
	sigaction(SIGSYS, &action, NULL);
}

/* The link that leads to @reporter; NULL is the end. */
static struct reporter *_Atomic *link_to(const struct reporter *reporter)
{
	struct reporter *_Atomic *link = &first;

	while (*link != reporter)
		link = &(*link)->next;
	return link;
}

LIBAF_API int libaf_report(const struct libaf_filter *filter,
			   const struct libaf_policy *policy,
			   libaf_report_fn callback, void *arg)
{
	struct reporter *reporter;
	struct af_nrset calls;

	if (!filter || !policy || !filter->reports)
		return -EINVAL;
	reporter = mmap(NULL, sizeof(*reporter), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (reporter == MAP_FAILED)
		return -ENOMEM;
	af_policy_union(policy, &calls);
	reporter->filter = filter;
	reporter->policy = policy;
	reporter->trap = filter->trap;
	reporter->may_return = af_nrset_has(&calls, SYS_rt_sigreturn);
	reporter->callback = callback ? callback : write_and_end;
	reporter->arg = arg;
	af_call_names_fill(&reporter->names);
	*link_to(NULL) = reporter;
	if (first == reporter)
		install();
	return 0;
}

void af_report_undo(const struct libaf_filter *filter)
{
	struct reporter *reporter = first;
	struct reporter *_Atomic *link;

	while (reporter->filter != filter)
		reporter = reporter->next;
	link = link_to(reporter);
	if (link == &first && !reporter->next)
		sigaction(SIGSYS, &previous, NULL);
	*link = reporter->next;
	munmap(reporter, sizeof(*reporter));
}
