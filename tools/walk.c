// SPDX-License-Identifier: LGPL-2.1-or-later
/* The same steps as seccomp_caller_id() of a patched kernel. */
#include "../lib/unwind.h"
#include "walk.h"

static bool find_ip(const struct af_walk *walk, struct af_walk_frame *frame,
		    const struct libaf_seccomp_unwind_rule *rule, uint64_t cfa)
{
	if (rule->ra == LIBAF_SECCOMP_RA_ARG0) {
		/* Whatever the frames in between did with the register. */
		frame->regs.ip = frame->regs.arg0;
		return frame->innermost;
	}
	return cfa != frame->regs.sp &&
	       walk->read(walk->context, cfa - sizeof(cfa), &frame->regs.ip);
}

static bool find_fp(const struct af_walk *walk, struct af_walk_frame *frame,
		    const struct libaf_seccomp_unwind_rule *rule, uint64_t cfa)
{
	if (rule->fp == LIBAF_SECCOMP_FP_LOST)
		frame->fp_known = false;
	else if (rule->fp != LIBAF_SECCOMP_FP_SAME)
		return walk->read(walk->context,
				  cfa + (uint64_t)(int64_t)rule->fp,
				  &frame->regs.fp);
	return true;
}

/* Sums may wrap, as in the kernel. */
bool af_walk_up(const struct af_walk *walk, struct af_walk_frame *frame,
		const struct libaf_seccomp_unwind_rule *rule)
{
	uint64_t cfa = (uint64_t)(int64_t)rule->offset;

	if (rule->cfa == LIBAF_SECCOMP_CFA_SP)
		cfa += frame->regs.sp;
	else if (rule->cfa == LIBAF_SECCOMP_CFA_FP && frame->fp_known)
		cfa += frame->regs.fp;
	else
		return false;
	if (cfa % sizeof(cfa) || cfa < frame->regs.sp)
		return false;
	if (!find_ip(walk, frame, rule, cfa) ||
	    !find_fp(walk, frame, rule, cfa))
		return false;
	frame->regs.sp = cfa;
	frame->innermost = false;
	return true;
}

const struct af_walk_text *af_walk_caller(const struct af_walk *walk,
					  const struct af_walk_regs *regs,
					  uint64_t *where)
{
	struct af_walk_frame frame = {
		.regs = *regs,
		.innermost = true,
		.fp_known = true,
	};

	for (unsigned int i = 0; i <= LIBAF_SECCOMP_MAX_FRAMES; i++) {
		const struct libaf_seccomp_unwind_rule *rule;
		const struct af_walk_text *text;
		uint64_t offset;

		/* A call can be the last instruction of its function. */
		*where = frame.regs.ip - 1;
		text = walk->find(walk->context, *where, &offset);
		if (!text || !text->table)
			return text;
		rule = af_unwind_find(text->table, text->table_size, text->len,
				      offset);
		if (!rule)
			return NULL;
		if (rule->cfa == LIBAF_SECCOMP_CFA_END)
			return text;
		if (!af_walk_up(walk, &frame, rule))
			return NULL;
	}
	return NULL;
}
