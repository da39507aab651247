/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files that read the policy language share. */
#ifndef AF_PARSE_H
#define AF_PARSE_H

#include "lex.h"
#include "policy.h"

/*
 * The kernel takes 1024 objects, and a library may have more than one
 * executable segment.
 */
#define AF_MAX_LIBRARIES 500

/* About 200 bytes each, so that the largest policy needs about 13 MiB. */
#define AF_MAX_RULES 65536

/*
 * @block: whose rules are being read, NULL outside of blocks
 * @block_place: where that block begins
 * @optional: what the statement names may be missing
 * @default_line, @newer_line, @common_block, @blocks, @transparent: line of the
 *	first statement, of the common block, and by caller; 0 if there was none
 */
struct af_parser {
	struct libaf_policy *policy;
	struct af_lexer lex;
	struct af_caller *block;
	struct af_place block_place;
	bool optional;
	size_t nr_blocks;
	size_t nr_rules;
	size_t names_len;
	unsigned int default_line;
	unsigned int newer_line;
	unsigned int common_block;
	unsigned int blocks[AF_ID_LIBRARY + AF_MAX_LIBRARIES];
	unsigned int transparent[AF_ID_LIBRARY + AF_MAX_LIBRARIES];
};

/* Words that begin a statement; NULL at the end. */
extern const char *const af_statements[];

/* Is this a word of the language as it is planned?  Then *ret is the error. */
bool af_is_for_later(const struct af_lexer *lex, int *ret);

/* Read rules, up to the end of the line or the block.  0 or negative errno. */
int af_parse_rules(struct af_parser *p);

#endif /* AF_PARSE_H */
