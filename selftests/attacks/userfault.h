/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is there only when another thread says so. */
#ifndef AF_ATTACKS_USERFAULT_H
#define AF_ATTACKS_USERFAULT_H

/* A descriptor that serves @page; @flags as for userfaultfd(2). */
int watch_page(void *page, int flags);

/* Wait until somebody needs the page. */
void await_fault(int fd);

/* Put it there. */
void supply_page(int fd, void *page, const void *content);

/* A thread that supplies @content after calling @first, which may be NULL. */
void supply_later(int fd, void *page, const void *content, void (*first)(void));

#endif /* AF_ATTACKS_USERFAULT_H */
