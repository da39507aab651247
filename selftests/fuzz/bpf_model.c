// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "bpf_model.h"

static bool known_code(__u16 code)
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
	case BPF_JMP | BPF_JA:
	case BPF_ALU | BPF_NEG:
		return true;
	}
	switch (code & ~BPF_X) {
	case BPF_ALU | BPF_ADD:
	case BPF_ALU | BPF_SUB:
	case BPF_ALU | BPF_MUL:
	case BPF_ALU | BPF_DIV:
	case BPF_ALU | BPF_AND:
	case BPF_ALU | BPF_OR:
	case BPF_ALU | BPF_XOR:
	case BPF_ALU | BPF_LSH:
	case BPF_ALU | BPF_RSH:
	case BPF_JMP | BPF_JEQ:
	case BPF_JMP | BPF_JGE:
	case BPF_JMP | BPF_JGT:
	case BPF_JMP | BPF_JSET:
		return true;
	}
	return false;
}

/* @left: number of instructions behind this one */
static bool valid_insn(const struct sock_filter *insn, size_t left, __u32 limit)
{
	if (!known_code(insn->code))
		return false;
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return insn->k < limit && insn->k % 4 == 0;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return insn->k < BPF_MEMWORDS;
	case BPF_ALU | BPF_DIV | BPF_K:
		return insn->k;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return insn->k < 32;
	case BPF_JMP | BPF_JA:
		return insn->k < left;
	}
	if (BPF_CLASS(insn->code) == BPF_JMP)
		return insn->jt < left && insn->jf < left;
	return true;
}

static bool loads_memory(__u16 code)
{
	return code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM);
}

static bool jumps(__u16 code)
{
	return BPF_CLASS(code) == BPF_JMP;
}

/* Is @to a place where control may be after @from?  A return is no end. */
static bool leads_to(const struct sock_filter *prog, size_t from, size_t to)
{
	const struct sock_filter *insn = &prog[from];
	size_t next = from + 1;

	if (!jumps(insn->code))
		return to == next;
	if (BPF_OP(insn->code) == BPF_JA)
		return to == next + insn->k;
	return to == next + insn->jt || to == next + insn->jf;
}

/* The words of scratch memory that all ways to an instruction have stored. */
static __u16 stored_before(const struct sock_filter *prog, const __u16 *after,
			   size_t i)
{
	__u16 stored = i ? 0xffff : 0;
	size_t from;

	for (from = 0; from < i; from++) {
		if (leads_to(prog, from, i))
			stored &= after[from];
	}
	return stored;
}

static bool any_loads_memory(const struct sock_filter *prog, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (loads_memory(prog[i].code))
			return true;
	}
	return false;
}

/* What is loaded from scratch memory has been stored there. */
static bool memory_valid(const struct sock_filter *prog, size_t len)
{
	__u16 after[BPF_MAXINSNS];
	size_t i;

	/* The rest takes time by the square of the length. */
	if (!any_loads_memory(prog, len))
		return true;
	for (i = 0; i < len; i++) {
		__u16 code = prog[i].code;

		after[i] = stored_before(prog, after, i);
		if (loads_memory(code) && !(after[i] & 1U << prog[i].k))
			return false;
		if (code == BPF_ST || code == BPF_STX)
			after[i] |= 1U << prog[i].k;
	}
	return true;
}

bool bpf_model_valid(const struct sock_filter *prog, size_t len, __u32 limit)
{
	size_t i;

	if (!len || len > BPF_MAXINSNS)
		return false;
	for (i = 0; i < len; i++) {
		if (!valid_insn(&prog[i], len - 1 - i, limit))
			return false;
	}
	return BPF_CLASS(prog[len - 1].code) == BPF_RET &&
	       memory_valid(prog, len);
}

struct machine {
	__u32 a;
	__u32 x;
	__u32 mem[BPF_MEMWORDS];
	__u32 len;
};

/* What BPF_LEN gives: only who looks at the new fields sees them. */
static __u32 data_len(const struct sock_filter *prog, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (prog[i].code == (BPF_LD | BPF_W | BPF_ABS) &&
		    prog[i].k >= 64)
			return 72;
	}
	return 64;
}

static __u32 operand(const struct machine *m, const struct sock_filter *insn)
{
	return insn->code & BPF_X ? m->x : insn->k;
}

static __u32 alu(const struct machine *m, const struct sock_filter *insn)
{
	__u32 k = operand(m, insn);

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		return m->a + k;
	case BPF_SUB:
		return m->a - k;
	case BPF_MUL:
		return m->a * k;
	case BPF_DIV:
		return m->a / k;
	case BPF_AND:
		return m->a & k;
	case BPF_OR:
		return m->a | k;
	case BPF_XOR:
		return m->a ^ k;
	case BPF_LSH:
		return m->a << k % 32;
	case BPF_RSH:
		return m->a >> k % 32;
	case BPF_NEG:
		return -m->a;
	}
	abort();
}

static bool holds(const struct machine *m, const struct sock_filter *insn)
{
	__u32 k = operand(m, insn);

	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:
		return m->a == k;
	case BPF_JGE:
		return m->a >= k;
	case BPF_JGT:
		return m->a > k;
	case BPF_JSET:
		return m->a & k;
	}
	abort();
}

static void move(struct machine *m, const struct sock_filter *insn,
		 const struct seccomp_data *data)
{
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		memcpy(&m->a, (const char *)data + insn->k, sizeof(m->a));
		return;
	case BPF_LD | BPF_W | BPF_LEN:
		m->a = m->len;
		return;
	case BPF_LDX | BPF_W | BPF_LEN:
		m->x = m->len;
		return;
	case BPF_LD | BPF_IMM:
		m->a = insn->k;
		return;
	case BPF_LDX | BPF_IMM:
		m->x = insn->k;
		return;
	case BPF_LD | BPF_MEM:
		m->a = m->mem[insn->k];
		return;
	case BPF_LDX | BPF_MEM:
		m->x = m->mem[insn->k];
		return;
	case BPF_ST:
		m->mem[insn->k] = m->a;
		return;
	case BPF_STX:
		m->mem[insn->k] = m->x;
		return;
	case BPF_MISC | BPF_TAX:
		m->x = m->a;
		return;
	case BPF_MISC | BPF_TXA:
		m->a = m->x;
		return;
	}
	abort();
}

/* A program that divides by 0 returns 0. */
static bool divides_by_0(const struct machine *m,
			 const struct sock_filter *insn)
{
	return BPF_OP(insn->code) == BPF_DIV && !operand(m, insn);
}

__u32 bpf_model_run(const struct sock_filter *prog, size_t len,
		    const struct seccomp_data *data)
{
	const struct sock_filter *insn = prog;
	struct machine m = { .len = data_len(prog, len) };

	for (;; insn++) {
		switch (BPF_CLASS(insn->code)) {
		case BPF_RET:
			return BPF_RVAL(insn->code) == BPF_A ? m.a : insn->k;
		case BPF_JMP:
			if (BPF_OP(insn->code) == BPF_JA)
				insn += insn->k;
			else
				insn += holds(&m, insn) ? insn->jt : insn->jf;
			break;
		case BPF_ALU:
			if (divides_by_0(&m, insn))
				return 0;
			m.a = alu(&m, insn);
			break;
		default:
			move(&m, insn, data);
		}
	}
}
