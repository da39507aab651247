/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What cfi.c reads and cfa.c interprets. */
#ifndef AF_CFA_H
#define AF_CFA_H

#include "cfi.h"
#include "cursor.h"

/* The column of the return address, by the x86-64 psABI. */
#define AF_REG_RA 16U

/* How a register of the caller is found. */
enum af_how {
	AF_HOW_UNSET,
	AF_HOW_UNDEFINED,
	AF_HOW_SAME,
	AF_HOW_OFFSET,
	AF_HOW_VAL_OFFSET,
	AF_HOW_REGISTER,
	AF_HOW_OTHER,
};

struct af_reg_rule {
	enum af_how how;
	int64_t value;
};

enum af_cfa_how {
	AF_CFA_UNSET,
	AF_CFA_REGISTER,
	AF_CFA_OTHER,
};

/* The registers that matter; AF_NR_TRACKED stands for all others. */
enum af_tracked {
	AF_TRACKED_FP,
	AF_TRACKED_SP,
	AF_TRACKED_RA,
	AF_NR_TRACKED,
};

/* A row as far as it matters. */
struct af_cfa_state {
	enum af_cfa_how cfa;
	uint64_t cfa_reg;
	int64_t cfa_offset;
	struct af_reg_rule rules[AF_NR_TRACKED];
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
	struct af_cfa_state initial;
};

/* From @next on @len bytes of .eh_frame. */
struct af_cursor af_cfi_cursor(const struct af_cfi *cfi, const uint8_t *next,
			       uint64_t len);

/*
 * Interpret the initial instructions of a CIE of which all else has been read.
 * Returns whether they are understood.
 */
bool af_cfa_initial(struct af_cie *cie, const struct af_cursor *in);

#endif /* AF_CFA_H */
