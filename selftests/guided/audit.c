// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is understood of a record is what the record says, and no more. */
#include <errno.h>
#include <string.h>

#include "libaf.h"
#include "target.h"

bool fuzz_audit(const uint8_t *data, size_t size)
{
	char *record = malloc(size + 1), again[128];
	struct libaf_call call, same;
	int ret;

	require(record);
	if (size)
		memcpy(record, data, size);
	record[size] = '\0';
	ret = libaf_call_from_audit(record, &call);
	free(record);
	require(ret == 0 || ret == -EINVAL);
	if (ret)
		return false;

	require(!call.has_args);
	snprintf(again, sizeof(again),
		 "audit: arch=c000003e syscall=%d compat=0 prev=%d caller=%u",
		 call.nr, call.prev_nr, call.caller_id);
	require(!libaf_call_from_audit(again, &same));
	require(!memcmp(&call, &same, sizeof(call)));
	return true;
}
