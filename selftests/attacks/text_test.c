// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attacks on the text of the library: the attacker's code where it should be. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>

#include "attack.h"

#define RX  (PROT_READ | PROT_EXEC)
#define RW  (PROT_READ | PROT_WRITE)
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)

/* What the caches of the kernel may hold, they hold then. */
static void warm_up(void)
{
	int i;

	for (i = 0; i < 100; i++) {
		expect(!good->raw(NULL));
		expect(!rmdir(TWIN));
	}
}

static long mapped_over(void)
{
	warm_up();
	expect(map_payload(page_of(good->raw)) == good->raw);
	return good->raw(PRIZE);
}

static void write_file(void)
{
	write_evil_library("other.so");
}

static long other_file_mapped_over(void)
{
	int fd = open("other.so", O_RDONLY);

	warm_up();
	expect(fd >= 0);
	expect(map_raw(fd, RX, page_of(good->raw)) == good->raw);
	return good->raw(NULL);
}

/* What is not there after fork() leaves its place to somebody else. */
static long mapped_in_the_child(void)
{
	int status;
	pid_t pid;

	warm_up();
	expect(!madvise(page_of(good->raw), PAGE, MADV_DONTFORK));
	pid = fork();
	if (!pid) {
		expect(map_payload(page_of(good->raw)) == good->raw);
		_exit(-good->raw(PRIZE));
	}
	expect(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	/* The parent has it still. */
	expect(!good->raw(NULL) && !rmdir(TWIN));
	return -WEXITSTATUS(status);
}

static void *reserve(void)
{
	void *page =
		mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	expect(page != MAP_FAILED);
	return page;
}

static void move(void *from, void *to)
{
	expect(mremap(from, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	       to);
}

static long moved_over(void)
{
	void *page = page_of(good->raw);
	void *evil = page_of(map_payload(NULL));

	warm_up();
	move(page, reserve());
	move(evil, page);
	return good->raw(PRIZE);
}

/* Exchanged while the library's text is put away, and then both moved. */
static long moved_to_and_fro(void)
{
	void *page = page_of(good->raw), *away = reserve();
	void *evil = page_of(map_payload(NULL));

	move(page, away);
	move(away, page);
	warm_up();
	move(page, away);
	move(evil, page);
	return good->raw(PRIZE);
}

static long written_then_executable(void)
{
	makes_fn raw = map_raw(good_fd, RW, NULL);

	write_payload(page_of(raw));
	expect(!mprotect(page_of(raw), PAGE, RX));
	return raw(PRIZE);
}

static long executable_while_writable(void)
{
	makes_fn raw = map_raw(good_fd, RWX, NULL);

	write_payload(page_of(raw));
	return raw(PRIZE);
}

static long written_in_place(void)
{
	warm_up();
	expect(!mprotect(page_of(good->raw), PAGE, RWX));
	write_payload(page_of(good->raw));
	expect(!mprotect(page_of(good->raw), PAGE, RX));
	return good->raw(PRIZE);
}

/* A page of which nothing was written is no better than its neighbour. */
static long written_and_split(void)
{
	char *pages = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, good_fd,
			   raw_page_offset());
	makes_fn raw = (makes_fn)(void *)(pages + raw_offset());

	expect(pages != MAP_FAILED);
	write_payload(pages);
	expect(!mprotect(pages, 2 * PAGE, RX));
	expect(!munmap(pages + PAGE, PAGE));
	return raw(PRIZE);
}

static void write_by_force(void)
{
	char page[PAGE];
	int fd = open("/proc/self/mem", O_RDWR);
	off_t where = (off_t)(unsigned long)page_of(good->raw);

	expect(fd >= 0 && pread(fd, page, PAGE, where) == (ssize_t)PAGE);
	write_payload(page);
	expect(pwrite(fd, page, PAGE, where) == (ssize_t)PAGE && !close(fd));
}

static long forced_before_the_first_call(void)
{
	write_by_force();
	return good->raw(PRIZE);
}

static long forced_after_many_calls(void)
{
	warm_up();
	write_by_force();
	return good->raw(PRIZE);
}

/* The private copy is gone with it, but what it was written to is not. */
static long forced_and_then_discarded(void)
{
	warm_up();
	write_by_force();
	expect(!madvise(page_of(good->raw), PAGE, MADV_DONTNEED));
	write_by_force();
	return good->raw(PRIZE);
}

/* In a process that inherits the text that another has written. */
static long forced_before_fork(void)
{
	int status;
	pid_t pid;

	warm_up();
	write_by_force();
	pid = fork();
	if (!pid)
		_exit(-good->raw(PRIZE));
	expect(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static int to_sibling[2], from_sibling[2];

/* A process that is not confined, and that writes when it is asked to. */
static void sibling(pid_t victim)
{
	char page[PAGE], byte;
	unsigned long word;
	size_t i;
	int status;

	memcpy(page, page_of(good->raw), PAGE);
	write_payload(page);
	expect(read(to_sibling[0], &byte, 1) == 1);
	expect(!ptrace(PTRACE_SEIZE, victim, NULL, NULL));
	expect(!ptrace(PTRACE_INTERRUPT, victim, NULL, NULL));
	expect(waitpid(victim, &status, __WALL) == victim);
	for (i = raw_offset(); i < raw_offset() + 64; i += sizeof(word)) {
		memcpy(&word, page + i, sizeof(word));
		expect(!ptrace(PTRACE_POKETEXT, victim,
			       (char *)page_of(good->raw) + i, word));
	}
	expect(!ptrace(PTRACE_DETACH, victim, NULL, NULL));
	expect(write(from_sibling[1], "", 1) == 1);
}

static void start_sibling(void)
{
	pid_t victim = getpid();

	expect(!pipe(to_sibling) && !pipe(from_sibling));
	if (!fork()) {
		close(to_sibling[1]);
		sibling(victim);
		_exit(0);
	}
	/* If it dies there is nothing to wait for. */
	close(from_sibling[1]);
}

static long poked_by_a_sibling(void)
{
	char byte;

	warm_up();
	expect(write(to_sibling[1], "", 1) == 1);
	expect(read(from_sibling[0], &byte, 1) == 1);
	return good->raw(PRIZE);
}

/* The file is the library's, but this part of it is no code. */
static long data_of_the_file_as_code(void)
{
	const char *data = page_of(good->payload);
	const char *text = page_of(good->raw);
	char *page = mmap(NULL, PAGE, RX, MAP_PRIVATE, good_fd,
			  raw_page_offset() + (data - text));

	expect(page != MAP_FAILED && !memcmp(page, data, PAGE));
	return ((makes_fn)(void *)(page + (good->payload - data)))(PRIZE);
}

static long generated_code(void)
{
	return map_payload(NULL)(PRIZE);
}

static const struct attack attacks[] = {
	{ "code in anonymous memory", NULL, NULL, NULL, generated_code },
	{ "anonymous memory mapped over text", NULL, NULL, NULL, mapped_over },
	{ "another file mapped over text", NULL, NULL, write_file,
	  other_file_mapped_over },
	{ "text that the child does not inherit", NULL, NULL, NULL,
	  mapped_in_the_child },
	{ "text moved away and other text there", NULL, NULL, NULL,
	  moved_over },
	{ "text moved to and fro", NULL, NULL, NULL, moved_to_and_fro },
	{ "a private mapping written, then executable", NULL, NULL, NULL,
	  written_then_executable },
	{ "a private mapping writable and executable", NULL, NULL, NULL,
	  executable_while_writable },
	{ "text made writable in its place", NULL, NULL, NULL,
	  written_in_place },
	{ "a written mapping that was split", NULL, NULL, NULL,
	  written_and_split },
	{ "/proc/self/mem before the first call", NULL, NULL, NULL,
	  forced_before_the_first_call },
	{ "/proc/self/mem after many calls", NULL, NULL, NULL,
	  forced_after_many_calls },
	{ "/proc/self/mem again after MADV_DONTNEED", NULL, NULL, NULL,
	  forced_and_then_discarded },
	{ "/proc/self/mem before fork", NULL, NULL, NULL, forced_before_fork },
	{ "PTRACE_POKETEXT by a sibling", NULL, NULL, start_sibling,
	  poked_by_a_sibling },
	{ "data of the library's file as code", NULL, NULL, NULL,
	  data_of_the_file_as_code },
};

int main(void)
{
	return run_attacks(attacks, sizeof(attacks) / sizeof(attacks[0]), NULL,
			   0);
}
