// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "attribute.h"

/* What is read of a stack at once; most walks need less. */
#define WINDOW 2048

/*
 * A walk over one thread's stack.
 * @start, @len: the part of memory that is in @window
 */
struct walker {
	struct af_binaries *binaries;
	const struct af_thread *thread;
	uint64_t start;
	size_t len;
	uint8_t window[WINDOW];
};

static const struct af_walk_text *find_text(void *context, uint64_t addr,
					    uint64_t *offset)
{
	struct walker *walker = context;

	return af_maps_find(walker->thread->maps, walker->binaries,
			    walker->thread->tid, addr, offset);
}

static bool is_in_window(const struct walker *walker, uint64_t addr)
{
	return addr >= walker->start && walker->len >= sizeof(addr) &&
	       addr - walker->start <= walker->len - sizeof(addr);
}

/* As far as it can be read: what is behind may be the end of the stack. */
static void move_window(struct walker *walker, uint64_t addr)
{
	walker->start = addr;
	walker->len = af_trace_read(walker->thread->tid, addr, walker->window,
				    sizeof(walker->window));
}

static bool read_word(void *context, uint64_t addr, uint64_t *word)
{
	struct walker *walker = context;

	/* At first from the stack pointer on, for the frames from there up. */
	if (!is_in_window(walker, addr) && !walker->len)
		move_window(walker, walker->start);
	if (!is_in_window(walker, addr))
		move_window(walker, addr);
	if (!is_in_window(walker, addr))
		return false;
	memcpy(word, walker->window + (addr - walker->start), sizeof(*word));
	return true;
}

struct af_binary *af_attribute(struct af_binaries *binaries,
			       const struct af_thread *thread,
			       const struct __ptrace_syscall_info *info,
			       uint64_t *where)
{
	struct walker walker;
	const struct af_walk walk = {
		.find = find_text,
		.read = read_word,
		.context = &walker,
	};
	const struct af_walk_regs regs = {
		.ip = info->instruction_pointer,
		.sp = info->stack_pointer,
		.fp = af_trace_fp(thread),
		.arg0 = info->entry.args[0],
	};
	const struct af_walk_text *text;

	/* Not all of the window. */
	walker.binaries = binaries;
	walker.thread = thread;
	walker.start = info->stack_pointer;
	walker.len = 0;
	text = af_walk_caller(&walk, &regs, where);
	return text ? text->owner : NULL;
}
