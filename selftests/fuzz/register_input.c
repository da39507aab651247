// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "register_input.h"
#include "table.h"

#define PAGE 4096UL
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))

/* Memory that ends where there is none. */
struct area {
	char *start;
	size_t size;
	/* What is in use, and how much of it */
	char *item;
	size_t len;
};

enum part {
	PART_ARGS,
	PART_PROG,
	PART_OBJECTS,
	PART_TABLES,
	NR_PARTS
};

static struct area areas[NR_PARTS] = {
	[PART_ARGS] = { .size = 2 * PAGE },
	[PART_PROG] = { .size = 8 * PAGE },
	[PART_OBJECTS] = { .size = 13 * PAGE },
	[PART_TABLES] = { .size = SECCOMP_MAX_UNWIND + PAGE },
};

/* Addresses in files that can be registered, and others. */
static __u64 files[8];
static unsigned int nr_files;
static __u64 others[8];
static unsigned int nr_others;

static void add_place(__u64 *places, unsigned int *nr, const void *addr)
{
	places[(*nr)++] = (unsigned long)addr;
}

static void *map_file(const char *path, int prot)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map = mmap(NULL, PAGE, prot, MAP_PRIVATE, fd, 0);

	close(fd);
	return map;
}

static int find_places(void)
{
	void *exe = map_file("/proc/self/exe", PROT_NONE);
	void *device = map_file("/dev/zero", PROT_READ);
	void *library = dlopen(TEST_HELPERS "/libfuzz_a.so", RTLD_NOW);

	if (exe == MAP_FAILED || device == MAP_FAILED || !library)
		return -1;
	add_place(files, &nr_files, exe);
	add_place(files, &nr_files, (void *)find_places);
	add_place(files, &nr_files, dlsym(library, "fuzz_lib"));
	add_place(files, &nr_files, (void *)getauxval(AT_SYSINFO_EHDR));
	add_place(others, &nr_others, device);
	add_place(others, &nr_others, areas[PART_ARGS].start);
	/* Mapped, though there is no access. */
	add_place(others, &nr_others,
		  areas[PART_ARGS].start + areas[PART_ARGS].size);
	add_place(others, &nr_others, (void *)0x1000);
	add_place(others, &nr_others, (void *)0x7ffffffff000);
	add_place(others, &nr_others, (void *)0xffffffff81000000);
	add_place(others, &nr_others, (void *)-1UL);
	return 0;
}

int register_input_setup(void)
{
	unsigned int i;

	for (i = 0; i < NR_PARTS; i++) {
		struct area *area = &areas[i];

		area->start = mmap(NULL, area->size + PAGE, PROT_NONE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (area->start == MAP_FAILED ||
		    mprotect(area->start, area->size, PROT_READ | PROT_WRITE))
			return -1;
	}
	return find_places();
}

/* Room for @len bytes, at the end, or sometimes at the beginning. */
static void *place(struct random *r, enum part part, size_t len)
{
	struct area *area = &areas[part];

	area->len = len;
	area->item = random_one_in(r, 8) ? area->start :
					   area->start + area->size - len;
	return area->item;
}

static const struct sock_filter program[] = {
	BPF_STMT(BPF_LDX | BPF_IMM, 3),
	LOAD(nr),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 181, 0, 3),
	LOAD(caller_id),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 1, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	BPF_STMT(BPF_RET | BPF_A, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static void make_program(struct random *r, struct seccomp_caller_filter *args)
{
	struct sock_filter *to = place(r, PART_PROG, sizeof(program));

	memcpy(to, program, sizeof(program));
	args->prog = (unsigned long)to;
	args->prog_len = sizeof(program) / sizeof(program[0]);
}

static __u64 object_len(struct random *r)
{
	switch (random_below(r, 8)) {
	case 0:
		return 65536 * (1 + random_below(r, 4));
	case 1:
		return 65536 * (1 + random_below(r, 4)) + 1;
	case 2:
		return 1 + random_below(r, 0x1000000);
	default:
		return 1 + random_below(r, 200000);
	}
}

/* As one array in front of the end, so that each is as near as can be. */
static void make_tables(struct random *r, struct seccomp_object *objects,
			unsigned int nr)
{
	static char scratch[256 << 10];
	size_t sizes[16], total = 0;
	unsigned int i;
	char *to;

	for (i = 0; i < nr; i++) {
		sizes[i] = 0;
		if (!(objects[i].flags & SECCOMP_OBJECT_TRANSPARENT))
			continue;
		sizes[i] = generate_table(r, scratch + total,
					  sizeof(scratch) - total,
					  objects[i].len);
		/* Too many blocks: it will not be transparent. */
		if (!sizes[i])
			objects[i].flags = 0;
		total += sizes[i];
	}
	to = place(r, PART_TABLES, total);
	memcpy(to, scratch, total);
	for (i = 0; i < nr; i++) {
		objects[i].unwind = sizes[i] ? (unsigned long)to : 0;
		objects[i].unwind_size = sizes[i];
		to += sizes[i];
	}
}

static void make_objects(struct random *r, struct seccomp_caller_filter *args)
{
	unsigned int nr = 1 + random_below(r, 6), i;
	struct seccomp_object *objects =
		place(r, PART_OBJECTS, nr * sizeof(*objects));

	for (i = 0; i < nr; i++) {
		/* Each has 16 MiB of its file for itself. */
		objects[i] = (struct seccomp_object){
			.addr = files[random_below(r, nr_files)],
			.offset = i << 24,
			.len = object_len(r),
			.id = 1 + random_below(r, 4000),
			.flags = random_below(r, 2),
		};
	}
	make_tables(r, objects, nr);
	args->objects = (unsigned long)objects;
	args->nr_objects = nr;
}

/* The most there can be, or one more. */
static void make_many_objects(struct random *r,
			      struct seccomp_caller_filter *args)
{
	unsigned int nr = SECCOMP_MAX_OBJECTS + random_below(r, 2), i;
	struct seccomp_object *objects =
		place(r, PART_OBJECTS, nr * sizeof(*objects));

	for (i = 0; i < nr; i++) {
		objects[i] = (struct seccomp_object){
			.addr = files[i % nr_files],
			.offset = (nr - i) * 4096,
			.len = 4096,
			.id = 1 + i,
		};
	}
	args->objects = (unsigned long)objects;
	args->nr_objects = nr;
}

/* With what newer programs may have at its end. */
static struct seccomp_caller_filter *make_args(struct random *r)
{
	static const size_t tails[] = { 8, 4, 1, 4096 - 32, 4096 - 31 };
	size_t tail = random_one_in(r, 16) ? RANDOM_OF(r, tails) : 0;
	struct seccomp_caller_filter *args =
		place(r, PART_ARGS, sizeof(*args) + tail);

	memset(args, 0, sizeof(*args) + tail);
	args->size = sizeof(*args) + tail;
	if (tail && random_one_in(r, 2))
		((char *)(args + 1))[random_below(r, tail)] = 1;
	return args;
}

static __u64 odd_value(struct random *r)
{
	static const __u64 values[] = {
		0,         1,          2,          3,          4,
		7,         8,          16,         0x7f,       0x80,
		0xff,      0x7fff,     0x8000,     0xffff,     0x10000,
		0x10001,   0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x1000000, 0xfffff8,   1ULL << 47, 1ULL << 63, -1ULL,
		-8ULL,     -16ULL,     -4096ULL,   0x200000,   0x200001,
		4096,      4097,       1024,       1025,
	};

	return RANDOM_OF(r, values);
}

static void change_value(struct random *r, char *at, size_t left)
{
	static const size_t widths[] = { 1, 2, 4, 8 };
	size_t width = RANDOM_OF(r, widths);
	__u64 value;

	if (width > left)
		width = left;
	switch (random_below(r, 3)) {
	case 0:
		*at ^= 1 << random_below(r, 8);
		return;
	case 1:
		value = odd_value(r);
		break;
	default:
		value = 0;
		memcpy(&value, at, width);
		value += random_one_in(r, 2) ? 1ULL + random_below(r, 8) :
					       -1ULL - random_below(r, 8);
	}
	memcpy(at, &value, width);
}

static void change_part(struct random *r, enum part part)
{
	struct area *area = &areas[part];
	size_t at;

	if (!area->len)
		return;
	at = random_below(r, area->len);
	/* Most members are where their width says. */
	if (!random_one_in(r, 4))
		at &= -4UL;
	change_value(r, area->item + at, area->len - at);
}

static void change_place(struct random *r, struct seccomp_object *objects,
			 unsigned int nr)
{
	objects[random_below(r, nr)].addr =
		random_one_in(r, 4) ? files[random_below(r, nr_files)] :
				      others[random_below(r, nr_others)];
}

/* Next to another one, with a byte in common or not. */
static void change_range(struct random *r, struct seccomp_object *objects,
			 unsigned int nr)
{
	struct seccomp_object *object = &objects[random_below(r, nr)];
	const struct seccomp_object *other = &objects[random_below(r, nr)];

	object->addr = other->addr;
	if (random_one_in(r, 2))
		object->offset = other->offset + other->len;
	else
		object->offset = other->offset - object->len;
	object->offset += random_below(r, 3) - 1ULL;
}

static void change_pointer(struct random *r, struct seccomp_caller_filter *args,
			   struct seccomp_object *objects, unsigned int nr)
{
	__u64 *pointers[] = {
		&args->prog,
		&args->objects,
		&objects[random_below(r, nr)].unwind,
	};
	__u64 *pointer = RANDOM_OF(r, pointers);

	if (random_one_in(r, 4))
		*pointer = others[random_below(r, nr_others)];
	else
		*pointer += random_below(r, 32) - 16ULL;
}

static void change(struct random *r, struct register_input *input,
		   struct seccomp_caller_filter *args,
		   struct seccomp_object *objects, unsigned int nr)
{
	switch (random_below(r, 16)) {
	case 0:
		input->flags = random_u64(r) & 0x7f;
		break;
	case 1:
		input->args = (char *)input->args + random_below(r, 64) - 32;
		break;
	case 2:
		change_place(r, objects, nr);
		break;
	case 3:
		change_range(r, objects, nr);
		break;
	case 4:
		change_pointer(r, args, objects, nr);
		break;
	case 5:
	case 6:
		change_part(r, PART_ARGS);
		break;
	case 7:
	case 8:
		change_part(r, PART_PROG);
		break;
	case 9:
	case 10:
	case 11:
		change_part(r, PART_OBJECTS);
		break;
	default:
		change_part(r, PART_TABLES);
	}
}

/* Whether scratch memory is read before it is written is not judged here. */
static bool uses_scratch(const struct sock_filter *prog, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		switch (prog[i].code) {
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
		case BPF_ST:
		case BPF_STX:
			return true;
		}
	}
	return false;
}

static void generate_any(struct random *r, struct register_input *input)
{
	static const unsigned int flags[] = {
		0,
		0,
		SECCOMP_FILTER_FLAG_TSYNC,
		SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_NEW_LISTENER,
	};
	struct seccomp_caller_filter *args = make_args(r);
	struct seccomp_object *objects;
	unsigned int nr, changes;

	input->flags = RANDOM_OF(r, flags);
	input->args = args;
	make_program(r, args);
	areas[PART_TABLES].len = 0;
	if (random_one_in(r, 512))
		make_many_objects(r, args);
	else
		make_objects(r, args);
	objects = (void *)(unsigned long)args->objects;
	nr = args->nr_objects;
	for (changes = random_below(r, 4); changes; changes--)
		change(r, input, args, objects, nr);
	input->permits =
		args->prog == (unsigned long)areas[PART_PROG].item &&
		args->prog_len == sizeof(program) / sizeof(program[0]) &&
		!memcmp(areas[PART_PROG].item, program, sizeof(program));
}

void generate_input(struct random *r, struct register_input *input)
{
	const struct area *prog = &areas[PART_PROG];

	do
		generate_any(r, input);
	while (uses_scratch((void *)prog->item,
			    prog->len / sizeof(struct sock_filter)));
}
