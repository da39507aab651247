// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "../seccomp/common.h"
#include "../seccomp/register.h"
#include "bpf_model.h"
#include "decision.h"
#include "fuzz_lib.h"

#define PAGE 4096UL

/* Where nothing is mapped by itself; one such area for each script. */
#define GROWING_TOP  0x100000000000UL
#define GROWING_STEP 0x4000000UL

#define MAX_SAVED   8
#define STACK_BYTES (256UL << 10)

/* A library of this program, or the program itself. */
struct library {
	const struct fuzz_lib *calls;
	struct registration plain;
	struct registration transparent;
	/* Its text, and the file to map it from */
	char *text;
	size_t size;
	off_t offset;
	int fd;
};

static struct library libraries[NR_OBJECTS];
static fuzz_call *anonymous;

struct previous {
	int nr;
	unsigned int arch;
};

/* A task and what the model knows of it. */
struct player {
	const struct decision_case *c;
	const struct script *script;
	unsigned int at;
	struct play *play;
	/* The lowest page of an area that grows; NULL if none is to */
	volatile char *growing;
	unsigned int nr_filters;
	struct previous prev;
	/* What it was before each handler; the outermost may be forgotten */
	struct previous saved[MAX_SAVED];
	unsigned int depth;
	unsigned int forgotten;
	/* Where to go on after a jump out of each */
	sigjmp_buf outside[MAX_DEPTH];
	bool rewritten[NR_OBJECTS];
};

static __thread struct player *self;

__attribute__((noreturn, format(printf, 1, 2))) static void
die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vdprintf(STDOUT_FILENO, format, ap);
	va_end(ap);
	_exit(2);
}

/*
 * The model
 */
#define NOBODY -1
#define END    -2

static const int layers[NR_WAYS][4] = {
	[WAY_PROGRAM] = { OBJECT_PROGRAM, END },
	[WAY_A] = { OBJECT_A, OBJECT_PROGRAM, END },
	[WAY_B] = { OBJECT_B, OBJECT_PROGRAM, END },
	[WAY_A_LIBC] = { OBJECT_LIBC, OBJECT_A, OBJECT_PROGRAM, END },
	[WAY_B_LIBC] = { OBJECT_LIBC, OBJECT_B, OBJECT_PROGRAM, END },
	[WAY_A_T] = { OBJECT_T, OBJECT_A, OBJECT_PROGRAM, END },
	[WAY_B_T] = { OBJECT_T, OBJECT_B, OBJECT_PROGRAM, END },
	[WAY_A_B] = { OBJECT_B, OBJECT_A, OBJECT_PROGRAM, END },
	[WAY_A_T_LIBC] = { OBJECT_LIBC, OBJECT_T, OBJECT_A, OBJECT_PROGRAM },
	[WAY_ANONYMOUS] = { NOBODY, END },
	[WAY_A_ANONYMOUS] = { NOBODY, END },
	[WAY_INT80] = { NOBODY, END },
};

#define X32_BIT 0x40000000U

static unsigned int caller_of(const struct player *p,
			      const struct decision_filter *filter,
			      const struct step *step)
{
	const int *layer = layers[step->way];

	if (!filter->registered || step->nr & X32_BIT)
		return SECCOMP_CALLER_UNKNOWN;
	for (;; layer++) {
		if (*layer == NOBODY || p->rewritten[*layer] ||
		    !filter->id[*layer])
			return SECCOMP_CALLER_UNKNOWN;
		if (!filter->transparent[*layer])
			return filter->id[*layer];
	}
}

static const struct judged_call *judged(const struct step *step)
{
	bool compat = step->way == WAY_INT80;
	unsigned int i;

	for (i = 0; i < NR_JUDGED; i++) {
		if (judged_calls[i].nr == step->nr &&
		    judged_calls[i].compat == compat)
			return &judged_calls[i];
	}
	abort();
}

static int previous_for(const struct player *p, unsigned int arch)
{
	if (p->prev.nr >= 0 && p->prev.arch != arch)
		return SECCOMP_PREV_NONE;
	return p->prev.nr;
}

static struct seccomp_data data_of(const struct player *p,
				   const struct step *step)
{
	struct seccomp_data data = { .nr = step->nr };
	unsigned int i;

	data.arch = step->way == WAY_INT80 ? AUDIT_ARCH_I386 :
					     AUDIT_ARCH_X86_64;
	data.prev_nr = previous_for(p, data.arch);
	for (i = 0; i < 4; i++)
		data.args[i] = step->args[i];
	return data;
}

/* The strictest action decides; of equal ones, the newest filter's. */
static __u32 verdict(const struct player *p, const struct step *step)
{
	struct seccomp_data data = data_of(p, step);
	__u32 result = SECCOMP_RET_ALLOW;
	unsigned int i;

	for (i = p->nr_filters; i-- > 0;) {
		const struct decision_filter *filter = &p->c->filters[i];
		__u32 ret;

		data.caller_id = caller_of(p, filter, step);
		ret = bpf_model_run(filter->prog, filter->len, &data);
		if ((__s32)(ret & SECCOMP_RET_ACTION_FULL) <
		    (__s32)(result & SECCOMP_RET_ACTION_FULL))
			result = ret;
	}
	return result;
}

static void record(struct player *p, int nr)
{
	p->prev.nr = nr;
	p->prev.arch = AUDIT_ARCH_X86_64;
}

/* What the call must come to, and what it leaves behind. */
static int predict(struct player *p, const struct step *step)
{
	__u32 ret = verdict(p, step);

	switch (ret & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		p->play->permitted++;
		p->prev.nr = step->nr;
		p->prev.arch = step->way == WAY_INT80 ? AUDIT_ARCH_I386 :
							AUDIT_ARCH_X86_64;
		return judged(step)->exists ? RESULT_DONE : -ENOSYS;
	case SECCOMP_RET_ERRNO:
		p->play->denied++;
		return -(int)(ret & SECCOMP_RET_DATA);
	case SECCOMP_RET_TRACE:
		/* There is no tracer. */
		p->play->denied++;
		return -ENOSYS;
	}
	abort();
}

static bool prev_matters(const struct player *p)
{
	unsigned int i;

	for (i = 0; i < p->nr_filters; i++) {
		if (p->c->filters[i].uses_prev)
			return true;
	}
	return false;
}

static void enter_handler(struct player *p)
{
	p->saved[p->depth++ % MAX_SAVED] = p->prev;
	if (!prev_matters(p)) {
		p->forgotten = p->depth;
		return;
	}
	if (p->depth - p->forgotten > MAX_SAVED)
		p->forgotten++;
	p->prev.nr = SECCOMP_PREV_SIGNAL;
}

static void leave_handler(struct player *p, bool returns)
{
	p->depth--;
	if (!returns) {
		/* What was before is lost. */
		if (p->forgotten > p->depth)
			p->forgotten = p->depth;
		return;
	}
	if (p->depth < p->forgotten) {
		p->forgotten = p->depth;
		record(p, SYS_rt_sigreturn);
	} else {
		p->prev = p->saved[p->depth % MAX_SAVED];
	}
}

/*
 * The system
 */
static long int80_call(const struct step *step)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(step->nr), "b"(step->args[0]),
			   "c"(step->args[1]), "d"(step->args[2]),
			   "S"(step->args[3])
			 : "r8", "r9", "r10", "r11", "memory");
	return (int)ret;
}

static long program_call(const struct step *step)
{
	const unsigned long *args = step->args;

	return raw_syscall(step->nr, args[0], args[1], args[2], args[3], 0);
}

static long make_call(const struct step *step)
{
	const struct fuzz_lib *a = libraries[OBJECT_A].calls;
	const struct fuzz_lib *b = libraries[OBJECT_B].calls;
	const struct fuzz_lib *t = libraries[OBJECT_T].calls;

	switch (step->way) {
	case WAY_PROGRAM:
		return program_call(step);
	case WAY_A:
		return a->own(step->nr, step->args);
	case WAY_B:
		return b->own(step->nr, step->args);
	case WAY_A_LIBC:
		return a->libc(step->nr, step->args);
	case WAY_B_LIBC:
		return b->libc(step->nr, step->args);
	case WAY_A_T:
		return a->through(t->own, step->nr, step->args);
	case WAY_B_T:
		return b->through(t->own, step->nr, step->args);
	case WAY_A_B:
		return a->through(b->own, step->nr, step->args);
	case WAY_A_T_LIBC:
		return a->through(t->libc, step->nr, step->args);
	case WAY_ANONYMOUS:
		return anonymous(step->nr, step->args);
	case WAY_A_ANONYMOUS:
		return a->through(anonymous, step->nr, step->args);
	case WAY_INT80:
		return int80_call(step);
	case NR_WAYS:
		break;
	}
	abort();
}

static void install_filter(struct player *p)
{
	const struct decision_filter *filter = &p->c->filters[p->nr_filters];
	struct registration reg = { .nr = 0 };
	unsigned int i;
	int ret;

	for (i = 0; i < NR_OBJECTS; i++) {
		const struct registration *from =
			filter->transparent[i] ? &libraries[i].transparent :
						 &libraries[i].plain;

		if (!filter->id[i])
			continue;
		reg.objects[reg.nr] = from->objects[0];
		reg.objects[reg.nr++].id = filter->id[i];
	}
	if (filter->registered)
		ret = install_callers(&reg, filter->prog, filter->len);
	else
		ret = install(filter->prog, filter->len);
	if (ret)
		die("# cannot install a filter: %s\n", strerror(errno));
	p->nr_filters++;
	record(p, SYS_seccomp);
}

static void fork_player(void)
{
	long pid = raw_syscall(SYS_fork, 0, 0, 0, 0, 0);
	int status;

	if (pid < 0)
		die("# cannot fork\n");
	if (!pid)
		return;
	if (waitpid(pid, &status, 0) != pid)
		die("# cannot wait\n");
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
}

static void protect(const struct library *lib, int prot)
{
	if (raw_syscall(SYS_mprotect, (long)lib->text, (long)lib->size, prot, 0,
			0))
		die("# cannot protect text\n");
}

static void rewrite(const struct library *lib)
{
	volatile char *byte = lib->text;

	protect(lib, PROT_READ | PROT_WRITE | PROT_EXEC);
	*byte = *byte;
	protect(lib, PROT_READ | PROT_EXEC);
}

static void poke(const struct library *lib)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, lib->text, 1, (off_t)lib->text) != 1)
		die("# cannot write text: %s\n", strerror(errno));
	close(fd);
}

static void renew(const struct library *lib)
{
	if (mmap(lib->text, lib->size, PROT_READ | PROT_EXEC,
		 MAP_PRIVATE | MAP_FIXED, lib->fd, lib->offset) == MAP_FAILED)
		die("# cannot map text\n");
}

/* The kernel may not remember anything of mappings over a fault like this. */
static void grow(struct player *p)
{
	if (!p->growing)
		return;
	p->growing -= PAGE;
	*p->growing = 1;
}

static void play_call(struct player *p, const struct step *step)
{
	int prev = previous_for(p, AUDIT_ARCH_X86_64);
	int want = predict(p, step);
	long have;

	grow(p);
	have = make_call(step);
	if (judged(step)->exists && have >= 0)
		have = RESULT_DONE;
	p->play->results[p->at] = have;
	if (have == want)
		return;
	p->play->failed = true;
	p->play->step = p->at;
	p->play->want = want;
	p->play->have = have;
	p->play->prev = prev;
	_exit(1);
}

static void raise_signal(struct player *p, int sig)
{
	long tid;

	if (sig == SIGILL) {
		/* Without any system call. */
		__asm__ volatile("ud2");
		return;
	}
	tid = raw_syscall(SYS_gettid, 0, 0, 0, 0, 0);
	record(p, SYS_tkill);
	raw_syscall(SYS_tkill, tid, sig, 0, 0, 0);
}

static void play_event(struct player *p, const struct step *step)
{
	const struct library *lib = &libraries[step->object];

	switch (step->kind) {
	case STEP_INSTALL:
		install_filter(p);
		return;
	case STEP_FORK:
		fork_player();
		record(p, SYS_fork);
		return;
	case STEP_REWRITE:
		rewrite(lib);
		p->rewritten[step->object] = true;
		record(p, SYS_mprotect);
		return;
	case STEP_POKE:
		poke(lib);
		p->rewritten[step->object] = true;
		record(p, SYS_close);
		return;
	case STEP_RENEW:
		renew(lib);
		p->rewritten[step->object] = false;
		record(p, SYS_mmap);
		return;
	default:
		abort();
	}
}

static void play_on(struct player *p)
{
	while (p->at < p->script->nr) {
		const struct step *step = &p->script->steps[p->at];

		if (step->kind == STEP_RETURN || step->kind == STEP_JUMP)
			return;
		if (step->kind == STEP_CALL) {
			play_call(p, step);
			p->at++;
		} else if (step->kind == STEP_SIGNAL) {
			p->at++;
			if (!sigsetjmp(p->outside[p->depth], 0))
				raise_signal(p, step->signal);
		} else {
			play_event(p, step);
			p->at++;
		}
	}
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;
	struct player *p = self;
	bool returns;

	(void)info;
	/* Past the instruction that cannot be executed. */
	if (sig == SIGILL)
		interrupted->uc_mcontext.gregs[REG_RIP] += 2;
	enter_handler(p);
	play_on(p);
	/* Past the step that ends the handler. */
	returns = p->script->steps[p->at++].kind == STEP_RETURN;
	leave_handler(p, returns);
	if (!returns)
		siglongjmp(p->outside[p->depth], 1);
}

static void catch_signals(void)
{
	struct sigaction act = {
		.sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	if (sigaction(SIGUSR1, &act, NULL) || sigaction(SIGILL, &act, NULL))
		die("# cannot catch signals\n");
	act.sa_flags |= SA_ONSTACK;
	if (sigaction(SIGUSR2, &act, NULL))
		die("# cannot catch signals\n");
}

static void alternate_stack(void)
{
	stack_t stack = { .ss_size = STACK_BYTES };

	stack.ss_sp = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL))
		die("# no alternate stack\n");
}

/* Something that the model knows of, whatever the start of a thread did. */
static void begin(struct player *p)
{
	self = p;
	raw_syscall(SYS_gettid, 0, 0, 0, 0, 0);
	record(p, SYS_gettid);
}

static void *thread(void *arg)
{
	alternate_stack();
	begin(arg);
	play_on(arg);
	return NULL;
}

static volatile char *growing_area(unsigned int nr)
{
	void *top = (void *)(GROWING_TOP + nr * GROWING_STEP);

	if (mmap(top, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN |
			 MAP_FIXED_NOREPLACE,
		 -1, 0) != top)
		die("# no area that grows\n");
	return top;
}

static void play_threads(struct player *players, unsigned int nr)
{
	pthread_t threads[MAX_SCRIPTS];
	unsigned int i;

	for (i = 1; i < nr; i++) {
		if (pthread_create(&threads[i], NULL, thread, &players[i]))
			die("# no thread\n");
	}
	begin(&players[0]);
	play_on(&players[0]);
	for (i = 1; i < nr; i++)
		pthread_join(threads[i], NULL);
}

void decision_play(const struct decision_case *c, bool undecidable,
		   struct play *plays)
{
	static struct player players[MAX_SCRIPTS];
	unsigned int i;

	for (i = 0; i < c->nr_scripts; i++) {
		players[i] = (struct player){
			.c = c,
			.script = &c->scripts[i],
			.play = &plays[i],
			.growing = undecidable ? growing_area(i) : NULL,
		};
	}
	self = &players[0];
	catch_signals();
	alternate_stack();
	for (i = 0; i < c->nr_first; i++)
		install_filter(&players[0]);
	for (i = 1; i < c->nr_scripts; i++)
		players[i].nr_filters = c->nr_first;
	if (c->nr_scripts > 1)
		play_threads(players, c->nr_scripts);
	else
		play_on(&players[0]);
	_exit(0);
}

/*
 * Before all
 */
static int open_library(enum object object, const char *path)
{
	struct library *lib = &libraries[object];
	const struct seccomp_object *text;
	unsigned long skew;
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	lib->calls = handle ? dlsym(handle, "fuzz_lib") : NULL;
	lib->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!lib->calls || lib->fd < 0 ||
	    add_loaded(&lib->plain, lib->calls, 1) ||
	    add_transparent(&lib->transparent, lib->calls, 1))
		return -1;
	text = &lib->plain.objects[0];
	skew = text->addr % PAGE;
	lib->text = (char *)text->addr - skew;
	lib->size = (text->len + skew + PAGE - 1) & -PAGE;
	lib->offset = text->offset - skew;
	return lib->plain.nr == 1 ? 0 : -1;
}

static int open_libraries(void)
{
	struct library *libc = &libraries[OBJECT_LIBC];
	struct library *program = &libraries[OBJECT_PROGRAM];

	if (open_library(OBJECT_A, TEST_HELPERS "/libfuzz_a.so") ||
	    open_library(OBJECT_B, TEST_HELPERS "/libfuzz_b.so") ||
	    open_library(OBJECT_T, TEST_HELPERS "/libfuzz_t.so"))
		return -1;
	/* stdout points into libc, whose data is part of the same object. */
	if (add_loaded(&libc->plain, stdout, 1) ||
	    add_transparent(&libc->transparent, stdout, 1) ||
	    add_loaded(&program->plain, open_libraries, 1))
		return -1;
	return libc->plain.nr == 1 && program->plain.nr == 1 ? 0 : -1;
}

int decision_setup(void)
{
	/* The fuzz_call of nobody: load the arguments, call, return. */
	static const unsigned char code[] = {
		0x48, 0x89, 0xf8, /* mov %rdi, %rax */
		0x48, 0x8b, 0x3e, /* mov (%rsi), %rdi */
		0x48, 0x8b, 0x56, 0x10, /* mov 16(%rsi), %rdx */
		0x4c, 0x8b, 0x56, 0x18, /* mov 24(%rsi), %r10 */
		0x48, 0x8b, 0x76, 0x08, /* mov 8(%rsi), %rsi */
		0x0f, 0x05, /* syscall */
		0xc3, /* ret */
	};
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return -1;
	memcpy(page, code, sizeof(code));
	if (mprotect(page, PAGE, PROT_READ | PROT_EXEC))
		return -1;
	anonymous = (fuzz_call *)page;
	return open_libraries();
}
