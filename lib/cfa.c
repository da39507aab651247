// SPDX-License-Identifier: LGPL-2.1-or-later
/* Call frame instructions: which row holds where. */
#include <errno.h>
#include <string.h>

#include "cfa.h"

/* Compilers nest DW_CFA_remember_state once or twice. */
#define MAX_REMEMBERED 32U

/* Columns of the x86-64 psABI. */
#define REG_RDI 5U
#define REG_RBP 6U
#define REG_RSP 7U

enum {
	/* With an operand in the low six bits. */
	DW_CFA_advance_loc = 0x40,
	DW_CFA_offset = 0x80,
	DW_CFA_restore = 0xc0,

	DW_CFA_nop = 0x00,
	DW_CFA_set_loc = 0x01,
	DW_CFA_advance_loc1 = 0x02,
	DW_CFA_advance_loc2 = 0x03,
	DW_CFA_advance_loc4 = 0x04,
	DW_CFA_offset_extended = 0x05,
	DW_CFA_restore_extended = 0x06,
	DW_CFA_undefined = 0x07,
	DW_CFA_same_value = 0x08,
	DW_CFA_register = 0x09,
	DW_CFA_remember_state = 0x0a,
	DW_CFA_restore_state = 0x0b,
	DW_CFA_def_cfa = 0x0c,
	DW_CFA_def_cfa_register = 0x0d,
	DW_CFA_def_cfa_offset = 0x0e,
	DW_CFA_def_cfa_expression = 0x0f,
	DW_CFA_expression = 0x10,
	DW_CFA_offset_extended_sf = 0x11,
	DW_CFA_def_cfa_sf = 0x12,
	DW_CFA_def_cfa_offset_sf = 0x13,
	DW_CFA_val_offset = 0x14,
	DW_CFA_val_offset_sf = 0x15,
	DW_CFA_val_expression = 0x16,
	DW_CFA_GNU_args_size = 0x2e,
	DW_CFA_GNU_negative_offset_extended = 0x2f,
};

/* An FDE, or a CIE's initial instructions, being interpreted. */
struct run {
	struct af_cursor in;
	const struct af_cie *cie;
	const struct af_cfa_state *initial;
	uint64_t loc;
	uint64_t end;
	af_cfi_row_fn *row;
	void *context;
	struct af_cfa_state state;
	unsigned int depth;
	struct af_cfa_state remembered[MAX_REMEMBERED];
};

static bool is_multiple(int64_t value)
{
	return value % 8 == 0;
}

static bool cfa_to_rule(const struct af_cfa_state *state,
			struct libaf_seccomp_unwind_rule *rule)
{
	if (state->cfa != AF_CFA_REGISTER || !is_multiple(state->cfa_offset) ||
	    state->cfa_offset >= LIBAF_SECCOMP_UNWIND_MAX_OFFSET ||
	    state->cfa_offset <= -LIBAF_SECCOMP_UNWIND_MAX_OFFSET)
		return false;
	rule->offset = (int32_t)state->cfa_offset;
	if (state->cfa_reg == REG_RSP && state->cfa_offset >= 0)
		rule->cfa = LIBAF_SECCOMP_CFA_SP;
	else if (state->cfa_reg == REG_RBP)
		rule->cfa = LIBAF_SECCOMP_CFA_FP;
	else
		return false;
	return true;
}

static bool ra_to_rule(const struct af_reg_rule *ra,
		       struct libaf_seccomp_unwind_rule *rule)
{
	if (ra->how == AF_HOW_OFFSET && ra->value == -8)
		rule->ra = LIBAF_SECCOMP_RA_STACK;
	else if (ra->how == AF_HOW_REGISTER && ra->value == REG_RDI)
		rule->ra = LIBAF_SECCOMP_RA_ARG0;
	else
		return false;
	return true;
}

static void fp_to_rule(const struct af_reg_rule *fp,
		       struct libaf_seccomp_unwind_rule *rule)
{
	if (fp->how == AF_HOW_UNSET || fp->how == AF_HOW_SAME)
		rule->fp = LIBAF_SECCOMP_FP_SAME;
	else if (fp->how == AF_HOW_OFFSET && is_multiple(fp->value) &&
		 fp->value >= INT16_MIN && fp->value <= -16)
		rule->fp = (int16_t)fp->value;
	else
		rule->fp = LIBAF_SECCOMP_FP_LOST;
}

/* The kernel takes the CFA for the caller's stack pointer. */
static bool sp_is_cfa(const struct af_reg_rule *sp)
{
	return sp->how == AF_HOW_UNSET ||
	       (sp->how == AF_HOW_VAL_OFFSET && sp->value == 0);
}

static void state_to_rule(const struct af_cfa_state *state,
			  struct libaf_seccomp_unwind_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	if (state->rules[AF_TRACKED_RA].how == AF_HOW_UNDEFINED) {
		rule->cfa = LIBAF_SECCOMP_CFA_END;
		return;
	}
	if (!sp_is_cfa(&state->rules[AF_TRACKED_SP]) ||
	    !cfa_to_rule(state, rule) ||
	    !ra_to_rule(&state->rules[AF_TRACKED_RA], rule)) {
		memset(rule, 0, sizeof(*rule));
		return;
	}
	fp_to_rule(&state->rules[AF_TRACKED_FP], rule);
}

/* Tell the row that holds from @run->loc on. */
static int tell_row(struct run *run)
{
	struct libaf_seccomp_unwind_rule rule;

	state_to_rule(&run->state, &rule);
	return run->row(run->context, run->loc, &rule);
}

/* In a CIE, which has no range, this fails unless it moves nowhere. */
static int advance(struct run *run, uint64_t delta)
{
	int err;

	if (delta == 0)
		return 0;
	if (delta > run->end - run->loc)
		return -EINVAL;
	err = tell_row(run);
	run->loc += delta;
	return err;
}

static int advance_factored(struct run *run, uint64_t delta)
{
	if (__builtin_mul_overflow(delta, run->cie->code_align, &delta))
		return -EINVAL;
	return advance(run, delta);
}

static int set_loc(struct run *run)
{
	uint64_t loc = af_get_pointer(&run->in, run->cie->encoding, NULL);

	if (run->in.bad || loc < run->loc)
		return -EINVAL;
	return advance(run, loc - run->loc);
}

static enum af_tracked track(uint64_t reg)
{
	switch (reg) {
	case REG_RBP:
		return AF_TRACKED_FP;
	case REG_RSP:
		return AF_TRACKED_SP;
	case AF_REG_RA:
		return AF_TRACKED_RA;
	default:
		return AF_NR_TRACKED;
	}
}

static int set_rule(struct run *run, uint64_t reg, enum af_how how,
		    int64_t value)
{
	enum af_tracked tracked = track(reg);

	if (tracked != AF_NR_TRACKED) {
		run->state.rules[tracked].how = how;
		run->state.rules[tracked].value = value;
	}
	return 0;
}

static int set_register(struct run *run, uint64_t reg)
{
	uint64_t from = af_get_uleb(&run->in);

	if (from > INT64_MAX)
		return -EINVAL;
	return set_rule(run, reg, AF_HOW_REGISTER, (int64_t)from);
}

/* @how is AF_HOW_OFFSET or AF_HOW_VAL_OFFSET. */
static int set_offset(struct run *run, uint64_t reg, enum af_how how,
		      int64_t factor)
{
	int64_t value;

	if (__builtin_mul_overflow(factor, run->cie->data_align, &value))
		return -EINVAL;
	return set_rule(run, reg, how, value);
}

static int set_uleb_offset(struct run *run, uint64_t reg, enum af_how how)
{
	uint64_t factor = af_get_uleb(&run->in);

	if (factor > INT64_MAX)
		return -EINVAL;
	return set_offset(run, reg, how, (int64_t)factor);
}

static int set_negative_offset(struct run *run, uint64_t reg)
{
	uint64_t factor = af_get_uleb(&run->in);

	if (factor > INT64_MAX)
		return -EINVAL;
	return set_offset(run, reg, AF_HOW_OFFSET, -(int64_t)factor);
}

static int set_expression(struct run *run, uint64_t reg)
{
	af_skip(&run->in, af_get_uleb(&run->in));
	return set_rule(run, reg, AF_HOW_OTHER, 0);
}

static int restore(struct run *run, uint64_t reg)
{
	enum af_tracked tracked = track(reg);

	/* A CIE has nothing to go back to. */
	if (!run->initial)
		return -EINVAL;
	if (tracked != AF_NR_TRACKED)
		run->state.rules[tracked] = run->initial->rules[tracked];
	return 0;
}

static int remember_state(struct run *run)
{
	if (run->depth == MAX_REMEMBERED)
		return -EINVAL;
	run->remembered[run->depth++] = run->state;
	return 0;
}

static int restore_state(struct run *run)
{
	if (run->depth == 0)
		return -EINVAL;
	run->state = run->remembered[--run->depth];
	return 0;
}

static int set_cfa_offset(struct run *run, uint64_t offset)
{
	if (offset > INT64_MAX || run->state.cfa != AF_CFA_REGISTER)
		return -EINVAL;
	run->state.cfa_offset = (int64_t)offset;
	return 0;
}

static int set_cfa_offset_sf(struct run *run, int64_t factor)
{
	if (run->state.cfa != AF_CFA_REGISTER ||
	    __builtin_mul_overflow(factor, run->cie->data_align,
				   &run->state.cfa_offset))
		return -EINVAL;
	return 0;
}

static int set_cfa_register(struct run *run, uint64_t reg)
{
	if (run->state.cfa != AF_CFA_REGISTER)
		return -EINVAL;
	run->state.cfa_reg = reg;
	return 0;
}

/* Make the CFA a register's value; the offset is still to be set. */
static void set_cfa(struct run *run, uint64_t reg)
{
	run->state.cfa = AF_CFA_REGISTER;
	run->state.cfa_reg = reg;
}

static int set_cfa_expression(struct run *run)
{
	af_skip(&run->in, af_get_uleb(&run->in));
	run->state.cfa = AF_CFA_OTHER;
	return 0;
}

/* Instructions whose first operand is a register. */
static int run_register_op(struct run *run, uint8_t op)
{
	uint64_t reg = af_get_uleb(&run->in);

	switch (op) {
	case DW_CFA_offset_extended:
		return set_uleb_offset(run, reg, AF_HOW_OFFSET);
	case DW_CFA_offset_extended_sf:
		return set_offset(run, reg, AF_HOW_OFFSET,
				  af_get_sleb(&run->in));
	case DW_CFA_val_offset:
		return set_uleb_offset(run, reg, AF_HOW_VAL_OFFSET);
	case DW_CFA_val_offset_sf:
		return set_offset(run, reg, AF_HOW_VAL_OFFSET,
				  af_get_sleb(&run->in));
	case DW_CFA_GNU_negative_offset_extended:
		return set_negative_offset(run, reg);
	case DW_CFA_restore_extended:
		return restore(run, reg);
	case DW_CFA_undefined:
		return set_rule(run, reg, AF_HOW_UNDEFINED, 0);
	case DW_CFA_same_value:
		return set_rule(run, reg, AF_HOW_SAME, 0);
	case DW_CFA_register:
		return set_register(run, reg);
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		return set_expression(run, reg);
	default:
		return -EINVAL;
	}
}

/* Instructions on the CFA, and run_register_op()'s. */
static int run_cfa_op(struct run *run, uint8_t op)
{
	struct af_cursor *in = &run->in;

	switch (op) {
	case DW_CFA_def_cfa:
		set_cfa(run, af_get_uleb(in));
		return set_cfa_offset(run, af_get_uleb(in));
	case DW_CFA_def_cfa_sf:
		set_cfa(run, af_get_uleb(in));
		return set_cfa_offset_sf(run, af_get_sleb(in));
	case DW_CFA_def_cfa_register:
		return set_cfa_register(run, af_get_uleb(in));
	case DW_CFA_def_cfa_offset:
		return set_cfa_offset(run, af_get_uleb(in));
	case DW_CFA_def_cfa_offset_sf:
		return set_cfa_offset_sf(run, af_get_sleb(in));
	case DW_CFA_def_cfa_expression:
		return set_cfa_expression(run);
	default:
		return run_register_op(run, op);
	}
}

/* Instructions with no operand in their first byte. */
static int run_extended_op(struct run *run, uint8_t op)
{
	struct af_cursor *in = &run->in;

	switch (op) {
	case DW_CFA_nop:
		return 0;
	case DW_CFA_set_loc:
		return set_loc(run);
	case DW_CFA_advance_loc1:
		return advance_factored(run, af_get_u8(in));
	case DW_CFA_advance_loc2:
		return advance_factored(run, af_get_u16(in));
	case DW_CFA_advance_loc4:
		return advance_factored(run, af_get_u32(in));
	case DW_CFA_remember_state:
		return remember_state(run);
	case DW_CFA_restore_state:
		return restore_state(run);
	case DW_CFA_GNU_args_size:
		/* For exception handlers, not for who unwinds. */
		af_get_uleb(in);
		return 0;
	default:
		return run_cfa_op(run, op);
	}
}

static int run_op(struct run *run, uint8_t op)
{
	uint8_t operand = op & 0x3f;

	switch (op & 0xc0) {
	case DW_CFA_advance_loc:
		return advance_factored(run, operand);
	case DW_CFA_offset:
		return set_uleb_offset(run, operand, AF_HOW_OFFSET);
	case DW_CFA_restore:
		return restore(run, operand);
	default:
		return run_extended_op(run, op);
	}
}

static int run_all(struct run *run)
{
	while (run->in.next < run->in.end) {
		int err = run_op(run, af_get_u8(&run->in));

		if (err)
			return err;
		if (run->in.bad)
			return -EINVAL;
	}
	return 0;
}

bool af_cfa_initial(struct af_cie *cie, const struct af_cursor *in)
{
	struct run run;

	memset(&run, 0, sizeof(run));
	run.in = *in;
	run.cie = cie;
	if (run_all(&run))
		return false;
	cie->initial = run.state;
	return true;
}

int af_cfi_run(const struct af_cfi *cfi, const struct af_fde *fde,
	       af_cfi_row_fn *row, void *context)
{
	static const struct libaf_seccomp_unwind_rule none = {
		.cfa = LIBAF_SECCOMP_CFA_NONE,
	};
	static const struct libaf_seccomp_unwind_rule end = {
		.cfa = LIBAF_SECCOMP_CFA_END,
	};
	const struct af_cie *cie = &cfi->cies[fde->cie];
	struct run run;
	int err;

	if (!fde->insns || !cie->usable)
		return row(context, fde->start, &none);
	/*
	 * A signal's trampoline: whoever was interrupted has called neither it
	 * nor the handler, which therefore act for their own object.
	 */
	if (cie->signal)
		return row(context, fde->start, &end);
	/* Not an initializer: that would clear run.remembered, too. */
	run.in = af_cfi_cursor(cfi, fde->insns, fde->insns_len);
	run.cie = cie;
	run.initial = &cie->initial;
	run.loc = fde->start;
	run.end = fde->end;
	run.row = row;
	run.context = context;
	run.state = cie->initial;
	run.depth = 0;
	err = run_all(&run);
	if (err && err != -EINVAL)
		return err;
	if (run.loc == run.end)
		return 0;
	return err ? row(context, run.loc, &none) : tell_row(&run);
}
