/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON that the verbs print. */
#ifndef AF_JSON_H
#define AF_JSON_H

#include <jansson.h>
#include <stdio.h>

/*
 * A string of any bytes: if they are not UTF-8, those that are not ASCII become
 * question marks.
 */
json_t *af_json_string(const char *s);

/*
 * Print a value, keys in the order in which they were added, and release it.
 * NULL means that memory ran out when it was made.  Returns an exit status.
 */
int af_json_print(FILE *out, json_t *value);

#endif /* AF_JSON_H */
