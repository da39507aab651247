// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Inputs for fuzzing to start from:
 *
 *	seeds DIR [FILE...]
 *
 * writes into DIR/TARGET: generated policies, what they are compiled to, tables
 * of the ELF files, and precompiled policies with these.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../proofs/generate.h"
#include "../proofs/write.h"
#include "compile.h"
#include "image.h"
#include "libaf/abi.h"
#include "target.h"
#include "unwind.h"

static const char *top;

static FILE *create(const char *target, unsigned int number)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%u", top, target, number);
	file = fopen(path, "we");
	require(file);
	return file;
}

static void write_filter(const struct libaf_policy *policy, unsigned int number)
{
	const struct libaf_seccomp_data data = {
		.nr = number,
		.arch = AUDIT_ARCH_X86_64,
	};
	struct af_programs progs;
	const struct af_program *prog = &progs.programs[0];
	FILE *file;

	require(!af_compile(policy, NULL, &progs, NULL));
	if (prog->len <= 200) {
		file = create("filter", number);
		fwrite(&data, sizeof(data), 1, file);
		fwrite(prog->insns, sizeof(*prog->insns), prog->len, file);
		fclose(file);
	}
	af_programs_release(&progs);
}

/* Small ones, of which there are many in a short time. */
static struct libaf_policy *small_policy(unsigned int number)
{
	struct shape shape;

	seed(number);
	shape = random_shape();
	shape.libraries %= 4;
	shape.calls %= 6;
	shape.common %= 4;
	shape.after_size = 3;
	/* Most have a name. */
	shape.pool = 300;
	return generate(&shape);
}

static void write_policies(unsigned int number)
{
	struct libaf_policy *policy = small_policy(number);
	FILE *file = create("policy", number);

	write_policy(file, policy, NULL);
	fclose(file);
	write_filter(policy, number);
	libaf_policy_free(policy);
}

/* A launcher's call is told by some comparison, whatever it says. */
static size_t find_site(const struct af_program *prog,
			struct af_image_site *site)
{
	for (size_t i = 0; i < prog->len; i++) {
		if (prog->insns[i].code != (BPF_JMP | BPF_JEQ | BPF_K))
			continue;
		*site = (struct af_image_site){ .insn = i };
		return 1;
	}
	return 0;
}

/* The same program for all ways of using the image. */
static void fill_code(struct af_image_code code[AF_IMAGE_NR_KINDS],
		      const struct af_program *prog, struct af_image_site *site)
{
	size_t nr_sites = find_site(prog, site);

	for (unsigned int kind = 0; kind < AF_IMAGE_NR_KINDS; kind++)
		code[kind] = (struct af_image_code){
			.kind = kind,
			.insns = prog->insns,
			.len = prog->len,
			.sites = site,
			.nr_sites = kind & AF_IMAGE_LAUNCH ? nr_sites : 0,
		};
}

static void write_bytes(const struct af_image *image, unsigned int number)
{
	FILE *file = create("image", number);
	size_t size;
	void *data;

	require(!af_image_encode(image, &data, &size));
	fwrite(data, size, 1, file);
	fclose(file);
	free(data);
}

/* For a library of one part, which is seen through. */
static void write_image(const struct af_segment *text,
			const struct af_unwind *unwind, unsigned int number)
{
	struct libaf_policy *policy = small_policy(number);
	struct af_caller *library = add_library(policy);
	struct af_image_part part = {
		.object = { .len = text->filesz,
			    .id = policy->nr_callers - 1,
			    .table_size = unwind->size },
		.table = unwind->blob,
	};
	struct af_pinned_file file = {
		.id = part.object.id,
		.path = "/lib/a.so",
		.identity = { .size = text->filesz,
			      .nr_regions = 1,
			      .regions = { { .len = 64 } } },
		.parts = &part,
		.nr_parts = 1,
	};
	struct af_image_code code[AF_IMAGE_NR_KINDS];
	struct af_image image = {
		.strings = { [AF_IMAGE_PROGRAM] = "/bin/a",
			     [AF_IMAGE_RUNPATH] = "$ORIGIN/../lib" },
		.callers = policy,
		.programs = code,
		.nr_programs = AF_IMAGE_NR_KINDS,
		.files = &file,
		.nr_files = 1,
	};
	struct af_image_site site;
	struct af_programs progs;

	library->transparent = true;
	require(!af_compile(policy, NULL, &progs, NULL));
	fill_code(code, &progs.programs[0], &site);
	write_bytes(&image, number);
	af_programs_release(&progs);
	libaf_policy_free(policy);
}

static void write_tables(const char *path, unsigned int number)
{
	static struct af_elf elf;
	struct af_unwind unwind;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	require(fd >= 0 && !af_elf_read_fd(&elf, fd, AF_ELF_SEGMENTS));
	close(fd);
	for (size_t i = 0; i < elf.nr_segments; i++) {
		const struct af_segment *text = &elf.segments[i];
		uint32_t len = text->filesz;
		FILE *file;

		if (!text->exec || af_unwind_build(&elf, text, &unwind))
			continue;
		file = create("table", number);
		fwrite(&len, sizeof(len), 1, file);
		fwrite(unwind.blob, unwind.size, 1, file);
		fclose(file);
		write_image(text, &unwind, number);
		af_unwind_release(&unwind);
	}
	af_elf_release(&elf);
}

int main(int argc, char **argv)
{
	require(argc > 1);
	top = argv[1];
	for (unsigned int number = 0; number < 60; number++)
		write_policies(number);
	for (int i = 2; i < argc; i++)
		write_tables(argv[i], i);
	return 0;
}
