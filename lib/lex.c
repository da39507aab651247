// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words of a policy. */
#include <errno.h>
#include <string.h>

#include "lex.h"

int af_lex_no_memory(const struct af_lexer *lex)
{
	return af_error(lex->err, -ENOMEM, lex->name, NULL, "out of memory");
}

int af_lex_incomplete(const struct af_lexer *lex, const char *hint)
{
	/* A block that ends too early is the current word. */
	const struct af_place *place = lex->word.len ? &lex->word.place :
						       &lex->behind;
	int ret = lex_error(lex, place, "the line is incomplete");

	af_hint(lex->err, "%s", hint);
	return ret;
}

static struct af_place here(const struct af_lexer *lex)
{
	return (struct af_place){
		.line = lex->line,
		.column = lex->pos - lex->line_start + 1,
		.file = lex->name,
	};
}

void af_lex_begin(struct af_lexer *lex, const char *name, const char *text,
		  size_t len, struct libaf_error *err)
{
	*lex = (struct af_lexer){
		.name = name,
		.err = err,
		.pos = len ? text : "",
		.line = 1,
	};
	lex->end = lex->pos + len;
	lex->line_start = lex->pos;
	lex->behind = here(lex);
}

static bool at_end_of_line(const struct af_lexer *lex)
{
	return lex->pos == lex->end || *lex->pos == '\n';
}

bool af_lex_next_line(struct af_lexer *lex)
{
	if (lex->pos == lex->end)
		return false;
	lex->line_start = ++lex->pos;
	lex->line++;
	lex->behind = here(lex);
	return true;
}

/* Control bytes could hide rules from somebody who reviews the file. */
static int bad_byte(const struct af_lexer *lex)
{
	unsigned char byte = *lex->pos;
	struct af_place place = here(lex);
	int ret;

	if (byte == '\r') {
		ret = lex_error(lex, &place, "carriage return in the policy");
		af_hint(lex->err, "save the file with Unix line ends");
	} else if (byte >= 0x80) {
		ret = lex_error(lex, &place, "byte 0x%02x outside of a comment",
				byte);
		af_hint(lex->err,
			"only comments may have non-ASCII characters");
	} else {
		ret = lex_error(lex, &place, "control byte 0x%02x", byte);
		af_hint(lex->err,
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

static int skip_comment(struct af_lexer *lex)
{
	while (!at_end_of_line(lex)) {
		if (is_control(*lex->pos))
			return bad_byte(lex);
		lex->pos++;
	}
	return 0;
}

static int brace_in_word(const struct af_lexer *lex)
{
	struct af_place place = lex->word.place;
	char brace = *lex->word.start;
	int ret;

	if (af_is_brace(*lex->pos)) {
		place = here(lex);
		brace = *lex->pos;
	}
	ret = lex_error(lex, &place, "`%c` is not separated by blanks", brace);
	af_hint(lex->err, "put a blank before and after `%c`", brace);
	return ret;
}

int af_lex_next(struct af_lexer *lex)
{
	const char *start;

	while (lex->pos < lex->end && (*lex->pos == ' ' || *lex->pos == '\t'))
		lex->pos++;
	start = lex->pos;
	lex->word = (struct af_word){ .start = start, .place = here(lex) };
	while (lex->pos < lex->end && is_printable(*lex->pos) &&
	       *lex->pos != '#') {
		if (lex->pos > start &&
		    (af_is_brace(*lex->pos) || af_is_brace(*start)))
			return brace_in_word(lex);
		lex->pos++;
	}
	lex->word.len = lex->pos - start;
	if (lex->pos < lex->end && *lex->pos == '#') {
		if (!lex->word.len)
			return skip_comment(lex);
	} else if (!at_end_of_line(lex) && *lex->pos != ' ' &&
		   *lex->pos != '\t') {
		return bad_byte(lex);
	}
	if (!lex->word.len)
		return 0;
	lex->behind = here(lex);
	return 1;
}

bool af_word_is(const struct af_word *word, const char *s)
{
	return word->len == strlen(s) && !memcmp(word->start, s, word->len);
}

bool af_word_in(const struct af_word *word, const char *const *list)
{
	for (; *list; list++) {
		if (af_word_is(word, *list))
			return true;
	}
	return false;
}

bool af_word_copy(const struct af_word *word, char copy[AF_MAX_WORD])
{
	if (word->len >= AF_MAX_WORD)
		return false;
	memcpy(copy, word->start, word->len);
	copy[word->len] = '\0';
	return true;
}
