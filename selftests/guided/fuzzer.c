// SPDX-License-Identifier: LGPL-2.1-or-later
/* What libFuzzer calls; TARGET is one of the functions in target.h. */
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TARGET(data, size);
	return 0;
}
