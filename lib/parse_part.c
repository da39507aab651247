// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Parts of files, which are callers of their own:
 *
 *	part NAME of FILE section|symbol|range WHAT ...
 *	part NAME { rules }
 *
 * The second may follow the first in its line.
 */
#include <errno.h>
#include <string.h>

#include "parse.h"

/* What C++ makes of a name can be long; this is longer. */
#define MAX_SYMBOL 1023

static const char as_in_part[] =
	"as in `part parser of program symbol parse {`";

static const struct {
	const char *name;
	enum af_piece_kind kind;
} kinds[] = {
	{ "section", AF_PIECE_SECTION },
	{ "symbol", AF_PIECE_SYMBOL },
	{ "range", AF_PIECE_RANGE },
};

/* A word that has to be there. */
static int next_in_part(struct af_parser *p)
{
	int ret = af_lex_next(&p->lex);

	if (ret > 0)
		return 0;
	return ret < 0 ? ret : af_lex_incomplete(&p->lex, as_in_part);
}

/* program [PATH]; the word behind it becomes the current one. */
static int parse_of_program(struct af_parser *p, size_t *of)
{
	struct af_caller *program = &p->policy->callers[AF_ID_PROGRAM];
	struct af_place place = p->lex.word.place;
	int ret;

	if (p->optional)
		return lex_error(&p->lex, &place,
				 "a part of the program cannot be optional");
	ret = next_in_part(p);
	if (ret)
		return ret;
	if (*p->lex.word.start != '/') {
		if (!program->place.line)
			program->place = place;
		*of = AF_ID_PROGRAM;
		return 0;
	}
	ret = af_parse_file(p, true, of);
	return ret ? ret : next_in_part(p);
}

/* program [PATH] | library NAME */
static int parse_of(struct af_parser *p, size_t *of)
{
	int ret = next_in_part(p);

	if (ret)
		return ret;
	if (af_word_is(&p->lex.word, "program"))
		return parse_of_program(p, of);
	if (!af_word_is(&p->lex.word, "library")) {
		ret = lex_error(&p->lex, &p->lex.word.place,
				"`%.*s` is neither `program` nor `library`",
				SHOWN(&p->lex.word));
		af_hint(p->lex.err, "%s", as_in_part);
		return ret;
	}
	ret = next_in_part(p);
	if (!ret)
		ret = af_parse_file(p, false, of);
	return ret ? ret : next_in_part(p);
}

static int parse_kind(const struct af_parser *p, enum af_piece_kind *kind)
{
	const struct af_word *word = &p->lex.word;
	struct af_suggestion s;
	int ret;

	af_suggest_begin(&s, word->start, word->len);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (af_word_is(word, kinds[i].name)) {
			*kind = kinds[i].kind;
			return 0;
		}
		af_suggest(&s, kinds[i].name);
	}
	ret = lex_error(&p->lex, &word->place,
			"`%.*s` is not `section`, `symbol` or `range`",
			SHOWN(word));
	if (!af_suggest_end(&s, p->lex.err))
		af_hint(p->lex.err, "%s", as_in_part);
	return ret;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Read 0x and up to 16 digits; nothing else, lest a decimal be meant. */
static bool read_address(const char **pos, const char *end, uint64_t *address)
{
	const char *digits = *pos + 2;

	if (end - *pos < 3 || memcmp(*pos, "0x", 2))
		return false;
	*address = 0;
	for (*pos = digits; *pos < end && digit_value(**pos) >= 0; ++*pos) {
		if (*pos - digits == 16)
			return false;
		*address = *address << 4 | (uint64_t)digit_value(**pos);
	}
	return *pos > digits;
}

static int parse_range(const struct af_parser *p, struct af_piece *piece)
{
	const struct af_word *word = &p->lex.word;
	const char *pos = word->start, *end = pos + word->len;
	int ret;

	if (read_address(&pos, end, &piece->start) && pos < end &&
	    *pos++ == '-' && read_address(&pos, end, &piece->end) &&
	    pos == end && piece->start < piece->end)
		return 0;
	ret = lex_error(&p->lex, &word->place,
			"`%.*s` is not a range of addresses", SHOWN(word));
	af_hint(p->lex.err,
		"as in `0x1000-0x2000`, up to but not including 0x2000");
	return ret;
}

static int parse_piece(struct af_parser *p, struct af_part *part,
		       enum af_piece_kind kind)
{
	const struct af_word *word = &p->lex.word;
	const char *name = kind == AF_PIECE_RANGE ? NULL : word->start;
	struct af_piece *piece;
	int ret = 0;

	if (p->nr_pieces++ == AF_MAX_PIECES)
		return lex_limit(
			&p->lex, &word->place,
			"the policy has more than %d sections, symbols and ranges",
			AF_MAX_PIECES);
	if (name)
		ret = af_check_name_len(p, MAX_SYMBOL);
	if (ret)
		return ret;
	if (af_part_add_piece(part, name, word->len, &piece))
		return af_lex_no_memory(&p->lex);
	piece->kind = kind;
	piece->place = word->place;
	return name ? 0 : parse_range(p, piece);
}

/* Names up to the end of the line or the block that begins in it. */
static int parse_pieces(struct af_parser *p, size_t id, enum af_piece_kind kind,
			const struct af_place *place)
{
	struct af_caller *caller = &p->policy->callers[id];
	const char *pos = p->lex.pos;
	bool empty = true;
	int ret;

	while ((ret = af_lex_next(&p->lex)) > 0 &&
	       !af_is_brace(*p->lex.word.start)) {
		ret = parse_piece(p, caller->part, kind);
		if (ret)
			return ret;
		pos = p->lex.pos;
		empty = false;
	}
	if (ret < 0)
		return ret;
	if (empty)
		return af_lex_incomplete(&p->lex, as_in_part);
	if (!ret)
		return 0;
	p->lex.pos = pos;
	return af_parse_block(p, caller, place);
}

/* A part is in one file, which has it where it is mapped. */
static int set_file(struct af_parser *p, size_t id, size_t of,
		    const struct af_place *place)
{
	const struct libaf_policy *policy = p->policy;
	const struct af_part *part = policy->callers[id].part;

	if (!part)
		return af_policy_add_part(p->policy, id, of) ?
			       af_lex_no_memory(&p->lex) :
			       0;
	if (part->of == of)
		return 0;
	return lex_error(&p->lex, place,
			 "this is a part of %.128s already, by %s%u%s%s",
			 part->of == AF_ID_PROGRAM ?
				 "the program" :
				 policy->callers[part->of].name,
			 SEEN(&p->lex, &part->pieces->place));
}

/* What a part consists of does not change from phase to phase. */
static int parse_definition(struct af_parser *p, size_t id,
			    const struct af_place *place)
{
	const struct af_place of_place = p->lex.word.place;
	enum af_piece_kind kind = AF_PIECE_RANGE;
	size_t of;
	int ret;

	if (p->policy != p->base)
		return lex_error(&p->lex, &of_place,
				 "a part is not defined inside of a phase");
	ret = parse_of(p, &of);
	if (!ret)
		ret = parse_kind(p, &kind);
	if (!ret)
		ret = set_file(p, id, of, &of_place);
	return ret ? ret : parse_pieces(p, id, kind, place);
}

int af_parse_part(struct af_parser *p)
{
	struct af_place place = p->lex.word.place;
	const char *pos;
	size_t id;
	int ret = next_in_part(p);

	if (!ret)
		ret = af_parse_part_name(p, &id);
	if (ret)
		return ret;
	pos = p->lex.pos;
	ret = next_in_part(p);
	if (ret)
		return ret;
	if (af_word_is(&p->lex.word, "of"))
		return parse_definition(p, id, &place);
	if (p->optional)
		return lex_error(&p->lex, &p->lex.word.place,
				 "a block of a part cannot be optional");
	p->lex.pos = pos;
	return af_parse_block(p, &p->policy->callers[id], &place);
}

static const struct af_caller *find_named(const struct libaf_policy *policy,
					  const char *name)
{
	for (size_t id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		if (!strcmp(policy->callers[id].name, name))
			return &policy->callers[id];
	}
	return NULL;
}

static int not_defined(const struct af_parser *p,
		       const struct af_caller *caller)
{
	const struct libaf_policy *policy = p->base;
	int ret = lex_error(&p->lex, &caller->place,
			    "the part `%.64s` is not defined", caller->name);
	struct af_suggestion s;

	af_suggest_begin(&s, caller->name, strlen(caller->name));
	for (size_t id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		if (policy->callers[id].part)
			af_suggest(&s, policy->callers[id].name);
	}
	if (!af_suggest_end(&s, p->lex.err))
		af_hint(p->lex.err, "%s", as_in_part);
	return ret;
}

static int check_caller(const struct af_parser *p,
			const struct af_caller *caller)
{
	const struct af_caller *whole = find_named(p->base, caller->name);
	bool defined = whole && whole->part;

	if (caller->kind == AF_CALLER_PART)
		return defined ? 0 : not_defined(p, caller);
	if (!defined)
		return 0;
	return lex_error(&p->lex, &caller->place,
			 "`%.64s` is a part, in %s%u%s%s", caller->name,
			 SEEN(&p->lex, &whole->place));
}

static int check_callers(const struct af_parser *p,
			 const struct libaf_policy *policy)
{
	int ret = 0;

	for (size_t id = AF_ID_LIBRARY; !ret && id < policy->nr_callers; id++)
		ret = check_caller(p, &policy->callers[id]);
	return ret;
}

int af_check_parts(struct af_parser *p)
{
	int ret = check_callers(p, p->base);

	for (size_t i = 0; !ret && i < p->base->nr_phases; i++)
		ret = check_callers(p, p->base->phases[i].policy);
	return ret;
}
