// SPDX-License-Identifier: GPL-2.0
/*
 * SECCOMP_SET_MODE_CALLER: what is accepted and, member by member, what is
 * not.  Each refusal is followed by the same registration with the member set
 * right, which is accepted: so nothing of the refused one stays.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "common.h"
#include "kselftest_harness.h"

#define ID 7

/* Two blocks: 64 KiB and 8 bytes. */
#define TABLE_LEN 0x10008

struct table {
	struct seccomp_unwind head;
	struct seccomp_unwind_rule rules[4];
	__u32 blocks[2];
	struct seccomp_unwind_row rows[4];
};

/* All of a registration, valid unless a test changes it. */
struct load {
	struct sock_filter prog[6];
	struct seccomp_object objects[3];
	struct table table;
	struct seccomp_caller_filter args;
};

#define TEXT  0 /* this program, from some offset on */
#define OTHER 1 /* the same file, another range */
#define LIBC  2 /* a transparent object: the vDSO */

static __u64 address(const volatile void *pointer)
{
	return (unsigned long)pointer;
}

static void fill(struct load *load)
{
	const struct load valid = {
		.prog = {
			LOAD(nr),
			IS(PROBE_CALLER, 0, 4),
			SHOW(caller_id),
		},
		.objects = {
			[TEXT] = {
				.addr = address(fill),
				.offset = 0x1000,
				.len = 0x10000000,
				.id = ID,
			},
			[OTHER] = {
				.addr = address(fill),
				.offset = 0,
				.len = 0x1000,
				.id = ID + 1,
			},
			[LIBC] = {
				.addr = getauxval(AT_SYSINFO_EHDR),
				.offset = 0,
				.len = TABLE_LEN,
				.id = ID + 2,
				.flags = SECCOMP_OBJECT_TRANSPARENT,
				.unwind = address(&load->table),
				.unwind_size = sizeof(load->table),
			},
		},
		.table = {
			.head = { .nr_rules = 4, .nr_rows = 4 },
			.rules = {
				{ .cfa = SECCOMP_CFA_NONE },
				{ .cfa = SECCOMP_CFA_END },
				{ .cfa = SECCOMP_CFA_SP, .offset = 8 },
				{ .cfa = SECCOMP_CFA_FP, .offset = -16,
				  .fp = -24, .ra = SECCOMP_RA_ARG0 },
			},
			.blocks = { 0, 3 },
			.rows = { { 0, 0 }, { 1, 1 }, { 0xffff, 2 }, { 0, 3 } },
		},
		.args = {
			.size = sizeof(load->args),
			.prog_len = 6,
			.prog = address(load->prog),
			.objects = address(load->objects),
			.nr_objects = 3,
		},
	};

	*load = valid;
}

/* SHOW() is 4 instructions; allow what is not probed. */
static const struct sock_filter allow = RETURN(SECCOMP_RET_ALLOW);

static int load_it(const struct load *load)
{
	return seccomp(SECCOMP_SET_MODE_CALLER, 0, (void *)&load->args);
}

FIXTURE(registration)
{
	struct load *load;
	struct sock_filter prog[7];
};

FIXTURE_SETUP(registration)
{
	self->load = calloc(1, sizeof(*self->load));
	ASSERT_NE(NULL, self->load);
	fill(self->load);
	memcpy(self->prog, self->load->prog, sizeof(self->load->prog));
	self->prog[6] = allow;
	self->load->args.prog = address(self->prog);
	self->load->args.prog_len = 7;
	ASSERT_EQ(0, no_new_privs());
}

FIXTURE_TEARDOWN(registration)
{
	free(self->load);
}

static long caller(void)
{
	return -raw_syscall(PROBE_CALLER, 0, 0, 0, 0, 0);
}

TEST_F(registration, that_is_right_is_accepted_and_gives_the_id)
{
	ASSERT_EQ(0, load_it(self->load));
	EXPECT_EQ(ID, caller());
}

TEST(without_no_new_privs_a_registration_needs_a_capability)
{
	struct load *load = calloc(1, sizeof(*load));
	struct sock_filter prog[] = { LOAD(caller_id), allow };

	ASSERT_NE(NULL, load);
	fill(load);
	load->args.prog = address(prog);
	load->args.prog_len = COUNT(prog);
	if (!getuid())
		ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	EXPECT_EQ(-1, load_it(load));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, no_new_privs());
	EXPECT_EQ(0, load_it(load));
	free(load);
}

/* Change one member, be refused, change it back, be accepted. */
#define REFUSED(name, member, value, error)                                \
	TEST_F(registration, name)                                         \
	{                                                                  \
		__typeof__(self->load->member) right = self->load->member; \
                                                                           \
		self->load->member = (value);                              \
		EXPECT_EQ(-1, load_it(self->load));                        \
		EXPECT_EQ(error, errno);                                   \
		self->load->member = right;                                \
		EXPECT_EQ(0, load_it(self->load));                         \
		EXPECT_EQ(ID, caller());                                   \
	}

REFUSED(size_too_small, args.size, sizeof(self->load->args) - 1, EINVAL)
REFUSED(size_of_nothing, args.size, 0, EINVAL)
REFUSED(size_over_a_page, args.size, 4097, E2BIG)
REFUSED(reserved_not_zero, args.reserved, 1, EINVAL)
REFUSED(no_program, args.prog_len, 0, EINVAL)
REFUSED(program_too_long, args.prog_len, 4097, EINVAL)
REFUSED(program_longer_than_16_bits, args.prog_len, 65543, EINVAL)
REFUSED(program_nowhere, args.prog, 8, EFAULT)
REFUSED(program_in_the_kernel, args.prog, 0xffffffff81000000, EFAULT)
REFUSED(no_objects, args.nr_objects, 0, EINVAL)
REFUSED(too_many_objects, args.nr_objects, SECCOMP_MAX_OBJECTS + 1, E2BIG)
REFUSED(as_many_objects_as_can_be_counted, args.nr_objects, UINT_MAX, E2BIG)
REFUSED(objects_nowhere, args.objects, 8, EFAULT)
REFUSED(objects_in_the_kernel, args.objects, 0xffffffff81000000, EFAULT)

REFUSED(object_at_no_mapping, objects[TEXT].addr, 8, ENXIO)
REFUSED(object_in_the_kernel, objects[TEXT].addr, 0xffffffff81000000, ENXIO)
REFUSED(object_on_the_stack, objects[TEXT].addr, address(&right), ENODEV)
REFUSED(object_of_no_bytes, objects[TEXT].len, 0, EINVAL)
REFUSED(object_that_wraps, objects[TEXT].len, -1, EINVAL)
REFUSED(object_that_wraps_by_its_offset, objects[TEXT].offset, -1, EINVAL)
REFUSED(object_without_id, objects[TEXT].id, SECCOMP_CALLER_UNKNOWN, EINVAL)
REFUSED(object_with_an_unknown_flag, objects[TEXT].flags, 1U << 1, EINVAL)
REFUSED(object_with_a_reserved_bit, objects[TEXT].reserved, 1, EINVAL)
REFUSED(object_with_a_table_that_is_not_transparent, objects[LIBC].flags, 0,
	EINVAL)
REFUSED(object_with_a_pointer_but_no_table, objects[TEXT].unwind, 8, EINVAL)
REFUSED(object_with_a_size_but_no_table, objects[TEXT].unwind_size, 8, EINVAL)
REFUSED(transparent_object_without_a_table, objects[LIBC].unwind_size, 0,
	EINVAL)
REFUSED(objects_that_overlap_by_a_byte, objects[OTHER].len, 0x1001, EINVAL)
REFUSED(objects_that_are_the_same, objects[OTHER].offset, 0x1000, EINVAL)

REFUSED(table_nowhere, objects[LIBC].unwind, 8, EFAULT)
REFUSED(table_in_the_kernel, objects[LIBC].unwind, 0xffffffff81000000, EFAULT)
REFUSED(table_too_small, objects[LIBC].unwind_size, sizeof(struct table) - 4,
	EINVAL)
REFUSED(table_smaller_than_its_head, objects[LIBC].unwind_size, 7, EINVAL)
REFUSED(table_too_large, objects[LIBC].unwind_size, sizeof(struct table) + 4,
	EINVAL)
REFUSED(table_over_the_limit, objects[LIBC].unwind_size, SECCOMP_MAX_UNWIND + 1,
	E2BIG)
REFUSED(table_for_fewer_blocks, objects[LIBC].len, 0x10000, EINVAL)
REFUSED(table_for_more_blocks, objects[LIBC].len, 0x20001, EINVAL)
REFUSED(table_for_more_blocks_than_fit, objects[LIBC].len, 1ULL << 62, EINVAL)

REFUSED(no_rules, table.head.nr_rules, 0, EINVAL)
REFUSED(more_rules_than_there_are, table.head.nr_rules, 5, EINVAL)
REFUSED(more_rules_than_can_be_named, table.head.nr_rules, 65537, EINVAL)
REFUSED(rules_that_overflow, table.head.nr_rules, 0x80000004, EINVAL)
REFUSED(no_rows, table.head.nr_rows, 0, EINVAL)
REFUSED(more_rows_than_there_are, table.head.nr_rows, 5, EINVAL)
REFUSED(rows_that_overflow, table.head.nr_rows, 0x40000004, EINVAL)

REFUSED(unknown_cfa, table.rules[2].cfa, 4, EINVAL)
REFUSED(unknown_ra, table.rules[2].ra, 2, EINVAL)
REFUSED(none_with_an_offset, table.rules[0].offset, 8, EINVAL)
REFUSED(none_with_a_return_address, table.rules[0].ra, 1, EINVAL)
REFUSED(none_with_a_frame_pointer, table.rules[0].fp, -16, EINVAL)
REFUSED(end_with_an_offset, table.rules[1].offset, 8, EINVAL)
REFUSED(end_with_a_return_address, table.rules[1].ra, 1, EINVAL)
REFUSED(end_with_a_frame_pointer, table.rules[1].fp, -16, EINVAL)
REFUSED(offset_below_the_stack_pointer, table.rules[2].offset, -8, EINVAL)
REFUSED(offset_not_of_a_word, table.rules[2].offset, 12, EINVAL)
REFUSED(offset_too_large, table.rules[2].offset, SECCOMP_UNWIND_MAX_OFFSET,
	EINVAL)
REFUSED(offset_too_small, table.rules[3].offset, -SECCOMP_UNWIND_MAX_OFFSET,
	EINVAL)
REFUSED(frame_pointer_above_the_frame, table.rules[2].fp, 8, EINVAL)
REFUSED(frame_pointer_in_the_return_address, table.rules[2].fp, -8, EINVAL)
REFUSED(frame_pointer_not_in_a_word, table.rules[2].fp, -20, EINVAL)

REFUSED(blocks_that_begin_late, table.blocks[0], 1, EINVAL)
REFUSED(blocks_that_go_back, table.blocks[1], 0, EINVAL)
REFUSED(blocks_that_end_beyond_the_rows, table.blocks[1], 5, EINVAL)
REFUSED(block_without_a_row, table.blocks[1], 4, EINVAL)
REFUSED(block_that_begins_in_the_middle, table.rows[0].pc, 1, EINVAL)
REFUSED(second_block_that_begins_in_the_middle, table.rows[3].pc, 1, EINVAL)
REFUSED(rows_that_are_the_same, table.rows[1].pc, 0, EINVAL)
REFUSED(rows_that_go_back, table.rows[2].pc, 1, EINVAL)
REFUSED(row_with_a_rule_that_is_not_there, table.rows[3].rule, 4, EINVAL)

TEST_F(registration, with_a_tail_that_is_not_zero_is_too_new)
{
	struct {
		struct seccomp_caller_filter args;
		__u64 tail;
	} longer = { .args = self->load->args, .tail = 1 };

	longer.args.size = sizeof(longer);
	EXPECT_EQ(-1, seccomp(SECCOMP_SET_MODE_CALLER, 0, &longer));
	EXPECT_EQ(E2BIG, errno);
	longer.tail = 0;
	EXPECT_EQ(0, seccomp(SECCOMP_SET_MODE_CALLER, 0, &longer));
	EXPECT_EQ(ID, caller());
}

TEST_F(registration, at_no_address_faults)
{
	EXPECT_EQ(-1, seccomp(SECCOMP_SET_MODE_CALLER, 0, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_SET_MODE_CALLER, 0, (void *)8));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, load_it(self->load));
}

TEST_F(registration, with_an_unknown_flag_is_refused)
{
	EXPECT_EQ(-1, seccomp(SECCOMP_SET_MODE_CALLER, 1U << 31,
			      &self->load->args));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0,
		  seccomp(SECCOMP_SET_MODE_CALLER,
			  SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG,
			  &self->load->args));
	EXPECT_EQ(ID, caller());
}

TEST_F(registration, of_a_device_is_refused)
{
	int fd = open("/dev/zero", O_RDONLY);
	void *map;

	ASSERT_LE(0, fd);
	map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	self->load->objects[TEXT].addr = address(map);
	EXPECT_EQ(-1, load_it(self->load));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(registration, of_a_file_that_is_mapped_without_any_access_is_accepted)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	void *map;

	ASSERT_LE(0, fd);
	map = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	self->load->objects[TEXT].addr = address(map);
	ASSERT_EQ(0, load_it(self->load));
	/* It is the file that was meant, not the mapping. */
	ASSERT_EQ(0, munmap(map, 4096));
	EXPECT_EQ(ID, caller());
}

TEST_F(registration, with_a_program_that_never_asks_is_a_plain_filter)
{
	self->prog[2].k = offsetof(struct seccomp_data, prev_nr);
	ASSERT_EQ(0, load_it(self->load));
	EXPECT_EQ(SYS_seccomp, caller());
}

/* Equal registrations are one for the kernel; these are not. */
static void make_different(struct seccomp_object *object, unsigned int number)
{
	object->offset = (1ULL << 40) + ((__u64)number << 20);
	object->len = 0x1000;
}

TEST_F(registration, of_the_most_objects_is_accepted_more_than_once)
{
	struct seccomp_object *objects;
	unsigned int i, installed;

	objects = calloc(SECCOMP_MAX_OBJECTS, sizeof(*objects));
	ASSERT_NE(NULL, objects);
	for (i = 0; i < SECCOMP_MAX_OBJECTS; i++) {
		objects[i] = self->load->objects[OTHER];
		objects[i].offset = i * 0x100000ULL;
		objects[i].len = 0x100000;
		objects[i].id = ID;
	}
	self->load->args.objects = address(objects);
	self->load->args.nr_objects = SECCOMP_MAX_OBJECTS;

	/* Each path of filters may keep 8 MiB, and objects count for 2 KiB. */
	for (installed = 0; installed < 100; installed++) {
		make_different(&objects[SECCOMP_MAX_OBJECTS - 1], installed);
		if (load_it(self->load))
			break;
		ASSERT_EQ(ID, caller());
	}
	EXPECT_EQ(ENOMEM, errno);
	EXPECT_LE(3, installed);
	EXPECT_GE(4, installed);
	EXPECT_EQ(ID, caller());
}

/*
 * Each path has 32768 instructions, and finding a caller counts for 256 besides
 * those of the program, whatever the kernel makes of these.
 */
TEST_F(registration, of_few_objects_is_limited_like_instructions)
{
	struct seccomp_object objects[COUNT(self->load->objects) + 1];
	struct seccomp_object *last = &objects[COUNT(objects) - 1];
	unsigned int installed;

	memcpy(objects, self->load->objects, sizeof(self->load->objects));
	*last = objects[OTHER];
	self->load->args.objects = address(objects);
	self->load->args.nr_objects = COUNT(objects);

	for (installed = 0; installed < 200; installed++) {
		make_different(last, installed);
		if (load_it(self->load))
			break;
	}
	EXPECT_EQ(ENOMEM, errno);
	EXPECT_LE(100, installed);
	EXPECT_GE(127, installed);
	EXPECT_EQ(ID, caller());
}

/* What is registered again is shared, and takes no more of any limit. */
TEST_F(registration, that_is_repeated_counts_once)
{
	unsigned int installed;

	for (installed = 0; installed < 200; installed++) {
		if (load_it(self->load))
			break;
	}
	EXPECT_EQ(200, installed);
	EXPECT_EQ(ID, caller());
}

TEST_F(registration, that_differs_in_one_id_has_its_own_ids)
{
	ASSERT_EQ(0, load_it(self->load));
	EXPECT_EQ(ID, caller());
	self->load->objects[TEXT].id = ID + 1;
	ASSERT_EQ(0, load_it(self->load));
	EXPECT_EQ(ID + 1, caller());
}

/* Tables describe the registers of 64-bit code. */
TEST_F(registration, by_a_call_of_another_architecture_is_refused)
{
	void *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret;

	ASSERT_NE(MAP_FAILED, low);
	memcpy(low, &self->load->args, sizeof(self->load->args));
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(354), "b"(SECCOMP_SET_MODE_CALLER), "c"(0),
			   "d"(low)
			 : "r8", "r9", "r10", "r11", "memory");
	EXPECT_EQ(-EOPNOTSUPP, ret);
	EXPECT_EQ(0, load_it(self->load));
	EXPECT_EQ(ID, caller());
}

TEST_F(registration, ids_are_those_of_each_filter)
{
	struct sock_filter deny_other_id[] = {
		LOAD(nr),
		IS(DENIED, 0, 3),
		LOAD(caller_id),
		IS(ID + 5, 1, 0),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, load_it(self->load));
	self->load->args.prog = address(deny_other_id);
	self->load->args.prog_len = COUNT(deny_other_id);
	self->load->objects[TEXT].id = ID + 5;
	ASSERT_EQ(0, load_it(self->load));
	/* The first filter still sees its own id, the second one its own. */
	EXPECT_EQ(ID, caller());
	EXPECT_EQ(-ENOSYS, raw_syscall(DENIED, 0, 0, 0, 0, 0));
}

TEST_HARNESS_MAIN
