// SPDX-License-Identifier: LGPL-2.1-or-later
/* The policy that a recording makes, or adds to. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/compile.h"
#include "../lib/parse.h"
#include "../lib/read.h"
#include "af.h"
#include "builds.h"
#include "memory.h"
#include "quote.h"
#include "record.h"
#include "replace.h"

/* Bytes of a command that a policy tells. */
#define MAX_COMMAND 4096

static const char *const default_transparent[] = {
	"libc.so.6",
	"ld-linux-x86-64.so.2",
	NULL,
};

static void cannot_write(const struct af_recorder *rec, int error)
{
	fprintf(stderr, "af: %s: cannot be written: %s\n", rec->output,
		strerror(error));
}

static void copy_there(struct af_recorder *rec, const char *text, size_t len)
{
	rec->there = af_grow(rec->there, len + 1, 1);
	memcpy(rec->there, text, len);
	rec->there_len = len;
}

/*
 * Before
 */

/*
 * What a part does would be added to the block of its file, and thus be
 * permitted to all of it.
 */
static int check_parts(const struct af_recorder *rec, struct libaf_error *err)
{
	if (!rec->policy->parts)
		return 0;
	af_error(
		err, -EINVAL, rec->output, NULL,
		"the policy has parts of files, which cannot be told apart here");
	af_hint(err, "record to another file, and take over by hand");
	return -EINVAL;
}

/* Before there is something to be lost. */
static int check_output(const struct af_recorder *rec)
{
	int error = af_can_replace_file(rec->output);

	if (!error)
		return 0;
	cannot_write(rec, error);
	if (error == EPERM)
		fputs("af: hint: it is somebody else's, in a directory with the sticky bit\n",
		      stderr);
	else
		fputs("af: hint: its directory has to be there, and be writable\n",
		      stderr);
	return -error;
}

static int read_policy(struct af_recorder *rec)
{
	struct libaf_error err;
	int ret;

	if (access(rec->output, F_OK) && errno == ENOENT)
		return 0;
	ret = af_read_text(rec->output, &rec->text, &rec->len, &err);
	if (!ret)
		copy_there(rec, rec->text, rec->len);
	/* As mktemp(1) makes them. */
	if (!ret && !rec->len) {
		free(rec->text);
		rec->text = NULL;
		return 0;
	}
	if (!ret)
		ret = af_parse(rec->text, rec->len, rec->output, true,
			       &rec->policy, &err);
	if (!ret)
		ret = check_parts(rec, &err);
	if (ret)
		af_print_error(&err);
	return ret;
}

void af_record_add_transparent(struct af_recorder *rec, const char *name)
{
	rec->transparent = af_grow(rec->transparent, rec->nr_transparent + 2,
				   sizeof(*rec->transparent));
	rec->transparent[rec->nr_transparent++] = name;
	rec->transparent[rec->nr_transparent] = NULL;
}

static bool is_transparent(const struct af_recorder *rec, const char *name)
{
	const struct libaf_policy *policy = rec->policy;

	for (size_t i = AF_ID_LIBRARY; policy && i < policy->nr_callers; i++) {
		if (policy->callers[i].transparent &&
		    !strcmp(policy->callers[i].name, name))
			return true;
	}
	for (size_t i = 0; i < rec->nr_transparent; i++) {
		if (!strcmp(rec->transparent[i], name))
			return true;
	}
	return false;
}

/* A policy has its own list; options add to it. */
static void choose_transparent(struct af_recorder *rec)
{
	const char **options = rec->transparent;
	size_t nr_options = rec->nr_transparent;

	rec->transparent = af_grow(NULL, 1, sizeof(*rec->transparent));
	rec->transparent[0] = NULL;
	rec->nr_transparent = 0;
	for (size_t i = 0; !rec->policy && default_transparent[i]; i++)
		af_record_add_transparent(rec, default_transparent[i]);
	for (size_t i = 0; i < nr_options; i++) {
		if (!is_transparent(rec, options[i]))
			af_record_add_transparent(rec, options[i]);
	}
	free(options);
}

int af_record_read(struct af_recorder *rec)
{
	int ret = read_policy(rec);

	if (!ret)
		ret = check_output(rec);
	if (!ret)
		choose_transparent(rec);
	return ret;
}

/*
 * After
 */

void af_record_print_state(const struct af_recorder *rec)
{
	unsigned long long count = rec->seen.count;
	unsigned int nr_processes = rec->trace.nr_processes;

	fprintf(stderr, "af: %s: %llu call%s, %u process%s, %u new\n",
		rec->output, count, count == 1 ? "" : "s", nr_processes,
		nr_processes == 1 ? "" : "es", af_seen_nr_new(&rec->seen));
}

void af_record_unreadable_hint(void)
{
	fputs("af: hint: its file, or the process, does not let itself be read: record as root\n",
	      stderr);
}

static void write_date(FILE *out)
{
	time_t now = time(NULL);
	char date[32];
	struct tm tm;

	if (localtime_r(&now, &tm) &&
	    strftime(date, sizeof(date), "%Y-%m-%d", &tm))
		fprintf(out, "# On %s.\n", date);
}

static const struct af_binary *find_transparent(const struct af_recorder *rec,
						const char *name)
{
	const struct af_binary *binary;

	for (binary = rec->binaries.list; binary; binary = binary->next) {
		if (binary->transparent && binary->name &&
		    !strcmp(binary->name, name))
			return binary;
	}
	return NULL;
}

/*
 * A line, and @before that, with those of the transparent libraries that were
 * there; *@some receives whether there are any.
 * @gone: they no longer are
 */
static void write_transparent_line(const struct af_recorder *rec,
				   const char *before, bool gone, bool *some,
				   FILE *out)
{
	const char *start = gone ? "optional transparent" : "transparent";

	*some = false;
	for (size_t i = 0; i < rec->nr_transparent; i++) {
		const char *name = rec->transparent[i];
		const struct af_binary *binary = find_transparent(rec, name);

		if (!binary || binary->gone != gone)
			continue;
		if (!*some)
			fprintf(out, "%s%s", before, start);
		fprintf(out, " %s", name);
		*some = true;
	}
	if (*some)
		fputc('\n', out);
}

static void write_transparent(const struct af_recorder *rec, const char *before,
			      FILE *out)
{
	bool some;

	write_transparent_line(rec, before, false, &some, out);
	write_transparent_line(rec, some ? "" : before, true, &some, out);
}

/* How many bytes af_quote() takes at most, and a blank. */
static size_t width_of(const char *word)
{
	size_t width = strlen(" ''");

	for (; *word; word++)
		width += *word == '\'' ? strlen("'\\''") : 1;
	return width;
}

/* Not all of a long one; what says so is no word that af_quote() writes. */
static void write_command(char **word, FILE *out)
{
	size_t width = 0;

	for (; *word; word++) {
		width += width_of(*word);
		if (width > MAX_COMMAND) {
			fputs(" [...]", out);
			break;
		}
		fputc(' ', out);
		af_quote(out, *word);
	}
}

/* What a new policy begins with. */
static void write_head(const struct af_recorder *rec, FILE *out)
{
	fputs("# Recorded by: af record", out);
	fputs(rec->trace.attached ? " -p PID, of" : " --", out);
	if (rec->trace.attached) {
		fputc(' ', out);
		af_quote(out, rec->binaries.path);
	}
	write_command(rec->command, out);
	fputc('\n', out);
	if (rec->date)
		write_date(out);
	fputs("\ndefault kill\n", out);
	write_transparent(rec, "", out);
}

/* What is before new blocks; allocated. */
static char *make_head(const struct af_recorder *rec, size_t *len)
{
	FILE *out;
	char *head;

	out = open_memstream(&head, len);
	if (!out)
		af_out_of_memory();
	if (rec->text) {
		fwrite(rec->text, 1, rec->len, out);
		write_transparent(rec, "\n", out);
	} else {
		write_head(rec, out);
	}
	if (fclose(out))
		af_out_of_memory();
	return head;
}

/* What was written must be a policy, and one that the kernel takes. */
static bool check_result(const struct af_recorder *rec, const char *text,
			 size_t len)
{
	struct libaf_policy *policy;
	struct libaf_error err;
	struct af_programs programs;
	int ret = af_parse(text, len, rec->output, true, &policy, &err);

	if (ret) {
		af_print_error(&err);
		return false;
	}
	ret = af_compile(policy, NULL, &programs, &err);
	if (!ret)
		af_programs_release(&programs);
	else
		af_print_error(&err);
	if (ret == -E2BIG)
		fputs("af: hint: record without --after, or with --after=dangerous\n",
		      stderr);
	libaf_policy_free(policy);
	return true;
}

/* Has somebody else written the file since we have read or written it? */
static bool has_changed(const struct af_recorder *rec)
{
	struct libaf_error err;
	size_t len;
	char *text;
	bool same;

	if (access(rec->output, F_OK))
		return false;
	if (af_read_text(rec->output, &text, &len, &err))
		return true;
	same = len == rec->there_len &&
	       (!len || !memcmp(text, rec->there, len));
	free(text);
	return !same;
}

/* Returns whether the text is in the file. */
static bool save(struct af_recorder *rec, const char *text, size_t len)
{
	int error;

	if (!check_result(rec, text, len))
		return false;
	if (has_changed(rec)) {
		fprintf(stderr,
			"af: %s: somebody has changed it since it was read\n",
			rec->output);
		return false;
	}
	error = af_replace_file(rec->output, text, len);
	if (error)
		cannot_write(rec, error);
	else
		copy_there(rec, text, len);
	return !error;
}

/* It may have taken long to see all this. */
static void keep(const struct af_recorder *rec, const char *text, size_t len)
{
	char *path = af_keep_beside_file(rec->output, text, len);

	if (path)
		fprintf(stderr, "af: what was recorded is in %s\n", path);
	else
		fprintf(stderr, "af: what was recorded is lost: %s\n",
			strerror(errno));
	free(path);
}

/* A path can have anything in it, also what terminals take for commands. */
static void warn(const struct af_recorder *rec)
{
	for (size_t i = 0; i < rec->strangers.nr; i++) {
		fputs("af: warning: unknown code makes calls: ", stderr);
		af_print_clean(stderr, rec->strangers.texts[i]);
		fputc('\n', stderr);
	}
	for (size_t i = 0; i < rec->unreadable.nr; i++) {
		fputs("af: processes that cannot be read are not recorded: ",
		      stderr);
		af_print_clean(stderr, rec->unreadable.texts[i]);
		fputc('\n', stderr);
	}
	if (rec->unreadable.nr)
		af_record_unreadable_hint();
	if (rec->foreign)
		fputs("af: warning: calls by 32-bit or x32 code are not recorded, and denied by any policy\n",
		      stderr);
}

/* Is it in the policy that is written? */
static bool is_named(const struct af_recorder *rec,
		     const struct af_binary *binary)
{
	if (!binary->name || af_seen_is_gone(&rec->seen, binary))
		return false;
	if (binary->transparent || binary->id != AF_NO_ID)
		return true;
	for (size_t i = 0; i < rec->seen.nr_callers; i++) {
		const struct af_binary *caller = rec->seen.callers[i].binary;

		if (caller && caller->name &&
		    !strcmp(caller->name, binary->name))
			return true;
	}
	return false;
}

/* The block of the program does not say which one it is. */
static const char *build_name(const struct af_recorder *rec,
			      const struct af_binary *binary)
{
	if (binary->id == AF_ID_PROGRAM || (binary->first && !rec->policy))
		return binary->is_there && af_is_word(binary->path) ?
			       binary->path :
			       NULL;
	return binary->name;
}

static void find_builds(const struct af_recorder *rec, struct af_builds *builds)
{
	const struct af_binary *binary;

	for (binary = rec->binaries.list; binary; binary = binary->next) {
		const char *name = build_name(rec, binary);

		if (name && is_named(rec, binary))
			af_builds_add(builds, name, binary->build_id,
				      binary->glibc);
	}
}

static void list_builds(const struct af_recorder *rec,
			const struct af_builds *builds, FILE *say)
{
	struct af_builds old = { .list = NULL };

	af_builds_read(&old, rec->text, rec->len);
	for (size_t i = 0; i < builds->nr; i++) {
		const struct af_build *build = &builds->list[i];

		if (af_builds_has_name(&old, build->name) &&
		    !af_builds_has(&old, build->name, build->id))
			fprintf(say, "af: new build of %s\n", build->name);
	}
	af_builds_release(&old);
}

/* The text with what is new in it; allocated. */
static char *make_policy(const struct af_recorder *rec,
			 const struct af_merge_options *options, size_t *len)
{
	struct af_builds builds = { .list = NULL };
	char *head = make_head(rec, len), *merged, *text;

	merged = af_merge(&rec->seen, head, len, options);
	find_builds(rec, &builds);
	if (options->list)
		list_builds(rec, &builds, options->say);
	text = af_builds_note(&builds, merged, len);
	af_builds_release(&builds);
	free(merged);
	free(head);
	return text;
}

static bool is_as_before(const struct af_recorder *rec, const char *text,
			 size_t len)
{
	return rec->text && len == rec->len && !memcmp(text, rec->text, len);
}

/* First what was seen is made safe, and then all is said. */
void af_record_write(struct af_recorder *rec, bool last)
{
	struct af_merge_options options = rec->merge;
	size_t len, said_len;
	char *text, *said;

	if (!rec->seen.count && !rec->text) {
		if (last)
			fputs("af: no call was seen, and nothing written\n",
			      stderr);
		return;
	}
	rec->tried = true;
	af_binaries_look_again(&rec->binaries);
	options.list = last && rec->policy && !rec->quiet;
	options.say = open_memstream(&said, &said_len);
	if (!options.say)
		af_out_of_memory();
	text = make_policy(rec, &options, &len);
	if (fclose(options.say))
		af_out_of_memory();
	rec->written = is_as_before(rec, text, len) || save(rec, text, len);
	if (last && !rec->written)
		keep(rec, text, len);
	fputs(said, stderr);
	free(said);
	free(text);
	if (!last)
		return;
	warn(rec);
	if (rec->written && !rec->quiet)
		af_record_print_state(rec);
}
