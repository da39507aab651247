// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decodes what the guest's init reports, see record.h.
 *
 *	decode --tests RECORDS DIR	the output of each test goes to DIR/NAME,
 *					a line "NAME<TAB>STATUS" to stdout
 *	decode --exec RECORDS		the command's stdout and stderr are passed
 *					on, and its exit status is the status
 *
 * RECORDS may still grow, as long as something holds the other end of stdin.
 * STATUS is "exit N", "signal N", "timeout N", "output N" or "lost", the last
 * if the guest ended before the test.  Exit status: 0 if the stream is whole,
 * 125 if it is not, which is then explained on stderr.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record.h"

#define EXIT_BROKEN 125
#define POLL_MS     50

struct decoder {
	int fd;
	bool exec;
	const char *dir;
	bool in_test;
	char name[128];
	int out;
	uint32_t nr_ended;
	bool final;
	int status;
	unsigned char data[RECORD_MAX + 1];
};

static bool writer_gone(void)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	if (poll(&pfd, 1, POLL_MS) <= 0)
		return false;
	return read(STDIN_FILENO, &byte, 1) <= 0;
}

/* False at the end of the stream: cut short if some of @len was there. */
static bool read_all(struct decoder *d, void *data, size_t len, bool *cut)
{
	bool gone = false;
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(d->fd, (char *)data + done, len - done);

		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n < 0 && errno != EINTR)
			break;
		/* Look once more after the writer has gone. */
		if (gone)
			break;
		gone = writer_gone();
	}
	*cut = done > 0;
	return done == len;
}

static int broken(const char *what)
{
	fprintf(stderr, "guest: %s\n", what);
	return EXIT_BROKEN;
}

static bool pass_on(int fd, const unsigned char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool name_ok(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/');
}

static int begin(struct decoder *d, uint32_t len)
{
	char path[4096];
	int n;

	if (d->in_test || len >= sizeof(d->name))
		return broken("misplaced start of a test");
	memcpy(d->name, d->data, len);
	d->name[len] = '\0';
	if (!name_ok(d->name))
		return broken("a test has no proper name");
	d->in_test = true;
	if (d->exec)
		return 0;
	n = snprintf(path, sizeof(path), "%s/%s", d->dir, d->name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return broken("a test's name is too long");
	d->out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (d->out < 0) {
		perror(path);
		return EXIT_BROKEN;
	}
	return 0;
}

static int output(struct decoder *d, const struct record *rec)
{
	int fd = d->out;

	if (!d->in_test)
		return broken("output of no test");
	if (d->exec)
		fd = rec->type == RECORD_STDERR ? STDERR_FILENO : STDOUT_FILENO;
	if (!pass_on(fd, d->data, rec->len)) {
		perror("write");
		return EXIT_BROKEN;
	}
	return 0;
}

static int end(struct decoder *d, uint32_t len)
{
	static const char *const words[] = {
		[HOW_EXIT] = "exit",
		[HOW_SIGNAL] = "signal",
		[HOW_TIMEOUT] = "timeout",
		[HOW_OUTPUT] = "output",
	};
	struct record_end how;

	if (!d->in_test || len != sizeof(how))
		return broken("misplaced end of a test");
	memcpy(&how, d->data, sizeof(how));
	if (how.how < HOW_EXIT || how.how > HOW_OUTPUT)
		return broken("unknown end of a test");
	d->in_test = false;
	d->nr_ended++;
	if (!d->exec) {
		close(d->out);
		printf("%s\t%s %u\n", d->name, words[how.how], how.value);
		fflush(stdout);
		return 0;
	}
	if (how.how == HOW_EXIT) {
		d->status = (int)(how.value & 0xff);
	} else {
		fprintf(stderr, "guest: the command ended by %s %u\n",
			words[how.how], how.value);
		d->status = how.how == HOW_SIGNAL ? 128 + (int)how.value : 124;
	}
	return 0;
}

static int final(struct decoder *d, uint32_t len)
{
	uint32_t nr;

	if (d->in_test || len != sizeof(nr))
		return broken("misplaced final record");
	memcpy(&nr, d->data, sizeof(nr));
	if (nr != d->nr_ended)
		return broken("the final record's number of tests is wrong");
	d->final = true;
	return 0;
}

static int fatal(struct decoder *d, uint32_t len)
{
	d->data[len] = '\0';
	fprintf(stderr, "guest: init: %s\n", (const char *)d->data);
	return EXIT_BROKEN;
}

static int decode_one(struct decoder *d, const struct record *rec)
{
	if (d->final)
		return broken("records after the final one");
	switch (rec->type) {
	case RECORD_BEGIN:
		return begin(d, rec->len);
	case RECORD_STDOUT:
	case RECORD_STDERR:
		return output(d, rec);
	case RECORD_END:
		return end(d, rec->len);
	case RECORD_FINAL:
		return final(d, rec->len);
	case RECORD_FATAL:
		return fatal(d, rec->len);
	default:
		return broken("unknown record");
	}
}

static int decode(struct decoder *d)
{
	struct record rec;
	int err = 0;
	bool cut;

	while (!err && read_all(d, &rec, sizeof(rec), &cut)) {
		if (rec.magic != RECORD_MAGIC || rec.len > RECORD_MAX)
			return broken("not a record");
		if (!read_all(d, d->data, rec.len, &cut))
			return broken("record cut short");
		err = decode_one(d, &rec);
	}
	if (err)
		return err;
	if (cut)
		return broken("record cut short");
	if (!d->final)
		return broken("ended without its final record");
	return d->status;
}

static int usage(void)
{
	fputs("usage: decode --tests RECORDS DIR | --exec RECORDS\n", stderr);
	return EXIT_BROKEN;
}

int main(int argc, char **argv)
{
	static struct decoder d = { .out = -1 };
	int status;

	if (argc < 3)
		return usage();
	d.exec = strcmp(argv[1], "--exec") == 0;
	if (!d.exec && (strcmp(argv[1], "--tests") != 0 || argc != 4))
		return usage();
	d.dir = argv[3];
	d.fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (d.fd < 0) {
		perror(argv[2]);
		return EXIT_BROKEN;
	}
	status = decode(&d);
	if (d.in_test && !d.exec)
		printf("%s\tlost\n", d.name);
	close(d.fd);
	return status;
}
