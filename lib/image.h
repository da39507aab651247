/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The format of precompiled policies.  All numbers are little-endian, all
 * records and what follows them begin at multiples of 8:
 *
 *	struct af_image_header
 *	strings			of the program and of its search for libraries
 *	callers[nr_callers]	struct af_image_caller, name
 *	programs[nr_programs]	struct af_image_program, instructions, sites
 *	files[nr_files]		struct af_image_file, path, its objects
 *				[nr_objects]: struct af_image_object, table
 *
 * A string has a NUL at its end.  Nothing is behind the last file.
 */
#ifndef AF_IMAGE_H
#define AF_IMAGE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "identity.h"
#include "policy.h"

/* Not text, and damaged by whoever takes it for text. */
#define AF_IMAGE_MAGIC      "\177AFP\r\n\032\n"
#define AF_IMAGE_MAGIC_SIZE 8

#define AF_IMAGE_VERSION 1

/* Room for all that the kernel takes. */
#define AF_MAX_IMAGE (16U << 20)

/* The program that an image is for, and where that looks for libraries. */
enum {
	AF_IMAGE_PROGRAM,
	AF_IMAGE_ORIGIN,
	AF_IMAGE_INTERP,
	AF_IMAGE_RPATH,
	AF_IMAGE_RUNPATH,
	AF_IMAGE_NR_STRINGS,
};

/*
 * @digest: of all that is behind it
 * @machine: AUDIT_ARCH_*
 * @lens: of the strings, with the NUL; 0 for one that there is not
 */
struct af_image_header {
	char magic[AF_IMAGE_MAGIC_SIZE];
	uint64_t digest;
	uint32_t version;
	uint32_t machine;
	uint32_t nr_callers;
	uint32_t nr_programs;
	uint32_t nr_files;
	uint32_t lens[AF_IMAGE_NR_STRINGS];
};

/* struct af_image_caller.flags */
#define AF_IMAGE_TRANSPARENT (1U << 0)
#define AF_IMAGE_OPTIONAL    (1U << 1)
#define AF_IMAGE_IS_PROGRAM  (1U << 2)
#define AF_IMAGE_IS_PART     (1U << 3)
#define AF_IMAGE_HAS_REST    (1U << 4)

/* @of: of a part, the caller whose file it is; else 0 */
struct af_image_caller {
	uint32_t flags;
	uint32_t name_len;
	uint32_t of;
	uint32_t reserved;
};

/*
 * A program is for one way of using the image: to launch (or to load), and of
 * the union (or of the policy as it is).  Up to AF_MAX_PROGRAMS are for the
 * same, in the order in which the kernel gets them.
 */
#define AF_IMAGE_LAUNCH   (1U << 0)
#define AF_IMAGE_UNION    (1U << 1)
#define AF_IMAGE_NR_KINDS 4

struct af_image_program {
	uint32_t kind;
	uint32_t len;
	uint32_t nr_sites;
	uint32_t reserved;
};

/* The instruction @insn compares with a half of where af_launch() calls. */
struct af_image_site {
	uint32_t insn;
	uint16_t call;
	uint16_t high;
};

struct af_image_file {
	uint32_t id;
	uint32_t path_len;
	uint32_t nr_objects;
	uint32_t nr_regions;
	uint64_t size;
	struct af_region regions[AF_MAX_REGIONS];
	uint64_t digest;
};

/* @table_size is 0 unless the object is transparent. */
struct af_image_object {
	uint64_t offset;
	uint64_t len;
	uint32_t id;
	uint32_t table_size;
};

/* What an image says.  Pointers are into it, or, to write one, to anything. */
struct af_image_code {
	uint32_t kind;
	const struct sock_filter *insns;
	size_t len;
	const struct af_image_site *sites;
	size_t nr_sites;
};

struct af_image_part {
	struct af_image_object object;
	const void *table;
};

struct af_pinned_file {
	uint32_t id;
	const char *path;
	struct af_identity identity;
	struct af_image_part *parts;
	size_t nr_parts;
};

/*
 * @strings: NULL for those that there are not
 * @callers: only their names and what kind of callers they are: there are no
 *	rules
 */
struct af_image {
	const char *strings[AF_IMAGE_NR_STRINGS];
	struct libaf_policy *callers;
	struct af_image_code *programs;
	size_t nr_programs;
	struct af_pinned_file *files;
	size_t nr_files;
};

bool af_is_image(const void *data, size_t size);

/*
 * Write @image to allocated memory.  The same image always gives the same
 * bytes.  Returns 0, -E2BIG or -ENOMEM.
 */
int af_image_encode(const struct af_image *image, void **data, size_t *size);

/*
 * Read an image, all of which is checked: it may come from anybody.  @data is
 * aligned as malloc() does; @name is for errors.  Returns 0, -EINVAL or
 * -ENOMEM.
 */
int af_image_decode(struct af_image *image, const void *data, size_t size,
		    const char *name, struct libaf_error *err);

/* Free what af_image_decode() allocated, or what was allocated likewise. */
void af_image_release(struct af_image *image);

#endif /* AF_IMAGE_H */
