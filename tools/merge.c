// SPDX-License-Identifier: LGPL-2.1-or-later
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/lex.h"
#include "memory.h"
#include "merge.h"

/* Lines are at most this wide, with tabs of eight. */
#define WIDTH 72
#define TAB   8

/* What follows more calls than these follows any. */
#define MAX_PREVIOUS 32

/* Calls from which an attack is made, or on which it depends. */
static const char *const dangerous[] = {
	"accept",
	"accept4",
	"bind",
	"bpf",
	"clone",
	"clone3",
	"connect",
	"execve",
	"execveat",
	"fork",
	"init_module",
	"finit_module",
	"io_uring_setup",
	"kill",
	"listen",
	"memfd_create",
	"mmap",
	"mount",
	"mprotect",
	"mremap",
	"open",
	"openat",
	"openat2",
	"pkey_mprotect",
	"prctl",
	"process_vm_writev",
	"ptrace",
	"sendto",
	"setuid",
	"socket",
	"tgkill",
	"unshare",
	"userfaultfd",
	"vfork",
	NULL,
};

static bool is_dangerous(unsigned int nr)
{
	for (size_t i = 0; dangerous[i]; i++) {
		if (seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64,
						      dangerous[i]) == (int)nr)
			return true;
	}
	return false;
}

/*
 * Instead of the bytes from @from to before @to there is @text, which is
 * allocated.
 */
struct edit {
	size_t from;
	size_t to;
	char *text;
};

/*
 * @seen, @options: as given
 * @text, @len: what is edited
 * @names: of all calls that have one
 * @tail: new blocks
 */
struct merger {
	const struct af_seen *seen;
	const struct af_merge_options *options;
	const char *text;
	size_t len;
	char *names[AF_NR_MAX];
	struct edit *edits;
	size_t nr_edits;
	FILE *tail;
};

/* A list of names, sorted. */
struct names {
	const char *list[AF_NR_MAX + 2];
	size_t nr;
};

/*
 * The lines that are added to a block.
 * @caller: in the policy that there is, or NULL
 * @header: the block's, without the brace
 */
struct block {
	const struct merger *merger;
	const struct af_seen_caller *seen;
	const struct af_caller *caller;
	char *header;
	char *indent;
	FILE *lines;
};

/* The text that has been written to a memory stream. */
struct buffer {
	char *text;
	size_t len;
};

static FILE *open_buffer(struct buffer *buffer)
{
	FILE *file = open_memstream(&buffer->text, &buffer->len);

	if (!file)
		af_out_of_memory();
	return file;
}

static void close_buffer(FILE *file)
{
	if (fclose(file))
		af_out_of_memory();
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(struct names *names)
{
	qsort(names->list, names->nr, sizeof(*names->list), compare_names);
}

static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += *text == '\t' ? TAB - width % TAB : 1;
	return width;
}

/* Words, in as many lines as it takes, each of which begins with @start. */
static void write_words(FILE *out, const char *start, const struct names *names,
			size_t first)
{
	size_t width = WIDTH;

	for (size_t i = first; i < names->nr; i++) {
		size_t len = strlen(names->list[i]);

		if (width + 1 + len > WIDTH || i == first) {
			fprintf(out, "%s%s", i == first ? "" : "\n", start);
			width = width_of(start);
		} else {
			fputc(' ', out);
			width++;
		}
		fputs(names->list[i], out);
		width += len;
	}
	fputc('\n', out);
}

static void list_previous(const struct merger *merger,
			  const struct af_prevs *prevs, unsigned int nr,
			  struct names *names)
{
	names->nr = 0;
	if (prevs->start)
		names->list[names->nr++] = "start";
	if (prevs->signal)
		names->list[names->nr++] = "signal";
	for (unsigned int i = 0; i < AF_NR_MAX; i++) {
		/* That it may follow itself goes without saying. */
		if (af_nrset_has(&prevs->calls, i) && i != nr &&
		    merger->names[i])
			names->list[names->nr++] = merger->names[i];
	}
	if (!names->nr)
		names->list[names->nr++] = merger->names[nr];
	sort_names(names);
}

/* How many rules for a call the block has, and whether one says after what. */
static unsigned int count_rules(const struct block *block, unsigned int nr,
				bool *after)
{
	unsigned int count = 0;

	*after = false;
	for (size_t i = 0; block->caller && i < block->caller->nr_rules; i++) {
		const struct af_rule *rule = &block->caller->rules[i];

		if (rule->nr != nr)
			continue;
		count++;
		*after |= !rule->any_prev;
	}
	return count;
}

/* Is the call to get a rule that says what comes before? */
static bool wants_after(const struct block *block, unsigned int nr)
{
	const struct merger *merger = block->merger;
	const struct af_prevs *prevs = &block->seen->calls[nr]->prevs;
	struct names names;
	bool after;

	if (!prevs->known)
		return false;
	/* Half of the room for rules, so that a later run can add some. */
	if (count_rules(block, nr, &after) > AF_MAX_ALTERNATIVES / 2)
		return false;
	if (!after && merger->options->after == AF_AFTER_NONE)
		return false;
	if (!after && merger->options->after == AF_AFTER_DANGEROUS &&
	    !is_dangerous(nr))
		return false;
	list_previous(merger, prevs, nr, &names);
	return names.nr <= MAX_PREVIOUS;
}

/* The rules that a caller has besides its own, or NULL. */
static const struct af_caller *common_of(const struct block *block)
{
	const struct libaf_policy *policy = block->merger->seen->policy;

	return policy && block->seen->binary ? &policy->common : NULL;
}

/*
 * Does one of the common rules for the call do anything but permit it?  A rule
 * of the block comes before them, so that it has to have them before it.
 */
static bool common_denies(const struct block *block, unsigned int nr)
{
	const struct af_caller *common = common_of(block);

	for (size_t i = 0; common && i < common->nr_rules; i++) {
		if (common->rules[i].nr == nr &&
		    common->rules[i].action != SECCOMP_RET_ALLOW)
			return true;
	}
	return false;
}

static bool is_same_rule(const struct af_rule *a, const struct af_rule *b)
{
	if (a->nr != b->nr || a->action != b->action ||
	    a->any_prev != b->any_prev || a->after_start != b->after_start ||
	    a->after_signal != b->after_signal || a->nr_tests != b->nr_tests ||
	    memcmp(&a->after, &b->after, sizeof(a->after)))
		return false;
	for (size_t i = 0; i < a->nr_tests; i++) {
		const struct af_test *x = &a->tests[i], *y = &b->tests[i];

		if (x->arg != y->arg || x->op != y->op || x->mask != y->mask ||
		    x->value != y->value)
			return false;
	}
	return true;
}

static bool has_rule(const struct af_caller *caller, const struct af_rule *rule)
{
	for (size_t i = 0; caller && i < caller->nr_rules; i++) {
		if (is_same_rule(&caller->rules[i], rule))
			return true;
	}
	return false;
}

/*
 * The next of the common rules that are to be copied for a call, from *@i on;
 * NULL if there are no more.
 */
static const struct af_rule *next_copied(const struct block *block,
					 unsigned int nr, size_t *i)
{
	const struct af_caller *common = common_of(block);

	if (!common_denies(block, nr))
		return NULL;
	while (*i < common->nr_rules) {
		const struct af_rule *rule = &common->rules[(*i)++];

		if (rule->nr == nr && !has_rule(block->caller, rule))
			return rule;
	}
	return NULL;
}

static unsigned int count_copied(const struct block *block, unsigned int nr)
{
	unsigned int count = 0;
	size_t i = 0;

	while (next_copied(block, nr, &i))
		count++;
	return count;
}

/* One that is to be copied and is not in this text, or NULL. */
static const struct af_rule *find_included(const struct block *block,
					   unsigned int nr)
{
	const struct af_rule *rule;
	size_t i = 0;

	do {
		rule = next_copied(block, nr, &i);
	} while (rule && rule->place.file == block->merger->seen->policy->name);
	return rule;
}

static void cannot_add(const struct block *block, const char *call,
		       const struct af_place *place, const char *why)
{
	fprintf(block->merger->options->say, "af: %s: `%s` is not added: %s",
		block->header, call, why);
	if (place)
		fprintf(block->merger->options->say, ", %s:%u", place->file,
			place->line);
	fputc('\n', block->merger->options->say);
}

/* Is this call to be added, and can it be? */
static bool must_add(const struct block *block, unsigned int nr)
{
	const struct af_seen_call *call = block->seen->calls[nr];
	const char *name = block->merger->names[nr];
	const struct af_rule *included;
	char number[32];
	bool after;

	if (call && call->refused)
		cannot_add(block, name, &call->refused->place,
			   "a rule denies it");
	if (!call || !call->missing || call->refused)
		return false;
	if (!name) {
		snprintf(number, sizeof(number), "call %u", nr);
		cannot_add(block, number, NULL, "it has no name yet");
		return false;
	}
	if (count_rules(block, nr, &after) + count_copied(block, nr) >=
	    AF_MAX_ALTERNATIVES) {
		cannot_add(block, name, NULL, "it has too many rules already");
		return false;
	}
	included = find_included(block, nr);
	if (included)
		cannot_add(
			block, name, &included->place,
			"it would come before a rule of `common`; copy that, too, by hand");
	return !included;
}

/*
 * What is behind the call in a rule, as the text has it: a rule with anything
 * behind its call ends with its line, or with the block.
 */
static const char *find_conditions(const struct merger *merger,
				   const struct af_place *place, size_t *len)
{
	const char *start = NULL, *end = NULL;
	struct af_lexer lex;

	af_lex_begin(&lex, "", merger->text, merger->len, NULL);
	do {
		while (lex.line < place->line && af_lex_next(&lex) > 0)
			;
	} while (lex.line < place->line && af_lex_next_line(&lex));
	while (af_lex_next(&lex) > 0) {
		if (start && af_word_is(&lex.word, "}"))
			break;
		end = lex.word.start + lex.word.len;
		if (lex.word.place.column == place->column)
			start = end;
	}
	*len = start ? end - start : 0;
	return start;
}

/* The common rules that are to stay in force, before what is added. */
static void copy_common(const struct block *block, unsigned int nr)
{
	const struct merger *merger = block->merger;
	const struct af_rule *rule;
	size_t i = 0, len;

	while ((rule = next_copied(block, nr, &i))) {
		const char *conditions =
			find_conditions(merger, &rule->place, &len);

		fprintf(block->lines, "%s%s%.*s\n", block->indent,
			merger->names[nr], (int)len, conditions);
	}
}

static void warn_of_void(const struct block *block,
			 const struct af_caller *caller, unsigned int nr,
			 bool after)
{
	for (size_t i = 0; caller && i < caller->nr_rules; i++) {
		const struct af_rule *rule = &caller->rules[i];

		if (rule->nr != nr || rule->action != SECCOMP_RET_ALLOW ||
		    (!rule->nr_tests && after))
			continue;
		fprintf(block->merger->options->say,
			"af: warning: %s: %s:%u no longer restricts `%s`\n",
			block->header, rule->place.file, rule->place.line,
			block->merger->names[nr]);
	}
}

/* A rule without a test, or for any call before, makes those void that have. */
static void warn_of_voids(const struct block *block, unsigned int nr,
			  bool after)
{
	warn_of_void(block, block->caller, nr, after);
	warn_of_void(block, common_of(block), nr, after);
}

static void write_counted(const struct block *block, const struct names *names,
			  const unsigned int *nrs)
{
	for (size_t i = 0; i < names->nr; i++) {
		unsigned int nr = 0;

		while (block->merger->names[nrs[nr]] != names->list[i])
			nr++;
		fprintf(block->lines, "%s%-23s # %llu\n", block->indent,
			names->list[i],
			(unsigned long long)block->seen->calls[nrs[nr]]->count);
	}
}

static void write_after(const struct block *block, unsigned int nr)
{
	const struct merger *merger = block->merger;
	struct names names;
	char *start;

	list_previous(merger, &block->seen->calls[nr]->prevs, nr, &names);
	start = af_make_text("%s%s after ", block->indent, merger->names[nr]);
	if (merger->options->counts)
		fprintf(block->lines, "%s# %s: %llu\n", block->indent,
			merger->names[nr],
			(unsigned long long)block->seen->calls[nr]->count);
	write_words(block->lines, start, &names, 0);
	free(start);
}

/*
 * First what is copied, then the calls that may come after any, then the
 * others.
 */
static void write_rules(const struct block *block)
{
	struct names plain = { .nr = 0 }, after = { .nr = 0 };
	unsigned int nrs[AF_NR_MAX], nr_nrs = 0;

	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++) {
		struct names *names;

		if (!must_add(block, nr))
			continue;
		nrs[nr_nrs++] = nr;
		names = wants_after(block, nr) ? &after : &plain;
		warn_of_voids(block, nr, names == &after);
		copy_common(block, nr);
		names->list[names->nr++] = block->merger->names[nr];
	}
	sort_names(&plain);
	sort_names(&after);
	if (block->merger->options->counts)
		write_counted(block, &plain, nrs);
	else if (plain.nr)
		write_words(block->lines, block->indent, &plain, 0);
	for (size_t i = 0; i < after.nr; i++) {
		unsigned int nr = 0;

		while (block->merger->names[nrs[nr]] != after.list[i])
			nr++;
		write_after(block, nrs[nr]);
	}
}

/* A policy that has paths of all its programs gets one more. */
static char *make_header(const struct merger *merger,
			 const struct af_seen_caller *caller)
{
	const struct af_binary *binary = caller->binary;

	if (!binary)
		return af_copy("unknown");
	if (binary->id == AF_ID_PROGRAM ||
	    (binary->first && !merger->seen->policy))
		return af_copy("program");
	if (binary->program)
		return af_make_text("program %s", binary->name);
	return af_make_text(
		"%slibrary %s",
		binary->gone && binary->id == AF_NO_ID ? "optional " : "",
		binary->name);
}

/*
 * Where a block ends: its brace, the end of the word before that, and the
 * beginning of the brace's line.
 */
struct block_end {
	const char *brace;
	const char *behind;
	const char *line;
};

/* The end of the block that begins in this line; each has one. */
static struct block_end find_end(const struct merger *merger,
				 unsigned int first)
{
	struct block_end end = { .behind = merger->text };
	struct af_lexer lex;

	af_lex_begin(&lex, "", merger->text, merger->len, NULL);
	do {
		while (af_lex_next(&lex) > 0) {
			end.brace = lex.word.start;
			end.line = lex.line_start;
			if (lex.line >= first && af_word_is(&lex.word, "}"))
				return end;
			end.behind = lex.word.start + lex.word.len;
		}
	} while (af_lex_next_line(&lex));
	return end;
}

/* As the last line of the block is indented, if it is one. */
static char *copy_indent(const struct merger *merger, unsigned int first,
			 const char *behind)
{
	const char *start = behind, *end;
	unsigned int lines = 1;
	char *indent;

	while (start > merger->text && start[-1] != '\n')
		start--;
	for (const char *c = merger->text; c < start; c++)
		lines += *c == '\n';
	for (end = start; *end == ' ' || *end == '\t'; end++)
		;
	if (lines <= first || end == start)
		return af_copy("\t");
	indent = af_grow(NULL, end - start + 1, 1);
	memcpy(indent, start, end - start);
	indent[end - start] = 0;
	return indent;
}

static void add_edit(struct merger *merger, const char *from, const char *to,
		     char *text)
{
	merger->edits = af_grow(merger->edits, merger->nr_edits + 1,
				sizeof(*merger->edits));
	merger->edits[merger->nr_edits++] = (struct edit){
		.from = from - merger->text,
		.to = to - merger->text,
		.text = text,
	};
}

/* What was added, line by line. */
static void list_lines(const struct block *block, const char *lines)
{
	FILE *say = block->merger->options->say;

	if (!block->merger->options->list)
		return;
	while (*lines) {
		size_t len = strcspn(lines, "\n"), blanks;

		blanks = strspn(lines, " \t");
		fprintf(say, "af: new in %s: %.*s\n", block->header,
			(int)(len - blanks), lines + blanks);
		lines += len + (lines[len] == '\n');
	}
}

/* Rules for a block that the text has. */
static void extend_block(struct merger *merger, struct block *block)
{
	unsigned int first = block->caller->block.line;
	struct block_end end = find_end(merger, first);
	struct buffer rules;
	char *text;

	block->indent = copy_indent(merger, first, end.behind);
	block->lines = open_buffer(&rules);
	write_rules(block);
	close_buffer(block->lines);
	list_lines(block, rules.text);
	if (!rules.len) {
		free(rules.text);
	} else if (end.behind < end.line) {
		add_edit(merger, end.line, end.line, rules.text);
	} else {
		/* The brace gets a line of its own. */
		text = af_make_text("\n%s", rules.text);
		free(rules.text);
		add_edit(merger, end.behind, end.brace, text);
	}
}

/* Who is not named does not have the common rules. */
static bool must_name(const struct merger *merger, const struct block *block)
{
	return merger->seen->policy && !block->caller;
}

static void append_block(struct merger *merger, struct block *block)
{
	struct buffer rules;

	if (af_seen_is_gone(merger->seen, block->seen->binary)) {
		fprintf(merger->options->say,
			"af: %s is left out: there is no such file any more\n",
			block->header);
		return;
	}
	block->indent = af_copy("\t");
	block->lines = open_buffer(&rules);
	write_rules(block);
	close_buffer(block->lines);
	list_lines(block, rules.text);
	if (rules.len && !block->seen->binary)
		fputs("\n# Code that is in no file that has a name.",
		      merger->tail);
	if (!rules.len && must_name(merger, block) && merger->options->list)
		fprintf(merger->options->say, "af: new: %s\n", block->header);
	if (rules.len || must_name(merger, block))
		fprintf(merger->tail, "\n%s {\n%s}\n", block->header,
			rules.text);
	free(rules.text);
}

/* What belongs into a file that is included is only said. */
static void show_block(const struct merger *merger, struct block *block)
{
	struct buffer rules;

	block->indent = af_copy("");
	block->lines = open_buffer(&rules);
	write_rules(block);
	close_buffer(block->lines);
	if (rules.len)
		fprintf(merger->options->say,
			"af: to be added to %s, in the block of line %u:\n%s",
			block->caller->block.file, block->caller->block.line,
			rules.text);
	free(rules.text);
}

static void merge_caller(struct merger *merger,
			 const struct af_seen_caller *seen)
{
	const struct libaf_policy *policy = merger->seen->policy;
	unsigned int id = af_seen_id(merger->seen, seen);
	struct block block = { .merger = merger, .seen = seen };

	if (id != AF_NO_ID)
		block.caller = &policy->callers[id];
	block.header = make_header(merger, seen);
	if (!block.caller || !block.caller->block.line)
		append_block(merger, &block);
	else if (block.caller->block.file == policy->name)
		extend_block(merger, &block);
	else
		show_block(merger, &block);
	free(block.header);
	free(block.indent);
}

static int compare_edits(const void *a, const void *b)
{
	const struct edit *x = a;
	const struct edit *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* The text with all edits and the new blocks. */
static char *put_together(struct merger *merger, const char *tail, size_t *len)
{
	struct buffer result;
	FILE *out = open_buffer(&result);
	size_t done = 0;

	if (merger->nr_edits)
		qsort(merger->edits, merger->nr_edits, sizeof(*merger->edits),
		      compare_edits);
	for (size_t i = 0; i < merger->nr_edits; i++) {
		const struct edit *edit = &merger->edits[i];

		fwrite(merger->text + done, 1, edit->from - done, out);
		fputs(edit->text, out);
		done = edit->to;
	}
	fwrite(merger->text + done, 1, merger->len - done, out);
	if (*tail && merger->len && merger->text[merger->len - 1] != '\n')
		fputc('\n', out);
	fputs(tail, out);
	close_buffer(out);
	*len = result.len;
	return result.text;
}

char *af_merge(const struct af_seen *seen, const char *text, size_t *len,
	       const struct af_merge_options *options)
{
	struct merger merger = {
		.seen = seen,
		.options = options,
		.text = text,
		.len = *len,
	};
	struct buffer tail;
	char *result;

	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		merger.names[nr] =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);
	merger.tail = open_buffer(&tail);
	for (size_t i = 0; i < seen->nr_callers; i++)
		merge_caller(&merger, &seen->callers[i]);
	close_buffer(merger.tail);
	result = put_together(&merger, tail.text, len);
	free(tail.text);
	for (size_t i = 0; i < merger.nr_edits; i++)
		free(merger.edits[i].text);
	free(merger.edits);
	for (unsigned int nr = 0; nr < AF_NR_MAX; nr++)
		free(merger.names[nr]);
	return result;
}
