// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rules of a block:
 *
 *	CALL CALL ...
 *	CALL after PREVIOUS ... if TEST and TEST ... then ACTION
 *
 * where a group stands for its calls.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include "groups.h"
#include "names.h"
#include "parse.h"

/* Words that begin a part of a rule. */
static const char *const parts[] = { "after", "if", "then", NULL };

/* Words that a system call's place cannot hold. */
static int check_rule_word(const struct af_parser *p)
{
	const struct af_word *word = &p->lex.word;
	int ret;

	if (!af_word_is(word, "{") && !af_word_in(word, af_statements))
		return 0;
	ret = lex_error(&p->lex, &word->place, "`%.*s` inside of a block",
			SHOWN(word));
	af_hint(p->lex.err,
		"end the block that begins in line %u with `}` first",
		p->block->block.line);
	return ret;
}

/* The number of the system call that the current word names. */
static int resolve_call(const struct af_parser *p, unsigned int *nr)
{
	int ret = check_rule_word(p);

	return ret ? ret : af_name_call(&p->lex, nr);
}

/*
 * Groups
 */
static int unknown_group(const struct af_lexer *lex)
{
	const struct af_word *word = &lex->word;
	struct af_suggestion s;
	int ret = lex_error(lex, &word->place, "unknown group `%.*s`",
			    SHOWN(word));

	af_suggest_begin(&s, word->start + 1, word->len - 1);
	for (size_t i = 0; i < af_nr_groups; i++)
		af_suggest(&s, af_groups[i].name);
	if (*s.name)
		af_hint(lex->err, "did you mean `@%s`?", s.name);
	else
		af_hint(lex->err, "`af list groups` lists them");
	return ret;
}

/* The calls of a group. */
static void add_group_calls(const struct af_group *group, struct af_nrset *set)
{
	const char *pos = group->calls;

	while (*pos) {
		size_t len = strcspn(pos, " ");
		char name[AF_MAX_WORD];
		int nr;

		memcpy(name, pos, len);
		name[len] = '\0';
		nr = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name);
		/* An older libseccomp knows fewer calls. */
		if (nr >= 0 && nr < AF_NR_MAX)
			af_nrset_add(set, nr);
		pos += len + strspn(pos + len, " ");
	}
}

static bool names_group(const struct af_word *word)
{
	return *word->start == '@';
}

static int resolve_group(const struct af_lexer *lex, struct af_nrset *set)
{
	const struct af_word name = {
		.start = lex->word.start + 1,
		.len = lex->word.len - 1,
	};

	for (size_t i = 0; i < af_nr_groups; i++) {
		if (!af_word_is(&name, af_groups[i].name))
			continue;
		add_group_calls(&af_groups[i], set);
		return 0;
	}
	return unknown_group(lex);
}

/*
 * Adding rules
 */

static int add_one_rule(struct af_parser *p, unsigned int nr,
			const struct af_place *place)
{
	struct af_rule *rule;

	if (p->nr_rules == AF_MAX_RULES)
		return lex_limit(&p->lex, place,
				 "the policy has more than %u rules",
				 AF_MAX_RULES);
	if (af_caller_add_rule(p->block, nr, place, &rule))
		return af_lex_no_memory(&p->lex);
	rule->any_prev = true;
	p->nr_rules++;
	p->rules.nr_rules[nr]++;
	/* Until it turns out to have conditions. */
	af_nrset_add(&p->rules.closed, nr);
	/* However it got its name. */
	af_nrset_add(&p->base->known, nr);
	return 0;
}

/* A further rule would never be reached. */
static int is_closed(const struct af_parser *p, unsigned int nr)
{
	const struct af_rule *last = &p->block->rules[p->block->nr_rules - 1];

	while (last->nr != nr)
		last--;
	return lex_error(&p->lex, &p->lex.word.place,
			 "`%.*s` is in this block already, in %s%u%s%s",
			 SHOWN(&p->lex.word), SEEN(&p->lex, &last->place));
}

static int add_call(struct af_parser *p)
{
	const struct af_place *place = &p->lex.word.place;
	unsigned int nr;
	int ret = resolve_call(p, &nr);

	if (ret)
		return ret;
	if (af_nrset_has(&p->rules.closed, nr))
		return is_closed(p, nr);
	if (p->rules.nr_rules[nr] == AF_MAX_ALTERNATIVES)
		return lex_limit(&p->lex, place,
				 "more than %d rules for `%.*s` in a block",
				 AF_MAX_ALTERNATIVES, SHOWN(&p->lex.word));
	return add_one_rule(p, nr, place);
}

/* Those of its calls that have been dealt with are left out. */
static int add_group(struct af_parser *p)
{
	const struct af_place *place = &p->lex.word.place;
	struct af_nrset set = { 0 };
	int ret = resolve_group(&p->lex, &set);

	for (unsigned int nr = 0; !ret && nr < AF_NR_MAX; nr++) {
		if (!af_nrset_has(&set, nr) ||
		    af_nrset_has(&p->rules.closed, nr))
			continue;
		if (p->rules.nr_rules[nr] == AF_MAX_ALTERNATIVES)
			return lex_limit(
				&p->lex, place,
				"more than %d rules for a call of `%.*s` in "
				"a block",
				AF_MAX_ALTERNATIVES, SHOWN(&p->lex.word));
		ret = add_one_rule(p, nr, place);
	}
	return ret;
}

/*
 * Parts of a rule, which may be several: those of a group.
 */
struct new_rules {
	struct af_rule *rules;
	size_t nr;
	bool of_group;
};

/* after PREVIOUS ... */
static int add_previous(struct af_parser *p, struct af_rule *after)
{
	const struct af_word *word = &p->lex.word;
	unsigned int nr;
	int ret;

	if (af_word_is(word, "start")) {
		after->after_start = true;
		return 0;
	}
	if (af_word_is(word, "signal")) {
		after->after_signal = true;
		return 0;
	}
	if (names_group(word))
		return resolve_group(&p->lex, &after->after);
	if (af_word_is(word, "exec")) {
		af_nrset_add(&after->after, SCMP_SYS(execve));
		af_nrset_add(&after->after, SCMP_SYS(execveat));
		return 0;
	}
	ret = resolve_call(p, &nr);
	if (ret)
		return ret;
	if (af_nrset_has(&after->after, nr))
		return lex_error(&p->lex, &word->place,
				 "`%.*s` is named twice after `after`",
				 SHOWN(word));
	af_nrset_add(&after->after, nr);
	return 0;
}

static int parse_after(struct af_parser *p, struct new_rules *new)
{
	struct af_place place = p->lex.word.place;
	struct af_rule after = { .nr = 0 };
	bool empty = true;
	int ret;

	while ((ret = af_lex_next(&p->lex)) > 0 &&
	       !af_word_is(&p->lex.word, "}") &&
	       !af_word_in(&p->lex.word, parts)) {
		ret = add_previous(p, &after);
		if (ret)
			return ret;
		empty = false;
	}
	if (ret < 0)
		return ret;
	if (empty) {
		ret = lex_error(&p->lex, &place,
				"`after` without a system call");
		af_hint(p->lex.err,
			"name those that may come before, in this line");
		return ret;
	}
	for (size_t i = 0; i < new->nr; i++) {
		new->rules[i].any_prev = false;
		new->rules[i].after = after.after;
		new->rules[i].after_start = after.after_start;
		new->rules[i].after_signal = after.after_signal;
	}
	return ret;
}

/* if argN [& MASK] OP VALUE [and ...] */
static const struct {
	const char *name;
	enum af_op op;
} operators[] = {
	{ "==", AF_OP_EQ }, { "!=", AF_OP_NE }, { "<", AF_OP_LT },
	{ "<=", AF_OP_LE }, { ">", AF_OP_GT },  { ">=", AF_OP_GE },
};

static const char as_in_tests[] = "as in `if arg2 & PROT_EXEC == 0`";

static int next_in_test(struct af_parser *p)
{
	int ret = af_lex_next(&p->lex);

	if (ret > 0 && !af_word_is(&p->lex.word, "}"))
		return 0;
	return ret < 0 ? ret : af_lex_incomplete(&p->lex, as_in_tests);
}

static int parse_argument(struct af_parser *p, struct af_test *test)
{
	const struct af_word *word = &p->lex.word;
	int ret;

	if (word->len == 4 && !memcmp(word->start, "arg", 3) &&
	    word->start[3] >= '0' && word->start[3] < '0' + AF_NR_ARGS) {
		test->arg = word->start[3] - '0';
		return 0;
	}
	ret = lex_error(&p->lex, &word->place, "`%.*s` is not an argument",
			SHOWN(word));
	af_hint(p->lex.err, "arguments are `arg0` to `arg5`");
	return ret;
}

static int parse_operator(struct af_parser *p, struct af_test *test)
{
	const struct af_word *word = &p->lex.word;
	int ret;

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (af_word_is(word, operators[i].name)) {
			test->op = operators[i].op;
			return 0;
		}
	}
	ret = lex_error(&p->lex, &word->place, "`%.*s` is not a comparison",
			SHOWN(word));
	af_hint(p->lex.err, "use ==, !=, <, <=, > or >=, between blanks");
	return ret;
}

static uint64_t bits_below(unsigned int width)
{
	return UINT64_MAX >> (64 - width);
}

/* Does a value with its upper bits set fit, as a negative number? */
static bool fits_negative(uint64_t value, unsigned int width)
{
	return (int64_t)value < 0 && value >= ~bits_below(width - 1);
}

/* Make the current word's value fit the argument. */
static int parse_value(struct af_parser *p, unsigned int width, uint64_t *value)
{
	int ret = af_name_value(&p->lex, value);

	if (ret)
		return ret;
	if (*value & ~bits_below(width) && !fits_negative(*value, width)) {
		ret = lex_error(&p->lex, &p->lex.word.place,
				"`%.*s` does not fit into the argument",
				SHOWN(&p->lex.word));
		af_hint(p->lex.err, "the kernel takes %u bits of it", width);
		return ret;
	}
	*value &= bits_below(width);
	return 0;
}

/* Whoever writes a test that says nothing has meant something else. */
static int check_test(const struct af_parser *p, const struct af_test *test,
		      const struct af_place *place)
{
	uint64_t most = test->mask;
	bool never = false, always = false;

	switch (test->op) {
	case AF_OP_EQ:
		never = test->value & ~test->mask;
		always = !test->mask && !test->value;
		break;
	case AF_OP_NE:
		never = !test->mask && !test->value;
		always = test->value & ~test->mask;
		break;
	case AF_OP_LT:
		never = !test->value;
		always = test->value > most;
		break;
	case AF_OP_LE:
		always = test->value >= most;
		break;
	case AF_OP_GT:
		never = test->value >= most;
		break;
	case AF_OP_GE:
		never = test->value > most;
		always = !test->value;
		break;
	}
	if (!never && !always)
		return 0;
	return lex_error(&p->lex, place, "this %s holds",
			 never ? "never" : "always");
}

static int parse_mask(struct af_parser *p, unsigned int width,
		      struct af_test *test)
{
	int ret = next_in_test(p);

	if (!ret)
		ret = parse_value(p, width, &test->mask);
	return ret ? ret : next_in_test(p);
}

static int parse_test(struct af_parser *p, struct af_rule *rule)
{
	struct af_test test;
	struct af_place place;
	unsigned int width;
	int ret = next_in_test(p);

	if (ret)
		return ret;
	place = p->lex.word.place;
	ret = parse_argument(p, &test);
	if (ret)
		return ret;
	width = af_arg_width(rule->nr, test.arg);
	test.mask = bits_below(width);
	ret = next_in_test(p);
	if (!ret && af_word_is(&p->lex.word, "&"))
		ret = parse_mask(p, width, &test);
	if (!ret)
		ret = parse_operator(p, &test);
	if (!ret)
		ret = next_in_test(p);
	if (!ret)
		ret = parse_value(p, width, &test.value);
	if (!ret)
		ret = check_test(p, &test, &place);
	if (ret)
		return ret;
	if (rule->nr_tests == AF_MAX_TESTS)
		return lex_limit(&p->lex, &place,
				 "more than %d tests in a rule", AF_MAX_TESTS);
	if (af_rule_add_test(rule, &test))
		return af_lex_no_memory(&p->lex);
	return 0;
}

/* Returns 1 if there is a word behind the tests, which is the current one. */
static int parse_if(struct af_parser *p, struct new_rules *new)
{
	int ret;

	if (new->of_group) {
		ret = lex_error(&p->lex, &p->lex.word.place,
				"arguments of a group cannot be tested");
		af_hint(p->lex.err, "name one system call of it");
		return ret;
	}
	do {
		ret = parse_test(p, new->rules);
		if (!ret)
			ret = af_lex_next(&p->lex);
	} while (ret > 0 && af_word_is(&p->lex.word, "and"));
	return ret;
}

/* then ACTION; returns 1 as above */
static int parse_then(struct af_parser *p, struct new_rules *new)
{
	uint32_t action;
	int ret = af_lex_next(&p->lex);

	if (!ret || (ret > 0 && af_word_is(&p->lex.word, "}")))
		return af_lex_incomplete(&p->lex, "as in `then errno EPERM`");
	if (ret > 0)
		ret = af_name_action(&p->lex, true, &action);
	if (ret)
		return ret;
	for (size_t i = 0; i < new->nr; i++)
		new->rules[i].action = action;
	return af_lex_next(&p->lex);
}

static int end_block(struct af_parser *p)
{
	p->block = NULL;
	return af_parse_end_of_line(p, "`}`");
}

static int unexpected(const struct af_parser *p, const char *last)
{
	const struct af_word *word = &p->lex.word;
	int ret;

	if (af_word_is(word, last))
		ret = lex_error(&p->lex, &word->place, "second `%s` in a rule",
				last);
	else if (af_word_in(word, parts))
		ret = lex_error(&p->lex, &word->place,
				"`%.*s` comes before `%s` in a rule",
				SHOWN(word), last);
	else
		ret = lex_error(&p->lex, &word->place,
				"unexpected `%.*s` in a rule", SHOWN(word));
	af_hint(p->lex.err, "begin a new line for another rule");
	return ret;
}

/* Further rules can be about calls whose rules hold under conditions. */
static void reopen(struct af_parser *p, const struct new_rules *new)
{
	for (size_t i = 0; i < new->nr; i++) {
		const struct af_rule *rule = &new->rules[i];

		if (!rule->any_prev || rule->nr_tests)
			af_nrset_remove(&p->rules.closed, rule->nr);
	}
}

/* The parts of a rule, in their order, to the end of the line or block. */
static int parse_parts(struct af_parser *p, struct new_rules *new)
{
	static int (*const parsers[])(struct af_parser * p,
				      struct new_rules * new) = {
		parse_after,
		parse_if,
		parse_then,
	};
	const char *last = "";
	int ret = 1;

	for (size_t i = 0; parts[i] && ret > 0; i++) {
		if (!af_word_is(&p->lex.word, parts[i]))
			continue;
		last = parts[i];
		ret = parsers[i](p, new);
	}
	if (ret <= 0)
		return ret;
	if (af_word_is(&p->lex.word, "}"))
		return end_block(p);
	return unexpected(p, last);
}

static int misplaced_part(const struct af_lexer *lex, size_t nr_words)
{
	int ret = lex_error(lex, &lex->word.place, "%s before `%.*s`",
			    nr_words ? "more than one system call" :
				       "no system call",
			    SHOWN(&lex->word));

	af_hint(lex->err, nr_words ? "give each of them a line of its own" :
				     "as in `read after open`, in one line");
	return ret;
}

int af_parse_rules(struct af_parser *p)
{
	struct new_rules new = { .nr = 0 };
	size_t nr_words = 0, first = p->block->nr_rules;
	int ret;

	while ((ret = af_lex_next(&p->lex)) > 0) {
		if (af_word_is(&p->lex.word, "}"))
			return end_block(p);
		if (af_word_in(&p->lex.word, parts)) {
			if (nr_words != 1)
				return misplaced_part(&p->lex, nr_words);
			new.rules = &p->block->rules[first];
			new.nr = p->block->nr_rules - first;
			ret = parse_parts(p, &new);
			if (!ret)
				reopen(p, &new);
			return ret;
		}
		new.of_group = names_group(&p->lex.word);
		ret = new.of_group ? add_group(p) : add_call(p);
		if (ret)
			return ret;
		nr_words++;
	}
	return ret;
}
