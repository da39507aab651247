// SPDX-License-Identifier: LGPL-2.1-or-later
#include <linux/seccomp.h>

#include "libaf/abi.h"
#include "trap.h"

/*
 * With BOTH, the call before takes the lower bits, and the caller those above.
 * A call before is encoded as its number plus 3, which makes the special ones
 * 1 and 2; what is too large for its bits is 0, not told.  With CALLER, the
 * caller is encoded as its id plus 1.  Thus 0 tells nothing, as a trap by
 * another filter would.
 */
#define PREV_BITS  9
#define PREV_FIRST 3
#define PREV_END   (1U << PREV_BITS)
#define MAX_IDS    (1U << (16 - PREV_BITS))

#define OFFSET(member) offsetof(struct libaf_seccomp_data, member)

enum af_trap af_trap_for(size_t nr_callers)
{
	return nr_callers <= MAX_IDS ? AF_TRAP_BOTH : AF_TRAP_CALLER;
}

/*
 * Whatever the fields are, only data comes of them: a verdict that can be
 * calculated must not become another.
 */
static const struct sock_filter tell_both[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(prev_nr)),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, PREV_FIRST),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, PREV_END, 0, 1),
	BPF_STMT(BPF_LD | BPF_IMM, 0),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(caller_id)),
	BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, PREV_BITS),
	BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SECCOMP_RET_DATA),
};

static const struct sock_filter tell_caller[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, OFFSET(caller_id)),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SECCOMP_RET_DATA),
};

/* What returns the data with an action. */
#define RETURN_INSNS 2

_Static_assert(sizeof(tell_both) ==
		       (AF_TRAP_INSNS - RETURN_INSNS) * sizeof(*tell_both),
	       "AF_TRAP_INSNS");

static struct af_target put_all(struct af_bpf *bpf,
				const struct sock_filter *code, size_t len,
				uint32_t action)
{
	const struct sock_filter with_action =
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, action);
	const struct sock_filter ret = BPF_STMT(BPF_RET | BPF_A, 0);
	struct af_target target;

	af_bpf_put(bpf, ret);
	target = af_bpf_put(bpf, with_action);
	while (len--)
		target = af_bpf_put(bpf, code[len]);
	return target;
}

struct af_target af_trap_write(struct af_bpf *bpf, enum af_trap trap,
			       uint32_t action)
{
	switch (trap) {
	case AF_TRAP_BOTH:
		return put_all(bpf, tell_both,
			       sizeof(tell_both) / sizeof(*tell_both), action);
	case AF_TRAP_CALLER:
		return put_all(bpf, tell_caller,
			       sizeof(tell_caller) / sizeof(*tell_caller),
			       action);
	default:
		return af_bpf_ret(bpf, action);
	}
}

static int prev_of(unsigned int code)
{
	/* -2 and -1 are SIGNAL and NONE. */
	return code ? (int)code - PREV_FIRST : LIBAF_PREV_NOT_TOLD;
}

void af_trap_read(enum af_trap trap, unsigned int data, struct libaf_call *call)
{
	data &= SECCOMP_RET_DATA;
	call->prev_nr = LIBAF_PREV_NOT_TOLD;
	call->caller_id = LIBAF_CALLER_NOT_TOLD;
	if (!data)
		return;
	if (trap == AF_TRAP_BOTH) {
		call->prev_nr = prev_of(data % PREV_END);
		call->caller_id = data / PREV_END;
	} else if (trap == AF_TRAP_CALLER) {
		call->caller_id = data - 1;
	}
}
