// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "maps.h"
#include "unwind_model.h"

#define BLOCK (1UL << SECCOMP_UNWIND_BLOCK_SHIFT)

/* Copies of the parts: a table need not be aligned. */
struct table {
	const char *rules;
	const char *blocks;
	const char *rows;
	__u64 nr_rules;
	__u64 nr_blocks;
	__u64 nr_rows;
};

static struct seccomp_unwind_rule rule_at(const struct table *table, __u64 i)
{
	struct seccomp_unwind_rule rule;

	memcpy(&rule, table->rules + i * sizeof(rule), sizeof(rule));
	return rule;
}

static struct seccomp_unwind_row row_at(const struct table *table, __u64 i)
{
	struct seccomp_unwind_row row;

	memcpy(&row, table->rows + i * sizeof(row), sizeof(row));
	return row;
}

/* Where the rows of block @i begin; for the one after the last, their end. */
static __u64 block_at(const struct table *table, __u64 i)
{
	__u32 first;

	if (i == table->nr_blocks)
		return table->nr_rows;
	memcpy(&first, table->blocks + i * sizeof(first), sizeof(first));
	return first;
}

/* Returns the size that the table must have. */
static __u64 open_table(struct table *table, const char *blob, __u64 len)
{
	struct seccomp_unwind head;

	memcpy(&head, blob, sizeof(head));
	table->nr_rules = head.nr_rules;
	table->nr_rows = head.nr_rows;
	table->nr_blocks = len / BLOCK + (len % BLOCK != 0);
	table->rules = blob + sizeof(head);
	table->blocks = table->rules +
			table->nr_rules * sizeof(struct seccomp_unwind_rule);
	table->rows = table->blocks + table->nr_blocks * sizeof(__u32);
	return table->rows - blob +
	       table->nr_rows * sizeof(struct seccomp_unwind_row);
}

static bool rule_valid(struct seccomp_unwind_rule rule)
{
	if (rule.cfa == SECCOMP_CFA_NONE || rule.cfa == SECCOMP_CFA_END)
		return !rule.ra && !rule.fp && !rule.offset;
	if (rule.cfa != SECCOMP_CFA_SP && rule.cfa != SECCOMP_CFA_FP)
		return false;
	if (rule.cfa == SECCOMP_CFA_SP && rule.offset < 0)
		return false;
	if (rule.offset % 8 || rule.offset >= SECCOMP_UNWIND_MAX_OFFSET ||
	    rule.offset <= -SECCOMP_UNWIND_MAX_OFFSET)
		return false;
	if (rule.ra != SECCOMP_RA_STACK && rule.ra != SECCOMP_RA_ARG0)
		return false;
	if (rule.fp < 0)
		return rule.fp % 8 == 0 && rule.fp <= -16;
	return rule.fp == SECCOMP_FP_SAME || rule.fp == SECCOMP_FP_LOST;
}

static bool block_valid(const struct table *table, __u64 block)
{
	__u64 first = block_at(table, block), end = block_at(table, block + 1);
	__u64 i;
	int last = -1;

	if (first >= end || end > table->nr_rows || row_at(table, first).pc)
		return false;
	for (i = first; i < end; i++) {
		struct seccomp_unwind_row row = row_at(table, i);

		if (row.pc <= last || row.rule >= table->nr_rules)
			return false;
		last = row.pc;
	}
	return true;
}

bool unwind_model_valid(const void *blob, size_t size, __u64 len)
{
	struct table table;
	__u64 i;

	/* An empty object has no table. */
	if (!len || size < sizeof(struct seccomp_unwind) ||
	    size > SECCOMP_MAX_UNWIND || len / BLOCK > SECCOMP_MAX_UNWIND)
		return false;
	if (open_table(&table, blob, len) != size)
		return false;
	if (table.nr_rules < 1 || table.nr_rules > 65536)
		return false;
	for (i = 0; i < table.nr_rules; i++) {
		if (!rule_valid(rule_at(&table, i)))
			return false;
	}
	if (block_at(&table, 0))
		return false;
	for (i = 0; i < table.nr_blocks; i++) {
		if (!block_valid(&table, i))
			return false;
	}
	return true;
}

static struct seccomp_unwind_rule find_rule(const struct seccomp_object *object,
					    __u64 offset)
{
	__u64 block = offset / BLOCK, i;
	struct seccomp_unwind_row row, found = { 0, 0 };
	struct table table;

	open_table(&table, (const void *)object->unwind, object->len);
	for (i = block_at(&table, block); i < block_at(&table, block + 1);
	     i++) {
		row = row_at(&table, i);
		if (row.pc <= offset % BLOCK)
			found = row;
	}
	return rule_at(&table, found.rule);
}

/* The object of the byte at @addr, and the byte's offset in it. */
static const struct seccomp_object *
find_object(const struct seccomp_object *objects, unsigned int nr, __u64 addr,
	    __u64 *offset)
{
	const struct mapping *m = maps_find(addr);
	unsigned int i;

	if (!m || !m->text || !m->key)
		return NULL;
	*offset = m->offset + (addr - m->start);
	for (i = 0; i < nr; i++) {
		if (maps_find(objects[i].addr)->key != m->key)
			continue;
		if (*offset >= objects[i].offset &&
		    *offset - objects[i].offset < objects[i].len) {
			*offset -= objects[i].offset;
			return &objects[i];
		}
	}
	return NULL;
}

struct frame {
	struct unwind_regs regs;
	bool innermost;
	bool fp_lost;
};

static bool read_word(__u64 addr, __u64 *word)
{
	if (!maps_readable(addr, sizeof(*word)))
		return false;
	memcpy(word, (const void *)addr, sizeof(*word));
	return true;
}

static bool find_ip(struct frame *frame, struct seccomp_unwind_rule rule,
		    __u64 cfa)
{
	if (rule.ra == SECCOMP_RA_STACK)
		return cfa > frame->regs.sp &&
		       read_word(cfa - 8, &frame->regs.ip);
	frame->regs.ip = frame->regs.arg0;
	return frame->innermost && cfa >= frame->regs.sp;
}

/* False: there is no way to follow it. */
static bool to_caller(struct frame *frame, struct seccomp_unwind_rule rule)
{
	__u64 cfa = (__u64)(__s64)rule.offset;

	if (rule.cfa == SECCOMP_CFA_NONE)
		return false;
	if (rule.cfa == SECCOMP_CFA_FP && frame->fp_lost)
		return false;
	cfa += rule.cfa == SECCOMP_CFA_FP ? frame->regs.fp : frame->regs.sp;
	if (cfa % 8 || !find_ip(frame, rule, cfa))
		return false;
	if (rule.fp < 0 &&
	    !read_word(cfa + (__u64)(__s64)rule.fp, &frame->regs.fp))
		return false;
	if (rule.fp == SECCOMP_FP_LOST)
		frame->fp_lost = true;
	frame->regs.sp = cfa;
	frame->innermost = false;
	return true;
}

__u32 unwind_model_caller(const struct seccomp_object *objects, unsigned int nr,
			  const struct unwind_regs *regs)
{
	struct frame frame = { .regs = *regs, .innermost = true };
	unsigned int steps = 0;

	for (;;) {
		const struct seccomp_object *object;
		struct seccomp_unwind_rule rule;
		__u64 offset;

		object = find_object(objects, nr, frame.regs.ip - 1, &offset);
		if (!object)
			return SECCOMP_CALLER_UNKNOWN;
		if (!(object->flags & SECCOMP_OBJECT_TRANSPARENT))
			return object->id;
		rule = find_rule(object, offset);
		if (rule.cfa == SECCOMP_CFA_END)
			return object->id;
		if (steps++ == SECCOMP_MAX_FRAMES || !to_caller(&frame, rule))
			return SECCOMP_CALLER_UNKNOWN;
	}
}
