// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <linux/audit.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "decision.h"

#define X32 0x40000000U

/* Numbers that have never been implemented; most filters show by these ... */
#define SHOW_PREV   183 /* ... the previous call as an error */
#define SHOW_CALLER 182

const struct judged_call judged_calls[NR_JUDGED] = {
	{ .nr = SYS_getpid, .exists = true },
	{ .nr = SYS_getuid, .exists = true },
	{ .nr = SYS_getgid, .exists = true },
	{ .nr = SYS_geteuid, .exists = true },
	{ .nr = SYS_getppid, .exists = true },
	{ .nr = 180 },
	{ .nr = 181 },
	{ .nr = SHOW_CALLER },
	{ .nr = SHOW_PREV },
	{ .nr = X32 | SYS_getpid, .exists = true },
	{ .nr = X32 | 180 },
	/* getpid() and getppid() of i386, and two that it never had. */
	{ .nr = 20, .exists = true, .compat = true },
	{ .nr = 64, .exists = true, .compat = true },
	{ .nr = 188, .compat = true },
	{ .nr = 189, .compat = true },
};

static const unsigned long argument_values[] = {
	0, 1, 7, 0x80000000, 0xffffffff, 0x100000000, 0xffffffff00000001,
};

static const unsigned int predecessors[] = {
	SYS_seccomp, SYS_gettid,       SYS_tkill, SYS_mmap, SYS_mprotect,
	SYS_close,   SYS_rt_sigreturn, SYS_fork,  -1U,      -2U,
};

#define FIELD(name) offsetof(struct seccomp_data, name)

static const unsigned int fields[] = {
	FIELD(nr),      FIELD(nr),      FIELD(arch),        FIELD(prev_nr),
	FIELD(prev_nr), FIELD(prev_nr), FIELD(prev_nr),     FIELD(caller_id),
	FIELD(nr),      FIELD(nr),      FIELD(caller_id),   FIELD(caller_id),
	FIELD(args[0]), FIELD(args[1]), FIELD(args[2]) + 4,
};

struct generator {
	struct random *r;
	struct decision_filter *filter;
	unsigned int next_error;
};

static size_t emit(struct generator *g, unsigned short code, unsigned char jt,
		   unsigned char jf, unsigned int k)
{
	struct sock_filter insn = BPF_JUMP(code, k, jt, jf);

	g->filter->prog[g->filter->len] = insn;
	return g->filter->len++;
}

static void load(struct generator *g, unsigned int field)
{
	emit(g, BPF_LD | BPF_W | BPF_ABS, 0, 0, field);
}

static unsigned int random_field(struct generator *g)
{
	unsigned int field = RANDOM_OF(g->r, fields);

	if (field == FIELD(caller_id) && !g->filter->registered)
		return FIELD(nr);
	if (field == FIELD(prev_nr) && !g->filter->uses_prev)
		return FIELD(arch);
	return field;
}

static unsigned int random_nr(struct random *r)
{
	return judged_calls[random_below(r, NR_JUDGED)].nr;
}

/* A value that the field often has. */
static unsigned int random_value(struct generator *g, unsigned int field)
{
	unsigned long value;

	switch (field) {
	case FIELD(nr):
		return random_nr(g->r);
	case FIELD(arch):
		return random_one_in(g->r, 2) ? AUDIT_ARCH_X86_64 :
						AUDIT_ARCH_I386;
	case FIELD(prev_nr):
		return random_one_in(g->r, 2) ? random_nr(g->r) :
						RANDOM_OF(g->r, predecessors);
	case FIELD(caller_id):
		return random_below(g->r, MAX_ID + 1);
	default:
		value = RANDOM_OF(g->r, argument_values);
		return random_one_in(g->r, 2) ? value : value >> 32;
	}
}

/* Change A; returns what that makes of a value that it often has. */
static unsigned int compute(struct generator *g, unsigned int value)
{
	static const unsigned short ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR,
		BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG, BPF_DIV,
	};
	unsigned short op = RANDOM_OF(g->r, ops);
	unsigned int k = 1 + random_below(g->r, 31);

	if (op == BPF_AND && random_one_in(g->r, 2))
		k = random_u64(g->r);
	if (op == BPF_NEG || op == BPF_DIV || random_one_in(g->r, 2) ||
	    op == BPF_LSH || op == BPF_RSH) {
		emit(g, BPF_ALU | op | BPF_K, 0, 0, op == BPF_NEG ? 0 : k);
	} else {
		emit(g, BPF_LDX | BPF_IMM, 0, 0, k);
		emit(g, BPF_ALU | op | BPF_X, 0, 0, 0);
	}
	switch (op) {
	case BPF_ADD:
		return value + k;
	case BPF_SUB:
		return value - k;
	case BPF_MUL:
		return value * k;
	case BPF_AND:
		return value & k;
	case BPF_OR:
		return value | k;
	case BPF_XOR:
		return value ^ k;
	case BPF_LSH:
		return value << k;
	case BPF_RSH:
		return value >> k;
	case BPF_NEG:
		return -value;
	default:
		return value / k;
	}
}

/* Compare two fields, one of them in X, by way of the scratch memory or not. */
static void load_two(struct generator *g)
{
	unsigned int slot = random_below(g->r, BPF_MEMWORDS);

	load(g, random_field(g));
	if (random_one_in(g->r, 2)) {
		emit(g, BPF_MISC | BPF_TAX, 0, 0, 0);
		load(g, random_field(g));
	} else {
		emit(g, BPF_ST, 0, 0, slot);
		load(g, random_field(g));
		emit(g, BPF_LDX | BPF_MEM, 0, 0, slot);
	}
}

/* A test; returns the place of its jump. */
static size_t condition(struct generator *g)
{
	static const unsigned short tests[] = {
		BPF_JEQ, BPF_JEQ, BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET,
	};
	unsigned short op = RANDOM_OF(g->r, tests);
	unsigned int field = random_field(g);
	unsigned int value = random_value(g, field);

	if (random_one_in(g->r, 8)) {
		load_two(g);
		return emit(g, BPF_JMP | op | BPF_X, 0, 0, 0);
	}
	load(g, field);
	if (random_one_in(g->r, 8))
		value = compute(g, value);
	return emit(g, BPF_JMP | op | BPF_K, 0, 0, value);
}

static void leaf(struct generator *g)
{
	unsigned int kind = random_below(g->r, 20);

	/* The error tells which leaf it was; those from 200 are in A. */
	if (kind < 13) {
		emit(g, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	} else if (kind < 14) {
		emit(g, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_LOG);
	} else if (kind < 15) {
		emit(g, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE);
	} else if (kind < 16) {
		load(g, random_field(g));
		emit(g, BPF_ALU | BPF_AND | BPF_K, 0, 0, 0x7f);
		emit(g, BPF_ALU | BPF_ADD | BPF_K, 0, 0, 200);
		emit(g, BPF_ALU | BPF_OR | BPF_K, 0, 0, SECCOMP_RET_ERRNO);
		emit(g, BPF_RET | BPF_A, 0, 0, 0);
	} else {
		emit(g, BPF_RET | BPF_K, 0, 0,
		     SECCOMP_RET_ERRNO | g->next_error++);
	}
}

static void tree(struct generator *g, unsigned int depth)
{
	struct sock_filter *prog = g->filter->prog;
	size_t jump, skip, then;

	if (!depth || random_one_in(g->r, 6)) {
		leaf(g);
		return;
	}
	jump = condition(g);
	skip = emit(g, BPF_JMP | BPF_JA, 0, 0, 0);
	tree(g, depth - 1);
	then = g->filter->len - skip - 1;
	if (random_one_in(g->r, 2)) {
		prog[jump].jt = 1;
		prog[skip].k = then;
	} else {
		prog[jump].jf = 1;
		prog[skip].k = then;
	}
	tree(g, depth - 1);
}

static void generate_objects(struct random *r, struct decision_filter *filter)
{
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		filter->id[i] = 1 + random_below(r, MAX_ID);
		filter->transparent[i] = false;
	}
	filter->transparent[OBJECT_T] = !random_one_in(r, 8);
	filter->transparent[OBJECT_LIBC] = !random_one_in(r, 8);
	filter->transparent[OBJECT_A] = random_one_in(r, 8);
	filter->transparent[OBJECT_B] = random_one_in(r, 8);
	if (random_one_in(r, 3))
		filter->id[random_below(r, NR_OBJECTS)] = 0;
	/* libc has the largest table by far. */
	if (!random_one_in(r, 3))
		filter->id[OBJECT_LIBC] = 0;
}

/* Answer call @nr, whose number is in A, with a member as the error. */
static void show(struct generator *g, unsigned int nr, unsigned int field)
{
	emit(g, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, nr);
	load(g, field);
	emit(g, BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xfff);
	emit(g, BPF_ALU | BPF_OR | BPF_K, 0, 0, SECCOMP_RET_ERRNO);
	emit(g, BPF_RET | BPF_A, 0, 0, 0);
}

/* @filter->uses_prev: whether it is to load the previous call */
static void generate_program(struct random *r, struct decision_filter *filter)
{
	struct generator g = {
		.r = r,
		.filter = filter,
		.next_error = 400 + random_below(r, 3000),
	};
	unsigned int i;

	filter->len = 0;
	if (filter->uses_prev)
		load(&g, FIELD(prev_nr));
	load(&g, FIELD(nr));
	for (i = 0; i < NR_JUDGED; i++)
		emit(&g, BPF_JMP | BPF_JEQ | BPF_K, NR_JUDGED - i, 0,
		     judged_calls[i].nr);
	emit(&g, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	if (filter->uses_prev && !random_one_in(r, 4))
		show(&g, SHOW_PREV, FIELD(prev_nr));
	if (filter->registered && !random_one_in(r, 4))
		show(&g, SHOW_CALLER, FIELD(caller_id));
	tree(&g, 3 + random_below(r, 4));
}

/* @before: NULL, or the one that is installed before it */
static void generate_filter(struct random *r, struct decision_filter *filter,
			    const struct decision_filter *before)
{
	filter->registered = !random_one_in(r, 4);
	filter->uses_prev = !random_one_in(r, 5);
	generate_objects(r, filter);
	/* Of equal registrations the kernel has but one. */
	if (before && random_one_in(r, 2)) {
		memcpy(filter->id, before->id, sizeof(filter->id));
		memcpy(filter->transparent, before->transparent,
		       sizeof(filter->transparent));
	}
	generate_program(r, filter);
}

void make_undecidable(struct decision_filter *filter)
{
	memmove(filter->prog + 1, filter->prog,
		filter->len * sizeof(filter->prog[0]));
	filter->prog[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						       FIELD(args[0]));
	filter->len++;
}

static struct step random_call(struct random *r)
{
	const struct judged_call *call =
		&judged_calls[random_below(r, NR_JUDGED)];
	struct step step = {
		.kind = STEP_CALL,
		.way = random_below(r, WAY_INT80),
		.nr = call->nr,
	};
	unsigned int i;

	if (call->compat)
		step.way = WAY_INT80;
	for (i = 0; i < 4; i++) {
		step.args[i] = RANDOM_OF(r, argument_values);
		/* What i386 has no registers for is not for filters to see. */
		if (call->compat)
			step.args[i] = (unsigned int)step.args[i];
	}
	return step;
}

/* What happens now and then besides calls; never in a case with threads. */
static struct step random_event(struct random *r, unsigned int *installs)
{
	static const enum step_kind kinds[] = {
		STEP_FORK, STEP_REWRITE, STEP_POKE, STEP_RENEW, STEP_RENEW,
	};
	static const enum object libraries[] = { OBJECT_A, OBJECT_B, OBJECT_T };
	struct step step = { .kind = RANDOM_OF(r, kinds) };

	step.object = RANDOM_OF(r, libraries);
	if (*installs && random_one_in(r, 3)) {
		step.kind = STEP_INSTALL;
		--*installs;
	}
	return step;
}

static struct step enter_handler(struct random *r, unsigned int *depth)
{
	static const int signals[] = { SIGUSR1, SIGUSR2, SIGILL };
	struct step step = { .kind = STEP_SIGNAL };

	step.signal = RANDOM_OF(r, signals);
	++*depth;
	return step;
}

static void add(struct script *script, struct step step)
{
	script->steps[script->nr++] = step;
}

/* Leave a handler, and look at what the previous call is then. */
static void add_leave(struct random *r, struct script *script,
		      unsigned int *depth)
{
	const struct step leave = {
		.kind = random_one_in(r, 4) ? STEP_JUMP : STEP_RETURN,
	};
	const struct step look = {
		.kind = STEP_CALL,
		.way = WAY_PROGRAM,
		.nr = SHOW_PREV,
	};

	--*depth;
	add(script, leave);
	add(script, look);
}

/*
 * The calls are a few different ones again and again: only what was seen
 * before can be answered from memory.
 */
static void generate_script(struct random *r, struct script *script,
			    bool events, unsigned int installs)
{
	struct step calls[12];
	unsigned int i, depth = 0;
	unsigned int nr_calls = 3 + random_below(r, 10);
	/* Most handlers are entered one at a time; some are deeply nested. */
	unsigned int max_depth = random_one_in(r, 8) ? MAX_DEPTH : 2;

	for (i = 0; i < nr_calls; i++)
		calls[i] = random_call(r);
	script->nr = 0;
	while (script->nr < MAX_STEPS - 2 * MAX_DEPTH - 2) {
		unsigned int what = random_below(r, 32);

		if (what == 0 && events)
			add(script, random_event(r, &installs));
		else if (what <= (max_depth > 2 ? 4 : 2) && depth < max_depth)
			add(script, enter_handler(r, &depth));
		else if (what <= 5 && depth)
			add_leave(r, script, &depth);
		else
			add(script, calls[random_below(r, nr_calls)]);
	}
	while (depth)
		add_leave(r, script, &depth);
}

void generate_case(struct random *r, struct decision_case *c)
{
	bool threads = random_one_in(r, 4);
	unsigned int nr_filters = 1 + random_below(r, MAX_FILTERS);
	unsigned int later = threads ? 0 : random_below(r, nr_filters);
	unsigned int i;

	for (i = 0; i < nr_filters; i++)
		generate_filter(r, &c->filters[i],
				i ? &c->filters[i - 1] : NULL);
	c->nr_first = nr_filters - later;
	c->nr_scripts = threads ? MAX_SCRIPTS : 1;
	for (i = 0; i < c->nr_scripts; i++)
		generate_script(r, &c->scripts[i], !threads, later);
}
