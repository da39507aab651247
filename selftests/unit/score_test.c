// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * af score: what is scored is what the policy's evaluator permits, every call
 * has a weight, and the figures are those that one gets by hand.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include "small_policy.h"
#include "verb.h"

#include "../../tools/calls.h"
#include "../../tools/permits.h"
#include "../../tools/privilege.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

static struct libaf_policy *parse(const char *text)
{
	struct libaf_policy *policy;
	struct libaf_error err;
	int ret;

	ret = libaf_policy_parse(text, strlen(text), "t.af", &policy, &err);
	ck_assert_msg(!ret, "%u: %s", err.line, err.text);
	return policy;
}

/* By the policy's reference evaluator, without arguments. */
static bool evaluates(const struct libaf_policy *policy, size_t id, int nr,
		      int prev)
{
	struct libaf_seccomp_data data = {
		.nr = nr,
		.arch = AUDIT_ARCH_X86_64,
		.prev_nr = prev,
		.caller_id = id,
	};
	uint32_t action = af_policy_eval(policy, NULL, &data);

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

static void check_permit(const struct libaf_policy *policy, size_t id,
			 unsigned int nr, const struct af_permit *permit)
{
	struct af_nrset named;
	bool some, all;

	af_named_calls(&named);
	some = evaluates(policy, id, nr, LIBAF_SECCOMP_PREV_NONE);
	ck_assert_int_eq(permit->after.start, some);
	all = evaluates(policy, id, nr, LIBAF_SECCOMP_PREV_SIGNAL);
	ck_assert_int_eq(permit->after.signal, all);
	all &= some;
	some |= permit->after.signal;
	for (unsigned int prev = 0; prev < AF_NR_MAX; prev++) {
		bool may;

		if (!af_nrset_has(&named, prev))
			continue;
		may = evaluates(policy, id, nr, prev);
		some |= may;
		all &= may;
		/* An assertion that holds costs more than all the rest. */
		if (af_nrset_has(&permit->after.calls, prev) != may)
			ck_abort_msg("%s after %s by caller %zu",
				     af_call_name(nr), af_call_name(prev), id);
	}
	ck_assert_int_eq(permit->permitted, some);
	if (some)
		ck_assert_int_eq(permit->limited, !all);
}

/* No tests of arguments here, without which the evaluator knows all. */
static const char *const exact[] = {
	"program { read write }\nunknown { exit }\n",
	"default errno EPERM\ncommon { read }\nunknown { }\nprogram { }\n",
	"default log\nprogram { read then errno EPERM\nwrite then kill }\n",
	"newer log\nprogram { read }\n",
	"common {\nread after start\nwrite\n}\n"
	"library a.so {\nread after signal write\nread after openat then "
	"kill\n"
	"write after read then errno EPERM\nwrite then log\n}\n"
	"transparent libc.so.6 a.so\n"
	"program { read after @open exec\nclose after mmap then trap }\n",
};

START_TEST(what_is_permitted_is_what_the_evaluator_permits) {
	struct libaf_policy *policy = parse(exact[_i]);
	struct af_permit *permits = calloc(AF_NR_MAX, sizeof(*permits));
	unsigned int permitted = 0;

	for (size_t id = 0; id < policy->nr_callers; id++) {
		af_permits_of(policy, id, permits);
		for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
			if (af_call_name(nr))
				check_permit(policy, id, nr, &permits[nr]);
			else
				ck_assert(!permits[nr].permitted);
			permitted += permits[nr].permitted;
		}
	}
	ck_assert_uint_gt(permitted, 0);
	free(permits);
	libaf_policy_free(policy);
}
END_TEST

/* Whether the program may make the call of the rule, if it is `socket`. */
static const struct {
	const char *rules;
	bool permitted;
	bool tested;
} tested[] = {
	{ "socket if arg0 == AF_UNIX", true, true },
	{ "socket if arg0 == AF_UNIX then errno EPERM", false, true },
	{ "socket if arg0 == AF_UNIX then errno EPERM\nsocket", true, true },
	{ "socket if arg0 == AF_UNIX then log", true, true },
	{ "socket then errno EPERM", false, false },
	{ "socket after read if arg0 == 1", true, true },
	{ "socket then log", true, false },
};

START_TEST(a_call_with_some_arguments_is_permitted) {
	struct af_permit *permits = calloc(AF_NR_MAX, sizeof(*permits));
	int nr = af_call_number("socket");
	struct libaf_policy *policy;
	char text[128];

	snprintf(text, sizeof(text), "program {\n%s\n}\n", tested[_i].rules);
	policy = parse(text);
	af_permits_of(policy, AF_ID_PROGRAM, permits);
	ck_assert_int_eq(permits[nr].permitted, tested[_i].permitted);
	ck_assert_int_eq(permits[nr].tested, tested[_i].tested);
	free(permits);
	libaf_policy_free(policy);
}
END_TEST

static unsigned int count_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	unsigned int count = 0;

	while (list && *list) {
		size_t n = strcspn(list, " ");

		count += n == len && !memcmp(list, word, len);
		list += n + strspn(list + n, " ");
	}
	return count;
}

START_TEST(every_call_has_one_weight_and_every_weight_a_call) {
	const struct af_ranking *ranking = af_ranking_find("libaf");
	unsigned int named = 0, listed = 0;

	ck_assert_ptr_eq(ranking, af_ranking_find(NULL));
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		const char *name = af_call_name(nr);
		unsigned int count = 0;

		if (!name)
			continue;
		named++;
		for (unsigned int i = 1; i <= AF_MAX_WEIGHT; i++)
			count += count_word(ranking->calls[i], name);
		ck_assert_msg(count == 1, "%s is there %u times", name, count);
	}
	for (unsigned int i = 1; i <= AF_MAX_WEIGHT; i++) {
		const char *pos = ranking->calls[i];

		for (; *pos; listed++) {
			pos += strcspn(pos, " ");
			pos += strspn(pos, " ");
		}
	}
	ck_assert_uint_gt(named, 300);
	ck_assert_uint_eq(listed, named);
}
END_TEST

/* The numbers of syscall-ranking.yaml, the second of which repeats 165. */
static const unsigned int high[] = {
	90, 91,  92,  93,  94,  59,  165, 82,  2,   86,
	87, 116, 106, 123, 120, 174, 117, 113, 105, 112,
};
static const unsigned int medium[] = {
	83,  84,  166, 16,  180, 76,  77,  179, 32,  33,  73,  57,  62, 172,
	169, 173, 56,  154, 159, 153, 176, 164, 170, 103, 171, 156, 60, 101,
};

START_TEST(the_other_ranking_is_that_of_addrfilter) {
	unsigned char want[AF_NR_MAX];
	struct af_weights weights;

	memset(want, 1, sizeof(want));
	for (size_t i = 0; i < ARRAY_SIZE(high); i++)
		want[high[i]] = 3;
	for (size_t i = 0; i < ARRAY_SIZE(medium); i++)
		want[medium[i]] = 2;
	af_weigh(af_ranking_find("addrfilter"), &weights);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		ck_assert_msg(weights.of[nr] ==
				      (af_call_name(nr) ? want[nr] : 0),
			      "call %u weighs %u", nr, weights.of[nr]);
}
END_TEST

static unsigned int weight(const char *call)
{
	struct af_weights weights;
	int nr = af_call_number(call);

	ck_assert_msg(nr >= 0, "%s", call);
	af_weigh(af_ranking_find("libaf"), &weights);
	return weights.of[nr];
}

/* The words of the manual's lines after this one, up to the next macro. */
static void read_list(FILE *manual, const char *title, char *list, size_t size)
{
	char line[256];
	size_t len = 0;

	do {
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), manual));
	} while (strcmp(line, title) != 0);
	while (fgets(line, sizeof(line), manual) && *line != '.') {
		line[strcspn(line, "\n")] = '\0';
		len += snprintf(list + len, size - len, "%s%s", len ? " " : "",
				line);
		ck_assert_uint_lt(len, size);
	}
	ck_assert_uint_gt(len, 0);
}

static void check_list(FILE *manual, const struct af_ranking *ranking, int w)
{
	char list[4096];

	read_list(manual, w == 3 ? "Weight 3:\n" : "Weight 2:\n", list,
		  sizeof(list));
	ck_assert_str_eq(list, ranking->calls[w]);
}

START_TEST(the_manual_has_these_weights) {
	FILE *manual = fopen("tools/af-score.1", "re");

	ck_assert_ptr_nonnull(manual);
	check_list(manual, af_ranking_find("libaf"), 3);
	check_list(manual, af_ranking_find("libaf"), 2);
	check_list(manual, af_ranking_find("addrfilter"), 3);
	check_list(manual, af_ranking_find("addrfilter"), 2);
	fclose(manual);
}
END_TEST

/* Of each pair, the second does what the first does, and more. */
static const char *const same[][2] = {
	{ "open", "openat" },
	{ "open", "openat2" },
	{ "open", "creat" },
	{ "execve", "execveat" },
	{ "clone", "clone3" },
	{ "fork", "vfork" },
	{ "rename", "renameat2" },
	{ "unlink", "unlinkat" },
	{ "chmod", "fchmodat2" },
	{ "chown", "fchownat" },
	{ "link", "linkat" },
	{ "mkdir", "mkdirat" },
	{ "dup2", "dup3" },
	{ "kill", "pidfd_send_signal" },
	{ "kill", "tgkill" },
	{ "setreuid", "setresuid" },
	{ "setgid", "setfsgid" },
	{ "init_module", "finit_module" },
	{ "mount", "move_mount" },
	{ "mprotect", "pkey_mprotect" },
	{ "ptrace", "process_vm_writev" },
};

START_TEST(what_does_the_same_weighs_the_same) {
	ck_assert_uint_le(weight(same[_i][0]), weight(same[_i][1]));
}
END_TEST

START_TEST(nothing_weighs_less_than_for_addrfilter_but_its_slips) {
	struct af_weights ours, theirs;

	af_weigh(af_ranking_find("libaf"), &ours);
	af_weigh(af_ranking_find("addrfilter"), &theirs);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		const char *name = af_call_name(nr);

		if (!name || !strcmp(name, "getresgid") ||
		    !strcmp(name, "setsid") || !strcmp(name, "exit"))
			continue;
		ck_assert_msg(ours.of[nr] >= theirs.of[nr], "%s", name);
	}
}
END_TEST

/*
 * Worked out by hand for the small policy, as af-score(1) says:
 *
 *	unknown     exit 1                                       1
 *	program     openat 3, read 1, futex 1                    5
 *	libc.so.6   clone3 2, futex 1                            3
 *	libssl.so.3 read 1, socket 2, execve 3, futex 1          7
 *	together    exit openat read futex clone3 socket execve 13
 *
 * openat may follow openat and socket, execve execve and socket; the other five
 * may follow all seven.  That is 5 * 7 + 2 + 2 = 39 of 49.
 */
START_TEST(the_figures_are_those_by_hand) {
	write_text("small.af", small);
	ck_assert_int_eq(verb(af_score, "score", "small.af", NULL), AF_OK);
	ck_assert_str_eq(
		verb_out,
		"caller         calls weight   reduction  alone  transitions\n"
		"unknown            1      1       92.3%      1      7 / 7\n"
		"program            3      5       61.5%      1     16 / 21\n"
		"libc.so.6          2      3       76.9%      1     14 / 14\n"
		"libssl.so.3        4      7       46.1%      2     23 / 28\n"
		"plain seccomp      7     13        0.0%            49 / 49\n"
		"\n"
		"privilege reduction: 46.1%, by the ranking `libaf`; the worst "
		"is libssl.so.3\n"
		"transitions: 39 of 49, 79.5%; average out-degree 5.57\n");
	ck_assert_str_eq(verb_err, "");
}
END_TEST

/* exit 2, execve 3, and 1 for each of the other five: 10, and 6 for libssl. */
START_TEST(the_other_ranking_has_other_figures) {
	write_text("small.af", small);
	ck_assert_int_eq(verb(af_score, "score", "--ranking", "addrfilter",
			      "small.af", NULL),
			 AF_OK);
	ck_assert_ptr_nonnull(strstr(
		verb_out, "libssl.so.3        4      6       40.0%      2"));
	ck_assert_ptr_nonnull(strstr(
		verb_out,
		"reduction: 40.0%, by the ranking `addrfilter`; the worst is "
		"libssl.so.3"));
}
END_TEST

START_TEST(json_has_the_same_figures) {
	write_text("s.af", "program {\nread\nopenat after read\n}\n"
			   "library \"<&.so { kill }\n");
	ck_assert_int_eq(verb(af_score, "score", "--json", "s.af", NULL),
			 AF_OK);
	ck_assert_str_eq(verb_out, "{\n"
				   "  \"policy\": \"s.af\",\n"
				   "  \"ranking\": \"libaf\",\n"
				   "  \"calls\": 3,\n"
				   "  \"weight\": 6,\n"
				   "  \"worst\": \"program\",\n"
				   "  \"reduction\": 33.3,\n"
				   "  \"transitions\": 8,\n"
				   "  \"possible\": 9,\n"
				   "  \"out_degree\": 2.66667,\n"
				   "  \"callers\": [\n"
				   "    {\n"
				   "      \"name\": \"unknown\",\n"
				   "      \"kind\": \"unknown\",\n"
				   "      \"transparent\": false,\n"
				   "      \"calls\": 0,\n"
				   "      \"weight\": 0,\n"
				   "      \"reduction\": 100.0,\n"
				   "      \"alone\": [],\n"
				   "      \"transitions\": 0,\n"
				   "      \"possible\": 0\n"
				   "    },\n"
				   "    {\n"
				   "      \"name\": \"program\",\n"
				   "      \"kind\": \"program\",\n"
				   "      \"transparent\": false,\n"
				   "      \"calls\": 2,\n"
				   "      \"weight\": 4,\n"
				   "      \"reduction\": 33.3,\n"
				   "      \"alone\": [\n"
				   "        \"read\",\n"
				   "        \"openat\"\n"
				   "      ],\n"
				   "      \"transitions\": 5,\n"
				   "      \"possible\": 6\n"
				   "    },\n"
				   "    {\n"
				   "      \"name\": \"\\\"<&.so\",\n"
				   "      \"kind\": \"library\",\n"
				   "      \"transparent\": false,\n"
				   "      \"calls\": 1,\n"
				   "      \"weight\": 2,\n"
				   "      \"reduction\": 66.6,\n"
				   "      \"alone\": [\n"
				   "        \"kill\"\n"
				   "      ],\n"
				   "      \"transitions\": 3,\n"
				   "      \"possible\": 3\n"
				   "    }\n"
				   "  ]\n"
				   "}\n");
}
END_TEST

START_TEST(a_name_that_is_not_utf8_is_still_json) {
	write_text("\xff\xfe.af", "program { read }\n");
	ck_assert_int_eq(verb(af_score, "score", "--json", "\xff\xfe.af", NULL),
			 AF_OK);
	ck_assert_ptr_nonnull(strstr(verb_out, "\"policy\": \"\?\?.af\""));
}
END_TEST

static const struct {
	char *min;
	int status;
	const char *err;
} minima[] = {
	{ "46.1", AF_OK, "" },
	{ "0", AF_OK, "" },
	{ "46.2", AF_FAILED,
	  "af: small.af: the privilege reduction is 46.1%, below 46.2%\n" },
	{ "100", AF_FAILED,
	  "af: small.af: the privilege reduction is 46.1%, below 100.0%\n" },
	{ "100.1", AF_USAGE, "af: `100.1` is not a percentage" },
	{ "99999999999999999999", AF_USAGE, "is not a percentage" },
	{ "-1", AF_USAGE, "is not a percentage" },
	{ "4.12", AF_USAGE, "is not a percentage" },
	{ "4.", AF_USAGE, "is not a percentage" },
	{ "", AF_USAGE, "is not a percentage" },
};

START_TEST(the_minimum_decides_the_exit_status) {
	write_text("small.af", small);
	ck_assert_int_eq(verb(af_score, "score", "--min", minima[_i].min,
			      "small.af", NULL),
			 minima[_i].status);
	ck_assert_ptr_nonnull(strstr(verb_err, minima[_i].err));
	ck_assert_int_eq(verb_out[0] != '\0', minima[_i].status != AF_USAGE);
}
END_TEST

START_TEST(a_policy_that_permits_nothing_reduces_nothing) {
	write_text("empty.af", "program { }\n");
	ck_assert_int_eq(
		verb(af_score, "score", "--min", "0", "empty.af", NULL), AF_OK);
	ck_assert_ptr_nonnull(strstr(verb_out, "privilege reduction: 0.0%"));
	ck_assert_ptr_nonnull(strstr(verb_out, "out-degree 0.00"));
}
END_TEST

START_TEST(a_policy_that_only_logs_reduces_nothing) {
	write_text("log.af", "default log\nlibrary a.so { read }\n");
	ck_assert_int_eq(verb(af_score, "score", "--min", "0.1", "log.af",
			      NULL),
			 AF_FAILED);
	ck_assert_ptr_nonnull(strstr(verb_out, "privilege reduction: 0.0%"));
}
END_TEST

START_TEST(mistakes_have_status_2_and_print_no_figures) {
	write_text("wrong.af", "program { opneat }\n");
	ck_assert_int_eq(verb(af_score, "score", "wrong.af", NULL), AF_USAGE);
	ck_assert_str_eq(verb_err,
			 "af: wrong.af:1:11: unknown system call `opneat`\n"
			 "af: hint: did you mean `openat`?\n");
	ck_assert_int_eq(verb(af_score, "score", "none.af", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_score, "score", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_score, "score", "a", "b", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_score, "score", "--ranking", "x", "wrong.af",
			      NULL),
			 AF_USAGE);
	ck_assert_str_eq(verb_err, "af: no ranking `x`; there are `libaf` and "
				   "`addrfilter`\n");
	ck_assert_str_eq(verb_out, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("score");
	TCase *permits = tcase_create("permits");
	TCase *ranking = tcase_create("ranking");
	TCase *figures = tcase_create("figures");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(permits,
			    what_is_permitted_is_what_the_evaluator_permits, 0,
			    ARRAY_SIZE(exact));
	tcase_add_loop_test(permits, a_call_with_some_arguments_is_permitted, 0,
			    ARRAY_SIZE(tested));
	suite_add_tcase(suite, permits);

	tcase_add_test(ranking,
		       every_call_has_one_weight_and_every_weight_a_call);
	tcase_add_test(ranking, the_other_ranking_is_that_of_addrfilter);
	tcase_add_test(ranking, the_manual_has_these_weights);
	tcase_add_loop_test(ranking, what_does_the_same_weighs_the_same, 0,
			    ARRAY_SIZE(same));
	tcase_add_test(ranking,
		       nothing_weighs_less_than_for_addrfilter_but_its_slips);
	suite_add_tcase(suite, ranking);

	tcase_add_checked_fixture(figures, verb_setup, verb_teardown);
	tcase_add_test(figures, the_figures_are_those_by_hand);
	tcase_add_test(figures, the_other_ranking_has_other_figures);
	tcase_add_test(figures, json_has_the_same_figures);
	tcase_add_test(figures, a_name_that_is_not_utf8_is_still_json);
	tcase_add_loop_test(figures, the_minimum_decides_the_exit_status, 0,
			    ARRAY_SIZE(minima));
	tcase_add_test(figures, a_policy_that_permits_nothing_reduces_nothing);
	tcase_add_test(figures, a_policy_that_only_logs_reduces_nothing);
	tcase_add_test(figures, mistakes_have_status_2_and_print_no_figures);
	suite_add_tcase(suite, figures);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
