/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of others: names of files, and what is in them. */
#ifndef AF_TEXT_H
#define AF_TEXT_H

#include <stdio.h>

/*
 * Bytes of the character of UTF-8 at @s, 0 if there is none that can be printed:
 * one that neither directs a terminal nor turns the text around it.
 */
unsigned int af_char_length(const char *s);

/* Print it in one line; what is no such character as \x and two digits. */
void af_print_clean(FILE *out, const char *s);

#endif /* AF_TEXT_H */
