// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attacks by registering: tables that describe stacks without end, objects
 * that are two things at once, and more rights than one has.
 *
 * In most tests the library is transparent, with one rule of the attacker's
 * for all of its text, and only the program may call mkdir().  The call is made
 * by the library's own instruction, with registers and a stack of the
 * attacker's choice; whether it is followed to the program, is up to the rule.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "attack.h"
#include "libaf/abi.h"
#include "pivot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ID_PROGRAM 1
#define ID_LIBRARY 2

#define RX (PROT_READ | PROT_EXEC)

/* All that the library's table says. */
struct table {
	struct libaf_seccomp_unwind head;
	struct libaf_seccomp_unwind_rule rule;
	__u32 block;
	struct libaf_seccomp_unwind_row row;
};

struct registration {
	struct table table;
	struct libaf_seccomp_object objects[2];
	struct libaf_seccomp_caller_filter args;
};

#define LOAD(member)                       \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 offsetof(struct libaf_seccomp_data, member))
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(action)     BPF_STMT(BPF_RET | BPF_K, action)

static const struct sock_filter only_program[] = {
	LOAD(nr),
	IS(SYS_mkdir, 0, 3),
	LOAD(caller_id),
	IS(ID_PROGRAM, 1, 0),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
	RETURN(SECCOMP_RET_ALLOW),
};

static void fill(struct registration *reg,
		 struct libaf_seccomp_unwind_rule rule)
{
	memset(reg, 0, sizeof(*reg));
	reg->table.head.nr_rules = 1;
	reg->table.head.nr_rows = 1;
	reg->table.rule = rule;
	reg->objects[0] = (struct libaf_seccomp_object){
		.addr = word(landing),
		.len = 1UL << 30,
		.id = ID_PROGRAM,
	};
	reg->objects[1] = (struct libaf_seccomp_object){
		.addr = word(good->insn),
		.len = 1UL << LIBAF_SECCOMP_UNWIND_BLOCK_SHIFT,
		.id = ID_LIBRARY,
		.flags = LIBAF_SECCOMP_OBJECT_TRANSPARENT,
		.unwind = word(&reg->table),
		.unwind_size = sizeof(reg->table),
	};
	reg->args = (struct libaf_seccomp_caller_filter){
		.size = sizeof(reg->args),
		.prog_len = COUNT(only_program),
		.prog = word(only_program),
		.objects = word(reg->objects),
		.nr_objects = COUNT(reg->objects),
	};
}

static long install(const struct registration *reg)
{
	expect(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return syscall(SYS_seccomp, LIBAF_SECCOMP_SET_MODE_CALLER, 0,
		       &reg->args) ?
		       -errno :
		       0;
}

static const struct libaf_seccomp_unwind_rule by_sp = {
	.cfa = LIBAF_SECCOMP_CFA_SP,
	.offset = 8,
};

static const struct libaf_seccomp_unwind_rule by_fp = {
	.cfa = LIBAF_SECCOMP_CFA_FP,
	.offset = 16,
	.fp = -16,
};

static void start(struct libaf_seccomp_unwind_rule rule)
{
	struct registration reg;

	enter_scene();
	fill(&reg, rule);
	expect(!install(&reg));
	catch_faults();
}

static long mkdir_with(const char *path, const void *sp, const void *fp)
{
	return pivot(good->insn, sp, path, 0700, SYS_mkdir, fp);
}

static void denied_with(const void *sp, const void *fp)
{
	expect(mkdir_with(PRIZE, sp, fp) == -EPERM && !exists(PRIZE));
}

/* The same rule leads to the program if the stack is an honest one. */
static void permitted_with(const void *sp, const void *fp)
{
	expect(!mkdir_with(TWIN, sp, fp) && exists(TWIN) && !rmdir(TWIN));
}

/* A frame of by_fp: the caller's frame pointer, and where it returns to. */
static void frame(unsigned long *at, const void *next, const void *ra)
{
	at[0] = word(next);
	at[1] = word(ra);
}

static void frames_in_a_circle(void)
{
	unsigned long *s = fake_stack();

	start(by_fp);
	frame(s, s, good->ret);
	denied_with(s + 1, s);
	frame(s, s + 2, good->ret);
	frame(s + 2, s, good->ret);
	denied_with(s + 1, s);
	frame(s + 2, s + 4, good->ret);
	frame(s + 4, s + 2, good->ret);
	denied_with(s + 1, s);
	frame(s, s + 2, good->ret);
	frame(s + 2, NULL, landing);
	/* As a stack pointer it is where raw()'s return finds landing(). */
	permitted_with(s + 3, s + 2);
}

static void frames_by_a_register(void)
{
	start((struct libaf_seccomp_unwind_rule){
		.cfa = LIBAF_SECCOMP_CFA_SP, .ra = LIBAF_SECCOMP_RA_ARG0 });
	/* The first argument is the path and the return address. */
	fake_stack()[0] = word(landing);
	expect(mkdir_with(good->ret, fake_stack(), NULL) == -EPERM);
	expect(mkdir_with(PRIZE, fake_stack(), NULL) == -EPERM);
	expect(!exists(PRIZE));
	/* Where it leads into the program at once, the call is the program's. */
	expect(mkdir_with(landing + 1, fake_stack(), NULL) != -EPERM);
}

static void frames_without_end(void)
{
	static unsigned long many[65536];
	size_t i;

	start(by_sp);
	for (i = 0; i < COUNT(many); i++)
		many[i] = word(good->ret);
	many[COUNT(many) - 1] = word(landing);
	denied_with(many, NULL);
	denied_with(many + COUNT(many) - LIBAF_SECCOMP_MAX_FRAMES - 1, NULL);
	permitted_with(many + COUNT(many) - LIBAF_SECCOMP_MAX_FRAMES, NULL);
}

static void frames_beyond_64_bits(void)
{
	static const unsigned long pointers[] = {
		-8UL,
		-16UL,
		-24UL,
		-32UL,
		-4096UL,
		1UL << 63,
		-(1UL << 47),
		(1UL << 47) - 16,
		0xffffffff81000000,
	};
	unsigned long *s = fake_stack();
	size_t i;

	start(by_fp);
	s[0] = word(landing);
	for (i = 0; i < COUNT(pointers); i++)
		denied_with(s, (void *)pointers[i]);
	frame(s, NULL, landing);
	permitted_with(s + 1, s);
}

static void frames_of_the_largest_size(void)
{
	struct libaf_seccomp_unwind_rule rule = {
		.cfa = LIBAF_SECCOMP_CFA_FP,
		.offset = LIBAF_SECCOMP_UNWIND_MAX_OFFSET - 8,
	};
	unsigned long *s = fake_stack();
	const void *fp = (void *)(word(s) + 8 - rule.offset);

	start(rule);
	s[0] = word(landing);
	denied_with(s, (void *)(-8UL - rule.offset));
	denied_with(s, (void *)(16UL - rule.offset));
	permitted_with(s, fp);
}

/* What is wrong with a registration is said, and nothing of it is installed. */
static void refused(struct registration *reg)
{
	expect(install(reg) == -EINVAL);
	expect(status_of("Seccomp_filters") == 0);
	fill(reg, by_sp);
}

static void tables_that_contradict_themselves(void)
{
	struct registration reg;

	enter_scene();
	fill(&reg, by_sp);
	reg.table.head.nr_rows = 0x40000001;
	refused(&reg);
	reg.table.head.nr_rules = 0x20000001;
	refused(&reg);
	reg.table.block = 1;
	refused(&reg);
	reg.table.row.pc = 1;
	refused(&reg);
	reg.table.row.rule = 1;
	refused(&reg);
	reg.table.rule.offset = -8;
	refused(&reg);
	reg.table.rule.fp = -8;
	refused(&reg);
	reg.objects[1].len <<= 32;
	refused(&reg);
	expect(!install(&reg));
}

static void objects_that_overlap_or_wrap(void)
{
	struct registration reg;

	enter_scene();
	fill(&reg, by_sp);
	/* The library is the program, too. */
	reg.objects[0].addr = word(good->insn);
	refused(&reg);
	reg.objects[0].addr = word(good->insn);
	reg.objects[0].offset = reg.objects[1].len - 1;
	refused(&reg);
	reg.objects[0].offset = -1UL;
	refused(&reg);
	reg.objects[0].len = -1UL;
	reg.objects[0].offset = 1;
	refused(&reg);
	reg.objects[0].addr = word(good->insn);
	reg.objects[0].offset = reg.objects[1].len;
	expect(!install(&reg));
}

/* Who registers more can only lose by it. */
static void a_second_registration(void)
{
	struct sock_filter filter[] = {
		LOAD(caller_id),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct registration reg;

	enter_scene();
	confine(POLICY, NULL);
	fill(&reg, by_sp);
	reg.args.prog = word(filter);
	reg.args.prog_len = COUNT(filter);
	/* Every id that the library could have. */
	for (reg.objects[0].id = 1; reg.objects[0].id < 8; reg.objects[0].id++)
		expect(!install(&reg));
	expect(mkdir(PRIZE, 0700) && errno == EPERM && !exists(PRIZE));
	expect(!good->makes(TWIN) && exists(TWIN));
}

/* Let nothing but the registration know a file any more. */
static void register_and_forget(struct registration *reg)
{
	int fd;
	void *page;

	fetch(GOOD_LIB, "gone.so");
	fd = open("gone.so", O_RDONLY);
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	expect(fd >= 0 && page != MAP_FAILED);
	reg->objects[0].addr = word(page);
	expect(!install(reg));
	expect(!munmap(page, PAGE) && !close(fd) && !unlink("gone.so"));
}

/* The number, and the memory, of an inode are used again; the id is not. */
static void a_file_that_is_gone(void)
{
	struct registration reg;
	char name[32];
	int i, fd;

	enter_scene();
	fill(&reg, by_sp);
	register_and_forget(&reg);
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "new%d.so", i);
		fetch(GOOD_LIB, name);
		fd = open(name, O_RDONLY);
		expect(fd >= 0);
		expect(map_raw(fd, RX, NULL)(NULL) == -EPERM && !close(fd));
	}
	expect(!exists(TWIN));
}

/* And its text is what it was, for who still has it. */
static void a_file_that_is_gone_but_mapped(void)
{
	struct registration reg;
	makes_fn raw;
	int fd;

	enter_scene();
	fill(&reg, by_sp);
	fetch(GOOD_LIB, "gone.so");
	fd = open("gone.so", O_RDONLY);
	expect(fd >= 0);
	raw = map_raw(fd, RX, NULL);
	reg.objects[0].addr = word(raw);
	expect(!install(&reg) && !close(fd) && !unlink("gone.so"));
	expect(!raw(NULL) && exists(TWIN));
}

static const struct test_case tests[] = {
	{ "frames in a circle lead to nobody", frames_in_a_circle, 0 },
	{ "a return address in a register leads one frame far",
	  frames_by_a_register, 0 },
	{ "frames are followed 64 times", frames_without_end, 0 },
	{ "frames beyond 64 bits lead to nobody", frames_beyond_64_bits, 0 },
	{ "frames of the largest size may wrap, and then lead to nobody",
	  frames_of_the_largest_size, 0 },
	{ "tables that contradict themselves are refused",
	  tables_that_contradict_themselves, 0 },
	{ "objects that overlap or wrap are refused",
	  objects_that_overlap_or_wrap, 0 },
	{ "a second registration gives no rights", a_second_registration, 0 },
	{ "a file that is gone lends its id to no other", a_file_that_is_gone,
	  0 },
	{ "a file that is gone but mapped keeps its id",
	  a_file_that_is_gone_but_mapped, 0 },
};

int main(void)
{
	return CASES(tests);
}
