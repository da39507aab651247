// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Policy to classic BPF.
 *
 * A policy becomes a decision graph.  The architecture and the number come
 * first, so that a call that is permitted whoever makes it is decided by
 * instructions that the kernel can evaluate in advance (see
 * seccomp_is_const_allow() there).  No others are used further on, either, so
 * that a patched kernel can remember what they decide.
 *
 * For the other calls there are two graphs to choose from: number, caller,
 * predecessor, arguments, which is small if few callers make a call; and
 * caller, number, predecessor, arguments, which is small if callers have lists
 * that are alike.  The first is quicker as a rule, so that the second has to be
 * shorter by an eighth to win.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "bases.h"
#include "bpf.h"
#include "compile.h"
#include "graph.h"

/* Of a caller's own and of the common rules. */
#define MAX_CELL (2 * AF_MAX_ALTERNATIVES)

/* All rules of one caller for one call, in their order. */
struct af_cell {
	const struct af_rule **rules;
	size_t nr;
};

/*
 * @part: the calls that the program decides, NULL for all; it permits others
 * @nr_ids: callers, with the extra one
 * @deny: the leaf that denies
 * @others: the leaf for calls that are not in @part
 * @rest: the node for numbers that no call has; denies them
 * @verdicts: by caller and number, the node that decides when both are known
 * @edges: those of the node that is being made
 * @rules: those of the caller at hand, sorted by number
 * @start: by number, where in @rules they begin
 * @by_prev: what decides after each call, then after a signal and at the start
 */
struct af_compiler {
	const struct libaf_policy *policy;
	const struct af_caller *extra;
	const struct af_nrset *part;
	size_t nr_ids;
	uint16_t deny;
	uint16_t others;
	uint16_t rest;
	uint16_t *verdicts;
	struct af_edges edges;
	const struct af_rule **rules;
	size_t start[AF_NR_MAX + 1];
	uint16_t by_prev[AF_NR_MAX + 3];
	struct af_graph graph;
	struct af_bpf bpf;
};

static int make_node(struct af_compiler *c, enum af_field field, uint32_t mask,
		     uint16_t *node)
{
	return af_graph_node(&c->graph, field, mask, &c->edges, node);
}

/* What *node decides if a field is in [@first, @last], else @other. */
static int build_range(struct af_compiler *c, enum af_field field,
		       uint32_t mask, uint32_t first, uint32_t last,
		       uint16_t other, uint16_t *node)
{
	af_edges_begin(&c->edges);
	if (first)
		af_edges_add(&c->edges, 0, other);
	af_edges_add(&c->edges, first, *node);
	if (last != UINT32_MAX)
		af_edges_add(&c->edges, last + 1, other);
	return make_node(c, field, mask, node);
}

/* What *node decides if 64 bits are @value, else @other. */
static int build_equal(struct af_compiler *c, enum af_field field,
		       uint64_t mask, uint64_t value, uint16_t other,
		       uint16_t *node)
{
	uint32_t low = value, high = value >> 32;

	if (value & ~mask) {
		*node = other;
		return 0;
	}
	if (build_range(c, field, mask, low, low, other, node))
		return -E2BIG;
	return build_range(c, field + 1, mask >> 32, high, high, other, node);
}

/* What *node decides if 64 bits are less than @value, else @other. */
static int build_less(struct af_compiler *c, enum af_field field, uint64_t mask,
		      uint64_t value, uint16_t other, uint16_t *node)
{
	uint32_t low = value, high = value >> 32;
	uint16_t lower = *node;

	/* If the upper halves are the same. */
	if (!low)
		lower = other;
	else if (build_range(c, field, mask, 0, low - 1, other, &lower))
		return -E2BIG;
	if (mask <= UINT32_MAX) {
		*node = high ? *node : lower;
		return 0;
	}
	af_edges_begin(&c->edges);
	if (high)
		af_edges_add(&c->edges, 0, *node);
	af_edges_add(&c->edges, high, lower);
	if (high != UINT32_MAX)
		af_edges_add(&c->edges, high + 1, other);
	return make_node(c, field + 1, mask >> 32, node);
}

static void swap(uint16_t *a, uint16_t *b)
{
	uint16_t old = *a;

	*a = *b;
	*b = old;
}

static bool is_negative(enum af_op op)
{
	return op == AF_OP_NE || op == AF_OP_GE || op == AF_OP_GT;
}

/* What *node decides if the test holds, else @other. */
static int build_test(struct af_compiler *c, const struct af_test *test,
		      uint16_t other, uint16_t *node)
{
	enum af_field field = af_field_arg(test->arg);
	uint64_t value = test->value;

	if (is_negative(test->op))
		swap(node, &other);
	switch (test->op) {
	case AF_OP_EQ:
	case AF_OP_NE:
		return build_equal(c, field, test->mask, value, other, node);
	case AF_OP_LT:
	case AF_OP_GE:
		return build_less(c, field, test->mask, value, other, node);
	default:
		/* Nothing is more than the largest value. */
		if (value == UINT64_MAX)
			return 0;
		return build_less(c, field, test->mask, value + 1, other, node);
	}
}

/* What @rule says if its tests hold, else *node. */
static int build_rule(struct af_compiler *c, const struct af_rule *rule,
		      uint16_t *node)
{
	uint16_t other = *node;

	if (af_graph_leaf(&c->graph, rule->action, node))
		return -E2BIG;
	for (size_t i = rule->nr_tests; i-- > 0;) {
		if (build_test(c, &rule->tests[i], other, node))
			return -E2BIG;
	}
	if (!rule->ip)
		return 0;
	return build_equal(c, AF_FIELD_IP, UINT64_MAX, rule->ip, other, node);
}

/* Those of the cell's rules of which bits are set in @which, in turn. */
static int build_rules(struct af_compiler *c, const struct af_cell *cell,
		       uint32_t which, uint16_t *node)
{
	*node = c->deny;
	for (size_t i = cell->nr; i-- > 0;) {
		if (!(which >> i & 1))
			continue;
		if (build_rule(c, cell->rules[i], node))
			return -E2BIG;
	}
	return 0;
}

/* Places in by_prev behind the numbers. */
enum {
	AFTER_OTHERS = AF_NR_MAX,
	AFTER_SIGNAL,
	AFTER_START,
	NR_PREVS,
};

static bool may_come_after(const struct af_rule *rule, unsigned int prev)
{
	if (rule->any_prev)
		return true;
	switch (prev) {
	case AFTER_OTHERS:
		return false;
	case AFTER_SIGNAL:
		return rule->after_signal;
	case AFTER_START:
		return rule->after_start;
	default:
		return prev == rule->nr || af_nrset_has(&rule->after, prev);
	}
}

static uint32_t rules_after(const struct af_cell *cell, unsigned int prev)
{
	uint32_t which = 0;

	for (size_t i = 0; i < cell->nr; i++) {
		if (may_come_after(cell->rules[i], prev))
			which |= (uint32_t)1 << i;
	}
	return which;
}

static int build_by_prev(struct af_compiler *c, const struct af_cell *cell)
{
	uint32_t which, last = 0;

	for (unsigned int prev = 0; prev < NR_PREVS; prev++) {
		which = rules_after(cell, prev);
		if (prev && which == last)
			c->by_prev[prev] = c->by_prev[prev - 1];
		else if (build_rules(c, cell, which, &c->by_prev[prev]))
			return -E2BIG;
		last = which;
	}
	return 0;
}

static bool asks_for_prev(const struct af_cell *cell)
{
	for (size_t i = 0; i < cell->nr; i++) {
		if (!cell->rules[i]->any_prev)
			return true;
	}
	return false;
}

static int build_cell(struct af_compiler *c, const struct af_cell *cell,
		      uint16_t *node)
{
	if (!asks_for_prev(cell))
		return build_rules(c, cell, UINT32_MAX, node);
	if (build_by_prev(c, cell))
		return -E2BIG;
	af_edges_begin(&c->edges);
	for (unsigned int prev = 0; prev <= AFTER_OTHERS; prev++)
		af_edges_add(&c->edges, prev, c->by_prev[prev]);
	af_edges_add(&c->edges, LIBAF_SECCOMP_PREV_SIGNAL,
		     c->by_prev[AFTER_SIGNAL]);
	af_edges_add(&c->edges, LIBAF_SECCOMP_PREV_NONE,
		     c->by_prev[AFTER_START]);
	return make_node(c, AF_FIELD_PREV, UINT32_MAX, node);
}

static const struct af_caller *caller_by_id(const struct af_compiler *c,
					    size_t id)
{
	if (id < c->policy->nr_callers)
		return &c->policy->callers[id];
	return c->extra;
}

static bool has_common_rules(const struct af_compiler *c, size_t id)
{
	return id != AF_ID_UNKNOWN && id < c->policy->nr_callers;
}

static uint16_t *verdict(const struct af_compiler *c, size_t id,
			 unsigned int nr)
{
	return &c->verdicts[id * AF_NR_MAX + nr];
}

static void count_rules(struct af_compiler *c, const struct af_caller *caller)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (caller->rules[i].nr < AF_NR_MAX)
			c->start[caller->rules[i].nr]++;
	}
}

/* From the last to the first, each before those that are there already. */
static void put_rules(struct af_compiler *c, const struct af_caller *caller)
{
	for (size_t i = caller->nr_rules; i-- > 0;) {
		const struct af_rule *rule = &caller->rules[i];

		if (rule->nr < AF_NR_MAX)
			c->rules[--c->start[rule->nr]] = rule;
	}
}

/* Sort a caller's own rules, and behind them @common, which may be NULL. */
static void sort_rules(struct af_compiler *c, const struct af_caller *own,
		       const struct af_caller *common)
{
	memset(c->start, 0, sizeof(c->start));
	count_rules(c, own);
	if (common)
		count_rules(c, common);
	for (unsigned int nr = 1; nr <= AF_NR_MAX; nr++)
		c->start[nr] += c->start[nr - 1];
	if (common)
		put_rules(c, common);
	put_rules(c, own);
}

static bool is_in_part(const struct af_compiler *c, unsigned int nr)
{
	return !c->part || af_nrset_has(c->part, nr);
}

static int build_verdicts_of(struct af_compiler *c, size_t id)
{
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		const struct af_cell cell = {
			.rules = &c->rules[c->start[nr]],
			.nr = c->start[nr + 1] - c->start[nr],
		};

		*verdict(c, id, nr) = is_in_part(c, nr) ? c->deny : c->others;
		if (!is_in_part(c, nr))
			continue;
		if (cell.nr > MAX_CELL)
			return -E2BIG;
		if (cell.nr && build_cell(c, &cell, verdict(c, id, nr)))
			return -E2BIG;
	}
	return 0;
}

static int build_verdicts(struct af_compiler *c)
{
	for (size_t id = 0; id < c->nr_ids; id++) {
		sort_rules(c, caller_by_id(c, id),
			   has_common_rules(c, id) ? &c->policy->common : NULL);
		if (build_verdicts_of(c, id))
			return -E2BIG;
	}
	return 0;
}

/*
 * The node that decides @nr for all callers alike, else AF_NO_NODE.  Only
 * ids that the kernel can supply count: were an id that does not exist to be
 * denied, each permitted call would depend on the caller.
 */
static uint16_t shared_verdict(const struct af_compiler *c, unsigned int nr)
{
	uint16_t node = *verdict(c, 0, nr);

	for (size_t id = 1; id < c->nr_ids; id++) {
		if (*verdict(c, id, nr) != node)
			return AF_NO_NODE;
	}
	return node;
}

static int build_nr_caller(struct af_compiler *c, unsigned int nr)
{
	af_edges_begin(&c->edges);
	for (size_t id = 0; id < c->nr_ids; id++)
		af_edges_add(&c->edges, id, *verdict(c, id, nr));
	af_edges_add(&c->edges, c->nr_ids, c->deny);
	return make_node(c, AF_FIELD_CALLER, UINT32_MAX, verdict(c, 0, nr));
}

/* Number, caller, predecessor: leaves what decides a call in row 0. */
static int build_by_nr(struct af_compiler *c)
{
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (shared_verdict(c, nr) != AF_NO_NODE)
			continue;
		if (build_nr_caller(c, nr))
			return -E2BIG;
	}
	return 0;
}

static bool is_newer(const struct af_compiler *c, unsigned int nr)
{
	return c->policy->has_newer && is_in_part(c, nr) &&
	       !af_nrset_has(&c->policy->known, nr);
}

/*
 * The lists of all callers, with equal ones once.
 * @calls: those that are contested, or denied to all; other numbers do not get
 *	to where lists are looked at
 * @end: all from here on are denied
 * @list_of: by caller, the index of its list
 * @nodes: by list, the node that decides; behind them, those of the bases
 */
struct af_lists {
	uint16_t calls[AF_NR_MAX];
	unsigned int end;
	uint16_t *all;
	uint16_t *list_of;
	uint16_t *nodes;
	struct af_bases bases;
};

/*
 * Denials need not be decided by the number alone, since the kernel keeps no
 * record of them.
 */
static bool is_decided_first(const struct af_compiler *c, unsigned int nr)
{
	uint16_t node = shared_verdict(c, nr);

	return is_newer(c, nr) || (node != AF_NO_NODE && node != c->deny);
}

/* Denied to all, or not in the part and of no interest here. */
static bool is_denied(const struct af_compiler *c, unsigned int nr)
{
	return !is_in_part(c, nr) || shared_verdict(c, nr) == c->deny;
}

static void add_list(struct af_compiler *c, struct af_lists *lists, size_t id)
{
	struct af_bases *b = &lists->bases;
	uint16_t *list = lists->all + b->nr * b->len;
	size_t i;

	for (i = 0; i < b->len; i++)
		list[i] = *verdict(c, id, lists->calls[i]);
	for (i = 0; i < b->nr; i++) {
		if (!memcmp(list, lists->all + i * b->len,
			    b->len * sizeof(*list)))
			break;
	}
	lists->list_of[id] = i;
	b->nr += i == b->nr;
}

static void lists_release(struct af_lists *lists)
{
	af_bases_release(&lists->bases);
	free(lists->all);
	free(lists->list_of);
	free(lists->nodes);
}

static int lists_init(struct af_compiler *c, struct af_lists *lists)
{
	struct af_bases *b = &lists->bases;

	*lists = (struct af_lists){ .bases.deny = c->deny };
	lists->end = AF_NR_MAX;
	while (lists->end && is_denied(c, lists->end - 1))
		lists->end--;
	for (unsigned int nr = 0; nr < lists->end; nr++) {
		if (is_in_part(c, nr) && !is_decided_first(c, nr))
			lists->calls[b->len++] = nr;
	}
	lists->all = malloc(c->nr_ids * (b->len + 1) * sizeof(*lists->all));
	lists->list_of = malloc(c->nr_ids * sizeof(*lists->list_of));
	lists->nodes =
		malloc((c->nr_ids + AF_MAX_BASES) * sizeof(*lists->nodes));
	if (!lists->all || !lists->list_of || !lists->nodes)
		return -ENOMEM;
	b->lists = lists->all;
	for (size_t id = 0; id < c->nr_ids; id++)
		add_list(c, lists, id);
	return af_bases_find(b);
}

/* The node for @list; where it is as @base says, that of the base decides. */
static int build_list(struct af_compiler *c, const struct af_lists *lists,
		      const uint16_t *list, const uint16_t *base,
		      uint16_t base_node, uint16_t *node)
{
	af_edges_begin(&c->edges);
	for (size_t i = 0; i < lists->bases.len; i++)
		af_edges_add(&c->edges, lists->calls[i],
			     base && list[i] == base[i] ? base_node : list[i]);
	af_edges_add(&c->edges, lists->end, base ? base_node : c->deny);
	return make_node(c, AF_FIELD_NR, UINT32_MAX, node);
}

static int build_lists(struct af_compiler *c, struct af_lists *lists)
{
	const struct af_bases *b = &lists->bases;
	uint16_t *base_nodes = lists->nodes + b->nr;

	for (size_t i = 0; i < b->nr_bases; i++) {
		if (build_list(c, lists, b->bases + i * b->len, NULL, 0,
			       &base_nodes[i]))
			return -E2BIG;
	}
	for (size_t i = 0; i < b->nr; i++) {
		bool has_base = b->base_of[i] != AF_NO_BASE;
		size_t base = has_base ? b->base_of[i] : 0;

		if (build_list(c, lists, b->lists + i * b->len,
			       has_base ? b->bases + base * b->len : NULL,
			       has_base ? base_nodes[base] : 0,
			       &lists->nodes[i]))
			return -E2BIG;
	}
	return 0;
}

static int build_caller_nr(struct af_compiler *c, struct af_lists *lists)
{
	int ret = lists_init(c, lists);
	uint16_t node;

	if (ret)
		return ret;
	if (build_lists(c, lists))
		return -E2BIG;
	af_edges_begin(&c->edges);
	for (size_t id = 0; id < c->nr_ids; id++)
		af_edges_add(&c->edges, id, lists->nodes[lists->list_of[id]]);
	af_edges_add(&c->edges, c->nr_ids, c->deny);
	if (make_node(c, AF_FIELD_CALLER, UINT32_MAX, &node))
		return -E2BIG;
	for (size_t i = 0; i < lists->bases.len; i++)
		*verdict(c, 0, lists->calls[i]) = node;
	for (unsigned int nr = lists->end; nr < AF_NR_MAX; nr++)
		*verdict(c, 0, nr) = node;
	c->rest = node;
	return 0;
}

/* Caller, number, predecessor: leaves what decides a call in row 0. */
static int build_by_caller(struct af_compiler *c)
{
	struct af_lists lists;
	int ret = build_caller_nr(c, &lists);

	lists_release(&lists);
	return ret;
}

/* What decides calls that have no name. */
static int build_newer(struct af_compiler *c, uint16_t *node)
{
	*node = c->rest;
	if (!c->policy->has_newer)
		return 0;
	return af_graph_leaf(&c->graph, c->policy->newer, node);
}

/* What @node decides of the calls in the part; others are permitted. */
static int build_part(struct af_compiler *c, uint16_t *node)
{
	if (!c->part)
		return 0;
	af_edges_begin(&c->edges);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		af_edges_add(&c->edges, nr,
			     is_in_part(c, nr) ? *node : c->others);
	af_edges_add(&c->edges, AF_NR_MAX, *node);
	return make_node(c, AF_FIELD_NR, UINT32_MAX, node);
}

static int build_root(struct af_compiler *c, uint16_t *root)
{
	uint16_t newer, node;

	if (build_newer(c, &newer))
		return -E2BIG;
	af_edges_begin(&c->edges);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		/* Other numbers do not get here and may go anywhere. */
		if (is_in_part(c, nr))
			af_edges_add(&c->edges, nr,
				     is_newer(c, nr) ? newer :
						       *verdict(c, 0, nr));
	}
	af_edges_add(&c->edges, AF_NR_MAX, newer);
	/* x32's calls, and all that is negative. */
	af_edges_add(&c->edges, AF_X32_BIT, c->rest);
	if (make_node(c, AF_FIELD_NR, UINT32_MAX, &node) ||
	    build_part(c, &node))
		return -E2BIG;

	af_edges_begin(&c->edges);
	af_edges_add(&c->edges, 0, c->deny);
	af_edges_add(&c->edges, AUDIT_ARCH_X86_64, node);
	af_edges_add(&c->edges, AUDIT_ARCH_X86_64 + 1, c->deny);
	return make_node(c, AF_FIELD_ARCH, UINT32_MAX, root);
}

/*
 * Compile in one of the two orders; the graph has the verdicts, and so has
 * @first, those of row 0.
 */
static int compile_order(struct af_compiler *c, const uint16_t *first,
			 int (*build)(struct af_compiler *c),
			 struct af_program *prog)
{
	struct af_graph_mark mark;
	uint16_t root;
	int ret;

	af_graph_mark(&c->graph, &mark);
	memcpy(c->verdicts, first, AF_NR_MAX * sizeof(*first));
	af_bpf_init(&c->bpf);
	c->rest = c->deny;
	ret = build(c);
	if (!ret)
		ret = build_root(c, &root);
	if (!ret) {
		af_graph_write(&c->graph, root, &c->bpf);
		ret = af_bpf_finish(&c->bpf, &prog->insns, &prog->len);
	}
	af_graph_back(&c->graph, &mark);
	return ret;
}

static int build_common(struct af_compiler *c)
{
	af_graph_init(&c->graph);
	c->graph.trap = AF_TRAP_PLAIN;
	if (c->policy->tells ||
	    (c->extra && c->extra->kind == AF_CALLER_REPORTER))
		c->graph.trap = af_trap_for(c->nr_ids);
	if (af_graph_leaf(&c->graph, c->policy->deny, &c->deny) ||
	    af_graph_leaf(&c->graph, SECCOMP_RET_ALLOW, &c->others))
		return -E2BIG;
	return build_verdicts(c);
}

static int compile_shorter(struct af_compiler *c, struct af_program *prog)
{
	struct af_program other = { 0 };
	uint16_t row[AF_NR_MAX];
	int first, second;

	if (build_common(c))
		return -E2BIG;
	memcpy(row, c->verdicts, sizeof(row));
	first = compile_order(c, row, build_by_nr, prog);
	if (first == -ENOMEM)
		return -ENOMEM;
	second = compile_order(c, row, build_by_caller, &other);
	if (second == -ENOMEM) {
		free(prog->insns);
		prog->insns = NULL;
		return -ENOMEM;
	}
	if (second || (!first && other.len > prog->len - prog->len / 8)) {
		free(other.insns);
		return first;
	}
	free(prog->insns);
	*prog = other;
	return 0;
}

static void compiler_free(struct af_compiler *c)
{
	free(c->verdicts);
	free(c->edges.edges);
	free(c->rules);
	free(c);
}

/* The most rules that a caller has, with the common ones. */
static size_t most_rules(const struct af_compiler *c)
{
	size_t most = 0;

	for (size_t id = 0; id < c->nr_ids; id++) {
		if (caller_by_id(c, id)->nr_rules > most)
			most = caller_by_id(c, id)->nr_rules;
	}
	return most + c->policy->common.nr_rules;
}

static struct af_compiler *compiler_new(const struct libaf_policy *policy,
					const struct af_caller *extra)
{
	struct af_compiler *c = calloc(1, sizeof(*c));
	size_t most;

	if (!c)
		return NULL;
	c->policy = policy;
	c->extra = extra;
	c->nr_ids = policy->nr_callers + (extra ? 1 : 0);
	/* One edge for each value, and up to three for all that are larger. */
	most = (c->nr_ids > AF_NR_MAX ? c->nr_ids : AF_NR_MAX) + 3;
	c->verdicts = calloc(c->nr_ids, AF_NR_MAX * sizeof(*c->verdicts));
	c->edges.edges = calloc(most, sizeof(*c->edges.edges));
	c->rules = calloc(most_rules(c) + 1, sizeof(*c->rules));
	if (c->verdicts && c->edges.edges && c->rules)
		return c;
	compiler_free(c);
	return NULL;
}

int af_compile_part(const struct libaf_policy *policy,
		    const struct af_caller *extra, const struct af_nrset *part,
		    struct af_program *prog)
{
	struct af_compiler *c = compiler_new(policy, extra);
	int ret;

	*prog = (struct af_program){ 0 };
	if (!c)
		return -ENOMEM;
	c->part = part;
	ret = compile_shorter(c, prog);
	compiler_free(c);
	return ret;
}
