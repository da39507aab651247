// SPDX-License-Identifier: LGPL-2.1-or-later
/* Decision graph to classic BPF. */
#include <linux/seccomp.h>

#include "graph.h"

struct af_writer {
	struct af_graph *graph;
	struct af_bpf *bpf;
};

static struct af_target *write_next(struct af_writer *w,
				    const struct af_node *node, uint16_t index);

/*
 * A row of comparisons for equality is shorter than a tree where single
 * values lie scattered over one interval.  More than this many would take
 * longer to run than the tree.
 */
#define MAX_CHAIN 4

static bool is_single(const struct af_edge *edges, size_t i, size_t nr_edges)
{
	return edges[i].from == UINT32_MAX ||
	       (i + 1 < nr_edges && edges[i + 1].from == edges[i].from + 1);
}

/*
 * The number of comparisons for equality that the edges [@lo, @hi) of @node
 * take, with @rest as what holds otherwise.  More than MAX_CHAIN if they
 * cannot be written so.
 */
static size_t chain_length(const struct af_writer *w,
			   const struct af_node *node, size_t lo, size_t hi,
			   uint16_t rest)
{
	const struct af_edge *edges = &w->graph->edges[node->first_edge];
	size_t length = 0;

	for (size_t i = lo; i < hi && length <= MAX_CHAIN; i++) {
		if (edges[i].node == rest)
			continue;
		if (!is_single(edges, i, node->nr_edges))
			return MAX_CHAIN + 1;
		length++;
	}
	return length;
}

/* The best remaining node for a chain, or AF_NO_NODE if a tree is better. */
static uint16_t find_chain(const struct af_writer *w,
			   const struct af_node *node, size_t lo, size_t hi)
{
	const struct af_edge *edges = &w->graph->edges[node->first_edge];
	size_t best = hi - lo - 1;
	uint16_t rest = AF_NO_NODE;

	/* No two neighbours are alike, so every second one is compared. */
	if (hi - lo > 2 * MAX_CHAIN + 1)
		return AF_NO_NODE;
	for (size_t i = lo; i < hi; i++) {
		size_t length = chain_length(w, node, lo, hi, edges[i].node);

		if (length <= MAX_CHAIN && length < best) {
			best = length;
			rest = edges[i].node;
		}
	}
	return rest;
}

static struct af_target *write_chain(struct af_writer *w,
				     const struct af_node *node, size_t lo,
				     size_t hi, uint16_t rest,
				     struct af_target *code)
{
	const struct af_edge *edges = &w->graph->edges[node->first_edge];
	struct af_target *no = write_next(w, node, rest);

	/* First, so that they do not come to lie between the comparisons. */
	for (size_t i = lo; i < hi; i++)
		write_next(w, node, edges[i].node);
	for (size_t i = hi; i-- > lo;) {
		if (edges[i].node == rest)
			continue;
		*code = af_bpf_jump(w->bpf, BPF_JEQ, edges[i].from,
				    write_next(w, node, edges[i].node), no);
		no = code;
	}
	return no;
}

/*
 * Write the comparisons that choose among the edges [@lo, @hi) of @node.
 * What they lead to is written in between, near to where it is jumped from,
 * unless it is there already.  @code is room for the result.
 */
static struct af_target *write_edges(struct af_writer *w,
				     const struct af_node *node, size_t lo,
				     size_t hi, struct af_target *code)
{
	const struct af_edge *edges = &w->graph->edges[node->first_edge];
	size_t mid = lo + (hi - lo) / 2;
	struct af_target upper_code, lower_code, *upper, *lower;
	uint16_t rest;

	if (hi - lo == 1)
		return write_next(w, node, edges[lo].node);
	rest = find_chain(w, node, lo, hi);
	if (rest != AF_NO_NODE)
		return write_chain(w, node, lo, hi, rest, code);
	upper = write_edges(w, node, mid, hi, &upper_code);
	lower = write_edges(w, node, lo, mid, &lower_code);
	*code = af_bpf_jump(w->bpf, BPF_JGE, edges[mid].from, upper, lower);
	return code;
}

/*
 * Write a node for where its field is in the accumulator already, its other
 * bits masked.  Depth of recursion: two levels for each field that is looked
 * at, one more for a base and one for a part.
 */
static struct af_target *write_loaded(struct af_writer *w, uint16_t index)
{
	struct af_node *node = &w->graph->nodes[index];
	struct af_target code;

	if (!node->is_decided) {
		node->is_decided = true;
		node->loaded = *write_edges(w, node, 0, node->nr_edges, &code);
	}
	return &node->loaded;
}

static struct af_target write_load(struct af_writer *w, uint16_t index)
{
	struct af_node *node = &w->graph->nodes[index];

	af_bpf_next(w->bpf, write_loaded(w, index));
	if (node->mask != UINT32_MAX)
		af_bpf_and(w->bpf, node->mask);
	return af_bpf_load(w->bpf, af_field_offset(node->field));
}

static struct af_target write_leaf(struct af_writer *w, uint32_t verdict)
{
	if (verdict == SECCOMP_RET_TRAP || verdict == SECCOMP_RET_TRACE)
		return af_trap_write(w->bpf, w->graph->trap, verdict);
	return af_bpf_ret(w->bpf, verdict);
}

static struct af_target *write_node(struct af_writer *w, uint16_t index)
{
	struct af_node *node = &w->graph->nodes[index];

	if (node->written)
		return &node->target;
	node->written = true;
	if (node->field == AF_FIELD_NONE)
		node->target = write_leaf(w, node->mask);
	else
		node->target = write_load(w, index);
	return &node->target;
}

/* What @node leads to. */
static struct af_target *write_next(struct af_writer *w,
				    const struct af_node *node, uint16_t index)
{
	const struct af_node *next = &w->graph->nodes[index];

	if (next->field == node->field && next->mask == node->mask)
		return write_loaded(w, index);
	return write_node(w, index);
}

void af_graph_write(struct af_graph *graph, uint16_t node, struct af_bpf *bpf)
{
	struct af_writer w = { .graph = graph, .bpf = bpf };

	write_node(&w, node);
}
