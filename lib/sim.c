// SPDX-License-Identifier: LGPL-2.1-or-later
/* Running filters without a kernel. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "sim.h"

#define DATA_SIZE sizeof(struct libaf_seccomp_data)

/* The instructions that seccomp_check_filter() lets through. */
static bool known_code(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ALU | BPF_ADD | BPF_K:
	case BPF_ALU | BPF_ADD | BPF_X:
	case BPF_ALU | BPF_SUB | BPF_K:
	case BPF_ALU | BPF_SUB | BPF_X:
	case BPF_ALU | BPF_MUL | BPF_K:
	case BPF_ALU | BPF_MUL | BPF_X:
	case BPF_ALU | BPF_DIV | BPF_K:
	case BPF_ALU | BPF_DIV | BPF_X:
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_ALU | BPF_AND | BPF_X:
	case BPF_ALU | BPF_OR | BPF_K:
	case BPF_ALU | BPF_OR | BPF_X:
	case BPF_ALU | BPF_XOR | BPF_K:
	case BPF_ALU | BPF_XOR | BPF_X:
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_LSH | BPF_X:
	case BPF_ALU | BPF_RSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_X:
	case BPF_ALU | BPF_NEG:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return true;
	default:
		return false;
	}
}

static bool uses_memory(uint16_t code)
{
	return code == BPF_ST || code == BPF_STX ||
	       code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM);
}

static bool is_conditional_jump(uint16_t code)
{
	return BPF_CLASS(code) == BPF_JMP && BPF_OP(code) != BPF_JA;
}

/* @after: number of instructions that follow this one */
static bool operand_ok(const struct sock_filter *insn, size_t after)
{
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return insn->k < DATA_SIZE && !(insn->k & 3);
	case BPF_ALU | BPF_DIV | BPF_K:
		return insn->k != 0;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return insn->k < 32;
	case BPF_JMP | BPF_JA:
		return insn->k < after;
	}
	if (is_conditional_jump(insn->code))
		return insn->jt < after && insn->jf < after;
	if (uses_memory(insn->code))
		return insn->k < BPF_MEMWORDS;
	return true;
}

/*
 * No word of scratch memory is loaded before it was stored on every path.
 * Like the kernel's, this pass regards code behind a return as reachable from
 * it.
 */
static int check_memory(const struct sock_filter *prog, size_t len)
{
	uint16_t missing[BPF_MAXINSNS] = { 0 };
	uint16_t valid = 0;

	for (size_t pc = 0; pc < len; pc++) {
		const struct sock_filter *insn = &prog[pc];

		valid &= ~missing[pc];
		if (insn->code == BPF_ST || insn->code == BPF_STX) {
			valid |= 1U << insn->k;
		} else if (uses_memory(insn->code)) {
			if (!(valid & (1U << insn->k)))
				return -EINVAL;
		} else if (insn->code == (BPF_JMP | BPF_JA)) {
			missing[pc + 1 + insn->k] |= ~valid;
			valid = UINT16_MAX;
		} else if (is_conditional_jump(insn->code)) {
			missing[pc + 1 + insn->jt] |= ~valid;
			missing[pc + 1 + insn->jf] |= ~valid;
			valid = UINT16_MAX;
		}
	}
	return 0;
}

int af_sim_check(const struct sock_filter *prog, size_t len)
{
	if (!len || len > BPF_MAXINSNS)
		return -EINVAL;
	for (size_t pc = 0; pc < len; pc++) {
		if (!known_code(prog[pc].code))
			return -EINVAL;
		if (!operand_ok(&prog[pc], len - pc - 1))
			return -EINVAL;
	}
	if (BPF_CLASS(prog[len - 1].code) != BPF_RET)
		return -EINVAL;
	return check_memory(prog, len);
}

/* A filter that reads the new fields sees them in the length as well. */
static uint32_t data_len(const struct sock_filter *prog, size_t len)
{
	for (size_t pc = 0; pc < len; pc++) {
		if (prog[pc].code == (BPF_LD | BPF_W | BPF_ABS) &&
		    prog[pc].k >= LIBAF_SECCOMP_DATA_SIZE_VER0)
			return DATA_SIZE;
	}
	return LIBAF_SECCOMP_DATA_SIZE_VER0;
}

struct machine {
	uint32_t a;
	uint32_t x;
	uint32_t mem[BPF_MEMWORDS];
	uint32_t len;
	const struct libaf_seccomp_data *data;
};

static uint32_t load_word(const struct libaf_seccomp_data *data, uint32_t k)
{
	uint32_t word;

	memcpy(&word, (const char *)data + k, sizeof(word));
	return word;
}

/* Division by zero is not for here: it ends the program. */
static void run_alu(struct machine *m, uint16_t op, uint32_t operand)
{
	switch (op) {
	case BPF_ADD:
		m->a += operand;
		break;
	case BPF_SUB:
		m->a -= operand;
		break;
	case BPF_MUL:
		m->a *= operand;
		break;
	case BPF_DIV:
		m->a /= operand;
		break;
	case BPF_AND:
		m->a &= operand;
		break;
	case BPF_OR:
		m->a |= operand;
		break;
	case BPF_XOR:
		m->a ^= operand;
		break;
	case BPF_LSH:
		m->a <<= operand & 31;
		break;
	case BPF_RSH:
		m->a >>= operand & 31;
		break;
	case BPF_NEG:
		m->a = -m->a;
		break;
	}
}

static bool compare(const struct machine *m, uint16_t op, uint32_t operand)
{
	switch (op) {
	case BPF_JEQ:
		return m->a == operand;
	case BPF_JGE:
		return m->a >= operand;
	case BPF_JGT:
		return m->a > operand;
	default:
		return m->a & operand;
	}
}

static uint32_t jump_length(const struct machine *m,
			    const struct sock_filter *insn)
{
	uint32_t operand = BPF_SRC(insn->code) == BPF_X ? m->x : insn->k;

	if (BPF_OP(insn->code) == BPF_JA)
		return insn->k;
	return compare(m, BPF_OP(insn->code), operand) ? insn->jt : insn->jf;
}

static void run_transfer(struct machine *m, const struct sock_filter *insn)
{
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		m->a = load_word(m->data, insn->k);
		break;
	case BPF_LD | BPF_W | BPF_LEN:
		m->a = m->len;
		break;
	case BPF_LDX | BPF_W | BPF_LEN:
		m->x = m->len;
		break;
	case BPF_LD | BPF_IMM:
		m->a = insn->k;
		break;
	case BPF_LDX | BPF_IMM:
		m->x = insn->k;
		break;
	case BPF_LD | BPF_MEM:
		m->a = m->mem[insn->k];
		break;
	case BPF_LDX | BPF_MEM:
		m->x = m->mem[insn->k];
		break;
	case BPF_ST:
		m->mem[insn->k] = m->a;
		break;
	case BPF_STX:
		m->mem[insn->k] = m->x;
		break;
	case BPF_MISC | BPF_TAX:
		m->x = m->a;
		break;
	case BPF_MISC | BPF_TXA:
		m->a = m->x;
		break;
	}
}

static uint32_t run(struct machine *m, const struct sock_filter *prog,
		    size_t *steps)
{
	for (size_t pc = 0;; pc++) {
		const struct sock_filter *insn = &prog[pc];
		uint32_t operand;

		++*steps;
		switch (BPF_CLASS(insn->code)) {
		case BPF_RET:
			return BPF_RVAL(insn->code) == BPF_A ? m->a : insn->k;
		case BPF_JMP:
			pc += jump_length(m, insn);
			break;
		case BPF_ALU:
			operand = BPF_SRC(insn->code) == BPF_X ? m->x : insn->k;
			if (BPF_OP(insn->code) == BPF_DIV && !operand)
				return 0;
			run_alu(m, BPF_OP(insn->code), operand);
			break;
		default:
			run_transfer(m, insn);
			break;
		}
	}
}

uint32_t af_sim_run(const struct sock_filter *prog, size_t len,
		    const struct libaf_seccomp_data *data, size_t *steps)
{
	struct machine m = { .len = data_len(prog, len), .data = data };
	size_t executed = 0;
	uint32_t value = run(&m, prog, &executed);

	if (steps)
		*steps = executed;
	return value;
}

static bool is_emulated(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_ALU | BPF_AND | BPF_K:
		return true;
	default:
		return false;
	}
}

/* What seccomp_is_const_allow() finds out. */
bool af_sim_is_constant(const struct sock_filter *prog, uint32_t nr,
			uint32_t arch)
{
	const struct libaf_seccomp_data data = { .nr = nr, .arch = arch };
	struct machine m = { .data = &data };

	for (size_t pc = 0; prog[pc].code != (BPF_RET | BPF_K); pc++) {
		const struct sock_filter *insn = &prog[pc];

		if (!is_emulated(insn->code))
			return false;
		switch (BPF_CLASS(insn->code)) {
		case BPF_LD:
			if (insn->k > offsetof(struct libaf_seccomp_data, arch))
				return false;
			run_transfer(&m, insn);
			break;
		case BPF_JMP:
			pc += jump_length(&m, insn);
			break;
		default:
			run_alu(&m, BPF_OP(insn->code), insn->k);
			break;
		}
	}
	return true;
}

/* Smaller values of an action are stricter, and negative ones are smallest. */
static int32_t strictness(uint32_t value)
{
	return (int32_t)(value & SECCOMP_RET_ACTION_FULL);
}

uint32_t af_sim_run_all(const struct af_programs *programs,
			const struct libaf_seccomp_data *data, size_t *steps)
{
	uint32_t strictest = SECCOMP_RET_ALLOW;
	size_t executed, sum = 0;

	/* Of two that are as strict, the one that was loaded last counts. */
	for (size_t i = programs->nr; i-- > 0;) {
		const struct af_program *prog = &programs->programs[i];
		uint32_t value =
			af_sim_run(prog->insns, prog->len, data, &executed);

		if (strictness(value) < strictness(strictest))
			strictest = value;
		sum += executed;
	}
	if (steps)
		*steps = sum;
	return strictest;
}
