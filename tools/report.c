// SPDX-License-Identifier: LGPL-2.1-or-later
/* af report: what a policy permits, as one page of HTML. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "af.h"
#include "calls.h"
#include "html.h"
#include "privilege.h"
#include "report_style.h"

static const char usage[] =
	"usage: af report [--ranking NAME] [-o FILE] POLICY\n"
	"\n"
	"Write what a policy permits to whom as one page of HTML, which needs no\n"
	"network and no script: a grid of callers and calls, what may follow what,\n"
	"and the figures of af-score(1).\n"
	"\n"
	"  -o FILE         write to FILE, not to standard output\n"
	"  --ranking NAME  weights of calls: libaf, which is the default, or\n"
	"                  addrfilter\n"
	"  --help          show this\n"
	"\n"
	"The exit status is 0, 1 if the page cannot be written, 2 for wrong arguments\n"
	"or a policy that cannot be read.\n";

/*
 * @columns: the calls of the union, the heaviest first
 * @row: what the caller at hand may do
 */
struct report {
	FILE *out;
	const struct libaf_policy *policy;
	struct af_permits permits;
	struct af_score score;
	unsigned int columns[AF_NR_MAX];
	unsigned int nr_columns;
	struct af_permit row[AF_NR_MAX];
};

/* Heavier calls first, then by name. */
static int compare_calls(const void *a, const void *b, void *arg)
{
	const struct af_weights *weights = arg;
	unsigned int x = *(const unsigned int *)a;
	unsigned int y = *(const unsigned int *)b;

	if (weights->of[x] != weights->of[y])
		return weights->of[x] < weights->of[y] ? 1 : -1;
	return strcmp(af_call_name(x), af_call_name(y));
}

static void sort_columns(struct report *r)
{
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		if (af_nrset_has(&r->permits.all, nr))
			r->columns[r->nr_columns++] = nr;
	}
	qsort_r(r->columns, r->nr_columns, sizeof(*r->columns), compare_calls,
		&r->score.weights);
}

static void print_caller(const struct report *r, size_t id)
{
	af_html_text(r->out, af_caller_label(r->policy, id));
}

/*
 * The head of the page
 */

/* Letters of a name that the grid shows. */
#define MAX_NAME_WIDTH 36

/* The first column's width in letters: other heads stay beside it. */
static size_t name_width(const struct report *r)
{
	size_t width = strlen("callers that may");

	for (size_t id = 0; id < r->policy->nr_callers; id++) {
		size_t len = strlen(af_caller_label(r->policy, id));

		if (len > width)
			width = len;
	}
	return width < MAX_NAME_WIDTH ? width : MAX_NAME_WIDTH;
}

static void print_facts(const struct report *r)
{
	const struct af_score *score = &r->score;
	unsigned long worst = af_score_caller(score, &r->permits, score->worst);
	unsigned long degree =
		score->nr_calls ? score->transitions * 100 / score->nr_calls :
				  0;

	fprintf(r->out,
		"<dl class=\"facts\">\n"
		"<div><dt>Privilege reduction</dt>"
		"<dd class=\"figure\">%u.%u&nbsp;%%</dd>"
		"<dd class=\"why\">The worst caller, <code>",
		AF_TENTHS(af_score_reduction(score, &r->permits)));
	print_caller(r, score->worst);
	fprintf(r->out,
		"</code>, has a weight of %lu; plain seccomp permits %lu to "
		"all.</dd></div>\n"
		"<div><dt>System calls</dt><dd class=\"figure\">%u</dd>"
		"<dd class=\"why\">by %zu callers, unknown code among them"
		"</dd></div>\n",
		worst, score->plain, score->nr_calls, r->policy->nr_callers);
	fprintf(r->out,
		"<div><dt>Transitions permitted</dt>"
		"<dd class=\"figure\">%u.%u&nbsp;%%</dd>"
		"<dd class=\"why\">%lu of %lu; on average, %lu.%02lu calls may "
		"follow one</dd></div>\n"
		"</dl>\n",
		AF_TENTHS(af_tenths_of(score->transitions, score->possible)),
		score->transitions, score->possible, degree / 100,
		degree % 100);
}

static void print_head(const struct report *r)
{
	fputs("<!DOCTYPE html>\n"
	      "<html lang=\"en\">\n"
	      "<head>\n"
	      "<meta charset=\"utf-8\">\n"
	      /* Should a name get through after all, nothing is run or sent. */
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" "
	      "content=\"width=device-width, initial-scale=1\">\n"
	      "<title>",
	      r->out);
	af_html_text(r->out, r->policy->name);
	fprintf(r->out,
		" – libaf report</title>\n<style>\n%s:root { --name: %zuch; }\n</style>\n</head>\n",
		report_style, name_width(r));
	fputs("<body>\n<header>\n<h1>", r->out);
	af_html_text(r->out, r->policy->name);
	fputs("</h1>\n"
	      "<p>Which system calls this policy permits to which code, and how "
	      "much less that is than plain seccomp, which has one list for "
	      "all.</p>\n"
	      "<nav aria-label=\"Sections\"><a href=\"#callers\">Callers</a> "
	      "<a href=\"#alone\">Calls of one caller</a> "
	      "<a href=\"#grid\">Callers and calls</a> "
	      "<a href=\"#transitions\">Transitions</a></nav>\n",
	      r->out);
	print_facts(r);
	fputs("</header>\n<main>\n", r->out);
}

/*
 * Callers against plain seccomp
 */
static void print_bar(const struct report *r, unsigned long weight)
{
	unsigned int tenths = af_tenths_of(weight, r->score.plain);

	fprintf(r->out,
		"<td><span class=\"bar\"><i style=\"width:%u.%u%%\"></i>"
		"</span></td></tr>\n",
		AF_TENTHS(tenths));
}

static void print_caller_row(const struct report *r, size_t id)
{
	const struct af_may *may = &r->permits.callers[id];
	const struct af_caller *caller = &r->policy->callers[id];
	unsigned long weight = af_score_caller(&r->score, &r->permits, id);
	unsigned int tenths = af_tenths_less(weight, r->score.plain);

	fprintf(r->out, "<tr%s><th scope=\"row\" class=\"caller\">",
		id == r->score.worst ? " class=\"worst\"" : "");
	print_caller(r, id);
	fprintf(r->out,
		"</th><td>%s%s</td><td class=\"number\">%u</td>"
		"<td class=\"number\">%lu</td>"
		"<td class=\"number\">%u.%u&nbsp;%%</td>",
		af_caller_kind_name(r->policy, caller),
		caller->transparent ? ", transparent" : "",
		af_nrset_count(&may->calls), weight, AF_TENTHS(tenths));
	print_bar(r, weight);
}

static void begin_table(const struct report *r, const char *id,
			const char *class, const char *title)
{
	fprintf(r->out,
		"<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
		"aria-labelledby=\"%s\">\n"
		"<table class=\"%s\">\n<caption>%s</caption>\n",
		id, class, title);
}

static void print_callers(const struct report *r)
{
	fprintf(r->out,
		"<h2 id=\"callers\">Callers against plain seccomp</h2>\n"
		"<p>The weight is that of all calls a caller may make, by the "
		"ranking <code>%s</code>: 3 for a call that works on what is "
		"not the process’s own, down to 1 for one that asks, waits, or "
		"uses what is open. See af-score(1).</p>\n",
		r->score.ranking->name);
	begin_table(r, "callers", "plain", "Callers, and what they may do");
	fputs("<thead><tr><th scope=\"col\">Caller</th>"
	      "<th scope=\"col\">Kind</th>"
	      "<th scope=\"col\" class=\"number\">Calls</th>"
	      "<th scope=\"col\" class=\"number\">Weight</th>"
	      "<th scope=\"col\" class=\"number\">Reduction</th>"
	      "<th scope=\"col\">Share of the union’s weight</th></tr></thead>\n"
	      "<tbody>\n",
	      r->out);
	fprintf(r->out,
		"<tr class=\"union\"><th scope=\"row\">plain seccomp</th>"
		"<td>union</td><td class=\"number\">%u</td>"
		"<td class=\"number\">%lu</td>"
		"<td class=\"number\">0.0&nbsp;%%</td>",
		r->score.nr_calls, r->score.plain);
	print_bar(r, r->score.plain);
	for (size_t id = 0; id < r->policy->nr_callers; id++)
		print_caller_row(r, id);
	fputs("</tbody>\n</table>\n</div>\n", r->out);
}

/*
 * What each can do alone
 */
static void print_alone_weight(const struct report *r, size_t id,
			       unsigned int weight)
{
	const struct af_nrset *alone = &r->permits.callers[id].alone;
	bool first = true;

	for (unsigned int i = 0; i < r->nr_columns; i++) {
		unsigned int nr = r->columns[i];

		if (!af_nrset_has(alone, nr) ||
		    r->score.weights.of[nr] != weight)
			continue;
		if (first)
			fprintf(r->out, "<div><b class=\"w%u\">%u</b>", weight,
				weight);
		fprintf(r->out, " <span class=\"w%u\">%s</span>", weight,
			af_call_name(nr));
		first = false;
	}
	if (!first)
		fputs("</div>", r->out);
}

static void print_alone_row(const struct report *r, size_t id,
			    unsigned int count)
{
	fputs("<tr><th scope=\"row\" class=\"caller\">", r->out);
	print_caller(r, id);
	fprintf(r->out, "</th><td class=\"number\">%u</td><td class=\"names\">",
		count);
	for (unsigned int weight = AF_MAX_WEIGHT; weight; weight--)
		print_alone_weight(r, id, weight);
	fputs("</td></tr>\n", r->out);
}

static void print_alone(const struct report *r)
{
	size_t others = 0;

	fputs("<h2 id=\"alone\">What only one caller may do</h2>\n"
	      "<p>Calls that the policy permits to one caller and to no other. "
	      "With plain seccomp, all code of the process could make "
	      "them.</p>\n",
	      r->out);
	begin_table(r, "alone", "plain", "Calls that only one caller may make");
	fputs("<thead><tr><th scope=\"col\">Caller</th>"
	      "<th scope=\"col\" class=\"number\">Number</th>"
	      "<th scope=\"col\">Calls, by weight</th></tr></thead>\n"
	      "<tbody>\n",
	      r->out);
	for (size_t id = 0; id < r->policy->nr_callers; id++) {
		const struct af_nrset *alone = &r->permits.callers[id].alone;
		unsigned int count = af_nrset_count(alone);

		if (count)
			print_alone_row(r, id, count);
		else
			others++;
	}
	fprintf(r->out,
		"</tbody>\n</table>\n</div>\n"
		"<p class=\"note\">Callers without such calls: %zu.</p>\n",
		others);
}

/*
 * The grid
 */
static unsigned int count_weight(const struct report *r, unsigned int weight)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < r->nr_columns; i++)
		count += r->score.weights.of[r->columns[i]] == weight;
	return count;
}

/* So many columns are wide enough for the word. */
#define ROOM_FOR_WEIGHT 4

static void print_grid_head(const struct report *r)
{
	fputs("<thead>\n<tr><th scope=\"col\" rowspan=\"2\" class=\"corner\">"
	      "Caller</th>",
	      r->out);
	for (unsigned int weight = AF_MAX_WEIGHT; weight; weight--) {
		unsigned int count = count_weight(r, weight);

		if (count)
			fprintf(r->out,
				"<th scope=\"colgroup\" colspan=\"%u\" "
				"class=\"group w%u\" title=\"weight %u\">"
				"<span>%s%u</span></th>",
				count, weight, weight,
				count < ROOM_FOR_WEIGHT ? "" : "weight ",
				weight);
	}
	fputs("</tr>\n<tr>", r->out);
	for (unsigned int i = 0; i < r->nr_columns; i++)
		fprintf(r->out,
			"<th scope=\"col\" class=\"up w%u\"><span>%s</span></th>",
			r->score.weights.of[r->columns[i]],
			af_call_name(r->columns[i]));
	fputs("</tr>\n</thead>\n", r->out);
}

static void print_title(const struct report *r, size_t id, unsigned int nr)
{
	const struct af_permit *permit = &r->row[nr];

	fputs(" title=\"", r->out);
	print_caller(r, id);
	fprintf(r->out, ": %s", af_call_name(nr));
	if (permit->limited)
		fputs(", after some calls only", r->out);
	if (permit->tested)
		fputs(", depending on arguments", r->out);
	if (permit->line) {
		fprintf(r->out, ", line %u", permit->line);
		if (permit->file && strcmp(permit->file, r->policy->name)) {
			fputs(" of ", r->out);
			af_html_text(r->out, permit->file);
		}
	}
	fputs("\"", r->out);
}

static void print_cell(const struct report *r, size_t id, unsigned int nr)
{
	const struct af_permit *permit = &r->row[nr];
	bool sometimes = permit->limited || permit->tested;
	char class = sometimes ? 'c' : 'y';

	if (!permit->permitted) {
		fputs("<td></td>", r->out);
		return;
	}
	if (af_nrset_has(&r->permits.callers[id].alone, nr))
		class = 'a';
	fprintf(r->out, "<td class=\"%c\"", class);
	print_title(r, id, nr);
	fprintf(r->out, ">%s</td>", sometimes ? "~" : "✓");
}

/* A long name is cut where the screen is narrow, but for its title. */
static void print_row_head(const struct report *r, size_t id)
{
	fputs("<tr><th scope=\"row\" title=\"", r->out);
	print_caller(r, id);
	fputs("\">", r->out);
	print_caller(r, id);
}

static unsigned int count_callers(const struct report *r, unsigned int nr)
{
	unsigned int count = 0;

	for (size_t id = 0; id < r->policy->nr_callers; id++)
		count += af_nrset_has(&r->permits.callers[id].calls, nr);
	return count;
}

static void print_grid(struct report *r)
{
	fputs("<h2 id=\"grid\">Callers and calls</h2>\n"
	      "<ul class=\"legend\">"
	      "<li><b class=\"y\">✓</b>permitted</li>"
	      "<li><b class=\"c\">~</b>permitted after some calls, or with some "
	      "arguments</li>"
	      "<li><b class=\"a\">✓</b>to this caller only</li>"
	      "<li><b></b>denied</li></ul>\n",
	      r->out);
	begin_table(r, "grid", "grid", "Which caller may make which call");
	print_grid_head(r);
	fputs("<tbody>\n", r->out);
	for (size_t id = 0; id < r->policy->nr_callers; id++) {
		af_permits_of(r->policy, id, r->row);
		print_row_head(r, id);
		fputs("</th>", r->out);
		for (unsigned int i = 0; i < r->nr_columns; i++)
			print_cell(r, id, r->columns[i]);
		fputs("</tr>\n", r->out);
	}
	fputs("</tbody>\n<tfoot><tr><th scope=\"row\">callers that may</th>",
	      r->out);
	for (unsigned int i = 0; i < r->nr_columns; i++)
		fprintf(r->out, "<td>%u</td>", count_callers(r, r->columns[i]));
	fputs("</tr></tfoot>\n</table>\n</div>\n", r->out);
}

/*
 * What may follow what
 */
static bool is_limited(const struct af_permit *permit)
{
	return permit->permitted && permit->limited;
}

/*
 * Columns of the matrix: what some call that is limited may come after.
 * Returns the number of such calls, each counted for each caller.
 */
static unsigned int find_prevs(struct report *r, struct af_prevs *prevs)
{
	unsigned int rows = 0;

	memset(prevs, 0, sizeof(*prevs));
	for (size_t id = 0; id < r->policy->nr_callers; id++) {
		af_permits_of(r->policy, id, r->row);
		for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
			const struct af_permit *permit = &r->row[nr];

			if (!is_limited(permit))
				continue;
			rows++;
			prevs->start |= permit->after.start;
			prevs->signal |= permit->after.signal;
			for (unsigned int i = 0; i < r->nr_columns; i++) {
				unsigned int prev = r->columns[i];

				if (af_nrset_has(&permit->after.calls, prev))
					af_nrset_add(&prevs->calls, prev);
			}
		}
	}
	return rows;
}

static void print_mark(const struct report *r, bool may)
{
	fputs(may ? "<td class=\"y\">✓</td>" : "<td></td>", r->out);
}

static void print_matrix_head(const struct report *r,
			      const struct af_prevs *prevs)
{
	static const char up[] = "<th scope=\"col\" class=\"up\"><span>";

	fputs("<thead>\n<tr><th scope=\"col\" class=\"corner\">"
	      "Call and caller, after …</th>",
	      r->out);
	if (prevs->start)
		fprintf(r->out, "%sthe start</span></th>", up);
	if (prevs->signal)
		fprintf(r->out, "%sa signal</span></th>", up);
	for (unsigned int i = 0; i < r->nr_columns; i++) {
		if (af_nrset_has(&prevs->calls, r->columns[i]))
			fprintf(r->out, "%s%s</span></th>", up,
				af_call_name(r->columns[i]));
	}
	fputs("</tr>\n</thead>\n", r->out);
}

static void print_matrix_row(const struct report *r, size_t id, unsigned int nr,
			     const struct af_prevs *prevs)
{
	const struct af_prevs *after = &r->row[nr].after;

	fprintf(r->out, "<tr><th scope=\"row\" title=\"%s by ",
		af_call_name(nr));
	print_caller(r, id);
	fprintf(r->out, "\"><span class=\"w%u\">%s</span> ",
		r->score.weights.of[nr], af_call_name(nr));
	print_caller(r, id);
	fputs("</th>", r->out);
	if (prevs->start)
		print_mark(r, after->start);
	if (prevs->signal)
		print_mark(r, after->signal);
	for (unsigned int i = 0; i < r->nr_columns; i++) {
		unsigned int prev = r->columns[i];

		if (af_nrset_has(&prevs->calls, prev))
			print_mark(r, af_nrset_has(&after->calls, prev));
	}
	fputs("</tr>\n", r->out);
}

static void print_matrix(struct report *r, const struct af_prevs *prevs)
{
	begin_table(r, "transitions", "grid matrix",
		    "Calls, and what they may come after");
	print_matrix_head(r, prevs);
	fputs("<tbody>\n", r->out);
	for (size_t id = 0; id < r->policy->nr_callers; id++) {
		af_permits_of(r->policy, id, r->row);
		for (unsigned int i = 0; i < r->nr_columns; i++) {
			if (is_limited(&r->row[r->columns[i]]))
				print_matrix_row(r, id, r->columns[i], prevs);
		}
	}
	fputs("</tbody>\n</table>\n</div>\n", r->out);
}

static void print_transitions(struct report *r)
{
	struct af_prevs prevs;
	unsigned int rows = find_prevs(r, &prevs);

	fputs("<h2 id=\"transitions\">Transitions</h2>\n", r->out);
	if (!rows) {
		fputs("<p>No rule says what has to come before: every call may "
		      "follow every other.</p>\n",
		      r->out);
		return;
	}
	fprintf(r->out,
		"<p>Each of these %u may only come after certain calls. All "
		"others may follow any call.</p>\n",
		rows);
	print_matrix(r, &prevs);
}

static void write_report(struct report *r)
{
	print_head(r);
	print_callers(r);
	print_alone(r);
	print_grid(r);
	print_transitions(r);
	fprintf(r->out,
		"<p class=\"note\">Made by af report, libaf %d.%d.</p>\n"
		"</main>\n</body>\n</html>\n",
		LIBAF_VERSION_MAJOR, LIBAF_VERSION_MINOR);
}

static int report(const struct libaf_policy *policy, FILE *out,
		  const void *ranking)
{
	struct report *r = calloc(1, sizeof(*r));

	if (!r || af_permits_find(&r->permits, policy)) {
		free(r);
		return af_no_memory();
	}
	r->out = out;
	r->policy = policy;
	af_score_find(&r->score, &r->permits, ranking);
	sort_columns(r);
	write_report(r);
	af_permits_release(&r->permits);
	free(r);
	return 0;
}

int af_report(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "ranking", required_argument, NULL, 'r' },
		{},
	};
	const struct af_ranking *ranking = af_ranking_find(NULL);
	const char *path = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return AF_OK;
		case 'o':
			path = optarg;
			break;
		case 'r':
			ranking = af_ranking_option(optarg);
			if (!ranking)
				return AF_USAGE;
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
	return af_write_about(argv[optind], path, report, ranking);
}
