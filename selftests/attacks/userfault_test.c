// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attacks by userfaultfd(2): the attacker decides what the kernel finds on the
 * stack at the moment when it looks there, and does other things while it
 * waits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "attack.h"
#include "pivot.h"
#include "userfault.h"

static unsigned long content[PAGE / sizeof(long)]
	__attribute__((aligned(4096)));

static void *missing_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	expect(page != MAP_FAILED);
	return page;
}

/* mkdir() on a stack that comes into being when it is looked at. */
static long on_missing_stack(int flags, unsigned long address,
			     void (*first)(void))
{
	char *stack = missing_page();
	int fd = watch_page(stack, flags);

	catch_faults();
	content[0] = address;
	content[1] = word(landing);
	supply_later(fd, stack, content, first);
	return call_mkdir((void *)stack);
}

static long stack_that_comes(void)
{
	return on_missing_stack(O_CLOEXEC, word(content), NULL);
}

static void replace_text(void)
{
	expect(map_payload(page_of(good->raw)) == good->raw);
}

/*
 * It returns into the library, whose text is no more when the kernel learns of
 * it.  No lock may be held then, or the thread that replaces it would wait.
 */
static long text_replaced_meanwhile(void)
{
	return on_missing_stack(O_CLOEXEC, word(good->ret), replace_text);
}

/* Faults of the kernel are not served, and what is not read is not known. */
static long stack_only_for_users(void)
{
	return on_missing_stack(O_CLOEXEC | UFFD_USER_MODE_ONLY,
				word(good->ret), NULL);
}

/*
 * A private mapping of a file in shared memory takes pages, too.  Nothing that
 * says so changes between the calls but the page.
 */
static long page_put_into_text(void)
{
	char page[PAGE] __attribute__((aligned(4096)));
	void *text = page_of(good->raw);
	int i, fd;

	memcpy(page, text, PAGE);
	write_payload(page);
	fd = watch_page(text, O_CLOEXEC);
	for (i = 0; i < 100; i++)
		expect(!good->raw(NULL) && !rmdir(TWIN));
	expect(!madvise(text, PAGE, MADV_DONTNEED));
	supply_page(fd, text, page);
	return good->raw(PRIZE);
}

static const struct attack attacks[] = {
	{ "a stack that comes while the kernel looks", NULL, NULL, NULL,
	  stack_that_comes },
	{ "text replaced while the kernel waits for the stack", NULL, NULL,
	  NULL, text_replaced_meanwhile },
	{ "a stack that only the user can read", NULL, NULL, NULL,
	  stack_only_for_users },
	{ "a page put into the library's text", NULL, NULL, NULL,
	  page_put_into_text },
};

static int waits[2];

/* If this did more, the process could end by itself. */
static void *announce(void *fd)
{
	await_fault(*(int *)fd);
	expect(write(waits[1], "", 1) == 1);
	return NULL;
}

static void wait_for_the_stack(void)
{
	char *stack = missing_page();
	int fd = watch_page(stack, O_CLOEXEC);
	pthread_t thread;

	confine(POLICY, NULL);
	expect(!pthread_create(&thread, NULL, announce, &fd));
	call_mkdir((void *)stack);
	_exit(1);
}

static void who_waits_for_the_stack_can_be_killed(void)
{
	int status;
	char byte;
	pid_t pid;

	enter_scene();
	expect(!pipe(waits));
	pid = fork();
	if (!pid)
		wait_for_the_stack();
	close(waits[1]);
	expect(pid > 0 && read(waits[0], &byte, 1) == 1);
	expect(!kill(pid, SIGKILL) && waitpid(pid, &status, 0) == pid);
	expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	expect(!exists(PRIZE));
}

static const struct test_case tests[] = {
	{ "who waits for the stack can be killed",
	  who_waits_for_the_stack_can_be_killed, 0 },
};

int main(void)
{
	return run_attacks(attacks, sizeof(attacks) / sizeof(attacks[0]), tests,
			   sizeof(tests) / sizeof(tests[0]));
}
