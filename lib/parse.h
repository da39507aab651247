/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files that read the policy language share. */
#ifndef AF_PARSE_H
#define AF_PARSE_H

#include "lex.h"
#include "policy.h"

/*
 * The kernel takes 1024 objects, and a library may have more than one
 * executable segment.  Parts count as libraries.
 */
#define AF_MAX_LIBRARIES 500

/* About 200 bytes each, so that the largest policy needs about 13 MiB. */
#define AF_MAX_RULES 65536

/*
 * Of the rules of a block.
 * @closed: calls that no further rule can be about, as a rule without conditions
 *	is
 * @nr_rules: how many there are for each call
 */
struct af_block_rules {
	struct af_nrset closed;
	uint8_t nr_rules[AF_NR_MAX];
};

/*
 * @base: the whole policy
 * @policy: that, or the phase that is being read
 * @block: whose rules are being read, NULL outside of blocks
 * @rules: what is known of these
 * @phase_place: where the phase begins
 * @optional: what the statement names may be missing
 * @including: an included file is being read
 * @may_include: files can be included
 * @default_place, @newer_place: of these statements; line 0 if there was none
 */
struct af_parser {
	struct libaf_policy *base;
	struct libaf_policy *policy;
	struct af_lexer lex;
	struct af_caller *block;
	struct af_block_rules rules;
	struct af_place phase_place;
	bool optional;
	bool including;
	bool may_include;
	size_t nr_blocks;
	size_t nr_rules;
	size_t nr_pieces;
	size_t names_len;
	struct af_place default_place;
	struct af_place newer_place;
};

/* Words that begin a statement; NULL at the end. */
extern const char *const af_statements[];

/*
 * Read a policy.  Its files can include others if it is @from_file.  Returns
 * what libaf_policy_read() does.
 */
int af_parse(const char *text, size_t len, const char *name, bool from_file,
	     struct libaf_policy **policy, struct libaf_error *err);

/* Read the rest of "include FILE", and the file. */
int af_parse_include(struct af_parser *p);

/* Read what is in the lexer, to its end. */
int af_parse_lines(struct af_parser *p);

/*
 * Find the caller that the current word names, or add it: the file by this name
 * or, with @path, at this path; or the part.
 */
int af_parse_file(struct af_parser *p, bool path, size_t *id);
int af_parse_part_name(struct af_parser *p, size_t *id);

/* The current word is a name of at most @max bytes.  Is there room for it? */
int af_check_name_len(struct af_parser *p, size_t max);

/* Read the block of @caller from its "{" on.  Its header begins at @place. */
int af_parse_block(struct af_parser *p, struct af_caller *caller,
		   const struct af_place *place);

/* Read the rest of "part NAME ...". */
int af_parse_part(struct af_parser *p);

/* Is each part that has a block defined, in the policy and in its phases? */
int af_check_parts(struct af_parser *p);

/* Read the "{" that ends a block's header. */
int af_parse_opening_brace(struct af_parser *p);

/* Read the rest of "phase NAME {", and its end. */
int af_parse_phase(struct af_parser *p);
int af_end_phase(struct af_parser *p);

/* Make the phases complete. */
int af_finish_phases(struct libaf_policy *policy);

/* Nothing may follow in this line but what @what ends. */
int af_parse_end_of_line(struct af_parser *p, const char *what);

/* Read rules, up to the end of the line or the block.  0 or negative errno. */
int af_parse_rules(struct af_parser *p);

#endif /* AF_PARSE_H */
