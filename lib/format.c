// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdarg.h>
#include <stdint.h>

#include "format.h"

/* Digits of the largest number, and a sign. */
#define MAX_NUMBER 12

/* @size: of @buf, with the NUL at its end */
struct text {
	char *buf;
	size_t size;
	size_t len;
};

static void add(struct text *text, const char *s, size_t max)
{
	while (*s && max-- && text->len + 1 < text->size)
		text->buf[text->len++] = *s++;
}

static void add_number(struct text *text, unsigned int number, int negative)
{
	char digits[MAX_NUMBER];
	char *pos = digits + sizeof(digits);

	*--pos = '\0';
	do {
		*--pos = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	if (negative)
		*--pos = '-';
	add(text, pos, SIZE_MAX);
}

/* The N of "%.Ns" at *format, which is moved behind it. */
static size_t precision(const char **format)
{
	size_t max = 0;

	if (**format != '.')
		return SIZE_MAX;
	for (++*format; **format >= '0' && **format <= '9'; ++*format)
		max = max * 10 + (size_t)(**format - '0');
	return max;
}

size_t af_format(char *buf, size_t size, const char *format, ...)
{
	struct text text = { .buf = buf, .size = size };
	va_list args;
	size_t max;
	int number;

	va_start(args, format);
	for (; *format; format++) {
		if (*format != '%') {
			add(&text, format, 1);
			continue;
		}
		format++;
		max = precision(&format);
		if (*format == 's') {
			add(&text, va_arg(args, const char *), max);
		} else if (*format == 'u') {
			add_number(&text, va_arg(args, unsigned int), 0);
		} else {
			number = va_arg(args, int);
			add_number(&text,
				   number < 0 ? 0U - (unsigned int)number :
						(unsigned int)number,
				   number < 0);
		}
	}
	va_end(args);
	buf[text.len] = '\0';
	return text.len;
}
