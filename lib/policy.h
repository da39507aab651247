/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A policy after parsing: callers and the rules of each. */
#ifndef AF_POLICY_H
#define AF_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "libaf/abi.h"

/* System call numbers are below this; x86-64 has fewer than 500. */
#define AF_NR_MAX 1024

/* Set in the numbers of x32's calls, all of which are denied. */
#define AF_X32_BIT 0x40000000U

/* Bytes of a policy: ten times one of 200 libraries with 100 calls each. */
#define AF_MAX_POLICY (1U << 20)

/* A set of system call numbers. */
struct af_nrset {
	uint64_t bits[AF_NR_MAX / 64];
};

static inline void af_nrset_add(struct af_nrset *set, unsigned int nr)
{
	set->bits[nr / 64] |= (uint64_t)1 << (nr % 64);
}

static inline void af_nrset_remove(struct af_nrset *set, unsigned int nr)
{
	set->bits[nr / 64] &= ~((uint64_t)1 << (nr % 64));
}

static inline bool af_nrset_has(const struct af_nrset *set, unsigned int nr)
{
	return nr < AF_NR_MAX && (set->bits[nr / 64] >> (nr % 64)) & 1;
}

enum af_op {
	AF_OP_EQ,
	AF_OP_NE,
	AF_OP_LT,
	AF_OP_LE,
	AF_OP_GT,
	AF_OP_GE,
};

/* Arguments of a system call. */
#define AF_NR_ARGS 6

/* Does argument @arg, of which the bits of @mask count, compare with @value? */
struct af_test {
	unsigned int arg;
	enum af_op op;
	uint64_t mask;
	uint64_t value;
};

/*
 * What happens to one system call: @action, a SECCOMP_RET_* value, if it comes
 * after one of certain calls and all @tests hold.  With @any_prev it may come
 * after every call, else after those in @after and after itself (a restarted
 * call shows as its own predecessor), with @after_start where none is known,
 * with @after_signal as the first one of a signal handler.  If @ip is not 0,
 * that is the instruction pointer, which is behind the instruction that makes
 * the call.
 */
struct af_rule {
	unsigned int nr;
	uint32_t action;
	uint64_t ip;
	bool any_prev;
	bool after_start;
	bool after_signal;
	struct af_nrset after;
	struct af_test *tests;
	size_t nr_tests;
	struct af_place place;
};

/*
 * Of the rules for one call each caller has at most this many, which bounds
 * the depth of what they become.
 */
#define AF_MAX_ALTERNATIVES 16
#define AF_MAX_TESTS        6

enum af_caller_kind {
	AF_CALLER_UNKNOWN,
	AF_CALLER_PROGRAM,
	AF_CALLER_LIBRARY,
	AF_CALLER_PART,
	AF_CALLER_LAUNCHER,
	AF_CALLER_REPORTER,
};

enum af_piece_kind {
	AF_PIECE_SECTION,
	AF_PIECE_SYMBOL,
	AF_PIECE_RANGE,
};

/*
 * Something that a part consists of.
 * @name: of a section or symbol, else NULL
 * @start, @end: of a range, virtual addresses as in the file
 */
struct af_piece {
	enum af_piece_kind kind;
	char *name;
	uint64_t start;
	uint64_t end;
	struct af_place place;
};

/*
 * What is a caller of its own within a file.
 * @next: the policy's list
 * @of: id of the caller whose file it is
 */
struct af_part {
	struct af_part *next;
	size_t of;
	struct af_piece *pieces;
	size_t nr_pieces;
};

/* Of all parts of a policy together. */
#define AF_MAX_PIECES 4096

/*
 * Somebody who makes system calls.  Of the rules for a call the first that
 * fits decides.
 * @name: a library's file name, or an absolute path; a part's name; NULL for
 *	the other kinds, and for the program that is run
 * @part: what it consists of, if it is a part; that of a phase is the policy's
 * @rest: what no part takes of the file is its own, else nobody's
 * @transparent: it is looked through
 * @optional: its file need not be there
 * @place: where the policy names it first, line 0 if it does not
 * @block, @seen_through: where its block is, and where it is made transparent;
 *	line 0 if nowhere
 */
struct af_caller {
	enum af_caller_kind kind;
	char *name;
	struct af_part *part;
	bool rest;
	bool transparent;
	bool optional;
	struct af_place place;
	struct af_place block;
	struct af_place seen_through;
	struct af_rule *rules;
	size_t nr_rules;
};

/*
 * Indexes into libaf_policy.callers, which are the callers' ids.  The program
 * is the one that is run; those that the policy has paths of are among the
 * libraries.
 */
#define AF_ID_UNKNOWN LIBAF_SECCOMP_CALLER_UNKNOWN
#define AF_ID_PROGRAM 1
#define AF_ID_LIBRARY 2 /* the first of them */

/*
 * @name: the policy's file name, for errors
 * @deny: SECCOMP_RET_* value for what no rule is about
 * @newer: with @has_newer, the same for calls that are not in @known
 * @tells: of a call that is trapped, or left to a tracer by SECCOMP_RET_TRACE,
 *	which no policy can spell, the filter tells what af_trap_for() says
 * @common: rules that every caller but UNKNOWN has behind its own
 * @phases: of a policy that is not itself one; callers that both name have the
 *	same ids
 * @files: names of included files, to which places refer
 * @parts: those of its callers; none in a phase
 * @callers: by id: UNKNOWN, the program, then libraries and parts in the order
 *	in which the policy names them first, until af_order_callers();
 *	transparent ones are among them
 */
struct libaf_policy {
	char *name;
	uint32_t deny;
	uint32_t newer;
	bool has_newer;
	bool tells;
	struct af_nrset known;
	struct af_caller common;
	struct af_caller *callers;
	size_t nr_callers;
	struct af_part *parts;
	struct af_phase *phases;
	size_t nr_phases;
	char **files;
	size_t nr_files;
};

/* What a program confines itself to later on, in a second load. */
struct af_phase {
	char *name;
	struct af_place place;
	struct libaf_policy *policy;
};

/*
 * What the policy says of one call, straight from its rules: the reference
 * that compiled filters are tested against.  @extra, if not NULL, is one more
 * caller, whose id is nr_callers and who does not have the common rules.
 * Returns a SECCOMP_RET_* value.
 */
uint32_t af_policy_eval(const struct libaf_policy *policy,
			const struct af_caller *extra,
			const struct libaf_seccomp_data *data);

/* What it says of a call, of x86-64's convention, that no rule is about. */
uint32_t af_policy_default(const struct libaf_policy *policy, unsigned int nr);

/* Two of the questions that this asks of a rule. */
bool af_rule_comes_after(const struct af_rule *rule, int prev_nr);
bool af_rule_tests_hold(const struct af_rule *rule,
			const struct libaf_seccomp_data *data);

/*
 * What a stock kernel can enforce: each caller may make the calls that some
 * caller may make, whatever came before and whatever their arguments are.  A
 * call that nobody may make gets the strictest of what the callers get.
 * @actions: SECCOMP_RET_* values, by the number of the call
 */
void af_policy_union_actions(const struct libaf_policy *policy,
			     uint32_t actions[AF_NR_MAX]);

/* The calls that it lets run. */
void af_policy_union(const struct libaf_policy *policy, struct af_nrset *set);

/* Does this, a SECCOMP_RET_* value, happen to any call? */
bool af_policy_has_action(const struct libaf_policy *policy, uint32_t action);

/*
 * How many bits the kernel takes of an argument.  It ignores those above, so
 * that a test must do so, too: else a program could evade a rule.
 */
unsigned int af_arg_width(unsigned int nr, unsigned int arg);

/* Has the file of caller @of parts? */
bool af_policy_has_parts(const struct libaf_policy *policy, size_t of);

/* The word by which a block for @caller begins. */
const char *af_caller_kind_name(const struct libaf_policy *policy,
				const struct af_caller *caller);

/* Build a policy.  All return 0 or -ENOMEM. */
struct libaf_policy *af_policy_alloc(const char *name, size_t name_len);
int af_policy_add_library(struct libaf_policy *policy, const char *name,
			  size_t name_len, const struct af_place *place,
			  struct af_caller **caller);
int af_policy_add_part(struct libaf_policy *policy, size_t id, size_t of);
int af_part_add_piece(struct af_part *part, const char *name, size_t name_len,
		      struct af_piece **piece);
int af_caller_add_rule(struct af_caller *caller, unsigned int nr,
		       const struct af_place *place, struct af_rule **rule);
int af_policy_add_phase(struct libaf_policy *policy, const char *name,
			size_t name_len, const struct af_place *place,
			struct libaf_policy **phase);

/* Keep the name of an included file. */
int af_policy_add_file(struct libaf_policy *policy, const char *path,
		       char **file);
int af_rule_add_test(struct af_rule *rule, const struct af_test *test);

/* Free what belongs to a caller that is not part of a policy. */
void af_caller_release(struct af_caller *caller);

#endif /* AF_POLICY_H */
