// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The unwind tables of real objects, compared with elfutils.
 *
 * Both sides are asked at each address where either begins a row, and at the
 * addresses around it.  Any other files can be given as arguments.
 */
#include <check.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "elf.h"
#include "unwind.h"

#define REG_RDI 5
#define REG_RBP 6
#define REG_RSP 7
#define REG_RA  16

#define ENTRY_GAP 256U

static int nr_files;
static char **files;

/* Objects that every machine with a C compiler has, or (optional) may have. */
static const struct {
	const char *name;
	bool optional;
} objects[] = {
	{ "libc.so.6", false },      { "ld-linux-x86-64.so.2", false },
	{ "libstdc++.so.6", false }, { "libm.so.6", false },
	{ "libgcc_s.so.1", false },  { "bash", false },
	{ "libcrypto.so.3", true },  { "libssl.so.3", true },
};

#define NR_OBJECTS (sizeof(objects) / sizeof(objects[0]))

static int open_object(const char *name)
{
	static const char *const directories[] = {
		"/lib/x86_64-linux-gnu",
		"/usr/lib/x86_64-linux-gnu",
		"/lib64",
		"/usr/lib64",
		"/usr/lib",
		"/bin",
		"/usr/bin",
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(directories) / sizeof(*directories);
	     i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s", directories[i], name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

/* One executable segment, as seen by both sides. */
struct object {
	const char *name;
	struct af_elf elf;
	const struct af_segment *segment;
	struct af_unwind unwind;
	Elf *libelf;
	Dwarf_CFI *cfi;
	uint64_t *addresses;
	size_t nr;
	size_t max;
	size_t nr_none;
	size_t nr_missed;
};

static void add_address(struct object *object, uint64_t address)
{
	if (address < object->segment->vaddr ||
	    address - object->segment->vaddr >= object->segment->filesz)
		return;
	if (object->nr == object->max) {
		object->max = object->max ? object->max * 2 : 4096;
		object->addresses = realloc(object->addresses,
					    object->max * sizeof(uint64_t));
		ck_assert_ptr_nonnull(object->addresses);
	}
	object->addresses[object->nr++] = address;
}

static void add_around(struct object *object, uint64_t address)
{
	add_address(object, address - 1);
	add_address(object, address);
	add_address(object, address + 1);
}

static void add_own_rows(struct object *object)
{
	const struct libaf_seccomp_unwind *header = object->unwind.blob;
	const struct libaf_seccomp_unwind_rule *rules =
		(const void *)(header + 1);
	const uint32_t *blocks = (const void *)(rules + header->nr_rules);
	uint64_t nr_blocks = (object->segment->filesz + 65535) / 65536;
	const struct libaf_seccomp_unwind_row *rows =
		(const void *)(blocks + nr_blocks);

	for (uint64_t i = 0; i < nr_blocks; i++) {
		uint32_t end = i + 1 < nr_blocks ? blocks[i + 1] :
						   header->nr_rows;

		for (uint32_t row = blocks[i]; row < end; row++)
			add_around(object, object->segment->vaddr + i * 65536 +
						   rows[row].pc);
	}
}

/* The rows that libdw makes of one FDE's range. */
static void add_range(struct object *object, uint64_t start, uint64_t end)
{
	while (start < end) {
		Dwarf_Addr row, next;
		Dwarf_Frame *frame;
		bool is_signal;

		add_around(object, start);
		if (dwarf_cfi_addrframe(object->cfi, start, &frame))
			break;
		dwarf_frame_info(frame, &row, &next, &is_signal);
		free(frame);
		if (next <= start)
			break;
		start = next;
	}
	add_around(object, end);
}

/*
 * Find the ranges that libdw has frames for.  It has no call that lists them,
 * so look for one at each byte outside of any.
 */
static void add_libdw_rows(struct object *object)
{
	uint64_t address = object->segment->vaddr;
	uint64_t end = address + object->segment->filesz;

	while (address < end) {
		Dwarf_Addr row, next;
		Dwarf_Frame *frame;
		bool is_signal;

		if (dwarf_cfi_addrframe(object->cfi, address, &frame)) {
			address++;
			continue;
		}
		dwarf_frame_info(frame, &row, &next, &is_signal);
		free(frame);
		if (next <= address)
			next = address + 1;
		add_range(object, address, next);
		address = next;
	}
}

static int compare_addresses(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return (*x > *y) - (*x < *y);
}

static void sort_addresses(struct object *object)
{
	size_t nr = 0;

	qsort(object->addresses, object->nr, sizeof(uint64_t),
	      compare_addresses);
	for (size_t i = 0; i < object->nr; i++) {
		if (nr == 0 ||
		    object->addresses[nr - 1] != object->addresses[i])
			object->addresses[nr++] = object->addresses[i];
	}
	object->nr = nr;
}

static bool is_none(const struct libaf_seccomp_unwind_rule *rule)
{
	return rule->cfa == LIBAF_SECCOMP_CFA_NONE;
}

static bool same_rule(const struct libaf_seccomp_unwind_rule *a,
		      const struct libaf_seccomp_unwind_rule *b)
{
	return a->cfa == b->cfa && a->ra == b->ra && a->fp == b->fp &&
	       a->offset == b->offset;
}

static const struct libaf_seccomp_unwind_rule *find(const struct object *object,
						    uint64_t address)
{
	const struct libaf_seccomp_unwind_rule *rule;

	rule = af_unwind_find(object->unwind.blob, object->unwind.size,
			      object->segment->filesz,
			      address - object->segment->vaddr);
	ck_assert_ptr_nonnull(rule);
	return rule;
}

/* What libdw says on a register, in words. */
enum place {
	PLACE_UNDEFINED,
	PLACE_SAME,
	PLACE_OFFSET,
	PLACE_VALUE,
	PLACE_REGISTER,
	PLACE_OTHER,
};

static enum place ask_register(Dwarf_Frame *frame, int reg, int64_t *value)
{
	Dwarf_Op memory[3];
	Dwarf_Op *ops;
	size_t nr;

	*value = 0;
	ck_assert_int_eq(dwarf_frame_register(frame, reg, memory, &ops, &nr),
			 0);
	if (nr == 0)
		return ops ? PLACE_UNDEFINED : PLACE_SAME;
	if (nr == 1 && ops[0].atom == DW_OP_regx) {
		*value = (int64_t)ops[0].number;
		return PLACE_REGISTER;
	}
	if (ops[0].atom != DW_OP_call_frame_cfa)
		return PLACE_OTHER;
	if (nr > 1 && ops[1].atom == DW_OP_plus_uconst)
		*value = (int64_t)ops[1].number;
	return ops[nr - 1].atom == DW_OP_stack_value ? PLACE_VALUE :
						       PLACE_OFFSET;
}

static bool expect_cfa(Dwarf_Frame *frame,
		       struct libaf_seccomp_unwind_rule *rule)
{
	Dwarf_Op *ops;
	int64_t offset;
	size_t nr;

	/* It fails where it finds the instructions to be wrong. */
	if (dwarf_frame_cfa(frame, &ops, &nr) || nr != 1 ||
	    ops[0].atom != DW_OP_bregx)
		return false;
	offset = (int64_t)ops[0].number2;
	if (offset % 8 != 0 || offset >= LIBAF_SECCOMP_UNWIND_MAX_OFFSET ||
	    -offset >= LIBAF_SECCOMP_UNWIND_MAX_OFFSET)
		return false;
	rule->offset = (int32_t)offset;
	rule->cfa = ops[0].number == REG_RSP ? LIBAF_SECCOMP_CFA_SP :
					       LIBAF_SECCOMP_CFA_FP;
	return ops[0].number == REG_RBP ||
	       (ops[0].number == REG_RSP && offset >= 0);
}

static bool expect_registers(Dwarf_Frame *frame,
			     struct libaf_seccomp_unwind_rule *rule)
{
	enum place place;
	int64_t value;

	place = ask_register(frame, REG_RSP, &value);
	if (place != PLACE_VALUE || value != 0)
		return false;
	place = ask_register(frame, REG_RA, &value);
	if (place == PLACE_REGISTER && value == REG_RDI)
		rule->ra = LIBAF_SECCOMP_RA_ARG0;
	else if (place != PLACE_OFFSET || value != -8)
		return false;
	place = ask_register(frame, REG_RBP, &value);
	if (place == PLACE_OFFSET && value <= -16 && value >= INT16_MIN &&
	    value % 8 == 0)
		rule->fp = (int16_t)value;
	else if (place != PLACE_SAME)
		rule->fp = LIBAF_SECCOMP_FP_LOST;
	return true;
}

/* The rule that libdw's answer for this frame makes. */
static struct libaf_seccomp_unwind_rule expect(Dwarf_Frame *frame)
{
	static const struct libaf_seccomp_unwind_rule none;
	struct libaf_seccomp_unwind_rule rule = none;
	Dwarf_Addr start, end;
	bool is_signal;
	int64_t value;

	ck_assert_int_eq(dwarf_frame_info(frame, &start, &end, &is_signal),
			 REG_RA);
	if (is_signal ||
	    ask_register(frame, REG_RA, &value) == PLACE_UNDEFINED) {
		rule.cfa = LIBAF_SECCOMP_CFA_END;
		return rule;
	}
	if (!expect_cfa(frame, &rule) || !expect_registers(frame, &rule))
		return none;
	return rule;
}

static bool has_frame(const struct object *object, uint64_t address)
{
	Dwarf_Frame *frame;

	if (dwarf_cfi_addrframe(object->cfi, address, &frame))
		return false;
	free(frame);
	return true;
}

/* Is @address in a `syscall' at the very start of a gap, and where is that? */
static bool in_syscall_gap(const struct object *object, uint64_t address,
			   uint64_t *gap)
{
	const uint8_t *bytes;

	*gap = has_frame(object, address - 1) ? address : address - 1;
	if (!has_frame(object, *gap - 1) || has_frame(object, *gap) ||
	    has_frame(object, *gap + 1))
		return false;
	bytes = af_elf_bytes(&object->elf, *gap, 2, NULL);
	return bytes && bytes[0] == 0x0f && bytes[1] == 0x05;
}

/* Is @address between the entry point and the next FDE? */
static bool in_entry_gap(const struct object *object, uint64_t address)
{
	uint64_t entry = object->elf.entry;

	if (!entry || address < entry || address - entry >= ENTRY_GAP)
		return false;
	while (entry < address && !has_frame(object, entry))
		entry++;
	return entry == address;
}

/* Nothing is known here but what the converter's exceptions say. */
static void check_gap(const struct object *object, uint64_t address)
{
	const struct libaf_seccomp_unwind_rule *rule = find(object, address);
	uint64_t gap;

	if (in_syscall_gap(object, address, &gap)) {
		ck_assert(same_rule(rule, find(object, gap - 1)));
		return;
	}
	if (in_entry_gap(object, address)) {
		ck_assert_int_eq(rule->cfa, LIBAF_SECCOMP_CFA_END);
		return;
	}
	ck_assert_msg(is_none(rule), "%s: rule at %#llx, which has no FDE",
		      object->name, (unsigned long long)address);
}

static void check_address(struct object *object, uint64_t address)
{
	const struct libaf_seccomp_unwind_rule *rule = find(object, address);
	struct libaf_seccomp_unwind_rule expected;
	Dwarf_Frame *frame;

	if (dwarf_cfi_addrframe(object->cfi, address, &frame)) {
		check_gap(object, address);
		return;
	}
	expected = expect(frame);
	free(frame);
	/* NONE is never wrong, but see check_file(). */
	if (is_none(rule)) {
		object->nr_none++;
		object->nr_missed += !is_none(&expected);
		return;
	}
	ck_assert_msg(same_rule(rule, &expected),
		      "%s at %#llx: %d/%d/%d/%d, libdw: %d/%d/%d/%d",
		      object->name, (unsigned long long)address, rule->cfa,
		      rule->ra, rule->fp, rule->offset, expected.cfa,
		      expected.ra, expected.fp, expected.offset);
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Build, several times: the fastest counts. */
static double time_build(struct object *object)
{
	double best = 1e9;

	for (int i = 0; i < 5; i++) {
		double start = milliseconds();

		af_unwind_release(&object->unwind);
		ck_assert_int_eq(af_unwind_build(&object->elf, object->segment,
						 &object->unwind),
				 0);
		start = milliseconds() - start;
		if (start < best)
			best = start;
	}
	return best;
}

static void check_segment(struct object *object)
{
	const struct libaf_seccomp_unwind *header;
	double time = time_build(object);

	header = object->unwind.blob;
	ck_assert_int_eq(af_unwind_check(object->unwind.blob,
					 object->unwind.size,
					 object->segment->filesz),
			 0);
	add_own_rows(object);
	add_libdw_rows(object);
	sort_addresses(object);
	for (size_t i = 0; i < object->nr; i++)
		check_address(object, object->addresses[i]);
	printf("%s: %u rules, %u rows, %zu bytes, %zu rows NONE in FDEs, "
	       "%zu addresses agree (%zu NONE, %zu of them libdw's alone), "
	       "built in %.2f ms\n",
	       object->name, header->nr_rules, header->nr_rows,
	       object->unwind.size, object->unwind.nr_none, object->nr,
	       object->nr_none, object->nr_missed, time);
	free(object->addresses);
	af_unwind_release(&object->unwind);
}

/*
 * Returns at how many addresses libdw knows more: an FDE with a wrong
 * instruction is NONE as a whole, while libdw believes it up to there.
 */
static size_t check_file(const char *name, int fd)
{
	size_t nr_missed = 0;
	struct object object = { .name = name };

	ck_assert_int_eq(af_elf_read_fd(&object.elf, fd, AF_ELF_SEGMENTS), 0);
	elf_version(EV_CURRENT);
	object.libelf = elf_begin(fd, ELF_C_READ, NULL);
	ck_assert_ptr_nonnull(object.libelf);
	object.cfi = dwarf_getcfi_elf(object.libelf);
	ck_assert_ptr_nonnull(object.cfi);
	for (size_t i = 0; i < object.elf.nr_segments; i++) {
		object.segment = &object.elf.segments[i];
		object.addresses = NULL;
		object.nr = 0;
		object.max = 0;
		object.nr_none = 0;
		object.nr_missed = 0;
		if (object.segment->exec)
			check_segment(&object);
		nr_missed += object.nr_missed;
	}
	dwarf_cfi_end(object.cfi);
	elf_end(object.libelf);
	af_elf_release(&object.elf);
	return nr_missed;
}

START_TEST(installed_object) {
	int fd = open_object(objects[_i].name);

	if (fd < 0) {
		ck_assert_msg(objects[_i].optional, "%s is not installed",
			      objects[_i].name);
		printf("%s: not installed\n", objects[_i].name);
		return;
	}
	ck_assert_uint_eq(check_file(objects[_i].name, fd), 0);
	close(fd);
}
END_TEST

START_TEST(given_file) {
	int fd = open(files[_i], O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	check_file(files[_i], fd);
	close(fd);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("unwind_oracle");
	TCase *tests = tcase_create("libdw");
	SRunner *runner;
	int failed;

	nr_files = argc - 1;
	files = argv + 1;
	/* libdw is slow on addresses outside of all FDEs. */
	tcase_set_timeout(tests, 600);
	if (nr_files)
		tcase_add_loop_test(tests, given_file, 0, nr_files);
	else
		tcase_add_loop_test(tests, installed_object, 0,
				    (int)NR_OBJECTS);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
