// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attacks on what the kernel remembers of text that was right a moment ago, and
 * on what it reads from a stack that changes.  Whoever changes something says so, and only then the
 * call is made that must be denied or permitted: nothing depends on who is
 * faster.  In each attack this is repeated, and the first call that gives
 * something else than EPERM ends it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "attack.h"
#include "pivot.h"

#define RX  (PROT_READ | PROT_EXEC)
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)

#define ROUNDS 2000

/* Ways to put the attacker's text where the library's is, and to undo it. */
struct exchange {
	void (*begin)(void);
	void (*evil)(void);
	void (*genuine)(void);
};

static void *place(void)
{
	return page_of(good->raw);
}

static void genuine_over(void)
{
	expect(map_raw(good_fd, RX, place()) == good->raw);
}

static void evil_over(void)
{
	expect(map_payload(place()) == good->raw);
}

static void genuine_unmapped(void)
{
	expect(!munmap(place(), PAGE));
	genuine_over();
}

static void evil_unmapped(void)
{
	expect(!munmap(place(), PAGE));
	evil_over();
}

static void *evil_page, *genuine_page;

static void reserve_pages(void)
{
	evil_page = page_of(map_payload(NULL));
	genuine_page =
		mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(genuine_page != MAP_FAILED);
}

static void move(void *from, void *to)
{
	expect(mremap(from, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	       to);
}

static void evil_moved(void)
{
	move(place(), genuine_page);
	move(evil_page, place());
}

static void genuine_moved(void)
{
	move(place(), evil_page);
	move(genuine_page, place());
}

static void evil_written(void)
{
	expect(!mprotect(place(), PAGE, RWX));
	write_payload(place());
	expect(!mprotect(place(), PAGE, RX));
}

/* And that is how it stays. */
static void evil_writable(void)
{
	evil_written();
	expect(!mprotect(place(), PAGE, RWX));
}

static int mem;

static void open_mem(void)
{
	mem = open("/proc/self/mem", O_RDWR);
	expect(mem >= 0);
}

/* No mapping changes here, and so no lock of mappings is taken. */
static void evil_forced(void)
{
	expect(pwrite(mem, good->payload, good->payload_size,
		      (off_t)(unsigned long)good->raw) ==
	       (ssize_t)good->payload_size);
}

static const struct exchange over = { NULL, evil_over, genuine_over };
static const struct exchange unmapped = { NULL, evil_unmapped,
					  genuine_unmapped };
static const struct exchange moved = { reserve_pages, evil_moved,
				       genuine_moved };
static const struct exchange written = { NULL, evil_written, genuine_over };
static const struct exchange writable = { NULL, evil_writable, genuine_over };
static const struct exchange forced = { open_mem, evil_forced, genuine_over };

/* Who may act: whoever writes it lets the other one see all that was before. */
enum turn {
	CALL,
	EVIL,
	GENUINE,
	STOP
};

static struct {
	const struct exchange *exchange;
	int turn;
} shared;

static void give(int turn)
{
	__atomic_store_n(&shared.turn, turn, __ATOMIC_RELEASE);
	syscall(SYS_futex, &shared.turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Sleep while it is @turn; spinning would wait for a processor to be free. */
static int await_change(int turn)
{
	int now;

	while ((now = __atomic_load_n(&shared.turn, __ATOMIC_ACQUIRE)) == turn)
		syscall(SYS_futex, &shared.turn, FUTEX_WAIT, turn, NULL, NULL,
			0);
	return now;
}

static void order(int turn)
{
	give(turn);
	await_change(turn);
}

static int exchanger(void *arg)
{
	int turn;

	(void)arg;
	while ((turn = await_change(CALL)) != STOP) {
		if (turn == EVIL)
			shared.exchange->evil();
		else
			shared.exchange->genuine();
		give(CALL);
	}
	return 0;
}

static void *exchanger_thread(void *arg)
{
	exchanger(NULL);
	return arg;
}

static long call_in_turns(void)
{
	long ret = -EPERM;
	int i;

	for (i = 0; i < ROUNDS && ret == -EPERM; i++) {
		expect(!good->raw(NULL) && !rmdir(TWIN));
		order(EVIL);
		ret = good->raw(PRIZE);
		order(GENUINE);
	}
	give(STOP);
	return ret;
}

static void begin(const struct exchange *exchange)
{
	if (exchange->begin)
		exchange->begin();
	shared.exchange = exchange;
	give(CALL);
}

static long by_thread(const struct exchange *exchange)
{
	pthread_t thread;
	long ret;

	begin(exchange);
	expect(!pthread_create(&thread, NULL, exchanger_thread, NULL));
	ret = call_in_turns();
	expect(!pthread_join(thread, NULL));
	return ret;
}

static long mapped_by_a_thread(void)
{
	return by_thread(&over);
}

static long unmapped_by_a_thread(void)
{
	return by_thread(&unmapped);
}

static long moved_by_a_thread(void)
{
	return by_thread(&moved);
}

static long written_by_a_thread(void)
{
	return by_thread(&written);
}

static long made_writable_by_a_thread(void)
{
	return by_thread(&writable);
}

static long forced_by_a_thread(void)
{
	return by_thread(&forced);
}

/* Not a thread, although it has the same memory. */
static long mapped_by_a_process(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;
	pid_t pid;
	long ret;

	begin(&over);
	pid = clone(exchanger, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	expect(pid > 0);
	ret = call_in_turns();
	expect(waitpid(pid, &status, 0) == pid && !status);
	return ret;
}

/* What the parent knows of an address is not true in the child. */
static long mapped_by_children(void)
{
	long ret = -EPERM;
	int i, status;
	pid_t pid;

	for (i = 0; i < 200 && ret == -EPERM; i++) {
		expect(!good->raw(NULL) && !rmdir(TWIN));
		pid = fork();
		if (!pid) {
			evil_over();
			_exit(-good->raw(PRIZE));
		}
		expect(pid > 0 && waitpid(pid, &status, 0) == pid);
		expect(WIFEXITED(status));
		ret = -WEXITSTATUS(status);
	}
	return ret;
}

static void fetch_relay(void)
{
	fetch("relay_nolibc", "registered");
	fetch("relay_nolibc", "copy");
}

/* One task executes two files in turn, which have the same addresses. */
static long executed_in_turns(void)
{
	static char steps[201];
	char *argv[] = { "registered", "registered", "copy", steps, NULL };
	char *envp[] = { NULL };
	int status;
	pid_t pid = vfork();

	memset(steps, '.', sizeof(steps) - 1);
	if (!pid) {
		execve(argv[0], argv, envp);
		_exit(97);
	}
	expect(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return -WEXITSTATUS(status);
}

/*
 * A second thread changes the return address all the time.  The call is judged
 * by one of the values that it had, and as a whole.
 */
static unsigned long values[2];
static int flips, flipping;

static void *flipper(void *arg)
{
	unsigned long *slot = arg;

	while (__atomic_load_n(&flipping, __ATOMIC_ACQUIRE)) {
		__atomic_store_n(slot, values[0], __ATOMIC_RELAXED);
		__atomic_store_n(slot, values[1], __ATOMIC_RELAXED);
		__atomic_add_fetch(&flips, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static bool enough_flips(void)
{
	return __atomic_load_n(&flips, __ATOMIC_ACQUIRE) >= ROUNDS;
}

static long flip(unsigned long one, unsigned long other)
{
	unsigned long *stack = fake_stack();
	pthread_t thread;
	long ret = -EPERM;
	int i;

	catch_faults();
	values[0] = one;
	values[1] = other;
	stack[0] = one;
	stack[1] = word(landing);
	__atomic_store_n(&flipping, 1, __ATOMIC_RELEASE);
	expect(!pthread_create(&thread, NULL, flipper, stack));
	for (i = 0; ret == -EPERM && (i < ROUNDS || !enough_flips()); i++)
		ret = call_mkdir(stack);
	__atomic_store_n(&flipping, 0, __ATOMIC_RELEASE);
	expect(!pthread_join(thread, NULL));
	return ret;
}

static long flip_data_and_program(void)
{
	return flip(word(values), word(landing));
}

static unsigned long halves[2];

/* An address at which nothing is, of those that @step leads to. */
static unsigned long unmapped_at(unsigned long address, unsigned long step)
{
	unsigned char unused;

	while (!mincore((void *)(address & ~(PAGE - 1)), PAGE, &unused))
		address += step;
	expect(errno == ENOMEM);
	return address;
}

/* Each has one half of an address in the library, and leads nowhere. */
static void find_halves(void)
{
	unsigned long whole = word(good->behind_call);
	unsigned long low = whole & 0xffffffffUL;

	halves[0] = unmapped_at(whole - low, PAGE);
	halves[1] = unmapped_at(low, 1UL << 32);
	expect(halves[1] >> 32 != whole >> 32);
}

static long flip_halves(void)
{
	return flip(halves[0], halves[1]);
}

static const struct attack attacks[] = {
	{ "text mapped over by a thread", NULL, NULL, NULL,
	  mapped_by_a_thread },
	{ "text unmapped and other text mapped by a thread", NULL, NULL, NULL,
	  unmapped_by_a_thread },
	{ "text moved away and to by a thread", NULL, NULL, NULL,
	  moved_by_a_thread },
	{ "text written by a thread", NULL, NULL, NULL, written_by_a_thread },
	{ "text made writable by a thread", NULL, NULL, NULL,
	  made_writable_by_a_thread },
	{ "text written by force by a thread", NULL, NULL, NULL,
	  forced_by_a_thread },
	{ "text mapped over by a process with the same memory", NULL, NULL,
	  NULL, mapped_by_a_process },
	{ "text mapped over by many children", NULL, NULL, NULL,
	  mapped_by_children },
	{ "two programs executed in turn by one process", NULL, "registered",
	  fetch_relay, executed_in_turns },
	{ "a return address that changes all the time", NULL, NULL, NULL,
	  flip_data_and_program },
	{ "halves of a return address in turn", NULL, NULL, find_halves,
	  flip_halves },
};

int main(void)
{
	return run_attacks(attacks, sizeof(attacks) / sizeof(attacks[0]), NULL,
			   0);
}
