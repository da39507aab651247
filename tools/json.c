// SPDX-License-Identifier: LGPL-2.1-or-later
/* JSON that the verbs print. */
#include <stdlib.h>
#include <string.h>

#include "af.h"
#include "json.h"

json_t *af_json_string(const char *s)
{
	json_t *value = json_string(s);
	char *copy;

	if (value)
		return value;
	copy = strdup(s);
	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
	value = json_string(copy);
	free(copy);
	return value;
}

int af_json_print(FILE *out, json_t *value)
{
	int ret;

	if (!value)
		return af_no_memory();
	/* Six digits are enough for all that is printed, and exact. */
	ret = json_dumpf(value, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(value);
	/* If it cannot be written, that is said at the end. */
	if (ret)
		return ferror(out) ? AF_FAILED : af_no_memory();
	fputc('\n', out);
	return AF_OK;
}
