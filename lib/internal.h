/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all files of the library need. */
#ifndef AF_INTERNAL_H
#define AF_INTERNAL_H

/* Part of the interface; everything else is hidden. */
#define LIBAF_API __attribute__((visibility("default")))

#endif /* AF_INTERNAL_H */
