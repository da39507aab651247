/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which builds of its files a policy was recorded with.  That is written into
 * the policy as comments, one a line, which the policy language knows nothing
 * of:
 *
 *	#: libc.so.6 build-id 93ae73874d2... glibc 2.36
 *
 * A comment that does not look like that is any other comment.
 */
#ifndef AF_BUILDS_H
#define AF_BUILDS_H

#include <stdbool.h>
#include <stddef.h>

#include "build_id.h"

/*
 * @name: of a file, as the policy has it; the path of the program, if the block
 *	of the program does not say it
 * @id: as hexadecimal digits; "" if the file has none, of which no line says
 *	anything
 * @glibc: which GNU C Library it is: 36 for 2.36; 0 if it is none
 */
struct af_build {
	char *name;
	char id[AF_BUILD_ID_TEXT];
	unsigned int glibc;
};

struct af_builds {
	struct af_build *list;
	size_t nr;
};

/* Unless it is there already. */
void af_builds_add(struct af_builds *builds, const char *name, const char *id,
		   unsigned int glibc);
void af_builds_read(struct af_builds *builds, const char *text, size_t len);
void af_builds_release(struct af_builds *builds);

bool af_builds_has_name(const struct af_builds *builds, const char *name);
bool af_builds_has(const struct af_builds *builds, const char *name,
		   const char *id);

/* The version of the GNU C Library among them, 0 if it is not known. */
unsigned int af_builds_glibc(const struct af_builds *builds);

/*
 * The text of a policy with these builds: instead of others of the same names,
 * where those are, or else behind the last ones, or behind the comments that
 * the text begins with.  Nothing else changes.  *@len is the text's length, and
 * receives that of the result, which is allocated.
 */
char *af_builds_note(const struct af_builds *builds, const char *text,
		     size_t *len);

#endif /* AF_BUILDS_H */
