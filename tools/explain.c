// SPDX-License-Identifier: LGPL-2.1-or-later
/* af explain: what a policy says of a call, and why. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/names.h"
#include "../lib/policy.h"
#include "af.h"
#include "denial.h"

static const char usage[] =
	"usage: af explain [--by CALLER] [--after CALL] POLICY CALL [ARGUMENT...]\n"
	"       af explain --audit POLICY [FILE]\n"
	"\n"
	"Say whether a policy permits a call, which line decides, and what to add if\n"
	"it does not.  CALLER is `program`, which is the default, `unknown`, or a\n"
	"library, part or further program as the policy names it.  With --audit,\n"
	"explain the records of the audit log that are in FILE, or in standard input.\n"
	"\n"
	"  --by CALLER   who makes the call\n"
	"  --after CALL  the call before, or `start` or `signal`; default: start\n"
	"  --audit       read records of the audit log\n"
	"  --help        show this\n"
	"\n"
	"The exit status is 0 if the policy permits the call, 1 if not, or if that\n"
	"depends on arguments that are not given or on a supervisor, 2 for wrong\n"
	"arguments or a file that cannot be read.\n";

static int explain(const struct libaf_policy *policy,
		   const struct libaf_call *call)
{
	struct libaf_explanation why;

	if (libaf_policy_explain(policy, call, &why))
		return AF_USAGE;
	af_explanation_print(stdout, &why);
	return why.verdict == LIBAF_PERMITS ? AF_OK : AF_FAILED;
}

/* A word of the command line, as if it were one of a policy. */
static int read_word(struct af_lexer *lex, const char *word,
		     struct libaf_error *err)
{
	int ret;

	af_lex_begin(lex, "", word, strlen(word), err);
	ret = af_lex_next(lex);
	if (ret > 0 && lex->pos == lex->end)
		return 0;
	return af_error(err, -EINVAL, NULL, NULL, "`%s` is not one word", word);
}

static int find_call(const char *word, int *nr, struct libaf_error *err)
{
	struct af_lexer lex;
	unsigned int number = 0;
	int ret = read_word(&lex, word, err);

	if (!ret)
		ret = af_name_call(&lex, &number);
	if (ret && err && !err->hint[0])
		af_hint(err, "see `af list calls`");
	*nr = (int)number;
	return ret;
}

static int find_previous(const char *word, int *nr, struct libaf_error *err)
{
	if (!strcmp(word, "start"))
		*nr = LIBAF_SECCOMP_PREV_NONE;
	else if (!strcmp(word, "signal"))
		*nr = LIBAF_SECCOMP_PREV_SIGNAL;
	else
		return find_call(word, nr, err);
	return 0;
}

static int find_caller(const struct libaf_policy *policy, const char *name,
		       unsigned int *id, struct libaf_error *err)
{
	struct af_suggestion suggestion;

	*id = AF_ID_PROGRAM;
	if (!strcmp(name, "program"))
		return 0;
	*id = AF_ID_UNKNOWN;
	if (!strcmp(name, "unknown"))
		return 0;
	af_suggest_begin(&suggestion, name, strlen(name));
	af_suggest(&suggestion, "program");
	af_suggest(&suggestion, "unknown");
	for (*id = AF_ID_LIBRARY; *id < policy->nr_callers; ++*id) {
		if (!strcmp(policy->callers[*id].name, name))
			return 0;
		af_suggest(&suggestion, policy->callers[*id].name);
	}
	af_error(err, -EINVAL, NULL, NULL, "`%s` is not in the policy", name);
	if (!af_suggest_end(&suggestion, err))
		af_hint(err, "it is then `unknown`");
	return -EINVAL;
}

static int read_arguments(struct libaf_call *call, int argc, char **argv,
			  struct libaf_error *err)
{
	uint64_t value;
	int i, ret = 0;

	if (argc > AF_NR_ARGS)
		return af_error(err, -EINVAL, NULL, NULL,
				"a call has at most %d arguments", AF_NR_ARGS);
	for (i = 0; !ret && i < argc; i++) {
		struct af_lexer lex;

		ret = read_word(&lex, argv[i], err);
		if (!ret)
			ret = af_name_value(&lex, &value);
		if (!ret)
			call->args[i] = value;
	}
	call->has_args = argc > 0;
	return ret;
}

static int explain_call(const struct libaf_policy *policy, const char *by,
			const char *after, int argc, char **argv)
{
	struct libaf_call call = { 0 };
	struct libaf_error err;
	int ret;

	ret = find_caller(policy, by, &call.caller_id, &err);
	if (!ret)
		ret = find_previous(after, &call.prev_nr, &err);
	if (!ret)
		ret = find_call(argv[0], &call.nr, &err);
	if (!ret)
		ret = read_arguments(&call, argc - 1, argv + 1, &err);
	if (!ret)
		return explain(policy, &call);
	/* A place in the command line is not one in a file. */
	err.line = 0;
	af_print_error(&err);
	return AF_USAGE;
}

/* @name: the file's */
static int explain_records(const struct libaf_policy *policy, FILE *file,
			   const char *name)
{
	struct libaf_call call;
	char *line = NULL;
	size_t size = 0;
	int ret = AF_OK;

	while (getline(&line, &size, file) >= 0) {
		if (!libaf_call_from_audit(line, &call) &&
		    explain(policy, &call))
			ret = AF_FAILED;
	}
	free(line);
	if (feof(file))
		return ret;
	af_complain("%s: cannot be read: %s", name, strerror(errno));
	return AF_USAGE;
}

static int explain_log(const struct libaf_policy *policy, const char *path)
{
	FILE *file = path ? fopen(path, "re") : stdin;
	int ret;

	if (!file) {
		af_complain("%s: cannot be read: %s", path, strerror(errno));
		return AF_USAGE;
	}
	ret = explain_records(policy, file, path ? path : "standard input");
	if (path)
		fclose(file);
	return ret;
}

int af_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "by", required_argument, NULL, 'b' },
		{ "after", required_argument, NULL, 'a' },
		{ "audit", no_argument, NULL, 'l' },
		{},
	};
	const char *by = NULL, *after = NULL;
	struct libaf_policy *policy;
	struct libaf_error err;
	bool log = false;
	int option, ret;

	/* What is behind the policy may begin with a minus sign. */
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return AF_OK;
		case 'b':
			by = optarg;
			break;
		case 'a':
			after = optarg;
			break;
		case 'l':
			log = true;
			break;
		default:
			fputs(usage, stderr);
			return AF_USAGE;
		}
	}
	argc -= optind;
	argv += optind;
	if (log ? argc < 1 || argc > 2 || by || after : argc < 2) {
		fputs(usage, stderr);
		return AF_USAGE;
	}
	if (libaf_policy_read(argv[0], &policy, &err)) {
		af_print_error(&err);
		return AF_USAGE;
	}
	if (log)
		ret = explain_log(policy, argv[1]);
	else
		ret = explain_call(policy, by ? by : "program",
				   after ? after : "start", argc - 1, argv + 1);
	libaf_policy_free(policy);
	return ret;
}
