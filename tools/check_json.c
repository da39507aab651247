// SPDX-License-Identifier: LGPL-2.1-or-later
/* What af check prints for programs. */
#include <stdio.h>
#include <stdlib.h>

#include "af.h"
#include "check.h"
#include "json.h"
#include "permits.h"

static json_t *json_kernel(int abi)
{
	return json_pack("{sb sb sb}", "previous", abi >= LIBAF_ABI_PREV_NR,
			 "caller", abi >= LIBAF_ABI_CALLER_ID, "enforces",
			 abi >= LIBAF_ABI_CALLER_ID);
}

static json_t *json_optional(const char *text)
{
	return text && *text ? af_json_string(text) : json_null();
}

static json_t *json_file(const struct af_checked *checked, size_t i)
{
	static const char *const states[] = {
		[AF_BUILD_NOT_RECORDED] = "not recorded",
		[AF_BUILD_SAME] = "same",
		[AF_BUILD_CHANGED] = "changed",
		[AF_BUILD_NONE] = "none",
	};
	const struct af_checked_file *file = &checked->files[i];

	return json_pack("{so ss so so sb}", "path",
			 af_json_string(checked->objects.files[i].path),
			 "build", states[file->state], "build_id",
			 json_optional(file->id), "recorded",
			 json_optional(file->recorded), "writable",
			 file->writable != NULL);
}

static json_t *json_files(const struct af_checked *checked, size_t id)
{
	json_t *files = json_array();

	for (size_t i = 0; i < checked->objects.nr_files; i++) {
		if (af_checked_shows(checked, i, id))
			json_array_append_new(files, json_file(checked, i));
	}
	return files;
}

static void add_part(const struct af_checked *checked, size_t id, json_t *to)
{
	const struct libaf_policy *policy = checked->policy;
	const struct af_part *part = policy->callers[id].part;
	unsigned long long bytes;
	size_t nr;

	bytes = af_checked_part(checked, id, &nr);
	json_object_set_new(to, "of",
			    af_json_string(af_caller_label(policy, part->of)));
	json_object_set_new(to, "bytes", json_integer((json_int_t)bytes));
	json_object_set_new(to, "pieces", json_integer((json_int_t)nr));
}

static json_t *json_caller(const struct af_checked *checked, size_t id)
{
	const struct libaf_policy *policy = checked->policy;
	const struct af_caller *caller = &policy->callers[id];
	json_t *calls = json_null(), *value;

	if (!checked->compiled)
		calls = json_integer(af_permits_count(policy, id));
	value = json_pack("{so ss sb sb sb so so}", "name",
			  af_json_string(af_caller_label(policy, id)), "kind",
			  af_caller_kind_name(policy, caller), "transparent",
			  caller->transparent, "optional", caller->optional,
			  "missing", checked->missing && checked->missing[id],
			  "calls", calls, "files", json_files(checked, id));
	if (value && caller->part)
		add_part(checked, id, value);
	return value;
}

static json_t *json_callers(const struct af_checked *checked)
{
	json_t *callers = json_array();

	for (size_t id = 0; id < checked->policy->nr_callers; id++)
		json_array_append_new(callers, json_caller(checked, id));
	return callers;
}

static json_t *json_newer_call(const struct af_checked *checked,
			       const struct af_newer *newer)
{
	const struct af_replacement *replacement = newer->replacement;
	char *header = af_checked_header(checked, newer->caller);
	char since[16];
	json_t *value;

	snprintf(since, sizeof(since), "2.%u", replacement->since);
	value = json_pack("{so ss ss ss ss sb sb so sI}", "block",
			  af_json_string(header), "call", replacement->newer,
			  "instead_of", replacement->older, "glibc", since,
			  "functions", replacement->functions, "falls_back",
			  replacement->falls_back, "has_name", newer->has_name,
			  "file",
			  af_json_string(newer->place.file ? newer->place.file :
							     checked->name),
			  "line", (json_int_t)newer->place.line);
	free(header);
	return value;
}

static json_t *json_newer(const struct af_checked *checked)
{
	json_t *list = json_array();

	for (size_t i = 0; i < checked->nr_newer; i++)
		json_array_append_new(
			list, json_newer_call(checked, &checked->newer[i]));
	return list;
}

/* Of a line or column, which is from 1 on if there is one. */
static json_t *json_position(unsigned int position)
{
	return position ? json_integer(position) : json_null();
}

static json_t *json_error(const struct libaf_error *err)
{
	return json_pack("{so so so so so}", "file", json_optional(err->file),
			 "line", json_position(err->line), "column",
			 json_position(err->column), "text",
			 af_json_string(err->text), "hint",
			 json_optional(err->hint));
}

static json_t *json_errors(const struct af_checked *checked)
{
	json_t *errors = json_array();

	for (size_t i = 0; i < checked->nr_errors; i++)
		json_array_append_new(errors, json_error(&checked->errors[i]));
	return errors;
}

static void add_policy(const struct af_checked *checked, json_t *to)
{
	json_object_set_new(to, "compiled", json_boolean(checked->compiled));
	json_object_set_new(to, "instructions",
			    json_integer((json_int_t)checked->nr_insns));
	json_object_set_new(
		to, "objects",
		json_integer((json_int_t)checked->objects.nr_objects));
	json_object_set_new(
		to, "unwind_bytes",
		json_integer((json_int_t)af_checked_unwind_size(checked)));
	json_object_set_new(to, "recorded_by",
			    json_optional(checked->recorded_by));
	json_object_set_new(to, "callers", json_callers(checked));
	json_object_set_new(to, "newer", json_newer(checked));
}

int af_checked_print_json(const struct af_checked *checked)
{
	json_t *value = json_pack("{so}", "kernel", json_kernel(checked->abi));

	if (value && checked->name) {
		json_object_set_new(value, "policy",
				    af_json_string(checked->name));
		json_object_set_new(value, "errors", json_errors(checked));
	}
	if (value && checked->policy)
		add_policy(checked, value);
	return af_json_print(stdout, value);
}
