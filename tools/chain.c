// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Up to the caller the tables are those that the kernel has.  Behind it they
 * are made of what the files have for exceptions and debuggers, when somebody
 * asks.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/symbols.h"
#include "../lib/unwind.h"
#include "chain.h"
#include "memory.h"

/* An executable segment; the table's blob is NULL if there is none. */
struct segment {
	uint64_t offset;
	uint64_t vaddr;
	struct af_unwind unwind;
};

/* What a file says of its code; nothing if it cannot be read. */
struct af_code {
	const struct af_binary *binary;
	struct segment segments[AF_ELF_MAX_SEGMENTS];
	size_t nr_segments;
	struct af_symbols *symbols;
	struct af_code *next;
};

static void add_segments(struct af_code *code, const struct af_elf *elf)
{
	for (size_t i = 0; i < elf->nr_segments; i++) {
		const struct af_segment *from = &elf->segments[i];
		struct segment *to = &code->segments[code->nr_segments];

		if (!from->exec || !from->filesz)
			continue;
		*to = (struct segment){
			.offset = from->offset,
			.vaddr = from->vaddr,
		};
		/* On failure there is no table. */
		af_unwind_build(elf, from, &to->unwind);
		code->nr_segments++;
	}
}

/* As the process sees it, if it still is the file that was looked at before. */
static int open_binary(const struct af_binary *binary, pid_t pid)
{
	char *path = af_make_text("/proc/%d/root%s", (int)pid, binary->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	free(path);
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && st.st_dev == binary->file_dev &&
	    st.st_ino == binary->file_ino)
		return fd;
	close(fd);
	return -1;
}

static void read_code(struct af_code *code, pid_t pid)
{
	struct af_elf elf;
	int fd;

	/* The vDSO has none. */
	if (code->binary->path[0] != '/')
		return;
	fd = open_binary(code->binary, pid);
	if (fd < 0)
		return;
	if (!af_elf_read_fd(&elf, fd, AF_ELF_SEGMENTS)) {
		add_segments(code, &elf);
		af_elf_release(&elf);
	}
	if (af_symbols_read(&code->symbols, fd))
		code->symbols = NULL;
	close(fd);
}

static const struct af_code *
find_code(struct af_codes *codes, const struct af_binary *binary, pid_t pid)
{
	struct af_code *code;

	for (code = codes->list; code; code = code->next) {
		if (code->binary == binary)
			return code;
	}
	code = af_grow(NULL, 1, sizeof(*code));
	*code = (struct af_code){ .binary = binary, .next = codes->list };
	codes->list = code;
	read_code(code, pid);
	return code;
}

static const struct segment *find_segment(const struct af_code *code,
					  const struct af_walk_text *text)
{
	for (size_t i = 0; i < code->nr_segments; i++) {
		if (code->segments[i].offset == text->offset)
			return &code->segments[i];
	}
	return NULL;
}

/* How to go on from @offset of @text. */
static const struct libaf_seccomp_unwind_rule *
find_rule(const struct segment *segment, const struct af_walk_text *text,
	  uint64_t offset)
{
	if (text->table)
		return af_unwind_find(text->table, text->table_size, text->len,
				      offset);
	if (!segment || !segment->unwind.blob)
		return NULL;
	return af_unwind_find(segment->unwind.blob, segment->unwind.size,
			      text->len, offset);
}

/* @where is in the call, and what is shown is behind it. */
static void set_function(struct af_link *link, const struct af_code *code,
			 uint64_t where)
{
	const char *name;
	uint64_t start;

	if (!code->symbols)
		return;
	name = af_symbols_function_at(code->symbols, where, &start);
	if (!name)
		return;
	link->function = af_copy(name);
	link->offset = where + 1 - start;
}

/* The link of a frame whose text is known. */
static void set_link(struct af_link *link, const struct af_walk_text *text,
		     const struct af_code *code, const struct segment *segment,
		     uint64_t offset)
{
	uint64_t where = (segment ? segment->vaddr : text->offset) + offset;

	*link = (struct af_link){
		.file = af_copy(text->owner->path),
		.addr = where + 1,
	};
	set_function(link, code, where);
}

/*
 * @pid: of the process, as far as its memory and files go
 * @attributed: the caller has been found
 */
struct follower {
	struct af_chain *chain;
	struct af_codes *codes;
	const struct af_walk *walk;
	pid_t pid;
	bool attributed;
};

/* Add a link.  Returns the rule that leads on, or NULL at the end. */
static const struct libaf_seccomp_unwind_rule *
follow(struct follower *f, const struct af_walk_frame *frame)
{
	struct af_chain *chain = f->chain;
	struct af_link *link = &chain->links[chain->nr++];
	const struct libaf_seccomp_unwind_rule *rule;
	const struct af_walk_text *text;
	const struct segment *segment;
	const struct af_code *code;
	uint64_t offset;
	bool is_end;

	if (!f->attributed)
		chain->caller = chain->nr - 1;
	text = f->walk->find(f->walk->context, frame->regs.ip - 1, &offset);
	if (!text) {
		*link = (struct af_link){
			.file = af_maps_describe(f->pid, frame->regs.ip - 1),
			.addr = frame->regs.ip,
			.is_memory = true,
		};
		return NULL;
	}
	code = find_code(f->codes, text->owner, f->pid);
	segment = find_segment(code, text);
	set_link(link, text, code, segment, offset);
	rule = find_rule(segment, text, offset);
	is_end = rule && rule->cfa == LIBAF_SECCOMP_CFA_END;
	if (!f->attributed && (!text->table || is_end)) {
		f->attributed = true;
		chain->binary = text->owner;
	}
	return is_end ? NULL : rule;
}

void af_chain_get(struct af_chain *chain, struct af_codes *codes,
		  struct af_binaries *binaries, struct af_maps *maps, pid_t tid,
		  const struct __ptrace_syscall_info *info)
{
	const struct libaf_seccomp_unwind_rule *rule;
	struct af_walk_frame frame = { .innermost = true, .fp_known = true };
	struct af_stack stack;
	struct af_walk walk;
	struct follower f = {
		.chain = chain,
		.codes = codes,
		.walk = &walk,
		.pid = tid,
	};

	chain->nr = 0;
	chain->binary = NULL;
	af_stack_begin(&stack, binaries, maps, tid, info, &walk, &frame.regs);
	do {
		rule = follow(&f, &frame);
	} while (rule && chain->nr < AF_MAX_CHAIN &&
		 af_walk_up(&walk, &frame, rule));
}

void af_chain_release(struct af_chain *chain)
{
	for (size_t i = 0; i < chain->nr; i++) {
		free(chain->links[i].file);
		free(chain->links[i].function);
	}
	chain->nr = 0;
}

void af_codes_release(struct af_codes *codes)
{
	while (codes->list) {
		struct af_code *code = codes->list;

		codes->list = code->next;
		for (size_t i = 0; i < code->nr_segments; i++)
			af_unwind_release(&code->segments[i].unwind);
		af_symbols_free(code->symbols);
		free(code);
	}
}
