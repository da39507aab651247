// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tests of the conversion of .eh_frame: made up CFI, and libc's. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "elf.h"
#include "symbols.h"
#include "unwind.h"

typedef struct libaf_seccomp_unwind_rule rule_t;

#define NONE                                    \
	{                                       \
		LIBAF_SECCOMP_CFA_NONE, 0, 0, 0 \
	}
#define END                                    \
	{                                      \
		LIBAF_SECCOMP_CFA_END, 0, 0, 0 \
	}
#define SP(n)                                 \
	{                                     \
		LIBAF_SECCOMP_CFA_SP, 0, 0, n \
	}
#define FP(n)                                 \
	{                                     \
		LIBAF_SECCOMP_CFA_FP, 0, 0, n \
	}
#define SP_FP(n, fp)                           \
	{                                      \
		LIBAF_SECCOMP_CFA_SP, 0, fp, n \
	}
#define SP_LOST(n)                                                \
	{                                                         \
		LIBAF_SECCOMP_CFA_SP, 0, LIBAF_SECCOMP_FP_LOST, n \
	}
#define SP_ARG0(n)                                                \
	{                                                         \
		LIBAF_SECCOMP_CFA_SP, LIBAF_SECCOMP_RA_ARG0, 0, n \
	}

static const rule_t none = NONE;
static const rule_t end = END;
static const rule_t sp8 = SP(8);
static const rule_t sp16 = SP(16);

/* Bytes being put together. */
struct bytes {
	uint8_t data[8192];
	size_t len;
};

static void put(struct bytes *b, const void *data, size_t len)
{
	ck_assert_uint_le(b->len + len, sizeof(b->data));
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put8(struct bytes *b, uint8_t value)
{
	put(b, &value, sizeof(value));
}

static void put16(struct bytes *b, uint16_t value)
{
	put(b, &value, sizeof(value));
}

static void put32(struct bytes *b, uint32_t value)
{
	put(b, &value, sizeof(value));
}

static void put64(struct bytes *b, uint64_t value)
{
	put(b, &value, sizeof(value));
}

static void put_uleb(struct bytes *b, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put8(b, 0x80 | (value & 0x7f));
	put8(b, (uint8_t)value);
}

/* Begin a record; its length is filled in when it ends. */
static size_t begin(struct bytes *b)
{
	put32(b, 0);
	return b->len;
}

static void finish(struct bytes *b, size_t start)
{
	uint32_t len = (uint32_t)(b->len - start);

	memcpy(b->data + start - sizeof(len), &len, sizeof(len));
}

/*
 * The made up object: code at TEXT, .eh_frame_hdr and .eh_frame at FRAMES.
 * The segments are allocated at their exact size, for AddressSanitizer to see
 * each byte read beyond them.
 */
#define TEXT     0x1000U
#define TEXT_LEN 0x1000U
#define FRAMES   0x4000U
#define HDR_LEN  12U
#define EH_FRAME (FRAMES + HDR_LEN)

struct object {
	struct af_elf elf;
	struct af_unwind unwind;
	uint8_t *text;
	uint8_t *frames;
	size_t text_len;
};

static void make_object(struct object *o, const struct bytes *eh_frame,
			size_t text_len)
{
	struct bytes hdr = { .len = 0 };

	memset(o, 0, sizeof(*o));
	put8(&hdr, 1);
	put8(&hdr, 0x1b);
	put8(&hdr, 0xff);
	put8(&hdr, 0xff);
	put32(&hdr, EH_FRAME - FRAMES - 4);
	put32(&hdr, 0);
	o->text_len = text_len;
	o->text = calloc(1, text_len);
	o->frames = malloc(HDR_LEN + eh_frame->len);
	ck_assert(o->text && o->frames);
	memcpy(o->frames, hdr.data, HDR_LEN);
	memcpy(o->frames + HDR_LEN, eh_frame->data, eh_frame->len);
	/* With more code than fits below FRAMES, it goes above. */
	o->elf.segments[0].vaddr = text_len > TEXT_LEN ? 0x100000 : TEXT;
	o->elf.segments[0].offset = o->elf.segments[0].vaddr;
	o->elf.segments[0].filesz = text_len;
	o->elf.segments[0].exec = true;
	o->elf.segments[0].data = o->text;
	o->elf.segments[1].vaddr = FRAMES;
	o->elf.segments[1].offset = FRAMES;
	o->elf.segments[1].filesz = HDR_LEN + eh_frame->len;
	o->elf.segments[1].data = o->frames;
	o->elf.nr_segments = 2;
	o->elf.eh_frame_hdr = FRAMES;
	o->elf.eh_frame_hdr_size = 8;
}

static int build(struct object *o)
{
	int err;

	af_unwind_release(&o->unwind);
	err = af_unwind_build(&o->elf, &o->elf.segments[0], &o->unwind);
	if (!err)
		ck_assert_int_eq(af_unwind_check(o->unwind.blob, o->unwind.size,
						 o->text_len),
				 0);
	return err;
}

static void free_object(struct object *o)
{
	af_unwind_release(&o->unwind);
	free(o->text);
	free(o->frames);
}

static const rule_t *rule_at(const struct object *o, uint64_t offset)
{
	const rule_t *rule = af_unwind_find(o->unwind.blob, o->unwind.size,
					    o->text_len, offset);

	ck_assert_ptr_nonnull(rule);
	return rule;
}

static bool same(const rule_t *a, const rule_t *b)
{
	return a->cfa == b->cfa && a->ra == b->ra && a->fp == b->fp &&
	       a->offset == b->offset;
}

static void check_rule_at(int line, const struct object *o, uint64_t offset,
			  const rule_t *expected)
{
	const rule_t *rule = rule_at(o, offset);

	ck_assert_msg(same(rule, expected),
		      "line %d, at %#llx: %d/%d/%d/%d instead of %d/%d/%d/%d",
		      line, (unsigned long long)offset, rule->cfa, rule->ra,
		      rule->fp, rule->offset, expected->cfa, expected->ra,
		      expected->fp, expected->offset);
}

#define check_rule(o, offset, expected) \
	check_rule_at(__LINE__, o, offset, expected)

/* All of the object has one rule. */
static void check_all(const struct object *o, const rule_t *expected)
{
	for (size_t i = 0; i < o->text_len; i++)
		check_rule(o, i, expected);
}

/* What goes into a CIE, where it is not as usual. */
struct cie {
	uint8_t version;
	const char *letters;
	const char *data;
	size_t data_len;
	int64_t data_align;
	uint8_t ra;
};

static const struct cie usual = {
	.version = 1,
	.letters = "zR",
	.data = "\x1b",
	.data_len = 1,
	.ra = 16,
};

static void put_cie_with(struct bytes *b, const struct cie *cie,
			 const void *insns, size_t len)
{
	size_t start = begin(b);

	put32(b, 0);
	put8(b, cie->version);
	put(b, cie->letters, strlen(cie->letters) + 1);
	if (cie->version == 4)
		put16(b, 0x0008);
	/* Code alignment 1, data alignment -8 in SLEB128. */
	put8(b, 1);
	put8(b, 0x78);
	put8(b, cie->ra);
	if (cie->letters[0] == 'z')
		put_uleb(b, cie->data_len);
	put(b, cie->data, cie->data_len);
	put(b, insns, len);
	finish(b, start);
}

/* CFA is rsp + 8, the return address at CFA - 8. */
static const uint8_t usual_insns[] = { 0x0c, 7, 8, 0x90, 1 };

static void put_cie(struct bytes *b, const struct cie *cie)
{
	put_cie_with(b, cie, usual_insns, sizeof(usual_insns));
}

/* Begin an FDE of the CIE at offset @cie, with the usual encoding. */
static size_t begin_fde(struct bytes *b, uint32_t cie, uint32_t start,
			uint32_t len)
{
	size_t record = begin(b);

	put32(b, (uint32_t)b->len - cie);
	put32(b, start - (EH_FRAME + (uint32_t)b->len));
	put32(b, len);
	put8(b, 0);
	return record;
}

static void put_fde(struct bytes *b, uint32_t cie, uint32_t start, uint32_t len,
		    const void *insns, size_t insns_len)
{
	size_t record = begin_fde(b, cie, start, len);

	put(b, insns, insns_len);
	finish(b, record);
}

/* The FDE of the tests of single instructions, in object offsets. */
#define FDE     0x100U
#define FDE_LEN 0x40U

static void make_insns(struct object *o, const void *insns, size_t len)
{
	struct bytes b = { .len = 0 };

	put_cie(&b, &usual);
	put_fde(&b, 0, TEXT + FDE, FDE_LEN, insns, len);
	put32(&b, 0);
	make_object(o, &b, TEXT_LEN);
}

#define BYTES(...) \
	(const uint8_t[]){ __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })

/* Go on to the second half. */
#define HALF (0x40 | (FDE_LEN / 2))

/* Instructions, and what holds in the first and second half of the FDE. */
static const struct {
	const char *name;
	const uint8_t *insns;
	size_t len;
	rule_t first;
	rule_t second;
} ops[] = {
	{ "nop", BYTES(0, 0), SP(8), SP(8) },
	{ "advance_loc", BYTES(HALF, 0x0e, 16), SP(8), SP(16) },
	{ "advance_loc1", BYTES(0x02, 0x20, 0x0e, 16), SP(8), SP(16) },
	{ "advance_loc2", BYTES(0x03, 0x20, 0, 0x0e, 16), SP(8), SP(16) },
	{ "advance_loc4", BYTES(0x04, 0x20, 0, 0, 0, 0x0e, 16), SP(8), SP(16) },
	{ "advance by 0", BYTES(0x40, 0x0e, 16, 0x02, 0), SP(16), SP(16) },
	{ "advance to the end", BYTES(0x02, FDE_LEN, 0x0e, 16), SP(8), SP(8) },
	{ "def_cfa", BYTES(HALF, 0x0c, 6, 16), SP(8), FP(16) },
	{ "def_cfa_register", BYTES(HALF, 0x0d, 6), SP(8), FP(8) },
	{ "def_cfa_sf", BYTES(HALF, 0x12, 7, 0x7e), SP(8), SP(16) },
	{ "def_cfa_offset_sf", BYTES(HALF, 0x13, 0x7d), SP(8), SP(24) },
	{ "def_cfa_expression", BYTES(0x0f, 2, 0x77, 8, HALF, 0x0c, 7, 8), NONE,
	  SP(8) },
	{ "CFA from another register", BYTES(0x0d, 3, HALF, 0x0d, 7), NONE,
	  SP(8) },
	{ "CFA below rsp", BYTES(0x13, 1, HALF, 0x13, 0), NONE, SP(0) },
	{ "CFA below rbp", BYTES(0x12, 6, 1, HALF, 0x0e, 0), FP(-8), FP(0) },
	{ "odd CFA", BYTES(0x0e, 12, HALF, 0x0e, 16), NONE, SP(16) },
	{ "largest CFA",
	  BYTES(0x0e, 0x80, 0x80, 0x80, 0x08, HALF, 0x0e, 0xf8, 0xff, 0xff,
		0x07),
	  NONE, SP(0xfffff8) },
	{ "lowest CFA",
	  BYTES(0x12, 6, 0x80, 0x80, 0x80, 0x01, HALF, 0x12, 6, 0xff, 0xff,
		0xff, 0x00),
	  NONE, FP(-0xfffff8) },
	{ "offset", BYTES(0x86, 2, HALF, 0x86, 3), SP_FP(8, -16),
	  SP_FP(8, -24) },
	{ "offset of other registers", BYTES(0x83, 2, HALF, 0x8c, 3), SP(8),
	  SP(8) },
	{ "offset onto the return address", BYTES(0x86, 1), SP_LOST(8),
	  SP_LOST(8) },
	{ "offset_extended", BYTES(0x05, 6, 3), SP_FP(8, -24), SP_FP(8, -24) },
	{ "offset_extended_sf", BYTES(0x11, 6, 3, HALF, 0x11, 6, 0x7d),
	  SP_FP(8, -24), SP_LOST(8) },
	{ "lowest offset", BYTES(0x86, 0x80, 0x20, HALF, 0x86, 0x81, 0x20),
	  SP_FP(8, -32768), SP_LOST(8) },
	{ "negative_offset_extended", BYTES(0x2f, 6, 2), SP_LOST(8),
	  SP_LOST(8) },
	{ "val_offset", BYTES(0x14, 6, 2), SP_LOST(8), SP_LOST(8) },
	{ "val_offset_sf", BYTES(0x15, 6, 2), SP_LOST(8), SP_LOST(8) },
	{ "undefined", BYTES(0x07, 6, HALF, 0x07, 3), SP_LOST(8), SP_LOST(8) },
	{ "same_value", BYTES(0x07, 6, HALF, 0x08, 6), SP_LOST(8), SP(8) },
	{ "register", BYTES(0x09, 6, 3, HALF, 0x08, 6), SP_LOST(8), SP(8) },
	{ "expression", BYTES(0x10, 6, 2, 0x77, 8), SP_LOST(8), SP_LOST(8) },
	{ "val_expression", BYTES(0x16, 6, 1, 0x30), SP_LOST(8), SP_LOST(8) },
	{ "expression of others", BYTES(0x10, 3, 2, 0x77, 8), SP(8), SP(8) },
	{ "restore", BYTES(0x86, 2, HALF, 0xc6), SP_FP(8, -16), SP(8) },
	{ "restore_extended", BYTES(0x86, 2, HALF, 0x06, 6), SP_FP(8, -16),
	  SP(8) },
	{ "restore of others", BYTES(0x86, 2, HALF, 0xc3), SP_FP(8, -16),
	  SP_FP(8, -16) },
	{ "restore the return address", BYTES(0x07, 16, HALF, 0xd0), END,
	  SP(8) },
	{ "remember_state", BYTES(0x0a, 0x0e, 16, 0x86, 2, HALF, 0x0b),
	  SP_FP(16, -16), SP(8) },
	{ "remember_state twice",
	  BYTES(0x0e, 16, 0x0a, 0x0e, 24, 0x0a, 0x0e, 32, 0x0b, HALF, 0x0b),
	  SP(24), SP(16) },
	{ "args_size", BYTES(0x2e, 0x80, 0x01, HALF, 0x2e, 16), SP(8), SP(8) },
	{ "rip in rdi", BYTES(HALF, 0x0e, 0, 0x09, 16, 5), SP(8), SP_ARG0(0) },
	{ "rip in rdx", BYTES(HALF, 0x09, 16, 1), SP(8), NONE },
	{ "rip undefined", BYTES(HALF, 0x07, 16), SP(8), END },
	{ "rip undefined and an odd CFA", BYTES(0x0e, 3, 0x07, 16), END, END },
	{ "rip elsewhere", BYTES(HALF, 0x90, 2), SP(8), NONE },
	{ "rip the same", BYTES(HALF, 0x08, 16), SP(8), NONE },
	{ "rip by expression", BYTES(HALF, 0x10, 16, 1, 0x30), SP(8), NONE },
	{ "rip by value", BYTES(HALF, 0x14, 16, 1), SP(8), NONE },
	{ "rsp in r8", BYTES(HALF, 0x09, 7, 8), SP(8), NONE },
	{ "rsp the same", BYTES(HALF, 0x08, 7), SP(8), NONE },
	{ "rsp the CFA", BYTES(0x08, 7, HALF, 0x14, 7, 0), NONE, SP(8) },
	{ "rsp above the CFA", BYTES(HALF, 0x15, 7, 0x7f), SP(8), NONE },
	{ "padded ULEB128", BYTES(HALF, 0x0e, 0x90, 0x80, 0), SP(8), SP(16) },
};

START_TEST(understood) {
	struct object o;

	make_insns(&o, ops[_i].insns, ops[_i].len);
	ck_assert_int_eq(build(&o), 0);
	for (size_t i = 0; i < TEXT_LEN; i++) {
		const rule_t *expected = &none;

		if (i >= FDE && i < FDE + FDE_LEN / 2)
			expected = &ops[_i].first;
		else if (i >= FDE && i < FDE + FDE_LEN)
			expected = &ops[_i].second;
		ck_assert_msg(same(rule_at(&o, i), expected), "%s at %zx",
			      ops[_i].name, i - FDE);
	}
	ck_assert_uint_eq(o.unwind.nr_none,
			  (ops[_i].first.cfa == LIBAF_SECCOMP_CFA_NONE) +
				  (ops[_i].second.cfa ==
				   LIBAF_SECCOMP_CFA_NONE));
	free_object(&o);
}
END_TEST

/* Instructions after which the FDE is NONE: from its half on, or all of it. */
static const struct {
	const char *name;
	const uint8_t *insns;
	size_t len;
} wrong[] = {
	{ "unknown", BYTES(HALF, 0x3f) },
	{ "MIPS_advance_loc8", BYTES(HALF, 0x1d, 1, 0, 0, 0, 0, 0, 0, 0) },
	{ "GNU_window_save", BYTES(HALF, 0x2d) },
	{ "restore_state alone", BYTES(HALF, 0x0b) },
	{ "too many remember_state",
	  BYTES(HALF, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10,
		10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10,
		10, 10, 10) },
	{ "beyond the end", BYTES(HALF, 0x40 | 0x21) },
	{ "far beyond the end", BYTES(0x04, 0xff, 0xff, 0xff, 0xff) },
	{ "set_loc to before", BYTES(HALF, 0x01, 0, 0, 0, 0) },
	{ "no operand", BYTES(HALF, 0x0e) },
	{ "half an operand", BYTES(HALF, 0x0e, 0x80) },
	{ "half an advance_loc4", BYTES(HALF, 0x04, 1, 0, 0) },
	{ "ULEB128 over 64 bits", BYTES(HALF, 0x0e, 0x88, 0x80, 0x80, 0x80,
					0x80, 0x80, 0x80, 0x80, 0x80, 0x02) },
	{ "long ULEB128", BYTES(HALF, 0x0e, 0x88, 0x80, 0x80, 0x80, 0x80, 0x80,
				0x80, 0x80, 0x80, 0x80, 0x00) },
	{ "SLEB128 over 64 bits", BYTES(HALF, 0x13, 0x80, 0x80, 0x80, 0x80,
					0x80, 0x80, 0x80, 0x80, 0x80, 0x01) },
	{ "CFA offset over 63 bits",
	  BYTES(HALF, 0x0e, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x80, 0x01) },
	{ "factored CFA offset over 63 bits",
	  BYTES(HALF, 0x13, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x40) },
	{ "factored offset over 63 bits",
	  BYTES(HALF, 0x86, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x40) },
	{ "offset over 63 bits", BYTES(HALF, 0x86, 0x80, 0x80, 0x80, 0x80, 0x80,
				       0x80, 0x80, 0x80, 0x80, 0x01) },
	{ "negative_offset_extended over 63 bits",
	  BYTES(HALF, 0x2f, 6, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x80, 0x01) },
	{ "register over 63 bits", BYTES(HALF, 0x09, 6, 0x80, 0x80, 0x80, 0x80,
					 0x80, 0x80, 0x80, 0x80, 0x80, 0x01) },
	{ "def_cfa_offset after an expression",
	  BYTES(HALF, 0x0f, 1, 0x30, 0x0e, 8) },
	{ "def_cfa_offset_sf after an expression",
	  BYTES(HALF, 0x0f, 1, 0x30, 0x13, 1) },
	{ "def_cfa_register after an expression",
	  BYTES(HALF, 0x0f, 1, 0x30, 0x0d, 7) },
	{ "long expression", BYTES(HALF, 0x0f, 2, 0x30) },
	{ "very long expression", BYTES(HALF, 0x10, 6, 0xff, 0xff, 0xff, 0xff,
					0xff, 0xff, 0xff, 0xff, 0xff, 0x01) },
};

START_TEST(malformed) {
	struct object o;

	size_t good = wrong[_i].insns[0] == HALF ? FDE_LEN / 2 : 0;

	make_insns(&o, wrong[_i].insns, wrong[_i].len);
	ck_assert_int_eq(build(&o), 0);
	ck_assert_msg(o.unwind.nr_none == 1, "%s", wrong[_i].name);
	for (size_t i = 0; i < TEXT_LEN; i++)
		ck_assert_msg(same(rule_at(&o, i),
				   i - FDE < good ? &sp8 : &none),
			      "%s at %zx", wrong[_i].name, i - FDE);
	free_object(&o);
}
END_TEST

/* One bad FDE does not take others with it. */
START_TEST(malformed_alone) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &usual);
	put_fde(&b, 0, TEXT, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 0x10, 0x10, BYTES(0x48, 0x0e, 16, 0x44, 0x3f));
	put_fde(&b, 0, TEXT + 0x20, 0x10, BYTES(0x0e, 16));
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0x0f, &sp8);
	check_rule(&o, 0x17, &sp8);
	check_rule(&o, 0x18, &sp16);
	check_rule(&o, 0x1b, &sp16);
	check_rule(&o, 0x1c, &none);
	check_rule(&o, 0x1f, &none);
	check_rule(&o, 0x20, &sp16);
	check_rule(&o, 0x30, &none);
	free_object(&o);
}
END_TEST

/* CIEs, and what an FDE without instructions of its own is then. */
static const struct {
	struct cie cie;
	rule_t rule;
} cies[] = {
	{ { 1, "zR", "\x1b", 1, 0, 16 }, SP(8) },
	{ { 3, "zR", "\x1b", 1, 0, 16 }, SP(8) },
	{ { 4, "zR", "\x1b", 1, 0, 16 }, SP(8) },
	{ { 1, "zR", "\x1b\0\0", 3, 0, 16 }, SP(8) },
	{ { 1, "zPLR", "\x9b\1\2\3\4\x1b\x1b", 7, 0, 16 }, SP(8) },
	{ { 1, "zPR", "\0\1\2\3\4\5\6\7\10\x1b", 10, 0, 16 }, SP(8) },
	{ { 1, "zRS", "\x1b", 1, 0, 16 }, END },
	{ { 1, "zSR", "\x1b", 1, 0, 16 }, END },
	/* Beyond understanding: */
	{ { 1, "zRX", "\x1b", 1, 0, 16 }, NONE },
	{ { 1, "zRB", "\x1b", 1, 0, 16 }, NONE },
	{ { 1, "zXR", "\x1b", 1, 0, 16 }, NONE },
	{ { 1, "zSRX", "\x1b", 1, 0, 16 }, NONE },
	{ { 1, "zPR", "\x50\0\0\0\0\0\0\0\0\x1b", 10, 0, 16 }, NONE },
	{ { 1, "zPR", "\xff\x1b", 2, 0, 16 }, NONE },
	{ { 1, "zRP", "\x1b\3\0\0\0", 5, 0, 16 }, NONE },
	{ { 1, "zR", "", 0, 0, 16 }, NONE },
	{ { 1, "zRL", "\x1b", 1, 0, 16 }, NONE },
	{ { 1, "R", "\x1b", 1, 0, 16 }, NONE },
	{ { 1, "eh", "\0\0\0\0\0\0\0\0", 8, 0, 16 }, NONE },
	{ { 2, "zR", "\x1b", 1, 0, 16 }, NONE },
	{ { 5, "zR", "\x1b", 1, 0, 16 }, NONE },
	{ { 1, "zR", "\x1b", 1, 0, 15 }, NONE },
};

START_TEST(augmentation) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &cies[_i].cie);
	put_fde(&b, 0, TEXT, TEXT_LEN, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	check_all(&o, &cies[_i].rule);
	free_object(&o);
}
END_TEST

/* Initial instructions that no CIE may have. */
static const struct {
	const uint8_t *insns;
	size_t len;
} initials[] = {
	{ BYTES(0x0c, 7, 8, 0x90, 1, 0x41) },
	{ BYTES(0x0c, 7, 8, 0x90, 1, 0xc6) },
	{ BYTES(0x0c, 7, 8, 0x90, 1, 0x0b) },
	{ BYTES(0x0c, 7, 8, 0x90, 1, 0x3f) },
	{ BYTES(0x0c, 7, 8, 0x90) },
	{ BYTES(0x0e, 8, 0x90, 1) },
	{ BYTES(0x90, 1) },
	{ BYTES(0x0c, 7, 8) },
};

START_TEST(initial) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie_with(&b, &usual, initials[_i].insns, initials[_i].len);
	put_fde(&b, 0, TEXT, TEXT_LEN, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	check_all(&o, &none);
	free_object(&o);
}
END_TEST

/* A CIE's alignment factors apply to its FDEs. */
START_TEST(factors) {
	struct bytes b = { .len = 0 };
	struct object o;
	size_t record = begin(&b);

	put32(&b, 0);
	put(&b, "\1zR", 4);
	put_uleb(&b, 4);
	put8(&b, 0x70);
	put8(&b, 16);
	put(&b, "\1\x1b", 2);
	put(&b, "\x0c\7\x08\x11\x10\0", 6);
	finish(&b, record);
	/* -16 in units of -16 is 1; the return address must be at -8. */
	put_fde(&b, 0, TEXT, 0x40, BYTES(0x48, 0x0e, 16, 0x86, 1));
	put_fde(&b, 0, TEXT + 0x40, 0x40, BYTES(0x48, 0x09, 16, 5, 0x86, 1));
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0x00, &none);
	check_rule(&o, 0x20, &none);
	check_rule(&o, 0x5f, &none);
	check_rule(&o, 0x60,
		   (&(const rule_t){ LIBAF_SECCOMP_CFA_SP,
				     LIBAF_SECCOMP_RA_ARG0, -16, 8 }));
	free_object(&o);
}
END_TEST

/* Write a number in the format of an encoded pointer. */
static void put_number(struct bytes *b, uint8_t encoding, uint64_t value)
{
	switch (encoding & 0x0f) {
	case 0x02:
	case 0x0a:
		put16(b, (uint16_t)value);
		break;
	case 0x03:
	case 0x0b:
		put32(b, (uint32_t)value);
		break;
	case 0x01:
	case 0x09:
		/* Positive, and bit 6 of the last byte clear in both. */
		put_uleb(b, value);
		break;
	default:
		put64(b, value);
		break;
	}
}

static const struct {
	uint8_t encoding;
	bool known;
} encodings[] = {
	{ 0x00, true },  { 0x01, true },  { 0x02, true },  { 0x03, true },
	{ 0x04, true },  { 0x09, true },  { 0x0a, true },  { 0x0b, true },
	{ 0x0c, true },  { 0x10, true },  { 0x12, true },  { 0x13, false },
	{ 0x14, true },  { 0x1a, true },  { 0x1b, true },  { 0x1c, true },
	{ 0x05, false }, { 0x08, false }, { 0x0d, false }, { 0x20, false },
	{ 0x30, false }, { 0x33, false }, { 0x40, false }, { 0x50, false },
	{ 0x80, false }, { 0x9b, false }, { 0xff, false },
};

/* The range of an FDE, and the operand of DW_CFA_set_loc. */
START_TEST(encoding) {
	uint8_t kind = encodings[_i].encoding;
	bool pcrel = (kind & 0x70) == 0x10;
	char data[2] = { (char)kind, 0 };
	struct cie cie = { 1, "zR", data, 1, 0, 16 };
	/* Below .eh_frame; 16 bits with a sign suffice. */
	uint64_t start = TEXT + 0x23, middle = TEXT + 0x33;
	struct bytes b = { .len = 0 };
	struct object o;
	size_t record;

	put_cie(&b, &cie);
	record = begin(&b);
	put32(&b, (uint32_t)b.len);
	put_number(&b, kind, start - (pcrel ? EH_FRAME + b.len : 0));
	put_number(&b, kind, 0x20);
	put8(&b, 0);
	put8(&b, 0x01);
	put_number(&b, kind, middle - (pcrel ? EH_FRAME + b.len : 0));
	put(&b, "\x0e\x10", 2);
	finish(&b, record);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	if (!encodings[_i].known || kind == 0x12) {
		/* (0x12: an unsigned 16-bit distance cannot lead back.) */
		check_all(&o, &none);
	} else {
		check_rule(&o, 0x22, &none);
		check_rule(&o, 0x23, &sp8);
		check_rule(&o, 0x32, &sp8);
		check_rule(&o, 0x33, &sp16);
		check_rule(&o, 0x42, &sp16);
		check_rule(&o, 0x43, &none);
	}
	free_object(&o);
}
END_TEST

/* Without augmentation, pointers are plain and no size follows the range. */
START_TEST(no_augmentation) {
	struct cie cie = { 1, "", NULL, 0, 0, 16 };
	struct bytes b = { .len = 0 };
	struct object o;
	size_t record;

	put_cie(&b, &cie);
	record = begin(&b);
	put32(&b, (uint32_t)b.len);
	put64(&b, TEXT + 0x10);
	put64(&b, 0x20);
	put(&b, "\x50\x0e\x10", 3);
	finish(&b, record);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0x0f, &none);
	check_rule(&o, 0x10, &sp8);
	check_rule(&o, 0x20, &sp16);
	check_rule(&o, 0x30, &none);
	free_object(&o);
}
END_TEST

/* An FDE's augmentation data are skipped, and must lie inside it. */
START_TEST(fde_augmentation) {
	struct bytes b = { .len = 0 };
	struct object o;
	size_t record;

	put_cie(&b, &usual);
	record = begin_fde(&b, 0, TEXT, 0x10);
	b.data[b.len - 1] = 2;
	put(&b, "\x3f\x3f\x0e\x10", 4);
	finish(&b, record);
	record = begin_fde(&b, 0, TEXT + 0x10, 0x10);
	b.data[b.len - 1] = 5;
	put(&b, "\0\0\0\0", 4);
	finish(&b, record);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0, &sp16);
	check_rule(&o, 0x10, &none);
	ck_assert_uint_eq(o.unwind.nr_none, 1);
	free_object(&o);
}
END_TEST

/* Records that are there, but say nothing about any range. */
START_TEST(records) {
	struct bytes b = { .len = 0 };
	struct object o;
	size_t record;

	put_cie(&b, &usual);
	/* No such CIE: inside another record, and before the section. */
	put_fde(&b, 1, TEXT, 0x10, NULL, 0);
	put_fde(&b, (uint32_t)-64, TEXT, 0x10, NULL, 0);
	/* A range that wraps around, and one cut short. */
	put_fde(&b, 0, TEXT, (uint32_t)-1, NULL, 0);
	record = begin(&b);
	put32(&b, (uint32_t)b.len);
	put32(&b, TEXT - (EH_FRAME + (uint32_t)b.len));
	put16(&b, 0x10);
	finish(&b, record);
	/* Too short for an id; 64-bit length. */
	record = begin(&b);
	put16(&b, 0);
	finish(&b, record);
	put32(&b, UINT32_MAX);
	put64(&b, 4);
	put32(&b, 0);
	/* Empty ones and ones elsewhere do not count. */
	put_fde(&b, 0, TEXT + 0x18, 0, NULL, 0);
	put_fde(&b, 0, TEXT - 0x10, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + TEXT_LEN, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 0x10, 0x10, NULL, 0);
	put32(&b, 0);
	/* Behind the end. */
	put_fde(&b, 0, TEXT + 0x20, 0x10, NULL, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	for (size_t i = 0; i < TEXT_LEN; i++)
		check_rule(&o, i, i >= 0x10 && i < 0x20 ? &sp8 : &none);
	free_object(&o);
}
END_TEST

/* FDEs in any order; those that overlap are NONE, no others. */
START_TEST(overlap) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &usual);
	put_fde(&b, 0, TEXT + 0x80, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 0x70, 0x10, NULL, 0);
	/* Two, then one that hangs on to the second. */
	put_fde(&b, 0, TEXT + 0x28, 0x18, NULL, 0);
	put_fde(&b, 0, TEXT + 0x20, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 0x38, 0x10, NULL, 0);
	/* Right before and right after these. */
	put_fde(&b, 0, TEXT + 0x48, 0x08, NULL, 0);
	put_fde(&b, 0, TEXT + 0x10, 0x10, NULL, 0);
	/* One in another, and twice the same. */
	put_fde(&b, 0, TEXT + 0x100, 0x30, NULL, 0);
	put_fde(&b, 0, TEXT + 0x110, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 0x140, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 0x140, 0x10, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	for (size_t i = 0; i < TEXT_LEN; i++) {
		bool known = (i >= 0x10 && i < 0x20) ||
			     (i >= 0x48 && i < 0x50) || (i >= 0x70 && i < 0x90);

		check_rule(&o, i, known ? &sp8 : &none);
	}
	free_object(&o);
}
END_TEST

/* FDEs that reach over the limits of the segment say nothing in it. */
START_TEST(limits) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &usual);
	put_fde(&b, 0, TEXT - 8, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 8, TEXT_LEN - 16, NULL, 0);
	put_fde(&b, 0, TEXT + TEXT_LEN - 8, 0x10, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	for (size_t i = 0; i < TEXT_LEN; i++)
		check_rule(&o, i, i >= 8 && i < TEXT_LEN - 8 ? &sp8 : &none);
	free_object(&o);
}
END_TEST

/* `syscall' right behind an FDE has its last row, and nothing else has. */
START_TEST(syscall_gap) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &usual);
	put_fde(&b, 0, TEXT, 0x10, BYTES(0x44, 0x0e, 16));
	put_fde(&b, 0, TEXT + 0x20, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 0x40, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 0x51, 0x0f, NULL, 0);
	/* Malformed; overlapping; at the segment's end. */
	put_fde(&b, 0, TEXT + 0x70, 0x10, BYTES(0x3f));
	put_fde(&b, 0, TEXT + 0x90, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + 0x90, 0x10, NULL, 0);
	put_fde(&b, 0, TEXT + TEXT_LEN - 0x10, 0x0e, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	memcpy(o.text + 0x10, "\x0f\x05", 2);
	memcpy(o.text + 0x31, "\x0f\x05", 2);
	memcpy(o.text + 0x50, "\x0f\x05", 2);
	memcpy(o.text + 0x80, "\x0f\x05", 2);
	memcpy(o.text + 0xa0, "\x0f\x05", 2);
	memcpy(o.text + TEXT_LEN - 2, "\x0f\x05", 2);
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0x0f, &sp16);
	check_rule(&o, 0x10, &sp16);
	check_rule(&o, 0x11, &sp16);
	check_rule(&o, 0x12, &none);
	check_rule(&o, 0x2f, &sp8);
	check_rule(&o, 0x30, &none);
	check_rule(&o, 0x31, &none);
	check_rule(&o, 0x4f, &sp8);
	check_rule(&o, 0x50, &none);
	check_rule(&o, 0x51, &sp8);
	check_rule(&o, 0x80, &none);
	check_rule(&o, 0xa0, &none);
	check_rule(&o, TEXT_LEN - 3, &sp8);
	check_rule(&o, TEXT_LEN - 2, &sp8);
	check_rule(&o, TEXT_LEN - 1, &sp8);
	/* The bytes are not known. */
	o.elf.segments[0].data = NULL;
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0x0f, &sp16);
	check_rule(&o, 0x10, &none);
	free_object(&o);
}
END_TEST

/* A gap from the entry point on is the end of chains, for 256 bytes. */
START_TEST(entry_gap) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &usual);
	put_fde(&b, 0, TEXT + 0x40, 0x10, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	o.elf.entry = TEXT + 0x20;
	ck_assert_int_eq(build(&o), 0);
	for (size_t i = 0; i < 0x40; i++)
		check_rule(&o, i, i < 0x20 ? &none : &end);
	check_rule(&o, 0x40, &sp8);
	check_rule(&o, 0x50, &none);
	o.elf.entry = TEXT + 0x50;
	ck_assert_int_eq(build(&o), 0);
	for (size_t i = 0; i < 0x40; i++)
		check_rule(&o, i, &none);
	for (size_t i = 0x50; i < TEXT_LEN; i++)
		check_rule(&o, i, i < 0x150 ? &end : &none);
	/* In an FDE, outside, and none at all. */
	o.elf.entry = TEXT + 0x48;
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0x48, &sp8);
	check_rule(&o, 0x50, &none);
	o.elf.entry = TEXT - 1;
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0, &none);
	o.elf.entry = 0;
	o.elf.segments[0].vaddr = 0;
	ck_assert_int_eq(build(&o), 0);
	check_all(&o, &none);
	free_object(&o);
}
END_TEST

/* Where an FDE cannot be read, a gap may be its range. */
START_TEST(incomplete) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &usual);
	put_fde(&b, 0, TEXT, 0x10, NULL, 0);
	put_fde(&b, 1, TEXT + 0x10, 0x10, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	memcpy(o.text + 0x10, "\x0f\x05", 2);
	o.elf.entry = TEXT + 0x20;
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0, &sp8);
	check_rule(&o, 0x10, &none);
	check_rule(&o, 0x20, &none);
	free_object(&o);
}
END_TEST

START_TEST(no_cfi) {
	struct bytes b = { .len = 0 };
	struct object o;

	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	memcpy(o.text, "\x0f\x05", 2);
	o.elf.entry = TEXT + 0x20;
	o.elf.eh_frame_hdr = 0;
	o.elf.eh_frame_hdr_size = 0;
	ck_assert_int_eq(build(&o), 0);
	check_all(&o, &none);
	ck_assert_uint_eq(o.unwind.nr_none, 0);
	free_object(&o);
}
END_TEST

/* .eh_frame_hdr: its bytes, its size, and what comes of it. */
static const struct {
	uint8_t hdr[HDR_LEN];
	uint8_t size;
	int err;
} headers[] = {
	{ { 1, 0x1b, 0xff, 0xff, 8 }, 8, 0 },
	{ { 1, 0x1b, 0x03, 0x3b, 8, 0, 0, 0, 1 }, 12, 0 },
	{ { 1, 0x3b, 0xff, 0xff, 12 }, 8, 0 },
	{ { 1, 0x03, 0xff, 0xff, 12, 0x40 }, 8, 0 },
	{ { 1, 0x01, 0xff, 0xff, 0x8c, 0x80, 0x01 }, 7, 0 },
	{ { 2, 0x1b, 0xff, 0xff, 8 }, 8, -ENOEXEC },
	{ { 0, 0x1b, 0xff, 0xff, 8 }, 8, -ENOEXEC },
	{ { 1, 0xff, 0xff, 0xff, 8 }, 8, -ENOEXEC },
	{ { 1, 0x2b, 0xff, 0xff, 8 }, 8, -ENOEXEC },
	{ { 1, 0x9b, 0xff, 0xff, 8 }, 8, -ENOEXEC },
	{ { 1, 0x1b, 0xff, 0xff, 8 }, 7, -ENOEXEC },
	{ { 1, 0x1b, 0xff, 0xff, 8 }, 3, -ENOEXEC },
	{ { 1, 0x1b, 0x03, 0x3b, 8, 0, 0, 0, 1 }, 11, -ENOEXEC },
	{ { 1, 0x1b, 0x0f, 0x3b, 8, 0, 0, 0, 1 }, 12, -ENOEXEC },
	{ { 1, 0x1b, 0xff, 0xff, 0, 0x10 }, 8, -ENOEXEC },
	{ { 1, 0x1b, 0xff, 0xff, 0xf0, 0xff, 0xff, 0xff }, 8, -ENOEXEC },
};

START_TEST(header) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &usual);
	put_fde(&b, 0, TEXT, TEXT_LEN, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	memcpy(o.frames, headers[_i].hdr, HDR_LEN);
	o.elf.eh_frame_hdr_size = headers[_i].size;
	ck_assert_int_eq(build(&o), headers[_i].err);
	if (headers[_i].err == 0)
		check_all(&o, &sp8);
	else
		ck_assert_ptr_null(o.unwind.blob);
	/* The segment has not been read. */
	o.elf.segments[1].data = NULL;
	ck_assert_int_eq(build(&o), -ENOEXEC);
	free_object(&o);
}
END_TEST

/* Not all linkers end .eh_frame with a zero. */
START_TEST(no_terminator) {
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &usual);
	put_fde(&b, 0, TEXT, TEXT_LEN, NULL, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	check_all(&o, &sp8);
	free_object(&o);
	/* Other data follow.  That is fine if the number of FDEs is known. */
	put32(&b, 0x90909090);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), -ENOEXEC);
	o.frames[2] = 0x03;
	o.frames[8] = 1;
	o.elf.eh_frame_hdr_size = HDR_LEN;
	ck_assert_int_eq(build(&o), 0);
	check_all(&o, &sp8);
	o.frames[8] = 2;
	ck_assert_int_eq(build(&o), -ENOEXEC);
	free_object(&o);
}
END_TEST

/* Many kinds of records at once, to be damaged. */
static void put_many(struct bytes *b)
{
	struct cie signal = { 1, "zRS", "\x1b", 1, 0, 16 };
	struct cie personality = { 3, "zPLR", "\x9b\1\2\3\4\x1b\x1b", 7, 0, 16 };
	uint32_t start = TEXT;
	uint32_t cie = (uint32_t)b->len;

	put_cie(b, &usual);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		put_fde(b, cie, start, FDE_LEN, ops[i].insns, ops[i].len);
		start += FDE_LEN;
	}
	cie = (uint32_t)b->len;
	put_cie(b, &signal);
	put_fde(b, cie, start, 0x10, NULL, 0);
	cie = (uint32_t)b->len;
	put_cie(b, &personality);
	put_fde(b, cie, start + 0x20, 0x10, usual_insns, sizeof(usual_insns));
	put32(b, 0);
}

/* Cut anywhere, it is an error or gives a valid table. */
START_TEST(truncated) {
	struct bytes b = { .len = 0 };
	size_t whole, nr_errors = 0;

	put_many(&b);
	whole = b.len;
	for (b.len = 0; b.len < whole; b.len++) {
		struct object o;
		int err;

		make_object(&o, &b, TEXT_LEN);
		err = build(&o);
		ck_assert(err == 0 || err == -ENOEXEC);
		nr_errors += err != 0;
		free_object(&o);
	}
	ck_assert_uint_gt(nr_errors, whole / 2);
	ck_assert_uint_lt(nr_errors, whole);
}
END_TEST

/* Each block of 64 KiB has a first row, whatever crosses its beginning. */
START_TEST(blocks) {
	const struct libaf_seccomp_unwind *table;
	struct bytes b = { .len = 0 };
	struct object o;

	put_cie(&b, &usual);
	put_fde(&b, 0, 0x100000 + 0x10, 0x20000,
		BYTES(0x04, 0xf0, 0xff, 0, 0, 0x0e, 16));
	put_fde(&b, 0, 0x100000 + 0x40000, 0x10000, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, 0x60001);
	ck_assert_int_eq(build(&o), 0);
	check_rule(&o, 0x0f, &none);
	check_rule(&o, 0x10, &sp8);
	check_rule(&o, 0xffff, &sp8);
	check_rule(&o, 0x10000, &sp16);
	check_rule(&o, 0x1ffff, &sp16);
	check_rule(&o, 0x20000, &sp16);
	check_rule(&o, 0x2000f, &sp16);
	check_rule(&o, 0x20010, &none);
	check_rule(&o, 0x3ffff, &none);
	check_rule(&o, 0x40000, &sp8);
	check_rule(&o, 0x4ffff, &sp8);
	check_rule(&o, 0x50000, &none);
	check_rule(&o, 0x60000, &none);
	ck_assert_ptr_null(af_unwind_find(o.unwind.blob, o.unwind.size,
					  o.text_len, 0x60001));
	ck_assert_ptr_null(af_unwind_find(o.unwind.blob, o.unwind.size,
					  o.text_len, UINT64_MAX));
	table = o.unwind.blob;
	ck_assert_uint_eq(table->nr_rules, 3);
	ck_assert_uint_eq(table->nr_rows, 9);
	free_object(&o);
}
END_TEST

/* An object with one FDE that has @nr rows of 1 byte, rule after rule. */
static int build_large(struct object *o, size_t nr, uint32_t nr_rules)
{
	struct bytes b = { .len = 0 };
	size_t size = HDR_LEN + 256 + nr * 16;
	uint8_t *frames = malloc(size);
	uint32_t len;
	uint8_t *to;

	ck_assert_ptr_nonnull(frames);
	put_cie(&b, &usual);
	begin_fde(&b, 0, 0x100000, (uint32_t)nr + 1);
	make_object(o, &b, nr + 1);
	memcpy(frames, o->frames, HDR_LEN + b.len);
	free(o->frames);
	o->frames = frames;
	to = frames + HDR_LEN + b.len;
	for (size_t i = 0; i < nr; i++) {
		/* DW_CFA_advance_loc, DW_CFA_def_cfa_offset with 4 bytes. */
		uint32_t offset = (uint32_t)(i % nr_rules) * 8;

		*to++ = 0x41;
		*to++ = 0x0e;
		*to++ = 0x80 | (offset & 0x7f);
		*to++ = 0x80 | (offset >> 7 & 0x7f);
		*to++ = 0x80 | (offset >> 14 & 0x7f);
		*to++ = offset >> 21 & 0x7f;
	}
	o->elf.segments[1].filesz = (uint64_t)(to - frames);
	o->elf.segments[1].data = frames;
	/* The FDE is the second record. */
	memcpy(&len, frames + HDR_LEN, sizeof(len));
	to = frames + HDR_LEN + sizeof(len) + len;
	len = (uint32_t)(frames + o->elf.segments[1].filesz - to - sizeof(len));
	memcpy(to, &len, sizeof(len));
	return build(o);
}

START_TEST(large) {
	struct object o;

	/* More rules than the converter's hash table holds. */
	ck_assert_int_eq(build_large(&o, 60000, 40000), 0);
	for (size_t i = 0; i < 60000; i++)
		check_rule(&o, i + 1,
			   (&(const rule_t)SP((int32_t)(i % 40000) * 8)));
	free_object(&o);
	/* More than a table can have, of rules and of rows. */
	ck_assert_int_eq(build_large(&o, 70000, 70000), -E2BIG);
	free_object(&o);
	ck_assert_int_eq(build_large(&o, 520000, 4), 0);
	free_object(&o);
	ck_assert_int_eq(build_large(&o, 530000, 4), -E2BIG);
	free_object(&o);
}
END_TEST

/* Parts of one function are as many as can be looked at in a short time. */
START_TEST(many_parts_of_a_function) {
	enum {
		ROWS = 520000,
		PARTS = 8
	};
	struct af_unwind unwinds[PARTS];
	struct af_span spans[PARTS];
	const struct af_segment *text;
	struct object o;

	ck_assert_int_eq(build_large(&o, ROWS, 4), 0);
	text = &o.elf.segments[0];
	for (size_t i = 0; i < PARTS; i++) {
		spans[i].start = text->vaddr + 1 + i * 100;
		spans[i].end = spans[i].start + 50;
	}
	ck_assert_int_eq(af_unwind_build_spans(&o.elf, text, spans, 4, unwinds),
			 0);
	for (size_t i = 0; i < 4; i++) {
		ck_assert(same(af_unwind_find(unwinds[i].blob, unwinds[i].size,
					      50, 49),
			       rule_at(&o, 1 + i * 100 + 49)));
		af_unwind_release(&unwinds[i]);
	}
	ck_assert_int_eq(af_unwind_build_spans(&o.elf, text, spans, PARTS,
					       unwinds),
			 -E2BIG);
	free_object(&o);
}
END_TEST

/* @nr copies of the record at @from, before which the records of @b stand. */
static int build_repeated(const struct bytes *b, size_t from, size_t nr)
{
	size_t size = b->len - from;
	struct object o;
	uint8_t *to;
	int err;

	make_object(&o, b, TEXT_LEN);
	o.frames = realloc(o.frames, HDR_LEN + from + nr * size);
	ck_assert_ptr_nonnull(o.frames);
	to = o.frames + HDR_LEN + from;
	for (size_t i = 1; i < nr; i++)
		memcpy(to + i * size, to, size);
	o.elf.segments[1].filesz = HDR_LEN + from + nr * size;
	o.elf.segments[1].data = o.frames;
	err = build(&o);
	if (!err)
		check_all(&o, &none);
	free_object(&o);
	return err;
}

/* More records than an object of any use has. */
START_TEST(many_records) {
	struct cie cie = { 1, "", NULL, 0, 0, 16 };
	struct bytes b = { .len = 0 };
	size_t from, record;

	put_cie(&b, &cie);
	ck_assert_int_eq(build_repeated(&b, 0, 65536), 0);
	ck_assert_int_eq(build_repeated(&b, 0, 65537), -E2BIG);
	/* A distance of 0 would make it a CIE; none is meant to be found. */
	from = b.len;
	record = begin(&b);
	put32(&b, UINT32_MAX);
	put64(&b, TEXT);
	put64(&b, 1);
	finish(&b, record);
	ck_assert_int_eq(build_repeated(&b, from, 2000000), 0);
}
END_TEST

/* Many FDEs at one place take no more time than so many apart. */
START_TEST(many_fdes) {
	size_t nr = LIBAF_SECCOMP_MAX_UNWIND / 2 + 1;
	size_t size = 17;
	struct bytes b = { .len = 0 };
	struct object o;
	uint8_t *to;

	put_cie(&b, &usual);
	make_object(&o, &b, TEXT_LEN);
	o.frames = realloc(o.frames, HDR_LEN + b.len + nr * size);
	ck_assert_ptr_nonnull(o.frames);
	o.elf.segments[1].data = o.frames;
	to = o.frames + HDR_LEN + b.len;
	for (size_t i = 0; i < nr; i++) {
		uint32_t at = (uint32_t)(to + 8 - o.frames - HDR_LEN);
		uint32_t words[4] = { 13, at - 4, TEXT - (EH_FRAME + at),
				      TEXT_LEN };

		memcpy(to, words, sizeof(words));
		to[16] = 0;
		to += size;
	}
	o.elf.segments[1].filesz = HDR_LEN + b.len + (nr - 1) * size;
	ck_assert_int_eq(build(&o), 0);
	check_all(&o, &none);
	o.elf.segments[1].filesz += size;
	ck_assert_int_eq(build(&o), -E2BIG);
	free_object(&o);
}
END_TEST

/* A record that is nothing but letters. */
START_TEST(unterminated_letters) {
	struct bytes b = { .len = 0 };
	struct object o;
	size_t record = begin(&b);

	put32(&b, 0);
	put(&b, "\1zRRR", 5);
	finish(&b, record);
	put_fde(&b, 0, TEXT, 0x10, NULL, 0);
	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	ck_assert_int_eq(build(&o), 0);
	check_all(&o, &none);
	free_object(&o);
}
END_TEST

START_TEST(large_segment) {
	struct bytes b = { .len = 0 };
	struct object o;

	put32(&b, 0);
	make_object(&o, &b, TEXT_LEN);
	o.elf.eh_frame_hdr = 0;
	o.elf.segments[0].data = NULL;
	o.elf.segments[0].filesz = (uint64_t)1 << 62;
	ck_assert_int_eq(build(&o), -E2BIG);
	/* Just too large, once blocks are counted, too. */
	o.elf.segments[0].filesz = (uint64_t)1 << 34;
	ck_assert_int_eq(build(&o), -E2BIG);
	o.elf.segments[0].filesz = 0;
	ck_assert_int_eq(build(&o), -ENOEXEC);
	free_object(&o);
}
END_TEST

/* A table to be damaged: 3 rules, 2 blocks, 3 rows, for 65537 bytes. */
#define TABLE_LEN 65537U

struct small_table {
	struct libaf_seccomp_unwind header;
	struct libaf_seccomp_unwind_rule rules[3];
	uint32_t blocks[2];
	struct libaf_seccomp_unwind_row rows[3];
};

static const struct small_table small = {
	.header = { 3, 3 },
	.rules = { NONE, SP_FP(8, -16), END },
	.blocks = { 0, 2 },
	.rows = { { 0, 0 }, { 0x1234, 1 }, { 0, 2 } },
};

static int check_small(const struct small_table *table)
{
	return af_unwind_check(table, sizeof(*table), TABLE_LEN);
}

static void check_bad_rule(rule_t rule)
{
	struct small_table table = small;

	table.rules[1] = rule;
	ck_assert_int_eq(check_small(&table), -EINVAL);
}

static void check_good_rule(rule_t rule)
{
	struct small_table table = small;

	table.rules[1] = rule;
	ck_assert_int_eq(check_small(&table), 0);
}

START_TEST(rules_checked) {
	check_good_rule((rule_t)SP(0));
	check_good_rule((rule_t)SP((1 << 24) - 8));
	check_good_rule((rule_t)FP((1 << 24) - 8));
	check_good_rule((rule_t)FP(8 - (1 << 24)));
	check_good_rule((rule_t)SP_LOST(8));
	check_good_rule((rule_t)SP_ARG0(8));
	check_good_rule((rule_t)SP_FP(8, -32768));
	check_bad_rule((rule_t)SP(-8));
	check_bad_rule((rule_t)SP(4));
	check_bad_rule((rule_t)SP(1 << 24));
	check_bad_rule((rule_t)FP(1 << 24));
	check_bad_rule((rule_t)FP(-(1 << 24)));
	check_bad_rule((rule_t)FP(-4));
	check_bad_rule((rule_t)FP(INT32_MIN));
	check_bad_rule((rule_t)SP_FP(8, -8));
	check_bad_rule((rule_t)SP_FP(8, -20));
	check_bad_rule((rule_t)SP_FP(8, 2));
	check_bad_rule((rule_t)SP_FP(8, 8));
	check_bad_rule((rule_t){ 1, 2, 0, 8 });
	check_bad_rule((rule_t){ 4, 0, 0, 0 });
	check_bad_rule((rule_t){ 0, 1, 0, 0 });
	check_bad_rule((rule_t){ 0, 0, 1, 0 });
	check_bad_rule((rule_t){ 0, 0, 0, 8 });
	check_bad_rule((rule_t){ 3, 1, 0, 0 });
	check_bad_rule((rule_t){ 3, 0, -16, 0 });
	check_bad_rule((rule_t){ 3, 0, 0, 8 });
}
END_TEST

/* A table that has not passed the check gives no rule, but no harm either. */
START_TEST(bad_table_searched) {
	struct small_table table = small;

	ck_assert_ptr_eq(af_unwind_find(&table, sizeof(table), TABLE_LEN,
					0x1234),
			 &table.rules[1]);
	table.rows[1].rule = 3;
	ck_assert_ptr_null(
		af_unwind_find(&table, sizeof(table), TABLE_LEN, 0x1234));
	table.blocks[1] = 4;
	ck_assert_ptr_null(af_unwind_find(&table, sizeof(table), TABLE_LEN, 0));
	ck_assert_ptr_null(
		af_unwind_find(&table, sizeof(table) - 1, TABLE_LEN, 0));
}
END_TEST

START_TEST(rows_checked) {
	struct small_table table = small;

	ck_assert_int_eq(check_small(&table), 0);
	table.blocks[0] = 1;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	/* A first row that would do, but is not the first. */
	table.rows[1].pc = 0;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table = small;
	table.blocks[1] = 0;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table.blocks[1] = 1;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table.blocks[1] = 3;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table.blocks[1] = UINT32_MAX;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table = small;
	table.rows[0].pc = 1;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table = small;
	table.rows[1].pc = 0;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table = small;
	table.rows[2].pc = 1;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table = small;
	table.rows[2].rule = 3;
	ck_assert_int_eq(check_small(&table), -EINVAL);
}
END_TEST

START_TEST(size_checked) {
	struct small_table table = small;

	for (size_t size = 0; size < sizeof(table); size++)
		ck_assert_int_eq(af_unwind_check(&table, size, TABLE_LEN),
				 -EINVAL);
	ck_assert_int_eq(af_unwind_check(&table, sizeof(table), 65536),
			 -EINVAL);
	ck_assert_int_eq(af_unwind_check(&table, sizeof(table), 131072), 0);
	ck_assert_int_eq(af_unwind_check(&table, sizeof(table), 131073),
			 -EINVAL);
	ck_assert_int_eq(af_unwind_check(&table, sizeof(table), 0), -EINVAL);
	ck_assert_int_eq(af_unwind_check(&table, sizeof(table), UINT64_MAX),
			 -EINVAL);
	table.header.nr_rules = 0;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table.header.nr_rules = 4;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table.header.nr_rules = UINT32_MAX;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table = small;
	table.header.nr_rows = 2;
	ck_assert_int_eq(check_small(&table), -EINVAL);
	table.header.nr_rows = UINT32_MAX;
	ck_assert_int_eq(check_small(&table), -EINVAL);
}
END_TEST

/* The kernel names rules with 16 bits, and so has 65536 of them. */
START_TEST(rules_counted) {
	size_t size = 8 + 65537 * 8 + 4 + 4;
	struct libaf_seccomp_unwind *table = calloc(1, size);

	ck_assert_ptr_nonnull(table);
	table->nr_rows = 1;
	table->nr_rules = 65536;
	ck_assert_int_eq(af_unwind_check(table, size - 8, 1), 0);
	table->nr_rules = 65537;
	ck_assert_int_eq(af_unwind_check(table, size, 1), -EINVAL);
	free(table);
}
END_TEST

/* One of this process's libraries, as loaded and as in its file. */
struct library {
	const char *name;
	bool found;
	char path[4096];
	struct af_elf loaded;
	struct af_elf file;
	const struct af_segment *text;
	struct object object;
};

static int find_library(struct dl_phdr_info *info, size_t size, void *data)
{
	struct library *library = data;

	(void)size;
	if (library->found || !strstr(info->dlpi_name, library->name))
		return 0;
	library->found = true;
	snprintf(library->path, sizeof(library->path), "%s", info->dlpi_name);
	ck_assert_int_eq(af_elf_read_loaded(&library->loaded, info->dlpi_addr,
					    info->dlpi_phdr, info->dlpi_phnum),
			 0);
	return 0;
}

static const struct af_segment *find_text(const struct af_elf *elf)
{
	for (size_t i = 0; i < elf->nr_segments; i++) {
		if (elf->segments[i].exec)
			return &elf->segments[i];
	}
	ck_abort_msg("no executable segment");
	return NULL;
}

static void open_library(struct library *library, const char *name)
{
	struct object *o = &library->object;
	int fd;

	memset(library, 0, sizeof(*library));
	library->name = name;
	dl_iterate_phdr(find_library, library);
	ck_assert_msg(library->found, "%s is not loaded", name);
	fd = open(library->path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(af_elf_read_fd(&library->file, fd, AF_ELF_SEGMENTS),
			 0);
	close(fd);
	library->text = find_text(&library->file);
	o->text_len = library->text->filesz;
	ck_assert_int_eq(
		af_unwind_build(&library->file, library->text, &o->unwind), 0);
	ck_assert_int_eq(af_unwind_check(o->unwind.blob, o->unwind.size,
					 o->text_len),
			 0);
}

static void close_library(struct library *library)
{
	af_unwind_release(&library->object.unwind);
	af_elf_release(&library->file);
}

static const char *const libraries[] = { "libc.so.6", "ld-linux-x86-64.so.2" };

START_TEST(loaded_and_file) {
	struct library library;
	struct af_unwind other;

	open_library(&library, libraries[_i]);
	ck_assert_uint_eq(library.loaded.entry, library.file.entry);
	ck_assert_int_eq(af_unwind_build(&library.loaded,
					 find_text(&library.loaded), &other),
			 0);
	ck_assert_uint_eq(other.size, library.object.unwind.size);
	ck_assert_uint_eq(other.nr_none, library.object.unwind.nr_none);
	ck_assert_mem_eq(other.blob, library.object.unwind.blob, other.size);
	af_unwind_release(&other);
	close_library(&library);
}
END_TEST

/* A static program has no .eh_frame_hdr: its section leads to the same. */
START_TEST(without_header) {
	struct af_symbols *symbols;
	struct library library;
	struct af_unwind other;
	struct af_elf *file = &library.file;
	int fd;

	open_library(&library, libraries[_i]);
	fd = open(library.path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(af_symbols_read(&symbols, fd), 0);
	close(fd);
	ck_assert(!af_symbols_loaded_section(symbols, ".eh_fram",
					     &file->eh_frame));
	file->eh_frame_hdr = 0;
	ck_assert(af_symbols_loaded_section(symbols, ".eh_frame",
					    &file->eh_frame));
	af_symbols_free(symbols);
	ck_assert_int_eq(af_unwind_build(file, library.text, &other), 0);
	ck_assert_uint_eq(other.size, library.object.unwind.size);
	ck_assert_mem_eq(other.blob, library.object.unwind.blob, other.size);
	af_unwind_release(&other);

	/* Nowhere, or beyond what is in the file. */
	file->eh_frame.end += 1 << 30;
	ck_assert_int_eq(af_unwind_build(file, library.text, &other), -ENOEXEC);
	file->eh_frame = (struct af_span){ UINT64_MAX - 8, UINT64_MAX };
	ck_assert_int_eq(af_unwind_build(file, library.text, &other), -ENOEXEC);
	close_library(&library);
}
END_TEST

/*
 * Cut the text into parts of lengths that have nothing to do with functions,
 * and leave out each third, which is another caller's.
 */
static size_t cut(const struct af_segment *text, struct af_span *spans,
		  size_t max)
{
	uint64_t to = text->vaddr + text->filesz;
	uint64_t at = text->vaddr, len;
	size_t nr = 0, i;

	for (i = 0; at < to && nr < max; i++, at += len) {
		len = 1 + (i * 7919 + 104729 * (i % 13)) % 6007;
		if (i % 7 == 0)
			len *= 16;
		if (len > to - at)
			len = to - at;
		if (i % 3 != 2)
			spans[nr++] = (struct af_span){ .start = at,
							.end = at + len };
	}
	return nr;
}

/*
 * A part's rows are those of the whole.  Only where a gap was cut that has a
 * rule of its own, as that of the loader's first function, they lead nowhere.
 */
START_TEST(parts) {
	static struct af_span spans[1000];
	static struct af_unwind unwinds[1000];
	size_t nr, nr_none = 0, nr_cut = 0;
	struct library library;

	open_library(&library, libraries[_i]);
	nr = cut(library.text, spans, 1000);
	ck_assert_uint_gt(nr, 10);
	ck_assert_int_eq(af_unwind_build_spans(&library.file, library.text,
					       spans, nr, unwinds),
			 0);
	for (size_t i = 0; i < nr; i++) {
		struct object part = {
			.text_len = spans[i].end - spans[i].start,
			.unwind = unwinds[i],
		};
		uint64_t before = spans[i].start - library.text->vaddr;

		ck_assert_int_eq(af_unwind_check(part.unwind.blob,
						 part.unwind.size,
						 part.text_len),
				 0);
		for (uint64_t at = 0; at < part.text_len; at++) {
			const rule_t *rule = rule_at(&part, at);

			if (same(rule, rule_at(&library.object, before + at)))
				continue;
			ck_assert(same(rule, &none));
			nr_none++;
		}
		nr_cut += !same(rule_at(&part, 0), &none) &&
			  !same(rule_at(&part, 0), &sp8);
		af_unwind_release(&unwinds[i]);
	}
	ck_assert_uint_le(nr_none, 256);
	/* Some began within a function, or this has shown nothing. */
	ck_assert_uint_gt(nr_cut, 3);
	close_library(&library);
}
END_TEST

/* The place of some bytes in the text, which must be there once. */
static uint64_t find_code(const struct library *library, const void *code,
			  size_t len)
{
	const uint8_t *text = library->text->data;
	const uint8_t *found = memmem(text, library->text->filesz, code, len);
	uint64_t offset;

	ck_assert_ptr_nonnull(found);
	offset = (uint64_t)(found - text);
	ck_assert_ptr_null(memmem(found + 1, library->text->filesz - offset - 1,
				  code, len));
	return offset;
}

/*
 * The rule for a call from the instruction at @offset: as in the kernel, that
 * of the byte before the one that execution goes on at.
 */
static const rule_t *rule_of_syscall(const struct library *library,
				     uint64_t offset)
{
	ck_assert_mem_eq(library->text->data + offset, "\x0f\x05", 2);
	return rule_at(&library->object, offset + 1);
}

/* After the calls that make threads, the child is where chains end. */
static void check_child(const struct library *library, uint64_t offset)
{
	while (same(rule_at(&library->object, offset), &none))
		offset++;
	ck_assert(same(rule_at(&library->object, offset), &end));
}

START_TEST(libc_calls) {
	static const rule_t vfork_rule = SP_ARG0(0);
	struct library library;
	uint64_t clone3_at, vfork_at, restore_at, clone_at;

	open_library(&library, "libc.so.6");
	clone3_at = find_code(&library, "\xb8\xb3\x01\0\0\x0f\x05", 7) + 5;
	ck_assert(same(rule_of_syscall(&library, clone3_at), &sp8));
	check_child(&library, clone3_at + 2);
	vfork_at = find_code(&library, "\xb8\x3a\0\0\0\x0f\x05", 7) + 5;
	ck_assert(same(rule_of_syscall(&library, vfork_at), &vfork_rule));
	/* __restore_rt: a handler returns to its first byte. */
	restore_at = find_code(&library, "\x48\xc7\xc0\x0f\0\0\0\x0f\x05", 9);
	ck_assert(same(rule_of_syscall(&library, restore_at + 7), &end));
	ck_assert(same(rule_at(&library.object, restore_at - 1), &end));
	/* clone() itself: _Fork's inline one is not followed by this. */
	clone_at = find_code(&library, "\xb8\x38\0\0\0\x0f\x05\x48\x85\xc0\x7c",
			     11) +
		   5;
	ck_assert(same(rule_of_syscall(&library, clone_at), &sp8));
	check_child(&library, clone_at + 2);
	close_library(&library);
}
END_TEST

START_TEST(ld_entry) {
	struct library library;

	open_library(&library, "ld-linux-x86-64.so.2");
	check_rule(&library.object, library.file.entry - library.text->vaddr,
		   &end);
	close_library(&library);
}
END_TEST

/* The size of the vDSO, from /proc/self/maps. */
static size_t find_vdso_size(uintptr_t address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long from, to;
	size_t size = 0;
	char line[512];

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from == address)
			size = to - from;
	}
	fclose(maps);
	return size;
}

START_TEST(vdso) {
	uintptr_t address = getauxval(AT_SYSINFO_EHDR);
	const struct libaf_seccomp_unwind *table;
	const struct af_segment *text;
	struct af_unwind unwind;
	struct af_elf elf;

	/* Valgrind hides it. */
	if (!address)
		return;
	ck_assert_int_eq(af_elf_read_image(&elf, (const void *)address,
					   find_vdso_size(address)),
			 0);
	text = find_text(&elf);
	ck_assert_int_eq(af_unwind_build(&elf, text, &unwind), 0);
	ck_assert_int_eq(
		af_unwind_check(unwind.blob, unwind.size, text->filesz), 0);
	table = unwind.blob;
	ck_assert_uint_gt(table->nr_rows, 10);
	af_unwind_release(&unwind);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Where libc's .eh_frame is; its header has the usual encoding. */
static const uint8_t *find_eh_frame(const struct af_elf *elf, uint64_t *vaddr)
{
	const uint8_t *hdr = af_elf_bytes(elf, elf->eh_frame_hdr, 8, NULL);
	int32_t distance;

	ck_assert_ptr_nonnull(hdr);
	ck_assert_uint_eq(hdr[1], 0x1b);
	memcpy(&distance, hdr + 4, sizeof(distance));
	*vaddr = elf->eh_frame_hdr + 4 + (uint64_t)(int64_t)distance;
	return af_elf_bytes(elf, *vaddr, 0x4000, NULL);
}

#define FUZZ_SIZE 4096U

#define FUZZ_ROUNDS 20000

/* libc's first FDEs, over its code, with some bytes changed. */
START_TEST(mutated) {
	uint32_t random = 0x2545f491;
	struct library library;
	struct object *o = &library.object;
	const uint8_t *eh_frame;
	uint8_t *copy = malloc(HDR_LEN + FUZZ_SIZE);
	struct af_elf elf;
	uint64_t vaddr;
	size_t nr_changed = 0;

	open_library(&library, "libc.so.6");
	eh_frame = find_eh_frame(&library.file, &vaddr);
	ck_assert(copy && eh_frame);
	memset(&elf, 0, sizeof(elf));
	elf.nr_segments = 2;
	elf.segments[0] = *library.text;
	elf.segments[1].vaddr = vaddr - HDR_LEN;
	elf.segments[1].filesz = HDR_LEN + FUZZ_SIZE;
	elf.segments[1].data = copy;
	elf.eh_frame_hdr = vaddr - HDR_LEN;
	elf.eh_frame_hdr_size = HDR_LEN;
	for (int i = 0; i < FUZZ_ROUNDS; i++) {
		int err;

		/* Zero FDEs expected: the end may be cut anywhere. */
		memcpy(copy, "\1\x1b\3\xff\x08\0\0\0\0\0\0\0", HDR_LEN);
		memcpy(copy + HDR_LEN, eh_frame, FUZZ_SIZE);
		for (uint32_t n = 1 + next_random(&random) % 8; n; n--) {
			uint32_t at = next_random(&random) % FUZZ_SIZE;

			copy[HDR_LEN + at] = (uint8_t)next_random(&random);
		}
		af_unwind_release(&o->unwind);
		err = af_unwind_build(&elf, &elf.segments[0], &o->unwind);
		ck_assert_int_eq(err, 0);
		ck_assert_int_eq(af_unwind_check(o->unwind.blob, o->unwind.size,
						 o->text_len),
				 0);
		nr_changed += o->unwind.nr_none != 0;
	}
	printf("%d mutations of libc's .eh_frame, %zu with FDEs that are NONE\n",
	       FUZZ_ROUNDS, nr_changed);
	ck_assert_uint_gt(nr_changed, FUZZ_ROUNDS / 100);
	free(copy);
	close_library(&library);
}
END_TEST

static void add_single_tests(TCase *tests)
{
	tcase_add_loop_test(tests, understood, 0, sizeof(ops) / sizeof(ops[0]));
	tcase_add_loop_test(tests, malformed, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tests, malformed_alone);
	tcase_add_loop_test(tests, augmentation, 0,
			    sizeof(cies) / sizeof(cies[0]));
	tcase_add_loop_test(tests, initial, 0,
			    sizeof(initials) / sizeof(initials[0]));
	tcase_add_test(tests, factors);
	tcase_add_loop_test(tests, encoding, 0,
			    sizeof(encodings) / sizeof(encodings[0]));
	tcase_add_test(tests, no_augmentation);
	tcase_add_test(tests, fde_augmentation);
}

static void add_object_tests(TCase *tests)
{
	tcase_add_test(tests, records);
	tcase_add_test(tests, overlap);
	tcase_add_test(tests, limits);
	tcase_add_test(tests, syscall_gap);
	tcase_add_test(tests, entry_gap);
	tcase_add_test(tests, incomplete);
	tcase_add_test(tests, no_cfi);
	tcase_add_loop_test(tests, header, 0,
			    sizeof(headers) / sizeof(headers[0]));
	tcase_add_test(tests, no_terminator);
	tcase_add_test(tests, truncated);
	tcase_add_test(tests, blocks);
	tcase_add_test(tests, large);
	tcase_add_test(tests, many_parts_of_a_function);
	tcase_add_test(tests, large_segment);
	tcase_add_test(tests, many_records);
	tcase_add_test(tests, many_fdes);
	tcase_add_test(tests, unterminated_letters);
}

static void add_check_tests(TCase *tests)
{
	tcase_add_test(tests, rules_checked);
	tcase_add_test(tests, rows_checked);
	tcase_add_test(tests, bad_table_searched);
	tcase_add_test(tests, size_checked);
	tcase_add_test(tests, rules_counted);
}

static void add_real_tests(TCase *tests)
{
	tcase_add_loop_test(tests, loaded_and_file, 0, 2);
	tcase_add_loop_test(tests, without_header, 0, 2);
	tcase_add_loop_test(tests, parts, 0, 2);
	tcase_add_test(tests, libc_calls);
	tcase_add_test(tests, ld_entry);
	tcase_add_test(tests, vdso);
	tcase_add_test(tests, mutated);
}

int main(void)
{
	static void (*const add[])(TCase *) = {
		add_single_tests,
		add_object_tests,
		add_check_tests,
		add_real_tests,
	};
	static const char *const names[] = { "fde", "object", "check", "real" };
	Suite *suite = suite_create("unwind");
	SRunner *runner;
	int failed;

	for (size_t i = 0; i < sizeof(add) / sizeof(add[0]); i++) {
		TCase *tests = tcase_create(names[i]);

		/* Sanitizers and valgrind take their time. */
		tcase_set_timeout(tests, 600);
		add[i](tests);
		suite_add_tcase(suite, tests);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
