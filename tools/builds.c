// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builds.h"
#include "memory.h"

/* What a comment of ours begins with. */
#define MARK "#:"

/* NAME build-id ID glibc 2.N */
#define MAX_WORDS 5

/* A line, without its newline, and where the next one begins. */
struct line {
	const char *start;
	size_t len;
	const char *next;
};

struct word {
	const char *start;
	size_t len;
};

static bool next_line(struct line *line, const char *end)
{
	const char *newline;

	line->start = line->next;
	if (line->start == end)
		return false;
	newline = memchr(line->start, '\n', end - line->start);
	line->len = (newline ? newline : end) - line->start;
	line->next = newline ? newline + 1 : end;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Returns MAX_WORDS + 1 if there are more than MAX_WORDS. */
static size_t split(const char *pos, const char *end, struct word *words)
{
	size_t nr = 0;

	for (;;) {
		const char *start;

		while (pos < end && is_blank(*pos))
			pos++;
		if (pos == end)
			return nr;
		start = pos;
		while (pos < end && !is_blank(*pos))
			pos++;
		if (nr == MAX_WORDS)
			return nr + 1;
		words[nr++] = (struct word){ start, pos - start };
	}
}

static bool word_is(const struct word *word, const char *text)
{
	return word->len == strlen(text) &&
	       !memcmp(word->start, text, word->len);
}

static bool copy_id(const struct word *word, char id[AF_BUILD_ID_TEXT])
{
	if (word->len >= AF_BUILD_ID_TEXT)
		return false;
	memcpy(id, word->start, word->len);
	id[word->len] = '\0';
	return strspn(id, "0123456789abcdef") == word->len;
}

/* 2.N */
static bool read_version(const struct word *word, unsigned int *glibc)
{
	unsigned int minor = 0;

	if (word->len < 3 || word->len > 5 || memcmp(word->start, "2.", 2))
		return false;
	for (size_t i = 2; i < word->len; i++) {
		char c = word->start[i];

		if (c < '0' || c > '9')
			return false;
		minor = 10 * minor + (c - '0');
	}
	*glibc = minor;
	return true;
}

/* Is this line one of ours?  Then @build is it, and its name is allocated. */
static bool read_build(const struct line *line, struct af_build *build)
{
	const char *pos = line->start, *end = line->start + line->len;
	struct word words[MAX_WORDS];
	size_t nr;

	while (pos < end && is_blank(*pos))
		pos++;
	if (end - pos < 2 || memcmp(pos, MARK, 2))
		return false;
	nr = split(pos + 2, end, words);
	if ((nr != 3 && nr != 5) || !word_is(&words[1], "build-id") ||
	    !copy_id(&words[2], build->id))
		return false;
	build->glibc = 0;
	if (nr == 5 && (!word_is(&words[3], "glibc") ||
			!read_version(&words[4], &build->glibc)))
		return false;
	build->name = af_make_text("%.*s", (int)words[0].len, words[0].start);
	return true;
}

static bool is_same(const struct af_build *a, const struct af_build *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->id, b->id) &&
	       a->glibc == b->glibc;
}

static bool includes(const struct af_builds *builds,
		     const struct af_build *build)
{
	for (size_t i = 0; i < builds->nr; i++) {
		if (is_same(&builds->list[i], build))
			return true;
	}
	return false;
}

void af_builds_add(struct af_builds *builds, const char *name, const char *id,
		   unsigned int glibc)
{
	struct af_build build = { .name = af_copy(name), .glibc = glibc };

	snprintf(build.id, sizeof(build.id), "%s", id);
	if (includes(builds, &build)) {
		free(build.name);
		return;
	}
	builds->list =
		af_grow(builds->list, builds->nr + 1, sizeof(*builds->list));
	builds->list[builds->nr++] = build;
}

void af_builds_read(struct af_builds *builds, const char *text, size_t len)
{
	struct line line = { .next = text };
	struct af_build build;

	while (next_line(&line, text + len)) {
		if (!read_build(&line, &build))
			continue;
		af_builds_add(builds, build.name, build.id, build.glibc);
		free(build.name);
	}
}

void af_builds_release(struct af_builds *builds)
{
	for (size_t i = 0; i < builds->nr; i++)
		free(builds->list[i].name);
	free(builds->list);
	memset(builds, 0, sizeof(*builds));
}

bool af_builds_has_name(const struct af_builds *builds, const char *name)
{
	for (size_t i = 0; i < builds->nr; i++) {
		if (!strcmp(builds->list[i].name, name))
			return true;
	}
	return false;
}

bool af_builds_has(const struct af_builds *builds, const char *name,
		   const char *id)
{
	for (size_t i = 0; i < builds->nr; i++) {
		if (!strcmp(builds->list[i].name, name) &&
		    !strcmp(builds->list[i].id, id))
			return true;
	}
	return false;
}

unsigned int af_builds_glibc(const struct af_builds *builds)
{
	for (size_t i = 0; i < builds->nr; i++) {
		if (builds->list[i].glibc)
			return builds->list[i].glibc;
	}
	return 0;
}

static int compare_builds(const void *a, const void *b)
{
	const struct af_build *x = a;
	const struct af_build *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->id, y->id);
}

/*
 * What is left to be written.
 * @place: where what has no place of its own goes: before this
 */
struct writer {
	const struct af_builds *builds;
	const char *place;
	bool *written;
	FILE *out;
};

/* Behind the last line of ours, or behind the comments at the beginning. */
static const char *find_place(const char *text, const char *end)
{
	struct line line = { .next = text };
	const char *place = text;
	struct af_build build;
	bool head = true;

	while (next_line(&line, end)) {
		if (read_build(&line, &build)) {
			free(build.name);
			place = line.next;
			head = false;
		} else if (head && line.len && *line.start == '#') {
			place = line.next;
		} else {
			head = false;
		}
	}
	return place;
}

static bool is_due(const struct writer *writer)
{
	for (size_t i = 0; i < writer->builds->nr; i++) {
		if (!writer->written[i])
			return true;
	}
	return false;
}

/* All of this name, or all. */
static void write_builds(struct writer *writer, const char *name)
{
	for (size_t i = 0; i < writer->builds->nr; i++) {
		const struct af_build *build = &writer->builds->list[i];

		if (writer->written[i] || (name && strcmp(build->name, name)))
			continue;
		writer->written[i] = true;
		fprintf(writer->out, MARK " %s build-id %s", build->name,
			build->id);
		if (build->glibc)
			fprintf(writer->out, " glibc 2.%u", build->glibc);
		fputc('\n', writer->out);
	}
}

/* If it is of a file that was seen, and another build of it, those come here. */
static void write_line(struct writer *writer, const struct line *line)
{
	struct af_build build;

	if (!read_build(line, &build)) {
		fwrite(line->start, 1, line->next - line->start, writer->out);
		return;
	}
	if (af_builds_has_name(writer->builds, build.name) &&
	    !includes(writer->builds, &build))
		write_builds(writer, build.name);
	else
		fwrite(line->start, 1, line->next - line->start, writer->out);
	free(build.name);
}

static void write_lines(struct writer *writer, const char *text,
			const char *end)
{
	struct line line = { .next = text };
	bool newline = true, placed = false;

	while (next_line(&line, end)) {
		if (line.start == writer->place) {
			write_builds(writer, NULL);
			placed = true;
		}
		write_line(writer, &line);
		newline = line.start + line.len < line.next;
	}
	if (placed)
		return;
	if (!newline && is_due(writer))
		fputc('\n', writer->out);
	write_builds(writer, NULL);
}

char *af_builds_note(const struct af_builds *builds, const char *text,
		     size_t *len)
{
	const char *end = text + *len;
	struct writer writer = { .builds = builds };
	struct af_builds old = { .list = NULL };
	char *result;

	if (builds->nr)
		qsort(builds->list, builds->nr, sizeof(*builds->list),
		      compare_builds);
	af_builds_read(&old, text, *len);
	writer.written = af_grow(NULL, builds->nr + 1, sizeof(bool));
	for (size_t i = 0; i < builds->nr; i++)
		writer.written[i] = !builds->list[i].id[0] ||
				    includes(&old, &builds->list[i]);
	writer.place = find_place(text, end);
	writer.out = open_memstream(&result, len);
	if (!writer.out)
		af_out_of_memory();
	write_lines(&writer, text, end);
	if (fclose(writer.out))
		af_out_of_memory();
	free(writer.written);
	af_builds_release(&old);
	return result;
}
