// SPDX-License-Identifier: LGPL-2.1-or-later
/* The policy language: text to struct libaf_policy.  See libaf-policy(5). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* strerrorname_np() */
#endif
#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "policy.h"
#include "suggest.h"

/*
 * The kernel takes 1024 objects, and a library may have more than one
 * executable segment.
 */
#define MAX_LIBRARIES 500

/* 160 bytes each, so that the largest policy needs about 10 MiB. */
#define MAX_RULES 65536

/* All names together: 128 bytes for each of 500 libraries. */
#define MAX_NAMES (64U << 10)

/* What Linux takes as a path, and as one part of it. */
#define MAX_PATH 4095
#define MAX_FILE 255

/* How much of a word an error shows. */
#define SHOWN(word)                                                   \
	(int)((word)->len < AF_MAX_WORD ? (word)->len : AF_MAX_WORD), \
		(word)->start

/* Largest errno value of Linux that has a name. */
#define MAX_ERRNO 133

struct word {
	const char *start;
	size_t len;
	struct af_place place;
};

/*
 * @pos: what is read next
 * @word: what next_word() found last
 * @behind: the place behind the last word, where one is missing
 * @block: whose rules are being read, NULL outside of blocks
 * @block_place: where that block begins
 * @default_line, @common_block, @blocks, @transparent: line of the first
 *	statement, of the common block, and by caller; 0 if there was none
 */
struct parser {
	struct libaf_policy *policy;
	struct libaf_error *err;
	const char *pos;
	const char *end;
	const char *line_start;
	unsigned int line;
	struct word word;
	struct af_place behind;
	struct af_caller *block;
	struct af_place block_place;
	size_t nr_blocks;
	size_t nr_rules;
	size_t names_len;
	unsigned int default_line;
	unsigned int common_block;
	unsigned int blocks[AF_ID_LIBRARY + MAX_LIBRARIES];
	unsigned int transparent[AF_ID_LIBRARY + MAX_LIBRARIES];
};

#define parse_error(p, place, ...) \
	af_error((p)->err, -EINVAL, (p)->policy->name, place, __VA_ARGS__)

#define limit_error(p, place, ...) \
	af_error((p)->err, -E2BIG, (p)->policy->name, place, __VA_ARGS__)

static int no_memory(const struct parser *p)
{
	return af_error(p->err, -ENOMEM, p->policy->name, NULL,
			"out of memory");
}

static struct af_place here(const struct parser *p)
{
	return (struct af_place){
		.line = p->line,
		.column = p->pos - p->line_start + 1,
	};
}

static bool at_end_of_line(const struct parser *p)
{
	return p->pos == p->end || *p->pos == '\n';
}

/* Control bytes could hide rules from somebody who reviews the file. */
static int bad_byte(const struct parser *p)
{
	unsigned char byte = *p->pos;
	struct af_place place = here(p);
	int ret;

	if (byte == '\r') {
		ret = parse_error(p, &place, "carriage return in the policy");
		af_hint(p->err, "save the file with Unix line ends");
	} else if (byte >= 0x80) {
		ret = parse_error(p, &place, "byte 0x%02x outside of a comment",
				  byte);
		af_hint(p->err, "only comments may have non-ASCII characters");
	} else {
		ret = parse_error(p, &place, "control byte 0x%02x", byte);
		af_hint(p->err,
			"remove it; only tabs and newlines may be used");
	}
	return ret;
}

static bool is_control(unsigned char byte)
{
	return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

static bool is_printable(unsigned char byte)
{
	return byte > 0x20 && byte < 0x7f;
}

static int skip_comment(struct parser *p)
{
	while (!at_end_of_line(p)) {
		if (is_control(*p->pos))
			return bad_byte(p);
		p->pos++;
	}
	return 0;
}

static bool is_brace(char c)
{
	return c == '{' || c == '}';
}

static int brace_in_word(const struct parser *p)
{
	struct af_place place = p->word.place;
	char brace = *p->word.start;
	int ret;

	if (is_brace(*p->pos)) {
		place = here(p);
		brace = *p->pos;
	}
	ret = parse_error(p, &place, "`%c` is not separated by blanks", brace);
	af_hint(p->err, "put a blank before and after `%c`", brace);
	return ret;
}

/*
 * Read the next word of the line.  Returns 1, 0 at the line's end, or a
 * negative errno.
 */
static int next_word(struct parser *p)
{
	const char *start;

	while (p->pos < p->end && (*p->pos == ' ' || *p->pos == '\t'))
		p->pos++;
	start = p->pos;
	p->word = (struct word){ .start = start, .place = here(p) };
	while (p->pos < p->end && is_printable(*p->pos) && *p->pos != '#') {
		if (p->pos > start && (is_brace(*p->pos) || is_brace(*start)))
			return brace_in_word(p);
		p->pos++;
	}
	p->word.len = p->pos - start;
	if (p->pos < p->end && *p->pos == '#') {
		if (!p->word.len)
			return skip_comment(p);
	} else if (!at_end_of_line(p) && *p->pos != ' ' && *p->pos != '\t') {
		return bad_byte(p);
	}
	if (!p->word.len)
		return 0;
	p->behind = here(p);
	return 1;
}

static bool word_is(const struct word *word, const char *s)
{
	return word->len == strlen(s) && !memcmp(word->start, s, word->len);
}

static bool word_in(const struct word *word, const char *const *list)
{
	for (; *list; list++) {
		if (word_is(word, *list))
			return true;
	}
	return false;
}

/* The word as a string.  Returns false if it is too long. */
static bool copy_word(const struct word *word, char copy[AF_MAX_WORD])
{
	if (word->len >= AF_MAX_WORD)
		return false;
	memcpy(copy, word->start, word->len);
	copy[word->len] = '\0';
	return true;
}

/* The name of a system call, to be freed, or NULL. */
static char *call_name(unsigned int nr)
{
	return seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
}

static int unknown_call(const struct parser *p)
{
	struct af_suggestion s;
	int ret = parse_error(p, &p->word.place, "unknown system call `%.*s`",
			      SHOWN(&p->word));

	af_suggest_begin(&s, p->word.start, p->word.len);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		char *name = call_name(nr);

		if (name)
			af_suggest(&s, name);
		free(name);
	}
	af_suggest_end(&s, p->err);
	return ret;
}

static int number_as_call(const struct parser *p, const char *word)
{
	char *end, *name;
	unsigned long nr = strtoul(word, &end, 0);
	int ret;

	if (*end)
		return unknown_call(p);
	ret = parse_error(p, &p->word.place,
			  "system calls have names, not numbers");
	name = nr < AF_NR_MAX ? call_name(nr) : NULL;
	if (name)
		af_hint(p->err, "the name of %lu is `%s`", nr, name);
	free(name);
	return ret;
}

/* Words of the language as it is planned. */
static const char *const later_words[] = {
	"if", "include", "newer", "notify", "optional", "phase", NULL,
};

static const char *const statements[] = {
	"common",      "default", "library", "program",
	"transparent", "unknown", NULL,
};

static int not_supported(const struct parser *p)
{
	int ret = parse_error(p, &p->word.place,
			      "`%.*s` is not supported by this version",
			      SHOWN(&p->word));

	af_hint(p->err, "libaf-policy(5) lists what is");
	return ret;
}

/* Words that a system call's place cannot hold. */
static int check_rule_word(const struct parser *p)
{
	const struct word *word = &p->word;
	int ret;

	if (*word->start == '@' || word_in(word, later_words))
		return not_supported(p);
	if (!word_is(word, "{") && !word_in(word, statements))
		return 0;
	ret = parse_error(p, &word->place, "`%.*s` inside of a block",
			  SHOWN(word));
	af_hint(p->err, "end the block that begins in line %u with `}` first",
		p->block_place.line);
	return ret;
}

/* The number of the system call that the current word names. */
static int resolve_call(const struct parser *p, unsigned int *nr)
{
	char name[AF_MAX_WORD];
	int ret = check_rule_word(p);

	if (ret)
		return ret;
	if (!copy_word(&p->word, name))
		return unknown_call(p);
	if (isdigit((unsigned char)*name))
		return number_as_call(p, name);
	ret = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name);
	if (ret == __NR_SCMP_ERROR)
		return unknown_call(p);
	if (ret < 0 || ret >= AF_NR_MAX)
		return parse_error(p, &p->word.place,
				   "x86-64 has no system call `%s`", name);
	*nr = ret;
	return 0;
}

static const struct af_rule *find_rule(const struct af_caller *caller,
				       unsigned int nr)
{
	for (size_t i = 0; i < caller->nr_rules; i++) {
		if (caller->rules[i].nr == nr)
			return &caller->rules[i];
	}
	return NULL;
}

static int add_rule(struct parser *p, struct af_rule **rule)
{
	const struct af_rule *first;
	unsigned int nr;
	int ret = resolve_call(p, &nr);

	if (ret)
		return ret;
	first = find_rule(p->block, nr);
	if (first)
		return parse_error(
			p, &p->word.place,
			"`%.*s` is in this block already, in line %u",
			SHOWN(&p->word), first->place.line);
	if (p->nr_rules == MAX_RULES)
		return limit_error(p, &p->word.place,
				   "the policy has more than %u rules",
				   MAX_RULES);
	if (af_caller_add_rule(p->block, nr, &p->word.place, rule))
		return no_memory(p);
	(*rule)->any_prev = true;
	p->nr_rules++;
	return 0;
}

static int add_after(struct parser *p, struct af_rule *rule)
{
	unsigned int nr;
	int ret;

	if (word_is(&p->word, "after")) {
		ret = parse_error(p, &p->word.place,
				  "second `after` in a rule");
		af_hint(p->err, "begin a new line for another rule");
		return ret;
	}
	ret = resolve_call(p, &nr);
	if (ret)
		return ret;
	if (af_nrset_has(&rule->after, nr))
		return parse_error(p, &p->word.place,
				   "`%.*s` is named twice after `after`",
				   SHOWN(&p->word));
	af_nrset_add(&rule->after, nr);
	return 0;
}

static int end_of_line(struct parser *p, const char *what)
{
	int ret = next_word(p);

	if (ret <= 0)
		return ret;
	return parse_error(p, &p->word.place, "unexpected `%.*s` after %s",
			   SHOWN(&p->word), what);
}

static int end_block(struct parser *p)
{
	p->block = NULL;
	return end_of_line(p, "`}`");
}

/* The rest of a rule, behind "after". */
static int parse_after(struct parser *p, struct af_rule *rule)
{
	struct af_place place = p->word.place;
	bool empty = true;
	int ret;

	rule->any_prev = false;
	while ((ret = next_word(p)) > 0 && !word_is(&p->word, "}")) {
		ret = add_after(p, rule);
		if (ret)
			return ret;
		empty = false;
	}
	if (ret < 0)
		return ret;
	if (empty) {
		ret = parse_error(p, &place, "`after` without a system call");
		af_hint(p->err,
			"name those that may come before, in this line");
		return ret;
	}
	return ret ? end_block(p) : 0;
}

static int misplaced_after(const struct parser *p, size_t nr_calls)
{
	int ret;

	if (nr_calls == 0) {
		ret = parse_error(p, &p->word.place,
				  "no system call before `after`");
		af_hint(p->err, "as in `read after open`, in one line");
	} else {
		ret = parse_error(p, &p->word.place,
				  "more than one system call before `after`");
		af_hint(p->err, "give each of them a line of its own");
	}
	return ret;
}

/* Rules, up to the end of the line or the block. */
static int parse_rules(struct parser *p)
{
	struct af_rule *rule = NULL;
	size_t nr_calls = 0;
	int ret;

	while ((ret = next_word(p)) > 0) {
		if (word_is(&p->word, "}"))
			return end_block(p);
		if (word_is(&p->word, "after")) {
			if (nr_calls != 1)
				return misplaced_after(p, nr_calls);
			return parse_after(p, rule);
		}
		ret = add_rule(p, &rule);
		if (ret)
			return ret;
		nr_calls++;
	}
	return ret;
}

/*
 * Read "{" and begin the block of @caller.
 * @first: line of the first such block
 * @place: where the block's header begins
 */
static int begin_block(struct parser *p, struct af_caller *caller,
		       unsigned int *first, const struct af_place *place)
{
	int ret;

	if (*first)
		return parse_error(p, place,
				   "this block repeats the one in line %u",
				   *first);
	ret = next_word(p);
	if (ret < 0)
		return ret;
	if (!ret || !word_is(&p->word, "{")) {
		ret = parse_error(p, ret ? &p->word.place : &p->behind,
				  "no `{` after the block's header");
		af_hint(p->err, "`{` follows in the same line");
		return ret;
	}
	*first = place->line;
	if (!caller->place.line)
		caller->place = *place;
	p->nr_blocks++;
	p->block = caller;
	p->block_place = *place;
	return parse_rules(p);
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

static int check_name_len(struct parser *p)
{
	const struct word *word = &p->word;
	size_t max = *word->start == '/' ? MAX_PATH : MAX_FILE;

	if (word->len > max)
		return limit_error(p, &word->place,
				   "a name here has at most %zu bytes", max);
	p->names_len += word->len;
	if (p->names_len > MAX_NAMES)
		return limit_error(p, &word->place,
				   "the names of files exceed %u KiB",
				   MAX_NAMES >> 10);
	return 0;
}

/* Is it an absolute path or, unless @path, a file name? */
static bool is_name(const struct word *word, bool path)
{
	if (memchr(word->start, '/', word->len))
		return is_absolute_path(word->start, word->len);
	return !path && !is_brace(*word->start) &&
	       is_file_name(word->start, word->len);
}

static int check_name(struct parser *p, bool path)
{
	const struct word *word = &p->word;
	int ret;

	if (*word->start == '@')
		return not_supported(p);
	if (is_name(word, path))
		return check_name_len(p);
	ret = parse_error(p, &word->place, "`%.*s` is not %s", SHOWN(word),
			  path ? "an absolute path" :
				 "a file name or an absolute path");
	if (memchr(word->start, '/', word->len))
		af_hint(p->err, "an absolute path has no `.`, `..` or `//`");
	return ret;
}

/* Find the library that the current word names, or add it. */
static int get_library(struct parser *p, size_t *id)
{
	struct libaf_policy *policy = p->policy;
	struct af_caller *caller;

	for (*id = AF_ID_LIBRARY; *id < policy->nr_callers; ++*id) {
		if (word_is(&p->word, policy->callers[*id].name))
			return 0;
	}
	if (*id == AF_ID_LIBRARY + MAX_LIBRARIES)
		return limit_error(p, &p->word.place,
				   "the policy names more than %d libraries",
				   MAX_LIBRARIES);
	if (af_policy_add_library(policy, p->word.start, p->word.len,
				  &p->word.place, &caller))
		return no_memory(p);
	return 0;
}

static int parse_common(struct parser *p)
{
	struct af_place place = p->word.place;

	return begin_block(p, &p->policy->common, &p->common_block, &place);
}

static int parse_unknown(struct parser *p)
{
	struct af_place place = p->word.place;

	return begin_block(p, &p->policy->callers[AF_ID_UNKNOWN],
			   &p->blocks[AF_ID_UNKNOWN], &place);
}

static int incomplete_line(const struct parser *p, const char *hint)
{
	int ret = parse_error(p, &p->behind, "the line is incomplete");

	af_hint(p->err, "%s", hint);
	return ret;
}

static int parse_library(struct parser *p)
{
	struct af_place place = p->word.place;
	size_t id;
	int ret = next_word(p);

	if (!ret)
		return incomplete_line(p, "as in `library libssl.so.3 {`");
	if (ret > 0)
		ret = check_name(p, false);
	if (!ret)
		ret = get_library(p, &id);
	if (ret)
		return ret;
	return begin_block(p, &p->policy->callers[id], &p->blocks[id], &place);
}

static int set_program_path(struct parser *p, struct af_caller *program)
{
	char *name;
	int ret = check_name(p, true);

	if (ret)
		return ret;
	name = malloc(p->word.len + 1);
	if (!name)
		return no_memory(p);
	memcpy(name, p->word.start, p->word.len);
	name[p->word.len] = '\0';
	program->name = name;
	return 0;
}

static int parse_program(struct parser *p)
{
	struct af_caller *program = &p->policy->callers[AF_ID_PROGRAM];
	const char *pos = p->pos;
	struct af_place place = p->word.place;
	int ret = next_word(p);

	if (ret < 0)
		return ret;
	if (ret && !program->name && !word_is(&p->word, "{")) {
		ret = set_program_path(p, program);
		if (ret)
			return ret;
	} else {
		p->pos = pos;
	}
	return begin_block(p, program, &p->blocks[AF_ID_PROGRAM], &place);
}

static int parse_transparent(struct parser *p)
{
	bool empty = true;
	size_t id;
	int ret;

	while ((ret = next_word(p)) > 0) {
		ret = check_name(p, false);
		if (!ret)
			ret = get_library(p, &id);
		if (ret)
			return ret;
		if (p->transparent[id])
			return parse_error(p, &p->word.place,
					   "`%.*s` is transparent already, "
					   "by line %u",
					   SHOWN(&p->word), p->transparent[id]);
		p->transparent[id] = p->line;
		p->policy->callers[id].transparent = true;
		empty = false;
	}
	if (!ret && empty)
		return incomplete_line(p, "as in `transparent libc.so.6`");
	return ret;
}

/* Other names of errors, which strerrorname_np() does not return. */
static const struct {
	const char *name;
	int value;
} errno_aliases[] = {
	{ "EWOULDBLOCK", EWOULDBLOCK },
	{ "EDEADLOCK", EDEADLOCK },
	{ "ENOTSUP", ENOTSUP },
};

/* Returns 0 if there is no such error. */
static int find_errno(const struct word *word, struct af_suggestion *s)
{
	for (int value = 1; value <= MAX_ERRNO; value++) {
		const char *name = strerrorname_np(value);

		if (!name)
			continue;
		if (word_is(word, name))
			return value;
		af_suggest(s, name);
	}
	for (size_t i = 0; i < sizeof(errno_aliases) / sizeof(*errno_aliases);
	     i++) {
		if (word_is(word, errno_aliases[i].name))
			return errno_aliases[i].value;
	}
	return 0;
}

static int parse_errno(struct parser *p)
{
	struct af_suggestion s;
	int value, ret = next_word(p);

	if (!ret)
		return incomplete_line(p, "as in `default errno EPERM`");
	if (ret < 0)
		return ret;
	af_suggest_begin(&s, p->word.start, p->word.len);
	value = find_errno(&p->word, &s);
	if (!value) {
		ret = parse_error(p, &p->word.place, "unknown error `%.*s`",
				  SHOWN(&p->word));
		if (!af_suggest_end(&s, p->err))
			af_hint(p->err, "errno(3) lists the names of errors");
		return ret;
	}
	p->policy->deny = SECCOMP_RET_ERRNO | value;
	return end_of_line(p, "the error");
}

static const struct {
	const char *name;
	uint32_t value;
} actions[] = {
	{ "kill", SECCOMP_RET_KILL_PROCESS },
	{ "trap", SECCOMP_RET_TRAP },
	{ "log", SECCOMP_RET_LOG },
};

static int parse_action(struct parser *p)
{
	struct af_suggestion s;
	int ret;

	if (word_is(&p->word, "errno"))
		return parse_errno(p);
	if (word_is(&p->word, "notify"))
		return not_supported(p);
	af_suggest_begin(&s, p->word.start, p->word.len);
	af_suggest(&s, "errno");
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (word_is(&p->word, actions[i].name)) {
			p->policy->deny = actions[i].value;
			return end_of_line(p, "the action");
		}
		af_suggest(&s, actions[i].name);
	}
	ret = parse_error(p, &p->word.place, "unknown action `%.*s`",
			  SHOWN(&p->word));
	if (!af_suggest_end(&s, p->err))
		af_hint(p->err, "use `kill`, `errno NAME`, `trap` or `log`");
	return ret;
}

static int parse_default(struct parser *p)
{
	int ret;

	if (p->default_line)
		return parse_error(p, &p->word.place,
				   "this `default` repeats the one in line %u",
				   p->default_line);
	p->default_line = p->line;
	ret = next_word(p);
	if (!ret)
		return incomplete_line(p, "as in `default kill`");
	return ret < 0 ? ret : parse_action(p);
}

static int unknown_statement(const struct parser *p)
{
	struct af_suggestion s;
	char name[AF_MAX_WORD];
	int ret;

	if (is_brace(*p->word.start))
		return parse_error(p, &p->word.place,
				   "`%c` without a block's header",
				   *p->word.start);
	if (*p->word.start == '@' || word_in(&p->word, later_words))
		return not_supported(p);
	ret = parse_error(p, &p->word.place, "unknown statement `%.*s`",
			  SHOWN(&p->word));
	af_suggest_begin(&s, p->word.start, p->word.len);
	for (size_t i = 0; statements[i]; i++)
		af_suggest(&s, statements[i]);
	if (!af_suggest_end(&s, p->err) && copy_word(&p->word, name) &&
	    seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name) >= 0)
		af_hint(p->err,
			"system calls belong in a block: `common { %s }`",
			name);
	return ret;
}

static int parse_statement(struct parser *p)
{
	static const struct {
		const char *name;
		int (*parse)(struct parser *p);
	} parsers[] = {
		{ "default", parse_default },
		{ "transparent", parse_transparent },
		{ "common", parse_common },
		{ "library", parse_library },
		{ "program", parse_program },
		{ "unknown", parse_unknown },
	};
	int ret = next_word(p);

	if (ret <= 0)
		return ret;
	for (size_t i = 0; i < sizeof(parsers) / sizeof(*parsers); i++) {
		if (word_is(&p->word, parsers[i].name))
			return parsers[i].parse(p);
	}
	return unknown_statement(p);
}

static int parse_lines(struct parser *p)
{
	int ret;

	for (;;) {
		p->line_start = p->pos;
		p->behind = here(p);
		ret = p->block ? parse_rules(p) : parse_statement(p);
		if (ret)
			return ret;
		if (p->pos == p->end)
			return 0;
		p->pos++;
		p->line++;
	}
}

static int parse_text(struct parser *p)
{
	int ret = parse_lines(p);

	if (ret)
		return ret;
	if (p->block) {
		ret = parse_error(p, &p->block_place,
				  "the block that begins here has no end");
		af_hint(p->err, "end it with `}`");
		return ret;
	}
	if (!p->nr_blocks && p->policy->deny != SECCOMP_RET_LOG) {
		ret = parse_error(p, NULL, "the policy permits nothing");
		af_hint(p->err, "add a block, as in `common { read write }`");
		return ret;
	}
	return 0;
}

LIBAF_API int libaf_policy_parse(const char *text, size_t len, const char *name,
				 struct libaf_policy **policy,
				 struct libaf_error *err)
{
	struct parser p = { .err = err, .line = 1 };
	int ret;

	af_error_clear(err);
	if (policy)
		*policy = NULL;
	if (!policy || (!text && len))
		return af_error(err, -EINVAL, name, NULL,
				"an argument is NULL");
	if (len > AF_MAX_POLICY)
		return af_error(err, -E2BIG, name, NULL,
				"the policy is larger than %u KiB",
				AF_MAX_POLICY >> 10);
	if (!name)
		name = "";
	p.policy = af_policy_alloc(name, strlen(name));
	if (!p.policy)
		return af_error(err, -ENOMEM, name, NULL, "out of memory");
	p.pos = len ? text : "";
	p.end = p.pos + len;
	ret = parse_text(&p);
	if (ret)
		libaf_policy_free(p.policy);
	else
		*policy = p.policy;
	return ret;
}
