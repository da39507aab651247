// SPDX-License-Identifier: LGPL-2.1-or-later
/* A buffer for BPF instructions, written backwards. */
#include <errno.h>
#include <stdlib.h>

#include "bpf.h"

/* How far a conditional jump reaches. */
#define MAX_REACH UINT8_MAX

void af_bpf_init(struct af_bpf *bpf)
{
	bpf->len = 0;
	bpf->full = false;
}

/* Once the buffer is full, nothing that is written matters any more. */
struct af_target af_bpf_put(struct af_bpf *bpf, struct sock_filter insn)
{
	size_t pos = bpf->len;

	if (pos == BPF_MAXINSNS) {
		bpf->full = true;
		pos--;
	} else {
		bpf->insns[bpf->len++] = insn;
	}
	return (struct af_target){ .pos = pos, .near = pos };
}

static struct af_target put_plain(struct af_bpf *bpf, uint16_t code, uint32_t k)
{
	return af_bpf_put(bpf, (struct sock_filter)BPF_STMT(code, k));
}

struct af_target af_bpf_ret(struct af_bpf *bpf, uint32_t value)
{
	struct af_target target = put_plain(bpf, BPF_RET | BPF_K, value);

	target.is_ret = true;
	target.value = value;
	return target;
}

struct af_target af_bpf_load(struct af_bpf *bpf, uint32_t offset)
{
	return put_plain(bpf, BPF_LD | BPF_W | BPF_ABS, offset);
}

struct af_target af_bpf_and(struct af_bpf *bpf, uint32_t mask)
{
	return put_plain(bpf, BPF_ALU | BPF_AND | BPF_K, mask);
}

void af_bpf_next(struct af_bpf *bpf, const struct af_target *target)
{
	uint32_t distance = bpf->len - target->pos - 1;

	if (distance)
		put_plain(bpf, BPF_JMP | BPF_JA, distance);
}

/*
 * Bring @target within reach of a jump that is written next, or next but one.
 * A copy of a return is as long as a jump to it, and saves a step.
 */
static void bring_near(struct af_bpf *bpf, struct af_target *target)
{
	uint32_t distance = bpf->len - target->pos - 1;

	if (bpf->len - target->near <= MAX_REACH)
		return;
	if (target->is_ret)
		target->near = af_bpf_ret(bpf, target->value).pos;
	else
		target->near = put_plain(bpf, BPF_JMP | BPF_JA, distance).pos;
}

struct af_target af_bpf_jump(struct af_bpf *bpf, uint16_t op, uint32_t k,
			     struct af_target *yes, struct af_target *no)
{
	struct sock_filter insn = { .code = BPF_JMP | op | BPF_K, .k = k };

	bring_near(bpf, yes);
	bring_near(bpf, no);
	insn.jt = bpf->len - yes->near - 1;
	insn.jf = bpf->len - no->near - 1;
	return af_bpf_put(bpf, insn);
}

int af_bpf_finish(const struct af_bpf *bpf, struct sock_filter **prog,
		  size_t *len)
{
	struct sock_filter *copy;

	if (bpf->full)
		return -E2BIG;
	copy = malloc(bpf->len * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < bpf->len; i++)
		copy[i] = bpf->insns[bpf->len - 1 - i];
	*prog = copy;
	*len = bpf->len;
	return 0;
}
