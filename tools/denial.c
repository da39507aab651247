// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "af.h"
#include "calls.h"
#include "denial.h"
#include "json.h"
#include "memory.h"

/* A symbol of C++ can fill a screen. */
#define MAX_SHOWN 128

static void explain_foreign(struct af_denial *denial)
{
	struct libaf_explanation *why = &denial->why;

	memset(why, 0, sizeof(*why));
	why->verdict = LIBAF_DENIES;
	snprintf(why->text, sizeof(why->text),
		 "call %d by another convention than that of x86-64: no policy "
		 "permits it",
		 denial->call.nr);
}

void af_denial_explain(struct af_denial *denial,
		       const struct libaf_policy *policy)
{
	if (denial->foreign)
		explain_foreign(denial);
	else
		libaf_policy_explain(policy, &denial->call, &denial->why);
}

/* NULL if it has none. */
static const char *name_of(const struct af_denial *denial)
{
	return denial->foreign || denial->call.nr < 0 ?
		       NULL :
		       af_call_name((unsigned int)denial->call.nr);
}

/*
 * As text
 */

static void print_call(FILE *out, const struct af_denial *denial)
{
	const char *name = name_of(denial);

	fprintf(out, "  call: ");
	if (name)
		fputs(name, out);
	else
		fprintf(out, "call %d", denial->call.nr);
	for (int i = 0; i < AF_NR_ARGS; i++)
		fprintf(out, "%s0x%llx", i ? ", " : "(", denial->call.args[i]);
	fputs("), by ", out);
	af_print_clean(out, denial->comm);
	fprintf(out, "[%d]", (int)denial->pid);
	if (denial->tid != denial->pid)
		fprintf(out, ", thread %d", (int)denial->tid);
	fputc('\n', out);
}

static void print_link(FILE *out, const struct af_link *link)
{
	char *function;

	af_print_clean(out, link->file);
	fprintf(out, "%s0x%" PRIx64, link->is_memory ? " at " : "+",
		link->addr);
	if (link->function) {
		function = af_make_text("%.*s", MAX_SHOWN, link->function);
		fputs(", ", out);
		af_print_clean(out, function);
		fprintf(out, "+0x%" PRIx64, link->offset);
		free(function);
	}
	fputc('\n', out);
}

static void print_chain(FILE *out, const struct af_chain *chain)
{
	for (size_t i = 0; i < chain->nr; i++) {
		fputs(i == chain->caller ? "  from: " : "        ", out);
		print_link(out, &chain->links[i]);
	}
}

static void print_reason(FILE *out, const struct libaf_explanation *why)
{
	if (why->line) {
		af_print_clean(out, why->file);
		fprintf(out, ":%u: ", why->line);
	}
	af_print_clean(out, why->text);
	fputc('\n', out);
}

void af_explanation_print(FILE *out, const struct libaf_explanation *why)
{
	print_reason(out, why);
	if (!why->hint[0])
		return;
	fputs("  hint: ", out);
	af_print_clean(out, why->hint);
	fputc('\n', out);
}

void af_denial_print(FILE *out, const struct af_denial *denial)
{
	fprintf(out, "af: %s", denial->made ? "not enforced: " : "");
	af_explanation_print(out, &denial->why);
	print_call(out, denial);
	print_chain(out, &denial->chain);
}

/*
 * As JSON
 */

static json_t *hex(uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

/* In UTC, with milliseconds. */
static json_t *time_of(const struct timespec *when)
{
	char date[32], text[48];
	struct tm tm;

	if (!gmtime_r(&when->tv_sec, &tm) ||
	    !strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm))
		return json_null();
	snprintf(text, sizeof(text), "%s.%03ldZ", date,
		 when->tv_nsec / 1000000);
	return json_string(text);
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? af_json_string(text) : json_null();
}

static json_t *args_of(const struct libaf_call *call)
{
	json_t *args = json_array();

	for (int i = 0; i < AF_NR_ARGS; i++) {
		if (json_array_append_new(args, hex(call->args[i]))) {
			json_decref(args);
			return NULL;
		}
	}
	return args;
}

/* As a policy's block for it begins. */
static json_t *caller_of(const struct libaf_policy *policy, unsigned int id)
{
	const struct af_caller *caller;
	char *text;
	json_t *json;

	if (id >= policy->nr_callers)
		return json_null();
	caller = &policy->callers[id];
	text = af_make_text("%s%s%s", af_caller_kind_name(policy, caller),
			    caller->name ? " " : "",
			    caller->name ? caller->name : "");
	json = af_json_string(text);
	free(text);
	return json;
}

/* As `after` has it. */
static json_t *prev_of(int prev_nr)
{
	switch (prev_nr) {
	case LIBAF_PREV_NOT_TOLD:
		return json_null();
	case LIBAF_SECCOMP_PREV_NONE:
		return json_string("start");
	case LIBAF_SECCOMP_PREV_SIGNAL:
		return json_string("signal");
	default:
		if (prev_nr >= 0 && af_call_name((unsigned int)prev_nr))
			return json_string(af_call_name((unsigned int)prev_nr));
		return json_integer(prev_nr);
	}
}

static json_t *action_of(uint32_t action)
{
	const char *name = strerrorname_np(action & SECCOMP_RET_DATA);
	json_t *json;
	char *text;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_TRAP:
		return json_string("trap");
	case SECCOMP_RET_ERRNO:
		text = af_make_text("errno %s", name ? name : "0");
		json = json_string(text);
		free(text);
		return json;
	default:
		return json_string("kill");
	}
}

static json_t *link_json(const struct af_link *link)
{
	char *function = NULL;
	json_t *json;

	if (link->function)
		function = af_make_text("%s+0x%" PRIx64, link->function,
					link->offset);
	json = json_pack("{so so so}", "file", af_json_string(link->file),
			 "offset", hex(link->addr), "function",
			 text_or_null(function));
	free(function);
	return json;
}

static json_t *chain_json(const struct af_chain *chain)
{
	json_t *links = json_array();

	for (size_t i = 0; i < chain->nr; i++) {
		if (json_array_append_new(links, link_json(&chain->links[i]))) {
			json_decref(links);
			return NULL;
		}
	}
	return links;
}

json_t *af_denial_json(const struct af_denial *denial,
		       const struct libaf_policy *policy)
{
	const struct libaf_explanation *why = &denial->why;
	const struct libaf_call *call = &denial->call;
	const struct af_link *from = NULL;

	if (denial->chain.nr)
		from = &denial->chain.links[denial->chain.caller];

	return json_pack(
		"{so si si so si so so so so so so so sb so so so so so}",
		"time", time_of(&denial->time), "pid", (int)denial->pid, "tid",
		(int)denial->tid, "comm", af_json_string(denial->comm), "nr",
		call->nr, "name", text_or_null(name_of(denial)), "args",
		args_of(call), "caller", caller_of(policy, call->caller_id),
		"file", text_or_null(from ? from->file : NULL), "offset",
		from ? hex(from->addr) : json_null(), "prev",
		prev_of(call->prev_nr), "action", action_of(denial->action),
		"denied", !denial->made, "policy",
		why->line ? af_json_string(why->file) : json_null(), "line",
		why->line ? json_integer(why->line) : json_null(), "text",
		af_json_string(why->text), "hint", text_or_null(why->hint),
		"chain", chain_json(&denial->chain));
}

/*
 * Again and again
 */

/* @reason: where and why, which says what call by whom after which */
struct af_repeat {
	char *reason;
	unsigned long long more;
};

static char *make_reason(const struct libaf_explanation *why)
{
	size_t len;
	char *reason;
	FILE *out = open_memstream(&reason, &len);

	if (!out)
		af_out_of_memory();
	print_reason(out, why);
	if (fclose(out))
		af_out_of_memory();
	return reason;
}

bool af_repeats_add(struct af_repeats *repeats, const struct af_denial *denial)
{
	char *reason = make_reason(&denial->why);

	for (size_t i = 0; i < repeats->nr; i++) {
		if (!strcmp(repeats->list[i].reason, reason)) {
			repeats->list[i].more++;
			free(reason);
			return false;
		}
	}
	repeats->list =
		af_grow(repeats->list, repeats->nr + 1, sizeof(*repeats->list));
	repeats->list[repeats->nr++] = (struct af_repeat){ .reason = reason };
	return true;
}

void af_repeats_end(struct af_repeats *repeats, FILE *out)
{
	for (size_t i = 0; i < repeats->nr; i++) {
		const struct af_repeat *repeat = &repeats->list[i];

		if (repeat->more)
			fprintf(out, "af: %llu more time%s: %s", repeat->more,
				repeat->more == 1 ? "" : "s", repeat->reason);
		free(repeat->reason);
	}
	free(repeats->list);
	*repeats = (struct af_repeats){ .list = NULL };
}
