/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A buffer for a BPF program that is written from its end to its beginning,
 * so that the distance of every jump is known when the jump is written.
 */
#ifndef AF_BPF_H
#define AF_BPF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @insns: the instructions, the last one of the program first */
struct af_bpf {
	struct sock_filter insns[BPF_MAXINSNS];
	size_t len;
	bool full;
};

/*
 * Something to jump to.  Positions count from the program's end.
 * @pos: where it is
 * @near: the nearest place that does the same: itself, a jump to it, or,
 *	for a return, a copy
 * @is_ret, @value: it is a return of this value
 */
struct af_target {
	size_t pos;
	size_t near;
	bool is_ret;
	uint32_t value;
};

void af_bpf_init(struct af_bpf *bpf);

/* Each of these writes code in front of what is there already. */
struct af_target af_bpf_ret(struct af_bpf *bpf, uint32_t value);
struct af_target af_bpf_load(struct af_bpf *bpf, uint32_t offset);
struct af_target af_bpf_and(struct af_bpf *bpf, uint32_t mask);

/* See to it that @target comes next. */
void af_bpf_next(struct af_bpf *bpf, const struct af_target *target);

/* Any instruction. */
struct af_target af_bpf_put(struct af_bpf *bpf, struct sock_filter insn);

/*
 * Go to @yes if the accumulator compares with @k by @op (BPF_JEQ, ...), else
 * to @no.  The two are different.
 */
struct af_target af_bpf_jump(struct af_bpf *bpf, uint16_t op, uint32_t k,
			     struct af_target *yes, struct af_target *no);

/*
 * The program, allocated.  Returns 0, -ENOMEM, or -E2BIG if it did not fit
 * into the buffer.
 */
int af_bpf_finish(const struct af_bpf *bpf, struct sock_filter **prog,
		  size_t *len);

#endif /* AF_BPF_H */
