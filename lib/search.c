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

/* The token that @text begins with; *@len receives how long it is written. */
static const struct token *match_token(const struct token *tokens, size_t nr,
				       const char *text, size_t left,
				       size_t *len)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		size_t name_len = strlen(tokens[i].name);

		*len = name_len + 1;
		if (left > name_len &&
		    !strncmp(text + 1, tokens[i].name, name_len))
			return &tokens[i];
		*len = name_len + 3;
		if (left >= *len && text[1] == '{' &&
		    !strncmp(text + 2, tokens[i].name, name_len) &&
		    text[name_len + 2] == '}')
			return &tokens[i];
	}
	return NULL;
}

/* Replace $ORIGIN and $LIB.  NULL if there is no memory or no such token. */
static char *expand(const struct af_search *search, const char *dir, size_t len)
{
	const struct token tokens[] = {
		{ "ORIGIN", search->origin },
		{ "LIB", "lib/x86_64-linux-gnu" },
	};
	size_t size, i = 0, token_len;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	while (i < len) {
		const struct token *token;

		if (dir[i] != '$') {
			putc(dir[i++], out);
			continue;
		}
		token = match_token(tokens, sizeof(tokens) / sizeof(tokens[0]),
				    dir + i, len - i, &token_len);
		if (!token || !token->value) {
			fclose(out);
			free(text);
			return NULL;
		}
		fputs(token->value, out);
		i += token_len;
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* Try each directory of a list; stop at the first that has the library. */
static int try_list(struct found *found, const struct af_search *search,
		    const char *list, const char *separators, const char *name)
{
	while (list && !found->nr) {
		size_t len = strcspn(list, separators);
		char *dir;
		int ret = 0;

		/* An empty element is the current directory. */
		dir = expand(search, len ? list : ".", len ? len : 1);
		if (dir)
			ret = try_dir(found, dir, strlen(dir), name);
		free(dir);
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
