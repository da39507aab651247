// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whatever a policy says: if it is taken, then the filter decides as the
 * evaluator does, and so does what explains it; if not, the error is one of the
 * list and has a place.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>

#include "../proofs/generate.h"
#include "../proofs/judge.h"
#include "../proofs/write.h"
#include "compile.h"
#include "libaf.h"
#include "target.h"

/* So many numbers of a policy are looked at, and callers in all. */
#define MAX_NUMBERS 4
#define MAX_CALLERS 64

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size);
}

static void check_error(int ret, const struct libaf_error *err)
{
	require(ret == -EINVAL || ret == -E2BIG);
	require(is_text(err->file, sizeof(err->file)));
	require(is_text(err->text, sizeof(err->text)));
	require(is_text(err->hint, sizeof(err->hint)));
	require(err->text[0]);
	require(!err->column || err->line);
}

void mistake(const struct mistake *m)
{
	fprintf(stderr, "%s is %#jx, not %#jx: nr %d, after %d, caller %u\n",
		m->what, (intmax_t)m->value, (intmax_t)m->expected, m->data.nr,
		m->data.prev_nr, m->data.caller_id);
	write_policy(stderr, m->policy, m->extra);
	abort();
}

/* The policy's numbers are in no order: any of them, and any other. */
static int some_number(const struct libaf_policy *policy)
{
	size_t id = below(policy->nr_callers + 1);
	const struct af_caller *caller = &policy->common;

	if (id < policy->nr_callers)
		caller = &policy->callers[id];
	if (!caller->nr_rules)
		return below(1100);
	return caller->rules[below(caller->nr_rules)].nr;
}

static int verdict_of(uint32_t action)
{
	switch (action) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return LIBAF_PERMITS;
	case SECCOMP_RET_USER_NOTIF:
		return LIBAF_DEPENDS;
	default:
		return LIBAF_DENIES;
	}
}

static void check_explanation(const struct libaf_policy *policy)
{
	struct libaf_seccomp_data data = {
		.nr = some_number(policy),
		.arch = AUDIT_ARCH_X86_64,
		.prev_nr = below(4) ? some_number(policy) : -(int)below(4),
		.caller_id = below(policy->nr_callers + 1),
	};
	struct libaf_call call = {
		.nr = data.nr,
		.prev_nr = data.prev_nr,
		.caller_id = data.caller_id,
		.has_args = 1,
	};
	struct libaf_explanation why;
	uint32_t action;

	for (unsigned int i = 0; i < AF_NR_ARGS; i++)
		call.args[i] = data.args[i] = random_value();
	action = af_policy_eval(policy, NULL, &data);
	require(!libaf_policy_explain(policy, &call, &why));
	require(why.verdict == verdict_of(action));
	require(is_text(why.file, sizeof(why.file)));
	require(is_text(why.text, sizeof(why.text)));
	require(is_text(why.hint, sizeof(why.hint)));
	require(why.text[0]);
}

static void check_policy(const struct libaf_policy *policy)
{
	struct tally tally = { 0 };
	struct af_programs progs;
	struct libaf_error err;
	int ret = af_compile(policy, NULL, &progs, &err);

	for (unsigned int i = 0; i < 8; i++)
		check_explanation(policy);
	if (ret) {
		require(ret == -E2BIG);
		check_error(ret, &err);
		return;
	}
	if (policy->nr_callers <= MAX_CALLERS) {
		for (unsigned int i = 0; i < MAX_NUMBERS; i++)
			check_nr(policy, NULL, &progs, some_number(policy),
				 &tally);
	}
	af_programs_release(&progs);
}

bool fuzz_policy(const uint8_t *data, size_t size)
{
	struct libaf_policy *policy;
	struct libaf_error err;
	int ret = libaf_policy_parse((const char *)data, size, "policy",
				     &policy, &err);

	if (ret) {
		require(!policy);
		check_error(ret, &err);
		return false;
	}
	/* The same bytes are the same calls. */
	seed(size);
	check_policy(policy);
	for (size_t i = 0; i < policy->nr_phases; i++)
		check_policy(policy->phases[i].policy);
	libaf_policy_free(policy);
	return true;
}
