// SPDX-License-Identifier: LGPL-2.1-or-later
/* Seccomp profiles of the OCI runtime specification, and Docker's. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/error.h"
#include "../lib/suggest.h"
#include "calls.h"
#include "import.h"
#include "memory.h"
#include "text.h"

/* The oldest kernel with patches: what needs a newer one is left out. */
#define KERNEL_MAJOR 6
#define KERNEL_MINOR 12

#define MAX_ERRNO 4095

/* Room for the tests of one rule, and for the place of a value. */
#define MAX_TESTS_TEXT 512
#define MAX_PLACE      128

/* @tests: as a policy has them behind `if`; "" if there are none */
struct rule {
	unsigned int nr;
	uint32_t action;
	char *tests;
};

/*
 * @place: of the value at hand, as syscalls[1].names[2]
 * @others: names of calls that x86-64 does not have
 */
struct oci {
	struct af_import *im;
	uint32_t deny;
	struct rule *rules;
	size_t nr_rules;
	char place[MAX_PLACE];
	json_t *others;
};

static int fail(struct oci *o, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct oci *o, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return af_error(&o->im->err, -EINVAL, o->im->path, NULL, "%s%s%s",
			o->place, *o->place ? ": " : "", text);
}

static void note(const struct oci *o, const char *what)
{
	af_import_note(o->im, "%s%s%s", o->place, *o->place ? ": " : "", what);
}

static int no_memory(struct oci *o)
{
	return af_error(&o->im->err, -ENOMEM, NULL, NULL, "out of memory");
}

/* Keys that are none of @known, which ends in NULL, may mean anything. */
static void note_unknown_keys(const struct oci *o, json_t *object,
			      const char *const *known)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach(object, key, value)
	{
		for (i = 0; known[i] && strcmp(known[i], key); i++)
			;
		if (!known[i])
			af_import_note(o->im, "%s%s`%.64s` is ignored",
				       o->place, *o->place ? ": " : "", key);
	}
}

/*
 * An array, or nothing, which is an empty one.  Returns -EINVAL if it is
 * something else.
 */
static int get_array(struct oci *o, json_t *object, const char *key,
		     json_t **array)
{
	*array = json_object_get(object, key);
	if (json_is_null(*array))
		*array = NULL;
	if (*array && !json_is_array(*array))
		return fail(o, "`%s` is not a list", key);
	return 0;
}

/* Does a list of strings, or nothing, have this one? */
static int array_has(struct oci *o, json_t *object, const char *key,
		     const char *string, bool *has)
{
	json_t *array, *value;
	size_t i;
	int ret = get_array(o, object, key, &array);

	*has = false;
	json_array_foreach(array, i, value)
	{
		if (!json_is_string(value))
			return fail(o, "`%s` has what is no string", key);
		*has |= !strcmp(json_string_value(value), string);
	}
	return ret;
}

/*
 * Actions
 */
static const struct {
	const char *name;
	uint32_t action;
} actions[] = {
	{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW },
	{ "SCMP_ACT_LOG", SECCOMP_RET_LOG },
	{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO },
	{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP },
	{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_PROCESS },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
	{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE },
	{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF },
};

/* Podman has the names of errors as well, which count if there are both. */
static int named_errno(struct oci *o, const char *name, uint32_t *action)
{
	for (int value = 1; value <= MAX_ERRNO; value++) {
		const char *known = strerrorname_np(value);

		if (!known || strcmp(known, name))
			continue;
		*action = SECCOMP_RET_ERRNO | value;
		return 0;
	}
	return fail(o, "there is no error `%.64s`", name);
}

static int read_errno(struct oci *o, json_t *name, json_t *number,
		      uint32_t *action)
{
	json_int_t value = number ? json_integer_value(number) : EPERM;

	if (json_is_string(name) && *json_string_value(name))
		return named_errno(o, json_string_value(name), action);
	if (number && !json_is_integer(number))
		return fail(o, "the error is not a number");
	if (value <= 0 || value > MAX_ERRNO || !strerrorname_np(value))
		return fail(o, "there is no error %" JSON_INTEGER_FORMAT,
			    value);
	*action = SECCOMP_RET_ERRNO | value;
	return 0;
}

/* The keys of an action, of its error's name and of its error's number. */
static const char *const default_keys[] = { "defaultAction", "defaultErrno",
					    "defaultErrnoRet" };
static const char *const entry_keys[] = { "action", "errno", "errnoRet" };

static int read_action(struct oci *o, json_t *object, const char *const keys[3],
		       uint32_t *action)
{
	const char *name = json_string_value(json_object_get(object, keys[0]));

	if (!name)
		return fail(o, "`%s` is missing, or no string", keys[0]);
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (strcmp(actions[i].name, name))
			continue;
		*action = actions[i].action;
		if (*action == SECCOMP_RET_ERRNO)
			return read_errno(o, json_object_get(object, keys[1]),
					  json_object_get(object, keys[2]),
					  action);
		return 0;
	}
	return fail(o, "unknown action `%.64s`", name);
}

static bool can_say(uint32_t action)
{
	return action != SECCOMP_RET_TRACE && action != SECCOMP_RET_USER_NOTIF;
}

static void print_action(FILE *out, uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		fputs("allow", out);
		break;
	case SECCOMP_RET_LOG:
		fputs("log", out);
		break;
	case SECCOMP_RET_ERRNO:
		fprintf(out, "errno %s",
			strerrorname_np(action & SECCOMP_RET_DATA));
		break;
	case SECCOMP_RET_TRAP:
		fputs("trap", out);
		break;
	default:
		fputs("kill", out);
	}
}

/*
 * Conditions
 */
static const struct {
	const char *name;
	const char *op;
} operators[] = {
	{ "SCMP_CMP_EQ", "==" }, { "SCMP_CMP_NE", "!=" },
	{ "SCMP_CMP_LT", "<" },  { "SCMP_CMP_LE", "<=" },
	{ "SCMP_CMP_GT", ">" },  { "SCMP_CMP_GE", ">=" },
};

static int read_number(struct oci *o, json_t *object, const char *key,
		       bool needed, uint64_t *value)
{
	json_t *number = json_object_get(object, key);

	*value = 0;
	if (!number && !needed)
		return 0;
	if (!json_is_integer(number) || json_integer_value(number) < 0)
		return fail(o, "`%s` is not a number from 0 on", key);
	*value = json_integer_value(number);
	return 0;
}

/*
 * One condition as a test of a policy, which looks at as many bits as the
 * kernel takes.
 */
static int make_test(struct oci *o, json_t *condition, unsigned int nr,
		     unsigned int arg, char *text, size_t size)
{
	const char *op = json_string_value(json_object_get(condition, "op"));
	uint64_t bits = UINT64_MAX >> (64 - af_arg_width(nr, arg));
	uint64_t value, two;

	if (read_number(o, condition, "value", true, &value) ||
	    read_number(o, condition, "valueTwo", false, &two))
		return -EINVAL;
	if (op && !strcmp(op, "SCMP_CMP_MASKED_EQ")) {
		if (two & ~value || two & ~bits)
			return fail(o, "this never holds");
		if ((value & bits) == bits)
			snprintf(text, size, "arg%u == %#" PRIx64, arg, two);
		else
			snprintf(text, size,
				 "arg%u & %#" PRIx64 " == %#" PRIx64, arg,
				 value & bits, two);
		return 0;
	}
	if (value & ~bits)
		return fail(o, "%#" PRIx64 " does not fit into the argument",
			    value);
	for (size_t i = 0; op && i < sizeof(operators) / sizeof(*operators);
	     i++) {
		if (strcmp(operators[i].name, op))
			continue;
		snprintf(text, size, "arg%u %s %#" PRIx64, arg, operators[i].op,
			 value);
		return 0;
	}
	return fail(o, "`op` is not a comparison");
}

/* A policy refuses what always holds, or never; the place is known here only. */
static int check_test(struct oci *o, unsigned int nr, const char *test)
{
	struct libaf_policy *policy;
	struct libaf_error err;
	char *text =
		af_make_text("common { %s if %s }", af_call_name(nr), test);
	int ret = libaf_policy_parse(text, strlen(text), "", &policy, &err);

	free(text);
	if (ret)
		return fail(o, "%.128s", err.text);
	libaf_policy_free(policy);
	return 0;
}

/*
 * Rules
 */
static int add_rule(struct oci *o, unsigned int nr, uint32_t action,
		    const char *tests)
{
	struct rule *rules;
	size_t same = 0;
	char *copy;

	for (size_t i = 0; i < o->nr_rules; i++) {
		const struct rule *rule = &o->rules[i];

		if (rule->nr == nr && rule->action == action &&
		    !strcmp(rule->tests, tests))
			return 0;
		same += rule->nr == nr;
	}
	if (same == AF_MAX_ALTERNATIVES)
		return fail(o, "more than %d rules for `%s`",
			    AF_MAX_ALTERNATIVES, af_call_name(nr));
	rules = reallocarray(o->rules, o->nr_rules + 1, sizeof(*rules));
	if (!rules)
		return no_memory(o);
	o->rules = rules;
	copy = strdup(tests);
	if (!copy)
		return no_memory(o);
	rules[o->nr_rules++] = (struct rule){ nr, action, copy };
	return 0;
}

/* Runtimes take two conditions on one argument for alternatives. */
static bool repeats_argument(json_t *args)
{
	unsigned int seen = 0;
	json_t *condition;
	size_t i;

	json_array_foreach(args, i, condition)
	{
		json_int_t arg =
			json_integer_value(json_object_get(condition, "index"));

		if (arg < 0 || arg >= AF_NR_ARGS)
			continue;
		if (seen & 1U << arg)
			return true;
		seen |= 1U << arg;
	}
	return false;
}

static int add_rules(struct oci *o, unsigned int nr, uint32_t action,
		     json_t *args)
{
	char tests[MAX_TESTS_TEXT] = "", test[80];
	bool apart = repeats_argument(args);
	json_t *condition;
	size_t i, len = 0;
	uint64_t arg;

	json_array_foreach(args, i, condition)
	{
		if (read_number(o, condition, "index", true, &arg))
			return -EINVAL;
		if (arg >= AF_NR_ARGS)
			return fail(o, "a call has %d arguments", AF_NR_ARGS);
		if (make_test(o, condition, nr, arg, test, sizeof(test)) ||
		    check_test(o, nr, test))
			return -EINVAL;
		if (apart && add_rule(o, nr, action, test))
			return -EINVAL;
		/* At most one for each argument, for which there is room. */
		if (!apart)
			len += snprintf(tests + len, sizeof(tests) - len,
					"%s%s", len ? " and " : "", test);
	}
	return apart ? 0 : add_rule(o, nr, action, tests);
}

/*
 * Entries
 */
static int unknown_call(struct oci *o, const char *name)
{
	struct af_suggestion s;

	if (o->im->skip_unknown) {
		af_import_note(o->im,
			       "%s: `%.64s`, which nobody knows, is "
			       "left out",
			       o->place, name);
		return 0;
	}
	fail(o, "unknown system call `%.64s`", name);
	af_suggest_begin(&s, name, strlen(name));
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (af_call_name(nr))
			af_suggest(&s, af_call_name(nr));
	}
	if (!af_suggest_end(&s, &o->im->err))
		af_hint(&o->im->err, "--skip-unknown leaves it out");
	return -EINVAL;
}

static int read_call(struct oci *o, json_t *name, uint32_t action, json_t *args)
{
	int nr;

	if (!json_is_string(name))
		return fail(o, "this is not a string");
	nr = af_call_number(json_string_value(name));
	if (nr == -ENOENT)
		return json_array_append(o->others, name) ? no_memory(o) : 0;
	if (nr < 0)
		return unknown_call(o, json_string_value(name));
	/* As runtimes do: it is denied like this anyway. */
	return action == o->deny ? 0 : add_rules(o, nr, action, args);
}

/* "6.12", at most @KERNEL_MAJOR.@KERNEL_MINOR? */
static int kernel_has(struct oci *o, json_t *version, bool *has)
{
	const char *text = json_string_value(version);
	unsigned int major, minor;
	char rest;

	if (!text || sscanf(text, "%3u.%3u%c", &major, &minor, &rest) != 2)
		return fail(o, "`minKernel` is not a version, as \"4.8\"");
	*has = major < KERNEL_MAJOR ||
	       (major == KERNEL_MAJOR && minor <= KERNEL_MINOR);
	return 0;
}

/* How many of the capabilities in a list the program will have. */
static int count_caps(struct oci *o, json_t *filter, size_t *all, size_t *nr)
{
	json_t *caps;
	int ret = get_array(o, filter, "caps", &caps);

	*all = json_array_size(caps);
	*nr = 0;
	for (size_t i = 0; !ret && i < o->im->nr_caps; i++) {
		bool has;

		ret = array_has(o, filter, "caps", o->im->caps[i], &has);
		*nr += !ret && has;
	}
	return ret;
}

/*
 * What a filter of an entry says.
 * @arches: how many architectures it names; @arch: x86-64 is one of them
 * @caps, @our_caps: the same for capabilities
 * @has_kernel, @kernel: the same for a version
 */
struct filter {
	size_t arches;
	size_t caps;
	size_t our_caps;
	bool arch;
	bool has_kernel;
	bool kernel;
};

static int read_filter(struct oci *o, json_t *entry, const char *key,
		       struct filter *filter)
{
	static const char *const known[] = { "arches", "caps", "minKernel",
					     NULL };
	json_t *object = json_object_get(entry, key), *arches, *version;
	bool amd64, x86_64;

	memset(filter, 0, sizeof(*filter));
	if (!object || json_is_null(object))
		return 0;
	if (!json_is_object(object))
		return fail(o, "`%s` is not an object", key);
	note_unknown_keys(o, object, known);
	if (get_array(o, object, "arches", &arches) ||
	    array_has(o, object, "arches", "amd64", &amd64) ||
	    array_has(o, object, "arches", "x86_64", &x86_64) ||
	    count_caps(o, object, &filter->caps, &filter->our_caps))
		return -EINVAL;
	filter->arches = json_array_size(arches);
	filter->arch = amd64 || x86_64;
	version = json_object_get(object, "minKernel");
	if (!version || json_is_null(version))
		return 0;
	filter->has_kernel = true;
	return kernel_has(o, version, &filter->kernel);
}

/* Does an entry hold here, for a program with these capabilities? */
static int holds(struct oci *o, json_t *entry, bool *result)
{
	struct filter with, without;

	if (read_filter(o, entry, "includes", &with) ||
	    read_filter(o, entry, "excludes", &without))
		return -EINVAL;
	*result = (!with.arches || with.arch) && with.our_caps == with.caps &&
		  (!with.has_kernel || with.kernel) && !without.arch &&
		  !without.our_caps && !without.kernel;
	if (with.has_kernel && !with.kernel)
		note(o, "this needs a newer kernel, and is left out");
	return 0;
}

static int read_names(struct oci *o, json_t *entry, size_t index,
		      uint32_t action)
{
	json_t *names, *name = json_object_get(entry, "name"), *args;
	size_t i;

	if (get_array(o, entry, "args", &args) ||
	    get_array(o, entry, "names", &names))
		return -EINVAL;
	if (!names && !name)
		return fail(o, "this has no `names`");
	if (name && read_call(o, name, action, args))
		return -EINVAL;
	json_array_foreach(names, i, name)
	{
		snprintf(o->place, sizeof(o->place), "syscalls[%zu].names[%zu]",
			 index, i);
		if (read_call(o, name, action, args))
			return -EINVAL;
	}
	return 0;
}

static int read_entry(struct oci *o, json_t *entry, size_t index)
{
	static const char *const known[] = {
		"names", "name",    "action",   "errno",    "errnoRet",
		"args",  "comment", "includes", "excludes", NULL,
	};
	uint32_t action;
	bool here;

	snprintf(o->place, sizeof(o->place), "syscalls[%zu]", index);
	if (!json_is_object(entry))
		return fail(o, "this is not an object");
	note_unknown_keys(o, entry, known);
	if (read_action(o, entry, entry_keys, &action) ||
	    holds(o, entry, &here))
		return -EINVAL;
	if (!here)
		return 0;
	if (!can_say(action)) {
		note(o, "another process would decide this; it is left out");
		return 0;
	}
	return read_names(o, entry, index, action);
}

/*
 * Profiles
 */
static bool is_x86_64(json_t *value)
{
	const char *name = json_string_value(value);

	return name && !strcmp(name, "SCMP_ARCH_X86_64");
}

/* A profile that names architectures has to name this one. */
static int check_architecture(struct oci *o, json_t *profile)
{
	json_t *list, *map, *value;
	bool found = false;
	size_t i;

	if (get_array(o, profile, "architectures", &list) ||
	    get_array(o, profile, "archMap", &map))
		return -EINVAL;
	json_array_foreach(list, i, value) found |= is_x86_64(value);
	json_array_foreach(map, i, value)
		found |= is_x86_64(json_object_get(value, "architecture"));
	if (!found && (json_array_size(list) || json_array_size(map)))
		return fail(o, "this is not for SCMP_ARCH_X86_64");
	if (json_array_size(list) > 1 || map)
		note(o, "calls of other architectures are denied");
	return 0;
}

static int read_default(struct oci *o, json_t *profile)
{
	if (read_action(o, profile, default_keys, &o->deny))
		return -EINVAL;
	if (o->deny == SECCOMP_RET_ALLOW) {
		fail(o, "`defaultAction` permits what has no name here");
		af_hint(&o->im->err, "a policy only permits what it names");
		return -EINVAL;
	}
	if (!can_say(o->deny))
		return fail(
			o,
			"another process would decide what is not named here");
	return 0;
}

static int read_profile(struct oci *o, json_t *profile)
{
	static const char *const known[] = {
		"defaultAction", "defaultErrno", "defaultErrnoRet",
		"architectures", "archMap",      "syscalls",
		"comment",       NULL,
	};
	json_t *syscalls, *entry;
	size_t i;

	if (!json_is_object(profile))
		return fail(o, "this is not an object");
	note_unknown_keys(o, profile, known);
	if (read_default(o, profile) || check_architecture(o, profile) ||
	    get_array(o, profile, "syscalls", &syscalls))
		return -EINVAL;
	json_array_foreach(syscalls, i, entry)
	{
		if (read_entry(o, entry, i))
			return -EINVAL;
	}
	return 0;
}

/*
 * The policy
 */

/* The first rule for a call that has no conditions, which is the last to hold. */
static const struct rule *plain_rule(const struct oci *o, unsigned int nr)
{
	for (size_t i = 0; i < o->nr_rules; i++) {
		if (o->rules[i].nr == nr && !*o->rules[i].tests)
			return &o->rules[i];
	}
	return NULL;
}

/* Are conditions of no consequence, as a call is permitted without any? */
static bool is_plain(const struct oci *o, unsigned int nr)
{
	const struct rule *plain = plain_rule(o, nr);

	if (!plain || plain->action != SECCOMP_RET_ALLOW)
		return false;
	for (size_t i = 0; i < o->nr_rules; i++) {
		if (o->rules[i].nr == nr && *o->rules[i].tests &&
		    o->rules[i].action != SECCOMP_RET_ALLOW)
			return false;
	}
	return true;
}

static void print_rule(FILE *out, const struct rule *rule)
{
	fprintf(out, "\t%s%s%s", af_call_name(rule->nr),
		*rule->tests ? " if " : "", rule->tests);
	if (rule->action != SECCOMP_RET_ALLOW) {
		fputs(" then ", out);
		print_action(out, rule->action);
	}
	fputc('\n', out);
}

static void print_rules_of(const struct oci *o, unsigned int nr)
{
	const struct rule *plain = plain_rule(o, nr);

	for (size_t i = 0; i < o->nr_rules; i++) {
		if (o->rules[i].nr == nr && *o->rules[i].tests)
			print_rule(o->im->out, &o->rules[i]);
	}
	if (plain)
		print_rule(o->im->out, plain);
}

static void print_block(const struct oci *o, const char *kind)
{
	struct af_nrset plain = { 0 };

	fprintf(o->im->out, "\n%s {\n", kind);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (is_plain(o, nr))
			af_nrset_add(&plain, nr);
	}
	af_import_calls(o->im->out, &plain);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (!af_nrset_has(&plain, nr))
			print_rules_of(o, nr);
	}
	fputs("}\n", o->im->out);
}

static void print_policy(const struct oci *o)
{
	fputs("default ", o->im->out);
	print_action(o->im->out, o->deny);
	fputc('\n', o->im->out);
	print_block(o, "common");
	print_block(o, "unknown");
}

static void note_others(const struct oci *o)
{
	json_t *name;
	size_t i;

	if (!json_array_size(o->others))
		return;
	fputs("af: note: ", stderr);
	af_print_clean(stderr, o->im->path);
	fputs(": x86-64 does not have, and left out are:", stderr);
	json_array_foreach(o->others, i, name)
	{
		fputc(' ', stderr);
		af_print_clean(stderr, json_string_value(name));
	}
	fputc('\n', stderr);
}

/* A container's config.json has its profile inside. */
static json_t *find_profile(json_t *root)
{
	json_t *inside =
		json_object_get(json_object_get(root, "linux"), "seccomp");

	return inside ? inside : root;
}

static int syntax_error(struct af_import *im, const json_error_t *error)
{
	struct af_place place = {
		.line = error->line > 0 ? error->line : 0,
		.column = error->column > 0 ? error->column : 0,
	};

	af_error(&im->err, -EINVAL, im->path, &place, "%s", error->text);
	af_hint(&im->err, "it begins with `{`, and so has to be JSON");
	return -EINVAL;
}

int af_import_oci(struct af_import *im, const char *text, size_t len)
{
	struct oci o = { .im = im, .others = json_array() };
	json_error_t error;
	json_t *root;
	int ret;

	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		json_decref(o.others);
		return syntax_error(im, &error);
	}
	ret = read_profile(&o, find_profile(root));
	if (!ret) {
		note_others(&o);
		print_policy(&o);
	}
	for (size_t i = 0; i < o.nr_rules; i++)
		free(o.rules[i].tests);
	free(o.rules);
	json_decref(o.others);
	json_decref(root);
	return ret;
}
