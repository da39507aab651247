// SPDX-License-Identifier: LGPL-2.1-or-later
/* The policy language: text to struct libaf_policy.  See libaf-policy(5). */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "names.h"
#include "order.h"
#include "parse.h"

/* All names of files, parts and symbols: 128 bytes for each of 500 libraries. */
#define MAX_NAMES (64U << 10)

/* What Linux takes as a path, and as one part of it. */
#define MAX_PATH 4095
#define MAX_FILE 255

const char *const af_statements[] = {
	"common", "default", "include", "library",     "newer",   "optional",
	"part",   "phase",   "program", "transparent", "unknown", NULL,
};

int af_parse_end_of_line(struct af_parser *p, const char *what)
{
	int ret = af_lex_next(&p->lex);

	if (ret <= 0)
		return ret;
	return lex_error(&p->lex, &p->lex.word.place,
			 "unexpected `%.*s` after %s", SHOWN(&p->lex.word),
			 what);
}

int af_parse_opening_brace(struct af_parser *p)
{
	int ret = af_lex_next(&p->lex);

	if (ret < 0)
		return ret;
	if (!ret || !af_word_is(&p->lex.word, "{")) {
		ret = lex_error(&p->lex,
				ret ? &p->lex.word.place : &p->lex.behind,
				"no `{` after the block's header");
		af_hint(p->lex.err, "`{` follows in the same line");
		return ret;
	}
	return 0;
}

int af_parse_block(struct af_parser *p, struct af_caller *caller,
		   const struct af_place *place)
{
	int ret;

	if (caller->block.line)
		return lex_error(&p->lex, place,
				 "this block repeats the one in %s%u%s%s",
				 SEEN(&p->lex, &caller->block));
	ret = af_parse_opening_brace(p);
	if (ret)
		return ret;
	caller->block = *place;
	if (!caller->place.line)
		caller->place = *place;
	p->nr_blocks++;
	p->block = caller;
	memset(&p->rules, 0, sizeof(p->rules));
	return af_parse_rules(p);
}

/*
 * Is this part of a path, @len bytes without a slash, fit to be compared with
 * others byte by byte?
 */
static bool is_file_name(const char *s, size_t len)
{
	if (!len || (len == 1 && s[0] == '.'))
		return false;
	return len != 2 || s[0] != '.' || s[1] != '.';
}

static bool is_absolute_path(const char *s, size_t len)
{
	const char *end = s + len;

	do {
		const char *slash;

		if (*s++ != '/')
			return false;
		slash = memchr(s, '/', end - s);
		if (!slash)
			slash = end;
		if (!is_file_name(s, slash - s))
			return false;
		s = slash;
	} while (s < end);
	return true;
}

int af_check_name_len(struct af_parser *p, size_t max)
{
	const struct af_word *word = &p->lex.word;

	if (word->len > max)
		return lex_limit(&p->lex, &word->place,
				 "a name here has at most %zu bytes", max);
	p->names_len += word->len;
	if (p->names_len > MAX_NAMES)
		return lex_limit(&p->lex, &word->place,
				 "the names exceed %u KiB together",
				 MAX_NAMES >> 10);
	return 0;
}

/* Is it an absolute path or, unless @path, a file name? */
static bool is_name(const struct af_word *word, bool path)
{
	if (memchr(word->start, '/', word->len))
		return is_absolute_path(word->start, word->len);
	return !path && !af_is_brace(*word->start) &&
	       is_file_name(word->start, word->len);
}

static int check_name(struct af_parser *p, bool path)
{
	const struct af_word *word = &p->lex.word;
	int ret;

	if (is_name(word, path))
		return af_check_name_len(p, *word->start == '/' ? MAX_PATH :
								  MAX_FILE);
	ret = lex_error(&p->lex, &word->place, "`%.*s` is not %s", SHOWN(word),
			path ? "an absolute path" :
			       "a file name or an absolute path");
	if (memchr(word->start, '/', word->len))
		af_hint(p->lex.err,
			"an absolute path has no `.`, `..` or `//`");
	return ret;
}

static int other_kind(const struct af_parser *p, const struct af_caller *caller)
{
	bool part = caller->kind == AF_CALLER_PART;

	return lex_error(&p->lex, &p->lex.word.place,
			 "`%.*s` is a %s already, in %s%u%s%s",
			 SHOWN(&p->lex.word), part ? "part" : "file",
			 SEEN(&p->lex, &caller->place));
}

/* Find the caller that the current word names, or add it. */
static int get_caller(struct af_parser *p, enum af_caller_kind kind, size_t *id)
{
	struct libaf_policy *policy = p->policy;
	bool part = kind == AF_CALLER_PART;
	struct af_caller *caller;

	for (*id = AF_ID_LIBRARY; *id < policy->nr_callers; ++*id) {
		caller = &policy->callers[*id];
		if (af_word_is(&p->lex.word, caller->name))
			return part == (caller->kind == AF_CALLER_PART) ?
				       0 :
				       other_kind(p, caller);
	}
	if (*id == AF_ID_LIBRARY + AF_MAX_LIBRARIES)
		return lex_limit(
			&p->lex, &p->lex.word.place,
			"the policy names more than %d libraries and parts",
			AF_MAX_LIBRARIES);
	if (af_policy_add_library(policy, p->lex.word.start, p->lex.word.len,
				  &p->lex.word.place, &caller))
		return af_lex_no_memory(&p->lex);
	caller->kind = kind;
	return 0;
}

int af_parse_file(struct af_parser *p, bool path, size_t *id)
{
	int ret = check_name(p, path);

	if (!ret)
		ret = get_caller(p, AF_CALLER_LIBRARY, id);
	if (ret)
		return ret;
	if (path)
		p->policy->callers[*id].kind = AF_CALLER_PROGRAM;
	p->policy->callers[*id].optional |= p->optional;
	return 0;
}

int af_parse_part_name(struct af_parser *p, size_t *id)
{
	const struct af_word *word = &p->lex.word;
	int ret;

	if (memchr(word->start, '/', word->len) || !is_name(word, false) ||
	    af_word_in(word, af_statements))
		return lex_error(&p->lex, &word->place,
				 "`%.*s` cannot be the name of a part",
				 SHOWN(word));
	ret = af_check_name_len(p, MAX_FILE);
	return ret ? ret : get_caller(p, AF_CALLER_PART, id);
}

/* A block for a file: what parts do not take of it is its caller's. */
static int parse_file_block(struct af_parser *p, bool path,
			    const struct af_place *place)
{
	size_t id;
	int ret = af_parse_file(p, path, &id);

	if (ret)
		return ret;
	p->policy->callers[id].rest = true;
	return af_parse_block(p, &p->policy->callers[id], place);
}

static int parse_common(struct af_parser *p)
{
	struct af_place place = p->lex.word.place;

	return af_parse_block(p, &p->policy->common, &place);
}

static int parse_unknown(struct af_parser *p)
{
	struct af_place place = p->lex.word.place;

	return af_parse_block(p, &p->policy->callers[AF_ID_UNKNOWN], &place);
}

static int parse_library(struct af_parser *p)
{
	struct af_place place = p->lex.word.place;
	int ret = af_lex_next(&p->lex);

	if (!ret)
		return af_lex_incomplete(&p->lex,
					 "as in `library libssl.so.3 {`");
	return ret < 0 ? ret : parse_file_block(p, false, &place);
}

static int parse_program(struct af_parser *p)
{
	struct af_caller *program = &p->policy->callers[AF_ID_PROGRAM];
	const char *pos = p->lex.pos;
	struct af_place place = p->lex.word.place;
	int ret = af_lex_next(&p->lex);

	if (ret < 0)
		return ret;
	/* The program at a path, whatever is run. */
	if (ret && !af_word_is(&p->lex.word, "{"))
		return parse_file_block(p, true, &place);
	p->lex.pos = pos;
	program->rest = true;
	return af_parse_block(p, program, &place);
}

static int cannot_be_optional(const struct af_parser *p)
{
	return lex_error(&p->lex, &p->lex.word.place,
			 "`%.*s` cannot be optional", SHOWN(&p->lex.word));
}

/* A library's name, or "program". */
static int parse_transparent_file(struct af_parser *p, size_t *id)
{
	struct af_caller *program = &p->policy->callers[AF_ID_PROGRAM];

	if (!af_word_is(&p->lex.word, "program"))
		return af_parse_file(p, false, id);
	if (p->optional)
		return cannot_be_optional(p);
	if (!program->place.line)
		program->place = p->lex.word.place;
	*id = AF_ID_PROGRAM;
	return 0;
}

static int parse_transparent(struct af_parser *p)
{
	struct af_caller *caller;
	bool empty = true;
	size_t id;
	int ret;

	while ((ret = af_lex_next(&p->lex)) > 0) {
		ret = parse_transparent_file(p, &id);
		if (ret)
			return ret;
		caller = &p->policy->callers[id];
		if (caller->transparent)
			return lex_error(&p->lex, &p->lex.word.place,
					 "`%.*s` is transparent already, by "
					 "%s%u%s%s",
					 SHOWN(&p->lex.word),
					 SEEN(&p->lex, &caller->seen_through));
		caller->seen_through = p->lex.word.place;
		caller->transparent = true;
		caller->rest = true;
		empty = false;
	}
	if (!ret && empty)
		return af_lex_incomplete(&p->lex,
					 "as in `transparent libc.so.6`");
	return ret;
}

static int parse_action(struct af_parser *p, struct af_place *first,
			uint32_t *action, const char *hint)
{
	int ret;

	if (first->line)
		return lex_error(&p->lex, &p->lex.word.place,
				 "this `%.*s` repeats the one in %s%u%s%s",
				 SHOWN(&p->lex.word), SEEN(&p->lex, first));
	*first = p->lex.word.place;
	ret = af_lex_next(&p->lex);
	if (!ret)
		return af_lex_incomplete(&p->lex, hint);
	if (ret > 0)
		ret = af_name_action(&p->lex, false, action);
	return ret ? ret : af_parse_end_of_line(p, "the action");
}

static int parse_default(struct af_parser *p)
{
	return parse_action(p, &p->default_place, &p->policy->deny,
			    "as in `default kill`");
}

static void find_known_calls(struct af_nrset *known)
{
	unsigned int nr;
	char *name;

	for (nr = 0; (name = af_next_call(&nr)); nr++) {
		af_nrset_add(known, nr);
		free(name);
	}
}

static int parse_newer(struct af_parser *p)
{
	find_known_calls(&p->policy->known);
	p->policy->has_newer = true;
	return parse_action(p, &p->newer_place, &p->policy->newer,
			    "as in `newer errno ENOSYS`");
}

static int unknown_statement(const struct af_parser *p)
{
	const struct af_word *word = &p->lex.word;
	struct af_suggestion s;
	char name[AF_MAX_WORD];
	int ret;

	if (af_is_brace(*word->start))
		return lex_error(&p->lex, &word->place,
				 "`%c` without a block's header", *word->start);
	ret = lex_error(&p->lex, &word->place, "unknown statement `%.*s`",
			SHOWN(word));
	af_suggest_begin(&s, word->start, word->len);
	for (size_t i = 0; af_statements[i]; i++)
		af_suggest(&s, af_statements[i]);
	if (af_suggest_end(&s, p->lex.err) || !af_word_copy(word, name))
		return ret;
	if (*name == '@' ||
	    seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name) >= 0)
		af_hint(p->lex.err,
			"system calls belong in a block: `common { %s }`",
			name);
	return ret;
}

static bool is_in_phase(const struct af_parser *p)
{
	return p->policy != p->base;
}

static int not_in_phase(const struct af_parser *p)
{
	int ret = lex_error(&p->lex, &p->lex.word.place,
			    "`%.*s` inside of a phase", SHOWN(&p->lex.word));

	af_hint(p->lex.err,
		"end the phase that begins in line %u with `}` first",
		p->phase_place.line);
	return ret;
}

/* What a statement is that may be missing. */
static int parse_what_is_optional(struct af_parser *p)
{
	if (af_word_is(&p->lex.word, "library"))
		return parse_library(p);
	if (af_word_is(&p->lex.word, "transparent"))
		return is_in_phase(p) ? not_in_phase(p) : parse_transparent(p);
	if (af_word_is(&p->lex.word, "part"))
		return af_parse_part(p);
	return cannot_be_optional(p);
}

static int parse_optional(struct af_parser *p)
{
	int ret = af_lex_next(&p->lex);

	if (!ret)
		return af_lex_incomplete(
			&p->lex, "as in `optional library libnss_sss.so.2 {`");
	if (ret < 0)
		return ret;
	p->optional = true;
	ret = parse_what_is_optional(p);
	p->optional = false;
	return ret;
}

/* @of_all: what holds for all phases, and is not said in one of them */
static const struct statement {
	const char *name;
	int (*parse)(struct af_parser *p);
	bool of_all;
} statements[] = {
	{ "common", parse_common, false },
	{ "unknown", parse_unknown, false },
	{ "program", parse_program, false },
	{ "library", parse_library, false },
	{ "optional", parse_optional, false },
	{ "part", af_parse_part, false },
	{ "transparent", parse_transparent, true },
	{ "default", parse_default, true },
	{ "newer", parse_newer, true },
	{ "include", af_parse_include, true },
	{ "phase", af_parse_phase, true },
};

static int parse_statement(struct af_parser *p)
{
	int ret = af_lex_next(&p->lex);

	if (ret <= 0)
		return ret;
	if (is_in_phase(p) && af_word_is(&p->lex.word, "}"))
		return af_end_phase(p);
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		if (!af_word_is(&p->lex.word, statements[i].name))
			continue;
		if (is_in_phase(p) && statements[i].of_all)
			return not_in_phase(p);
		return statements[i].parse(p);
	}
	return unknown_statement(p);
}

static int no_end(const struct af_parser *p, const struct af_place *place,
		  const char *what)
{
	int ret = lex_error(&p->lex, place,
			    "the %s that begins here has no end", what);

	af_hint(p->lex.err, "end it with `}`");
	return ret;
}

int af_parse_lines(struct af_parser *p)
{
	int ret;

	do {
		ret = p->block ? af_parse_rules(p) : parse_statement(p);
	} while (!ret && af_lex_next_line(&p->lex));
	if (ret)
		return ret;
	if (p->block)
		return no_end(p, &p->block->block, "block");
	if (is_in_phase(p))
		return no_end(p, &p->phase_place, "phase");
	return 0;
}

static int parse_text(struct af_parser *p)
{
	int ret = af_parse_lines(p);

	if (ret)
		return ret;
	if (!p->nr_blocks && p->base->deny != SECCOMP_RET_LOG) {
		ret = lex_error(&p->lex, NULL, "the policy permits nothing");
		af_hint(p->lex.err,
			"add a block, as in `common { read write }`");
		return ret;
	}
	ret = af_check_parts(p);
	if (!ret && (af_order_callers(p->base) || af_finish_phases(p->base)))
		return af_lex_no_memory(&p->lex);
	return ret;
}

int af_parse(const char *text, size_t len, const char *name, bool from_file,
	     struct libaf_policy **policy, struct libaf_error *err)
{
	struct af_parser p = { .may_include = from_file };
	int ret;

	if (len > AF_MAX_POLICY)
		return af_error(err, -E2BIG, name, NULL,
				"the policy is larger than %u KiB",
				AF_MAX_POLICY >> 10);
	p.base = af_policy_alloc(name, strlen(name));
	if (!p.base)
		return af_error(err, -ENOMEM, name, NULL, "out of memory");
	p.policy = p.base;
	af_lex_begin(&p.lex, p.base->name, text, len, err);
	ret = parse_text(&p);
	if (ret)
		libaf_policy_free(p.base);
	else
		*policy = p.base;
	return ret;
}

LIBAF_API int libaf_policy_parse(const char *text, size_t len, const char *name,
				 struct libaf_policy **policy,
				 struct libaf_error *err)
{
	af_error_clear(err);
	if (policy)
		*policy = NULL;
	if (!policy || (!text && len))
		return af_error(err, -EINVAL, name, NULL,
				"an argument is NULL");
	return af_parse(text, len, name ? name : "", false, policy, err);
}
