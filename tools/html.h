/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text in HTML. */
#ifndef AF_HTML_H
#define AF_HTML_H

#include <stdio.h>

/*
 * Print any bytes as text, or as an attribute's value between double quotes.
 * What is not a character of UTF-8 that can be printed becomes U+FFFD.
 */
void af_html_text(FILE *out, const char *s);

#endif /* AF_HTML_H */
