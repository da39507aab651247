// SPDX-License-Identifier: LGPL-2.1-or-later
/* The simulator: what it refuses, and what each instruction does. */
#include <check.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#include "sim.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

#define STMT(c, value)                     \
	{                                  \
		.code = (c), .k = (value), \
	}
#define JUMP(c, value, t, f)                                     \
	{                                                        \
		.code = (c), .jt = (t), .jf = (f), .k = (value), \
	}

#define LOAD(offset) STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RET(value)   STMT(BPF_RET | BPF_K, value)
#define RET_A        STMT(BPF_RET | BPF_A, 0)
#define A(value)     STMT(BPF_LD | BPF_IMM, value)
#define X(value)     STMT(BPF_LDX | BPF_IMM, value)
#define JA(value)    STMT(BPF_JMP | BPF_JA, value)

#define MAX_PROG 8

static size_t prog_len(const struct sock_filter prog[MAX_PROG])
{
	size_t len = MAX_PROG;

	while (len && !prog[len - 1].code && !prog[len - 1].k)
		len--;
	return len;
}

/* Each is refused. */
static const struct sock_filter bad[][MAX_PROG] = {
	/* no return at the end */
	{ LOAD(0) },
	{ RET(0), LOAD(0) },
	{ RET(0), JA(0) },
	{ JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0) },
	/* loads: not aligned, behind the data's end, of other sizes */
	{ LOAD(1), RET(1) },
	{ LOAD(2), RET(1) },
	{ LOAD(70), RET(1) },
	{ LOAD(72), RET(1) },
	{ LOAD(0xfffffffc), RET(1) },
	{ LOAD((uint32_t)SKF_AD_OFF), RET(1) },
	{ STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET(1) },
	{ STMT(BPF_LD | BPF_B | BPF_ABS, 0), RET(1) },
	{ STMT(BPF_LD | BPF_W | BPF_IND, 0), RET(1) },
	{ STMT(BPF_LDX | BPF_B | BPF_MSH, 0), RET(1) },
	{ STMT(BPF_LDX | BPF_W | BPF_ABS, 0), RET(1) },
	/* codes that do not exist, or not for seccomp */
	{ STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RET(1) },
	{ STMT(BPF_ALU | BPF_MOD | BPF_X, 3), RET(1) },
	{ STMT(BPF_ALU | 0xd0, 3), RET(1) },
	{ STMT(BPF_JMP | 0x50, 0), RET(1) },
	{ STMT(BPF_JMP | BPF_JA | BPF_X, 0), RET(1) },
	{ STMT(BPF_RET | BPF_X, 1) },
	{ STMT(BPF_MISC | 0x40, 0), RET(1) },
	{ STMT(0x0100, 0), RET(1) },
	{ STMT(0xffff, 0), RET(1) },
	/* constants that cannot be computed with */
	{ STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(1) },
	{ STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RET(1) },
	{ STMT(BPF_ALU | BPF_RSH | BPF_K, 32), RET(1) },
	{ STMT(BPF_ALU | BPF_RSH | BPF_K, 0xffffffff), RET(1) },
	/* jumps behind the end */
	{ JA(1), RET(1) },
	{ JA(0xffffffff), RET(1) },
	{ JA(0xfffffffe), RET(1) },
	{ JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), RET(1) },
	{ JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), RET(1) },
	{ JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 255, 0), RET(1) },
	{ JUMP(BPF_JMP | BPF_JGE | BPF_K, 0, 0, 255), RET(1) },
	{ JUMP(BPF_JMP | BPF_JSET | BPF_K, 0, 2, 0), RET(1), RET(1) },
	/* memory: out of range, or not stored before */
	{ STMT(BPF_ST, 16), RET(1) },
	{ STMT(BPF_STX, 16), RET(1) },
	{ STMT(BPF_ST, 0xffffffff), RET(1) },
	{ STMT(BPF_LD | BPF_MEM, 16), RET(1) },
	{ STMT(BPF_LDX | BPF_MEM, 16), RET(1) },
	{ STMT(BPF_LD | BPF_MEM, 0), RET(1) },
	{ STMT(BPF_LDX | BPF_MEM, 15), RET(1) },
	{ STMT(BPF_ST, 1), STMT(BPF_LD | BPF_MEM, 2), RET(1) },
	{ STMT(BPF_LD | BPF_MEM, 0), STMT(BPF_ST, 0), RET(1) },
	/* stored on one path only */
	{
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		STMT(BPF_ST, 0),
		STMT(BPF_LD | BPF_MEM, 0),
		RET(1),
	},
	{
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		STMT(BPF_STX, 3),
		STMT(BPF_LDX | BPF_MEM, 3),
		RET(1),
	},
	{
		JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 2),
		STMT(BPF_ST, 0),
		JA(1),
		STMT(BPF_ST, 1),
		STMT(BPF_LD | BPF_MEM, 0),
		RET(1),
	},
	{
		JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 2),
		STMT(BPF_ST, 1),
		JA(1),
		STMT(BPF_ST, 0),
		STMT(BPF_LD | BPF_MEM, 0),
		RET(1),
	},
};

START_TEST(test_refused) {
	ck_assert_int_eq(af_sim_check(bad[_i], prog_len(bad[_i])), -EINVAL);
}
END_TEST

START_TEST(test_length) {
	static struct sock_filter prog[BPF_MAXINSNS + 1];

	for (size_t i = 0; i < ARRAY_SIZE(prog); i++)
		prog[i] = (struct sock_filter)RET(1);
	ck_assert_int_eq(af_sim_check(prog, 0), -EINVAL);
	ck_assert_int_eq(af_sim_check(prog, 1), 0);
	ck_assert_int_eq(af_sim_check(prog, BPF_MAXINSNS), 0);
	ck_assert_int_eq(af_sim_check(prog, BPF_MAXINSNS + 1), -EINVAL);
	prog[0] = (struct sock_filter)JA(BPF_MAXINSNS - 2);
	ck_assert_int_eq(af_sim_check(prog, BPF_MAXINSNS), 0);
	ck_assert_int_eq(af_sim_check(prog, BPF_MAXINSNS - 1), -EINVAL);
}
END_TEST

static const struct libaf_seccomp_data data = {
	.nr = 59,
	.arch = 0xc000003e,
	.instruction_pointer = 0x1111111122222222,
	.args = { 0x3333333344444444, 0, 0, 0, 0, 0x5555555566666666 },
	.prev_nr = -2,
	.caller_id = 77,
};

/* What programs return, and after how many instructions. */
static const struct {
	struct sock_filter prog[MAX_PROG];
	uint32_t value;
	size_t steps;
} good[] = {
	{ { RET(5) }, 5, 1 },
	{ { RET_A }, 0, 1 },
	{ { STMT(BPF_MISC | BPF_TXA, 0), RET_A }, 0, 2 },
	/* the data */
	{ { LOAD(0), RET_A }, 59, 2 },
	{ { LOAD(4), RET_A }, 0xc000003e, 2 },
	{ { LOAD(8), RET_A }, 0x22222222, 2 },
	{ { LOAD(12), RET_A }, 0x11111111, 2 },
	{ { LOAD(16), RET_A }, 0x44444444, 2 },
	{ { LOAD(60), RET_A }, 0x55555555, 2 },
	{ { LOAD(64), RET_A }, 0xfffffffe, 2 },
	{ { LOAD(68), RET_A }, 77, 2 },
	/* its length */
	{ { STMT(BPF_LD | BPF_W | BPF_LEN, 0), RET_A }, 64, 2 },
	{ { STMT(BPF_LD | BPF_W | BPF_LEN, 0), RET_A, LOAD(60), RET_A }, 64, 2 },
	{ { STMT(BPF_LD | BPF_W | BPF_LEN, 0), RET_A, LOAD(64), RET_A }, 72, 2 },
	{ { LOAD(68), STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
	    STMT(BPF_MISC | BPF_TXA, 0), RET_A },
	  72,
	  4 },
	/* registers and memory */
	{ { A(3), STMT(BPF_MISC | BPF_TAX, 0), A(4),
	    STMT(BPF_MISC | BPF_TXA, 0), RET_A },
	  3,
	  5 },
	{ { A(3), STMT(BPF_ST, 15), A(4), STMT(BPF_LD | BPF_MEM, 15), RET_A },
	  3,
	  5 },
	{ { X(6), STMT(BPF_STX, 0), X(7), STMT(BPF_LDX | BPF_MEM, 0),
	    STMT(BPF_MISC | BPF_TXA, 0), RET_A },
	  6,
	  6 },
	{ { JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2), STMT(BPF_ST, 0), JA(1),
	    STMT(BPF_ST, 0), STMT(BPF_LD | BPF_MEM, 0), RET(9) },
	  9,
	  5 },
	/* arithmetic */
	{ { A(7), STMT(BPF_ALU | BPF_ADD | BPF_K, 0xffffffff), RET_A }, 6, 3 },
	{ { A(7), STMT(BPF_ALU | BPF_SUB | BPF_K, 8), RET_A }, 0xffffffff, 3 },
	{ { A(0x10001), STMT(BPF_ALU | BPF_MUL | BPF_K, 0x10001), RET_A },
	  0x20001,
	  3 },
	{ { A(22), STMT(BPF_ALU | BPF_DIV | BPF_K, 7), RET_A }, 3, 3 },
	{ { A(12), STMT(BPF_ALU | BPF_AND | BPF_K, 10), RET_A }, 8, 3 },
	{ { A(12), STMT(BPF_ALU | BPF_OR | BPF_K, 10), RET_A }, 14, 3 },
	{ { A(12), STMT(BPF_ALU | BPF_XOR | BPF_K, 10), RET_A }, 6, 3 },
	{ { A(3), STMT(BPF_ALU | BPF_LSH | BPF_K, 31), RET_A }, 1U << 31, 3 },
	{ { A(3U << 30), STMT(BPF_ALU | BPF_RSH | BPF_K, 31), RET_A }, 1, 3 },
	{ { A(3), STMT(BPF_ALU | BPF_NEG, 0), RET_A }, 0xfffffffd, 3 },
	{ { A(7), X(3), STMT(BPF_ALU | BPF_ADD | BPF_X, 9), RET_A }, 10, 4 },
	{ { A(7), X(3), STMT(BPF_ALU | BPF_SUB | BPF_X, 9), RET_A }, 4, 4 },
	{ { A(7), X(3), STMT(BPF_ALU | BPF_MUL | BPF_X, 9), RET_A }, 21, 4 },
	{ { A(7), X(3), STMT(BPF_ALU | BPF_DIV | BPF_X, 9), RET_A }, 2, 4 },
	{ { A(7), X(0), STMT(BPF_ALU | BPF_DIV | BPF_X, 9), RET(5) }, 0, 3 },
	{ { A(7), X(9), STMT(BPF_ALU | BPF_AND | BPF_X, 0), RET_A }, 1, 4 },
	{ { A(7), X(9), STMT(BPF_ALU | BPF_OR | BPF_X, 0), RET_A }, 15, 4 },
	{ { A(7), X(9), STMT(BPF_ALU | BPF_XOR | BPF_X, 0), RET_A }, 14, 4 },
	{ { A(7), X(33), STMT(BPF_ALU | BPF_LSH | BPF_X, 0), RET_A }, 14, 4 },
	{ { A(7), X(33), STMT(BPF_ALU | BPF_RSH | BPF_X, 0), RET_A }, 3, 4 },
	/* jumps: less, equal, greater; unsigned */
	{ { JA(1), RET(1), RET(2) }, 2, 2 },
	{ { A(5), JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 1, 0), RET(1), RET(2) },
	  2,
	  3 },
	{ { A(5), JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 1, 0), RET(1), RET(2) },
	  1,
	  3 },
	{ { A(5), JUMP(BPF_JMP | BPF_JGT | BPF_K, 5, 1, 0), RET(1), RET(2) },
	  1,
	  3 },
	{ { A(5), JUMP(BPF_JMP | BPF_JGT | BPF_K, 4, 1, 0), RET(1), RET(2) },
	  2,
	  3 },
	{ { A(5), JUMP(BPF_JMP | BPF_JGE | BPF_K, 5, 1, 0), RET(1), RET(2) },
	  2,
	  3 },
	{ { A(5), JUMP(BPF_JMP | BPF_JGE | BPF_K, 6, 1, 0), RET(1), RET(2) },
	  1,
	  3 },
	{ { LOAD(64), JUMP(BPF_JMP | BPF_JGT | BPF_K, 1024, 1, 0), RET(1),
	    RET(2) },
	  2,
	  3 },
	{ { A(5), JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 0, 1), RET(1), RET(2) },
	  1,
	  3 },
	{ { A(5), JUMP(BPF_JMP | BPF_JSET | BPF_K, 2, 0, 1), RET(1), RET(2) },
	  2,
	  3 },
	{ { A(5), X(5), JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0), RET(1),
	    RET(2) },
	  2,
	  4 },
	{ { A(5), X(6), JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 1, 0), RET(1),
	    RET(2) },
	  1,
	  4 },
	{ { A(5), X(5), JUMP(BPF_JMP | BPF_JGE | BPF_X, 9, 1, 0), RET(1),
	    RET(2) },
	  2,
	  4 },
	{ { A(5), X(2), JUMP(BPF_JMP | BPF_JSET | BPF_X, 5, 1, 0), RET(1),
	    RET(2) },
	  1,
	  4 },
};

START_TEST(test_run) {
	const struct sock_filter *prog = good[_i].prog;
	size_t len = prog_len(prog), steps;

	ck_assert_int_eq(af_sim_check(prog, len), 0);
	ck_assert_uint_eq(af_sim_run(prog, len, &data, &steps), good[_i].value);
	ck_assert_uint_eq(steps, good[_i].steps);
	ck_assert_uint_eq(af_sim_run(prog, len, &data, NULL), good[_i].value);
}
END_TEST

/* Of all codes, exactly those of seccomp_check_filter() are let through. */
START_TEST(test_codes) {
	unsigned int accepted = 0;

	for (unsigned int code = 0; code <= UINT16_MAX; code++) {
		struct sock_filter prog[] = {
			A(0),          STMT(BPF_ST, 0), STMT(code, 0),
			STMT(code, 4), RET(1),
		};

		/* Each code with the operand that suits it. */
		if (code == BPF_ST || code == BPF_STX ||
		    code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM) ||
		    BPF_CLASS(code) == BPF_JMP)
			prog[3].k = 0;
		if (code == (BPF_ALU | BPF_DIV | BPF_K))
			prog[2].k = 4;
		accepted += !af_sim_check(prog, ARRAY_SIZE(prog));
	}
	/* 3 + 6 loads and stores, 2 transfers, 2 returns, 19 ALU, 9 jumps */
	ck_assert_uint_eq(accepted, 41);
}
END_TEST

#define JEQ(value, t, f)  JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, t, f)
#define JSET(value, t, f) JUMP(BPF_JMP | BPF_JSET | BPF_K, value, t, f)

/* On call 5 of architecture 6: is it decided without anything else? */
static const struct {
	struct sock_filter prog[MAX_PROG];
	bool constant;
} decided[] = {
	{ { RET(0) }, true },
	{ { LOAD(0), RET(0) }, true },
	{ { LOAD(4), JEQ(6, 1, 0), RET_A, RET(0) }, true },
	{ { LOAD(0), JEQ(5, 1, 0), LOAD(16), RET(0) }, true },
	{ { LOAD(0), JEQ(6, 1, 0), LOAD(16), RET(0) }, false },
	{ { LOAD(0), JSET(4, 1, 0), LOAD(64), RET(0) }, true },
	{ { LOAD(0), JSET(2, 1, 0), LOAD(64), RET(0) }, false },
	{ { LOAD(0), STMT(BPF_ALU | BPF_AND | BPF_K, 1), JEQ(1, 1, 0), LOAD(68),
	    RET(0) },
	  true },
	{ { LOAD(0), JA(1), LOAD(68), RET(0) }, true },
	{ { LOAD(8), RET(0) }, false },
	{ { LOAD(64), RET(0) }, false },
	{ { LOAD(68), RET(0) }, false },
	/* What the kernel does not follow, although nothing depends on it. */
	{ { RET_A }, false },
	{ { A(1), RET(0) }, false },
	{ { LOAD(0), STMT(BPF_ALU | BPF_OR | BPF_K, 1), RET(0) }, false },
	{ { LOAD(0), STMT(BPF_MISC | BPF_TAX, 0), RET(0) }, false },
};

START_TEST(test_constant) {
	const struct sock_filter *prog = decided[_i].prog;

	ck_assert_int_eq(af_sim_check(prog, prog_len(prog)), 0);
	ck_assert_int_eq(af_sim_is_constant(prog, 5, 6), decided[_i].constant);
}
END_TEST

/* Values of two programs, and the one that the kernel acts upon. */
static const uint32_t strictest[][3] = {
	{ SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ SECCOMP_RET_ALLOW, SECCOMP_RET_LOG, SECCOMP_RET_LOG },
	{ SECCOMP_RET_ERRNO | 3, SECCOMP_RET_LOG, SECCOMP_RET_ERRNO | 3 },
	{ SECCOMP_RET_ERRNO | 3, SECCOMP_RET_TRAP, SECCOMP_RET_TRAP },
	{ SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
	  SECCOMP_RET_KILL_PROCESS },
	{ SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_KILL_THREAD },
	/* Of equal actions that of the program that was loaded last. */
	{ SECCOMP_RET_ERRNO | 3, SECCOMP_RET_ERRNO | 4, SECCOMP_RET_ERRNO | 4 },
	{ SECCOMP_RET_ERRNO | 4, SECCOMP_RET_ERRNO | 3, SECCOMP_RET_ERRNO | 3 },
};

START_TEST(test_strictest) {
	struct sock_filter first[] = { LOAD(0), RET(strictest[_i][0]) };
	struct sock_filter second[] = { RET(strictest[_i][1]) };
	struct af_programs progs = {
		.programs = { { first, 2 }, { second, 1 } },
		.nr = 2,
	};
	size_t steps;

	ck_assert_uint_eq(af_sim_run_all(&progs, &data, &steps),
			  strictest[_i][2]);
	ck_assert_uint_eq(steps, 3);
	ck_assert_uint_eq(af_sim_run_all(&progs, &data, NULL),
			  strictest[_i][2]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sim");
	TCase *tcase = tcase_create("sim");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, test_refused, 0, ARRAY_SIZE(bad));
	tcase_add_test(tcase, test_length);
	tcase_add_loop_test(tcase, test_run, 0, ARRAY_SIZE(good));
	tcase_add_test(tcase, test_codes);
	tcase_add_loop_test(tcase, test_constant, 0, ARRAY_SIZE(decided));
	tcase_add_loop_test(tcase, test_strictest, 0, ARRAY_SIZE(strictest));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
