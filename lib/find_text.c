// SPDX-License-Identifier: LGPL-2.1-or-later
/* From the text of a file, and what parts take of it, to objects. */
#include <stdlib.h>

#include "finder.h"
#include "unwind.h"

/* Add a part of @segment as @id. */
static struct libaf_seccomp_object *add_span(struct af_finder *finder,
					     const struct af_text *text,
					     const struct af_segment *segment,
					     const struct af_span *span,
					     unsigned int id)
{
	struct libaf_seccomp_object *object =
		af_finder_grow(finder, &text->key);

	if (!object)
		return NULL;
	object->addr = text->addr;
	object->offset = segment->offset + (span->start - segment->vaddr);
	object->len = span->end - span->start;
	object->id = id;
	return object;
}

static int add_transparent(struct af_finder *finder, const struct af_text *text,
			   const struct af_segment *segment,
			   const struct af_span *spans, size_t nr)
{
	struct af_unwind *unwinds = calloc(nr, sizeof(*unwinds));
	size_t i;
	int ret;

	if (!unwinds)
		return af_finder_no_memory(finder);
	ret = af_unwind_build_spans(text->elf, segment, spans, nr, unwinds);
	if (ret)
		ret = af_finder_fail_elf(finder, text->caller, text->path, ret);
	for (i = 0; !ret && i < nr; i++) {
		struct libaf_seccomp_object *object = add_span(
			finder, text, segment, &spans[i], text->key.owner);

		if (!object) {
			ret = af_finder_no_memory(finder);
			break;
		}
		object->flags = LIBAF_SECCOMP_OBJECT_TRANSPARENT;
		object->unwind = (uintptr_t)unwinds[i].blob;
		object->unwind_size = unwinds[i].size;
		finder->objects->nr_none += unwinds[i].nr_none;
		unwinds[i].blob = NULL;
	}
	for (i = 0; i < nr; i++)
		af_unwind_release(&unwinds[i]);
	free(unwinds);
	return ret;
}

/*
 * Is what no part takes of a file its caller's?  The program is one without
 * being named, as long as no other is.
 */
static bool takes_rest(const struct af_finder *finder,
		       const struct af_text *text)
{
	return text->caller->rest || (text->key.owner == AF_ID_PROGRAM &&
				      !af_names_programs(finder->policy));
}

/* What no part takes of a segment. */
static int add_rest(struct af_finder *finder, const struct af_text *text,
		    const struct af_segment *segment,
		    const struct af_span *spans, size_t nr)
{
	size_t i;

	if (!nr || !takes_rest(finder, text))
		return 0;
	if (text->caller->transparent)
		return add_transparent(finder, text, segment, spans, nr);
	for (i = 0; i < nr; i++) {
		if (!add_span(finder, text, segment, &spans[i],
			      text->key.owner))
			return af_finder_no_memory(finder);
	}
	return 0;
}

static int add_segment(struct af_finder *finder, const struct af_text *text,
		       const struct af_segment *segment,
		       const struct af_parts *parts)
{
	const uint64_t end = segment->vaddr + segment->filesz;
	uint64_t done = segment->vaddr;
	struct af_span *rest = calloc(parts->nr + 1, sizeof(*rest));
	size_t i, nr = 0;
	int ret = 0;

	if (!rest)
		return af_finder_no_memory(finder);
	for (i = 0; !ret && i < parts->nr; i++) {
		const struct af_part_span *part = &parts->spans[i];

		if (part->span.start < segment->vaddr ||
		    part->span.start >= end)
			continue;
		if (part->span.start > done)
			rest[nr++] = (struct af_span){ done, part->span.start };
		done = part->span.end;
		if (!add_span(finder, text, segment, &part->span, part->id))
			ret = af_finder_no_memory(finder);
	}
	if (done < end)
		rest[nr++] = (struct af_span){ done, end };
	if (!ret)
		ret = add_rest(finder, text, segment, rest, nr);
	free(rest);
	return ret;
}

int af_add_text(struct af_finder *finder, const struct af_text *text,
		const struct af_parts *parts)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < text->elf->nr_segments; i++) {
		const struct af_segment *segment = &text->elf->segments[i];

		if (segment->exec && segment->filesz)
			ret = add_segment(finder, text, segment, parts);
	}
	return ret;
}

int af_add_parts(struct af_finder *finder, const struct af_text *text, int fd)
{
	struct af_parts parts;
	int ret = af_parts_find(&parts, finder->policy, text->key.owner,
				text->path, text->elf, fd, finder->err);

	if (ret)
		return ret;
	ret = af_add_text(finder, text, &parts);
	af_parts_release(&parts);
	return ret;
}
