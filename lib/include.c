// SPDX-License-Identifier: LGPL-2.1-or-later
/* include FILE: a part of a policy that is in a file of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "read.h"

/* What one policy may include. */
#define MAX_FILES 64

#define MAX_PATH 4095

/* How much of a path an error shows. */
#define MAX_SHOWN 128

/* The path of the current word, from the directory of the file that has it. */
static int find_path(struct af_parser *p, char **path)
{
	const struct af_word *word = &p->lex.word;
	const char *slash = strrchr(p->lex.name, '/');
	size_t dir = 0;

	if (*word->start != '/' && slash)
		dir = slash + 1 - p->lex.name;
	if (dir + word->len > MAX_PATH)
		return lex_limit(&p->lex, &word->place,
				 "a path has at most %d bytes", MAX_PATH);
	*path = malloc(dir + word->len + 1);
	if (!*path)
		return af_lex_no_memory(&p->lex);
	memcpy(*path, p->lex.name, dir);
	memcpy(*path + dir, word->start, word->len);
	(*path)[dir + word->len] = '\0';
	return 0;
}

/* @text is freed: what is read from it is copied. */
static int parse_included(struct af_parser *p, const char *path, char *text,
			  size_t len)
{
	struct af_lexer outer = p->lex;
	char *name;
	int ret;

	if (af_policy_add_file(p->base, path, &name)) {
		free(text);
		return af_lex_no_memory(&p->lex);
	}
	af_lex_begin(&p->lex, name, text, len, outer.err);
	p->including = true;
	ret = af_parse_lines(p);
	p->including = false;
	p->lex = outer;
	free(text);
	return ret ? ret : af_parse_end_of_line(p, "the file");
}

/* What is wrong with the file is said, but not which line has named it. */
static int cannot_include(struct af_parser *p, const struct af_place *place,
			  const char *path, int code)
{
	struct libaf_error *err = p->lex.err;
	size_t len = strlen(path);
	struct libaf_error inner;

	if (!err)
		return code;
	inner = *err;
	/* The end of a long path says more than its beginning. */
	if (len > MAX_SHOWN)
		path += len - MAX_SHOWN;
	return af_error(err, code, p->lex.name, place, "%s: %s", path,
			inner.text);
}

static int include(struct af_parser *p)
{
	const struct af_place place = p->lex.word.place;
	char *path, *text;
	size_t len;
	int ret = find_path(p, &path);

	if (ret)
		return ret;
	ret = af_read_text(path, &text, &len, p->lex.err);
	if (ret)
		ret = cannot_include(p, &place, path, ret);
	else
		ret = parse_included(p, path, text, len);
	free(path);
	return ret;
}

int af_parse_include(struct af_parser *p)
{
	struct af_place place = p->lex.word.place;
	int ret;

	if (p->including)
		return lex_error(&p->lex, &place,
				 "`include` in a file that is included");
	if (!p->may_include)
		return lex_error(&p->lex, &place,
				 "`include` in a policy that is not a file");
	ret = af_lex_next(&p->lex);
	if (!ret)
		return af_lex_incomplete(&p->lex, "as in `include common.af`");
	if (ret < 0)
		return ret;
	if (p->base->nr_files == MAX_FILES)
		return lex_limit(&p->lex, &place,
				 "the policy includes more than %d files",
				 MAX_FILES);
	return include(p);
}
