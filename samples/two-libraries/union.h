/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef UNION_H
#define UNION_H

/*
 * Confine the process by one list for all of its code.  Returns 0 or a
 * negative errno.
 */
int load_union(void);

#endif /* UNION_H */
