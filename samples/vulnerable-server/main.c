// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A server that has a shell tell the date, and a library that is at the mercy
 * of whoever sends requests.  Do not let it listen to others than yourself.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "librequest.h"

static int listen_at(in_port_t port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, 1))
		return -1;
	return fd;
}

/* As web servers run scripts: what goes wrong there is an answer, too. */
static int tell_date(int connection)
{
	FILE *date = popen("exec 2>&1; date -u", "re");
	char text[64];
	ssize_t sent = -1;

	if (!date)
		return -1;
	if (fgets(text, sizeof(text), date))
		sent = write(connection, text, strlen(text));
	return pclose(date) || sent < 0 ? -1 : 0;
}

static void serve(int connection)
{
	struct request request = { .log = puts };

	while (librequest_read(connection, &request) > 0) {
		if (tell_date(connection))
			break;
	}
}

int main(int argc, char **argv)
{
	int listener, connection;

	if (argc != 2) {
		fprintf(stderr, "usage: vulnerable-server PORT\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	listener = listen_at((in_port_t)atoi(argv[1]));
	if (listener < 0) {
		perror("vulnerable-server");
		return 1;
	}
	while ((connection = accept(listener, NULL, NULL)) >= 0) {
		serve(connection);
		close(connection);
	}
	perror("vulnerable-server");
	return 1;
}
