// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Policy to classic BPF.
 *
 * A policy becomes a graph whose inner nodes look at one field of the data
 * and whose leaves are verdicts.  Nodes that decide alike are one node.  The
 * architecture and the number come first, so that a call whose verdict
 * depends on nothing else is decided by instructions that the kernel can
 * evaluate in advance (see seccomp_is_const_allow() there).
 *
 * For the other calls there are two graphs to choose from: number, caller,
 * predecessor, which is small if few callers make a call; and caller, number,
 * predecessor, which is small if callers have the same lists.  The shorter
 * program wins.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "bpf.h"
#include "compile.h"

enum af_field {
	FIELD_NONE,
	FIELD_NR,
	FIELD_ARCH,
	FIELD_PREV,
	FIELD_CALLER,
	FIELD_IP_LOW,
	FIELD_IP_HIGH,
};

static const uint32_t field_offsets[] = {
	[FIELD_NR] = offsetof(struct libaf_seccomp_data, nr),
	[FIELD_ARCH] = offsetof(struct libaf_seccomp_data, arch),
	[FIELD_PREV] = offsetof(struct libaf_seccomp_data, prev_nr),
	[FIELD_CALLER] = offsetof(struct libaf_seccomp_data, caller_id),
	/* Little endian, as is all that libaf is for. */
	[FIELD_IP_LOW] =
		offsetof(struct libaf_seccomp_data, instruction_pointer),
	[FIELD_IP_HIGH] =
		offsetof(struct libaf_seccomp_data, instruction_pointer) + 4,
};

/* From the value @from up to the next edge's, the node @node decides. */
struct af_edge {
	uint32_t from;
	uint16_t node;
};

/*
 * A leaf (FIELD_NONE) or a decision by one field.  The first edge is from 0,
 * neighbouring edges lead to different nodes.
 * @target: where its code is, once it is written
 */
struct af_node {
	enum af_field field;
	bool written;
	size_t first_edge;
	size_t nr_edges;
	struct af_target target;
};

enum {
	NODE_DENY,
	NODE_ALLOW,
	NR_LEAVES,
	NODE_MISSING = UINT16_MAX,
};

/*
 * A decision with n edges needs at least one load and n / 2 comparisons,
 * since one comparison for equality tells apart three intervals.  A graph
 * that cannot fit into a program by this measure is not built any further,
 * which bounds its nodes and edges.
 */
#define MIN_INSNS(nr_edges) (1 + (nr_edges) / 2)
#define MAX_NODES           (BPF_MAXINSNS / 2 + NR_LEAVES)
#define MAX_EDGES           (2 * BPF_MAXINSNS)
#define HASH_SIZE           (2 * BPF_MAXINSNS)

struct af_graph {
	struct af_node nodes[MAX_NODES];
	struct af_edge edges[MAX_EDGES];
	uint16_t hash[HASH_SIZE];
	size_t nr_nodes;
	size_t nr_edges;
	size_t min_insns;
};

/* All rules of one caller for one call. */
struct af_cell {
	bool permitted;
	bool any_prev;
	uint64_t ip;
	struct af_nrset after;
};

/*
 * @nr_ids: callers, with the extra one
 * @verdicts: by caller and number, the node that decides when both are known
 * @edges: the edges of the node that is being made
 */
struct af_compiler {
	const struct libaf_policy *policy;
	const struct af_caller *extra;
	size_t nr_ids;
	uint16_t *verdicts;
	struct af_edge *edges;
	size_t nr_edges;
	struct af_cell cells[AF_NR_MAX];
	struct af_graph graph;
	struct af_bpf bpf;
};

static void graph_init(struct af_graph *graph)
{
	memset(graph->hash, 0xff, sizeof(graph->hash));
	memset(graph->nodes, 0, NR_LEAVES * sizeof(graph->nodes[0]));
	graph->nr_nodes = NR_LEAVES;
	graph->nr_edges = 0;
	graph->min_insns = 0;
}

static void edges_begin(struct af_compiler *c)
{
	c->nr_edges = 0;
}

static void edges_add(struct af_compiler *c, uint32_t from, uint16_t node)
{
	if (c->nr_edges && c->edges[c->nr_edges - 1].node == node)
		return;
	if (!c->nr_edges)
		from = 0;
	c->edges[c->nr_edges++] =
		(struct af_edge){ .from = from, .node = node };
}

static size_t hash_edges(const struct af_compiler *c, enum af_field field)
{
	uint32_t hash = field;

	for (size_t i = 0; i < c->nr_edges; i++) {
		hash = (hash ^ c->edges[i].from) * 0x9e3779b1;
		hash = (hash ^ (hash >> 15) ^ c->edges[i].node) * 0x85ebca6b;
	}
	return (hash ^ (hash >> 13)) % HASH_SIZE;
}

static bool same_edges(const struct af_compiler *c, enum af_field field,
		       const struct af_node *node)
{
	const struct af_edge *edges = &c->graph.edges[node->first_edge];

	if (node->field != field || node->nr_edges != c->nr_edges)
		return false;
	for (size_t i = 0; i < c->nr_edges; i++) {
		if (edges[i].from != c->edges[i].from ||
		    edges[i].node != c->edges[i].node)
			return false;
	}
	return true;
}

static int new_node(struct af_compiler *c, enum af_field field, uint16_t *node)
{
	struct af_graph *graph = &c->graph;

	graph->min_insns += MIN_INSNS(c->nr_edges);
	if (graph->min_insns > BPF_MAXINSNS)
		return -E2BIG;
	graph->nodes[graph->nr_nodes] = (struct af_node){
		.field = field,
		.first_edge = graph->nr_edges,
		.nr_edges = c->nr_edges,
	};
	memcpy(&graph->edges[graph->nr_edges], c->edges,
	       c->nr_edges * sizeof(*c->edges));
	graph->nr_edges += c->nr_edges;
	*node = graph->nr_nodes++;
	return 0;
}

/* The node that has the edges added since edges_begin(). */
static int edges_end(struct af_compiler *c, enum af_field field, uint16_t *node)
{
	size_t slot;

	if (c->nr_edges == 1) {
		*node = c->edges[0].node;
		return 0;
	}
	slot = hash_edges(c, field);
	while (c->graph.hash[slot] != NODE_MISSING) {
		*node = c->graph.hash[slot];
		if (same_edges(c, field, &c->graph.nodes[*node]))
			return 0;
		slot = (slot + 1) % HASH_SIZE;
	}
	if (new_node(c, field, node))
		return -E2BIG;
	c->graph.hash[slot] = *node;
	return 0;
}

/* By predecessor: those in the cell's set, and the call itself. */
static int build_prev(struct af_compiler *c, unsigned int nr, uint16_t *node)
{
	const struct af_nrset *after = &c->cells[nr].after;

	edges_begin(c);
	for (unsigned int prev = 0; prev < AF_NR_MAX; prev++) {
		bool allow = prev == nr || af_nrset_has(after, prev);

		edges_add(c, prev, allow ? NODE_ALLOW : NODE_DENY);
	}
	edges_add(c, AF_NR_MAX, NODE_DENY);
	return edges_end(c, FIELD_PREV, node);
}

/* What *node decides if a field has this value, else denied. */
static int build_only(struct af_compiler *c, enum af_field field,
		      uint32_t value, uint16_t *node)
{
	edges_begin(c);
	if (value)
		edges_add(c, 0, NODE_DENY);
	edges_add(c, value, *node);
	if (value != UINT32_MAX)
		edges_add(c, value + 1, NODE_DENY);
	return edges_end(c, field, node);
}

static int build_cell(struct af_compiler *c, unsigned int nr, uint16_t *node)
{
	const struct af_cell *cell = &c->cells[nr];

	*node = cell->permitted ? NODE_ALLOW : NODE_DENY;
	if (!cell->permitted)
		return 0;
	if (!cell->any_prev && build_prev(c, nr, node))
		return -E2BIG;
	if (!cell->ip)
		return 0;
	if (build_only(c, FIELD_IP_LOW, cell->ip, node))
		return -E2BIG;
	return build_only(c, FIELD_IP_HIGH, cell->ip >> 32, node);
}

static void merge_rules(struct af_compiler *c, const struct af_caller *caller)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];
		struct af_cell *cell;

		if (rule->nr >= AF_NR_MAX)
			continue;
		cell = &c->cells[rule->nr];
		cell->permitted = true;
		cell->ip = rule->ip;
		cell->any_prev |= rule->any_prev;
		for (size_t word = 0; word < AF_NR_MAX / 64; word++)
			cell->after.bits[word] |= rule->after.bits[word];
	}
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

static int build_verdicts(struct af_compiler *c)
{
	for (size_t id = 0; id < c->nr_ids; id++) {
		memset(c->cells, 0, sizeof(c->cells));
		merge_rules(c, caller_by_id(c, id));
		if (has_common_rules(c, id))
			merge_rules(c, &c->policy->common);
		for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
			if (build_cell(c, nr, verdict(c, id, nr)))
				return -E2BIG;
		}
	}
	return 0;
}

/*
 * The node that decides @nr for all callers alike, else NODE_MISSING.  Only
 * ids that the kernel can supply count: were an id that does not exist to be
 * denied, each permitted call would depend on the caller.
 */
static uint16_t shared_verdict(const struct af_compiler *c, unsigned int nr)
{
	uint16_t node = *verdict(c, 0, nr);

	for (size_t id = 1; id < c->nr_ids; id++) {
		if (*verdict(c, id, nr) != node)
			return NODE_MISSING;
	}
	return node;
}

static int build_nr_caller(struct af_compiler *c, unsigned int nr)
{
	edges_begin(c);
	for (size_t id = 0; id < c->nr_ids; id++)
		edges_add(c, id, *verdict(c, id, nr));
	edges_add(c, c->nr_ids, NODE_DENY);
	return edges_end(c, FIELD_CALLER, verdict(c, 0, nr));
}

/* Number, caller, predecessor: leaves what decides a call in row 0. */
static int build_by_nr(struct af_compiler *c)
{
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (shared_verdict(c, nr) != NODE_MISSING)
			continue;
		if (build_nr_caller(c, nr))
			return -E2BIG;
	}
	return 0;
}

/* @shared: by number, what shared_verdict() says */
static int build_caller_nr(struct af_compiler *c, const uint16_t *shared,
			   size_t id, uint16_t *node)
{
	edges_begin(c);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		/* Other numbers do not get here and may go anywhere. */
		if (shared[nr] == NODE_MISSING)
			edges_add(c, nr, *verdict(c, id, nr));
	}
	return edges_end(c, FIELD_NR, node);
}

/* Caller, number, predecessor: leaves what decides a call in row 0. */
static int build_by_caller(struct af_compiler *c)
{
	uint16_t shared[AF_NR_MAX], node;
	bool contested = false;

	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		shared[nr] = shared_verdict(c, nr);
		contested |= shared[nr] == NODE_MISSING;
	}
	if (!contested)
		return 0;
	for (size_t id = 0; id < c->nr_ids; id++) {
		if (build_caller_nr(c, shared, id, &node))
			return -E2BIG;
		/* The row has been used for the last time. */
		*verdict(c, id, 0) = node;
	}
	edges_begin(c);
	for (size_t id = 0; id < c->nr_ids; id++)
		edges_add(c, id, *verdict(c, id, 0));
	edges_add(c, c->nr_ids, NODE_DENY);
	if (edges_end(c, FIELD_CALLER, &node))
		return -E2BIG;
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		*verdict(c, 0, nr) = shared[nr] == NODE_MISSING ? node :
								  shared[nr];
	return 0;
}

static int build_root(struct af_compiler *c, uint16_t *root)
{
	uint16_t node;

	edges_begin(c);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		edges_add(c, nr, *verdict(c, 0, nr));
	edges_add(c, AF_NR_MAX, NODE_DENY);
	if (edges_end(c, FIELD_NR, &node))
		return -E2BIG;

	edges_begin(c);
	edges_add(c, 0, NODE_DENY);
	edges_add(c, AUDIT_ARCH_X86_64, node);
	edges_add(c, AUDIT_ARCH_X86_64 + 1, NODE_DENY);
	return edges_end(c, FIELD_ARCH, root);
}

static struct af_target *write_node(struct af_compiler *c, uint16_t index);

/*
 * A row of comparisons for equality is shorter than a tree where single
 * values lie scattered over one interval.  More than this many would take
 * longer to run than the tree.
 */
#define MAX_CHAIN 4

static bool is_single(const struct af_edge *edges, size_t i, size_t nr_edges)
{
	return i + 1 < nr_edges && edges[i + 1].from == edges[i].from + 1;
}

/*
 * The number of comparisons for equality that the edges [@lo, @hi) of @node
 * take, with @rest as what holds otherwise.  More than MAX_CHAIN if they
 * cannot be written so.
 */
static size_t chain_length(const struct af_compiler *c,
			   const struct af_node *node, size_t lo, size_t hi,
			   uint16_t rest)
{
	const struct af_edge *edges = &c->graph.edges[node->first_edge];
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

/* The best remaining node for a chain, or NODE_MISSING if a tree is better. */
static uint16_t find_chain(const struct af_compiler *c,
			   const struct af_node *node, size_t lo, size_t hi)
{
	const struct af_edge *edges = &c->graph.edges[node->first_edge];
	size_t best = hi - lo - 1;
	uint16_t rest = NODE_MISSING;

	/* No two neighbours are alike, so every second one is compared. */
	if (hi - lo > 2 * MAX_CHAIN + 1)
		return NODE_MISSING;
	for (size_t i = lo; i < hi; i++) {
		size_t length = chain_length(c, node, lo, hi, edges[i].node);

		if (length <= MAX_CHAIN && length < best) {
			best = length;
			rest = edges[i].node;
		}
	}
	return rest;
}

static struct af_target *write_chain(struct af_compiler *c,
				     const struct af_node *node, size_t lo,
				     size_t hi, uint16_t rest,
				     struct af_target *code)
{
	const struct af_edge *edges = &c->graph.edges[node->first_edge];
	struct af_target *no = write_node(c, rest);

	/* First, so that they do not come to lie between the comparisons. */
	for (size_t i = lo; i < hi; i++)
		write_node(c, edges[i].node);
	for (size_t i = hi; i-- > lo;) {
		if (edges[i].node == rest)
			continue;
		*code = af_bpf_jump(&c->bpf, BPF_JEQ, edges[i].from,
				    write_node(c, edges[i].node), no);
		no = code;
	}
	return no;
}

/*
 * Write the comparisons that choose among the edges [@lo, @hi) of @node.
 * What they lead to is written in between, near to where it is jumped from,
 * unless it is there already.  @code is room for the result.
 */
static struct af_target *write_edges(struct af_compiler *c,
				     const struct af_node *node, size_t lo,
				     size_t hi, struct af_target *code)
{
	const struct af_edge *edges = &c->graph.edges[node->first_edge];
	size_t mid = lo + (hi - lo) / 2;
	struct af_target upper_code, lower_code, *upper, *lower;
	uint16_t rest;

	if (hi - lo == 1)
		return write_node(c, edges[lo].node);
	rest = find_chain(c, node, lo, hi);
	if (rest != NODE_MISSING)
		return write_chain(c, node, lo, hi, rest, code);
	upper = write_edges(c, node, mid, hi, &upper_code);
	lower = write_edges(c, node, lo, mid, &lower_code);
	*code = af_bpf_jump(&c->bpf, BPF_JGE, edges[mid].from, upper, lower);
	return code;
}

/* Depth of recursion: one level for each field that is looked at. */
static struct af_target *write_node(struct af_compiler *c, uint16_t index)
{
	struct af_node *node = &c->graph.nodes[index];
	struct af_target code;
	uint32_t value;

	if (node->written)
		return &node->target;
	node->written = true;
	if (index < NR_LEAVES) {
		value = index == NODE_ALLOW ? SECCOMP_RET_ALLOW :
					      c->policy->deny;
		node->target = af_bpf_ret(&c->bpf, value);
		return &node->target;
	}
	write_edges(c, node, 0, node->nr_edges, &code);
	node->target = af_bpf_load(&c->bpf, field_offsets[node->field]);
	return &node->target;
}

/* Compile in one of the two orders. */
static int compile_order(struct af_compiler *c,
			 int (*build)(struct af_compiler *c),
			 struct sock_filter **prog, size_t *len)
{
	uint16_t root;

	graph_init(&c->graph);
	af_bpf_init(&c->bpf);
	if (build_verdicts(c) || build(c) || build_root(c, &root))
		return -E2BIG;
	write_node(c, root);
	return af_bpf_finish(&c->bpf, prog, len);
}

static int compile_shorter(struct af_compiler *c, struct sock_filter **prog,
			   size_t *len)
{
	struct sock_filter *other;
	size_t other_len;
	int first, second;

	first = compile_order(c, build_by_nr, prog, len);
	if (first == -ENOMEM)
		return -ENOMEM;
	second = compile_order(c, build_by_caller, &other, &other_len);
	if (second) {
		if (second == -ENOMEM && !first)
			free(*prog);
		return second == -ENOMEM ? -ENOMEM : first;
	}
	if (!first && *len <= other_len) {
		free(other);
		return 0;
	}
	if (!first)
		free(*prog);
	*prog = other;
	*len = other_len;
	return 0;
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
	/* One edge for each value, and one for all that is larger. */
	most = (c->nr_ids > AF_NR_MAX ? c->nr_ids : AF_NR_MAX) + 1;
	c->verdicts = calloc(c->nr_ids, AF_NR_MAX * sizeof(*c->verdicts));
	c->edges = calloc(most, sizeof(*c->edges));
	if (c->verdicts && c->edges)
		return c;
	free(c->verdicts);
	free(c->edges);
	free(c);
	return NULL;
}

static void compiler_free(struct af_compiler *c)
{
	free(c->verdicts);
	free(c->edges);
	free(c);
}

static size_t set_size(const struct af_nrset *set)
{
	size_t size = 0;

	for (size_t word = 0; word < AF_NR_MAX / 64; word++)
		size += __builtin_popcountll(set->bits[word]);
	return size;
}

/* How much the rules of a caller add to a program, roughly. */
static size_t weight(const struct libaf_policy *policy,
		     const struct af_caller *caller)
{
	size_t sum = 0;

	for (size_t i = 0; i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];

		if (!rule->any_prev)
			sum += 1 + set_size(&rule->after);
		else if (caller != &policy->common)
			sum++;
	}
	return sum;
}

static const char *kind_name(const struct libaf_policy *policy,
			     const struct af_caller *caller)
{
	if (caller == &policy->common)
		return "common";
	switch (caller->kind) {
	case AF_CALLER_UNKNOWN:
		return "unknown";
	case AF_CALLER_PROGRAM:
		return "program";
	default:
		return "library";
	}
}

static int too_big(const struct libaf_policy *policy, struct libaf_error *err)
{
	const struct af_caller *largest = &policy->common;
	const struct af_place *place;

	for (size_t id = 0; id < policy->nr_callers; id++) {
		const struct af_caller *caller = &policy->callers[id];

		if (weight(policy, caller) > weight(policy, largest))
			largest = caller;
	}
	place = largest->place.line ? &largest->place : NULL;
	af_error(err, -E2BIG, policy->name, place,
		 "the filter has more than %d instructions; the largest part "
		 "is that of %s%s%.128s",
		 BPF_MAXINSNS, kind_name(policy, largest),
		 largest->name ? " " : "", largest->name ? largest->name : "");
	af_hint(err, "move what many libraries need to the common block, or "
		     "drop `after` where it helps little");
	return -E2BIG;
}

int af_compile(const struct libaf_policy *policy, const struct af_caller *extra,
	       struct sock_filter **prog, size_t *len, struct libaf_error *err)
{
	struct af_compiler *c = compiler_new(policy, extra);
	int ret = c ? compile_shorter(c, prog, len) : -ENOMEM;

	if (c)
		compiler_free(c);
	if (ret == -ENOMEM)
		return af_error(err, ret, policy->name, NULL, "out of memory");
	if (ret == -E2BIG)
		return too_big(policy, err);
	return ret;
}
