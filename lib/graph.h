/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decision graphs.
 *
 * Inner nodes look at one field of the data, or at some of its bits, and
 * leaves are verdicts.  Nodes that decide alike are one node.
 */
#ifndef AF_GRAPH_H
#define AF_GRAPH_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf.h"
#include "trap.h"

/* 32 bits each, so that what has 64 is two. */
enum af_field {
	AF_FIELD_NONE,
	AF_FIELD_NR,
	AF_FIELD_ARCH,
	AF_FIELD_PREV,
	AF_FIELD_CALLER,
	AF_FIELD_IP,
	AF_FIELD_IP_HIGH,
	AF_FIELD_ARGS,
};

/* The lower half of an argument; the upper half is the next one. */
static inline enum af_field af_field_arg(unsigned int arg)
{
	return (enum af_field)(AF_FIELD_ARGS + 2 * arg);
}

/* Offset of a field in the data. */
uint32_t af_field_offset(enum af_field field);

/* From the value @from up to the next edge's, the node @node decides. */
struct af_edge {
	uint32_t from;
	uint16_t node;
};

/*
 * A leaf (AF_FIELD_NONE) or a decision by one field.  The first edge is from
 * 0, neighbouring edges lead to different nodes.
 * @mask: the bits of the field that count; of a leaf, its verdict
 * @target: where its code is, once it is @written
 * @loaded: where it begins for who has the field already, once it @is_decided
 */
struct af_node {
	enum af_field field;
	uint32_t mask;
	bool written;
	bool is_decided;
	size_t first_edge;
	size_t nr_edges;
	struct af_target target;
	struct af_target loaded;
};

/*
 * A decision with n edges needs at least n / 2 comparisons, since one comparison
 * for equality tells apart three intervals.  A graph
 * that cannot fit into a program by this measure is not built any further,
 * which bounds its nodes and edges.
 */
#define AF_MAX_NODES BPF_MAXINSNS
#define AF_MAX_EDGES (3 * BPF_MAXINSNS)
#define AF_NO_NODE   UINT16_MAX

/* @trap: what is told where a leaf is SECCOMP_RET_TRAP or SECCOMP_RET_TRACE */
struct af_graph {
	enum af_trap trap;
	struct af_node nodes[AF_MAX_NODES];
	struct af_edge edges[AF_MAX_EDGES];
	uint16_t hash[2 * AF_MAX_NODES];
	size_t nr_nodes;
	size_t nr_edges;
	size_t min_insns;
};

/*
 * The edges of a node that is being made: room for one for each value that is
 * told apart, and one for all that is larger.
 */
struct af_edges {
	struct af_edge *edges;
	size_t nr;
};

void af_graph_init(struct af_graph *graph);

/* The state of a graph, to which one can go back. */
struct af_graph_mark {
	size_t nr_nodes;
	size_t nr_edges;
	size_t min_insns;
};

void af_graph_mark(const struct af_graph *graph, struct af_graph_mark *mark);

/* Forget all nodes since @mark, and where the others were written. */
void af_graph_back(struct af_graph *graph, const struct af_graph_mark *mark);

/* All of these return 0, or -E2BIG if the graph becomes too large. */

/* The leaf that decides @verdict. */
int af_graph_leaf(struct af_graph *graph, uint32_t verdict, uint16_t *node);

/* The node that decides by these bits of a field. */
int af_graph_node(struct af_graph *graph, enum af_field field, uint32_t mask,
		  const struct af_edges *edges, uint16_t *node);

static inline void af_edges_begin(struct af_edges *edges)
{
	edges->nr = 0;
}

/* Add an edge, at a value above those before. */
void af_edges_add(struct af_edges *edges, uint32_t from, uint16_t node);

/* Write the node and all that it leads to.  Each node is written once. */
void af_graph_write(struct af_graph *graph, uint16_t node, struct af_bpf *bpf);

#endif /* AF_GRAPH_H */
