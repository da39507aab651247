// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attacks that are not stopped.  Who controls the stack and the registers can
 * use the library's own instructions, or seem to return to it, and can make
 * the call that has to come before; see README.  In each of these processes
 * the policy is in force: the same call without the art is denied first.
 *
 * A test that fails here is good news, and something to say in README.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "attack.h"
#include "pivot.h"
#include "sigframe.h"
#include "userfault.h"

#define AFTER_GETUID "mkdir after getuid"

/* The library's function goes on to its caller: 8 bytes of frame, then us. */
static long return_behind_a_call(void)
{
	fake_stack()[0] = word(good->behind_call);
	fake_stack()[2] = word(landing);
	return call_mkdir(fake_stack());
}

/* Whether a call stands before a return address is not looked at. */
static long return_behind_no_call(void)
{
	fake_stack()[0] = word(good->ret);
	fake_stack()[1] = word(landing);
	return call_mkdir(fake_stack());
}

static long mkdir_at_once(void)
{
	fake_stack()[0] = word(landing);
	return pivot(good->insn, fake_stack(), PRIZE, 0700, SYS_mkdir, NULL);
}

static long imitated_predecessor(void)
{
	getuid();
	return mkdir_at_once();
}

static long forged_frame(void)
{
	return forged_sigreturn(NULL);
}

static sigjmp_buf out;
static long result;

static void aiming_handler(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	aim(context);
	result = pivot(sigreturn_insn, context, NULL, 0, 0, NULL);
	siglongjmp(out, 1);
}

/* What comes back is what was before the signal, but not to where it was. */
static long contents_of_a_frame(void)
{
	struct sigaction action = { .sa_sigaction = aiming_handler,
				    .sa_flags = SA_SIGINFO };

	expect(!sigaction(SIGILL, &action, NULL));
	if (!sigsetjmp(out, 1))
		signal_after_getuid();
	return result;
}

/* The library calls what it is told to call: nothing is forged at all. */
static long confused_deputy(void)
{
	return good->calls(dlsym(RTLD_DEFAULT, "mkdir"), PRIZE, 0700) ? -errno :
									0;
}

/* Private mappings show what is written to the file. */
static long file_written(void)
{
	int fd = open(GOOD_LIB, O_RDWR);

	expect(fd >= 0);
	expect(pwrite(fd, good->payload, good->payload_size,
		      raw_page_offset() + (off_t)raw_offset()) ==
	       (ssize_t)good->payload_size);
	return good->raw(PRIZE);
}

static void genuine_text(void)
{
	expect(map_raw(good_fd, PROT_READ | PROT_EXEC, page_of(good->raw)) ==
	       good->raw);
}

/*
 * The attacker's text seems to call, and is gone when the kernel looks for who
 * called: what is judged is what is there then.
 */
static long text_put_back(void)
{
	static unsigned long content[PAGE / sizeof(long)]
		__attribute__((aligned(4096)));
	char *stack = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd;

	expect(stack != MAP_FAILED);
	expect(map_payload(page_of(good->raw)) == good->raw);
	fd = watch_page(stack, O_CLOEXEC);
	content[0] = word(good->ret);
	content[1] = word(landing);
	supply_later(fd, stack, content, genuine_text);
	return call_mkdir((void *)stack);
}

static const struct attack attacks[] = {
	{ "a return address behind a call in the library", NULL, NULL, NULL,
	  return_behind_a_call },
	{ "a return address in the library behind something else", NULL, NULL,
	  NULL, return_behind_no_call },
	{ "a jump to the library's own system call instruction", NULL, NULL,
	  NULL, mkdir_at_once },
	{ "an imitated predecessor", AFTER_GETUID, NULL, NULL,
	  imitated_predecessor },
	{ "a forged signal frame, where no predecessor is asked for", NULL,
	  NULL, learn_frame, forged_frame },
	{ "forged contents of a frame of a signal that came at the right time",
	  AFTER_GETUID, NULL, learn_frame, contents_of_a_frame },
	{ "a library that calls what it is told to call", NULL, NULL, NULL,
	  confused_deputy },
	{ "a library whose file can be written", NULL, NULL, NULL,
	  file_written },
	{ "text that is put back while the kernel waits for the stack", NULL,
	  NULL, NULL, text_put_back },
};

int main(void)
{
	return run_limits(attacks, sizeof(attacks) / sizeof(attacks[0]));
}
