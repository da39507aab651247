// SPDX-License-Identifier: LGPL-2.1-or-later
/* af score: what a policy buys over plain seccomp. */
#define _GNU_SOURCE
#include <ctype.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "af.h"
#include "calls.h"
#include "json.h"
#include "privilege.h"

static const char usage[] =
	"usage: af score [--ranking NAME] [--min PERCENT] [--json] POLICY\n"
	"\n"
	"Say how much less the callers of a policy may do than plain seccomp would\n"
	"permit to all of them: the union of their calls.  af-score(1) says how to\n"
	"work the figures out by hand.\n"
	"\n"
	"  --ranking NAME  weights of calls: libaf, which is the default, or\n"
	"                  addrfilter\n"
	"  --min PERCENT   fail if the privilege reduction is below this\n"
	"  --json          print JSON\n"
	"  --help          show this\n"
	"\n"
	"The exit status is 0, 1 if the reduction is below --min, 2 for wrong\n"
	"arguments or a policy that cannot be read.\n";

#define NO_MINIMUM UINT32_MAX

/* "37" or "37.5", in tenths. */
static bool read_percent(const char *s, unsigned int *tenths)
{
	char *end;
	unsigned long whole;

	if (!isdigit((unsigned char)*s))
		return false;
	whole = strtoul(s, &end, 10);
	if (whole > 100)
		return false;
	*tenths = whole * 10;
	if (*end == '.') {
		if (!isdigit((unsigned char)end[1]))
			return false;
		*tenths += end[1] - '0';
		end += 2;
	}
	return !*end && *tenths <= 1000;
}

static int label_width(const struct libaf_policy *policy)
{
	int width = strlen("plain seccomp");

	for (size_t id = 0; id < policy->nr_callers; id++) {
		int len = strlen(af_caller_label(policy, id));

		if (len > width)
			width = len;
	}
	return width;
}

static void print_caller(const struct af_score *score,
			 const struct af_permits *permits, size_t id, int width)
{
	const struct af_may *may = &permits->callers[id];
	unsigned int nr_calls = af_nrset_count(&may->calls);
	unsigned long weight = af_score_caller(score, permits, id);
	unsigned int tenths = af_tenths_less(weight, score->plain);

	printf("%-*s %6u %6lu %8u.%u%% %6u %6lu / %lu\n", width,
	       af_caller_label(permits->policy, id), nr_calls, weight,
	       AF_TENTHS(tenths), af_nrset_count(&may->alone), may->transitions,
	       (unsigned long)nr_calls * score->nr_calls);
}

static void print_text(const struct af_score *score,
		       const struct af_permits *permits)
{
	const struct libaf_policy *policy = permits->policy;
	int width = label_width(policy);
	unsigned int tenths = af_score_reduction(score, permits);
	unsigned long degree =
		score->nr_calls ? score->transitions * 100 / score->nr_calls :
				  0;

	printf("%-*s %6s %6s %11s %6s  %s\n", width, "caller", "calls",
	       "weight", "reduction", "alone", "transitions");
	for (size_t id = 0; id < policy->nr_callers; id++)
		print_caller(score, permits, id, width);
	printf("%-*s %6u %6lu %8u.%u%% %6s %6lu / %lu\n\n", width,
	       "plain seccomp", score->nr_calls, score->plain, 0, 0, "",
	       score->possible, score->possible);

	printf("privilege reduction: %u.%u%%, by the ranking `%s`; the worst is %s\n",
	       AF_TENTHS(tenths), score->ranking->name,
	       af_caller_label(policy, score->worst));
	tenths = af_tenths_of(score->transitions, score->possible);
	printf("transitions: %lu of %lu, %u.%u%%; average out-degree %lu.%02lu\n",
	       score->transitions, score->possible, AF_TENTHS(tenths),
	       degree / 100, degree % 100);
}

static json_t *json_names(const struct af_nrset *set)
{
	json_t *names = json_array();

	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (af_nrset_has(set, nr))
			json_array_append_new(names,
					      json_string(af_call_name(nr)));
	}
	return names;
}

static json_t *json_tenths(unsigned int tenths)
{
	return json_real(tenths / 10.0);
}

static json_t *json_caller(const struct af_score *score,
			   const struct af_permits *permits, size_t id)
{
	const struct af_caller *caller = &permits->policy->callers[id];
	const struct af_may *may = &permits->callers[id];
	unsigned long weight = af_score_caller(score, permits, id);
	unsigned int nr_calls = af_nrset_count(&may->calls);

	return json_pack("{so ss sb sI sI so so sI sI}", "name",
			 af_json_string(af_caller_label(permits->policy, id)),
			 "kind", af_caller_kind_name(permits->policy, caller),
			 "transparent", caller->transparent, "calls",
			 (json_int_t)nr_calls, "weight", (json_int_t)weight,
			 "reduction",
			 json_tenths(af_tenths_less(weight, score->plain)),
			 "alone", json_names(&may->alone), "transitions",
			 (json_int_t)may->transitions, "possible",
			 (json_int_t)nr_calls * score->nr_calls);
}

static json_t *make_json(const struct af_score *score,
			 const struct af_permits *permits)
{
	const struct libaf_policy *policy = permits->policy;
	json_t *callers = json_array();
	double degree = score->nr_calls ?
				(double)score->transitions / score->nr_calls :
				0;

	for (size_t id = 0; id < policy->nr_callers; id++)
		json_array_append_new(callers, json_caller(score, permits, id));
	return json_pack("{so ss sI sI so so sI sI sf so}", "policy",
			 af_json_string(policy->name), "ranking",
			 score->ranking->name, "calls",
			 (json_int_t)score->nr_calls, "weight",
			 (json_int_t)score->plain, "worst",
			 af_json_string(af_caller_label(policy, score->worst)),
			 "reduction",
			 json_tenths(af_score_reduction(score, permits)),
			 "transitions", (json_int_t)score->transitions,
			 "possible", (json_int_t)score->possible, "out_degree",
			 degree, "callers", callers);
}

static int print_score(const struct libaf_policy *policy,
		       const struct af_ranking *ranking, bool json,
		       unsigned int minimum)
{
	static struct af_permits permits;
	static struct af_score score;
	unsigned int reduction;
	int ret = AF_OK;

	if (af_permits_find(&permits, policy))
		return af_no_memory();
	af_score_find(&score, &permits, ranking);
	if (json)
		ret = af_json_print(stdout, make_json(&score, &permits));
	else
		print_text(&score, &permits);
	reduction = af_score_reduction(&score, &permits);
	if (!ret && minimum != NO_MINIMUM && reduction < minimum) {
		af_complain(
			"%s: the privilege reduction is %u.%u%%, below %u.%u%%",
			policy->name, AF_TENTHS(reduction), AF_TENTHS(minimum));
		ret = AF_FAILED;
	}
	af_permits_release(&permits);
	return ret;
}

int af_score(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "ranking", required_argument, NULL, 'r' },
		{ "min", required_argument, NULL, 'm' },
		{ "json", no_argument, NULL, 'j' },
		{},
	};
	const struct af_ranking *ranking = af_ranking_find(NULL);
	unsigned int minimum = NO_MINIMUM;
	struct libaf_policy *policy;
	bool json = false;
	int option, ret;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return AF_OK;
		case 'r':
			ranking = af_ranking_option(optarg);
			if (!ranking)
				return AF_USAGE;
			break;
		case 'm':
			if (!read_percent(optarg, &minimum)) {
				af_complain(
					"`%s` is not a percentage, as 40 or 37.5",
					optarg);
				return AF_USAGE;
			}
			break;
		case 'j':
			json = true;
			break;
		default:
			fputs(usage, stderr);
			return AF_USAGE;
		}
	}
	if (optind != argc - 1) {
		fputs(usage, stderr);
		return AF_USAGE;
	}
	policy = af_read_policy(argv[optind]);
	if (!policy)
		return AF_USAGE;
	ret = print_score(policy, ranking, json, minimum);
	libaf_policy_free(policy);
	return ret;
}
