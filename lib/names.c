// SPDX-License-Identifier: LGPL-2.1-or-later
/* System calls, errors and actions by their names. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* strerrorname_np() */
#endif
#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

/* Largest errno value of Linux that has a name. */
#define MAX_ERRNO 133

/* The name of a system call, to be freed, or NULL. */
static char *call_name(unsigned int nr)
{
	return seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
}

/*
 * To find that a number has no name takes libseccomp longer than all else that
 * is done here.  But calls get their numbers one after the other from these on;
 * what is between them is for other architectures, and for x32.
 */
static const unsigned int first_calls[] = { 0, 424, 548, AF_NR_MAX };

/* So many without a name are the end; more than there are ever holes. */
#define MAX_HOLE 16

char *af_next_call(unsigned int *nr)
{
	const unsigned int *first = first_calls;
	unsigned int missing = 0;

	while (*nr < AF_NR_MAX) {
		char *name = call_name(*nr);

		if (name)
			return name;
		++*nr;
		if (++missing < MAX_HOLE)
			continue;
		missing = 0;
		while (*first < *nr)
			first++;
		*nr = *first;
	}
	return NULL;
}

static int unknown_call(const struct af_lexer *lex)
{
	const struct af_word *word = &lex->word;
	struct af_suggestion s;
	unsigned int nr;
	char *name;
	int ret = lex_error(lex, &word->place, "unknown system call `%.*s`",
			    SHOWN(word));

	af_suggest_begin(&s, word->start, word->len);
	for (nr = 0; (name = af_next_call(&nr)); nr++) {
		af_suggest(&s, name);
		free(name);
	}
	af_suggest_end(&s, lex->err);
	return ret;
}

static int number_as_call(const struct af_lexer *lex, const char *word)
{
	char *end, *name;
	unsigned long nr = strtoul(word, &end, 0);
	int ret;

	if (*end)
		return unknown_call(lex);
	ret = lex_error(lex, &lex->word.place,
			"system calls have names, not numbers");
	name = nr < AF_NR_MAX ? call_name(nr) : NULL;
	if (name)
		af_hint(lex->err, "the name of %lu is `%s`", nr, name);
	free(name);
	return ret;
}

int af_name_call(const struct af_lexer *lex, unsigned int *nr)
{
	char name[AF_MAX_WORD];
	int ret;

	if (!af_word_copy(&lex->word, name))
		return unknown_call(lex);
	if (isdigit((unsigned char)*name))
		return number_as_call(lex, name);
	ret = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name);
	if (ret == __NR_SCMP_ERROR)
		return unknown_call(lex);
	if (ret < 0 || ret >= AF_NR_MAX)
		return lex_error(lex, &lex->word.place,
				 "x86-64 has no system call `%s`", name);
	*nr = ret;
	return 0;
}

/* Other names of errors, which strerrorname_np() does not return. */
static const struct {
	const char *name;
	int value;
} errno_aliases[] = {
	{ "EWOULDBLOCK", EWOULDBLOCK },
	{ "EDEADLOCK", EDEADLOCK },
	{ "ENOTSUP", ENOTSUP },
};

/* Returns 0 if there is no such error. */
static int find_errno(const struct af_word *word, struct af_suggestion *s)
{
	for (int value = 1; value <= MAX_ERRNO; value++) {
		const char *name = strerrorname_np(value);

		if (!name)
			continue;
		if (af_word_is(word, name))
			return value;
		af_suggest(s, name);
	}
	for (size_t i = 0; i < sizeof(errno_aliases) / sizeof(*errno_aliases);
	     i++) {
		if (af_word_is(word, errno_aliases[i].name))
			return errno_aliases[i].value;
	}
	return 0;
}

static int name_errno(struct af_lexer *lex, uint32_t *action)
{
	struct af_suggestion s;
	int value, ret = af_lex_next(lex);

	if (!ret)
		return af_lex_incomplete(lex, "as in `errno EPERM`");
	if (ret < 0)
		return ret;
	af_suggest_begin(&s, lex->word.start, lex->word.len);
	value = find_errno(&lex->word, &s);
	if (!value) {
		ret = lex_error(lex, &lex->word.place, "unknown error `%.*s`",
				SHOWN(&lex->word));
		if (!af_suggest_end(&s, lex->err))
			af_hint(lex->err, "errno(3) lists the names of errors");
		return ret;
	}
	*action = SECCOMP_RET_ERRNO | value;
	return 0;
}

static const struct {
	const char *name;
	uint32_t value;
} actions[] = {
	{ "allow", SECCOMP_RET_ALLOW },
	{ "kill", SECCOMP_RET_KILL_PROCESS },
	{ "trap", SECCOMP_RET_TRAP },
	{ "log", SECCOMP_RET_LOG },
	{ "notify", SECCOMP_RET_USER_NOTIF },
};

int af_name_action(struct af_lexer *lex, bool allow, uint32_t *action)
{
	const struct af_word *word = &lex->word;
	struct af_suggestion s;
	int ret;

	if (af_word_is(word, "errno"))
		return name_errno(lex, action);
	af_suggest_begin(&s, word->start, word->len);
	af_suggest(&s, "errno");
	for (size_t i = !allow; i < sizeof(actions) / sizeof(*actions); i++) {
		if (af_word_is(word, actions[i].name)) {
			*action = actions[i].value;
			return 0;
		}
		af_suggest(&s, actions[i].name);
	}
	ret = lex_error(lex, &word->place, "unknown action `%.*s`",
			SHOWN(word));
	if (!af_suggest_end(&s, lex->err))
		af_hint(lex->err,
			"use %s`kill`, `errno NAME`, `trap`, `log` or `notify`",
			allow ? "`allow`, " : "");
	return ret;
}
