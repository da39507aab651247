// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdint.h>

#include "text.h"

unsigned int af_char_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int len = *s < 0xc0 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	uint32_t value;

	if (*s < 0x80)
		return *s >= ' ' && *s != 0x7f;
	if (!len || *s >= 0xf8)
		return 0;
	value = *s & (0x7f >> len);
	for (unsigned int i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (s[i] & 0x3f);
	}
	/* Longer than need be, surrogates, control characters. */
	if (value < least[len] || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000) || value < 0xa0)
		return 0;
	/* Those that change the direction of text could feign another name. */
	if ((value >= 0x200e && value <= 0x200f) ||
	    (value >= 0x202a && value <= 0x202e) ||
	    (value >= 0x2066 && value <= 0x2069))
		return 0;
	return len;
}

void af_print_clean(FILE *out, const char *s)
{
	const char *start = s;
	unsigned int len;

	for (;;) {
		len = af_char_length(s);
		s += len;
		if (len)
			continue;
		fwrite(start, 1, s - start, out);
		if (!*s)
			return;
		fprintf(out, "\\x%02x", (unsigned char)*s);
		start = ++s;
	}
}
