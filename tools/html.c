// SPDX-License-Identifier: LGPL-2.1-or-later
/* Text in HTML. */
#include "html.h"
#include "text.h"

static const char *escape(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void af_html_text(FILE *out, const char *s)
{
	while (*s) {
		unsigned int len = af_char_length(s);
		const char *escaped = escape(*s);

		if (escaped)
			fputs(escaped, out);
		else if (len)
			fwrite(s, 1, len, out);
		else
			fputs("&#xfffd;", out);
		s += len ? len : 1;
	}
}
