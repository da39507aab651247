// SPDX-License-Identifier: LGPL-2.1-or-later
/* Two interpreters, and two opinions of which programs are valid, agree. */
#include <linux/filter.h>
#include <string.h>

#include "../fuzz/bpf_model.h"
#include "sim.h"
#include "target.h"

bool fuzz_filter(const uint8_t *data, size_t size)
{
	static struct sock_filter prog[BPF_MAXINSNS + 1];
	struct libaf_seccomp_data call;
	size_t len, steps;
	uint32_t value;

	if (size < sizeof(call))
		return false;
	memcpy(&call, data, sizeof(call));
	data += sizeof(call);
	len = (size - sizeof(call)) / sizeof(*prog);
	if (len > BPF_MAXINSNS + 1)
		len = BPF_MAXINSNS + 1;
	memcpy(prog, data, len * sizeof(*prog));

	require(!af_sim_check(prog, len) ==
		bpf_model_valid(prog, len, sizeof(call)));
	if (af_sim_check(prog, len))
		return false;
	value = af_sim_run(prog, len, &call, &steps);
	require(steps > 0 && steps <= len);
	require(value == bpf_model_run(prog, len, (const void *)&call));
	return true;
}
