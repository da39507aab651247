// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "quote.h"

static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-_./,:=@%+";

/* How a quote is written within quotes. */
static const char quote[] = "'\\''";

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

void af_quote(FILE *out, const char *word)
{
	bool quotes = !*word || word[strspn(word, plain)];

	fputs(quotes ? "'" : "", out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs(quote, out);
		else
			fputc(is_control(*word) ? '?' : *word, out);
	}
	fputs(quotes ? "'" : "", out);
}

/* Behind the word that is here, or NULL if it is none. */
static const char *skip_word(const char *text)
{
	size_t len = strspn(text, plain);

	if (len || *text != '\'')
		return len ? text + len : NULL;
	for (text++; *text; text++) {
		if (is_control(*text))
			return NULL;
		if (*text != '\'')
			continue;
		if (strncmp(text, quote, strlen(quote)) != 0)
			return text + 1;
		text += strlen(quote) - 1;
	}
	return NULL;
}

bool af_is_quoted(const char *text)
{
	while ((text = skip_word(text))) {
		if (!*text)
			return true;
		if (*text++ != ' ')
			return false;
	}
	return false;
}
