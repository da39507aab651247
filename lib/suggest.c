// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "suggest.h"

void af_suggest_begin(struct af_suggestion *s, const char *word, size_t len)
{
	*s = (struct af_suggestion){ .word = word, .len = len, .distance = 4 };
	if (len <= 4)
		s->distance = 2;
	else if (len < 10)
		s->distance = 3;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

static size_t edit_distance(const char *word, size_t word_len, const char *name)
{
	size_t row[AF_MAX_WORD], len = strlen(name);

	for (size_t i = 0; i <= len; i++)
		row[i] = i;
	for (size_t j = 0; j < word_len; j++) {
		size_t diagonal = row[0];

		row[0] = j + 1;
		for (size_t i = 0; i < len; i++) {
			size_t above = row[i + 1];

			diagonal += word[j] != name[i];
			row[i + 1] = min3(above + 1, row[i] + 1, diagonal);
			diagonal = above;
		}
	}
	return row[len];
}

void af_suggest(struct af_suggestion *s, const char *name)
{
	size_t distance, len = strlen(name);

	if (s->len >= AF_MAX_WORD || len >= AF_MAX_WORD)
		return;
	/* It is at least what one is longer than the other. */
	if (len >= s->len + s->distance || s->len >= len + s->distance)
		return;
	distance = edit_distance(s->word, s->len, name);
	if (distance >= s->distance)
		return;
	s->distance = distance;
	strcpy(s->name, name);
}

bool af_suggest_end(const struct af_suggestion *s, struct libaf_error *err)
{
	if (!*s->name)
		return false;
	af_hint(err, "did you mean `%s`?", s->name);
	return true;
}
