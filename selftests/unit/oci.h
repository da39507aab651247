/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a profile of the OCI runtime specification permits, by its text. */
#ifndef AF_SELFTESTS_OCI_H
#define AF_SELFTESTS_OCI_H

#include <check.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	ck_assert_msg(text, "no string `%s`", key);
	return text;
}

static inline uint64_t number_of(json_t *object, const char *key)
{
	json_t *number = json_object_get(object, key);

	ck_assert_msg(json_is_integer(number), "no number `%s`", key);
	return json_integer_value(number);
}

static inline bool condition_holds(json_t *condition, const uint64_t args[6])
{
	const char *op = text_of(condition, "op");
	uint64_t arg = args[number_of(condition, "index")];
	uint64_t value = number_of(condition, "value");

	if (!strcmp(op, "SCMP_CMP_EQ"))
		return arg == value;
	if (!strcmp(op, "SCMP_CMP_NE"))
		return arg != value;
	if (!strcmp(op, "SCMP_CMP_LT"))
		return arg < value;
	if (!strcmp(op, "SCMP_CMP_LE"))
		return arg <= value;
	if (!strcmp(op, "SCMP_CMP_GT"))
		return arg > value;
	if (!strcmp(op, "SCMP_CMP_GE"))
		return arg >= value;
	ck_assert_str_eq(op, "SCMP_CMP_MASKED_EQ");
	return (arg & value) == number_of(condition, "valueTwo");
}

static inline bool entry_names(json_t *entry, const char *call)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(entry, "names"), i, name)
	{
		if (!strcmp(json_string_value(name), call))
			return true;
	}
	return false;
}

/* Two conditions on one argument mean something else to each runtime. */
static inline bool entry_holds(json_t *entry, const uint64_t args[6])
{
	unsigned int seen = 0;
	bool holds = true;
	json_t *condition;
	size_t i;

	json_array_foreach(json_object_get(entry, "args"), i, condition)
	{
		unsigned int bit = 1U << number_of(condition, "index");

		ck_assert_uint_eq(seen & bit, 0);
		seen |= bit;
		holds &= condition_holds(condition, args);
	}
	return holds;
}

/* The action for a call: that of an entry that holds, or the default. */
static inline const char *oci_action(json_t *profile, const char *call,
				     const uint64_t args[6])
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(profile, "syscalls"), i, entry)
	{
		if (entry_names(entry, call) && entry_holds(entry, args))
			return text_of(entry, "action");
	}
	return text_of(profile, "defaultAction");
}

#endif /* AF_SELFTESTS_OCI_H */
