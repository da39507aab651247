// SPDX-License-Identifier: LGPL-2.1-or-later
/* Decision graphs: nodes that decide alike are one node. */
#include <errno.h>
#include <string.h>

#include "graph.h"
#include "libaf/abi.h"

#define HASH_SIZE (2 * AF_MAX_NODES)

/* What a node adds to a program at least. */
static size_t min_insns(size_t nr_edges)
{
	return nr_edges ? nr_edges / 2 : 1;
}

uint32_t af_field_offset(enum af_field field)
{
	switch (field) {
	case AF_FIELD_NR:
		return offsetof(struct libaf_seccomp_data, nr);
	case AF_FIELD_ARCH:
		return offsetof(struct libaf_seccomp_data, arch);
	case AF_FIELD_PREV:
		return offsetof(struct libaf_seccomp_data, prev_nr);
	case AF_FIELD_CALLER:
		return offsetof(struct libaf_seccomp_data, caller_id);
	/* Little endian, as is all that libaf is for. */
	case AF_FIELD_IP:
		return offsetof(struct libaf_seccomp_data, instruction_pointer);
	case AF_FIELD_IP_HIGH:
		return offsetof(struct libaf_seccomp_data,
				instruction_pointer) +
		       4;
	default:
		return offsetof(struct libaf_seccomp_data, args) +
		       4 * (field - AF_FIELD_ARGS);
	}
}

void af_graph_init(struct af_graph *graph)
{
	memset(graph->hash, 0xff, sizeof(graph->hash));
	graph->nr_nodes = 0;
	graph->nr_edges = 0;
	graph->min_insns = 0;
}

void af_graph_mark(const struct af_graph *graph, struct af_graph_mark *mark)
{
	mark->nr_nodes = graph->nr_nodes;
	mark->nr_edges = graph->nr_edges;
	mark->min_insns = graph->min_insns;
}

void af_graph_back(struct af_graph *graph, const struct af_graph_mark *mark)
{
	size_t i;

	/* Open addressing: what came later is behind what came before. */
	for (i = 0; i < HASH_SIZE; i++) {
		if (graph->hash[i] != AF_NO_NODE &&
		    graph->hash[i] >= mark->nr_nodes)
			graph->hash[i] = AF_NO_NODE;
	}
	for (i = 0; i < mark->nr_nodes; i++) {
		graph->nodes[i].written = false;
		graph->nodes[i].is_decided = false;
	}
	graph->nr_nodes = mark->nr_nodes;
	graph->nr_edges = mark->nr_edges;
	graph->min_insns = mark->min_insns;
}

void af_edges_add(struct af_edges *edges, uint32_t from, uint16_t node)
{
	if (edges->nr && edges->edges[edges->nr - 1].node == node)
		return;
	if (!edges->nr)
		from = 0;
	edges->edges[edges->nr++] =
		(struct af_edge){ .from = from, .node = node };
}

static size_t hash_node(enum af_field field, uint32_t mask,
			const struct af_edges *edges)
{
	uint32_t hash = (field ^ mask) * 0x9e3779b1;

	for (size_t i = 0; i < edges->nr; i++) {
		hash = (hash ^ edges->edges[i].from) * 0x9e3779b1;
		hash ^= hash >> 15;
		hash = (hash ^ edges->edges[i].node) * 0x85ebca6b;
	}
	return (hash ^ (hash >> 13)) % HASH_SIZE;
}

static bool is_same(const struct af_graph *graph, const struct af_node *node,
		    enum af_field field, uint32_t mask,
		    const struct af_edges *edges)
{
	const struct af_edge *have = &graph->edges[node->first_edge];

	if (node->field != field || node->mask != mask ||
	    node->nr_edges != edges->nr)
		return false;
	for (size_t i = 0; i < edges->nr; i++) {
		if (have[i].from != edges->edges[i].from ||
		    have[i].node != edges->edges[i].node)
			return false;
	}
	return true;
}

static int new_node(struct af_graph *graph, enum af_field field, uint32_t mask,
		    const struct af_edges *edges, uint16_t *node)
{
	graph->min_insns += min_insns(edges->nr);
	if (graph->min_insns > BPF_MAXINSNS)
		return -E2BIG;
	graph->nodes[graph->nr_nodes] = (struct af_node){
		.field = field,
		.mask = mask,
		.first_edge = graph->nr_edges,
		.nr_edges = edges->nr,
	};
	for (size_t i = 0; i < edges->nr; i++)
		graph->edges[graph->nr_edges++] = edges->edges[i];
	*node = graph->nr_nodes++;
	return 0;
}

static int find_or_add(struct af_graph *graph, enum af_field field,
		       uint32_t mask, const struct af_edges *edges,
		       uint16_t *node)
{
	size_t slot = hash_node(field, mask, edges);

	while (graph->hash[slot] != AF_NO_NODE) {
		*node = graph->hash[slot];
		if (is_same(graph, &graph->nodes[*node], field, mask, edges))
			return 0;
		slot = (slot + 1) % HASH_SIZE;
	}
	if (new_node(graph, field, mask, edges, node))
		return -E2BIG;
	graph->hash[slot] = *node;
	return 0;
}

int af_graph_leaf(struct af_graph *graph, uint32_t verdict, uint16_t *node)
{
	static const struct af_edges none = { .nr = 0 };

	return find_or_add(graph, AF_FIELD_NONE, verdict, &none, node);
}

int af_graph_node(struct af_graph *graph, enum af_field field, uint32_t mask,
		  const struct af_edges *edges, uint16_t *node)
{
	/* A field of which no bit counts is 0. */
	if (edges->nr == 1 || !mask) {
		*node = edges->edges[0].node;
		return 0;
	}
	return find_or_add(graph, field, mask, edges, node);
}
