// SPDX-License-Identifier: GPL-2.0
/*
 * Is the caller that the kernel finds the one that section 5 of the ABI says,
 * with tables that are valid and senseless, and stacks full of rubbish?
 *
 *	unwind_fuzz [CASES [FIRST [SEED]]]
 *
 * Each case registers objects in a child, which then makes calls with stack
 * pointer, frame pointer and first argument set to anything.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../seccomp/common.h"
#include "../seccomp/register.h"
#include "maps.h"
#include "random.h"
#include "table.h"
#include "unwind_model.h"

#define LOOKUPS    64
#define WORDS      1024
#define NR_TEXTS   5
#define TABLE_ROOM (1UL << 20)
/* As far as an offset of a rule can lead, and a saved frame pointer. */
#define MARGIN (SECCOMP_UNWIND_MAX_OFFSET + 0x10000UL)

typedef long probe_function(long nr, unsigned long sp, unsigned long fp,
			    long arg0);

/* The libraries and the program, as they are in their files. */
static struct registration texts;
static probe_function *probe;
static unsigned long probe_ip;
/* A stack, with nothing for as far as an offset can lead on both sides. */
static unsigned long *stack;
static char *tables;

struct totals {
	unsigned int found;
	unsigned int unknown;
	unsigned int wrong;
};

static unsigned long text_address(struct random *r)
{
	const struct seccomp_object *text =
		&texts.objects[random_below(r, texts.nr)];

	/* Most of it is in the first rows. */
	return text->addr +
	       random_below(r, random_one_in(r, 2) ? 256 : text->len + 16);
}

static unsigned long random_word(struct random *r)
{
	static const unsigned long odd[] = {
		0,
		1,
		8,
		-1UL,
		-8UL,
		0x7ffffffffff8,
		0x7ffffffff000,
		0x800000000000,
		0xffff800000000000,
		0xffffffff81000000,
		0xffffffffff600000,
	};
	unsigned int kind = random_below(r, 32);

	if (kind < 1)
		return RANDOM_OF(r, odd);
	if (kind < 2)
		return random_u64(r);
	if (kind < 8)
		return (unsigned long)(stack + random_below(r, WORDS));
	return text_address(r);
}

static struct unwind_regs random_regs(struct random *r)
{
	struct unwind_regs regs = {
		.ip = probe_ip,
		.sp = (unsigned long)(stack + random_below(r, WORDS)),
		.fp = (unsigned long)(stack + random_below(r, WORDS)),
		.arg0 = text_address(r),
	};

	if (random_one_in(r, 16))
		regs.sp = random_word(r);
	if (random_one_in(r, 8))
		regs.fp = random_word(r);
	if (random_one_in(r, 16))
		regs.sp |= random_below(r, 8);
	return regs;
}

/*
 * Frames one after the other, nearly as many as are followed or a few more: all
 * but the last object are looked through.
 */
static void straight_objects(struct random *r, struct registration *reg)
{
	size_t used = 0;
	unsigned int i;

	*reg = texts;
	for (i = 0; i < reg->nr - 1; i++) {
		struct seccomp_object *object = &reg->objects[i];

		object->flags = SECCOMP_OBJECT_TRANSPARENT;
		object->unwind = (unsigned long)(tables + used);
		object->unwind_size =
			straight_table(tables + used, object->len);
		used += (object->unwind_size + 7) & -8UL;
	}
	for (i = 0; i < WORDS; i++) {
		const struct seccomp_object *text =
			random_one_in(r, SECCOMP_MAX_FRAMES) ?
				&texts.objects[texts.nr - 1] :
				&texts.objects[random_below(r, texts.nr - 1)];

		stack[i] = text->addr + 1 + random_below(r, text->len);
	}
}

/* Most are transparent, and cover their text, or only a part of it. */
static void random_objects(struct random *r, struct registration *reg)
{
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		stack[i] = random_word(r);
	reg->nr = 0;
	for (i = 0; i < texts.nr; i++) {
		struct seccomp_object object = texts.objects[i];
		size_t size;

		if (i && random_one_in(r, 8))
			continue;
		object.id = 1 + i;
		if (random_one_in(r, 8)) {
			object.offset += random_below(r, 64);
			object.len = 1 + random_below(r, object.len);
		}
		if (!random_one_in(r, 3)) {
			size = generate_table(r, tables + used,
					      TABLE_ROOM - used, object.len);
			if (!size)
				abort();
			object.flags = SECCOMP_OBJECT_TRANSPARENT;
			object.unwind = (unsigned long)(tables + used);
			object.unwind_size = size;
			used += (size + 7) & -8UL;
		}
		reg->objects[reg->nr++] = object;
	}
}

static int install_probe(const struct registration *reg)
{
	static const struct sock_filter show[] = {
		LOAD(nr),
		IS(PROBE_CALLER, 0, 4),
		SHOW(caller_id),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return install_callers(reg, show, COUNT(show));
}

static void look_up(const struct unwind_regs *regs, __u32 want,
		    struct totals *totals)
{
	long have = -probe(PROBE_CALLER, regs->sp, regs->fp, regs->arg0);

	if (have)
		totals->found++;
	else
		totals->unknown++;
	if (have == want)
		return;
	if (!totals->wrong++)
		printf("# sp %#llx fp %#llx arg0 %#llx: %ld, not %u\n",
		       regs->sp, regs->fp, regs->arg0, have, want);
}

/* In a child.  What is right is computed before any filter is there. */
static void play(struct random *r, struct totals *totals)
{
	struct unwind_regs regs[LOOKUPS];
	__u32 want[LOOKUPS];
	struct registration reg;
	unsigned int i;

	if (random_one_in(r, 8))
		straight_objects(r, &reg);
	else
		random_objects(r, &reg);
	for (i = 0; i < LOOKUPS; i++) {
		regs[i] = random_regs(r);
		want[i] = unwind_model_caller(reg.objects, reg.nr, &regs[i]);
	}
	if (!reg.nr || install_probe(&reg)) {
		printf("# cannot install: %s\n", strerror(errno));
		totals->wrong++;
		return;
	}
	/* Twice: the second time the kernel may remember. */
	for (i = 0; i < 2 * LOOKUPS; i++)
		look_up(&regs[i % LOOKUPS], want[i % LOOKUPS], totals);
}

static bool play_case(unsigned long seed, unsigned long nr,
		      struct totals *totals)
{
	unsigned int wrong = totals->wrong;
	struct random r;
	int status;
	pid_t pid;

	random_seed(&r, seed, nr);
	pid = fork();
	if (!pid) {
		play(&r, totals);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		totals->wrong++;
	if (totals->wrong != wrong)
		printf("# case %lu: wrong\n", nr);
	return totals->wrong < 100;
}

static int add_library(const char *path, const char *symbol)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *addr = handle ? dlsym(handle, symbol) : NULL;

	return addr ? add_loaded(&texts, addr, 1) : -1;
}

static int add_texts(void)
{
	void *frame = dlopen(TEST_HELPERS "/../seccomp/libframe.so", RTLD_NOW);
	const unsigned char *code;

	probe = frame ? (probe_function *)dlsym(frame, "frame_probe") : NULL;
	if (!probe || add_loaded(&texts, (void *)probe, 1))
		return -1;
	for (code = (void *)probe; code[0] != 0x0f || code[1] != 0x05;)
		code++;
	probe_ip = (unsigned long)code + 2;
	return add_library(TEST_HELPERS "/libfuzz_a.so", "fuzz_lib") ||
			       add_library(TEST_HELPERS "/libfuzz_b.so",
					   "fuzz_lib") ||
			       add_loaded(&texts, stdout, 1) ||
			       add_loaded(&texts, add_texts, 1) ||
			       texts.nr != NR_TEXTS ?
		       -1 :
		       0;
}

static int set_up(void)
{
	size_t size = 2 * MARGIN + WORDS * sizeof(*stack);
	char *area = mmap(NULL, size, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	tables = mmap(NULL, TABLE_ROOM, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || tables == MAP_FAILED)
		return -1;
	stack = (unsigned long *)(area + MARGIN);
	if (mprotect(stack, WORDS * sizeof(*stack), PROT_READ | PROT_WRITE))
		return -1;
	return add_texts() || maps_read();
}

int main(int argc, char **argv)
{
	unsigned long cases = argc > 1 ? strtoul(argv[1], NULL, 0) : 200;
	unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	unsigned long seed = argc > 3 ? strtoul(argv[3], NULL, 0) : 1;
	struct totals *totals;
	unsigned long nr;
	bool varied;

	setvbuf(stdout, NULL, _IONBF, 0);
	printf("TAP version 13\n1..2\n");
	totals = mmap(NULL, sizeof(*totals), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED || set_up()) {
		printf("Bail out! cannot set up\n");
		return 1;
	}
	for (nr = first; nr < first + cases; nr++) {
		if (!play_case(seed, nr, totals))
			break;
	}
	printf("# %lu cases, %u found, %u unknown\n", nr - first, totals->found,
	       totals->unknown);
	printf("%sok 1 - callers are those of the model\n",
	       totals->wrong ? "not " : "");
	varied = totals->found > 10 * cases && totals->unknown > 10 * cases;
	printf("%sok 2 - many callers are found, and many are not\n",
	       varied ? "" : "not ");
	return totals->wrong || !varied;
}
