/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The call chain that leads to a system call, with names. */
#ifndef AF_CHAIN_H
#define AF_CHAIN_H

#include "attribute.h"

/* As many as the kernel looks at. */
#define AF_MAX_CHAIN (LIBAF_SECCOMP_MAX_FRAMES + 1)

/*
 * A function that has not returned.
 * @file: its code's, or what else is there
 * @addr: behind the call that it makes: a virtual address as the file has it,
 *	or, if it @is_memory, where that is
 * @function: what the symbol table of the file calls it, NULL if nothing
 * @offset: behind the beginning of the function
 */
struct af_link {
	char *file;
	uint64_t addr;
	bool is_memory;
	char *function;
	uint64_t offset;
};

/*
 * @links: from the one that makes the system call on
 * @nr: at least one after af_chain_get()
 * @caller: the one that the call is attributed to; or the last, if that is not
 *	known
 * @binary: its file, NULL if it is not known
 */
struct af_chain {
	struct af_link links[AF_MAX_CHAIN];
	size_t nr;
	size_t caller;
	const struct af_binary *binary;
};

/* What has been read of files for it; zeroed at first. */
struct af_codes {
	struct af_code *list;
};

/*
 * Follow the stack of @tid, which makes a call as @info says.  The walk goes on
 * behind the caller as far as unwind tables lead.
 */
void af_chain_get(struct af_chain *chain, struct af_codes *codes,
		  struct af_binaries *binaries, struct af_maps *maps, pid_t tid,
		  const struct __ptrace_syscall_info *info);
void af_chain_release(struct af_chain *chain);
void af_codes_release(struct af_codes *codes);

#endif /* AF_CHAIN_H */
