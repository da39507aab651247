// SPDX-License-Identifier: LGPL-2.1-or-later
/* Building, checking and searching the kernel's unwind tables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfi.h"
#include "unwind.h"

#define BLOCK_SIZE ((uint64_t)1 << LIBAF_SECCOMP_UNWIND_BLOCK_SHIFT)

/* A row names its rule with 16 bits. */
#define MAX_RULES 65536U

#define MAX_ROWS \
	(LIBAF_SECCOMP_MAX_UNWIND / sizeof(struct libaf_seccomp_unwind_row))

/* The hash table of rules: a power of two, far above what real objects have. */
#define HASH_BITS 14
#define NR_SLOTS  (1U << HASH_BITS)

/*
 * A rule that is not found within so many slots is added once more.  That does
 * no harm, and an object made to collide gets a large table, not much time.
 */
#define MAX_PROBES 16U

/* _start is far shorter; a longer gap is no longer that function. */
#define MAX_ENTRY_GAP 256U

/*
 * Of a function that several parts have to do with, the instructions are
 * interpreted for each of them: so many bytes in all, far more than compilers
 * write for any function.
 */
#define MAX_AGAIN (16U << 20)

/* The bytes of x86-64's `syscall'. */
static const uint8_t syscall_insn[] = { 0x0f, 0x05 };

/* A rule's eight bytes, to be compared and hashed at once. */
typedef uint64_t rule_key;

static const struct libaf_seccomp_unwind_rule rule_none = {
	.cfa = LIBAF_SECCOMP_CFA_NONE,
};

static const struct libaf_seccomp_unwind_rule rule_end = {
	.cfa = LIBAF_SECCOMP_CFA_END,
};

/*
 * A table being built, of a part of a segment.  Offsets are from its start.
 * @segment: the whole of it
 * @base, @len: where the part begins and its size
 * @data: its text, NULL if that has not been read
 * @cut: with @has_cut, the rule that holds at the start, of an FDE that begins
 *	before it
 * @max_blocks: how many blocks the part has
 * @last: the rule that holds at the end of what is there
 * @slots: for each hash value 1 + the index of a rule, or 0
 */
struct builder {
	const struct af_elf *elf;
	const struct af_segment *segment;
	uint64_t base;
	uint64_t len;
	const uint8_t *data;
	struct libaf_seccomp_unwind_rule cut;
	bool has_cut;
	struct libaf_seccomp_unwind_row *rows;
	size_t nr_rows;
	size_t max_rows;
	uint32_t *blocks;
	size_t nr_blocks;
	size_t max_blocks;
	rule_key *rules;
	size_t nr_rules;
	size_t max_rules;
	rule_key last;
	size_t nr_none;
	uint32_t slots[NR_SLOTS];
};

static rule_key to_key(const struct libaf_seccomp_unwind_rule *rule)
{
	rule_key key;

	_Static_assert(sizeof(key) == sizeof(*rule), "a rule has eight bytes");
	memcpy(&key, rule, sizeof(key));
	return key;
}

static uint64_t count_blocks(uint64_t len)
{
	return len / BLOCK_SIZE + (len % BLOCK_SIZE != 0);
}

static int add_rule(struct builder *b, rule_key key)
{
	if (b->nr_rules == MAX_RULES)
		return -E2BIG;
	if (b->nr_rules == b->max_rules) {
		size_t max = b->max_rules * 2;
		rule_key *rules = realloc(b->rules, max * sizeof(*rules));

		if (!rules)
			return -ENOMEM;
		b->rules = rules;
		b->max_rules = max;
	}
	b->rules[b->nr_rules++] = key;
	return 0;
}

/* The index of a rule, which is added if need be. */
static int find_rule(struct builder *b, rule_key key, uint16_t *index)
{
	size_t slot = (key * 0x9e3779b97f4a7c15U) >> (64 - HASH_BITS);
	int err;

	for (unsigned int i = 0; i < MAX_PROBES; i++) {
		uint32_t found = b->slots[slot];

		if (found && b->rules[found - 1] == key) {
			*index = (uint16_t)(found - 1);
			return 0;
		}
		if (!found)
			break;
		slot = (slot + 1) % NR_SLOTS;
	}
	err = add_rule(b, key);
	if (err)
		return err;
	if (!b->slots[slot])
		b->slots[slot] = (uint32_t)b->nr_rules;
	*index = (uint16_t)(b->nr_rules - 1);
	return 0;
}

static int add_row(struct builder *b, uint64_t offset, rule_key key)
{
	uint16_t rule;
	int err = find_rule(b, key, &rule);

	if (err)
		return err;
	if (b->nr_rows == MAX_ROWS)
		return -E2BIG;
	if (b->nr_rows == b->max_rows) {
		size_t max = b->max_rows * 2;
		struct libaf_seccomp_unwind_row *rows;

		rows = realloc(b->rows, max * sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		b->rows = rows;
		b->max_rows = max;
	}
	b->rows[b->nr_rows].pc = (uint16_t)(offset % BLOCK_SIZE);
	b->rows[b->nr_rows].rule = rule;
	b->nr_rows++;
	return 0;
}

static int start_block(struct builder *b, rule_key key)
{
	b->blocks[b->nr_blocks++] = (uint32_t)b->nr_rows;
	return add_row(b, 0, key);
}

/* Continue the last rule over all blocks that begin before @offset. */
static int fill_blocks(struct builder *b, uint64_t offset)
{
	int err = 0;

	while (!err && b->nr_blocks * BLOCK_SIZE < offset)
		err = start_block(b, b->last);
	return err;
}

/*
 * Let a rule hold from @offset on, which is above the offset of the call
 * before and inside the part.
 */
static int put(struct builder *b, uint64_t offset,
	       const struct libaf_seccomp_unwind_rule *rule)
{
	rule_key key = to_key(rule);
	int err = fill_blocks(b, offset);

	if (err)
		return err;
	if (b->nr_blocks * BLOCK_SIZE == offset)
		err = start_block(b, key);
	else if (key != b->last)
		err = add_row(b, offset, key);
	b->last = key;
	return err;
}

static int put_rule(struct builder *b, uint64_t offset,
		    const struct libaf_seccomp_unwind_rule *rule)
{
	if (rule->cfa == LIBAF_SECCOMP_CFA_NONE)
		b->nr_none++;
	return put(b, offset, rule);
}

static int put_cut(struct builder *b)
{
	if (!b->has_cut)
		return 0;
	b->has_cut = false;
	return put_rule(b, 0, &b->cut);
}

/* A part may begin and end within a function: of its rows these are left. */
static int put_row(void *context, uint64_t start,
		   const struct libaf_seccomp_unwind_rule *rule)
{
	struct builder *b = context;
	int err = 0;

	if (start <= b->base) {
		b->cut = *rule;
		b->has_cut = true;
		return 0;
	}
	err = put_cut(b);
	if (err || start - b->base >= b->len)
		return err;
	return put_rule(b, start - b->base, rule);
}

/*
 * What one part of a segment leaves to the next.
 * @first: the first FDE that may concern it
 * @last: before how many FDEs the one is that was looked at last
 * @again: what was spent on FDEs that had been looked at for other parts
 */
struct progress {
	size_t first;
	size_t last;
	uint64_t again;
};

/* Look at @nr FDEs from @i on, to interpret @len bytes of instructions. */
static int spend(struct progress *progress, size_t i, size_t nr, uint32_t len)
{
	if (i < progress->last)
		progress->again += nr + len;
	progress->last = i + nr;
	return progress->again > MAX_AGAIN ? -E2BIG : 0;
}

static int put_fde(struct builder *b, const struct af_cfi *cfi,
		   const struct af_fde *fde)
{
	int err = af_cfi_run(cfi, fde, put_row, b);

	return err ? err : put_cut(b);
}

/* An FDE's range, of which nothing can be said. */
static int put_none(struct builder *b, uint64_t start)
{
	b->nr_none++;
	return put(b, start, &rule_none);
}

/*
 * glibc's clone and clone3 end their FDE right before their `syscall', because
 * the child comes out of it without a stack to unwind.  The call itself is
 * made from the parent's frame, as described so far.
 */
static bool is_syscall_gap(const struct builder *b, uint64_t start,
			   uint64_t end)
{
	return b->data && end - start >= sizeof(syscall_insn) &&
	       memcmp(b->data + start, syscall_insn, sizeof(syscall_insn)) == 0;
}

/*
 * The loader's _start has no FDE.  Nothing has called it: it is where a chain
 * of frames properly ends.
 */
static int put_none_or_entry(struct builder *b, uint64_t start, uint64_t end)
{
	uint64_t entry = b->elf->entry - b->base;
	bool inside = b->elf->entry && entry >= start && entry < end;
	int err = 0;

	if (!inside || entry > start)
		err = put(b, start, &rule_none);
	if (err || !inside)
		return err;
	err = put(b, entry, &rule_end);
	if (!err && end - entry > MAX_ENTRY_GAP)
		err = put(b, entry + MAX_ENTRY_GAP, &rule_none);
	return err;
}

/*
 * A range without FDE: NONE, but for two exceptions.  @after_fde: an FDE that
 * has been understood ends right before it.
 */
static int put_gap(struct builder *b, const struct af_cfi *cfi, uint64_t start,
		   uint64_t end, bool after_fde)
{
	/* Without CFI, or with an unreadable FDE, who knows what is here? */
	bool is_gap = cfi->data && !cfi->incomplete;

	if (is_gap && after_fde && is_syscall_gap(b, start, end))
		start += sizeof(syscall_insn);
	if (start >= end)
		return 0;
	return is_gap ? put_none_or_entry(b, start, end) :
			put(b, start, &rule_none);
}

/*
 * FDEs that overlap contradict each other.  From @i on, count those that hang
 * together; *@end receives the end of the range that they cover.
 */
static size_t count_overlapping(const struct af_cfi *cfi, size_t i,
				uint64_t *end)
{
	size_t nr = 1;

	*end = cfi->fdes[i].end;
	for (; i + nr < cfi->nr_fdes && cfi->fdes[i + nr].start < *end; nr++) {
		if (cfi->fdes[i + nr].end > *end)
			*end = cfi->fdes[i + nr].end;
	}
	return nr;
}

/* No function crosses a segment's limits. */
static bool is_inside(const struct af_segment *segment, uint64_t start,
		      uint64_t end)
{
	return start >= segment->vaddr &&
	       end - segment->vaddr <= segment->filesz;
}

/* Build from FDEs in ascending order. */
static int put_all(struct builder *b, const struct af_cfi *cfi,
		   struct progress *progress)
{
	uint64_t base = b->base;
	uint64_t len = b->len;
	uint64_t done = 0;
	bool after_fde = false;
	int err = 0;

	for (size_t i = progress->first, nr; i < cfi->nr_fdes; i += nr) {
		const struct af_fde *fde = &cfi->fdes[i];
		uint64_t start = fde->start > base ? fde->start - base : 0;
		uint64_t end;

		if (start >= len)
			break;
		nr = count_overlapping(cfi, i, &end);
		progress->first = end <= base ? i + nr : i;
		if (end <= base)
			continue;
		err = spend(progress, i, nr, nr == 1 ? fde->insns_len : 0);
		if (!err)
			err = put_gap(b, cfi, done, start, after_fde);
		if (err)
			return err;
		after_fde = nr == 1 && is_inside(b->segment, fde->start, end);
		err = after_fde ? put_fde(b, cfi, fde) : put_none(b, start);
		if (err)
			return err;
		done = end - base < len ? end - base : len;
	}
	err = put_gap(b, cfi, done, len, after_fde);
	return err ? err : fill_blocks(b, len);
}

static int compare_fdes(const void *a, const void *b)
{
	const struct af_fde *x = a;
	const struct af_fde *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int alloc_builder(struct builder **builder, const struct af_elf *elf,
			 const struct af_segment *segment,
			 const struct af_span *span)
{
	struct builder *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	*builder = b;
	b->elf = elf;
	b->segment = segment;
	b->base = span->start;
	b->len = span->end - span->start;
	if (segment->data)
		b->data = segment->data + (span->start - segment->vaddr);
	b->max_blocks = count_blocks(b->len);
	b->max_rows = 4096;
	b->max_rules = 256;
	b->blocks = malloc(b->max_blocks * sizeof(*b->blocks));
	b->rows = malloc(b->max_rows * sizeof(*b->rows));
	b->rules = malloc(b->max_rules * sizeof(*b->rules));
	return b->blocks && b->rows && b->rules ? 0 : -ENOMEM;
}

static void free_builder(struct builder *b)
{
	if (!b)
		return;
	free(b->blocks);
	free(b->rows);
	free(b->rules);
	free(b);
}

static uint8_t *append(uint8_t *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	return to + size;
}

/* Put the parts together. */
static int finish(const struct builder *b, struct af_unwind *unwind)
{
	struct libaf_seccomp_unwind header = {
		.nr_rules = (uint32_t)b->nr_rules,
		.nr_rows = (uint32_t)b->nr_rows,
	};
	size_t rules_size = b->nr_rules * sizeof(*b->rules);
	size_t blocks_size = b->nr_blocks * sizeof(*b->blocks);
	size_t rows_size = b->nr_rows * sizeof(*b->rows);
	size_t size = sizeof(header) + rules_size + blocks_size + rows_size;
	uint8_t *to;

	if (size > LIBAF_SECCOMP_MAX_UNWIND)
		return -E2BIG;
	to = malloc(size);
	if (!to)
		return -ENOMEM;
	unwind->blob = to;
	unwind->size = size;
	unwind->nr_none = b->nr_none;
	to = append(to, &header, sizeof(header));
	to = append(to, b->rules, rules_size);
	to = append(to, b->blocks, blocks_size);
	append(to, b->rows, rows_size);
	return 0;
}

static int build(const struct af_elf *elf, const struct af_segment *segment,
		 const struct af_span *span, const struct af_cfi *cfi,
		 struct progress *progress, struct af_unwind *unwind)
{
	struct builder *b = NULL;
	int err;

	/* Each block has at least one row. */
	if (count_blocks(span->end - span->start) > MAX_ROWS)
		return -E2BIG;
	err = alloc_builder(&b, elf, segment, span);
	if (!err)
		err = put_all(b, cfi, progress);
	if (!err)
		err = finish(b, unwind);
	free_builder(b);
	return err;
}

int af_unwind_build_spans(const struct af_elf *elf,
			  const struct af_segment *segment,
			  const struct af_span *spans, size_t nr,
			  struct af_unwind *unwinds)
{
	struct af_cfi cfi;
	struct progress progress = {};
	int err;

	memset(unwinds, 0, nr * sizeof(*unwinds));
	if (segment->filesz == 0)
		return -ENOEXEC;
	err = af_cfi_read(&cfi, elf, segment->vaddr,
			  segment->vaddr + segment->filesz);
	if (err)
		return err;
	if (cfi.nr_fdes)
		qsort(cfi.fdes, cfi.nr_fdes, sizeof(*cfi.fdes), compare_fdes);
	for (size_t i = 0; i < nr && !err; i++)
		err = build(elf, segment, &spans[i], &cfi, &progress,
			    &unwinds[i]);
	for (size_t i = 0; i < nr && err; i++)
		af_unwind_release(&unwinds[i]);
	af_cfi_release(&cfi);
	return err;
}

int af_unwind_build(const struct af_elf *elf, const struct af_segment *segment,
		    struct af_unwind *unwind)
{
	const struct af_span all = {
		.start = segment->vaddr,
		.end = segment->vaddr + segment->filesz,
	};

	return af_unwind_build_spans(elf, segment, &all, 1, unwind);
}

void af_unwind_release(struct af_unwind *unwind)
{
	free(unwind->blob);
	unwind->blob = NULL;
	unwind->size = 0;
}

/* Where the parts of a finished table are. */
struct table {
	const struct libaf_seccomp_unwind_rule *rules;
	const uint32_t *blocks;
	const struct libaf_seccomp_unwind_row *rows;
	uint64_t nr_rules;
	uint64_t nr_blocks;
	uint64_t nr_rows;
};

static int open_table(struct table *table, const void *blob, size_t size,
		      uint64_t len)
{
	const struct libaf_seccomp_unwind *header = blob;

	if (size < sizeof(*header) || len == 0)
		return -EINVAL;
	table->nr_rules = header->nr_rules;
	table->nr_blocks = count_blocks(len);
	table->nr_rows = header->nr_rows;
	if (table->nr_rules == 0 || table->nr_rules > MAX_RULES)
		return -EINVAL;
	/* No overflow: none of the three counts exceeds 2^48. */
	if (size != sizeof(*header) + table->nr_rules * sizeof(*table->rules) +
			    table->nr_blocks * sizeof(*table->blocks) +
			    table->nr_rows * sizeof(*table->rows))
		return -EINVAL;
	table->rules = (const void *)(header + 1);
	table->blocks = (const void *)(table->rules + table->nr_rules);
	table->rows = (const void *)(table->blocks + table->nr_blocks);
	return 0;
}

static bool offset_is_valid(const struct libaf_seccomp_unwind_rule *rule)
{
	if (rule->offset % 8 != 0 ||
	    rule->offset >= LIBAF_SECCOMP_UNWIND_MAX_OFFSET ||
	    rule->offset <= -LIBAF_SECCOMP_UNWIND_MAX_OFFSET)
		return false;
	return rule->cfa == LIBAF_SECCOMP_CFA_FP || rule->offset >= 0;
}

static bool rule_is_valid(const struct libaf_seccomp_unwind_rule *rule)
{
	switch (rule->cfa) {
	case LIBAF_SECCOMP_CFA_NONE:
	case LIBAF_SECCOMP_CFA_END:
		return rule->ra == 0 && rule->fp == 0 && rule->offset == 0;
	case LIBAF_SECCOMP_CFA_SP:
	case LIBAF_SECCOMP_CFA_FP:
		break;
	default:
		return false;
	}
	if (!offset_is_valid(rule) || (rule->ra != LIBAF_SECCOMP_RA_STACK &&
				       rule->ra != LIBAF_SECCOMP_RA_ARG0))
		return false;
	return rule->fp == LIBAF_SECCOMP_FP_SAME ||
	       rule->fp == LIBAF_SECCOMP_FP_LOST ||
	       (rule->fp <= -16 && rule->fp % 8 == 0);
}

/* The rows of block @i: from *@first to before *@end. */
static bool find_block(const struct table *table, uint64_t i, uint64_t *first,
		       uint64_t *end)
{
	*first = table->blocks[i];
	*end = i + 1 < table->nr_blocks ? table->blocks[i + 1] : table->nr_rows;
	return *first < *end && *end <= table->nr_rows;
}

static bool block_is_valid(const struct table *table, uint64_t i)
{
	uint64_t first, end;

	if (!find_block(table, i, &first, &end) || table->rows[first].pc != 0)
		return false;
	for (uint64_t row = first + 1; row < end; row++) {
		if (table->rows[row].pc <= table->rows[row - 1].pc)
			return false;
	}
	return true;
}

int af_unwind_check(const void *blob, size_t size, uint64_t len)
{
	struct table table;

	if (open_table(&table, blob, size, len))
		return -EINVAL;
	for (uint64_t i = 0; i < table.nr_rules; i++) {
		if (!rule_is_valid(&table.rules[i]))
			return -EINVAL;
	}
	if (table.blocks[0] != 0)
		return -EINVAL;
	for (uint64_t i = 0; i < table.nr_blocks; i++) {
		if (!block_is_valid(&table, i))
			return -EINVAL;
	}
	for (uint64_t i = 0; i < table.nr_rows; i++) {
		if (table.rows[i].rule >= table.nr_rules)
			return -EINVAL;
	}
	return 0;
}

const struct libaf_seccomp_unwind_rule *
af_unwind_find(const void *blob, size_t size, uint64_t len, uint64_t offset)
{
	uint16_t pc = (uint16_t)(offset % BLOCK_SIZE);
	struct table table;
	uint64_t low, high;

	if (offset >= len || open_table(&table, blob, size, len) ||
	    !find_block(&table, offset / BLOCK_SIZE, &low, &high))
		return NULL;
	/* The last row that is not above pc; the first one has pc 0. */
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (table.rows[middle].pc <= pc)
			low = middle;
		else
			high = middle;
	}
	if (table.rows[low].rule >= table.nr_rules)
		return NULL;
	return &table.rules[table.rows[low].rule];
}
