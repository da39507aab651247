/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of a policy, and errors that say where they are. */
#ifndef AF_LEX_H
#define AF_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "suggest.h"

struct af_word {
	const char *start;
	size_t len;
	struct af_place place;
};

/*
 * @name: the file's name, for errors; outlives all places in it
 * @err: is told of what is wrong; may be NULL
 * @pos: what is read next
 * @word: what af_lex_next() found last
 * @behind: the place behind the last word, where one is missing
 */
struct af_lexer {
	const char *name;
	struct libaf_error *err;
	const char *pos;
	const char *end;
	const char *line_start;
	unsigned int line;
	struct af_word word;
	struct af_place behind;
};

void af_lex_begin(struct af_lexer *lex, const char *name, const char *text,
		  size_t len, struct libaf_error *err);

/*
 * Read the next word of the line.  Returns 1, 0 at the line's end, or a
 * negative errno.
 */
int af_lex_next(struct af_lexer *lex);

/* Go to the next line.  Returns false at the end of the text. */
bool af_lex_next_line(struct af_lexer *lex);

bool af_word_is(const struct af_word *word, const char *s);

/* @list ends in NULL. */
bool af_word_in(const struct af_word *word, const char *const *list);

/* The word as a string.  Returns false if it is too long. */
bool af_word_copy(const struct af_word *word, char copy[AF_MAX_WORD]);

static inline bool af_is_brace(char c)
{
	return c == '{' || c == '}';
}

/* How much of a word an error shows, for "%.*s". */
#define SHOWN(word)                                                   \
	(int)((word)->len < AF_MAX_WORD ? (word)->len : AF_MAX_WORD), \
		(word)->start

/* An earlier place, for "%s%u%s%s": "line 3", and the file if it is another. */
#define SEEN(lex, place)                                                    \
	"line ", (place)->line, (place)->file == (lex)->name ? "" : " of ", \
		(place)->file == (lex)->name ? "" : (place)->file

/* Describe what is wrong at @place, or at no place.  Return -EINVAL, -E2BIG. */
#define lex_error(lex, place, ...) \
	af_error((lex)->err, -EINVAL, (lex)->name, place, __VA_ARGS__)
#define lex_limit(lex, place, ...) \
	af_error((lex)->err, -E2BIG, (lex)->name, place, __VA_ARGS__)

/* Returns -ENOMEM. */
int af_lex_no_memory(const struct af_lexer *lex);

/* Something is missing behind the last word.  Returns -EINVAL. */
int af_lex_incomplete(const struct af_lexer *lex, const char *hint);

#endif /* AF_LEX_H */
