// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "attribute.h"
#include "tracee.h"

static const struct af_walk_text *find_text(void *context, uint64_t addr,
					    uint64_t *offset)
{
	struct af_stack *stack = context;

	return af_maps_find(stack->maps, stack->binaries, stack->tid, addr,
			    offset);
}

static bool is_in_window(const struct af_stack *stack, uint64_t addr)
{
	return addr >= stack->start && stack->len >= sizeof(addr) &&
	       addr - stack->start <= stack->len - sizeof(addr);
}

/* As far as it can be read: what is behind may be the end of the stack. */
static void move_window(struct af_stack *stack, uint64_t addr)
{
	stack->start = addr;
	stack->len = af_tracee_read(stack->tid, addr, stack->window,
				    sizeof(stack->window));
}

static bool read_word(void *context, uint64_t addr, uint64_t *word)
{
	struct af_stack *stack = context;

	/* At first from the stack pointer on, for the frames from there up. */
	if (!is_in_window(stack, addr) && !stack->len)
		move_window(stack, stack->start);
	if (!is_in_window(stack, addr))
		move_window(stack, addr);
	if (!is_in_window(stack, addr))
		return false;
	memcpy(word, stack->window + (addr - stack->start), sizeof(*word));
	return true;
}

void af_stack_begin(struct af_stack *stack, struct af_binaries *binaries,
		    struct af_maps *maps, pid_t tid,
		    const struct __ptrace_syscall_info *info,
		    struct af_walk *walk, struct af_walk_regs *regs)
{
	/* Not all of the window. */
	stack->binaries = binaries;
	stack->maps = maps;
	stack->tid = tid;
	stack->start = info->stack_pointer;
	stack->len = 0;
	*walk = (struct af_walk){
		.find = find_text,
		.read = read_word,
		.context = stack,
	};
	*regs = (struct af_walk_regs){
		.ip = info->instruction_pointer,
		.sp = info->stack_pointer,
		.fp = af_tracee_fp(tid),
		/* At the entry of a call and at a filter's stop alike. */
		.arg0 = info->entry.args[0],
	};
}

struct af_binary *af_attribute(struct af_binaries *binaries,
			       const struct af_thread *thread,
			       const struct __ptrace_syscall_info *info,
			       uint64_t *where)
{
	const struct af_walk_text *text;
	struct af_walk_regs regs;
	struct af_stack stack;
	struct af_walk walk;

	af_stack_begin(&stack, binaries, thread->maps, thread->tid, info, &walk,
		       &regs);
	text = af_walk_caller(&walk, &regs, where);
	return text ? text->owner : NULL;
}
