// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * af report: the page is well-formed whatever the policy's names are, needs
 * nothing but itself, and its tables have what the policy permits.
 */
#include "small_policy.h"
#include "verb.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Elements that a report may have, and whether they have an end. */
static const struct {
	const char *name;
	bool has_end;
} elements[] = {
	{ "html", true },    { "head", true },      { "meta", false },
	{ "title", true },   { "style", true },     { "body", true },
	{ "header", true },  { "main", true },      { "nav", true },
	{ "h1", true },      { "h2", true },        { "p", true },
	{ "a", true },       { "b", true },         { "i", true },
	{ "ul", true },      { "li", true },        { "dl", true },
	{ "dt", true },      { "dd", true },        { "div", true },
	{ "span", true },    { "code", true },      { "table", true },
	{ "thead", true },   { "tbody", true },     { "tfoot", true },
	{ "tr", true },      { "th", true },        { "td", true },
	{ "caption", true }, { "!DOCTYPE", false },
};

static const char *const attributes[] = {
	"lang",  "charset",  "http-equiv", "content",
	"name",  "class",    "id",         "style",
	"title", "scope",    "colspan",    "rowspan",
	"role",  "tabindex", "aria-label", "aria-labelledby",
	"href",  "html",
};

#define MAX_DEPTH 32

struct page {
	const char *pos;
	size_t open[MAX_DEPTH];
	size_t depth;
	size_t cells;
};

static size_t find_element(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
		if (strlen(elements[i].name) == len &&
		    !memcmp(elements[i].name, name, len))
			return i;
	}
	ck_abort_msg("an element that is none of ours: %.40s", name);
}

static void check_attribute(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		if (strlen(attributes[i]) == len &&
		    !memcmp(attributes[i], name, len))
			return;
	}
	ck_abort_msg("an attribute that is none of ours: %.40s", name);
}

/* Up to and with the end of the tag. */
static void read_attributes(struct page *page)
{
	while (*page->pos != '>') {
		size_t len;

		page->pos += strspn(page->pos, " ");
		len = strcspn(page->pos, "=> ");
		check_attribute(page->pos, len);
		page->pos += len;
		if (*page->pos != '=')
			continue;
		ck_assert_int_eq(page->pos[1], '"');
		page->pos += 2 + strcspn(page->pos + 2, "\"<");
		ck_assert_int_eq(*page->pos, '"');
		page->pos++;
	}
	page->pos++;
}

static void read_tag(struct page *page)
{
	bool end = *++page->pos == '/';
	size_t len, element;

	page->pos += end;
	len = strcspn(page->pos, "> ");
	element = find_element(page->pos, len);
	page->cells += !end && !strcmp(elements[element].name, "td");
	page->pos += len;
	if (end) {
		ck_assert_int_eq(*page->pos++, '>');
		ck_assert_uint_gt(page->depth, 0);
		ck_assert_uint_eq(page->open[--page->depth], element);
		return;
	}
	read_attributes(page);
	if (!elements[element].has_end)
		return;
	ck_assert_uint_lt(page->depth, MAX_DEPTH);
	page->open[page->depth++] = element;
	if (!strcmp(elements[element].name, "style")) {
		page->pos = strchr(page->pos, '<');
		ck_assert_ptr_nonnull(page->pos);
	}
}

/* What may stand behind an ampersand. */
static const char *const entities[] = {
	"amp;", "lt;", "gt;", "quot;", "#39;", "nbsp;", "#xfffd;",
};

static void read_entity(struct page *page)
{
	for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
		size_t len = strlen(entities[i]);

		if (!strncmp(page->pos + 1, entities[i], len)) {
			page->pos += 1 + len;
			return;
		}
	}
	ck_abort_msg("an ampersand by itself: %.40s", page->pos);
}

/* Is it one of our elements and nothing else, all closed?  Counts its cells. */
static size_t check_page(const char *text)
{
	struct page page = { .pos = text };

	ck_assert(!strncmp(text, "<!DOCTYPE html>\n", 16));
	while (*page.pos) {
		unsigned char c = *page.pos;

		if (c == '<')
			read_tag(&page);
		else if (c == '&')
			read_entity(&page);
		else {
			ck_assert_msg(c != '>' && (c >= ' ' || c == '\n'),
				      "%#x", c);
			page.pos++;
		}
	}
	ck_assert_uint_eq(page.depth, 0);
	return page.cells;
}

/* From the first row of the grid to the end of the matrix. */
static const char tables[] =
	"<tbody>\n"
	"<tr><th scope=\"row\" title=\"unknown\">unknown</th><td></td"
	"><td></td><td></td><td></td><td class=\"a\" title=\"unknown:"
	" exit, line 3\">✓</td><td></td><td></td></tr>\n"
	"<tr><th scope=\"row\" title=\"program\">program</th><td></td"
	"><td class=\"a\" title=\"program: openat, after some calls o"
	"nly, line 5\">~</td><td></td><td></td><td></td><td class=\"y"
	"\" title=\"program: futex, line 2\">✓</td><td class=\"y\" ti"
	"tle=\"program: read, line 6\">✓</td></tr>\n"
	"<tr><th scope=\"row\" title=\"libc.so.6\">libc.so.6</th><td>"
	"</td><td></td><td class=\"a\" title=\"libc.so.6: clone3, lin"
	"e 9\">✓</td><td></td><td></td><td class=\"y\" title=\"libc.s"
	"o.6: futex, line 2\">✓</td><td></td></tr>\n"
	"<tr><th scope=\"row\" title=\"libssl.so.3\">libssl.so.3</th>"
	"<td class=\"a\" title=\"libssl.so.3: execve, after some call"
	"s only, line 13\">~</td><td></td><td></td><td class=\"a\" ti"
	"tle=\"libssl.so.3: socket, depending on arguments, line 12\""
	">~</td><td></td><td class=\"y\" title=\"libssl.so.3: futex, "
	"line 2\">✓</td><td class=\"y\" title=\"libssl.so.3: read, li"
	"ne 11\">✓</td></tr>\n"
	"</tbody>\n"
	"<tfoot><tr><th scope=\"row\">callers that may</th><td>1</td>"
	"<td>1</td><td>1</td><td>1</td><td>1</td><td>3</td><td>2</td>"
	"</tr></tfoot>\n"
	"</table>\n"
	"</div>\n"
	"<h2 id=\"transitions\">Transitions</h2>\n"
	"<p>Each of these 2 may only come after certain calls. All ot"
	"hers may follow any call.</p>\n"
	"<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-la"
	"belledby=\"transitions\">\n"
	"<table class=\"grid matrix\">\n"
	"<caption>Calls, and what they may come after</caption>\n"
	"<thead>\n"
	"<tr><th scope=\"col\" class=\"corner\">Call and caller, afte"
	"r …</th><th scope=\"col\" class=\"up\"><span>the start</span"
	"></th><th scope=\"col\" class=\"up\"><span>execve</span></th"
	"><th scope=\"col\" class=\"up\"><span>openat</span></th><th "
	"scope=\"col\" class=\"up\"><span>socket</span></th></tr>\n"
	"</thead>\n"
	"<tbody>\n"
	"<tr><th scope=\"row\" title=\"openat by program\"><span clas"
	"s=\"w3\">openat</span> program</th><td class=\"y\">✓</td><td"
	"></td><td class=\"y\">✓</td><td class=\"y\">✓</td></tr>\n"
	"<tr><th scope=\"row\" title=\"execve by libssl.so.3\"><span "
	"class=\"w3\">execve</span> libssl.so.3</th><td></td><td clas"
	"s=\"y\">✓</td><td></td><td class=\"y\">✓</td></tr>\n"
	"</tbody>\n"
	"</table>\n"
	"</div>\n";

START_TEST(the_tables_have_what_the_policy_permits) {
	const char *grid;

	write_text("small.af", small);
	ck_assert_int_eq(verb(af_report, "report", "small.af", NULL), AF_OK);
	ck_assert_str_eq(verb_err, "");
	grid = strstr(verb_out, "<tbody>\n<tr><th scope=\"row\" title=");
	ck_assert_ptr_nonnull(grid);
	ck_assert_msg(!strncmp(grid, tables, strlen(tables)), "%s", grid);
	/* 5 rows of 5, 4 of 2, 5 of 7 with the sums, 2 of 4. */
	ck_assert_uint_eq(check_page(verb_out), 25 + 8 + 35 + 8);
}
END_TEST

START_TEST(the_figures_are_those_of_af_score) {
	write_text("small.af", small);
	ck_assert_int_eq(verb(af_report, "report", "small.af", NULL), AF_OK);
	ck_assert_ptr_nonnull(
		strstr(verb_out,
		       "<dd class=\"figure\">46.1&nbsp;%</dd><dd class=\"why\">"
		       "The worst caller, <code>libssl.so.3</code>, has a "
		       "weight of 7; plain seccomp permits 13 to all.</dd>"));
	ck_assert_ptr_nonnull(
		strstr(verb_out, "<dd class=\"figure\">79.5&nbsp;%</dd>"
				 "<dd class=\"why\">39 of 49; on average, 5.57 "
				 "calls may follow one</dd>"));
	ck_assert_int_eq(verb(af_report, "report", "--ranking", "addrfilter",
			      "small.af", NULL),
			 AF_OK);
	ck_assert_ptr_nonnull(
		strstr(verb_out, "<dd class=\"figure\">40.0&nbsp;%</dd>"));
}
END_TEST

START_TEST(the_page_needs_nothing_but_itself) {
	static const char *const needs[] = {
		"http:",   "https:",  "//",    "src=",       "url(",
		"@import", "<script", "<link", "javascript", "onerror=",
	};

	write_text("small.af", small);
	ck_assert_int_eq(verb(af_report, "report", "small.af", NULL), AF_OK);
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		ck_assert_msg(!strstr(verb_out, needs[i]), "%s", needs[i]);
	ck_assert_ptr_nonnull(strstr(verb_out, "default-src 'none'"));
	ck_assert_ptr_nonnull(strstr(verb_out, "prefers-color-scheme: dark"));
}
END_TEST

/* Each has the bytes that must not get through. */
static const char *const hostile[] = {
	"library <script>alert(1)<script> { read }\n",
	"library \"onmouseover=alert(1) { read }\n",
	"library 'x&lt;b> { read }\n",
	"library --><!-- { read }\n",
	"library ]]><![CDATA[ { read }\n",
	"library /<img/src=x/onerror=alert(1)> { read after write\n}\n",
};

START_TEST(hostile_names_of_libraries_are_text) {
	char text[256];

	snprintf(text, sizeof(text), "program { write }\n%s", hostile[_i]);
	write_text("h.af", text);
	ck_assert_int_eq(verb(af_report, "report", "h.af", NULL), AF_OK);
	ck_assert_uint_gt(check_page(verb_out), 0);
}
END_TEST

/* And of policies, with how the page shows them. */
static const struct {
	char *name;
	const char *shown;
} file_names[] = {
	{ "<b>x&y\"'.af", "<h1>&lt;b&gt;x&amp;y&quot;&#39;.af</h1>" },
	{ "a\nb\x7f\x1b[31m.af", "<h1>a&#xfffd;b&#xfffd;&#xfffd;[31m.af</h1>" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.af",
	  "<h1>\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.af</h1>" },
	{ "\xff\xc3(\xe2\x82.af", "<h1>&#xfffd;&#xfffd;(&#xfffd;&#xfffd;.af" },
	{ "\xc0\xbc\xed\xa0\x80.af",
	  "<h1>&#xfffd;&#xfffd;&#xfffd;&#xfffd;&#xfffd;.af</h1>" },
	{ "\xf4\x90\x80\x80\xc2\x85.af",
	  "<h1>&#xfffd;&#xfffd;&#xfffd;&#xfffd;&#xfffd;&#xfffd;.af</h1>" },
	/* from right to left */
	{ "fa.\xe2\x80\xaelmth.af",
	  "<h1>fa.&#xfffd;&#xfffd;&#xfffd;lmth.af</h1>" },
};

START_TEST(hostile_names_of_policies_are_text) {
	write_text(file_names[_i].name, "program { read }\n");
	ck_assert_int_eq(verb(af_report, "report", file_names[_i].name, NULL),
			 AF_OK);
	ck_assert_msg(strstr(verb_out, file_names[_i].shown), "%s", verb_out);
	ck_assert_uint_gt(check_page(verb_out), 0);
}
END_TEST

START_TEST(a_policy_without_calls_has_a_page) {
	write_text("e.af", "program { }\n");
	ck_assert_int_eq(verb(af_report, "report", "e.af", NULL), AF_OK);
	ck_assert_uint_gt(check_page(verb_out), 0);
	ck_assert_ptr_nonnull(
		strstr(verb_out, "No rule says what has to come before"));
}
END_TEST

/* 200 libraries, all calls: that it is a page, and not too large for a mail. */
START_TEST(large_policies_have_a_page_of_a_few_megabytes) {
	static char text[65536];
	size_t len = snprintf(text, sizeof(text), "default log\n");

	for (int i = 0; i < 200; i++)
		len += snprintf(text + len, sizeof(text) - len,
				"library lib%03d.so.1 {\nread after write\n"
				"openat then kill\n}\n",
				i);
	write_text("large.af", text);
	ck_assert_int_eq(verb(af_report, "report", "large.af", NULL), AF_OK);
	ck_assert_uint_gt(check_page(verb_out), 202 * 300);
	ck_assert_uint_lt(verb_out_len, 8 << 20);
}
END_TEST

START_TEST(it_is_written_to_a_file) {
	char *file;

	write_text("small.af", small);
	ck_assert_int_eq(verb(af_report, "report", "small.af", NULL), AF_OK);
	file = strdup(verb_out);
	ck_assert_int_eq(verb(af_report, "report", "small.af", "-o", "r.html",
			      NULL),
			 AF_OK);
	ck_assert_str_eq(verb_out, "");
	free(verb_out);
	verb_out = read_text("r.html");
	ck_assert(!strcmp(verb_out, file));
	free(file);
}
END_TEST

START_TEST(what_cannot_be_written_or_read_fails) {
	write_text("small.af", small);
	ck_assert_int_eq(verb(af_report, "report", "-o", "none/x", "small.af",
			      NULL),
			 AF_FAILED);
	ck_assert_str_eq(verb_err,
			 "af: none/x: cannot be written: No such file "
			 "or directory\n"
			 "af: hint: its directory has to be there, "
			 "and be writable\n");
	ck_assert_int_eq(verb(af_report, "report", "-o", "/dev/full",
			      "small.af", NULL),
			 AF_FAILED);
	ck_assert_str_eq(verb_err, "af: /dev/full: cannot be written: No "
				   "space left on device\n");
	ck_assert_int_eq(verb(af_report, "report", "none.af", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_report, "report", NULL), AF_USAGE);
	ck_assert_int_eq(verb(af_report, "report", "--ranking", "x", "small.af",
			      NULL),
			 AF_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("page");
	TCase *page = tcase_create("page");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(page, verb_setup, verb_teardown);
	tcase_add_test(page, the_tables_have_what_the_policy_permits);
	tcase_add_test(page, the_figures_are_those_of_af_score);
	tcase_add_test(page, the_page_needs_nothing_but_itself);
	tcase_add_loop_test(page, hostile_names_of_libraries_are_text, 0,
			    ARRAY_SIZE(hostile));
	tcase_add_loop_test(page, hostile_names_of_policies_are_text, 0,
			    ARRAY_SIZE(file_names));
	tcase_add_test(page, a_policy_without_calls_has_a_page);
	tcase_add_test(page, large_policies_have_a_page_of_a_few_megabytes);
	tcase_add_test(page, it_is_written_to_a_file);
	tcase_add_test(page, what_cannot_be_written_or_read_fails);
	/* Large pages, on machines that have other things to do. */
	tcase_set_timeout(page, 60);
	suite_add_tcase(suite, page);

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
