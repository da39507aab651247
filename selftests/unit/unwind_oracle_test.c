// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The unwind tables of real objects, compared with elfutils.
 *
 * Both sides are asked at each address where either begins a row, and at the
 * one before it: in between neither changes its mind.  What is UNKNOWN to ours
 * must be something that a table cannot say, and is counted by what that is.
 *
 *	unwind_oracle_test		objects that every machine has
 *	unwind_oracle_test FILE...	these
 */
#define _GNU_SOURCE
#include <check.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf.h"
#include "unwind.h"

#define REG_RDI 5
#define REG_RBP 6
#define REG_RSP 7
#define REG_RA  16

#define ENTRY_GAP 256U

/* How FDEs tell where they begin, in all that Debian's compilers make. */
#define PCREL_SDATA4 0x1b

static char **files;

/* Objects of packages that building and testing needs. */
static const char *const objects[] = {
	"libc.so.6",      "ld-linux-x86-64.so.2", "libstdc++.so.6",
	"libm.so.6",      "libgcc_s.so.1",        "bash",
	"libcrypto.so.3", "libssl.so.3",
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

/* Why a table has no rule for what libdw says. */
enum reason {
	CFA_EXPRESSION,
	CFA_REGISTER,
	CFA_OFFSET,
	SP_IS_NOT_CFA,
	RA_EXPRESSION,
	RA_ELSEWHERE,
	MALFORMED,
	NR_REASONS,
};

static const char *const reason_names[NR_REASONS] = {
	[CFA_EXPRESSION] = "CFA by an expression",
	[CFA_REGISTER] = "CFA from another register",
	[CFA_OFFSET] = "CFA at an odd or far offset",
	[SP_IS_NOT_CFA] = "stack pointer is not the CFA",
	[RA_EXPRESSION] = "return address by an expression",
	[RA_ELSEWHERE] = "return address elsewhere",
	[MALFORMED] = "malformed",
};

/* From @start to before @end. */
struct range {
	uint64_t start;
	uint64_t end;
};

/*
 * One object, and one executable segment of it, as seen by both sides.
 * @fdes: the ranges of all FDEs
 * @covered: the same in ascending order, those that touch made one
 * @nr_none: addresses that ours does not know, by why it cannot
 * @nr_lost: addresses where the frame pointer cannot be restored
 */
struct object {
	const char *name;
	struct af_elf elf;
	const struct af_segment *segment;
	struct af_unwind unwind;
	Elf *libelf;
	Dwarf_CFI *cfi;
	struct range *fdes;
	size_t nr_fdes;
	struct range *covered;
	size_t nr_covered;
	uint64_t *addresses;
	size_t nr;
	size_t max;
	size_t nr_none[NR_REASONS];
	size_t nr_lost;
};

/* Like ck_assert(), which makes a system call even if all is well. */
static void must(bool holds, const char *what)
{
	if (!holds)
		ck_abort_msg("%s", what);
}

/* .eh_frame, NULL if there is none. */
static Elf_Data *find_eh_frame(Elf *elf, GElf_Shdr *shdr)
{
	Elf_Scn *section = NULL;
	size_t names;

	ck_assert_int_eq(elf_getshdrstrndx(elf, &names), 0);
	while ((section = elf_nextscn(elf, section))) {
		ck_assert_ptr_nonnull(gelf_getshdr(section, shdr));
		if (shdr->sh_type != SHT_NOBITS &&
		    !strcmp(elf_strptr(elf, names, shdr->sh_name), ".eh_frame"))
			return elf_rawdata(section, NULL);
	}
	return NULL;
}

/* All that is read here is PCREL_SDATA4; the test must not guess. */
static void check_encoding(const Dwarf_CIE *cie)
{
	const uint8_t *data = cie->augmentation_data;
	const char *letter = cie->augmentation;

	must(*letter == 'z', "an augmentation without its size");
	while (*++letter && *letter != 'R') {
		must(strchr("PLS", *letter), "an unknown augmentation");
		if (*letter == 'P')
			data += (*data & 0x0f) == DW_EH_PE_absptr ? 8 : 4;
		if (*letter != 'S')
			data++;
	}
	must(*letter == 'R' && *data == PCREL_SDATA4,
	     "another encoding of addresses");
}

static void add_fde(struct object *object, const struct range *range)
{
	/* An empty one is what linkers leave of a function thrown away. */
	if (range->start == range->end)
		return;
	object->fdes = reallocarray(object->fdes, object->nr_fdes + 1,
				    sizeof(*object->fdes));
	must(object->fdes, "out of memory");
	object->fdes[object->nr_fdes++] = *range;
}

/* Where the FDE is for; its bytes begin at @vaddr. */
static struct range fde_range(const Dwarf_FDE *fde, uint64_t vaddr)
{
	struct range range;
	int32_t start;
	uint32_t len;

	must(fde->end - fde->start >= (ptrdiff_t)(sizeof(start) + sizeof(len)),
	     "a short FDE");
	memcpy(&start, fde->start, sizeof(start));
	memcpy(&len, fde->start + sizeof(start), sizeof(len));
	range.start = vaddr + (uint64_t)(int64_t)start;
	range.end = range.start + len;
	return range;
}

/*
 * Each FDE as it is in the section, whatever is in .eh_frame_hdr, on which
 * libdw relies to find them.
 */
static void read_fdes(struct object *object)
{
	const unsigned char *ident =
		(const void *)elf_getident(object->libelf, NULL);
	Dwarf_CFI_Entry entry, cie;
	Dwarf_Off offset, next, ignored;
	GElf_Shdr shdr;
	Elf_Data *data = find_eh_frame(object->libelf, &shdr);
	int ret = 1;

	for (offset = 0; data; offset = next) {
		struct range range;

		ret = dwarf_next_cfi(ident, data, true, offset, &next, &entry);
		if (ret)
			break;
		if (dwarf_cfi_cie_p(&entry))
			continue;
		must(!dwarf_next_cfi(ident, data, true, entry.fde.CIE_pointer,
				     &ignored, &cie) &&
			     dwarf_cfi_cie_p(&cie),
		     "an FDE without CIE");
		check_encoding(&cie.cie);
		range = fde_range(&entry.fde,
				  shdr.sh_addr +
					  (uint64_t)(entry.fde.start -
						     (uint8_t *)data->d_buf));
		add_fde(object, &range);
	}
	ck_assert_int_eq(ret, 1);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a;
	const struct range *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static void unite_fdes(struct object *object)
{
	struct range *covered = calloc(object->nr_fdes + 1, sizeof(*covered));
	size_t i, nr = 0;

	ck_assert_ptr_nonnull(covered);
	if (object->nr_fdes)
		qsort(object->fdes, object->nr_fdes, sizeof(*object->fdes),
		      compare_ranges);
	for (i = 0; i < object->nr_fdes; i++) {
		const struct range *fde = &object->fdes[i];

		if (!nr || covered[nr - 1].end < fde->start)
			covered[nr++] = *fde;
		else if (covered[nr - 1].end < fde->end)
			covered[nr - 1].end = fde->end;
	}
	object->covered = covered;
	object->nr_covered = nr;
}

/* Is there any FDE for this address? */
static bool is_covered(const struct object *object, uint64_t address)
{
	size_t low = 0, high = object->nr_covered;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address >= object->covered[middle].end)
			low = middle + 1;
		else if (address < object->covered[middle].start)
			high = middle;
		else
			return true;
	}
	return false;
}

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
		/* NULL: there is no .eh_frame_hdr, by which ours are found. */
		if (!object->cfi ||
		    dwarf_cfi_addrframe(object->cfi, start, &frame))
			break;
		dwarf_frame_info(frame, &row, &next, &is_signal);
		free(frame);
		must(next > start, "an empty row");
		start = next;
	}
	add_around(object, end);
}

static void add_libdw_rows(struct object *object)
{
	size_t i;

	add_around(object, object->segment->vaddr);
	for (i = 0; i < object->nr_fdes; i++)
		add_range(object, object->fdes[i].start, object->fdes[i].end);
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
	must(rule, "no rule in the segment");
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
	must(!dwarf_frame_register(frame, reg, memory, &ops, &nr),
	     "dwarf_frame_register() failed");
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

/*
 * Each of the following returns NR_REASONS if a table can say what libdw says,
 * and puts that into *rule.
 */
static enum reason expect_cfa(Dwarf_Frame *frame,
			      struct libaf_seccomp_unwind_rule *rule)
{
	Dwarf_Op *ops;
	int64_t offset;
	size_t nr;

	/* It fails where it finds the instructions to be wrong. */
	if (dwarf_frame_cfa(frame, &ops, &nr))
		return MALFORMED;
	if (nr != 1 || ops[0].atom != DW_OP_bregx)
		return CFA_EXPRESSION;
	if (ops[0].number != REG_RSP && ops[0].number != REG_RBP)
		return CFA_REGISTER;
	offset = (int64_t)ops[0].number2;
	if (offset % 8 != 0 || offset >= LIBAF_SECCOMP_UNWIND_MAX_OFFSET ||
	    -offset >= LIBAF_SECCOMP_UNWIND_MAX_OFFSET ||
	    (ops[0].number == REG_RSP && offset < 0))
		return CFA_OFFSET;
	rule->offset = (int32_t)offset;
	rule->cfa = ops[0].number == REG_RSP ? LIBAF_SECCOMP_CFA_SP :
					       LIBAF_SECCOMP_CFA_FP;
	return NR_REASONS;
}

static enum reason expect_ra(Dwarf_Frame *frame,
			     struct libaf_seccomp_unwind_rule *rule)
{
	int64_t value;
	enum place place = ask_register(frame, REG_RA, &value);

	if (place == PLACE_OTHER)
		return RA_EXPRESSION;
	if (place == PLACE_REGISTER && value == REG_RDI)
		rule->ra = LIBAF_SECCOMP_RA_ARG0;
	else if (place != PLACE_OFFSET || value != -8)
		return RA_ELSEWHERE;
	return NR_REASONS;
}

static enum reason expect_registers(Dwarf_Frame *frame,
				    struct libaf_seccomp_unwind_rule *rule)
{
	enum reason reason = expect_ra(frame, rule);
	enum place place;
	int64_t value;

	if (reason != NR_REASONS)
		return reason;
	place = ask_register(frame, REG_RSP, &value);
	if (place != PLACE_VALUE || value != 0)
		return SP_IS_NOT_CFA;
	place = ask_register(frame, REG_RBP, &value);
	if (place == PLACE_OFFSET && value <= -16 && value >= INT16_MIN &&
	    value % 8 == 0)
		rule->fp = (int16_t)value;
	else if (place != PLACE_SAME)
		rule->fp = LIBAF_SECCOMP_FP_LOST;
	return NR_REASONS;
}

/* The rule that libdw's answer for this frame makes. */
static enum reason expect(Dwarf_Frame *frame,
			  struct libaf_seccomp_unwind_rule *rule)
{
	Dwarf_Addr start, end;
	enum reason reason;
	bool is_signal;
	int64_t value;

	memset(rule, 0, sizeof(*rule));
	must(dwarf_frame_info(frame, &start, &end, &is_signal) == REG_RA,
	     "the return address is in another column");
	if (is_signal ||
	    ask_register(frame, REG_RA, &value) == PLACE_UNDEFINED) {
		rule->cfa = LIBAF_SECCOMP_CFA_END;
		return NR_REASONS;
	}
	reason = expect_cfa(frame, rule);
	return reason == NR_REASONS ? expect_registers(frame, rule) : reason;
}

/* Is @address in a `syscall' at the very start of a gap, and where is that? */
static bool in_syscall_gap(const struct object *object, uint64_t address,
			   uint64_t *gap)
{
	const uint8_t *bytes;

	*gap = is_covered(object, address - 1) ? address : address - 1;
	if (!is_covered(object, *gap - 1) || is_covered(object, *gap) ||
	    is_covered(object, *gap + 1))
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
	while (entry < address && !is_covered(object, entry))
		entry++;
	return entry == address;
}

/* Nothing is known here but what the converter's exceptions say. */
static void check_gap(const struct object *object, uint64_t address)
{
	const struct libaf_seccomp_unwind_rule *rule = find(object, address);
	uint64_t gap;

	if (in_syscall_gap(object, address, &gap)) {
		must(same_rule(rule, find(object, gap - 1)),
		     "another rule in a syscall's gap");
		return;
	}
	if (in_entry_gap(object, address)) {
		must(rule->cfa == LIBAF_SECCOMP_CFA_END,
		     "no end at the entry point");
		return;
	}
	must(is_none(rule), "a rule without FDE");
}

static void check_address(struct object *object, uint64_t address)
{
	const struct libaf_seccomp_unwind_rule *rule = find(object, address);
	struct libaf_seccomp_unwind_rule expected;
	enum reason reason = MALFORMED;
	Dwarf_Frame *frame;

	if (!object->cfi || !is_covered(object, address)) {
		check_gap(object, address);
		return;
	}
	if (!dwarf_cfi_addrframe(object->cfi, address, &frame)) {
		reason = expect(frame, &expected);
		free(frame);
	}
	if (reason != NR_REASONS) {
		if (!is_none(rule))
			ck_abort_msg("%s at %#llx: %s, but there is a rule",
				     object->name, (unsigned long long)address,
				     reason_names[reason]);
		object->nr_none[reason]++;
		return;
	}
	if (!same_rule(rule, &expected))
		ck_abort_msg("%s at %#llx: %d/%d/%d/%d, libdw: %d/%d/%d/%d",
			     object->name, (unsigned long long)address,
			     rule->cfa, rule->ra, rule->fp, rule->offset,
			     expected.cfa, expected.ra, expected.fp,
			     expected.offset);
	object->nr_lost += rule->fp == LIBAF_SECCOMP_FP_LOST;
}

/* A line that selftests/run can add up: numbers, each before its name. */
static void print_segment(const struct object *object)
{
	const struct libaf_seccomp_unwind *header = object->unwind.blob;

	printf("%s: %zu FDEs, %u rows, %zu bytes, %zu addresses agree",
	       object->name, object->nr_fdes, header->nr_rows,
	       object->unwind.size, object->nr);
	for (int i = 0; i < NR_REASONS; i++) {
		if (object->nr_none[i])
			printf(", %zu UNKNOWN: %s", object->nr_none[i],
			       reason_names[i]);
	}
	if (object->nr_lost)
		printf(", %zu frame pointer lost", object->nr_lost);
	putchar('\n');
}

static void check_segment(struct object *object)
{
	ck_assert_int_eq(af_unwind_build(&object->elf, object->segment,
					 &object->unwind),
			 0);
	ck_assert_int_eq(af_unwind_check(object->unwind.blob,
					 object->unwind.size,
					 object->segment->filesz),
			 0);
	object->nr = 0;
	object->nr_lost = 0;
	memset(object->nr_none, 0, sizeof(object->nr_none));
	add_own_rows(object);
	add_libdw_rows(object);
	sort_addresses(object);
	for (size_t i = 0; i < object->nr; i++)
		check_address(object, object->addresses[i]);
	print_segment(object);
	af_unwind_release(&object->unwind);
}

static void check_file(const char *name, int fd)
{
	struct object object = { .name = name };

	ck_assert_int_eq(af_elf_read_fd(&object.elf, fd, AF_ELF_SEGMENTS), 0);
	elf_version(EV_CURRENT);
	object.libelf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	ck_assert_ptr_nonnull(object.libelf);
	read_fdes(&object);
	unite_fdes(&object);
	object.cfi = dwarf_getcfi_elf(object.libelf);
	for (size_t i = 0; i < object.elf.nr_segments; i++) {
		object.segment = &object.elf.segments[i];
		if (object.segment->exec)
			check_segment(&object);
	}
	if (!object.addresses)
		printf("%s: no code\n", name);
	dwarf_cfi_end(object.cfi);
	elf_end(object.libelf);
	af_elf_release(&object.elf);
	free(object.addresses);
	free(object.covered);
	free(object.fdes);
}

START_TEST(installed_object) {
	int fd = open_object(objects[_i]);

	ck_assert_msg(fd >= 0, "%s is not installed", objects[_i]);
	check_file(objects[_i], fd);
	close(fd);
}
END_TEST

/* Transparent in every filter, and not in any file. */
START_TEST(vdso) {
	const Elf64_Ehdr *ehdr = (const void *)getauxval(AT_SYSINFO_EHDR);
	size_t len;
	int fd;

	ck_assert_ptr_nonnull(ehdr);
	/* The linker puts the section headers last. */
	len = ehdr->e_shoff + (size_t)ehdr->e_shnum * ehdr->e_shentsize;
	fd = memfd_create("vdso", MFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, ehdr, len), (ssize_t)len);
	check_file("vDSO", fd);
	close(fd);
}
END_TEST

START_TEST(given_file) {
	int fd = open(files[_i], O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	check_file(basename(files[_i]), fd);
	close(fd);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("unwind_oracle");
	TCase *tests = tcase_create("libdw");
	SRunner *runner;
	int failed;

	files = argv + 1;
	tcase_set_timeout(tests, 600);
	if (argc > 1) {
		tcase_add_loop_test(tests, given_file, 0, argc - 1);
	} else {
		tcase_add_loop_test(tests, installed_object, 0,
				    (int)NR_OBJECTS);
		tcase_add_test(tests, vdso);
	}
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
