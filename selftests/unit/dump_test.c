// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * af dump: what it prints, read back by an assembler of its own, is the program;
 * and what it says of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>

#include "large_policy.h"
#include "verb.h"

#include "../../lib/compile.h"
#include "../../lib/sim.h"
#include "../../tools/disasm.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/*
 * The assembler: lines as "LABEL: NAME OPERAND[, LABEL[, LABEL]] ; COMMENT".
 */
struct source {
	char label[16];
	char name[8];
	char words[3][24];
	int nr_words;
};

struct assembly {
	struct source lines[BPF_MAXINSNS];
	size_t len;
};

static bool has_operand(const struct source *line, const char *operand)
{
	return line->nr_words && !strcmp(line->words[0], operand);
}

/* The value of "#N", "[N]" or "M[N]". */
static uint32_t value_of(const struct source *line, const char *start)
{
	const char *word = line->words[0];
	unsigned long value;
	char *end;

	ck_assert_msg(!strncmp(word, start, strlen(start)), "%s", word);
	value = strtoul(word + strlen(start), &end, 0);
	ck_assert_msg(!strcmp(end, strchr(start, '[') ? "]" : ""), "%s", word);
	ck_assert_uint_le(value, UINT32_MAX);
	return value;
}

static size_t find_label(const struct assembly *a, const char *label)
{
	size_t found = a->len;

	for (size_t i = 0; i < a->len; i++) {
		if (strcmp(a->lines[i].label, label))
			continue;
		ck_assert_uint_eq(found, a->len);
		found = i;
	}
	ck_assert_msg(found < a->len, "no label %s", label);
	return found;
}

static void split_line(struct source *line, char *text)
{
	char *rest, *word = strchr(text, ';');

	if (word)
		*word = '\0';
	word = strtok_r(text, " ,", &rest);
	if (word && word[strlen(word) - 1] == ':') {
		snprintf(line->label, sizeof(line->label), "%.*s",
			 (int)strlen(word) - 1, word);
		word = strtok_r(NULL, " ,", &rest);
	}
	ck_assert_ptr_nonnull(word);
	snprintf(line->name, sizeof(line->name), "%s", word);
	while ((word = strtok_r(NULL, " ,", &rest))) {
		ck_assert_int_lt(line->nr_words, 3);
		snprintf(line->words[line->nr_words++], sizeof(line->words[0]),
			 "%s", word);
	}
}

static void split(struct assembly *a, char *text)
{
	char *rest, *line = strtok_r(text, "\n", &rest);

	memset(a, 0, sizeof(*a));
	for (; line; line = strtok_r(NULL, "\n", &rest)) {
		if (*line == ';')
			continue;
		ck_assert_uint_lt(a->len, BPF_MAXINSNS);
		split_line(&a->lines[a->len++], line);
	}
}

/* What is written with a number, or with nothing. */
static const struct {
	const char *name;
	const char *start;
	uint16_t code;
} plain[] = {
	{ "ld", "[", BPF_LD | BPF_W | BPF_ABS },
	{ "ld", "M[", BPF_LD | BPF_MEM },
	{ "ldx", "M[", BPF_LDX | BPF_MEM },
	{ "ld", "#", BPF_LD | BPF_IMM },
	{ "ldx", "#", BPF_LDX | BPF_IMM },
	{ "st", "M[", BPF_ST },
	{ "stx", "M[", BPF_STX },
	{ "ret", "#", BPF_RET | BPF_K },
	{ "add", "#", BPF_ALU | BPF_ADD | BPF_K },
	{ "sub", "#", BPF_ALU | BPF_SUB | BPF_K },
	{ "mul", "#", BPF_ALU | BPF_MUL | BPF_K },
	{ "div", "#", BPF_ALU | BPF_DIV | BPF_K },
	{ "and", "#", BPF_ALU | BPF_AND | BPF_K },
	{ "or", "#", BPF_ALU | BPF_OR | BPF_K },
	{ "xor", "#", BPF_ALU | BPF_XOR | BPF_K },
	{ "lsh", "#", BPF_ALU | BPF_LSH | BPF_K },
	{ "rsh", "#", BPF_ALU | BPF_RSH | BPF_K },
};

/* What is written with a word, or alone. */
static const struct {
	const char *name;
	const char *operand;
	uint16_t code;
} fixed[] = {
	{ "ld", "#len", BPF_LD | BPF_W | BPF_LEN },
	{ "ldx", "#len", BPF_LDX | BPF_W | BPF_LEN },
	{ "ret", "a", BPF_RET | BPF_A },
	{ "tax", NULL, BPF_MISC | BPF_TAX },
	{ "txa", NULL, BPF_MISC | BPF_TXA },
	{ "neg", NULL, BPF_ALU | BPF_NEG },
	{ "add", "x", BPF_ALU | BPF_ADD | BPF_X },
	{ "sub", "x", BPF_ALU | BPF_SUB | BPF_X },
	{ "mul", "x", BPF_ALU | BPF_MUL | BPF_X },
	{ "div", "x", BPF_ALU | BPF_DIV | BPF_X },
	{ "and", "x", BPF_ALU | BPF_AND | BPF_X },
	{ "or", "x", BPF_ALU | BPF_OR | BPF_X },
	{ "xor", "x", BPF_ALU | BPF_XOR | BPF_X },
	{ "lsh", "x", BPF_ALU | BPF_LSH | BPF_X },
	{ "rsh", "x", BPF_ALU | BPF_RSH | BPF_X },
};

static const struct {
	const char *name;
	uint16_t op;
	bool inverse;
} jumps[] = {
	{ "jeq", BPF_JEQ, false },   { "jne", BPF_JEQ, true },
	{ "jge", BPF_JGE, false },   { "jlt", BPF_JGE, true },
	{ "jgt", BPF_JGT, false },   { "jle", BPF_JGT, true },
	{ "jset", BPF_JSET, false },
};

static bool assemble_fixed(const struct source *line, struct sock_filter *insn)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
		if (strcmp(line->name, fixed[i].name) ||
		    (fixed[i].operand ? !has_operand(line, fixed[i].operand) :
					line->nr_words > 0))
			continue;
		insn->code = fixed[i].code;
		return true;
	}
	return false;
}

static bool assemble_plain(const struct source *line, struct sock_filter *insn)
{
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		size_t len = strlen(plain[i].start);

		if (strcmp(line->name, plain[i].name) || line->nr_words != 1 ||
		    strncmp(line->words[0], plain[i].start, len))
			continue;
		insn->code = plain[i].code;
		insn->k = value_of(line, plain[i].start);
		return true;
	}
	return false;
}

static void assemble_jump(const struct assembly *a, size_t pc,
			  struct sock_filter *insn)
{
	const struct source *line = &a->lines[pc];
	size_t i = 0, to[2] = { pc + 1, pc + 1 };
	bool x = has_operand(line, "x");

	if (!strcmp(line->name, "ja")) {
		insn->code = BPF_JMP | BPF_JA;
		insn->k = find_label(a, line->words[0]) - pc - 1;
		return;
	}
	while (i < ARRAY_SIZE(jumps) && strcmp(line->name, jumps[i].name))
		i++;
	ck_assert_msg(i < ARRAY_SIZE(jumps), "what is %s?", line->name);
	ck_assert_int_ge(line->nr_words, 2);
	to[jumps[i].inverse] = find_label(a, line->words[1]);
	if (line->nr_words == 3)
		to[!jumps[i].inverse] = find_label(a, line->words[2]);
	insn->code = BPF_JMP | jumps[i].op | (x ? BPF_X : BPF_K);
	insn->k = x ? 0 : value_of(line, "#");
	insn->jt = to[0] - pc - 1;
	insn->jf = to[1] - pc - 1;
}

/* Assemble what a verb has printed, which is changed thereby. */
static size_t assemble(char *text, struct sock_filter *prog)
{
	static struct assembly a;

	split(&a, text);
	for (size_t pc = 0; pc < a.len; pc++) {
		struct sock_filter insn = { 0 };

		if (!assemble_fixed(&a.lines[pc], &insn) &&
		    !assemble_plain(&a.lines[pc], &insn))
			assemble_jump(&a, pc, &insn);
		prog[pc] = insn;
	}
	return a.len;
}

static void check_same(const struct sock_filter *prog, size_t len,
		       const struct sock_filter *other, size_t other_len)
{
	ck_assert_uint_eq(len, other_len);
	for (size_t i = 0; i < len; i++) {
		if (memcmp(&prog[i], &other[i], sizeof(*prog)))
			ck_abort_msg("instruction %zu: %#x %u %u %#x became "
				     "%#x %u %u %#x",
				     i, prog[i].code, prog[i].jt, prog[i].jf,
				     prog[i].k, other[i].code, other[i].jt,
				     other[i].jf, other[i].k);
	}
}

static struct sock_filter assembled[BPF_MAXINSNS];

/* What was printed is this program. */
static void check_program(const struct af_program *prog)
{
	check_same(prog->insns, prog->len, assembled,
		   assemble(verb_out, assembled));
}

static void check_raw(const struct af_program *prog)
{
	ck_assert_uint_eq(verb_out_len, prog->len * sizeof(*prog->insns));
	ck_assert_mem_eq(verb_out, prog->insns, verb_out_len);
}

static const char *const policies[] = {
	"samples/policies/curl.af",
	"samples/policies/minimal.af",
	"samples/two-libraries/two-libraries.af",
	"selftests/bench/startup.af",
};

START_TEST(a_policys_program_survives_the_round_trip) {
	struct libaf_policy *policy;
	struct af_programs programs;
	char path[128];

	ck_assert_int_eq(fchdir(verb_top), 0);
	snprintf(path, sizeof(path), "%s", policies[_i]);
	ck_assert_int_eq(libaf_policy_read(path, &policy, NULL), 0);
	ck_assert_int_eq(af_compile(policy, NULL, &programs, NULL), 0);
	ck_assert_uint_eq(programs.nr, 1);
	ck_assert_int_eq(verb(af_dump, "dump", path, NULL), AF_OK);
	check_program(&programs.programs[0]);
	ck_assert_int_eq(verb(af_dump, "dump", "--raw", path, NULL), AF_OK);
	check_raw(&programs.programs[0]);
	af_programs_release(&programs);
	libaf_policy_free(policy);
}
END_TEST

START_TEST(each_of_several_programs_survives_the_round_trip) {
	char number[24], *text = large_policy(), *head;
	struct libaf_policy *policy;
	struct af_programs programs;

	ck_assert_ptr_nonnull(text);
	write_text("large.af", text);
	free(text);
	ck_assert_int_eq(libaf_policy_read("large.af", &policy, NULL), 0);
	ck_assert_int_eq(af_compile(policy, NULL, &programs, NULL), 0);
	ck_assert_uint_gt(programs.nr, 1);
	for (size_t i = 0; i < programs.nr; i++) {
		snprintf(number, sizeof(number), "%zu", i + 1);
		ck_assert_int_eq(verb(af_dump, "dump", "--program", number,
				      "large.af", NULL),
				 AF_OK);
		check_program(&programs.programs[i]);
		ck_assert_int_eq(verb(af_dump, "dump", "--raw", "--program",
				      number, "large.af", NULL),
				 AF_OK);
		check_raw(&programs.programs[i]);
	}

	ck_assert_int_eq(verb(af_dump, "dump", "large.af", NULL), AF_OK);
	head = verb_out;
	for (size_t i = 0; i < programs.nr; i++) {
		char *expected;

		ck_assert_int_gt(asprintf(&expected,
					  "; large.af, program %zu of %zu: "
					  "%zu instructions\n",
					  i + 1, programs.nr,
					  programs.programs[i].len),
				 0);
		head = strstr(head, expected);
		ck_assert_ptr_nonnull(head);
		free(expected);
	}
	af_programs_release(&programs);
	libaf_policy_free(policy);
}
END_TEST

START_TEST(one_of_several_programs_has_to_be_chosen) {
	char *text = large_policy();

	ck_assert_ptr_nonnull(text);
	write_text("large.af", text);
	free(text);
	write_text("small.af", "program { getpid }\n");
	ck_assert_int_eq(verb(af_dump, "dump", "--raw", "large.af", NULL),
			 AF_USAGE);
	ck_assert_ptr_nonnull(strstr(verb_err, "choose one"));
	ck_assert_int_eq(verb(af_dump, "dump", "--program", "2", "small.af",
			      NULL),
			 AF_USAGE);
	ck_assert_str_eq(verb_err, "af: small.af: there is 1 program\n");
	ck_assert_int_eq(verb(af_dump, "dump", "--program", "0", "small.af",
			      NULL),
			 AF_USAGE);
	ck_assert_int_eq(verb(af_dump, "dump", "--program", "one", "small.af",
			      NULL),
			 AF_USAGE);
	ck_assert_str_eq(verb_out, "");
}
END_TEST

/* Any program that the kernel would take, from a small generator. */
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (uint64_t)seed * limit >> 32;
}

static const uint32_t values[] = { 0,    1,  8,          31,         231,
				   1000, -1, 0x7fff0000, 0xc000003e, -2 };

static struct sock_filter random_insn(size_t left)
{
	struct sock_filter insn = { 0 };
	uint32_t kind = random_below(4);
	size_t i;

	if (kind == 0) {
		insn.code = fixed[random_below(ARRAY_SIZE(fixed))].code;
	} else if (kind == 1) {
		i = random_below(ARRAY_SIZE(plain));
		insn.code = plain[i].code;
		insn.k = values[random_below(ARRAY_SIZE(values))];
		if (*plain[i].start == '[')
			insn.k = 4 * random_below(18);
		else if (*plain[i].start == 'M')
			insn.k = random_below(BPF_MEMWORDS);
	} else if (kind == 2) {
		insn.code = BPF_JMP | jumps[random_below(7)].op |
			    (random_below(4) ? BPF_K : BPF_X);
		if (BPF_SRC(insn.code) == BPF_K)
			insn.k = values[random_below(ARRAY_SIZE(values))];
		insn.jt = random_below(left < 256 ? left : 256);
		insn.jf =
			random_below(2) * random_below(left < 256 ? left : 256);
	} else {
		insn.code = BPF_JMP | BPF_JA;
		insn.k = random_below(left);
	}
	return insn;
}

/* Instructions that would make it one that the kernel refuses are left out. */
static size_t random_program(struct sock_filter *prog)
{
	size_t len = 0, want = 1 + random_below(300);
	struct sock_filter ret = BPF_STMT(BPF_RET | BPF_K, 0);

	/* So that every word of memory may be loaded. */
	while (len < BPF_MEMWORDS) {
		prog[len] = (struct sock_filter)BPF_STMT(BPF_ST, len);
		len++;
	}
	want += len;
	while (len < want) {
		struct sock_filter *insn = &prog[len];

		*insn = random_insn(want - len);
		if (BPF_CLASS(insn->code) == BPF_JMP) {
			len++;
			continue;
		}
		insn[1] = ret;
		if (!af_sim_check(insn, 2) || BPF_CLASS(insn->code) == BPF_LD ||
		    BPF_CLASS(insn->code) == BPF_LDX)
			len++;
	}
	prog[len++] = ret;
	return len;
}

static void round_trip(const struct sock_filter *prog, size_t len)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(af_disassemble(out, prog, len, NULL), 0);
	fclose(out);
	check_same(prog, len, assembled, assemble(text, assembled));
	free(text);
}

START_TEST(any_program_survives_the_round_trip) {
	static struct sock_filter prog[512];
	unsigned int correct = 0;

	seed = 1;
	for (int i = 0; i < 200; i++) {
		size_t len = random_program(prog);

		correct += !af_sim_check(prog, len);
		if (!af_sim_check(prog, len))
			round_trip(prog, len);
	}
	ck_assert_uint_ge(correct, 150);
}
END_TEST

START_TEST(the_longest_program_survives_the_round_trip) {
	static struct sock_filter prog[BPF_MAXINSNS];

	for (size_t i = 0; i < BPF_MAXINSNS - 1; i++)
		prog[i] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0);
	prog[0].k = BPF_MAXINSNS - 2;
	prog[BPF_MAXINSNS - 1] = (struct sock_filter)BPF_STMT(BPF_RET, 0);
	ck_assert_int_eq(af_sim_check(prog, BPF_MAXINSNS), 0);
	round_trip(prog, BPF_MAXINSNS);
}
END_TEST

/* ck_assert_str_eq() has no room for two texts that are that long. */
static void check_text(const char *want)
{
	ck_assert_msg(!strcmp(verb_out, want), "%s", verb_out);
}

static const char policy_text[] =
	"default errno EPERM\n"
	"transparent libc.so.6\n"
	"program {\n"
	"	socket if arg0 == AF_UNIX\n"
	"	mprotect if arg2 & PROT_WRITE|PROT_EXEC != "
	"PROT_WRITE|PROT_EXEC\n"
	"	read after start signal\n"
	"}\n"
	"library libssl.so.3 {\n	mprotect then log\n}\n";

START_TEST(comments_name_calls_callers_fields_and_constants) {
	write_text("a.af", policy_text);
	ck_assert_int_eq(verb(af_dump, "dump", "a.af", NULL), AF_OK);
	check_text(
		"; a.af: 24 instructions\n"
		"        ld [4]                          ; arch\n"
		"        jne #0xc000003e, L23            ; AUDIT_ARCH_X86_64\n"
		"        ld [0]                          ; nr\n"
		"        jeq #0, L17                     ; read\n"
		"        jeq #10, L10                    ; mprotect\n"
		"        jne #41, L23                    ; socket\n"
		"        ld [68]                         ; caller_id\n"
		"        jne #1, L23                     ; program\n"
		"        ld [16]                         ; arg0\n"
		"        jeq #0x1, L22, L23              ; AF_UNIX\n"
		"L10:    ld [68]                         ; caller_id\n"
		"        jeq #1, L14                     ; program\n"
		"        jne #3, L23                     ; libssl.so.3\n"
		"        ret #0x7ffc0000                 ; log\n"
		"L14:    ld [32]                         ; arg2\n"
		"        and #0x6                        ; PROT_EXEC|PROT_WRITE\n"
		"        jeq #0x6, L23, L22              ; PROT_EXEC|PROT_WRITE\n"
		"L17:    ld [68]                         ; caller_id\n"
		"        jne #1, L23                     ; program\n"
		"        ld [64]                         ; prev_nr\n"
		"        jlt #1, L22                     ; write\n"
		"        jlt #0xfffffffe, L23            ; signal\n"
		"L22:    ret #0x7fff0000                 ; allow\n"
		"L23:    ret #0x50001                    ; errno EPERM\n");
}
END_TEST

START_TEST(raw_output_is_read_as_a_filter) {
	write_text("a.af", "program { getpid }\n");
	ck_assert_int_eq(verb(af_dump, "dump", "--hex", "a.af", NULL), AF_OK);
	ck_assert_str_eq(verb_out, "{ 0x20, 0, 0, 0x00000004 },\n"
				   "{ 0x15, 0, 5, 0xc000003e },\n"
				   "{ 0x20, 0, 0, 0x00000000 },\n"
				   "{ 0x15, 0, 3, 0x00000027 },\n"
				   "{ 0x20, 0, 0, 0x00000044 },\n"
				   "{ 0x15, 0, 1, 0x00000001 },\n"
				   "{ 0x06, 0, 0, 0x7fff0000 },\n"
				   "{ 0x06, 0, 0, 0x80000000 },\n");
	ck_assert_int_eq(verb(af_dump, "dump", "--raw", "a.af", NULL), AF_OK);
	write_bytes("a.bpf", verb_out, verb_out_len);
	ck_assert_int_eq(verb(af_dump, "dump", "a.bpf", NULL), AF_OK);
	check_text(
		"; a.bpf: 8 instructions\n"
		"        ld [4]                          ; arch\n"
		"        jne #0xc000003e, L7             ; AUDIT_ARCH_X86_64\n"
		"        ld [0]                          ; nr\n"
		"        jne #39, L7                     ; getpid\n"
		"        ld [68]                         ; caller_id\n"
		"        jne #1, L7                      ; caller 1\n"
		"        ret #0x7fff0000                 ; allow\n"
		"L7:     ret #0x80000000                 ; kill\n");
}
END_TEST

START_TEST(a_name_cannot_add_instructions) {
	char *name = "x\nret #0";

	write_text(name, "program { }\n");
	ck_assert_int_eq(verb(af_dump, "dump", name, NULL), AF_OK);
	check_text("; x\\x0aret #0: 1 instruction\n"
		   "        ret #0x80000000                 ; kill\n");
}
END_TEST

/* Bytes that are neither a policy nor a filter. */
static const struct {
	const char *bytes;
	size_t len;
	const char *err;
} wrong[] = {
	{ "\x06\0\0\0\0\0\0", 7, "af: x: neither a policy nor a filter\n" },
	{ "\x20\0\0\0\0\0\0\0", 8,
	  "af: x: not a filter that the kernel would take\n" },
	{ "\x05\0\0\0\1\0\0\0\x06\0\0\0\0\0\0\0", 16,
	  "af: x: not a filter that the kernel would take\n" },
	{ "\x15\0\xff\xff\1\0\0\0\x06\0\0\0\0\0\0\0", 16,
	  "af: x: not a filter that the kernel would take\n" },
	{ "\xff\xff\0\0\0\0\0\0", 8,
	  "af: x: not a filter that the kernel would take\n" },
	{ "\x7f", 1, "af: x:1:1: control byte 0x7f" },
	{ "program { raed }", 16, "af: x:1:11: unknown system call `raed`\n" },
};

START_TEST(other_files_are_refused) {
	write_bytes("x", wrong[_i].bytes, wrong[_i].len);
	ck_assert_int_eq(verb(af_dump, "dump", "x", NULL), AF_USAGE);
	ck_assert_str_eq(verb_out, "");
	ck_assert_msg(!strncmp(verb_err, wrong[_i].err, strlen(wrong[_i].err)),
		      "%s", verb_err);
}
END_TEST

START_TEST(a_filter_that_is_too_long_is_refused) {
	char *bytes = calloc(BPF_MAXINSNS + 1, 8);

	write_bytes("x", bytes, (BPF_MAXINSNS + 1) * 8);
	free(bytes);
	ck_assert_int_eq(verb(af_dump, "dump", "x", NULL), AF_USAGE);
	ck_assert_str_eq(verb_err, "af: x: neither a policy nor a filter\n");
	ck_assert_int_eq(verb(af_dump, "dump", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_dump, "dump", "none", NULL), AF_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dump");
	TCase *trip = tcase_create("round trip");
	TCase *text = tcase_create("text");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(trip, verb_setup, verb_teardown);
	tcase_add_loop_test(trip, a_policys_program_survives_the_round_trip, 0,
			    ARRAY_SIZE(policies));
	tcase_add_test(trip, any_program_survives_the_round_trip);
	tcase_add_test(trip, the_longest_program_survives_the_round_trip);
	suite_add_tcase(suite, trip);

	tcase_add_checked_fixture(text, verb_setup, verb_teardown);
	tcase_add_test(text, comments_name_calls_callers_fields_and_constants);
	tcase_add_test(text, raw_output_is_read_as_a_filter);
	tcase_add_test(text, each_of_several_programs_survives_the_round_trip);
	tcase_add_test(text, one_of_several_programs_has_to_be_chosen);
	tcase_add_test(text, a_name_cannot_add_instructions);
	tcase_add_loop_test(text, other_files_are_refused, 0,
			    ARRAY_SIZE(wrong));
	tcase_add_test(text, a_filter_that_is_too_long_is_refused);
	suite_add_tcase(suite, text);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
