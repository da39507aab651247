/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which caller gets which id. */
#ifndef AF_ORDER_H
#define AF_ORDER_H

#include "policy.h"

/*
 * Give callers with the same rules ids side by side, in the order in which they
 * have them; those of unknown callers and of the program stay.  For a policy
 * that has been read, before its phases take its ids.  Returns 0 or -ENOMEM.
 */
int af_order_callers(struct libaf_policy *policy);

#endif /* AF_ORDER_H */
