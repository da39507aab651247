// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The order is that of glibc's loader for a library that the program needs or
 * opens, ld.so(8).  RPATH and RUNPATH of the libraries in between are not
 * known here; a library that only they lead to is named by its path.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "search.h"

/* Debian's, in the order in which its loader has them compiled in. */
static const char *const system_dirs[] = {
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib",
	"/usr/lib",
	"/lib64",
	"/usr/lib64",
};

/* Subdirectories for newer processors, and none. */
static const char *const levels[AF_SEARCH_MAX] = {
	"glibc-hwcaps/x86-64-v4/",
	"glibc-hwcaps/x86-64-v3/",
	"glibc-hwcaps/x86-64-v2/",
	"",
};

struct found {
	char **paths;
	int nr;
};

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

/* Add @path, which is allocated and taken over, if it is a file. */
static void add_path(struct found *found, char *path)
{
	if (found->nr < AF_SEARCH_MAX && is_file(path))
		found->paths[found->nr++] = path;
	else
		free(path);
}

static int try_dir(struct found *found, const char *dir, size_t dir_len,
		   const char *name)
{
	size_t i;

	for (i = 0; i < AF_SEARCH_MAX; i++) {
		char *path;

		if (asprintf(&path, "%.*s/%s%s", (int)dir_len, dir, levels[i],
			     name) < 0)
			return -ENOMEM;
		add_path(found, path);
	}
	return 0;
}

struct token {
	const char *name;
	const char *value;
};

/* As the loader sees it, whatever the locale. */
static bool ends_name(char c)
{
	return !((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		 (c >= '0' && c <= '9') || c == '_');
}

/*
 * The token that @text, which has a $ before it, begins with; *@len receives
 * how long it is written.
 */
static const struct token *match_token(const struct token *tokens, size_t nr,
				       const char *text, size_t left,
				       size_t *len)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		size_t name_len = strlen(tokens[i].name);

		*len = name_len;
		if (left >= *len && !strncmp(text, tokens[i].name, name_len) &&
		    (left == *len || ends_name(text[name_len])))
			return &tokens[i];
		*len = name_len + 2;
		if (left >= *len && text[0] == '{' &&
		    !strncmp(text + 1, tokens[i].name, name_len) &&
		    text[name_len + 1] == '}')
			return &tokens[i];
	}
	return NULL;
}

/*
 * Write @dir with its tokens replaced to @to, or only count, if that is NULL.
 * Returns how long it is, 0 if a token has no value.  What is no token stays
 * as it is, as for the loader.
 */
static size_t replace_tokens(char *to, const struct af_search *search,
			     const char *dir, size_t len)
{
	/* The value of PLATFORM depends on the processor and on glibc. */
	const struct token tokens[] = {
		{ "ORIGIN", search->origin },
		{ "LIB", "lib/x86_64-linux-gnu" },
		{ "PLATFORM", NULL },
	};
	const size_t nr = sizeof(tokens) / sizeof(tokens[0]);
	size_t i = 0, used = 0;

	while (i < len) {
		const struct token *token = NULL;
		const char *from = dir + i++;
		size_t from_len = 1, token_len;

		if (*from == '$')
			token = match_token(tokens, nr, dir + i, len - i,
					    &token_len);
		if (token) {
			if (!token->value)
				return 0;
			from = token->value;
			from_len = strlen(from);
			i += token_len;
		}
		if (to)
			memcpy(to + used, from, from_len);
		used += from_len;
	}
	return used;
}

/* Try the directory of a list that has tokens in it. */
static int try_element(struct found *found, const struct af_search *search,
		       const char *dir, size_t len, const char *name)
{
	size_t size = replace_tokens(NULL, search, dir, len);
	char *text;
	int ret;

	/* Nobody knows which directory that is. */
	if (!size)
		return 0;
	text = malloc(size);
	if (!text)
		return -ENOMEM;
	replace_tokens(text, search, dir, len);
	ret = try_dir(found, text, size, name);
	free(text);
	return ret;
}

/* Try each directory of a list; stop at the first that has the library. */
static int try_list(struct found *found, const struct af_search *search,
		    const char *list, const char *separators, const char *name)
{
	/* An empty list has no element, not an empty one. */
	if (list && !*list)
		return 0;
	while (list && !found->nr) {
		size_t len = strcspn(list, separators);
		int ret;

		/* An empty element is the current directory. */
		ret = try_element(found, search, len ? list : ".",
				  len ? len : 1, name);
		if (ret)
			return ret;
		list = list[len] ? list + len + 1 : NULL;
	}
	return 0;
}

static int try_cache(struct found *found, const struct af_search *search,
		     const char *name)
{
	const char *path;
	size_t next = 0;

	while ((path = af_ldcache_find(&search->cache, name, &next))) {
		char *copy = strdup(path);

		if (!copy)
			return -ENOMEM;
		add_path(found, copy);
	}
	return 0;
}

static int try_system(struct found *found, const char *name)
{
	size_t i;
	int ret;

	for (i = 0; i < sizeof(system_dirs) / sizeof(system_dirs[0]); i++) {
		ret = try_dir(found, system_dirs[i], strlen(system_dirs[i]),
			      name);
		if (ret || found->nr)
			return ret;
	}
	return 0;
}

/* The only candidate: if it is no file, its user can say why. */
static int use_path(struct found *found, const char *path)
{
	found->paths[0] = strdup(path);
	if (!found->paths[0])
		return -ENOMEM;
	found->nr = 1;
	return 0;
}

static int search_all(struct found *found, const struct af_search *search,
		      const char *name)
{
	const char *interp = search->interp;
	int ret;

	if (strchr(name, '/'))
		return use_path(found, name);
	/* The kernel finds the loader by the path that the program gives. */
	if (interp &&
	    !strcmp(strrchr(interp, '/') ? strrchr(interp, '/') + 1 : interp,
		    name))
		return use_path(found, interp);
	ret = try_list(found, search, search->rpath, ":", name);
	if (!ret && !found->nr)
		ret = try_list(found, search, search->library_path, ":;", name);
	if (!ret && !found->nr)
		ret = try_list(found, search, search->runpath, ":", name);
	if (!ret && !found->nr)
		ret = try_cache(found, search, name);
	if (!ret && !found->nr)
		ret = try_system(found, name);
	return ret;
}

int af_search(const struct af_search *search, const char *name,
	      char *paths[AF_SEARCH_MAX])
{
	struct found found = { .paths = paths };
	int ret = search_all(&found, search, name);

	if (!ret)
		return found.nr;
	while (found.nr)
		free(paths[--found.nr]);
	return ret;
}
