// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whatever is in a precompiled policy: what is taken of it the kernel takes, too,
 * and written again it is the same bytes.
 */
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "../fuzz/bpf_model.h"
#include "digest.h"
#include "image.h"
#include "launch.h"
#include "sim.h"
#include "table_model.h"
#include "target.h"

/* Hardly any input would have the right digest. */
static void seal(uint8_t *bytes, size_t size)
{
	const size_t start = offsetof(struct af_image_header, version);
	struct af_digest digest;
	uint64_t sum;

	if (size < start)
		return;
	af_digest_begin(&digest);
	af_digest_add(&digest, bytes + start, size - start);
	sum = af_digest_end(&digest);
	memcpy(bytes + offsetof(struct af_image_header, digest), &sum,
	       sizeof(sum));
}

static bool decode(struct af_image *image, const uint8_t *bytes, size_t size)
{
	struct libaf_error err;
	int ret = af_image_decode(image, bytes, size, "image", &err);

	require(ret == 0 || ret == -EINVAL);
	if (!ret)
		return true;
	require(!image->callers && !image->nr_programs && !image->nr_files);
	require(memchr(err.text, '\0', sizeof(err.text)) && err.text[0]);
	require(memchr(err.hint, '\0', sizeof(err.hint)) && err.hint[0]);
	return false;
}

static void check_code(const struct af_image_code *code)
{
	const struct libaf_seccomp_data call = { .arch = AUDIT_ARCH_X86_64 };

	require(code->kind < AF_IMAGE_NR_KINDS);
	require(bpf_model_valid(code->insns, code->len, sizeof(call)));
	require(af_sim_run(code->insns, code->len, &call, NULL) ==
		bpf_model_run(code->insns, code->len, (const void *)&call));
	for (size_t i = 0; i < code->nr_sites; i++) {
		require(code->sites[i].insn < code->len);
		require(code->sites[i].call < AF_LAUNCH_CALLS);
	}
}

static void check_part(const struct af_image *image, uint64_t size,
		       const struct af_image_part *part)
{
	const struct af_image_object *object = &part->object;

	require(object->id && object->id < image->callers->nr_callers);
	require(object->len && object->offset <= size &&
		object->len <= size - object->offset);
	require(!image->callers->callers[object->id].transparent ==
		!object->table_size);
	if (!object->table_size)
		return;
	require(unwind_model_valid(part->table, object->table_size,
				   object->len));
	check_rules(part->table, object->table_size, object->len);
}

static void check_file(const struct af_image *image,
		       const struct af_pinned_file *file)
{
	const struct af_identity *identity = &file->identity;

	require(file->id && file->id < image->callers->nr_callers);
	require(file->path[0] == '/');
	require(identity->nr_regions && identity->nr_regions <= AF_MAX_REGIONS);
	for (size_t i = 0; i < identity->nr_regions; i++) {
		const struct af_region *region = &identity->regions[i];

		require(region->offset <= identity->size &&
			region->len <= identity->size - region->offset);
	}
	for (size_t i = 0; i < file->nr_parts; i++)
		check_part(image, identity->size, &file->parts[i]);
}

/* There is one way to write an image, and all of it has been read. */
static void check_same(const struct af_image *image, const uint8_t *bytes,
		       size_t size)
{
	void *again;
	size_t again_size;

	require(!af_image_encode(image, &again, &again_size));
	require(again_size == size && !memcmp(again, bytes, size));
	free(again);
}

static bool is_taken(const uint8_t *bytes, size_t size)
{
	struct af_image image;

	if (!decode(&image, bytes, size))
		return false;
	af_image_release(&image);
	return true;
}

static bool check_image(const uint8_t *bytes, size_t size)
{
	struct af_image image;

	if (!decode(&image, bytes, size))
		return false;
	for (size_t i = 0; i < image.nr_programs; i++)
		check_code(&image.programs[i]);
	for (size_t i = 0; i < image.nr_files; i++)
		check_file(&image, &image.files[i]);
	check_same(&image, bytes, size);
	af_image_release(&image);
	return true;
}

bool fuzz_image(const uint8_t *data, size_t size)
{
	/* Aligned, as all that is decoded. */
	uint8_t *bytes = calloc(1, size + 1);
	bool taken, valid;

	require(bytes);
	if (size)
		memcpy(bytes, data, size);
	taken = is_taken(bytes, size);
	seal(bytes, size);
	valid = check_image(bytes, size);
	require(taken == (valid && !memcmp(bytes, data, size)));
	free(bytes);
	return valid;
}
