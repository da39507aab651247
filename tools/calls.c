// SPDX-License-Identifier: LGPL-2.1-or-later
/* System calls of x86-64, by number and by name. */
#include <errno.h>
#include <seccomp.h>
#include <string.h>

#include "calls.h"

const char *af_call_name(unsigned int nr)
{
	static char *names[AF_NR_MAX];

	if (nr >= AF_NR_MAX)
		return NULL;
	/* libseccomp allocates each answer; one is kept for each call. */
	if (!names[nr])
		names[nr] =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
	return names[nr];
}

int af_call_number(const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name);

	if (nr == __NR_SCMP_ERROR)
		return -EINVAL;
	/* Calls of other architectures have negative numbers here. */
	return nr < 0 || nr >= AF_NR_MAX ? -ENOENT : nr;
}

void af_named_calls(struct af_nrset *set)
{
	memset(set, 0, sizeof(*set));
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (af_call_name(nr))
			af_nrset_add(set, nr);
	}
}

unsigned int af_nrset_count(const struct af_nrset *set)
{
	unsigned int count = 0;

	for (size_t i = 0; i < sizeof(set->bits) / sizeof(*set->bits); i++)
		count += __builtin_popcountll(set->bits[i]);
	return count;
}
