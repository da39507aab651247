// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "symbols.h"

/* How much of a name errors show: two must fit. */
#define SHOWN_NAME 60

/* A piece of the part whose caller is @id, and where it is. */
struct placed {
	const struct af_piece *piece;
	unsigned int id;
	struct af_span span;
};

struct finder {
	const struct libaf_policy *policy;
	const char *path;
	const struct af_elf *elf;
	struct libaf_error *err;
	struct af_symbols *symbols;
	struct placed *placed;
	size_t nr;
};

static int no_memory(const struct finder *finder)
{
	return af_error(finder->err, -ENOMEM, NULL, NULL, "out of memory");
}

/* Describe what is wrong with @piece.  Returns -EINVAL. */
#define fail(finder, piece, format, ...)                         \
	af_error((finder)->err, -EINVAL, (finder)->policy->name, \
		 &(piece)->place, "%s: " format, (finder)->path, __VA_ARGS__)

static int fail_symbols(const struct finder *finder, int error)
{
	if (error == -ENOMEM)
		return no_memory(finder);
	return af_error(finder->err, error, NULL, NULL, "%s: %s", finder->path,
			error == -E2BIG   ? "the symbol table is too large" :
			error == -ENOEXEC ? "damaged section headers" :
					    "could not be read");
}

/* As the policy has it. */
static void describe(char text[2 * SHOWN_NAME], const struct af_piece *piece)
{
	if (piece->kind == AF_PIECE_RANGE)
		snprintf(text, 2 * SHOWN_NAME, "%#" PRIx64 "-%#" PRIx64,
			 piece->start, piece->end);
	else
		snprintf(text, 2 * SHOWN_NAME, "%.*s", SHOWN_NAME, piece->name);
}

static size_t count_pieces(const struct libaf_policy *policy, size_t of)
{
	size_t id, nr = 0;

	for (id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		const struct af_part *part = policy->callers[id].part;

		if (part && part->of == of)
			nr += part->nr_pieces;
	}
	return nr;
}

static int collect(struct finder *finder, size_t of)
{
	const struct libaf_policy *policy = finder->policy;
	size_t id, i, max = count_pieces(policy, of);

	finder->placed = calloc(max ? max : 1, sizeof(*finder->placed));
	if (!finder->placed)
		return no_memory(finder);
	for (id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		const struct af_part *part = policy->callers[id].part;

		if (!part || part->of != of)
			continue;
		for (i = 0; i < part->nr_pieces; i++) {
			const struct af_piece *piece = &part->pieces[i];

			finder->placed[finder->nr++] = (struct placed){
				.piece = piece,
				.id = id,
				.span = { piece->start, piece->end },
			};
		}
	}
	return 0;
}

static void hint_name(const struct finder *finder, const struct af_piece *piece)
{
	struct af_suggestion s;

	af_suggest_begin(&s, piece->name, strlen(piece->name));
	if (piece->kind == AF_PIECE_SECTION)
		af_symbols_suggest_section(finder->symbols, &s);
	else
		af_symbols_suggest_function(finder->symbols, &s);
	if (af_suggest_end(&s, finder->err))
		return;
	if (piece->kind == AF_PIECE_SECTION)
		af_hint(finder->err,
			"`objdump -h` lists them; linkers put .text.* into .text");
	else if (af_symbols_stripped(finder->symbols))
		af_hint(finder->err,
			"keep its symbol table, or name a section or a range");
	else
		af_hint(finder->err,
			"`nm` lists them; a function that is inlined has none");
}

static int missing(const struct finder *finder, const struct af_piece *piece)
{
	int ret;

	if (piece->kind == AF_PIECE_SECTION)
		ret = fail(finder, piece, "no section `%.*s`", SHOWN_NAME,
			   piece->name);
	else if (af_symbols_stripped(finder->symbols))
		ret = fail(finder, piece,
			   "no symbol `%.*s` among those it exports, and it "
			   "is stripped of all others",
			   SHOWN_NAME, piece->name);
	else
		ret = fail(finder, piece, "no symbol `%.*s`", SHOWN_NAME,
			   piece->name);
	hint_name(finder, piece);
	return ret;
}

/*
 * If some of the functions by one name are in a part and some are not, nobody
 * but the policy's author can say which are meant.
 */
static int ambiguous(const struct finder *finder, const struct af_piece *piece,
		     const struct af_named *named)
{
	int ret = fail(finder, piece, "`%.*s` is there more than once",
		       SHOWN_NAME, piece->name);

	af_hint(finder->err,
		"at %#" PRIx64 " and %#" PRIx64 ", for example: name a range",
		named->start, named->other);
	return ret;
}

static int check_named(const struct finder *finder,
		       const struct af_piece *piece,
		       const struct af_named *named)
{
	bool section = piece->kind == AF_PIECE_SECTION;

	switch (named->state) {
	case AF_NAMED_FOUND:
		return 0;
	case AF_NAMED_AMBIGUOUS:
		return ambiguous(finder, piece, named);
	case AF_NAMED_MISSING:
		return missing(finder, piece);
	case AF_NAMED_UNDEFINED:
		return fail(finder, piece, "`%.*s` is used here, not defined",
			    SHOWN_NAME, piece->name);
	case AF_NAMED_EMPTY:
		return fail(finder, piece, "`%.*s` has no size", SHOWN_NAME,
			    piece->name);
	default:
		return fail(finder, piece, "`%.*s` is not %s", SHOWN_NAME,
			    piece->name,
			    section ? "a section of code" : "a function");
	}
}

/* Take what has been found.  The first error is the first one's by name. */
static int take_named(struct finder *finder, const struct af_named *named,
		      size_t nr)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < nr; i++) {
		struct placed *placed = &finder->placed[named[i].tag];

		placed->span = (struct af_span){ named[i].start, named[i].end };
		ret = check_named(finder, placed->piece, &named[i]);
	}
	return ret;
}

static int find_names(struct finder *finder, enum af_piece_kind kind,
		      void (*find)(const struct af_symbols *symbols,
				   struct af_named *named, size_t nr))
{
	struct af_named *named = calloc(finder->nr, sizeof(*named));
	size_t i, nr = 0;
	int ret = 0;

	if (!named)
		return no_memory(finder);
	for (i = 0; i < finder->nr; i++) {
		const struct af_piece *piece = finder->placed[i].piece;

		if (piece->kind == kind)
			named[nr++] = (struct af_named){
				.name = piece->name,
				.tag = i,
			};
	}
	if (nr) {
		find(finder->symbols, named, nr);
		ret = take_named(finder, named, nr);
	}
	free(named);
	return ret;
}

/* Is all of it text of one segment, as it is in the file? */
static bool is_text(const struct af_elf *elf, const struct af_span *span)
{
	size_t i;

	for (i = 0; i < elf->nr_segments; i++) {
		const struct af_segment *segment = &elf->segments[i];

		if (segment->exec && span->start >= segment->vaddr &&
		    span->start < span->end &&
		    span->end - segment->vaddr <= segment->filesz)
			return true;
	}
	return false;
}

static int check_text(const struct finder *finder)
{
	char what[2 * SHOWN_NAME];
	size_t i;

	for (i = 0; i < finder->nr; i++) {
		const struct placed *placed = &finder->placed[i];

		if (is_text(finder->elf, &placed->span))
			continue;
		describe(what, placed->piece);
		return fail(finder, placed->piece,
			    "`%s` is not inside of an executable segment",
			    what);
	}
	return 0;
}

static int compare_placed(const void *a, const void *b)
{
	const struct af_span *x = &((const struct placed *)a)->span;
	const struct af_span *y = &((const struct placed *)b)->span;

	return (x->start > y->start) - (x->start < y->start);
}

static int overlapping(const struct finder *finder, const struct placed *a,
		       const struct placed *b)
{
	const struct af_caller *callers = finder->policy->callers;
	char what[2 * SHOWN_NAME], other[2 * SHOWN_NAME];
	const struct placed *first = a, *second = b;
	int ret;

	/* The one that the policy has later is at fault. */
	if (a->piece->place.line > b->piece->place.line) {
		first = b;
		second = a;
	}
	describe(what, second->piece);
	describe(other, first->piece);
	ret = fail(finder, second->piece,
		   "`%s` of part `%.40s` overlaps `%s` of part `%.40s`", what,
		   callers[second->id].name, other, callers[first->id].name);
	af_hint(finder->err, "see line %u of %.100s", first->piece->place.line,
		first->piece->place.file ? first->piece->place.file :
					   finder->policy->name);
	return ret;
}

/*
 * Put together what hangs together of one part; parts must not overlap.  Sorts
 * what has been found.
 */
static int merge(struct finder *finder, struct af_parts *parts)
{
	struct placed *placed = finder->placed;
	/* The piece that reaches farthest of those before. */
	const struct placed *last = NULL;
	size_t i;

	qsort(placed, finder->nr, sizeof(*placed), compare_placed);
	parts->spans = calloc(finder->nr, sizeof(*parts->spans));
	if (!parts->spans)
		return no_memory(finder);
	for (i = 0; i < finder->nr; i++) {
		const struct placed *next = &placed[i];
		struct af_span *end;

		if (last && last->id != next->id &&
		    next->span.start < last->span.end)
			return overlapping(finder, last, next);
		if (!last || last->id != next->id ||
		    next->span.start > last->span.end) {
			parts->spans[parts->nr++] = (struct af_part_span){
				.span = next->span,
				.id = next->id,
			};
			last = next;
			continue;
		}
		end = &parts->spans[parts->nr - 1].span;
		if (next->span.end > end->end) {
			end->end = next->span.end;
			last = next;
		}
	}
	return 0;
}

static bool needs_names(const struct finder *finder)
{
	size_t i;

	for (i = 0; i < finder->nr; i++) {
		if (finder->placed[i].piece->name)
			return true;
	}
	return false;
}

static int find_all(struct finder *finder, size_t of, int fd,
		    struct af_parts *parts)
{
	int ret = collect(finder, of);

	if (ret || !finder->nr)
		return ret;
	if (needs_names(finder)) {
		ret = af_symbols_read(&finder->symbols, fd);
		if (ret)
			return fail_symbols(finder, ret);
		ret = find_names(finder, AF_PIECE_SECTION,
				 af_symbols_find_sections);
		if (!ret)
			ret = find_names(finder, AF_PIECE_SYMBOL,
					 af_symbols_find_functions);
	}
	if (!ret)
		ret = check_text(finder);
	return ret ? ret : merge(finder, parts);
}

int af_parts_find(struct af_parts *parts, const struct libaf_policy *policy,
		  size_t of, const char *path, const struct af_elf *elf, int fd,
		  struct libaf_error *err)
{
	struct finder finder = {
		.policy = policy,
		.path = path,
		.elf = elf,
		.err = err,
	};
	int ret;

	memset(parts, 0, sizeof(*parts));
	ret = find_all(&finder, of, fd, parts);
	if (ret)
		af_parts_release(parts);
	af_symbols_free(finder.symbols);
	free(finder.placed);
	return ret;
}

void af_parts_release(struct af_parts *parts)
{
	free(parts->spans);
	memset(parts, 0, sizeof(*parts));
}

const struct af_piece *af_parts_first(const struct libaf_policy *policy,
				      size_t of)
{
	size_t id;

	for (id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		const struct af_part *part = policy->callers[id].part;

		if (part && part->of == of)
			return part->pieces;
	}
	return NULL;
}

const struct af_piece *af_parts_range(const struct libaf_policy *policy,
				      size_t of)
{
	size_t id, i;

	for (id = AF_ID_LIBRARY; id < policy->nr_callers; id++) {
		const struct af_part *part = policy->callers[id].part;

		for (i = 0; part && part->of == of && i < part->nr_pieces;
		     i++) {
			if (part->pieces[i].kind == AF_PIECE_RANGE)
				return &part->pieces[i];
		}
	}
	return NULL;
}
