/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* librequest.so reads requests, of one word each, and answers the wrong ones. */
#ifndef LIBREQUEST_H
#define LIBREQUEST_H

/* @log: is given the words that nobody knows */
struct request {
	char word[64];
	int (*log)(const char *text);
};

/* Returns 1 if the request is for the date, 0 at the end, -1 if it failed. */
int librequest_read(int connection, struct request *request);

#endif /* LIBREQUEST_H */
