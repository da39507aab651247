// SPDX-License-Identifier: LGPL-2.1-or-later
/* Filters as text, in the syntax of the kernel's bpf_asm. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/names.h"
#include "calls.h"
#include "disasm.h"
#include "permits.h"

/* No field, or one of several. */
#define NO_FIELD UINT32_MAX
#define NO_CALL  -1

/*
 * What is known when an instruction is reached.  Jumps go forward only, so that
 * all ways to it have been seen by then.
 * @reached: it has been jumped to, or fallen into
 * @target: it has been jumped to
 * @field: the offset of what the accumulator holds
 * @mask: the bits of it that are left
 * @nr: the call that all ways to here have in common
 */
struct known {
	bool reached;
	bool target;
	uint32_t field;
	uint32_t mask;
	int nr;
};

static const struct known nothing = { .field = NO_FIELD, .nr = NO_CALL };

struct listing {
	FILE *out;
	const struct sock_filter *prog;
	size_t len;
	const struct libaf_policy *policy;
	struct known *known;
};

#define FIELD(name) (uint32_t) offsetof(struct libaf_seccomp_data, name)

static bool is_jump(const struct sock_filter *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP;
}

static bool is_always(const struct sock_filter *insn)
{
	return BPF_OP(insn->code) == BPF_JA;
}

/* With a label for what holds, and with one for what does not. */
static const struct {
	const char *yes;
	const char *no;
} jump_names[16] = {
	[BPF_JA >> 4] = { "ja", NULL },     [BPF_JEQ >> 4] = { "jeq", "jne" },
	[BPF_JGT >> 4] = { "jgt", "jle" },  [BPF_JGE >> 4] = { "jge", "jlt" },
	[BPF_JSET >> 4] = { "jset", NULL },
};

static const char *inverse_of(const struct sock_filter *insn)
{
	return jump_names[BPF_OP(insn->code) >> 4].no;
}

/* Which labels a conditional jump is written with: one of them if possible. */
static bool names_yes(const struct sock_filter *insn)
{
	return insn->jt || !insn->jf || !inverse_of(insn);
}

static bool names_no(const struct sock_filter *insn)
{
	return insn->jf || !insn->jt;
}

/*
 * What is known behind each instruction
 */
static void reach(struct listing *l, size_t pc, const struct known *from,
		  bool jump)
{
	struct known *to = &l->known[pc];

	to->target |= jump;
	if (!to->reached) {
		to->reached = true;
		to->field = from->field;
		to->mask = from->mask;
		to->nr = from->nr;
		return;
	}
	if (to->field != from->field || to->mask != from->mask)
		to->field = NO_FIELD;
	if (to->nr != from->nr)
		to->nr = NO_CALL;
}

static void follow_jump(struct listing *l, size_t pc, const struct known *now)
{
	const struct sock_filter *insn = &l->prog[pc];
	struct known equal = *now;

	if (is_always(insn)) {
		reach(l, pc + 1 + insn->k, now, true);
		return;
	}
	if (insn->code == (BPF_JMP | BPF_JEQ | BPF_K) &&
	    now->field == FIELD(nr) && now->mask == UINT32_MAX &&
	    insn->k < AF_NR_MAX)
		equal.nr = insn->k;
	reach(l, pc + 1 + insn->jt, &equal, names_yes(insn));
	reach(l, pc + 1 + insn->jf, now, names_no(insn));
}

static void follow(struct listing *l, size_t pc)
{
	const struct sock_filter *insn = &l->prog[pc];
	struct known now = l->known[pc];

	if (!now.reached)
		now = nothing;
	if (is_jump(insn)) {
		follow_jump(l, pc, &now);
		return;
	}
	if (BPF_CLASS(insn->code) == BPF_RET)
		return;
	if (insn->code == (BPF_LD | BPF_W | BPF_ABS)) {
		now.field = insn->k;
		now.mask = UINT32_MAX;
	} else if (insn->code == (BPF_ALU | BPF_AND | BPF_K)) {
		now.mask &= insn->k;
	} else if (BPF_CLASS(insn->code) == BPF_LD ||
		   BPF_CLASS(insn->code) == BPF_ALU ||
		   insn->code == (BPF_MISC | BPF_TXA)) {
		now.field = NO_FIELD;
	}
	reach(l, pc + 1, &now, false);
}

/*
 * Comments
 */
static void name_field(char *text, size_t size, uint32_t field)
{
	unsigned int arg = (field - FIELD(args)) / 8;

	switch (field) {
	case FIELD(nr):
		snprintf(text, size, "nr");
		return;
	case FIELD(arch):
		snprintf(text, size, "arch");
		return;
	case FIELD(prev_nr):
		snprintf(text, size, "prev_nr");
		return;
	case FIELD(caller_id):
		snprintf(text, size, "caller_id");
		return;
	}
	if (field < FIELD(args))
		snprintf(text, size, "ip%s", field % 8 ? ", upper half" : "");
	else
		snprintf(text, size, "arg%u%s", arg,
			 field % 8 ? ", upper half" : "");
}

/* Which constants an argument is compared with. */
static const struct {
	const char *call;
	unsigned int arg;
	const char *prefix;
} prefixes[] = {
	{ "socket", 0, "AF_" },       { "socketpair", 0, "AF_" },
	{ "socket", 1, "SOCK_" },     { "mmap", 2, "PROT_" },
	{ "mprotect", 2, "PROT_" },   { "mmap", 3, "MAP_" },
	{ "clone", 0, "CLONE_" },     { "unshare", 0, "CLONE_" },
	{ "open", 1, "O_" },          { "openat", 2, "O_" },
	{ "prctl", 0, "PR_" },        { "fcntl", 1, "F_" },
	{ "arch_prctl", 0, "ARCH_" },
};

static const char *find_prefix(uint32_t field, int nr)
{
	const char *call = nr == NO_CALL ? NULL : af_call_name(nr);

	for (size_t i = 0; call && i < sizeof(prefixes) / sizeof(*prefixes);
	     i++) {
		if (FIELD(args) + 8 * prefixes[i].arg == field &&
		    !strcmp(prefixes[i].call, call))
			return prefixes[i].prefix;
	}
	return NULL;
}

/* A value by the constants that it is made of; "" if others are in it. */
static void name_constants(char *text, size_t size, const char *prefix,
			   uint32_t value)
{
	const char *name;
	uint32_t rest = value;
	size_t len = 0;
	int64_t bit;

	*text = '\0';
	for (size_t i = 0; (name = af_constant(i, &bit)); i++) {
		if (!strncmp(name, prefix, strlen(prefix)) &&
		    (uint32_t)bit == value) {
			snprintf(text, size, "%s", name);
			return;
		}
	}
	for (size_t i = 0; (name = af_constant(i, &bit)); i++) {
		if (strncmp(name, prefix, strlen(prefix)) || bit <= 0 ||
		    bit & (bit - 1) || !(rest & bit) || len >= size)
			continue;
		len += snprintf(text + len, size - len, "%s%s", len ? "|" : "",
				name);
		rest &= ~bit;
	}
	if (rest)
		*text = '\0';
}

static void name_caller(char *text, size_t size, const struct listing *l,
			uint32_t id)
{
	if (l->policy && id < l->policy->nr_callers)
		snprintf(text, size, "%s", af_caller_label(l->policy, id));
	else
		snprintf(text, size, "caller %u", id);
}

static void name_call(char *text, size_t size, uint32_t nr)
{
	const char *name = af_call_name(nr);

	snprintf(text, size, "%s", name ? name : "");
}

/* What the accumulator is compared with. */
static void name_operand(char *text, size_t size, const struct listing *l,
			 const struct known *now, uint32_t k)
{
	const char *prefix = find_prefix(now->field, now->nr);

	if (now->field == FIELD(nr))
		name_call(text, size, k);
	else if (now->field == FIELD(arch) && k == AUDIT_ARCH_X86_64)
		snprintf(text, size, "AUDIT_ARCH_X86_64");
	else if (now->field == FIELD(prev_nr) &&
		 k == (uint32_t)LIBAF_SECCOMP_PREV_NONE)
		snprintf(text, size, "start");
	else if (now->field == FIELD(prev_nr) &&
		 k == (uint32_t)LIBAF_SECCOMP_PREV_SIGNAL)
		snprintf(text, size, "signal");
	else if (now->field == FIELD(prev_nr))
		name_call(text, size, k);
	else if (now->field == FIELD(caller_id))
		name_caller(text, size, l, k);
	else if (prefix)
		name_constants(text, size, prefix, k);
}

static void name_action(char *text, size_t size, uint32_t action)
{
	const char *error = strerrorname_np(action & SECCOMP_RET_DATA);

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		snprintf(text, size, "allow");
		break;
	case SECCOMP_RET_LOG:
		snprintf(text, size, "log");
		break;
	case SECCOMP_RET_ERRNO:
		snprintf(text, size, "errno %s", error ? error : "");
		break;
	case SECCOMP_RET_TRAP:
		snprintf(text, size, "trap");
		break;
	case SECCOMP_RET_KILL_PROCESS:
		snprintf(text, size, "kill");
		break;
	case SECCOMP_RET_KILL_THREAD:
		snprintf(text, size, "kill thread");
		break;
	case SECCOMP_RET_TRACE:
		snprintf(text, size, "trace");
		break;
	case SECCOMP_RET_USER_NOTIF:
		snprintf(text, size, "notify");
		break;
	}
}

static void make_comment(char *text, size_t size, const struct listing *l,
			 size_t pc)
{
	const struct sock_filter *insn = &l->prog[pc];
	const struct known *now = &l->known[pc];
	const char *prefix = find_prefix(now->field, now->nr);

	*text = '\0';
	if (insn->code == (BPF_LD | BPF_W | BPF_ABS))
		name_field(text, size, insn->k);
	else if (insn->code == (BPF_RET | BPF_K))
		name_action(text, size, insn->k);
	else if (is_jump(insn) && !is_always(insn) &&
		 BPF_SRC(insn->code) == BPF_K)
		name_operand(text, size, l, now, insn->k);
	else if (insn->code == (BPF_ALU | BPF_AND | BPF_K) && prefix)
		name_constants(text, size, prefix, insn->k);
}

/*
 * Instructions
 */
static const char *const alu_names[16] = {
	[BPF_ADD >> 4] = "add", [BPF_SUB >> 4] = "sub", [BPF_MUL >> 4] = "mul",
	[BPF_DIV >> 4] = "div", [BPF_OR >> 4] = "or",   [BPF_AND >> 4] = "and",
	[BPF_XOR >> 4] = "xor", [BPF_LSH >> 4] = "lsh", [BPF_RSH >> 4] = "rsh",
	[BPF_NEG >> 4] = "neg",
};

static void print_operand(char *text, size_t size, uint16_t code, uint32_t k,
			  bool decimal)
{
	if (BPF_SRC(code) == BPF_X)
		snprintf(text, size, "x");
	else
		snprintf(text, size, decimal ? "#%u" : "#%#x", k);
}

static void print_jump(char *text, size_t size, const struct listing *l,
		       size_t pc)
{
	const struct sock_filter *insn = &l->prog[pc];
	uint32_t field = l->known[pc].field;
	bool decimal = insn->k < INT32_MAX &&
		       (field == FIELD(nr) || field == FIELD(prev_nr) ||
			field == FIELD(caller_id));
	size_t yes = pc + 1 + insn->jt, no = pc + 1 + insn->jf;
	const char *name = jump_names[BPF_OP(insn->code) >> 4].yes;
	char operand[16];

	if (is_always(insn)) {
		snprintf(text, size, "ja L%zu", pc + 1 + insn->k);
		return;
	}
	print_operand(operand, sizeof(operand), insn->code, insn->k, decimal);
	if (!names_no(insn))
		snprintf(text, size, "%s %s, L%zu", name, operand, yes);
	else if (!names_yes(insn))
		snprintf(text, size, "%s %s, L%zu", inverse_of(insn), operand,
			 no);
	else
		snprintf(text, size, "%s %s, L%zu, L%zu", name, operand, yes,
			 no);
}

static void print_load(char *text, size_t size, const struct sock_filter *insn)
{
	const char *name = BPF_CLASS(insn->code) == BPF_LD ? "ld" : "ldx";

	switch (BPF_MODE(insn->code)) {
	case BPF_ABS:
		snprintf(text, size, "%s [%u]", name, insn->k);
		break;
	case BPF_LEN:
		snprintf(text, size, "%s #len", name);
		break;
	case BPF_MEM:
		snprintf(text, size, "%s M[%u]", name, insn->k);
		break;
	default:
		snprintf(text, size, "%s #%#x", name, insn->k);
		break;
	}
}

static void print_alu(char *text, size_t size, const struct sock_filter *insn)
{
	const char *name = alu_names[BPF_OP(insn->code) >> 4];
	char operand[16];

	if (BPF_OP(insn->code) == BPF_NEG) {
		snprintf(text, size, "%s", name);
		return;
	}
	print_operand(operand, sizeof(operand), insn->code, insn->k, false);
	snprintf(text, size, "%s %s", name, operand);
}

static void print_insn(char *text, size_t size, const struct listing *l,
		       size_t pc)
{
	const struct sock_filter *insn = &l->prog[pc];

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		print_load(text, size, insn);
		break;
	case BPF_ST:
		snprintf(text, size, "st M[%u]", insn->k);
		break;
	case BPF_STX:
		snprintf(text, size, "stx M[%u]", insn->k);
		break;
	case BPF_ALU:
		print_alu(text, size, insn);
		break;
	case BPF_JMP:
		print_jump(text, size, l, pc);
		break;
	case BPF_MISC:
		snprintf(text, size, "%s",
			 BPF_MISCOP(insn->code) == BPF_TAX ? "tax" : "txa");
		break;
	default:
		if (BPF_RVAL(insn->code) == BPF_A)
			snprintf(text, size, "ret a");
		else
			snprintf(text, size, "ret #%#x", insn->k);
	}
}

static void print_line(const struct listing *l, size_t pc)
{
	char label[16] = "", insn[64], comment[512];

	if (l->known[pc].target)
		snprintf(label, sizeof(label), "L%zu:", pc);
	print_insn(insn, sizeof(insn), l, pc);
	make_comment(comment, sizeof(comment), l, pc);
	if (*comment)
		fprintf(l->out, "%-7s %-31s ; %s\n", label, insn, comment);
	else
		fprintf(l->out, "%-7s %s\n", label, insn);
}

int af_disassemble(FILE *out, const struct sock_filter *prog, size_t len,
		   const struct libaf_policy *policy)
{
	struct listing l = {
		.out = out,
		.prog = prog,
		.len = len,
		.policy = policy,
		.known = calloc(len + 1, sizeof(*l.known)),
	};

	if (!l.known)
		return -ENOMEM;
	reach(&l, 0, &nothing, false);
	for (size_t pc = 0; pc < len; pc++)
		follow(&l, pc);
	for (size_t pc = 0; pc < len; pc++)
		print_line(&l, pc);
	free(l.known);
	return 0;
}
