/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text in a signal handler, where snprintf() is not permitted. */
#ifndef AF_FORMAT_H
#define AF_FORMAT_H

#include <stddef.h>

/*
 * snprintf() with %s, %.Ns, %u and %d and nothing else.  Async-signal-safe.
 * Returns the length of what is in @buf, which is cut where it ends.
 */
__attribute__((format(printf, 3, 4))) size_t af_format(char *buf, size_t size,
						       const char *format, ...);

#endif /* AF_FORMAT_H */
