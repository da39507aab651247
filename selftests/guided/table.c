// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tables that libaf takes for valid are those that the kernel takes, and it finds
 * a rule in them for every address.
 */
#include <string.h>

#include "table_model.h"
#include "target.h"
#include "unwind.h"

/* The length of the object, then the table. */
bool fuzz_table(const uint8_t *data, size_t size)
{
	uint64_t len = 0;
	uint32_t low;
	void *blob;
	bool valid;

	if (size < sizeof(low))
		return false;
	memcpy(&low, data, sizeof(low));
	data += sizeof(low);
	size -= sizeof(low);
	/* Now and then more than any object has. */
	len = low & 1 ? (uint64_t)low << 32 : low;
	/* Aligned, as all that is checked. */
	blob = malloc(size + 1);
	require(blob);
	memcpy(blob, data, size);
	valid = !af_unwind_check(blob, size, len);
	require(valid == unwind_model_valid(blob, size, len));
	if (valid)
		check_rules(blob, size, len);
	free(blob);
	return valid;
}
