// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A static program with two parts that are told apart: parse() reads a name,
 * greet() writes.  policies/static-parts.af says so; nothing here knows of it.
 */
#include <string.h>
#include <unistd.h>

ssize_t parse(char *name, size_t size);
ssize_t greet(const char *name, size_t len);

/*
 * Functions of their own, and on the stack when their calls are made: neither
 * is inlined, and neither ends in a call.
 */
__attribute__((noinline)) ssize_t parse(char *name, size_t size)
{
	ssize_t len = read(STDIN_FILENO, name, size);

	/* What an attacker could do who has found a mistake here. */
	if (len > 0 && name[0] == '!') {
		static const char text[] = "written by the parser\n";

		if (write(STDOUT_FILENO, text, strlen(text)) < 0)
			return 0;
	}
	return len < 0 ? 0 : len;
}

__attribute__((noinline)) ssize_t greet(const char *name, size_t len)
{
	static const char hello[] = "hello, ";
	ssize_t ret = write(STDOUT_FILENO, hello, strlen(hello));

	if (ret > 0)
		ret = write(STDOUT_FILENO, name, len);
	return ret < 0 ? 0 : ret;
}

int main(void)
{
	char name[64];
	ssize_t len = parse(name, sizeof(name));

	return !len || !greet(name, (size_t)len);
}
