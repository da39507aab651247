// SPDX-License-Identifier: LGPL-2.1-or-later
/* Call frame information: reading .eh_frame and interpreting its FDEs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfi.h"

/* Far above what linkers make: they merge equal CIEs. */
#define MAX_CIES 65536U

/* Each function needs rows: with more of them, no table can be made. */
#define MAX_FDES (LIBAF_SECCOMP_MAX_UNWIND / 2)

/* Compilers nest DW_CFA_remember_state once or twice. */
#define MAX_REMEMBERED 32U

/* Columns of the x86-64 psABI. */
#define REG_RDI 5U
#define REG_RBP 6U
#define REG_RSP 7U
#define REG_RA  16U

/* Pointer encodings: a format, what the value is relative to, indirection. */
enum {
	DW_EH_PE_absptr = 0x00,
	DW_EH_PE_uleb128 = 0x01,
	DW_EH_PE_udata2 = 0x02,
	DW_EH_PE_udata4 = 0x03,
	DW_EH_PE_udata8 = 0x04,
	DW_EH_PE_sleb128 = 0x09,
	DW_EH_PE_sdata2 = 0x0a,
	DW_EH_PE_sdata4 = 0x0b,
	DW_EH_PE_sdata8 = 0x0c,
	DW_EH_PE_format = 0x0f,

	DW_EH_PE_pcrel = 0x10,
	DW_EH_PE_datarel = 0x30,
	DW_EH_PE_aligned = 0x50,
	DW_EH_PE_kind = 0x70,
	DW_EH_PE_application = 0xf0,

	DW_EH_PE_omit = 0xff,
};

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

/* How a register of the caller is found. */
enum how {
	HOW_UNSET,
	HOW_UNDEFINED,
	HOW_SAME,
	HOW_OFFSET,
	HOW_VAL_OFFSET,
	HOW_REGISTER,
	HOW_OTHER,
};

struct reg_rule {
	enum how how;
	int64_t value;
};

enum cfa_how {
	CFA_UNSET,
	CFA_REGISTER,
	CFA_OTHER,
};

/* The registers that matter; NR_TRACKED stands for all others. */
enum tracked {
	TRACKED_FP,
	TRACKED_SP,
	TRACKED_RA,
	NR_TRACKED,
};

/* A row as far as it matters. */
struct state {
	enum cfa_how cfa;
	uint64_t cfa_reg;
	int64_t cfa_offset;
	struct reg_rule rules[NR_TRACKED];
};

/*
 * One CIE.
 * @offset: where it is in .eh_frame
 * @has_encoding: @encoding is known, so that FDEs' ranges can be read
 * @has_size: FDEs say how long their augmentation data are
 * @usable: all of the CIE has been understood
 */
struct af_cie {
	uint64_t offset;
	uint64_t code_align;
	int64_t data_align;
	uint8_t encoding;
	bool has_encoding;
	bool has_size;
	bool signal;
	bool usable;
	struct state initial;
};

/*
 * Bytes being read.  Reading beyond the end gives zeros and sets @bad, so that
 * one check after several reads is enough.
 * @base, @vaddr: a byte and its virtual address
 */
struct cursor {
	const uint8_t *next;
	const uint8_t *end;
	const uint8_t *base;
	uint64_t vaddr;
	bool bad;
};

/* An FDE, or a CIE's initial instructions, being interpreted. */
struct run {
	struct cursor in;
	const struct af_cie *cie;
	const struct state *initial;
	uint64_t loc;
	uint64_t end;
	af_cfi_row_fn *row;
	void *context;
	struct state state;
	unsigned int depth;
	struct state remembered[MAX_REMEMBERED];
};

static uint64_t left(const struct cursor *in)
{
	return (uint64_t)(in->end - in->next);
}

static void skip(struct cursor *in, uint64_t len)
{
	if (len > left(in)) {
		in->bad = true;
		in->next = in->end;
		return;
	}
	in->next += len;
}

static uint8_t get_u8(struct cursor *in)
{
	if (in->next == in->end) {
		in->bad = true;
		return 0;
	}
	return *in->next++;
}

static void get_bytes(struct cursor *in, void *to, size_t len)
{
	if (len > left(in)) {
		in->bad = true;
		in->next = in->end;
		memset(to, 0, len);
		return;
	}
	memcpy(to, in->next, len);
	in->next += len;
}

static uint16_t get_u16(struct cursor *in)
{
	uint16_t value;

	get_bytes(in, &value, sizeof(value));
	return value;
}

static uint32_t get_u32(struct cursor *in)
{
	uint32_t value;

	get_bytes(in, &value, sizeof(value));
	return value;
}

static uint64_t get_u64(struct cursor *in)
{
	uint64_t value;

	get_bytes(in, &value, sizeof(value));
	return value;
}

static uint64_t get_uleb(struct cursor *in)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = get_u8(in);
		if (shift > 63 || (shift == 63 && (byte & 0x7e))) {
			in->bad = true;
			return 0;
		}
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static int64_t get_sleb(struct cursor *in)
{
	uint64_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = get_u8(in);
		if (shift > 63 ||
		    (shift == 63 && byte != 0x00 && byte != 0x7f)) {
			in->bad = true;
			return 0;
		}
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		value |= ~(uint64_t)0 << shift;
	return (int64_t)value;
}

/* A number in one of the formats of encoded pointers, sign-extended. */
static uint64_t get_number(struct cursor *in, uint8_t encoding)
{
	switch (encoding & DW_EH_PE_format) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return get_u64(in);
	case DW_EH_PE_uleb128:
		return get_uleb(in);
	case DW_EH_PE_udata2:
		return get_u16(in);
	case DW_EH_PE_udata4:
		return get_u32(in);
	case DW_EH_PE_sleb128:
		return (uint64_t)get_sleb(in);
	case DW_EH_PE_sdata2:
		return (uint64_t)(int64_t)(int16_t)get_u16(in);
	case DW_EH_PE_sdata4:
		return (uint64_t)(int64_t)(int32_t)get_u32(in);
	default:
		in->bad = true;
		return 0;
	}
}

/*
 * An encoded pointer.  @datarel is what DW_EH_PE_datarel is relative to, or
 * NULL where that is not defined.
 */
static uint64_t get_pointer(struct cursor *in, uint8_t encoding,
			    const uint64_t *datarel)
{
	uint64_t here = in->vaddr + (uint64_t)(in->next - in->base);
	uint64_t value = get_number(in, encoding);

	switch (encoding & DW_EH_PE_application) {
	case DW_EH_PE_absptr:
		return value;
	case DW_EH_PE_pcrel:
		return here + value;
	case DW_EH_PE_datarel:
		if (datarel)
			return *datarel + value;
		break;
	default:
		break;
	}
	in->bad = true;
	return 0;
}

static bool is_multiple(int64_t value)
{
	return value % 8 == 0;
}

static bool cfa_to_rule(const struct state *state,
			struct libaf_seccomp_unwind_rule *rule)
{
	if (state->cfa != CFA_REGISTER || !is_multiple(state->cfa_offset) ||
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

static bool ra_to_rule(const struct reg_rule *ra,
		       struct libaf_seccomp_unwind_rule *rule)
{
	if (ra->how == HOW_OFFSET && ra->value == -8)
		rule->ra = LIBAF_SECCOMP_RA_STACK;
	else if (ra->how == HOW_REGISTER && ra->value == REG_RDI)
		rule->ra = LIBAF_SECCOMP_RA_ARG0;
	else
		return false;
	return true;
}

static void fp_to_rule(const struct reg_rule *fp,
		       struct libaf_seccomp_unwind_rule *rule)
{
	if (fp->how == HOW_UNSET || fp->how == HOW_SAME)
		rule->fp = LIBAF_SECCOMP_FP_SAME;
	else if (fp->how == HOW_OFFSET && is_multiple(fp->value) &&
		 fp->value >= INT16_MIN && fp->value <= -16)
		rule->fp = (int16_t)fp->value;
	else
		rule->fp = LIBAF_SECCOMP_FP_LOST;
}

/* The kernel takes the CFA for the caller's stack pointer. */
static bool sp_is_cfa(const struct reg_rule *sp)
{
	return sp->how == HOW_UNSET ||
	       (sp->how == HOW_VAL_OFFSET && sp->value == 0);
}

static void state_to_rule(const struct state *state,
			  struct libaf_seccomp_unwind_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	if (state->rules[TRACKED_RA].how == HOW_UNDEFINED) {
		rule->cfa = LIBAF_SECCOMP_CFA_END;
		return;
	}
	if (!sp_is_cfa(&state->rules[TRACKED_SP]) ||
	    !cfa_to_rule(state, rule) ||
	    !ra_to_rule(&state->rules[TRACKED_RA], rule)) {
		memset(rule, 0, sizeof(*rule));
		return;
	}
	fp_to_rule(&state->rules[TRACKED_FP], rule);
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
	uint64_t loc = get_pointer(&run->in, run->cie->encoding, NULL);

	if (run->in.bad || loc < run->loc)
		return -EINVAL;
	return advance(run, loc - run->loc);
}

static enum tracked track(uint64_t reg)
{
	switch (reg) {
	case REG_RBP:
		return TRACKED_FP;
	case REG_RSP:
		return TRACKED_SP;
	case REG_RA:
		return TRACKED_RA;
	default:
		return NR_TRACKED;
	}
}

static int set_rule(struct run *run, uint64_t reg, enum how how, int64_t value)
{
	enum tracked tracked = track(reg);

	if (tracked != NR_TRACKED) {
		run->state.rules[tracked].how = how;
		run->state.rules[tracked].value = value;
	}
	return 0;
}

static int set_register(struct run *run, uint64_t reg)
{
	uint64_t from = get_uleb(&run->in);

	if (from > INT64_MAX)
		return -EINVAL;
	return set_rule(run, reg, HOW_REGISTER, (int64_t)from);
}

/* @how is HOW_OFFSET or HOW_VAL_OFFSET. */
static int set_offset(struct run *run, uint64_t reg, enum how how,
		      int64_t factor)
{
	int64_t value;

	if (__builtin_mul_overflow(factor, run->cie->data_align, &value))
		return -EINVAL;
	return set_rule(run, reg, how, value);
}

static int set_uleb_offset(struct run *run, uint64_t reg, enum how how)
{
	uint64_t factor = get_uleb(&run->in);

	if (factor > INT64_MAX)
		return -EINVAL;
	return set_offset(run, reg, how, (int64_t)factor);
}

static int set_negative_offset(struct run *run, uint64_t reg)
{
	uint64_t factor = get_uleb(&run->in);

	if (factor > INT64_MAX)
		return -EINVAL;
	return set_offset(run, reg, HOW_OFFSET, -(int64_t)factor);
}

static int set_expression(struct run *run, uint64_t reg)
{
	skip(&run->in, get_uleb(&run->in));
	return set_rule(run, reg, HOW_OTHER, 0);
}

static int restore(struct run *run, uint64_t reg)
{
	enum tracked tracked = track(reg);

	/* A CIE has nothing to go back to. */
	if (!run->initial)
		return -EINVAL;
	if (tracked != NR_TRACKED)
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
	if (offset > INT64_MAX || run->state.cfa != CFA_REGISTER)
		return -EINVAL;
	run->state.cfa_offset = (int64_t)offset;
	return 0;
}

static int set_cfa_offset_sf(struct run *run, int64_t factor)
{
	if (run->state.cfa != CFA_REGISTER ||
	    __builtin_mul_overflow(factor, run->cie->data_align,
				   &run->state.cfa_offset))
		return -EINVAL;
	return 0;
}

static int set_cfa_register(struct run *run, uint64_t reg)
{
	if (run->state.cfa != CFA_REGISTER)
		return -EINVAL;
	run->state.cfa_reg = reg;
	return 0;
}

/* Make the CFA a register's value; the offset is still to be set. */
static void set_cfa(struct run *run, uint64_t reg)
{
	run->state.cfa = CFA_REGISTER;
	run->state.cfa_reg = reg;
}

static int set_cfa_expression(struct run *run)
{
	skip(&run->in, get_uleb(&run->in));
	run->state.cfa = CFA_OTHER;
	return 0;
}

/* Instructions whose first operand is a register. */
static int run_register_op(struct run *run, uint8_t op)
{
	uint64_t reg = get_uleb(&run->in);

	switch (op) {
	case DW_CFA_offset_extended:
		return set_uleb_offset(run, reg, HOW_OFFSET);
	case DW_CFA_offset_extended_sf:
		return set_offset(run, reg, HOW_OFFSET, get_sleb(&run->in));
	case DW_CFA_val_offset:
		return set_uleb_offset(run, reg, HOW_VAL_OFFSET);
	case DW_CFA_val_offset_sf:
		return set_offset(run, reg, HOW_VAL_OFFSET, get_sleb(&run->in));
	case DW_CFA_GNU_negative_offset_extended:
		return set_negative_offset(run, reg);
	case DW_CFA_restore_extended:
		return restore(run, reg);
	case DW_CFA_undefined:
		return set_rule(run, reg, HOW_UNDEFINED, 0);
	case DW_CFA_same_value:
		return set_rule(run, reg, HOW_SAME, 0);
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
	struct cursor *in = &run->in;

	switch (op) {
	case DW_CFA_def_cfa:
		set_cfa(run, get_uleb(in));
		return set_cfa_offset(run, get_uleb(in));
	case DW_CFA_def_cfa_sf:
		set_cfa(run, get_uleb(in));
		return set_cfa_offset_sf(run, get_sleb(in));
	case DW_CFA_def_cfa_register:
		return set_cfa_register(run, get_uleb(in));
	case DW_CFA_def_cfa_offset:
		return set_cfa_offset(run, get_uleb(in));
	case DW_CFA_def_cfa_offset_sf:
		return set_cfa_offset_sf(run, get_sleb(in));
	case DW_CFA_def_cfa_expression:
		return set_cfa_expression(run);
	default:
		return run_register_op(run, op);
	}
}

/* Instructions with no operand in their first byte. */
static int run_extended_op(struct run *run, uint8_t op)
{
	struct cursor *in = &run->in;

	switch (op) {
	case DW_CFA_nop:
		return 0;
	case DW_CFA_set_loc:
		return set_loc(run);
	case DW_CFA_advance_loc1:
		return advance_factored(run, get_u8(in));
	case DW_CFA_advance_loc2:
		return advance_factored(run, get_u16(in));
	case DW_CFA_advance_loc4:
		return advance_factored(run, get_u32(in));
	case DW_CFA_remember_state:
		return remember_state(run);
	case DW_CFA_restore_state:
		return restore_state(run);
	case DW_CFA_GNU_args_size:
		/* For exception handlers, not for who unwinds. */
		get_uleb(in);
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
		return set_uleb_offset(run, operand, HOW_OFFSET);
	case DW_CFA_restore:
		return restore(run, operand);
	default:
		return run_extended_op(run, op);
	}
}

static int run_all(struct run *run)
{
	while (run->in.next < run->in.end) {
		int err = run_op(run, get_u8(&run->in));

		if (err)
			return err;
		if (run->in.bad)
			return -EINVAL;
	}
	return 0;
}

static struct cursor make_cursor(const struct af_cfi *cfi, const uint8_t *next,
				 uint64_t len)
{
	struct cursor in = {
		.next = next,
		.end = next + len,
		.base = cfi->data,
		.vaddr = cfi->vaddr,
	};

	return in;
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
	run.in = make_cursor(cfi, fde->insns, fde->insns_len);
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

/* Skip the pointer to a personality routine.  Returns whether that worked. */
static bool skip_personality(struct cursor *in)
{
	uint8_t encoding = get_u8(in);

	if ((encoding & DW_EH_PE_kind) == DW_EH_PE_aligned)
		return false;
	get_number(in, encoding);
	return !in->bad;
}

/*
 * Read a CIE's augmentation data, as its augmentation string says.  What
 * follows an unknown letter cannot be read.
 * Returns whether all is understood.
 */
static bool parse_augmentation(struct af_cie *cie, const char *letters,
			       struct cursor *in)
{
	for (; *letters; letters++) {
		switch (*letters) {
		case 'R':
			cie->encoding = get_u8(in);
			cie->has_encoding = !in->bad;
			break;
		case 'P':
			if (!skip_personality(in))
				return false;
			break;
		case 'L':
			get_u8(in);
			break;
		case 'S':
			cie->signal = true;
			break;
		default:
			return false;
		}
		if (in->bad)
			return false;
	}
	return true;
}

/* The augmentation string, with its end inside @in; NULL otherwise. */
static const char *get_letters(struct cursor *in)
{
	const char *letters = (const char *)in->next;
	const uint8_t *end = memchr(in->next, 0, left(in));

	if (!end) {
		in->bad = true;
		return NULL;
	}
	in->next = end + 1;
	return letters;
}

/* Returns whether the augmentation is understood. */
static bool read_augmentation(struct af_cie *cie, const char *letters,
			      struct cursor *in)
{
	struct cursor data;
	uint64_t len;

	if (*letters == 0) {
		cie->encoding = DW_EH_PE_absptr;
		cie->has_encoding = true;
		return true;
	}
	if (*letters != 'z')
		return false;
	cie->has_size = true;
	/* Without an 'R', pointers are plain. */
	cie->encoding = DW_EH_PE_absptr;
	len = get_uleb(in);
	data = *in;
	skip(in, len);
	if (in->bad)
		return false;
	data.end = in->next;
	if (!parse_augmentation(cie, letters + 1, &data))
		return false;
	cie->has_encoding = true;
	return true;
}

static bool run_initial(struct af_cie *cie, const struct cursor *in)
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

/*
 * Read the CIE whose version comes next.  One that is not understood stays in
 * the list all the same, for its FDEs' sake.
 */
static void parse_cie(struct af_cie *cie, struct cursor *in)
{
	uint8_t version = get_u8(in);
	const char *letters = get_letters(in);
	uint64_t ra;

	if (!letters || (version != 1 && version != 3 && version != 4))
		return;
	/* Version 4 says how long addresses and segment selectors are. */
	if (version == 4 && (get_u8(in) != 8 || get_u8(in) != 0))
		return;
	cie->code_align = get_uleb(in);
	cie->data_align = get_sleb(in);
	ra = version == 1 ? get_u8(in) : get_uleb(in);
	if (in->bad || !read_augmentation(cie, letters, in))
		return;
	cie->usable = ra == REG_RA && run_initial(cie, in);
}

/* Make room for one more element.  Returns the array or NULL. */
static void *grow(void *array, size_t nr, size_t *max, size_t size)
{
	size_t more = *max ? *max * 2 : 64;
	void *larger;

	if (nr < *max)
		return array;
	larger = realloc(array, more * size);
	if (larger)
		*max = more;
	return larger;
}

static int add_cie(struct af_cfi *cfi, uint64_t offset, struct cursor *in)
{
	struct af_cie *cies;

	if (cfi->nr_cies == MAX_CIES)
		return -E2BIG;
	cies = grow(cfi->cies, cfi->nr_cies, &cfi->max_cies, sizeof(*cies));
	if (!cies)
		return -ENOMEM;
	cfi->cies = cies;
	memset(&cies[cfi->nr_cies], 0, sizeof(*cies));
	cies[cfi->nr_cies].offset = offset;
	parse_cie(&cies[cfi->nr_cies++], in);
	return 0;
}

/* CIEs come before their FDEs, and are in ascending order in the list. */
static const struct af_cie *find_cie(const struct af_cfi *cfi, uint64_t offset)
{
	size_t low = 0;
	size_t high = cfi->nr_cies;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cfi->cies[middle].offset == offset)
			return &cfi->cies[middle];
		if (cfi->cies[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Read an FDE's range.  Returns false if it cannot be told. */
static bool read_range(const struct af_cie *cie, struct cursor *in,
		       struct af_fde *fde)
{
	uint64_t len;

	fde->start = get_pointer(in, cie->encoding, NULL);
	len = get_number(in, cie->encoding);
	return !in->bad && !__builtin_add_overflow(fde->start, len, &fde->end);
}

/* Read the FDE whose CIE pointer, @back, has just been read. */
static bool parse_fde(const struct af_cfi *cfi, struct cursor *in,
		      uint32_t back, struct af_fde *fde)
{
	uint64_t here = (uint64_t)(in->next - cfi->data) - sizeof(back);
	const struct af_cie *cie;

	cie = back <= here ? find_cie(cfi, here - back) : NULL;
	if (!cie || !cie->has_encoding || !read_range(cie, in, fde))
		return false;
	if (cie->has_size)
		skip(in, get_uleb(in));
	fde->cie = (uint32_t)(cie - cfi->cies);
	fde->insns = in->bad ? NULL : in->next;
	fde->insns_len = (uint32_t)left(in);
	return true;
}

static int add_fde(struct af_cfi *cfi, const struct af_fde *fde)
{
	struct af_fde *fdes;

	if (cfi->nr_fdes == MAX_FDES)
		return -E2BIG;
	fdes = grow(cfi->fdes, cfi->nr_fdes, &cfi->max_fdes, sizeof(*fdes));
	if (!fdes)
		return -ENOMEM;
	cfi->fdes = fdes;
	fdes[cfi->nr_fdes++] = *fde;
	return 0;
}

/* Read the record at @in, without its length, which began at @offset. */
static int read_record(struct af_cfi *cfi, uint64_t offset, struct cursor *in,
		       uint64_t start, uint64_t end, uint64_t *nr_fdes)
{
	uint32_t id = get_u32(in);
	struct af_fde fde;

	if (!in->bad && id == 0)
		return add_cie(cfi, offset, in);
	(*nr_fdes)++;
	if (in->bad || !parse_fde(cfi, in, id, &fde)) {
		cfi->incomplete = true;
		return 0;
	}
	/* An empty one is what linkers leave of a function thrown away. */
	if (fde.start == fde.end || fde.start >= end || fde.end <= start)
		return 0;
	return add_fde(cfi, &fde);
}

/*
 * Go through .eh_frame, which ends with a zero length.  Linkers leave that out
 * when no startup file brings it (the vDSO, ld.so); then the section ends with
 * its segment, or is followed by other data.  These look like a record that
 * does not fit; the number of FDEs in .eh_frame_hdr tells that all was read.
 */
static int read_records(struct af_cfi *cfi, uint64_t start, uint64_t end,
			uint64_t expected)
{
	struct cursor in = make_cursor(cfi, cfi->data, cfi->size);
	uint64_t nr_fdes = 0;

	while (left(&in) >= sizeof(uint32_t)) {
		uint64_t offset = (uint64_t)(in.next - cfi->data);
		uint64_t len = get_u32(&in);
		bool is_long = len == UINT32_MAX;
		struct cursor record;
		int err;

		if (len == 0)
			return 0;
		if (is_long)
			len = get_u64(&in);
		record = in;
		skip(&in, len);
		if (in.bad)
			return nr_fdes >= expected ? 0 : -ENOEXEC;
		if (is_long) {
			/* Tools do not agree on what these contain. */
			cfi->incomplete = true;
			continue;
		}
		record.end = in.next;
		err = read_record(cfi, offset, &record, start, end, &nr_fdes);
		if (err)
			return err;
	}
	return 0;
}

/* Read .eh_frame_hdr: where .eh_frame is and, if told, its number of FDEs. */
static int read_header(struct af_cfi *cfi, const struct af_elf *elf,
		       uint64_t *expected)
{
	const uint8_t *data = af_elf_bytes(elf, elf->eh_frame_hdr,
					   elf->eh_frame_hdr_size, NULL);
	struct cursor in = {
		.next = data,
		.base = data,
		.vaddr = elf->eh_frame_hdr,
	};
	uint8_t version, pointer, count;

	if (!data)
		return -ENOEXEC;
	in.end = data + elf->eh_frame_hdr_size;
	version = get_u8(&in);
	pointer = get_u8(&in);
	count = get_u8(&in);
	/* The encoding of the search table, which is not used. */
	get_u8(&in);
	if (version != 1)
		return -ENOEXEC;
	cfi->vaddr = get_pointer(&in, pointer, &elf->eh_frame_hdr);
	*expected = UINT64_MAX;
	if (count != DW_EH_PE_omit)
		*expected = get_pointer(&in, count, &elf->eh_frame_hdr);
	if (in.bad)
		return -ENOEXEC;
	cfi->data = af_elf_bytes(elf, cfi->vaddr, 0, &cfi->size);
	return cfi->data ? 0 : -ENOEXEC;
}

/* All of it has to be readable, as nothing tells how much there is. */
static int find_section(struct af_cfi *cfi, const struct af_elf *elf,
			uint64_t *expected)
{
	cfi->vaddr = elf->eh_frame.start;
	cfi->size = elf->eh_frame.end - elf->eh_frame.start;
	cfi->data = af_elf_bytes(elf, cfi->vaddr, cfi->size, NULL);
	*expected = UINT64_MAX;
	return cfi->data ? 0 : -ENOEXEC;
}

int af_cfi_read(struct af_cfi *cfi, const struct af_elf *elf, uint64_t start,
		uint64_t end)
{
	uint64_t expected;
	int err;

	memset(cfi, 0, sizeof(*cfi));
	if (elf->eh_frame_hdr)
		err = read_header(cfi, elf, &expected);
	else if (elf->eh_frame.end > elf->eh_frame.start)
		err = find_section(cfi, elf, &expected);
	else
		return 0;
	if (!err)
		err = read_records(cfi, start, end, expected);
	if (err)
		af_cfi_release(cfi);
	return err;
}

void af_cfi_release(struct af_cfi *cfi)
{
	free(cfi->cies);
	free(cfi->fdes);
	cfi->cies = NULL;
	cfi->fdes = NULL;
}
