// SPDX-License-Identifier: LGPL-2.1-or-later
/* Precompiled policies: from bytes and to bytes. */
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "image.h"
#include "launch.h"
#include "sim.h"
#include "unwind.h"

#define ALIGNMENT 8

/* What the digest is of. */
#define SEALED_FROM offsetof(struct af_image_header, version)

/* As long as what an ELF file has, see elf.c, or a path. */
#define MAX_STRING 65537

/* Of which there may be more than AF_MAX_LIBRARIES: parts of files. */
#define MAX_CALLERS 4096

bool af_is_image(const void *data, size_t size)
{
	return size >= AF_IMAGE_MAGIC_SIZE &&
	       !memcmp(data, AF_IMAGE_MAGIC, AF_IMAGE_MAGIC_SIZE);
}

static size_t padded(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static uint64_t make_digest(const void *data, size_t size)
{
	struct af_digest digest;

	af_digest_begin(&digest);
	af_digest_add(&digest, (const uint8_t *)data + SEALED_FROM,
		      size - SEALED_FROM);
	return af_digest_end(&digest);
}

/* Writing; with @base NULL nothing is written, but counted. */
struct writer {
	uint8_t *base;
	size_t used;
};

/* What is written to is zero before. */
static void put(struct writer *out, const void *data, size_t size)
{
	if (out->base && size)
		memcpy(out->base + out->used, data, size);
	out->used += padded(size);
}

static uint32_t string_size(const char *s)
{
	return s ? (uint32_t)strlen(s) + 1 : 0;
}

static void put_header(struct writer *out, const struct af_image *image)
{
	struct af_image_header header = {
		.magic = AF_IMAGE_MAGIC,
		.version = AF_IMAGE_VERSION,
		.machine = AUDIT_ARCH_X86_64,
		.nr_callers = (uint32_t)image->callers->nr_callers,
		.nr_programs = (uint32_t)image->nr_programs,
		.nr_files = (uint32_t)image->nr_files,
	};
	size_t i;

	for (i = 0; i < AF_IMAGE_NR_STRINGS; i++)
		header.lens[i] = string_size(image->strings[i]);
	put(out, &header, sizeof(header));
	for (i = 0; i < AF_IMAGE_NR_STRINGS; i++)
		put(out, image->strings[i], header.lens[i]);
}

static uint32_t caller_flags(const struct af_caller *caller)
{
	uint32_t flags = 0;

	if (caller->transparent)
		flags |= AF_IMAGE_TRANSPARENT;
	if (caller->optional)
		flags |= AF_IMAGE_OPTIONAL;
	if (caller->kind == AF_CALLER_PROGRAM)
		flags |= AF_IMAGE_IS_PROGRAM;
	if (caller->part)
		flags |= AF_IMAGE_IS_PART;
	if (caller->rest)
		flags |= AF_IMAGE_HAS_REST;
	return flags;
}

static void put_caller(struct writer *out, const struct af_caller *caller)
{
	const struct af_image_caller record = {
		.flags = caller_flags(caller),
		.name_len = string_size(caller->name),
		.of = caller->part ? (uint32_t)caller->part->of : 0,
	};

	put(out, &record, sizeof(record));
	put(out, caller->name, record.name_len);
}

static void put_program(struct writer *out, const struct af_image_code *program)
{
	const struct af_image_program record = {
		.kind = program->kind,
		.len = (uint32_t)program->len,
		.nr_sites = (uint32_t)program->nr_sites,
	};

	put(out, &record, sizeof(record));
	put(out, program->insns, program->len * sizeof(*program->insns));
	put(out, program->sites, program->nr_sites * sizeof(*program->sites));
}

static void put_file(struct writer *out, const struct af_pinned_file *file)
{
	struct af_image_file record = {
		.id = file->id,
		.path_len = string_size(file->path),
		.nr_objects = (uint32_t)file->nr_parts,
		.nr_regions = file->identity.nr_regions,
		.size = file->identity.size,
		.digest = file->identity.digest,
	};
	size_t i;

	memcpy(record.regions, file->identity.regions, sizeof(record.regions));
	put(out, &record, sizeof(record));
	put(out, file->path, record.path_len);
	for (i = 0; i < file->nr_parts; i++) {
		const struct af_image_part *part = &file->parts[i];

		put(out, &part->object, sizeof(part->object));
		put(out, part->table, part->object.table_size);
	}
}

static size_t put_all(struct writer *out, const struct af_image *image)
{
	size_t i;

	put_header(out, image);
	for (i = 0; i < image->callers->nr_callers; i++)
		put_caller(out, &image->callers->callers[i]);
	for (i = 0; i < image->nr_programs; i++)
		put_program(out, &image->programs[i]);
	for (i = 0; i < image->nr_files; i++)
		put_file(out, &image->files[i]);
	return out->used;
}

int af_image_encode(const struct af_image *image, void **data, size_t *size)
{
	struct writer out = { .base = NULL };
	struct af_image_header *header;

	*size = put_all(&out, image);
	if (*size > AF_MAX_IMAGE)
		return -E2BIG;
	header = calloc(1, *size);
	if (!header)
		return -ENOMEM;
	out = (struct writer){ .base = (uint8_t *)header };
	put_all(&out, image);
	header->digest = make_digest(header, *size);
	*data = header;
	return 0;
}

/* Reading.  @what: what is wrong, NULL as long as nothing is */
struct reader {
	const uint8_t *next;
	size_t left;
	const char *what;
	bool no_memory;
};

static bool refuse(struct reader *in, const char *what)
{
	in->what = what;
	return false;
}

/* The next @size bytes, or NULL. */
static const void *get(struct reader *in, uint64_t size)
{
	const uint8_t *start = in->next;
	size_t i;

	if (size > in->left || padded(size) > in->left) {
		refuse(in, "it is too short");
		return NULL;
	}
	for (i = size; i < padded(size); i++) {
		if (start[i]) {
			refuse(in, "there is something between its parts");
			return NULL;
		}
	}
	in->next += padded(size);
	in->left -= padded(size);
	return start;
}

/* An array of @nr elements, of each of which there are @min bytes at least. */
static void *make_array(struct reader *in, size_t nr, size_t min, size_t size)
{
	void *array;

	if (nr > in->left / min) {
		refuse(in, "it is too short");
		return NULL;
	}
	array = calloc(nr + 1, size);
	if (!array)
		in->no_memory = true;
	return array;
}

/* A string of @size bytes; *s is NULL if that is 0. */
static bool get_string(struct reader *in, uint32_t size, const char **s)
{
	*s = NULL;
	if (!size)
		return true;
	if (size > MAX_STRING)
		return refuse(in, "a name is too long");
	*s = get(in, size);
	if (!*s)
		return false;
	if (strnlen(*s, size) != size - 1)
		return refuse(in, "a name has no end, or two");
	return true;
}

/* A path from the root, and not nothing. */
static bool get_path(struct reader *in, uint32_t size, const char **path)
{
	if (!get_string(in, size, path))
		return false;
	if (!*path || **path != '/')
		return refuse(in, "a file has no path");
	return true;
}

static bool get_strings(struct reader *in, struct af_image *image,
			const uint32_t *lens)
{
	size_t i;

	if (!get_path(in, lens[AF_IMAGE_PROGRAM],
		      &image->strings[AF_IMAGE_PROGRAM]))
		return false;
	for (i = AF_IMAGE_PROGRAM + 1; i < AF_IMAGE_NR_STRINGS; i++) {
		if (!get_string(in, lens[i], &image->strings[i]))
			return false;
	}
	return true;
}

#define CALLER_FLAGS                                                      \
	(AF_IMAGE_TRANSPARENT | AF_IMAGE_OPTIONAL | AF_IMAGE_IS_PROGRAM | \
	 AF_IMAGE_IS_PART | AF_IMAGE_HAS_REST)

/* Flags of the two callers without a name, and which of these may differ. */
static const uint32_t first_flags[][2] = {
	[AF_ID_UNKNOWN] = { 0, 0 },
	[AF_ID_PROGRAM] = { AF_IMAGE_IS_PROGRAM,
			    AF_IMAGE_TRANSPARENT | AF_IMAGE_HAS_REST },
};

static bool check_caller(struct reader *in, uint32_t id,
			 const struct af_image_caller *record, const char *name,
			 uint32_t nr)
{
	uint32_t flags = record->flags;

	if (id < AF_ID_LIBRARY &&
	    (name || (flags & ~first_flags[id][1]) != first_flags[id][0]))
		return refuse(in, "the first callers are others");
	if (id >= AF_ID_LIBRARY && (!name || !*name))
		return refuse(in, "a caller has no name");
	if (flags & ~CALLER_FLAGS || record->reserved)
		return refuse(in, "a caller has unknown flags");
	if (flags & AF_IMAGE_IS_PART ?
		    flags & AF_IMAGE_TRANSPARENT || !record->of ||
			    record->of >= nr || record->of == id :
		    record->of)
		return refuse(in, "a caller is part of what it cannot be");
	return true;
}

static int add_caller(struct libaf_policy *callers, uint32_t id,
		      const struct af_image_caller *record, const char *name)
{
	const struct af_place nowhere = {};
	struct af_caller *caller = &callers->callers[id];

	if (id >= AF_ID_LIBRARY &&
	    af_policy_add_library(callers, name, strlen(name), &nowhere,
				  &caller))
		return -ENOMEM;
	if (record->flags & AF_IMAGE_IS_PROGRAM)
		caller->kind = AF_CALLER_PROGRAM;
	caller->transparent = record->flags & AF_IMAGE_TRANSPARENT;
	caller->optional = record->flags & AF_IMAGE_OPTIONAL;
	caller->rest = record->flags & AF_IMAGE_HAS_REST;
	return record->flags & AF_IMAGE_IS_PART ?
		       af_policy_add_part(callers, id, record->of) :
		       0;
}

static bool get_caller(struct reader *in, struct libaf_policy *callers,
		       uint32_t id, uint32_t nr)
{
	const struct af_image_caller *record = get(in, sizeof(*record));
	const char *name;

	if (!record || !get_string(in, record->name_len, &name) ||
	    !check_caller(in, id, record, name, nr))
		return false;
	if (add_caller(callers, id, record, name)) {
		in->no_memory = true;
		return false;
	}
	return true;
}

static bool get_callers(struct reader *in, struct af_image *image, uint32_t nr,
			const char *name)
{
	uint32_t id;

	if (nr < AF_ID_LIBRARY || nr > MAX_CALLERS)
		return refuse(in, "it has too few or too many callers");
	image->callers = af_policy_alloc(name, strlen(name));
	if (!image->callers) {
		in->no_memory = true;
		return false;
	}
	for (id = 0; id < nr; id++) {
		if (!get_caller(in, image->callers, id, nr))
			return false;
	}
	return true;
}

static bool check_sites(struct reader *in, const struct af_image_code *program)
{
	size_t i;

	if (program->nr_sites && !(program->kind & AF_IMAGE_LAUNCH))
		return refuse(in, "a program is for a launcher and is not");
	for (i = 0; i < program->nr_sites; i++) {
		const struct af_image_site *site = &program->sites[i];

		if (site->insn >= program->len ||
		    (i && site->insn <= program->sites[i - 1].insn) ||
		    program->insns[site->insn].code !=
			    (BPF_JMP | BPF_JEQ | BPF_K) ||
		    site->call >= AF_LAUNCH_CALLS || site->high > 1)
			return refuse(in, "the launcher's calls are elsewhere");
	}
	return true;
}

static bool get_program(struct reader *in, struct af_image_code *program)
{
	const struct af_image_program *record = get(in, sizeof(*record));

	if (!record)
		return false;
	if (record->kind >= AF_IMAGE_NR_KINDS || record->reserved)
		return refuse(in, "a program is of an unknown kind");
	program->kind = record->kind;
	program->len = record->len;
	program->nr_sites = record->nr_sites;
	program->insns =
		get(in, (uint64_t)record->len * sizeof(*program->insns));
	if (!program->insns)
		return false;
	program->sites =
		get(in, (uint64_t)record->nr_sites * sizeof(*program->sites));
	if (!program->sites)
		return false;
	if (af_sim_check(program->insns, program->len))
		return refuse(in, "the kernel would not take a program");
	return check_sites(in, program);
}

static bool get_programs(struct reader *in, struct af_image *image, uint32_t nr)
{
	size_t of_kind[AF_IMAGE_NR_KINDS] = {};
	size_t kind;

	image->programs = make_array(in, nr, sizeof(struct af_image_program),
				     sizeof(*image->programs));
	if (!image->programs)
		return false;
	for (; image->nr_programs < nr; image->nr_programs++) {
		struct af_image_code *program =
			&image->programs[image->nr_programs];

		if (!get_program(in, program))
			return false;
		if (++of_kind[program->kind] > AF_MAX_PROGRAMS)
			return refuse(in, "too many programs are of a kind");
	}
	for (kind = 0; kind < AF_IMAGE_NR_KINDS; kind++) {
		if (!of_kind[kind])
			return refuse(in, "a program is missing");
	}
	return true;
}

static bool get_part(struct reader *in, const struct af_image *image,
		     const struct af_pinned_file *file,
		     struct af_image_part *part)
{
	const struct af_image_object *object = get(in, sizeof(*object));
	const struct libaf_policy *callers = image->callers;

	if (!object)
		return false;
	part->object = *object;
	if (!object->id || object->id >= callers->nr_callers)
		return refuse(in, "a part of a file is of an unknown caller");
	if (!object->len || object->offset > file->identity.size ||
	    object->len > file->identity.size - object->offset)
		return refuse(in, "a part of a file is outside of it");
	if (!object->table_size != !callers->callers[object->id].transparent)
		return refuse(in, "an unwind table is missing, or too many");
	part->table = get(in, object->table_size);
	if (!part->table)
		return false;
	if (object->table_size &&
	    af_unwind_check(part->table, object->table_size, object->len))
		return refuse(in, "an unwind table is wrong");
	return true;
}

static bool get_identity(struct reader *in, struct af_identity *identity,
			 const struct af_image_file *record)
{
	uint32_t i;

	if (!record->nr_regions || record->nr_regions > AF_MAX_REGIONS)
		return refuse(in, "a file cannot be recognized");
	identity->size = record->size;
	identity->nr_regions = record->nr_regions;
	memcpy(identity->regions, record->regions, sizeof(record->regions));
	identity->digest = record->digest;
	for (i = 0; i < AF_MAX_REGIONS; i++) {
		const struct af_region *region = &record->regions[i];

		if (region->offset > record->size ||
		    region->len > record->size - region->offset ||
		    (i >= record->nr_regions &&
		     (region->offset || region->len)))
			return refuse(in, "a file cannot be recognized");
	}
	if (!af_identity_fits(identity))
		return refuse(in, "too much of a file is to be read");
	return true;
}

static bool get_file(struct reader *in, const struct af_image *image,
		     struct af_pinned_file *file)
{
	const struct af_image_file *record = get(in, sizeof(*record));

	if (!record)
		return false;
	if (!record->id || record->id >= image->callers->nr_callers)
		return refuse(in, "a file is of an unknown caller");
	file->id = record->id;
	if (!get_path(in, record->path_len, &file->path) ||
	    !get_identity(in, &file->identity, record))
		return false;
	file->parts = make_array(in, record->nr_objects,
				 sizeof(struct af_image_object),
				 sizeof(*file->parts));
	if (!file->parts)
		return false;
	for (; file->nr_parts < record->nr_objects; file->nr_parts++) {
		if (!get_part(in, image, file, &file->parts[file->nr_parts]))
			return false;
	}
	return true;
}

static bool get_files(struct reader *in, struct af_image *image, uint32_t nr)
{
	image->files = make_array(in, nr, sizeof(struct af_image_file),
				  sizeof(*image->files));
	if (!image->files)
		return false;
	while (image->nr_files < nr) {
		if (!get_file(in, image, &image->files[image->nr_files++]))
			return false;
	}
	return true;
}

static bool get_header(struct reader *in, struct af_image_header *header)
{
	size_t size = in->left;
	const void *data = get(in, sizeof(*header));

	if (!data)
		return false;
	memcpy(header, data, sizeof(*header));
	if (!af_is_image(data, size))
		return refuse(in, "it is none");
	if (header->version != AF_IMAGE_VERSION ||
	    header->machine != AUDIT_ARCH_X86_64)
		return refuse(in,
			      "it is of another version, or another machine");
	if (header->digest != make_digest(data, size))
		return refuse(in, "it is not as it was written");
	return true;
}

static bool get_all(struct reader *in, struct af_image *image, const char *name)
{
	struct af_image_header header;

	if (!get_header(in, &header) || !get_strings(in, image, header.lens) ||
	    !get_callers(in, image, header.nr_callers, name) ||
	    !get_programs(in, image, header.nr_programs) ||
	    !get_files(in, image, header.nr_files))
		return false;
	if (in->left)
		return refuse(in, "there is something behind its end");
	return true;
}

int af_image_decode(struct af_image *image, const void *data, size_t size,
		    const char *name, struct libaf_error *err)
{
	struct reader in = { .next = data, .left = size };

	memset(image, 0, sizeof(*image));
	if (get_all(&in, image, name))
		return 0;
	af_image_release(image);
	if (in.no_memory)
		return af_error(err, -ENOMEM, name, NULL, "out of memory");
	af_error(err, -EINVAL, name, NULL,
		 "the compiled policy cannot be used: %s", in.what);
	af_hint(err, "run `af compile` again");
	return -EINVAL;
}

void af_image_release(struct af_image *image)
{
	size_t i;

	for (i = 0; i < image->nr_files; i++)
		free(image->files[i].parts);
	free(image->files);
	free(image->programs);
	libaf_policy_free(image->callers);
	memset(image, 0, sizeof(*image));
}
